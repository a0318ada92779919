// Decides which pages are due, purely: each trouble once an onset, after it was seen in two sweeps in a row, all of one kind in one page. Nodes that
// a heal works on, and alarms that a person has muted, are left out.
import type { Fleet } from '../../shared/fleet/model.ts';
import type { ObservedNode } from '../../shared/fleet/observation.ts';
import { type AlarmKind, alarmName, NODES_WITH_OWN_ALARMS } from '../../shared/fleet/resource-names.ts';
import { readBreaker } from '../../shared/guardrails/breaker.ts';
import { nodesNow } from '../../shared/guardrails/fleet-view.ts';
import { isAsked } from '../../shared/heal/incident.ts';
import { isAtWork, isBeingHealed, isLadder, isMove } from '../../shared/heal/page-truth.ts';
import type { IncidentRecord } from '../../shared/heal/records.ts';
import type { PageCode } from '../../shared/model/guardrail-codes.ts';
import { readTrigger } from '../../shared/model/trigger.ts';
import { names } from '../../shared/text/names.ts';
import { type FleetFacts, pausedIn } from './context.ts';
import { DEFINITE, type FleetHealth, isTold } from './fleet-health.ts';
import { nearKey, sentenceOfEvents, sentenceOfNear } from './instance-events.ts';
import type { JudgedNode } from './node-health.ts';

export interface DuePage {
  readonly code: PageCode;
  /** Empty where the page is about the fleet as a whole. */
  readonly nodes: readonly ObservedNode[];
  readonly reason: string;
  /** The alarm on the same measurement, for a maintenance window or the runbook; null where there is no such alarm. */
  readonly kind: AlarmKind | null;
  /** Another fleet's page of this sweep tells of the same failure of AWS. */
  readonly shared?: true;
}

/** The alarm for the trouble of each code. */
const KINDS: Readonly<Partial<Record<PageCode, AlarmKind>>> = {
  'node-unreachable': 'unreachable',
  'node-stuck': 'stuck',
  'node-forked': 'forked',
  'wrong-chain': 'forked',
  'chain-halted': 'halted',
  'own-chain-halted': 'halted',
  'consensus-halted': 'consensus-halted',
  'node-out-of-sync': 'node-out-of-sync',
  'validator-jailed': 'validator-jailed',
  'voting-power-low': 'voting-power-low',
  'byzantine-validators': 'byzantine-validators',
};

export function duePages(facts: FleetFacts, { nodes, watch }: FleetHealth): readonly DuePage[] {
  const { before, nowMs } = facts;
  const paused = pausedIn(facts);
  const byCode = new Map<PageCode, ObservedNode[]>();
  const add = (code: PageCode, node: ObservedNode): void => {
    if (!node.paged.includes(code)) byCode.set(code, [...(byCode.get(code) ?? []), node]);
  };
  for (const { node, code, lasting } of nodes) {
    // When the pause ends, a page that was kept back is due.
    if (paused.has(node.instanceId)) continue;
    if (code !== null && before.nodes.get(node.instanceId)?.health === node.health) add(code, node);
    for (const { code: of, reason } of lasting) add(of, { ...node, reason });
  }
  const ofNodes = [...byCode].map(([code, sick]) => ({
    code,
    nodes: sick,
    reason: sentenceAbout(sick),
    kind: KINDS[code] ?? null,
  }));
  // EC2 says itself what it has scheduled: nothing has to be seen twice.
  const unpaused = nodes.filter(({ node }) => !paused.has(node.instanceId));
  const ofEC2 = [
    ...eventPage('event-scheduled', unpaused, ({ scheduled }) =>
      scheduled.length === 0 ? null : sentenceOfEvents(scheduled),
    ),
    ...eventPage('event-near', unpaused, ({ near }) => (near.length === 0 ? null : sentenceOfNear(near))),
  ];
  const ofFleet: DuePage[] = [];
  for (const [name, { status, sinceMs, reason }] of Object.entries(watch.conditions)) {
    const code = name as PageCode;
    // The heal that a zone holds tells of it.
    if (status === 'ending' || code === 'zone-down') continue;
    const begun = Object.fromEntries(ofFleet.map((page) => [page.code, nowMs]));
    if ((sinceMs < nowMs || DEFINITE.has(code)) && !isTold(code, { ...watch.paged, ...begun }))
      ofFleet.push({ code, nodes: [], reason, kind: KINDS[code] ?? null });
  }
  return [...ofNodes, ...ofEC2, ...ofFleet];
}

