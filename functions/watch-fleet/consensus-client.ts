// What the consensus client beside an execution client has to do with its standstill. Pure. Only a consensus client that was heard before and is silent
// now, or that stands itself, is at fault: a wrong port, a refusal or a malformed answer is no cause.
import { type NodeStatus, type Reading, SHOWS } from '../../shared/chains/client.ts';
import type { ConsensusTrack, ObservedConsensusClient } from '../../shared/fleet/observation.ts';
import { hasGrown, WATCHED_MS } from '../../shared/fleet/progress.ts';
import { duration, oneLine } from './phrases.ts';

/** at-fault: it is down, or stands. syncing: it advances, and the execution client waits for it. */
export type ConsensusFinding =
  /** unclear: it hears of blocks and makes nothing of them, since it stands itself or since its execution client takes none. */
  { readonly is: 'at-fault' | 'syncing' | 'unclear' | 'unknown'; readonly reason: string } | { readonly is: 'well' };

/** An epoch: a consensus client that is further behind has nothing new for its execution client. */
const SLOTS_BEHIND = 32;

/** Two blocks in a row may be late or missing, and an answer has its way. */
const CLOCK_OFF_MS = 120_000;

/** A consensus client counts slots by its own clock: where none is missing to its head, the head is as old as its clock is off (nimbus-eth2#6673). null: it is not. */
function clockBehindMs(
  { height, claimedTip, blockTimeMs }: Pick<NodeStatus, 'height' | 'claimedTip' | 'blockTimeMs'>,
  nowMs: number,
): number | null {
  if (claimedTip === undefined || claimedTip > height + 1 || blockTimeMs === undefined) return null;
  const offMs = nowMs - blockTimeMs;
  return offMs > CLOCK_OFF_MS ? offMs : null;
}

export function followConsensus(
  before: ConsensusTrack | undefined,
  reading: Reading<NodeStatus> | undefined,
  nowMs: number,
): ConsensusTrack | undefined {
  if (reading?.kind !== 'ok') return before;
  const { height: slot, counters } = reading.facts;
  const watched = before !== undefined && nowMs - before.heardAtMs <= WATCHED_MS;
  const known = watched ? before.countersSinceMs : undefined;
  const countersSinceMs = counters && !hasGrown(before?.counters, counters) ? (known ?? nowMs) : nowMs;
  return {
    ...{ heardAtMs: nowMs, slot, slotSinceMs: watched && before.slot === slot ? before.slotSinceMs : nowMs },
    ...(counters && { counters, countersSinceMs }),
  };
}

/** @param track as it is after this reading */
export function judgeConsensusClient(
  reading: Reading<NodeStatus>,
  track: ConsensusTrack | undefined,
  stuckMs: number,
  nowMs: number,
): ConsensusFinding {
  if (reading.kind === 'starting') return { is: 'syncing', reason: `its consensus client starts: ${reading.reason}` };
  if (reading.kind === 'error') {
    if (SHOWS[reading.code] !== 'silence')
      return { is: 'unknown', reason: `what its consensus client does is not known: ${reading.reason}` };
    if (track === undefined)
      return { is: 'unknown', reason: `its consensus client was never heard on that port: ${reading.reason}` };
    return { is: 'at-fault', reason: `its consensus client is the cause, which does not answer: ${reading.reason}` };
  }
  const { height: slot, claimedTip = slot, hamperedBy, syncing } = reading.facts;
  const stoodMs = nowMs - (track?.slotSinceMs ?? nowMs);
  // This client answers us: what keeps the two apart is neither's data (sigp/lighthouse#6121).
  if (hamperedBy === 'execution-offline' && stoodMs >= stuckMs)
    return {
      is: 'unclear',
      reason: `its consensus client has stood at slot ${slot} for ${duration(stoodMs)}, and calls this client offline: it does not reach it, or stands itself`,
    };
  // The consensus client waits for this very client: it is not the cause.
  if (hamperedBy !== undefined) return { is: 'well' };
  if (stoodMs >= stuckMs)
    return {
      is: 'at-fault',
      reason: `its consensus client is the cause: it has stood at slot ${slot} for ${duration(stoodMs)}`,
    };
  const clockOffMs = clockBehindMs(reading.facts, nowMs);
  if (clockOffMs !== null)
    return {
      is: 'unclear',
      reason: `its consensus client takes slot ${slot} for the present one, which began ${duration(clockOffMs)} ago: the clock of its machine is behind, and it refuses what is newer`,
    };
  const derivesNothingMs = nowMs - (track?.countersSinceMs ?? nowMs);
  if (derivesNothingMs >= stuckMs)
    return {
      is: 'unclear',
      reason: `its consensus client hears of blocks, at ${slot}, and has made nothing of them for ${duration(derivesNothingMs)}: it stands itself, or waits for this client`,
    };
  const behind = claimedTip - slot;
  // heimdall says that it catches up, and not how far it has to.
  if (behind === 0 && syncing === true && reading.facts.claimedTip === undefined)
    return { is: 'syncing', reason: `its consensus client catches up itself, at ${slot}` };
  if (behind <= SLOTS_BEHIND) return { is: 'well' };
  return { is: 'syncing', reason: `its consensus client is ${behind} slots behind itself, and goes on` };
}

/** How the consensus client itself is, whatever its execution client does: for people and for its metric. @param track as it is after this reading */
export function observeConsensusClient(
  reading: Reading<NodeStatus>,
  track: ConsensusTrack | undefined,
  stuckMs: number,
  nowMs: number,
): ObservedConsensusClient {
  const unread = { slot: null, slotsBehind: null } as const;
  if (reading.kind === 'starting') return { health: 'starting', reason: oneLine(reading.reason), ...unread };
  if (reading.kind === 'error') {
    const health = SHOWS[reading.code] === 'silence' && track !== undefined ? 'unreachable' : 'unknown';
    return { health, reason: oneLine(reading.reason), ...unread };
  }
  const { height: slot, claimedTip, syncing, hamperedBy, clientVersion } = reading.facts;
  const slotsBehind = claimedTip === undefined ? null : Math.max(0, claimedTip - slot);
  const told = { slot, slotsBehind, ...(clientVersion !== undefined && { version: clientVersion }) };
  const at = `at slot ${slot}${slotsBehind ? `, ${slotsBehind} behind` : ''}`;
  if (hamperedBy !== undefined)
    return { health: 'waiting', reason: `${at}; it waits for its execution client`, ...told };
  const stoodMs = nowMs - (track?.slotSinceMs ?? nowMs);
  if (stoodMs >= stuckMs)
    return { health: 'stuck', reason: `${at}; it has stood there for ${duration(stoodMs)}`, ...told };
  const isSyncing = syncing === true || (slotsBehind ?? 0) > SLOTS_BEHIND;
  return { health: isSyncing ? 'syncing' : 'synced', reason: at, ...told };
}
