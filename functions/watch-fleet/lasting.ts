// Troubles of a node whatever its health is now: its lag grows for hours, its client ends again and again, its root volume fills. Pure. No heal is for them: people are told.
import type { Reading } from '../../shared/chains/client.ts';
import type { NodeMemory, ObservedNode } from '../../shared/fleet/observation.ts';
import type { ConditionCode } from '../../shared/model/guardrail-codes.ts';
import { blocks, duration } from './phrases.ts';

export interface LastingTrouble {
  readonly code: ConditionCode;
  readonly reason: string;
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

/** When its client was seen to be gone, or to start, after it had answered. A client that is only slow has not ended. */
export function followCrashes(
  before: readonly number[],
  heardBefore: NodeMemory['heard'],
  status: Reading<unknown> | undefined,
  nowMs: number,
): readonly number[] {
  const recent = before.filter((atMs) => nowMs - atMs < CRASHES_WITHIN_MS);
  const isGone = status?.kind === 'starting' || (status?.kind === 'error' && status.code === 'unreachable');
  return isGone && heardBefore === 'facts' ? [...recent, nowMs].slice(-CRASHES_KEPT) : recent;
}

/** With a full root volume the SSM agent runs no command any more, and nothing can be healed. */
const ROOT_PERCENT = 90;

export interface LastingFacts extends Pick<ObservedNode, 'health' | 'lagBlocks'> {
  /** It is on its way to the tip for the first time since its client came up, and advances: a first sync takes days. */
  readonly isSyncing: boolean;
  /** While the chain stands still, nobody sees whether the node follows it. */
  readonly isHalted: boolean;
  readonly lags: Lags;
  readonly crashes: readonly number[];
  /** undefined where nobody tells. */
  readonly rootUsedPercent: number | undefined;
  readonly nowMs: number;
}

export function lastingTroubles({
  health,
  lagBlocks,
  isSyncing,
  isHalted,
  lags,
  crashes,
  rootUsedPercent,
  nowMs,
}: LastingFacts): readonly LastingTrouble[] {
  const troubles: LastingTrouble[] = [];
  const [first] = lags;
  if (health === 'behind' && lagBlocks !== null && first && lags.length === LAGS) {
    const grows = lags.every(({ blocks: lag }, at) => at === 0 || lag > (lags[at - 1]?.blocks ?? 0));
    const nearer = first.blocks - lagBlocks;
    const stays = !isHalted && (isSyncing ? nearer <= 0 : nearer * 100 < first.blocks * NEARER_PERCENT);
    const since = `it was ${blocks(first.blocks)} behind ${duration(nowMs - first.atMs)} ago, and is ${blocks(lagBlocks)} behind now`;
    if (grows) troubles.push({ code: 'falling-behind', reason: `it advances more slowly than its chain: ${since}` });
    else if (stays) troubles.push({ code: 'falling-behind', reason: `it comes no nearer to its chain: ${since}` });
  }
  const [earliest] = crashes;
  if (crashes.length >= CRASHES && earliest !== undefined)
    troubles.push({
      code: 'crash-loop',
      reason: `its client has ended ${crashes.length} times in ${duration(nowMs - earliest)}, and was started again each time`,
    });
  if (rootUsedPercent !== undefined && rootUsedPercent >= ROOT_PERCENT)
    troubles.push({
      code: 'root-filling',
      reason: `the volume that it boots from is ${rootUsedPercent} % full, limit ${ROOT_PERCENT} %: no heal grows it`,
    });
  return troubles;
}