type EventPage = 'event-scheduled' | 'event-near';

/** Each node with its own event, as their times differ. @param sentenceOf null: nothing is to be told of the node */
function eventPage(
  code: EventPage,
  nodes: readonly JudgedNode[],
  sentenceOf: (judged: JudgedNode) => string | null,
): readonly DuePage[] {
  const each = nodes.flatMap((judged) => {
    const reason = sentenceOf(judged);
    return reason === null ? [] : [{ ...judged.node, reason }];
  });
  if (each.length === 0) return [];
  const named = each.slice(0, EVENTS_NAMED).map(({ name, reason }) => `${name}: ${reason}`);
  const more = each.length - named.length;
  return [
    { code, nodes: each, reason: `${named.join('; ')}${more > 0 ? `; and ${more} more nodes` : ''}`, kind: null },
  ];
}

const EVENTS_NAMED = 5;

/** "node3: 510 blocks behind, …"; "node1, node2 and 37 more: …" */
function sentenceAbout(nodes: readonly ObservedNode[]): string {
  const [first] = nodes;
  return `${names(nodes.map(({ name }) => name))}: ${first?.reason ?? ''}${nodes.length > 1 ? ` (this is ${first?.name})` : ''}`;
}

/**
 * The alarms that a page is about, by name, and the nodes of each: a person who has muted one of them is at work there. The fleet file decides
 * whether nodes have alarms of their own.
 */
export function alarmsOf(
  fleet: Fleet,
  fleetSize: number,
  { nodes, kind }: DuePage,
): ReadonlyMap<string, readonly ObservedNode[]> {
  if (kind === null) return new Map();
  const { per } = fleet.alarms;
  const each =
    fleet.metrics === 'classic' && (per === 'node' || (per === 'auto' && fleetSize <= NODES_WITH_OWN_ALARMS));
  if (nodes.length === 0) return new Map([[alarmName(fleet, undefined, kind), []]]);
  if (!each) return new Map([[alarmName(fleet, undefined, 'unwell'), nodes]]);
  return new Map(nodes.map((node) => [alarmName(fleet, node.name, kind), [node]]));
}

/** The page without nodes whose alarm is muted or disabled; null where no node is left. */
export function withoutMuted(
  fleet: Fleet,
  fleetSize: number,
  due: DuePage,
  quiet: ReadonlySet<string>,
): DuePage | null {
  const alarms = alarmsOf(fleet, fleetSize, due);
  const left = [...alarms].filter(([name]) => quiet.has(name));
  if (left.length === 0) return due;
  if (due.nodes.length === 0) return null;
  const silent = new Set(left.flatMap(([, nodes]) => nodes));
  const nodes = due.nodes.filter((node) => !silent.has(node));
  return nodes.length === 0 ? null : { ...due, nodes, reason: sentenceAbout(nodes) };
}

/** The record after these pages were sent. */
export function recordPaging(health: FleetHealth, sent: readonly DuePage[], nowMs: number): FleetHealth {
  const codes = new Map<string, PageCode[]>();
  for (const { code, nodes } of sent)
    for (const { instanceId } of nodes) codes.set(instanceId, [...(codes.get(instanceId) ?? []), code]);
  const ofFleet = sent.filter(({ nodes }) => nodes.length === 0).map(({ code }): [string, number] => [code, nowMs]);
  const remembered = (judged: JudgedNode): JudgedNode => {
    const { node, scheduled, near } = judged;
    const sentOf = codes.get(node.instanceId);
    if (sentOf === undefined) return judged;
    // An event of EC2 is remembered by itself: another one, or another time, is told at once.
    const more = sentOf.filter((code) => code !== 'event-scheduled' && code !== 'event-near');
    const events: (readonly [string, number])[] = [
      ...(sentOf.includes('event-scheduled') ? scheduled : []).map(({ id, notBeforeMs }) => [id, notBeforeMs] as const),
      ...(sentOf.includes('event-near') ? near : []).map(({ id, notBeforeMs }) => [nearKey(id), notBeforeMs] as const),
    ];
    const told = Object.fromEntries(more.map((code) => [code, nowMs]));
    const toldEvents = Object.fromEntries(events);
    const memory = node.memory && {
      ...node.memory,
      ...(more.length > 0 && { toldAtMs: { ...node.memory.toldAtMs, ...told } }),
      ...(events.length > 0 && { toldEvents: { ...node.memory.toldEvents, ...toldEvents } }),
    };
    return { ...judged, node: { ...node, paged: [...node.paged, ...more], ...(memory && { memory }) } };
  };
  return {
    ...health,
    nodes: health.nodes.map(remembered),
    watch: { ...health.watch, paged: { ...health.watch.paged, ...Object.fromEntries(ofFleet) } },
  };
}

