// Which pages are due for refusals of heals, purely: what is refused to many nodes for one cause is one page with their names. A second one follows only
// where more nodes have joined, later each time.
import { keyOf } from '../../shared/heal/notify.ts';
import { isMove, isStillSaid } from '../../shared/heal/page-truth.ts';
import {
  DISK_FIRST,
  type IncidentRecord,
  type PendingPage,
  type SentPages,
  type SentPagesRecord,
} from '../../shared/heal/records.ts';
import type { GuardrailCode } from '../../shared/model/guardrail-codes.ts';
import { readTrigger } from '../../shared/model/trigger.ts';

const MINUTE_MS = 60_000;
/** From the first refusal on: what is refused to many nodes is refused to all of them within a minute or two. */
const GATHER_MS = MINUTE_MS;
/** Until the second page about one cause; each later one takes twice as long. */
const AGAIN_MS = 15 * MINUTE_MS;
const AGAIN_MAX_MS = 24 * 60 * MINUTE_MS;
/** From a quarter of an hour to more than a day. */
const MAX_DOUBLINGS = 7;

/** Refusals whose cause is a whole fleet: a second page within a day, about more of its nodes, would add nothing. */
const OF_THE_FLEET: ReadonlySet<GuardrailCode> = new Set<GuardrailCode>([
  'breaker-open',
  'chain-standing',
  'zone-down',
]);
/** Refusals that each node may meet which is asked in the place of another: told once a day, each time with who has joined. */
const OF_ONE_OF_MANY: ReadonlySet<GuardrailCode> = new Set<GuardrailCode>(['donor-unsuitable']);
/** Who waits for a turn is no news where people were told lately what has befallen the fleet. */
const GRAVER: Readonly<Partial<Record<GuardrailCode, readonly GuardrailCode[]>>> = {
  'restarts-paced': ['zone-down', 'breaker-open'],
};
const TOLD_FOR_MS = 2 * 60 * MINUTE_MS;
/** What a person has done to a node's client or instance, and that it does not answer: told once of the node, whichever of its incidents meets it. */
const OF_THE_NODE: ReadonlySet<GuardrailCode> = new Set<GuardrailCode>([
  'client-stopped',
  'instance-stopped',
  'client-unknown',
  'first-boot',
  'node-silent',
  'clock-ahead',
]);
/** Refusals whose cause is the account's: its fleets are told of together. */
const OF_THE_ACCOUNT: ReadonlySet<GuardrailCode> = new Set<GuardrailCode>(['replacements-spent']);

export interface RefusedIncident {
  readonly incident: IncidentRecord;
  readonly refusal: PendingPage;
}

/** One page. */
export interface DuePage {
  readonly code: GuardrailCode;
  readonly about: 'nodes' | 'fleet';
  /** As the page names whom it is about. */
  readonly node: string;
  /** Not told before, oldest refusal first; never empty. */
  readonly refused: readonly RefusedIncident[];
  /** What is written down of each fleet when it was sent. */
  readonly sent: ReadonlyMap<string, SentPages>;
}

/**
 * @param incidents of all fleets, in any state
 * @param records the pages that were sent, by fleet
 */
export function duePages(
  incidents: readonly IncidentRecord[],
  records: ReadonlyMap<string, SentPagesRecord>,
  nowMs: number,
): readonly DuePage[] {
  const groups = new Map<string, RefusedIncident[]>();
  const lasting = incidents.filter(({ state }) => state !== 'healed');
  const disks = lasting.filter(({ trigger }) => readTrigger(trigger)?.kind === 'disk');
  const sick = new Set(lasting.filter(isOfNode).map(({ instanceId }) => instanceId));
  for (const incident of incidents)
    for (const refusal of incident.pendingPages ?? []) {
      // The disk's own incident tells why it is not grown. A person who said yes to the node's heal reads both.
      const hasDisk = disks.some(({ instanceId }) => instanceId === incident.instanceId);
      if (refusal.code === DISK_FIRST && hasDisk && incident.approval?.answer?.said !== 'approved') continue;
      // The node's own heal knows that it is down, and tells what keeps it so.
      const isTold = records.get(incident.fleet)?.sent[refusal.code]?.incidents.includes(incident.incidentId);
      const isLeft = refusal.code === 'node-silent' && !isOfNode(incident) && sick.has(incident.instanceId);
      if (isLeft && !isTold) continue;
      const cause = OF_THE_ACCOUNT.has(refusal.code) ? refusal.code : `${refusal.code} ${incident.fleet}`;
      const group = groups.get(cause) ?? [];
      group.push({ incident, refusal });
      groups.set(cause, group);
    }
  return [...groups.values()].flatMap((group) => duePageOf(group, records, nowMs) ?? []);
}

