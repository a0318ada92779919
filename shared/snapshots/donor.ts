// Chooses the node that is stopped for the next clean snapshot, if any: each node in turn, and none that the fleet needs. Pure.
import type { CleanSnapshotPolicy, Fleet } from '../fleet/model.ts';
import type { ObservedNode } from '../fleet/observation.ts';
import type { BreakerReading } from '../guardrails/breaker.ts';
import { judgeConditions, judgeHalt } from '../guardrails/conditions.ts';
import { judgeVotingPower } from '../guardrails/voting-power.ts';
import { DAY_MS } from '../model/execution.ts';
import type { GuardrailCode, Refusal } from '../model/guardrail-codes.ts';
import type { SnapshotSet } from './model.ts';

export interface DonorFacts {
  readonly fleet: Pick<Fleet, 'name' | 'chain' | 'volumes' | 'cleanSnapshots'>;
  /** watch-fleet's last observation of them. */
  readonly nodes: readonly ObservedNode[];
  /** Why nobody knows how it is now; null where it was observed lately. */
  readonly unobserved: string | null;
  readonly sets: readonly SnapshotSet[];
  readonly breaker: BreakerReading;
  /** Since when the chain is halted; null while it advances. */
  readonly haltedSinceMs: number | null;
  /** Why a node cannot be stopped now (an open incident, a heal, a pause), by instance id. */
  readonly busy: ReadonlyMap<string, string>;
  /** When the last clean snapshot was begun that has not ended; null where none is under way. */
  readonly underWaySinceMs: number | null;
  /** When clean snapshots were begun whose attempts have failed, ms since the epoch: a client was stopped for each, or may have been. */
  readonly failedMs: readonly number[];
  readonly nowMs: number;
  /** A person asked: it need not be due, and a named node need not have its turn. All other rules hold. */
  readonly asked?: {
    readonly instanceId: string | undefined;
    /** The person knows that the named node is a validator. */
    readonly acknowledgesValidator?: true;
  };
}

export type Donor = { readonly donor: ObservedNode; readonly reason: string } | Refusal | { readonly notDue: string };

const HOUR_MS = 60 * 60_000;
const RETRY_AFTER_MS = 5 * 60_000;
/** A person may ask for a fleet without this part in its file; then the file's defaults hold, the pool's floor among them. */
const UNASKED: CleanSnapshotPolicy = { everyHours: 24, withinHours: 3, keep: 7, alone: false, poolFloor: 2 };

/** Taken with a clean stop, complete, and not known to be bad. A set that is still being copied counts: the stop was made for it. */
export const isCleanSet = ({ parts }: Pick<SnapshotSet, 'parts'>, { volumes }: Pick<Fleet, 'volumes'>): boolean =>
  volumes.every(({ role }) => parts[role] !== undefined) &&
  Object.values(parts).every(
    ({ state, ledger, policyId }) =>
      policyId === null &&
      ledger.cleanStop &&
      ledger.quarantined === null &&
      (state === 'completed' || state === 'pending'),
  );

