// Rule 4: how many restarts and replacements there may be, and which node has the fleet's turn. Pure decisions over three small records.
import type { ReplacePolicy } from '../fleet/model.ts';
import { DAY_MS, type ExecutionStatus } from '../model/execution.ts';
import type { Refusal } from '../model/guardrail-codes.ts';
import type { Write } from '../model/write.ts';

const HOUR_MS = 60 * 60_000;
/** A node that was well for this long has its full budget of replacements again. */
const HEALTHY_MS = 2 * HOUR_MS;
/** How long a node's replacements are kept; older ones say nothing about today's trouble. */
const KEPT_MS = 30 * DAY_MS;
/** Room for a week of the largest budget that a fleet file allows; an item holds 400 KB. */
const MAX_ENTRIES = 400;
const TURN_AGAIN_MS = 60_000;
const BUDGET_AGAIN_MS = 5 * 60_000;

/** One replacement of the account, from before its first act. Times are ms since the epoch. */
export interface Replacement {
  /** The key of one replacement, for all of its attempts and volumes: a second reservation with it changes nothing. */
  readonly key: string;
  readonly fleet: string;
  readonly node: string;
  readonly instanceId: string;
  /** When its trouble was first reported. */
  readonly onsetMs: number;
  readonly atMs: number;
  /** Set where a person asked for it: these have the same limits, and are counted apart. */
  readonly byPerson?: true;
  /** Absent until the node was proved to follow its chain again. */
  readonly provedAtMs?: number;
}

/** ACCOUNT#REPLACEMENTS. Oldest first. */
export interface ReplacementsRecord {
  readonly entries: readonly Replacement[];
  readonly version: number;
}

type Limits = Pick<ReplacePolicy, 'replacementsPerHour' | 'replacementsPerDay' | 'replacementsPerNode'>;

export function reserveReplacement(
  read: ReplacementsRecord | undefined,
  wanted: Pick<Replacement, 'key' | 'fleet' | 'node' | 'instanceId' | 'onsetMs' | 'byPerson'>,
  limits: Limits,
  nowMs: number,
): Write<ReplacementsRecord> | { readonly reserved: true } | Refusal {
  const entries = read?.entries ?? [];
  if (entries.some(({ key }) => key === wanted.key)) return { reserved: true };

  const counted = entries.filter(({ byPerson }) => byPerson === wanted.byPerson);
  const ofNode = counted.filter(({ fleet, node }) => fleet === wanted.fleet && node === wanted.node);
  const inVain = sinceHealthy(ofNode, wanted.onsetMs);
  if (inVain >= limits.replacementsPerNode) {
    const reason = `${wanted.node} was replaced ${times(inVain)} without being healthy for 2 h since, limit ${limits.replacementsPerNode}`;
    return { refuse: 'node-replacements-spent', reason, page: true, retryAfterMs: HOUR_MS };
  }

  const spans = [
    { name: 'hour', ms: HOUR_MS, limit: limits.replacementsPerHour },
    { name: '24 h', ms: DAY_MS, limit: limits.replacementsPerDay },
  ];
  for (const { name, ms, limit } of spans) {
    const within = counted.filter(({ atMs }) => nowMs - atMs < ms);
    if (within.length < limit) continue;
    const nodes = within.map(({ fleet, node }) => `${fleet}/${node}`).join(', ');
    const reason = `the account had ${within.length} replacements in the last ${name} (${nodes}), limit ${limit}`;
    // A day's budget that is spent is a pattern that a person should see; an hour's budget recovers without a person.
    return { refuse: 'replacements-spent', reason, page: ms === DAY_MS, retryAfterMs: BUDGET_AGAIN_MS };
  }

  const kept = entries.filter(({ atMs }) => nowMs - atMs < KEPT_MS).slice(1 - MAX_ENTRIES);
  return { next: { entries: [...kept, { ...wanted, atMs: nowMs }], version: (read?.version ?? 0) + 1 } };
}

/** Records that a replacement was proved: from then on the node is healthy, until its next trouble is reported. */
export function proveReplacement(
  read: ReplacementsRecord | undefined,
  key: string,
  nowMs: number,
): Write<ReplacementsRecord> | { readonly leave: true } {
  const entry = read?.entries.find((one) => one.key === key);
  if (!read || !entry || entry.provedAtMs !== undefined) return { leave: true };
  const entries = read.entries.map((one) => (one === entry ? { ...one, provedAtMs: nowMs } : one));
  return { next: { entries, version: read.version + 1 } };
}

/** A replacement that was given up before anything was done does not count. */
export function dropReplacement(
  read: ReplacementsRecord | undefined,
  key: string,
): Write<ReplacementsRecord> | { readonly leave: true } {
  const entries = read?.entries.filter((one) => one.key !== key || one.provedAtMs !== undefined) ?? [];
  if (!read || entries.length === read.entries.length) return { leave: true };
  return { next: { entries, version: read.version + 1 } };
}

/** Replacements since the node was last well for two hours, from a proof to the next trouble. */
function sinceHealthy(ofNode: readonly Replacement[], onsetMs: number): number {
  let troubleMs = onsetMs;
  let count = 0;
  for (const { provedAtMs, onsetMs: itsOnsetMs } of ofNode.toReversed()) {
    if (provedAtMs !== undefined && troubleMs - provedAtMs >= HEALTHY_MS) return count;
    count += 1;
    troubleMs = itsOnsetMs;
  }
  return count;
}

