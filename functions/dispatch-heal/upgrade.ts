// The order in which a fleet is upgraded: one node, which is watched, then one after the other, each with a clean snapshot of its own right before; or
// all of them where the chain itself stops for the upgrade. Pure.
import { defaultsOf } from '../../shared/chains/defaults.ts';
import type { Fleet } from '../../shared/fleet/model.ts';
import type { ObservedNode } from '../../shared/fleet/observation.ts';
import { mayHaveEnded, standsBelow } from '../../shared/guardrails/upgrade.ts';
import { type Rehearsal, rehearsalText } from '../../shared/heal/drill.ts';
import type { IncidentRecord, UpgradeRecord } from '../../shared/heal/records.ts';
import { CLEAN_SNAPSHOT } from '../../shared/model/trigger.ts';
import { plainText } from '../../shared/text/plain-text.ts';
import { type ListRestart, restartFirst } from './decide.ts';
import { isAtWork, isDrill } from './drill.ts';
import { batchOf } from './upgrade-batch.ts';

export interface UpgradeFacts {
  readonly nowMs: number;
  readonly fleet: Fleet;
  readonly upgrade: UpgradeRecord;
  /** As watch-fleet saw them within the last three minutes; empty where it saw none. */
  readonly nodes: readonly ObservedNode[];
  /** Of the fleet. */
  readonly incidents: readonly IncidentRecord[];
  /** What came of the last version that was tried on a copy; absent where none was, or where nobody asked for it. */
  readonly rehearsed?: Rehearsal;
  /** The highest block that watch-fleet believes, of the nodes or of the references; null where it believes none. */
  readonly tip: number | null;
  /** The last client that rotate-peers has stopped for its list of peers, while that is not proved; absent where there is none. */
  readonly restart?: ListRestart | null;
}

export type UpgradeStep =
  /** Nothing is to be done now. */
  | { readonly do: 'wait'; readonly why: string }
  | { readonly do: 'snapshot'; readonly node: ObservedNode }
  /** The version is tried on a copy of the data of this node, which is not touched. */
  | { readonly do: 'rehearse'; readonly node: ObservedNode }
  | { readonly do: 'upgrade'; readonly nodes: readonly [NodeStep, ...NodeStep[]] }
  /** The chain has come to the height of the upgrade. */
  | { readonly do: 'note-reached' }
  /** `isTold`: nobody has to be told, or the heal that has failed has paged for it. */
  | { readonly do: 'end'; readonly as: 'done' | 'ended'; readonly reason: string; readonly isTold: boolean };

/** `cleanSinceMs`: the data to go back to are taken since then. */
export interface NodeStep {
  readonly node: ObservedNode;
  readonly cleanSinceMs: number;
  readonly watchMinutes: number;
  /** The instances that go over at once, this one among them; absent where it goes alone. */
  readonly together?: readonly string[];
  /** What came of the version on a copy; absent where it was not tried. */
  readonly rehearsed?: string;
}

/** Nobody waits for ever for a fleet that is not well. */
const UPGRADE_VALID_MS = 7 * 24 * 60 * 60_000;

/** What comes next. The same facts give the same step. */
export function nextStep(facts: UpgradeFacts): UpgradeStep {
  const { fleet, upgrade, nodes } = facts;
  const { to, atHeight } = upgrade;
  const known = fleet.client?.versions ?? [];
  if (!known.includes(to)) return ends(`the fleet file does not name ${to} under client.versions any more`);
  const marks = nodes.map((node) => ({ node, ...stateOf(facts, node) }));
  const step = atHeight === undefined ? nextInOrder(facts, marks) : nextAtHeight(facts, marks, atHeight);
  const early = mayWait(step, upgrade) ? restartFirst(facts.restart ?? null, null, facts.nowMs) : null;
  return early ? { do: 'wait', why: early.reason } : step;
}

/** Whether it takes a client down that could as well go down a minute later. Below a height all stand, and beside a node nothing is touched. */
const mayWait = ({ do: what }: UpgradeStep, { atHeight, strategy }: UpgradeFacts['upgrade']): boolean =>
  what === 'snapshot' || (what === 'upgrade' && atHeight === undefined && strategy === undefined);