export function donorOf(facts: DonorFacts): Donor {
  const { fleet, nodes, sets, breaker, haltedSinceMs, nowMs, asked } = facts;
  const policy = fleet.cleanSnapshots ?? (asked ? UNASKED : undefined);
  if (!policy) return { notDue: `the fleet file of ${fleet.name} asks for no clean snapshots` };
  const clean = sets.filter((set) => isCleanSet(set, fleet));
  // A validator's is for itself alone: the other nodes' next one is due all the same.
  const shared = clean.filter(({ parts }) => !Object.values(parts).some(({ ledger }) => ledger.ofValidator));
  const newestMs = Math.max(...shared.map(({ takenAtMs }) => takenAtMs));
  const early = asked ? null : (notDueYet(policy, newestMs, nowMs) ?? enoughTried(policy, inVain(facts), nowMs));
  if (early !== null) return { notDue: early };
  // A round may come twice. After that time another node gives what this one cannot.
  const { underWaySinceMs } = facts;
  if (!asked && underWaySinceMs !== null && nowMs - underWaySinceMs < UNDER_WAY_MS)
    return { notDue: `a clean snapshot was begun ${minutes(nowMs - underWaySinceMs)} ago` };
  if (facts.unobserved !== null) return refuse('observation-stale', facts.unobserved);
  const held =
    judgeHalt('snapshot', fleet.name, haltedSinceMs) ??
    judgeConditions('snapshot', { instanceId: '', name: fleet.name }, breaker.conditions);
  if (held) return held;
  if (breaker.open) return refuse('breaker-open', `${breaker.sentence}: nothing is stopped for a snapshot`);

  const why = new Map(nodes.map((node) => [node, unsuitable(node, facts)]));
  const wanted = asked?.instanceId;
  const named = wanted === undefined ? undefined : nodes.find(({ instanceId }) => instanceId === wanted);
  if (wanted !== undefined && !named) return refuse('donor-unsuitable', `${wanted} is no node of ${fleet.name}`);
  const suitable = nodes.filter((node) => why.get(node) === null && (!named || node === named));
  const lastMs = lastSnapshotMs(clean);
  const [donor] = suitable.toSorted((a, b) => lastMs(a) - lastMs(b) || (a.name < b.name ? -1 : 1));
  if (!donor) {
    const told = (named ? [named] : nodes).map((node) => `${node.name} ${why.get(node)}`);
    return refuse('donor-unsuitable', told.length === 0 ? `${fleet.name} has no nodes` : shortList(told));
  }
  const short = donor.role === 'validator' ? judgeVotingPower({ ...facts, ...donor }) : judgePool(donor, nodes, policy);
  if (short) return short;
  const last = lastMs(donor);
  const turn =
    last === Number.NEGATIVE_INFINITY ? 'it has given none' : `its last one is of ${new Date(last).toISOString()}`;
  return { donor, reason: named ? `${donor.name}: a person asked` : `${donor.name} is next: ${turn}` };
}

/**
 * Why no set is due now; null where one is. Rounds are an hour apart, and a set is taken some minutes after its round: one that is due before the next
 * round is due now, or each stop would come an hour later in the day than the one before.
 */
function notDueYet(
  { everyHours, at, withinHours }: Pick<CleanSnapshotPolicy, 'everyHours' | 'at' | 'withinHours'>,
  newestMs: number,
  nowMs: number,
): string | null {
  const dueMs = newestMs + everyHours * HOUR_MS;
  const age = `the newest clean set is ${((nowMs - newestMs) / HOUR_MS).toFixed(1)} h old, and one is due every ${everyHours} h`;
  if (at === undefined) return nowMs < dueMs - ROUND_MS / 2 ? age : null;
  const sinceMs = sinceTimeOfDay(at, nowMs);
  if (sinceMs >= withinHours * HOUR_MS) return `it is not within ${withinHours} h after ${at} UTC`;
  // Days are counted by windows: a set is of the window that it is less than half a day younger than.
  return nowMs - sinceMs < dueMs - DAY_MS / 2 ? `${age}, from ${at} UTC on` : null;
}

/**
 * Why no client is stopped although a set is due: two were within a day, and what they gave is of no use. From then on each stop is a period after the
 * last one, until the day has seen one alone. A client that takes long to start fails each of its snapshots, and each costs the pool a node for that time.
 */
function enoughTried(
  { everyHours }: Pick<CleanSnapshotPolicy, 'everyHours'>,
  vainMs: readonly number[],
  nowMs: number,
): string | null {
  const recent = vainMs.filter((atMs) => nowMs - atMs < DAY_MS + ROUND_MS);
  const lastMs = Math.max(...recent);
  if (recent.length < 2 || nowMs - lastMs >= everyHours * HOUR_MS - ROUND_MS / 2) return null;
  return `${recent.length} nodes were stopped within a day for sets that are of no use, the last one ${minutes(nowMs - lastMs)} ago: the next is stopped ${everyHours} h after it`;
}

