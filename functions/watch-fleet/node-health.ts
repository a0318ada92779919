// The health of one node, seen against its fleet. What could not be asked is unknown, what does not answer is unreachable and never
// at lag 0, and only what others prove to be wrong is stuck or forked.
import type { Reading } from '../../shared/chains/client.ts';
import type { FleetNode } from '../../shared/fleet/nodes.ts';
import type { Health, NodeMemory, ObservedNode } from '../../shared/fleet/observation.ts';
import type { TroubleKind } from '../../shared/model/guardrail-codes.ts';
import { hamperedByBeacon, insertedBlocks } from './evidence.ts';
import type { HashVerdicts } from './hashes.ts';
import { isOurs, type NodeReading, type Sight } from './sight.ts';
import { areApart, outweighs, type Source, type Sources } from './sources.ts';
import { graceEndsMs, type Start } from './start.ts';
import { claimOf, type Tip } from './tip.ts';
import { blocks, duration, names, short } from './words.ts';

export interface Context {
  readonly sight: Sight;
  readonly sources: Sources;
  /** Those that are not on another branch. */
  readonly onBranch: readonly Source[];
  readonly hashes: HashVerdicts;
  readonly tip: Tip;
  readonly haltedSinceMs: number | null;
  readonly byKey: ReadonlyMap<string, Source>;
  /** Whether the fleet was watched a moment ago. */
  readonly watched: boolean;
}

export interface Verdict {
  readonly health: Health;
  readonly reason: string;
  readonly code: TroubleKind | null;
  readonly cause?: 'beacon-node';
}

export function judgeNode(
  node: FleetNode,
  reading: NodeReading | undefined,
  before: ObservedNode | undefined,
  start: Start,
  doubted: NodeMemory['doubted'],
  context: Context,
): Verdict {
  const { fleet, nowMs } = context.sight;
  const grace = nowMs < graceEndsMs(fleet, node, start);
  if (fleet.probe === undefined) return plain('unknown', 'nobody asks it: its fleet file has no probe');
  // A stopped instance serves nobody, whoever stopped it: that is known, and to call it unknown would hide it.
  if (node.state === 'pending' && grace) return plain('starting', 'its instance is starting');
  if (node.state !== 'running') return unreachable(`its instance is ${node.state}`);
  if (reading === undefined) return plain('unknown', 'it was not asked');
  if (reading.kind === 'unasked') return plain('unknown', reading.reason);
  const { status } = reading.reading;
  if (status.kind !== 'ok') return judgeSilence(status, grace, start, nowMs);
  const source = context.byKey.get(node.instanceId);
  if (source === undefined)
    return {
      health: 'forked',
      reason: `it is on network ${short(status.facts.chainId ?? '')}, the fleet on ${short(context.sources.chainId ?? '')}`,
      code: 'wrong-chain',
    };
  const branch = judgeBranch(source, before, doubted, context);
  if (branch !== null) return branch;
  return judgePlace(node, source, reading, grace, start, context);
}

function judgeSilence(
  status: Reading<unknown> & { kind: 'starting' | 'error' },
  grace: boolean,
  start: Start,
  nowMs: number,
): Verdict {
  if (status.kind === 'error' && isOurs(status.code)) return plain('unknown', status.reason);
  if (grace) return plain('starting', status.reason);
  if (status.kind === 'error') return unreachable(status.reason);
  const age = start.startedAtMs === null ? '' : ` ${duration(nowMs - start.startedAtMs)} after its start`;
  return unreachable(`it is still starting${age}: ${status.reason}`);
}

function judgeBranch(
  source: Source,
  before: ObservedNode | undefined,
  doubted: NodeMemory['doubted'],
  { hashes, sight }: Context,
): Verdict | null {
  const differs = hashes.differing.get(source.key);
  const forked = (reason: string): Verdict => ({ health: 'forked', reason, code: 'node-forked' });
  if (differs !== undefined)
    return forked(`its block at height ${differs.height} is ${short(differs.hash)}, most have another`);
  // As many blocks later as the others are compared at: until then both may be right.
  const { confirmations } = sight.fleet.health;
  const isDeep = doubted !== null && source.status.height >= doubted.height + Math.max(1, confirmations);
  if (isDeep && hashes.doubtful.has(source.key))
    return forked(
      `its newest blocks have not been those of most others for ${duration(sight.nowMs - doubted.sinceMs)}`,
    );
  // It was seen to be on another branch, and nothing could be compared since.
  if (before?.health === 'forked' && before.height !== null && !hashes.agreeing.has(source.key))
    return forked(before.reason);
  return null;
}