/** One after the other, or after the first one as many as may be away at once. */
function nextInOrder(facts: UpgradeFacts, marks: readonly Mark[]): UpgradeStep {
  const { nowMs, fleet, upgrade, nodes } = facts;
  const { askedAtMs } = upgrade;
  const isFailed = ({ upgraded, snapshot }: Mark): boolean =>
    upgraded === 'failed' || (upgrade.strategy === undefined && upgraded === 'not yet' && snapshot === 'failed');
  const failed = marks.find(isFailed);
  const done = marks.filter(({ upgraded }) => upgraded === 'done');
  if (failed) {
    const what =
      failed.upgraded === 'failed'
        ? `it has failed on ${failed.node.name}`
        : `${failed.node.name} gives no clean snapshot`;
    return { ...ends(`${what}: ${countOf(done.length, marks.length)}, the others are left as they are`), isTold: true };
  }
  const busy = marks.find(isUnderWay);
  const isLate = nowMs - askedAtMs > UPGRADE_VALID_MS;
  // What is under way comes to its own end.
  if (busy) return { do: 'wait', why: `${busy.node.name} is at it` };
  if (nodes.length === 0) return isLate ? ends('for a week it did not come to its end') : { do: 'wait', why: UNSEEN };
  const next = inOrder(marks, fleet).find(({ upgraded }) => upgraded === 'not yet');
  if (next === undefined) return isDone(marks, upgrade);
  if (isLate)
    return ends(
      `for a week it did not come to its end: ${countOf(done.length, marks.length)}, next was ${next.node.name}`,
    );
  const isFirst = done.length === 0;
  const together = isFirst || upgrade.strategy !== undefined ? [next] : togetherWith(facts, next, marks);
  // On the data of the node that is to get it: the snapshot of right before is the newest.
  const tried = upgrade.rehearse && isFirst ? nextOfRehearsal(facts) : null;
  if (tried?.do === 'wait' || tried?.do === 'end') return tried;
  // Beside a node that is not touched there is nothing to go back to.
  const lacking = upgrade.strategy === undefined ? lackingSnapshot(together, nowMs) : undefined;
  if (lacking) return { do: 'snapshot', node: lacking.node };
  if (tried?.do === 'rehearse') {
    const drill = facts.incidents.find((one) => isDrill(one) && isAtWork(one));
    return drill ? atWorkOn(drill) : { do: 'rehearse', node: next.node };
  }
  const watchMinutes = isFirst ? (fleet.client?.watchMinutes ?? 0) : 0;
  const ready = together.filter(({ snapshot }) => snapshot === 'done');
  const ids = ready.map(({ node: { instanceId } }) => instanceId);
  const stepOf = ({ node, snapshotSinceMs }: Mark): NodeStep => ({
    ...{ node, cleanSinceMs: snapshotSinceMs, watchMinutes },
    ...(ids.length > 1 && { together: ids }),
    ...(tried && { rehearsed: plainText(rehearsalText(tried.rehearsed), REHEARSED_MOST) }),
  });
  const [first = next, ...others] = ready;
  return { do: 'upgrade', nodes: [stepOf(first), ...others.map(stepOf)] };
}

/**
 * What the try on a copy asks for, whatever the age of the snapshot: a try gives way to another snapshot of the node, and would do so again and again
 * where it takes longer than a snapshot is young. `go-on`: it has proved itself.
 */
function nextOfRehearsal(
  facts: UpgradeFacts,
):
  | Extract<UpgradeStep, { do: 'wait' | 'end' }>
  | { readonly do: 'rehearse' }
  | { readonly do: 'go-on'; readonly rehearsed: Rehearsal } {
  const { upgrade, incidents } = facts;
  const rehearsed = rehearsalOf(facts);
  if (rehearsed !== 'none')
    return rehearsed.is === 'verified'
      ? { do: 'go-on', rehearsed }
      : { ...ends(`${rehearsalText(rehearsed)}; no node got it`), isTold: true };
  if (incidents.some((one) => hasGivenUp(one, upgrade)))
    return { ...ends(`${upgrade.to} was not tried on a copy to its end; no node got it`), isTold: true };
  const own = incidents.find((one) => one.rehearses === upgrade.to && isDrill(one) && isAtWork(one));
  return own ? atWorkOn(own) : { do: 'rehearse' };
}

const atWorkOn = ({ incidentId }: IncidentRecord): Extract<UpgradeStep, { do: 'wait' }> => ({
  do: 'wait',
  why: `a throw-away instance is at work on a copy: ${incidentId}`,
});

