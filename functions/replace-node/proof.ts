// Whether a client follows its chain again, by what others saw of it after it came up. Pure. What it says of itself proves nothing.
import type { FoundNode } from '../../shared/heal/memory.ts';
import type { Facts, Watched } from './facts.ts';

export type Verdict =
  | { readonly is: 'proved'; readonly reason: string }
  | { readonly is: 'waiting'; readonly seconds: number; readonly why: string }
  /** It has been silent for a while: the node itself should be asked what has become of its client. */
  | { readonly is: 'silent' }
  | {
      readonly is: 'failed';
      readonly reason: string;
      readonly at: 'same-stop' | 'lower-stop' | 'forked' | 'open' | 'other';
    }
  /** Nobody can tell: unknown is neither healthy nor sick, and climbs no rung. */
  | { readonly is: 'unknown'; readonly reason: string };

/** "three blocks beyond the height where it stopped" */
const PROOF_BLOCKS = 3;
/** A client that is down is asked after on its node so long after its start, and then each time again. */
const SILENT_AFTER_MS = 2 * 60_000;
const INSPECT_EVERY_MS = 5 * 60_000;
/** A grace of a day would otherwise take more operations than an execution has. */
const INSPECT_LATER_EVERY_MS = 15 * 60_000;
const LATER_MS = 60 * 60_000;
/** A sweep observes each minute; without one for so long nothing is known. */
const UNOBSERVED_MS = 15 * 60_000;
/** Catching up from an old copy takes hours; longer than this, somebody should look. */
const CATCH_UP_MS = 24 * 60 * 60_000;

type Asked = Pick<Facts, 'nowMs' | 'fleet' | 'watched' | 'seen'> & {
  readonly found: FoundNode;
  readonly upSinceMs: number;
  readonly inspectedAtMs: number | null;
};

export function judgeProof(asked: Asked): Verdict {
  const { nowMs, fleet, found, upSinceMs } = asked;
  const upForMs = nowMs - upSinceMs;
  const graceMs = fleet.health.startGraceSeconds * 1000;
  const watched = asked.watched && asked.watched.observedAtMs > upSinceMs ? asked.watched : null;
  if (!watched || watched.health === 'unknown') {
    const why = watched?.reason ?? 'nobody has looked at it since its client came up';
    return upForMs < graceMs + UNOBSERVED_MS ? waiting(upForMs, why) : { is: 'unknown', reason: why };
  }
  if (isProved(watched, found)) return { is: 'proved', reason: wordsOf(watched, found) };
  const ended = asked.seen?.clients.find(({ state }) => state === 'failed' || state === 'stopped');
  if (ended && (asked.inspectedAtMs ?? 0) > upSinceMs)
    return { is: 'failed', at: 'open', reason: `its client ends again: ${endOf(ended)}` };
  switch (watched.health) {
    case 'forked':
      return { is: 'failed', at: 'forked', reason: watched.reason };
    case 'stuck':
      return watched.sinceMs > upSinceMs || upForMs > fleet.health.stuckSeconds * 1000
        ? stopped(watched, found)
        : waiting(upForMs, watched.reason);
    case 'unreachable':
      if (upForMs > graceMs)
        return {
          is: 'failed',
          at: 'other',
          reason: `no answer ${Math.round(upForMs / 60_000)} min after its start: ${watched.reason}`,
        };
      if (
        upForMs > SILENT_AFTER_MS &&
        nowMs - (asked.inspectedAtMs ?? 0) > (upForMs < LATER_MS ? INSPECT_EVERY_MS : INSPECT_LATER_EVERY_MS)
      )
        return { is: 'silent' };
      return waiting(upForMs, watched.reason);
    default:
      if (upForMs > CATCH_UP_MS)
        return { is: 'failed', at: 'other', reason: `it has not caught up within ${CATCH_UP_MS / 3_600_000} h` };
      return waiting(upForMs, watched.reason);
  }
}

function isProved({ health, height, lagBlocks }: Watched, found: FoundNode): boolean {
  if (height === null || lagBlocks === null) return false;
  if (health !== 'synced' && health !== 'behind' && health !== 'starting') return false;
  // Where it had stopped nobody knows: then only being synced says that it follows.
  if (found.height === null) return health === 'synced';
  return (
    height >= found.height + PROOF_BLOCKS &&
    (health === 'synced' || lagBlocks < (found.lagBlocks ?? Number.POSITIVE_INFINITY))
  );
}

const wordsOf = ({ height, lagBlocks }: Watched, found: FoundNode): string =>
  `height ${height}, ${found.height === null ? 'synced' : `${(height ?? 0) - found.height} beyond where it had stopped`}, ${lagBlocks} behind`;

function stopped({ height, reason }: Watched, found: FoundNode): Verdict {
  if (height === null || found.height === null) return { is: 'failed', at: 'other', reason };
  const same = Math.abs(height - found.height) < PROOF_BLOCKS;
  return {
    is: 'failed',
    at: same ? 'same-stop' : height < found.height ? 'lower-stop' : 'other',
    reason: `it stands still at height ${height}${same ? ', where it had stopped before' : `; it had stopped at ${found.height}`}: ${reason}`,
  };
}

export const endOf = ({
  state,
  exitStatus,
  lastLine,
}: {
  readonly state: string;
  readonly exitStatus: number | null;
  readonly lastLine: string;
}): string =>
  `${state}${exitStatus === null ? '' : `, exit status ${exitStatus}`}${lastLine === '' ? '' : `, "${lastLine.slice(0, 160)}"`}`;

/** Often in the first minutes, when a restart proves itself; rarely when hours of blocks have to be caught up. */
const waiting = (upForMs: number, why: string): Verdict => ({
  is: 'waiting',
  seconds: upForMs < 10 * 60_000 ? 20 : upForMs < 60 * 60_000 ? 60 : 300,
  why,
});
