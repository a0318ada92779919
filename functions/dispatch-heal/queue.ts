// The queue at the door. A heal that needs the fleet's turn, or a replacement of the account, and cannot have it now waits as an open incident: without
// an execution, a lease or a call. The oldest of a fleet goes first; between fleets the one that had the fewest replacements of the last day. Pure.
import type { Fleet } from '../../shared/fleet/model.ts';
import {
  type HolderFacts,
  type Replacement,
  type ReplacementsRecord,
  reserveReplacement,
  type TurnRecord,
  takeFleetTurn,
} from '../../shared/guardrails/replace-budget.ts';
import { DISK_FIRST, healOf, type IncidentRecord, PACED } from '../../shared/heal/records.ts';
import { DAY_MS } from '../../shared/model/execution.ts';
import type { Refusal } from '../../shared/model/guardrail-codes.ts';
import { isAskedByPerson, togetherIn } from '../../shared/model/payload.ts';
import { isOfMove } from '../../shared/model/trigger.ts';

/** Nobody has read what has become of it. */
const UNKNOWN: HolderFacts = { status: { state: 'unknown' }, unsettled: false };

/** A little less than the sweep's minute, so that every sweep looks. */
const AGAIN_MS = 50_000;

export interface QueueFacts {
  readonly nowMs: number;
  readonly fleet: Pick<Fleet, 'name' | 'replace'>;
  /** The incident that wants to go on. */
  readonly incident: IncidentRecord;
  /** All incidents that wait, of all fleets; of those that do not wait any more, the ones that were let in and have not ended. */
  readonly waiting: readonly IncidentRecord[];
  readonly turn: TurnRecord | undefined;
  /** Of each that has the turn, by its execution. */
  readonly holders: ReadonlyMap<string, HolderFacts>;
  readonly replacements: ReplacementsRecord | undefined;
}

/** Why the incident waits on; null where it is its turn, or where it waits for none. */
export function judgeTurn(facts: QueueFacts): Refusal | null {
  const { nowMs, fleet, incident, turn, holders, replacements } = facts;
  const { instanceId, node, onsetMs } = incident;
  if (!awaitsTurn(incident)) return null;
  const together = togetherIn(incident.want);
  const me = { execution: '', instanceId, node, ...(together.length > 0 && { together }) };
  const taken = takeFleetTurn(turn, me, ({ execution }) => holders.get(execution) ?? UNKNOWN);
  if ('refuse' in taken) return { ...taken, retryAfterMs: AGAIN_MS };
  // It has no place in the queue, and takes no replacement.
  if (!isForTurn(incident)) return null;
  const [first] = queueOf(fleet.name, facts);
  if (first !== undefined && !isSame(first, incident) && !together.includes(first.instanceId))
    return inFlight(`${first.node} has waited for longer, since ${new Date(first.onsetMs).toISOString()}`);
  // An undo and an upgrade take the fleet's turn alone: no budget forbids to put back.
  if (incident.want?.do === 'undo' || incident.want?.do === 'upgrade') return null;
  const wanted = {
    ...{ key: '', fleet: fleet.name, node, instanceId, onsetMs },
    ...(isAskedByPerson(incident.want) && { byPerson: true as const }),
  };
  const free = reserveReplacement(replacements, wanted, fleet.replace, nowMs);
  if ('refuse' in free) return free.refuse === 'replacements-spent' ? { ...free, retryAfterMs: AGAIN_MS } : null;
  const before = fleetsBefore(facts);
  if (before.length < placesLeft(facts)) return null;
  const reason = `the account’s next replacement is for ${before.join(', ')}, which had fewer of the last day's, or has waited for longer`;
  return { refuse: 'replacements-spent', reason, page: false, retryAfterMs: AGAIN_MS };
}

const countedWith = (incident: IncidentRecord, replacements: ReplacementsRecord | undefined): readonly Replacement[] =>
  (replacements?.entries ?? []).filter(({ byPerson = false }) => byPerson === isAskedByPerson(incident.want));