/** After the first node as many of one zone as may be away at once. */
function togetherWith({ fleet, nodes }: UpgradeFacts, next: Mark, marks: readonly Mark[]): readonly Mark[] {
  const waiting = inOrder(marks, fleet).filter(({ upgraded }) => upgraded === 'not yet');
  const batch = batchOf(
    fleet,
    next.node,
    waiting.map(({ node }) => node),
    nodes,
  );
  return waiting.filter(({ node }) => batch.includes(node));
}

/** Each gives its own, one after the other. Those that have given theirs do not wait for so long that it would have to be taken again. */
function lackingSnapshot(together: readonly Mark[], nowMs: number): Mark | undefined {
  const taken = together.filter(({ snapshot }) => snapshot === 'done');
  const isWaitedFor = taken.every(({ snapshotSinceMs }) => nowMs - snapshotSinceMs < SNAPSHOT_VALID_MS / 2);
  return isWaitedFor ? together.find(({ snapshot }) => snapshot !== 'done') : undefined;
}

/** Its attempts have failed or died too often to give a verdict, and people were told: another incident would only do the same. */
const hasGivenUp = (
  { rehearses, state, onsetMs }: IncidentRecord,
  { to, askedAtMs }: Pick<UpgradeRecord, 'to' | 'askedAtMs'>,
): boolean => rehearses === to && state === 'escalated' && onsetMs >= askedAtMs;

/** Characters of a payload. */
const REHEARSED_MOST = 400;

/** Of this very upgrade: what was tried for an earlier one was tried on older data. A try that gave way, or was given no room, is made again. */
function rehearsalOf({ upgrade, rehearsed }: UpgradeFacts): Rehearsal | 'none' {
  if (rehearsed === undefined || rehearsed.to !== upgrade.to || rehearsed.atMs < upgrade.askedAtMs) return 'none';
  return rehearsed.isToBeRepeated ? 'none' : rehearsed;
}

/** An upgrade is announced weeks before its height. */
const ANNOUNCED_MS = 60 * 24 * 60 * 60_000;
/** From the first node below the height on; then a person has to look. */
const OVER_WITHIN_MS = 2 * 60 * 60_000;

/** Incidents that one sweep opens; the next one goes on. */
const AT_ONCE = 50;

/** All go over at once, when they stand below the height; until then each gives a clean snapshot. */
function nextAtHeight(facts: UpgradeFacts, marks: readonly Mark[], atHeight: number): UpgradeStep {
  const { nowMs, upgrade, tip, fleet } = facts;
  const { to, reachedAtMs, askedAtMs } = upgrade;
  const counted = countOf(marks.filter(({ upgraded }) => upgraded === 'done').length, marks.length);
  const isUnderWayAnywhere = marks.some(({ upgraded }) => upgraded === 'under way');
  if (reachedAtMs === undefined) {
    if (tip !== null && tip >= atHeight - 1) return { do: 'note-reached' };
    if (nowMs - askedAtMs > ANNOUNCED_MS) return ends(`for 60 days nobody has come to height ${atHeight}`);
    // One that may not give any now, or cannot, is asked again by each sweep, and keeps no other one from it.
    const busy = marks.find(({ snapshot, isRefused }) => snapshot === 'under way' && !isRefused);
    if (busy) return { do: 'wait', why: `${busy.node.name} gives a snapshot` };
    const next = inOrder(marks, fleet).find(({ upgraded, snapshot }) => upgraded === 'not yet' && snapshot === 'none');
    const stops = `the chain is at ${tip ?? 'an unknown height'}, and stops below ${atHeight}`;
    if (!next || tip === null) return { do: 'wait', why: stops };
    const leftMs = (atHeight - tip) * (defaultsOf(fleet.chain)?.blockSeconds ?? 0) * 1_000;
    const fromMs = snapshotsFromMs(marks.length);
    if (leftMs > fromMs)
      return { do: 'wait', why: `${stops}; snapshots are taken in the last ${Math.round(fromMs / HOUR_MS)} h before` };
    return leftMs > SNAPSHOT_MS ? { do: 'snapshot', node: next.node } : { do: 'wait', why: stops };
  }
  const waiting = marks.filter(({ upgraded }) => upgraded === 'not yet');
  const failed = marks.filter(({ upgraded }) => upgraded === 'failed');
  const isOver = tip !== null && tip > atHeight;
  const isLate = nowMs - reachedAtMs > OVER_WITHIN_MS;
  if (marks.length > 0 && waiting.length === 0 && !isUnderWayAnywhere) {
    const [first] = failed;
    if (first) return { ...ends(`it has failed on ${first.node.name}: ${counted} to ${to}`), isTold: true };
    if (isOver) return isDone(marks, upgrade);
    if (isLate)
      return ends(
        `${counted} to ${to}, and nobody has gone on from block ${atHeight} for 2 h: fewer than two thirds of the voting power have gone over, or ${to} cannot. Nothing is taken back: name a version that mends it, and ask for that`,
      );
    return { do: 'wait', why: `${counted}, and the chain waits below ${atHeight} for others` };
  }
  if (isLate && !isUnderWayAnywhere)
    return ends(`two hours after the chain had come to ${atHeight - 1}: ${counted} to ${to}, not ${names(waiting)}`);
  const ready = waiting.filter(({ node }) => standsBelow(node, atHeight) || mayHaveEnded(node));
  const [first, ...others] = ready.slice(0, AT_ONCE).map(({ node, snapshotSinceMs }) => ({
    ...{ node, cleanSinceMs: snapshotSinceMs, watchMinutes: 0 },
  }));
  return first
    ? { do: 'upgrade', nodes: [first, ...others] }
    : { do: 'wait', why: `${counted}, and no other stands below ${atHeight} yet` };
}

