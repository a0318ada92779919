// Troubles of a node that show only over hours: its lag grows, or its client ends again and again. Pure. No heal is for them: people are told.
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
/** A lag that grows from each of these to the next is no catching up. */
const LAGS = 5;

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

export function lastingTroubles(
  { health, lagBlocks }: Pick<ObservedNode, 'health' | 'lagBlocks'>,
  lags: Lags,
  crashes: readonly number[],
  nowMs: number,
): readonly LastingTrouble[] {
  const troubles: LastingTrouble[] = [];
  const [first] = lags;
  const grows = lags.every(({ blocks: lag }, at) => at === 0 || lag > (lags[at - 1]?.blocks ?? 0));
  if (health === 'behind' && lagBlocks !== null && first && lags.length === LAGS && grows)
    troubles.push({
      code: 'falling-behind',
      reason: `it advances more slowly than its chain: it was ${blocks(first.blocks)} behind ${duration(nowMs - first.atMs)} ago, and is ${blocks(lagBlocks)} behind now`,
    });
  const [earliest] = crashes;
  if (crashes.length >= CRASHES && earliest !== undefined)
    troubles.push({
      code: 'crash-loop',
      reason: `its client has ended ${crashes.length} times in ${duration(nowMs - earliest)}, and was started again each time`,
    });
  return troubles;
}