const isOfNode = (incident: IncidentRecord): boolean =>
  readTrigger(incident.trigger)?.kind === 'node' && !isMove(incident);

/** @param group refusals of one cause, of incidents that are over as well: an incident that comes back is not told again */
function duePageOf(
  group: readonly RefusedIncident[],
  records: ReadonlyMap<string, SentPagesRecord>,
  nowMs: number,
): DuePage | null {
  const lasting = group
    .filter(({ incident }) => incident.state !== 'healed')
    .toSorted((a, b) => a.refusal.atMs - b.refusal.atMs || (a.incident.node < b.incident.node ? -1 : 1));
  const code = lasting[0]?.refusal.code;
  if (code === undefined) return null;
  const fleets = [...new Set(lasting.map(({ incident }) => incident.fleet))];
  const sentOf = (one: GuardrailCode): SentPages[] => fleets.flatMap((fleet) => records.get(fleet)?.sent[one] ?? []);
  if ((GRAVER[code] ?? []).flatMap(sentOf).some(({ atMs }) => nowMs - atMs < TOLD_FOR_MS)) return null;
  const before = sentOf(code);
  const known = new Set(before.flatMap((sent) => sent.incidents));
  const told = lasting.filter(({ incident }) => known.has(incident.incidentId));
  // Of its new instance, too, where an incident of the one before has told.
  const isTold = ({ incident: { incidentId, fleet, node } }: RefusedIncident): boolean =>
    known.has(incidentId) ||
    (OF_THE_NODE.has(code) && told.some(({ incident }) => incident.fleet === fleet && incident.node === node));
  const refused = lasting.filter((one) => !isTold(one) && holds(one));
  const [first] = refused;
  if (first === undefined || nowMs - first.refusal.atMs < GATHER_MS) return null;
  // A cause that was over for everybody, and comes again, is told as the first time.
  const goesOn = told.length > 0;
  const count = goesOn ? Math.max(...before.map((sent) => sent.count)) : 0;
  const isOfFleet = OF_THE_FLEET.has(code);
  const pauseMs = isOfFleet || OF_ONE_OF_MANY.has(code) ? AGAIN_MAX_MS : pauseAfter(count);
  if (goesOn && nowMs - Math.max(...before.map(({ atMs }) => atMs)) < pauseMs) return null;
  const nodes = nodesOf(refused);
  const about = {
    ...{ fleet: first.incident.fleet, trigger: first.incident.trigger, code },
    node: isOfFleet ? 'fleet' : nodes.length > 1 ? `${nodes.length} nodes` : first.incident.node,
  };
  const key = keyOf(about);
  const sent = fleets.map((fleet): [string, SentPages] => {
    const own = group.filter(({ incident }) => incident.fleet === fleet).map(({ incident }) => incident.incidentId);
    const told = records.get(fleet)?.sent[code];
    const before = Object.entries(told?.keys ?? {}).filter(([id]) => own.includes(id));
    // Of a page of several fleets only the first one says that it is over.
    const now = fleet === about.fleet ? refused.map(({ incident }) => [incident.incidentId, key]) : [];
    const keys = Object.fromEntries([...before, ...now]) as Readonly<Record<string, string>>;
    const sentAtMs = Object.fromEntries([
      ...before.map(([id]) => [id, told?.sentAtMs?.[id] ?? told?.atMs ?? nowMs]),
      ...now.map(([id]) => [id, nowMs]),
    ]) as Readonly<Record<string, number>>;
    return [fleet, { atMs: nowMs, count: count + 1, incidents: own, keys, sentAtMs }];
  });
  return { code, about: isOfFleet ? 'fleet' : 'nodes', node: about.node, refused, sent: new Map(sent) };
}

/** It is its last word still: who had to wait has had its turn, or is refused for something else, or its heal has told its end. */
const holds = ({ incident, refusal: { code } }: RefusedIncident): boolean =>
  incident.state === 'open' && isStillSaid(incident, code);

/** Each node once, with its fleet where there are several. */
export function nodesOf(refused: readonly RefusedIncident[]): readonly string[] {
  const isOne = new Set(refused.map(({ incident }) => incident.fleet)).size === 1;
  return [...new Set(refused.map(({ incident: { fleet, node } }) => (isOne ? node : `${fleet}/${node}`)))];
}

const pauseAfter = (count: number): number =>
  Math.min(AGAIN_MAX_MS, AGAIN_MS * 2 ** Math.min(count - 1, MAX_DOUBLINGS));