/** A stop and a snapshot take minutes, and the proof of it some blocks: none is begun that the height could overtake. */
const SNAPSHOT_MS = 30 * 60_000;
const HOUR_MS = 60 * 60_000;

/**
 * Half an hour for each node, and half a day at least, since a chain may be faster than its default says. Months before the height a snapshot would be of no use
 * to anybody.
 */
const snapshotsFromMs = (nodes: number): number => Math.min(20 * HOUR_MS, Math.max(12 * HOUR_MS, nodes * SNAPSHOT_MS));

const isUnderWay = ({ upgraded, snapshot }: Mark): boolean => upgraded === 'under way' || snapshot === 'under way';

const names = (marks: readonly Mark[]): string => marks.map(({ node }) => node.name).join(', ');

/** People hear of nodes that are left to them; of an upgrade that has come to its end, `status` and the journal tell. */
function isDone(marks: readonly Mark[], upgrade: UpgradeRecord): UpgradeStep {
  const done = marks.filter(({ upgraded }) => upgraded === 'done').length;
  const left = leftOut(marks, upgrade);
  return {
    do: 'end',
    as: 'done',
    reason: `${countOf(done, marks.length)} to ${upgrade.to}${left}`,
    isTold: left === '',
  };
}

const UNSEEN = 'nobody has seen the fleet for 3 min';

const ends = (reason: string) => ({ do: 'end', as: 'ended', reason, isTold: false }) as const;

const countOf = (done: number, all: number): string => `${done} of ${all} nodes are upgraded`;

interface Mark {
  readonly node: ObservedNode;
  readonly upgraded: 'not yet' | 'under way' | 'done' | 'failed' | 'left out';
  readonly snapshot: 'none' | 'under way' | 'done' | 'failed';
  /** Its snapshot was refused for now, and nobody is at it. */
  readonly isRefused: boolean;
  /** When its snapshot was asked for. */
  readonly snapshotSinceMs: number;
}

/** An older snapshot is not of right before: another one is taken. Before a height each node gives one, however long the chain takes to come there. */
export const SNAPSHOT_VALID_MS = 2 * 60 * 60_000;

/** Only what was begun since this upgrade was asked for counts. */
function stateOf(
  { nowMs, incidents, upgrade }: UpgradeFacts,
  { instanceId, name, role, height }: ObservedNode,
): Omit<Mark, 'node'> {
  // Another instance takes its place under its name.
  const isOwn = (one: IncidentRecord): boolean =>
    one.instanceId === instanceId || (upgrade.strategy === 'blue-green' && one.node === name);
  const own = (trigger: string) =>
    incidents.find((one) => isOwn(one) && one.trigger === trigger && one.onsetMs >= upgrade.askedAtMs);
  const wanted = own('request:upgrade');
  const isSame = wanted?.want?.do === 'upgrade' && wanted.want.to === upgrade.to;
  const upgraded = isSame ? endOf(wanted) : 'none';
  const clean = own(CLEAN_SNAPSHOT);
  const isOld =
    upgrade.atHeight === undefined && clean?.state === 'healed' && nowMs - clean.endedAtMs > SNAPSHOT_VALID_MS;
  const snapshot = isOld ? 'none' : endOf(clean);
  const isRefused = clean?.state === 'open' && clean.refusedCodes.length > 0;
  const snapshotSinceMs = clean?.onsetMs ?? nowMs;
  // Followers, sentries and bootnodes: a validator, or what may be one, is a person's. Others know a sentry or a bootnode by its identity, and another
  // instance has another one.
  const isLeftOut =
    role === 'validator' || role === 'unknown' || (upgrade.strategy === 'blue-green' && role !== 'follower');
  if (isLeftOut) return { upgraded: 'left out', snapshot: 'none', isRefused, snapshotSinceMs };
  if (upgraded !== 'none') return { upgraded, snapshot, isRefused, snapshotSinceMs };
  // The version before stores the block of the height, and goes no further: somebody has switched it by hand.
  const isOver = upgrade.atHeight !== undefined && height !== null && height > upgrade.atHeight;
  return { upgraded: isOver ? 'done' : 'not yet', snapshot, isRefused, snapshotSinceMs };
}