/** When clients were stopped for sets that are of no use, the newest first. The set and the incident of one stop are minutes apart. */
function inVain({ fleet, sets, failedMs }: DonorFacts): readonly number[] {
  const bad = sets.filter(
    (set) =>
      !isCleanSet(set, fleet) && Object.values(set.parts).some(({ ledger }) => ledger.cleanStop && !ledger.ofValidator),
  );
  const all = [...failedMs, ...bad.map(({ takenAtMs }) => takenAtMs)].toSorted((a, b) => b - a);
  return all.filter((atMs, at) => at === 0 || (all[at - 1] ?? 0) - atMs > ONE_STOP_MS);
}

const ONE_STOP_MS = 30 * 60_000;

const ROUND_MS = HOUR_MS;
const UNDER_WAY_MS = 2 * HOUR_MS;

/** How long ago it was this time of day in UTC, "03:00". */
function sinceTimeOfDay(at: string, nowMs: number): number {
  const [hours = 0, minutes = 0] = at.split(':').map(Number);
  return (nowMs - hours * HOUR_MS - minutes * 60_000) % DAY_MS;
}

/** Whether it is in the pool: validators and bootnodes are not. */
export const isInPool = ({ health, role }: ObservedNode): boolean =>
  health === 'synced' && role !== 'validator' && role !== 'bootnode';

/** A validator is in no pool: the voting power is judged instead. */
function judgePool(
  donor: ObservedNode,
  nodes: readonly ObservedNode[],
  { poolFloor, alone }: CleanSnapshotPolicy,
): Refusal | null {
  const remain = nodes.filter((node) => node !== donor && isInPool(node)).length;
  if (remain >= poolFloor || alone) return null;
  const reason = `${remain} synced nodes would stay while ${donor.name} is stopped, floor ${poolFloor}: snapshots.clean.alone allows it`;
  return refuse('pool-at-floor', reason);
}

/**
 * A validator's stop costs stake, and its snapshots are of no use to other nodes: no schedule ever chooses one, whatever the fleet file says. A person
 * may name one, knowing what it is.
 */
function unsuitable({ instanceId, health, role, reason }: ObservedNode, { busy, asked }: DonorFacts): string | null {
  const isAcknowledged = asked?.acknowledgesValidator === true && asked.instanceId === instanceId;
  if (role === 'validator' && !isAcknowledged) return 'is a validator';
  if (role === 'unknown') return 'is of unknown role, and could be a validator';
  if (health !== 'synced') return `is ${health}: ${reason}`;
  const at = busy.get(instanceId);
  return at === undefined ? null : `is not free: ${at}`;
}

/** When a node gave its last snapshot; a node without one comes first. */
function lastSnapshotMs(clean: readonly SnapshotSet[]): (node: ObservedNode) => number {
  const byNode = new Map<string, number>();
  for (const { node, takenAtMs } of clean) byNode.set(node, Math.max(takenAtMs, byNode.get(node) ?? takenAtMs));
  return ({ name }) => byNode.get(name) ?? Number.NEGATIVE_INFINITY;
}

const MAX_SHOWN = 5;

const shortList = (told: readonly string[]): string =>
  told.length > MAX_SHOWN
    ? `${told.slice(0, MAX_SHOWN).join('; ')}; and ${told.length - MAX_SHOWN} more`
    : told.join('; ');

const minutes = (ms: number): string => `${Math.round(ms / 60_000)} min`;

/** Nobody is paged for a late snapshot: the next sweep looks again, and the journal shows how old the newest set is. */
const refuse = (code: GuardrailCode, reason: string): Refusal => ({
  refuse: code,
  reason,
  page: false,
  retryAfterMs: RETRY_AFTER_MS,
});