function judgePlace(
  { instanceId, launchedAtMs }: FleetNode,
  source: Source,
  reading: NodeReading & { kind: 'read' },
  grace: boolean,
  start: Start,
  context: Context,
): Verdict {
  const { tip, sight, haltedSinceMs } = context;
  const { behindBlocks } = sight.fleet.health;
  const { height } = source.status;
  const tipHeight = tip.height ?? height;
  if (height - tipHeight > behindBlocks)
    return plain(
      'unknown',
      `it alone claims height ${height}, ${blocks(height - tipHeight)} above what anybody confirms`,
    );
  const lag = Math.max(tipHeight, claimOf(source.status)) - height;
  if (lag <= behindBlocks) {
    if (haltedSinceMs !== null)
      return plain(
        'synced',
        `at the tip, ${height}; the chain stands still for ${duration(sight.nowMs - haltedSinceMs)}`,
      );
    return plain('synced', lag <= 0 ? `at the tip, ${height}` : `${blocks(lag)} behind the tip, ${tipHeight}`);
  }
  const hampered = hamperedByBeacon(reading.reading);
  const because = hampered === null ? '' : `; ${hampered}`;
  const cause = hampered === null ? {} : { cause: 'beacon-node' as const };
  const place = `${blocks(lag)} behind, at ${height}`;
  if (grace) {
    const launched = launchedAtMs > (start.startedAtMs ?? 0);
    const ago = duration(sight.nowMs - Math.max(launchedAtMs, start.startedAtMs ?? 0));
    const since = launched ? `its instance was launched ${ago} ago` : `it came up ${ago} ago`;
    return { ...plain('starting', `${place}; ${since}${because}`), ...cause };
  }
  const stoodMs = sight.nowMs - (source.track.sinceMs ?? sight.nowMs);
  const { stuckSeconds } = sight.fleet.health;
  if (stoodMs < stuckSeconds * 1000) return { ...plain('behind', `${place}${because}`), ...cause };
  // Who catches up or does not while the chain stands still is told when it goes on.
  if (haltedSinceMs !== null) {
    const since = duration(sight.nowMs - haltedSinceMs);
    return { ...plain('behind', `${place}; the chain stands still for ${since}${because}`), ...cause };
  }
  const ahead = goingOn(source, instanceId, context);
  const evidence = `${insertedBlocks(reading.reading)}${because}`;
  const standing = `${place}, where it has stood for ${duration(stoodMs)}`;
  if (!outweighs(ahead, context.sources.all)) {
    const others =
      ahead.length === 0
        ? 'nobody else was seen to advance'
        : `only ${names(ahead.map(({ name }) => name))} advanced, too few to blame it`;
    return { health: 'behind', reason: `${standing}; ${others}${evidence}`, code: null, ...cause };
  }
  const reason = `${standing} while ${names(ahead.map(({ name }) => name))} went on${evidence}`;
  return { health: 'stuck', reason, code: 'node-stuck', ...cause };
}

/** Those that are beyond it on the same chain, as far as anybody can tell, and were seen to advance while it stood still. */
function goingOn(source: Source, instanceId: string, { onBranch, sight }: Context): Source[] {
  const {
    status,
    track: { sinceMs },
  } = source;
  const { behindBlocks } = sight.fleet.health;
  return onBranch.filter(
    ({ key, status: other, track }) =>
      key !== instanceId &&
      other.height > status.height + behindBlocks &&
      track.advancedAtMs !== null &&
      sinceMs !== null &&
      track.advancedAtMs > sinceMs &&
      !areApart(status, other, sight.askedHeights),
  );
}

const plain = (health: Health, reason: string): Verdict => ({ health, reason, code: null });
const unreachable = (reason: string): Verdict => ({ health: 'unreachable', reason, code: 'node-unreachable' });