/** Whether an upgrade could have failed by this incident. */
export const mayEndUpgrade = ({ state, trigger }: Pick<IncidentRecord, 'state' | 'trigger'>): boolean =>
  state === 'escalated' && (trigger === 'request:upgrade' || trigger === CLEAN_SNAPSHOT);

/**
 * Whether an upgrade that is under way has failed by this incident. Until it has ended time does not close the incident: closed, it would look like one
 * that was never opened, and a pause keeps the upgrade from ending for as long as it lasts.
 */
export const endsUpgrade = (
  incident: Pick<IncidentRecord, 'state' | 'trigger' | 'onsetMs'>,
  upgrade: Pick<UpgradeRecord, 'state' | 'askedAtMs'> | undefined,
): boolean => mayEndUpgrade(incident) && upgrade?.state === 'under-way' && incident.onsetMs >= upgrade.askedAtMs;

/**
 * An upgrade whose node can give no snapshot, or may not be switched, waits for that: it is one incident a day, and one page, and not another one each
 * hour, with a client that is stopped for another snapshot each second one. So a node that had to wait may go back to data that are a day old.
 */
const WAITS_MS = 24 * 60 * 60_000;

/** Whether an upgrade could wait for this incident. */
export const mayHoldUpgrade = ({ state, trigger }: Pick<IncidentRecord, 'state' | 'trigger'>): boolean =>
  state === 'open' && (trigger === CLEAN_SNAPSHOT || trigger === 'request:upgrade');

/** Whether an upgrade that is under way waits for this snapshot or this node, so that time does not close it. */
export const holdsUpgrade = (
  incident: Pick<IncidentRecord, 'state' | 'trigger' | 'onsetMs'>,
  upgrade: Pick<UpgradeRecord, 'state' | 'askedAtMs'> | undefined,
  nowMs: number,
): boolean =>
  mayHoldUpgrade(incident) &&
  upgrade?.state === 'under-way' &&
  incident.onsetMs >= upgrade.askedAtMs &&
  nowMs - incident.onsetMs <= WAITS_MS;

/** A request that was closed without a proof, because its hour was over, is made again. */
function endOf(incident: IncidentRecord | undefined): 'none' | 'under way' | 'done' | 'failed' {
  switch (incident?.state) {
    case undefined:
      return 'none';
    case 'healed':
      return incident.proof === undefined ? 'none' : 'done';
    case 'escalated':
      return 'failed';
    default:
      return 'under way';
  }
}

/** The canary first, then by name; where a share of a zone goes over at once, one zone after the other. */
const inOrder = <M extends Mark>(marks: readonly M[], { client }: Fleet): readonly M[] =>
  marks.toSorted(({ node: a }, { node: b }) => {
    const first = Number(b.name === client?.canary) - Number(a.name === client?.canary);
    if (first !== 0) return first;
    if (client?.zonePercent !== undefined && a.availabilityZone !== b.availabilityZone)
      return a.availabilityZone < b.availabilityZone ? -1 : 1;
    return a.name < b.name ? -1 : 1;
  });

function leftOut(marks: readonly Mark[], { strategy }: Pick<UpgradeRecord, 'strategy'>): string {
  const names = marks.flatMap(({ upgraded, node }) => (upgraded === 'left out' ? [node.name] : []));
  if (names.length === 0) return '';
  const why = strategy === 'blue-green' ? 'as others than followers' : 'as validators or of unknown role';
  return `; left to a person, ${why}: ${names.join(', ')}`;
}