/** FLEET#RESTARTS#<instance>: an item for each, so that a hundred nodes can be restarted at the same time. */
export interface RestartsRecord {
  /** Oldest first, those of the last 24 h. */
  readonly restarts: readonly { readonly key: string; readonly atMs: number }[];
  readonly version: number;
}

/** @param key of one restart: a second reservation with it changes nothing */
export function reserveRestart(
  read: RestartsRecord | undefined,
  { key, node }: { readonly key: string; readonly node: string },
  { restartsPerDay }: Pick<ReplacePolicy, 'restartsPerDay'>,
  nowMs: number,
): Write<RestartsRecord> | { readonly reserved: true } | Refusal {
  const restarts = (read?.restarts ?? []).filter(({ atMs }) => nowMs - atMs < DAY_MS);
  if (restarts.some((one) => one.key === key)) return { reserved: true };
  if (restarts.length >= restartsPerDay) {
    const reason = `${node} was restarted ${times(restarts.length)} in the last 24 h, limit ${restartsPerDay}`;
    return { refuse: 'restarts-spent', reason, page: true, retryAfterMs: HOUR_MS };
  }
  return { next: { restarts: [...restarts, { key, atMs: nowMs }], version: (read?.version ?? 0) + 1 } };
}

/** A restart that was not made does not count. */
export function dropRestart(
  read: RestartsRecord | undefined,
  key: string,
): Write<RestartsRecord> | { readonly leave: true } {
  const restarts = read?.restarts.filter((one) => one.key !== key) ?? [];
  if (!read || restarts.length === read.restarts.length) return { leave: true };
  return { next: { restarts, version: read.version + 1 } };
}

/** FLEET#REPLACE: one replacement in flight in a fleet; of an upgrade as many as its fleet file lets go over at once. */
export interface TurnRecord {
  readonly holder: TurnHolder | null;
  /** The others that are upgraded together with the holder. Absent where it is alone. */
  readonly beside?: readonly TurnHolder[];
  readonly version: number;
}

export interface TurnHolder {
  readonly execution: string;
  readonly instanceId: string;
  readonly node: string;
  /** The instances that are upgraded at once, this one among them. Absent where it goes alone. */
  readonly together?: readonly string[];
  /** It gets the data of before, which one node of them does at a time. Absent while it does not. */
  readonly alone?: true;
}

/** All that have the turn. */
export const holdersOf = (read: TurnRecord | undefined): readonly TurnHolder[] =>
  read?.holder ? [read.holder, ...(read.beside ?? [])] : [];

/** What is known about the holder of the turn. */
export interface HolderFacts {
  readonly status: ExecutionStatus;
  /** Its node still has an operation that an attempt must settle: its replacement is in flight, no matter which attempt continues it. */
  readonly unsettled: boolean;
}

/** @param factsOf of each that has the turn */
export function takeFleetTurn(
  read: TurnRecord | undefined,
  me: TurnHolder,
  factsOf: (holder: TurnHolder) => HolderFacts,
): Write<TurnRecord> | { readonly taken: true } | Refusal {
  const holders = holdersOf(read);
  const own = holders.find(({ execution }) => execution === me.execution);
  if (own && (me.alone === undefined || own.alone)) return { taken: true };
  const inFlight = holders.filter((one) => one !== own && isInFlight(one, me, factsOf(one)));
  const first = inFlight.find((one) => !isTogether(one, me) || (me.alone && one.alone));
  if (first !== undefined) {
    const over = factsOf(first).status.state === 'ended';
    const why = over ? 'what its last attempt left is not settled' : 'its replacement is under way';
    const reason = `one replacement at a time in a fleet: ${first.node} has the turn, ${why}`;
    return { refuse: 'replace-in-flight', reason, page: false, retryAfterMs: TURN_AGAIN_MS };
  }
  return { next: turnOf([...inFlight, me], read) };
}

/** The next attempt at the same node continues what the one before has left. */
const isInFlight = (
  { instanceId }: TurnHolder,
  me: Pick<TurnHolder, 'instanceId'>,
  { status, unsettled }: HolderFacts,
): boolean => status.state !== 'ended' || (unsettled && instanceId !== me.instanceId);

/** The node that gets its data of before now, of those that are upgraded together; null: none does. */
export const aloneBeside = (
  read: TurnRecord | undefined,
  me: Pick<TurnHolder, 'instanceId'>,
  factsOf: (holder: TurnHolder) => HolderFacts,
): string | null =>
  holdersOf(read).find((one) => one.alone && one.instanceId !== me.instanceId && isInFlight(one, me, factsOf(one)))
    ?.node ?? null;

/** Both are upgraded at once, by one and the same step of one upgrade. */
const isTogether = (one: TurnHolder, me: TurnHolder): boolean =>
  one.instanceId !== me.instanceId &&
  me.together !== undefined &&
  me.together.includes(me.instanceId) &&
  one.together?.join() === me.together.join();

function turnOf([holder, ...beside]: readonly TurnHolder[], read: TurnRecord | undefined): TurnRecord {
  return { holder: holder ?? null, ...(beside.length > 0 && { beside }), version: (read?.version ?? 0) + 1 };
}

export function leaveFleetTurn(
  read: TurnRecord | undefined,
  execution: string,
): Write<TurnRecord> | { readonly leave: true } {
  const holders = holdersOf(read);
  if (holders.every((one) => one.execution !== execution)) return { leave: true };
  return {
    next: turnOf(
      holders.filter((one) => one.execution !== execution),
      read,
    ),
  };
}

const times = (count: number): string => (count === 1 ? 'once' : `${count} times`);