const MINUTE_MS = 60_000;

/** A person was told of the same trouble by its heal; after this time it is told again. */
const TOLD_FOR_MS = 24 * 60 * MINUTE_MS;

/** Pages of an incident that are about its whole fleet, and do not say which node is down. */
const ABOUT_THE_FLEET: ReadonlySet<string> = new Set(['breaker-open', 'chain-standing']);

/** Its question lies before a person. */
const isAskedNow = (incident: IncidentRecord, nowMs: number): boolean =>
  incident.state === 'claimed' && isAsked(incident) && nowMs < (incident.approval?.untilMs ?? 0);

/** Whether the ladder, its refusal or its question has told people of this node: one cause is one page. */
const isToldByHeal = (incident: IncidentRecord, nowMs: number): boolean =>
  isLadder(incident) &&
  (isAskedNow(incident, nowMs) || incident.pagedCodes.some((code) => !ABOUT_THE_FLEET.has(code))) &&
  nowMs - ('endedAtMs' in incident ? incident.endedAtMs : incident.onsetMs) < TOLD_FOR_MS;

/** Alarms look once a minute, each at a different second: the alarm of a full disk that has stopped its client may still be missing. */
export const BEGINS_WITHIN_MS = 90_000;

/** An alarm on a node's health needs two minutes; a node without an alarm is found by the dispatcher's sweep after four. */
export const ACTS_WITHIN_MS = 5 * MINUTE_MS;

/**
 * Whether heals start without a person in this fleet now, or ask one: in mode ask the question comes first, and is the page. Where its file allows none,
 * or the breaker is open and allows no restart, there is nothing to wait for.
 */
export function healsStartByThemselves(
  { mode, replace, breaker }: Fleet,
  nodes: readonly ObservedNode[],
  nowMs: number,
): boolean {
  if (mode === 'plan' || replace.rungs.length === 0) return false;
  const { open, isBlind, isMostlyUnknown } = readBreaker(
    { breaker },
    nodesNow([{ observedAtMs: nowMs, nodes }], nowMs),
  );
  return !open || (replace.rungs.includes('restart') && !isBlind && !isMostlyUnknown);
}

/**
 * The page without nodes that are being healed, without those that a heal has told people of, and without nodes whose heal may be about to begin; null where no node is left. A node that the
 * dispatcher has judged and does not heal is paged immediately.
 *
 * @param begin whether heals start without a person: `healsStartByThemselves`
 * @param prunesForMs see `isBeingHealed`
 */
export function withoutHealing(
  due: DuePage,
  incidents: readonly IncidentRecord[],
  begin: boolean,
  nowMs: number,
  prunesForMs = 0,
): DuePage | null {
  const known = incidents.filter(
    (incident) =>
      incident.state !== 'healed' &&
      readTrigger(incident.trigger)?.kind !== 'plan' &&
      (!isMove(incident) || isAtWork(incident)),
  );
  const begun = new Map<string, boolean>();
  for (const incident of known)
    begun.set(
      incident.instanceId,
      begun.get(incident.instanceId) === true ||
        isBeingHealed(incident, nowMs, prunesForMs) ||
        isToldByHeal(incident, nowMs),
    );
  const withinMs = (instanceId: string): number =>
    begin && !begun.has(instanceId) ? ACTS_WITHIN_MS : BEGINS_WITHIN_MS;
  const nodes = due.nodes.filter(
    ({ instanceId, sinceMs }) => begun.get(instanceId) !== true && nowMs - sinceMs >= withinMs(instanceId),
  );
  if (nodes.length === due.nodes.length) return due;
  return nodes.length === 0 ? null : { ...due, nodes, reason: sentenceAbout(nodes) };
}
