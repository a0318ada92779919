// Judges whether a well node that a heal has stopped, for a snapshot or to be pruned, follows its chain again, by what others saw of it after its client
// came up. What the client says of itself proves nothing.
import type { Fleet } from '../fleet/model.ts';
import type { ObservedNode } from '../fleet/observation.ts';
import { seenLately } from '../guardrails/fleet-view.ts';
import { readSwitches } from '../guardrails/switches.ts';
import type { ActContext, HealContext } from './context.ts';

/** watch-fleet's last observation of the node. */
type WatchedNode = Pick<ObservedNode, 'health' | 'reason' | 'height'> &
  Partial<Pick<ObservedNode, 'peerCount' | 'cause'>> & { readonly observedAtMs: number };

/** Enough blocks to show that they came from other nodes: a client shows the blocks on its own disk immediately. */
const PROOF_BLOCKS = 3;

interface ProofFacts {
  readonly nowMs: number;
  readonly fleet: Fleet;
  readonly watched: WatchedNode | null;
  /** Time of the start command, ms since the epoch. */
  readonly upSinceMs: number;
  /** Its height at the stop; null where it was not read. */
  readonly height: number | null;
}

/** An outage of AWS, or of the watch, is waited out: what was not seen is neither proved nor disproved. */
const BLIND_MS = 2 * 60 * 60_000;

/** How the watch ends. */
export type BackProof = Exclude<ProofResult, { readonly waitSeconds: number }>;

type ProofResult =
  | { readonly proved: string }
  /** `blames`: the data that the client came up with are faulty, so that a snapshot of them must not be used. */
  | { readonly unproved: string; readonly blames: boolean }
  /** Nobody could look at it for long: that says nothing about the node or its data. */
  | { readonly unseen: string }
  | { readonly waitSeconds: number };

/** Pure. */
export function judgeProof({ nowMs, fleet, watched, upSinceMs, height }: ProofFacts): ProofResult {
  const { startGraceSeconds, patienceSeconds } = fleet.health;
  const { minimum = 0 } = fleet.peers ?? {};
  const upForMs = nowMs - upSinceMs;
  const over = upForMs > (startGraceSeconds + patienceSeconds) * 1000;
  const isBlindForLong = upForMs > (startGraceSeconds + patienceSeconds) * 1000 + BLIND_MS;
  // An observation from before the start says nothing about it.
  if (watched === null || watched.observedAtMs <= upSinceMs)
    return isBlindForLong ? { unseen: 'nobody has observed it since its client came up' } : wait(upForMs);
  const blocks = watched.height === null ? 0 : watched.height - (height ?? watched.height);
  // A consensus client that stands, or peers that are lacking, keep a client of any data from its chain.
  const blames = watched.cause === undefined && (watched.peerCount ?? minimum) >= minimum;
  const place = `height ${watched.height}, ${blocks} blocks after the one that it was stopped at`;
  switch (watched.health) {
    case 'forked':
      return unproved(`it came back on another branch: ${watched.reason}`, true);
    case 'synced':
      if (blocks >= PROOF_BLOCKS) return { proved: `synced again at ${place}` };
      // On a slow chain there may be no third block for an hour: it is enough that the client keeps up with the existing ones.
      return over
        ? { proved: `synced for ${minutes(upForMs)} min at ${place}: its chain has made no more` }
        : wait(upForMs);
    case 'behind':
    case 'starting':
      if (!over) return wait(upForMs);
      return blocks >= PROOF_BLOCKS
        ? { proved: `it catches up, at ${place}` }
        : unproved(`${minutes(upForMs)} min after its start it is ${watched.health}: ${watched.reason}`, blames);
    case 'stuck':
    case 'unreachable':
      return over
        ? unproved(`${minutes(upForMs)} min after its start it is ${watched.health}: ${watched.reason}`, blames)
        : wait(upForMs);
    case 'busy':
    case 'unknown':
      return isBlindForLong ? { unseen: `nothing is known of it: ${watched.reason}` } : wait(upForMs);
  }
}

const minutes = (ms: number): number => Math.round(ms / 60_000);

const unproved = (why: string, blames: boolean): ProofResult => ({ unproved: why, blames });

/** The node is observed once a minute; a client that takes longer to come up is checked less often. */
const wait = (upForMs: number): ProofResult => ({ waitSeconds: upForMs < 10 * 60_000 ? 20 : 60 });

/** The longest start grace and stuck time of any chain are an hour together, checked three times a minute first and then once. */
const MAX_LOOKS = 400;

/**
 * Looks until it can be told.
 *
 * @param down since when the client may run again, ms since the epoch, and the height that it was stopped at; null: nobody knows
 */
export async function proveBack(
  { durable, step, place, clients, environment, payload, store }: ActContext<HealContext>,
  { upSinceMs, height }: Pick<ProofFacts, 'height'> & { readonly upSinceMs: number | null },
): Promise<BackProof> {
  for (let look = 0; look < MAX_LOOKS; look++) {
    const verdict = await step(`look-${look}`, async (): Promise<ProofResult> => {
      const [switches, watched] = await Promise.all([
        readSwitches({ clients, environment, store }, payload.fleet),
        readWatched(store, payload),
      ]);
      if ('refuse' in switches) return { waitSeconds: 60 };
      const nowMs = Date.now();
      return judgeProof({ nowMs, fleet: switches.fleet, watched, upSinceMs: upSinceMs ?? nowMs, height });
    });
    if (!('waitSeconds' in verdict)) return verdict;
    await durable.wait(`${place}-wait-${look}`, { seconds: verdict.waitSeconds });
  }
  return { unseen: `it was looked at ${MAX_LOOKS} times, and nothing could be told` };
}

async function readWatched(
  { readObservations }: HealContext['store'],
  { fleet, instanceId }: HealContext['payload'],
): Promise<WatchedNode | null> {
  const nowMs = Date.now();
  const seen = seenLately(await readObservations(fleet), instanceId, nowMs);
  return seen && { ...seen.node, observedAtMs: seen.observedAtMs };
}
