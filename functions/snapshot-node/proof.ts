// Whether a donor follows its chain again, by what others saw of it after its client came up. What it says of itself proves nothing.
import type { Fleet } from '../../shared/fleet/model.ts';
import type { ObservedNode } from '../../shared/fleet/observation.ts';
import { OBSERVATION_VALID_MS } from '../../shared/guardrails/breaker.ts';
import { readSwitches } from '../../shared/guardrails/switches.ts';
import type { Act, Acts, SnapshotActContext, SnapshotContext } from './state.ts';

/** What watch-fleet said of the node last. */
type WatchedNode = Pick<ObservedNode, 'health' | 'reason' | 'height'> & { readonly observedAtMs: number };

/** Enough that it has taken them from others: a client shows the blocks that it has on its disk at once. */
const PROOF_BLOCKS = 3;

interface ProofFacts {
  readonly nowMs: number;
  readonly fleet: Fleet;
  readonly watched: WatchedNode | null;
  /** When it was told to start, ms since the epoch. */
  readonly upSinceMs: number;
  /** Where it was when it was stopped; null where nobody had read it. */
  readonly height: number | null;
}

type ProofResult =
  | { readonly proved: string }
  /** `blames`: the data that it came up with are not what they should be, so that a snapshot of them is of no use to anybody. */
  | { readonly unproved: string; readonly blames: boolean }
  | { readonly waitSeconds: number };

/** Pure. */
export function judgeProof({ nowMs, fleet, watched, upSinceMs, height }: ProofFacts): ProofResult {
  const { startGraceSeconds, stuckSeconds } = fleet.health;
  const upForMs = nowMs - upSinceMs;
  const over = upForMs > (startGraceSeconds + stuckSeconds) * 1000;
  // Seen before its start, it says nothing of it.
  if (watched === null || watched.observedAtMs <= upSinceMs)
    return over ? unproved('nobody has observed it since its client came up', false) : wait(upForMs);
  const blocks = watched.height === null ? 0 : watched.height - (height ?? watched.height);
  const place = `height ${watched.height}, ${blocks} blocks after the one that it was stopped at`;
  switch (watched.health) {
    case 'forked':
      return unproved(`it came back on another branch: ${watched.reason}`, true);
    case 'synced':
      if (blocks >= PROOF_BLOCKS) return { proved: `synced again at ${place}` };
      // Where blocks come slowly there may be no third one for an hour; that it keeps up with what there is is all that can be asked.
      return over
        ? { proved: `synced for ${minutes(upForMs)} min at ${place}: its chain has made no more` }
        : wait(upForMs);
    case 'behind':
    case 'starting':
      if (!over) return wait(upForMs);
      return blocks >= PROOF_BLOCKS
        ? { proved: `it catches up, at ${place}` }
        : unproved(`${minutes(upForMs)} min after its start it is ${watched.health}: ${watched.reason}`, true);
    case 'stuck':
    case 'unreachable':
      return over
        ? unproved(`${minutes(upForMs)} min after its start it is ${watched.health}: ${watched.reason}`, true)
        : wait(upForMs);
    case 'unknown':
      return over ? unproved(`nothing is known of it: ${watched.reason}`, false) : wait(upForMs);
  }
}

const minutes = (ms: number): number => Math.round(ms / 60_000);

const unproved = (why: string, blames: boolean): ProofResult => ({ unproved: why, blames });

/** It is observed once a minute; a client that takes longer to come up is looked for less often. */
const wait = (upForMs: number): ProofResult => ({ waitSeconds: upForMs < 10 * 60_000 ? 20 : 60 });

/** The longest start grace and stuck time of any chain are an hour together, looked at thrice a minute first and then once. */
const MAX_LOOKS = 400;

export async function prove(
  { durable, step, place, clients, environment, payload, store }: SnapshotActContext,
  { from }: Act<'prove'>,
): Promise<Acts['prove']['result']> {
  const { upSinceMs, found } = from.operation.memory;
  for (let look = 0; look < MAX_LOOKS; look++) {
    const verdict = await step(`look-${look}`, async (): Promise<ProofResult> => {
      const [switches, watched] = await Promise.all([
        readSwitches(clients.ssm, environment.PARAMETER_PREFIX, payload.fleet),
        readWatched(store, payload),
      ]);
      if ('refuse' in switches) return { waitSeconds: 60 };
      const nowMs = Date.now();
      return judgeProof({ nowMs, fleet: switches.fleet, watched, upSinceMs: upSinceMs ?? nowMs, height: found.height });
    });
    if (!('waitSeconds' in verdict)) return verdict;
    await durable.wait(`${place}-wait-${look}`, { seconds: verdict.waitSeconds });
  }
  return { unproved: `it was looked at ${MAX_LOOKS} times, and nothing could be told`, blames: false };
}

async function readWatched(
  { readObservations }: SnapshotContext['store'],
  { fleet, instanceId }: SnapshotContext['payload'],
): Promise<WatchedNode | null> {
  const nowMs = Date.now();
  for (const { observedAtMs, nodes } of await readObservations(fleet)) {
    const node = nodes.find((seen) => seen.instanceId === instanceId);
    if (node && nowMs - observedAtMs <= OBSERVATION_VALID_MS) return { ...node, observedAtMs };
  }
  return null;
}
