// Troubles of a node whatever its health is now: its lag grows for hours, its client ends again and again, its root volume fills. Pure. No heal is for them: people are told.
import type { Reading } from '../../shared/chains/client.ts';
import type { NodeMemory, ObservedNode } from '../../shared/fleet/observation.ts';
import type { ConditionCode } from '../../shared/model/guardrail-codes.ts';
import { blocks, duration } from './phrases.ts';

export interface LastingTrouble {
  readonly code: ConditionCode;
  readonly reason: string;
  /** It is not seen now, and not over: what it forbids is forbidden still, and nobody is told of it again. */
  readonly rests?: true;
}

/** The lag of a node that is behind is kept once in this time. */
const LAG_EVERY_MS = 15 * 60_000;
/** A lag that grows from each of these to the next is no catching up, and neither is one that has hardly shrunk from the first to the last. */
const LAGS = 5;
/** Less than this share of a lag in an hour: a node would need days. A first sync has them. */
const NEARER_PERCENT = 1;

type Lags = NonNullable<NodeMemory['lags']>;

/** Kept while the node is behind or nothing is known of it; forgotten once it is at the tip. */
export function followLag(
  before: Lags,
  { health, lagBlocks }: Pick<ObservedNode, 'health' | 'lagBlocks'>,
  nowMs: number,
): Lags {
  if (health === 'synced') return [];
  const last = before.at(-1);
  if (health !== 'behind' || lagBlocks === null || (last && nowMs - last.atMs < LAG_EVERY_MS)) return before;
  return [...before, { atMs: nowMs, blocks: lagBlocks }].slice(-LAGS);
}

/** An outage within this time counts. */
const CRASHES_WITHIN_MS = 6 * 60 * 60_000;
/** So many outages within that time are a loop. */
const CRASHES = 5;
/** Enough to say how fast it goes. */
const CRASHES_KEPT = 20;

interface Ends {
  /** How often its runtime has started it again since the look before. */
  readonly counted: number;
  /** The moment of that look, and the last at which it may have ended: where its runtime tells since when it runs, that is it. */
  readonly sinceMs: number;
  readonly untilMs: number;
}

/**
 * When its client was seen to be gone, or to start, after it had answered, and when its runtime has started it again: what ends before it answers is seen by
 * nobody else. A client that is only slow has not ended.
 */
export function followCrashes(
  before: readonly number[],
  heardBefore: NodeMemory['heard'],
  status: Reading<unknown> | undefined,
  { counted, sinceMs, untilMs }: Ends,
  nowMs: number,
): readonly number[] {
  const recent = before.filter((atMs) => nowMs - atMs < CRASHES_WITHIN_MS);
  const isGone = status?.kind === 'starting' || (status?.kind === 'error' && status.code === 'unreachable');
  const seen = isGone && heardBefore === 'facts' ? 1 : 0;
  const unseen = Math.min(CRASHES_KEPT, counted - seen - recent.filter((atMs) => atMs > sinceMs).length);
  // They lie between the two looks, and before its present start: nobody knows where.
  const withinMs = Math.max(0, Math.min(nowMs, untilMs) - sinceMs);
  const between = Array.from({ length: Math.max(0, unseen) }, (_, at) =>
    Math.round(sinceMs + ((at + 1) * withinMs) / (unseen + 1)),
  );
  const more = seen === 1 ? [nowMs] : [];
  if (between.length + more.length === 0) return recent;
  return [...recent, ...between, ...more].toSorted((a, b) => a - b).slice(-CRASHES_KEPT);
}

/** So many ends within those hours are a loop. */
export const endsAgain = (crashes: readonly number[]): boolean => crashes.length >= CRASHES;

/** One is over where its client is well, and has run for so long, and for twice as long as between its ends. A well one is asked each quarter of an hour. */
const LOOP_ENDS_AFTER_MS = 20 * 60_000;

/** A client that is well so long after its last end is not said to end again and again. */
const LOOP_RESTS_AFTER_MS = 5 * 60_000;

const rests = ({ crashes, health, nowMs }: Pick<LastingFacts, 'crashes' | 'health' | 'nowMs'>): boolean =>
  (health === 'synced' || health === 'behind') && nowMs - (crashes.at(-1) ?? nowMs) > LOOP_RESTS_AFTER_MS;

function goesOn({ crashes, health, nowMs }: Pick<LastingFacts, 'crashes' | 'health' | 'nowMs'>): boolean {
  if (health !== 'synced' && health !== 'behind') return true;
  const gaps = crashes.map((atMs, at) => atMs - (crashes[at - 1] ?? atMs));
  return nowMs - (crashes.at(-1) ?? nowMs) <= Math.max(LOOP_ENDS_AFTER_MS, 2 * Math.max(0, ...gaps));
}

/** With a full root volume the SSM agent runs no command any more, and nothing can be healed. */
const ROOT_PERCENT = 90;

export interface LastingFacts extends Pick<ObservedNode, 'health'> {
  /** null where nobody is at the tip: how far nodes that sync side by side are from their chain is not known. */
  readonly lagBlocks: number | null;
  /** It is on its way to the tip for the first time since its client came up, and advances: a first sync takes days. */
  readonly isSyncing: boolean;
  /** While the chain stands still, nobody sees whether the node follows it. */
  readonly isHalted: boolean;
  readonly lags: Lags;
  readonly crashes: readonly number[];
  /** When something else than its height was last seen to move: stages of a sync take hours each. undefined where nothing was. */
  readonly worksAtMs: number | undefined;
  /** undefined where nobody tells. */
  readonly rootUsedPercent: number | undefined;
  readonly nowMs: number;
}

export function lastingTroubles({
  health,
  lagBlocks,
  isSyncing,
  isHalted,
  worksAtMs,
  lags,
  crashes,
  rootUsedPercent,
  nowMs,
}: LastingFacts): readonly LastingTrouble[] {
  const troubles: LastingTrouble[] = [];
  const [first] = lags;
  const works = worksAtMs !== undefined && first !== undefined && worksAtMs > first.atMs;
  if (health === 'behind' && !works && lagBlocks !== null && first && lags.length === LAGS) {
    const grows = lags.every(({ blocks: lag }, at) => at === 0 || lag > (lags[at - 1]?.blocks ?? 0));
    const nearer = first.blocks - lagBlocks;
    const stays = !isHalted && (isSyncing ? nearer <= 0 : nearer * 100 < first.blocks * NEARER_PERCENT);
    const since = `it was ${blocks(first.blocks)} behind ${duration(nowMs - first.atMs)} ago, and is ${blocks(lagBlocks)} behind now`;
    if (grows) troubles.push({ code: 'falling-behind', reason: `it advances more slowly than its chain: ${since}` });
    else if (stays) troubles.push({ code: 'falling-behind', reason: `it does not catch up with its chain: ${since}` });
  }
  const [earliest] = crashes;
  if (endsAgain(crashes) && goesOn({ crashes, health, nowMs }) && earliest !== undefined)
    troubles.push({
      code: 'crash-loop',
      reason: `its client has ended ${crashes.length} times in ${duration(nowMs - earliest)}, and was started again each time`,
      ...(rests({ crashes, health, nowMs }) && { rests: true as const }),
    });
  if (rootUsedPercent !== undefined && rootUsedPercent >= ROOT_PERCENT)
    troubles.push({
      code: 'root-filling',
      reason: `the volume that it boots from is ${rootUsedPercent} % full, limit ${ROOT_PERCENT} %: no heal grows it`,
    });
  return troubles;
}