/** Where only one node is looked at, nobody is let in: the next sweep sees all that wait. */
export const awaitSweep = (incident: IncidentRecord): Refusal | null =>
  isForTurn(incident) ? inFlight('the next sweep says whose turn it is') : null;

/** What waits for a grown disk or for a restart waits for no turn. */
const awaitsTurn = ({ waitsFor }: Pick<IncidentRecord, 'waitsFor'>): boolean =>
  waitsFor !== undefined && waitsFor !== DISK_FIRST && waitsFor !== PACED;

/** A well node that is moved, or stopped for a snapshot, keeps no sick one waiting. */
const isForTurn = (incident: Pick<IncidentRecord, 'waitsFor' | 'trigger'>): boolean =>
  awaitsTurn(incident) && healOf(incident.trigger) === 'replace-node' && !isOfMove(incident.trigger);

const inFlight = (reason: string): Refusal => ({
  refuse: 'replace-in-flight',
  reason: `one replacement at a time in a fleet: ${reason}`,
  page: false,
  retryAfterMs: AGAIN_MS,
});

const isSame = (a: IncidentRecord, b: IncidentRecord): boolean =>
  a.fleet === b.fleet && a.instanceId === b.instanceId && a.trigger === b.trigger;

/** What waits in a fleet, oldest trouble first. What was let in stands before all others until it has ended. */
const queueOf = (fleet: string, { waiting }: Pick<QueueFacts, 'waiting'>): readonly IncidentRecord[] =>
  waiting
    .filter((one) => one.fleet === fleet && isForTurn(one))
    .toSorted(
      (a, b) =>
        Number(isLetIn(b)) - Number(isLetIn(a)) || a.onsetMs - b.onsetMs || (a.instanceId < b.instanceId ? -1 : 1),
    );

/** The other fleets whose first incident goes before this one's, best first. */
function fleetsBefore({ fleet, incident, waiting, replacements, nowMs }: QueueFacts): readonly string[] {
  const hadOf = (name: string): number =>
    countedWith(incident, replacements).filter((entry) => entry.fleet === name && nowMs - entry.atMs < DAY_MS).length;
  const alike = waiting.filter((one) => isAskedByPerson(one.want) === isAskedByPerson(incident.want));
  const others = [...new Set(alike.map((one) => one.fleet))].filter((name) => name !== fleet.name);
  return others.flatMap((name) => {
    const [first] = queueOf(name, { waiting: alike });
    if (first === undefined || isCounted(first, replacements)) return [];
    // One watch sees the trouble of all fleets in the same second: their names decide then, or all of them would go before nobody.
    const order = hadOf(name) - hadOf(fleet.name) || first.onsetMs - incident.onsetMs || (name < fleet.name ? -1 : 1);
    return isLetIn(first) || order < 0 ? [name] : [];
  });
}

/** A place is its own from then on, though its attempt has not yet taken it. */
const isLetIn = ({ state }: IncidentRecord): boolean => state === 'claimed' || state === 'allocated';

/** What was let in and has its replacement takes no other one. */
const isCounted = (
  { fleet, instanceId, onsetMs }: IncidentRecord,
  replacements: ReplacementsRecord | undefined,
): boolean =>
  (replacements?.entries ?? []).some(
    (entry) => entry.fleet === fleet && entry.instanceId === instanceId && entry.onsetMs === onsetMs,
  );

/** Replacements that the account may still begin now, by the limits of this fleet's file. */
function placesLeft({ incident, replacements, fleet: { replace }, nowMs }: QueueFacts): number {
  const within = (ms: number): number =>
    countedWith(incident, replacements).filter(({ atMs }) => nowMs - atMs < ms).length;
  return Math.min(replace.replacementsPerHour - within(60 * 60_000), replace.replacementsPerDay - within(DAY_MS));
}
