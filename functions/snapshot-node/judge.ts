// Whether a node may be stopped for a snapshot now, which of its volumes are its data, and whether its client has ended cleanly. Pure.

import type { Fleet } from '../../shared/fleet/model.ts';
import type { ObservedNode } from '../../shared/fleet/observation.ts';
import { judgeInstance } from '../../shared/heal/guard.ts';
import type { SnapshotMemory } from '../../shared/heal/memory.ts';
import type { GuardrailCode, Refusal } from '../../shared/model/guardrail-codes.ts';
import type { SnapshotPayload } from '../../shared/model/payload.ts';
import type { NodeAnswer, NodeState } from '../../shared/node-commands/node-answer.ts';
import { cannotBeginFor } from '../../shared/readiness/preconditions.ts';
import { donorOf } from '../../shared/snapshots/donor.ts';
import type { DonorVolume, Evidence, SnapshotFacts, TakenSnapshot } from './state.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** "You can specify up to 40 volume IDs per request." (ExcludeDataVolumeIds) */
const EXCLUDED_MAX = 40;

type SnapshotRequester = Pick<SnapshotPayload, 'requestedBy' | 'instanceId' | 'acknowledgesValidator'>;

/** Why the node must not be stopped, or null. Nobody is paged: the existing snapshots stay as good as they were. */
export function refusalOf(
  facts: SnapshotFacts,
  { requestedBy, instanceId, acknowledgesValidator }: SnapshotRequester,
): Refusal | null {
  const { fleet, role, instance, observedAtMs, breaker, haltedSinceMs, nowMs } = facts;
  if (requestedBy === 'schedule' && fleet.cleanSnapshots === undefined)
    return refuse('not-due', 'the fleet file asks for no clean snapshots any more', HOUR_MS);
  if (requestedBy === 'schedule' && facts.failures > 0)
    return refuse('not-due', 'it has failed here, and another node is stopped for one instead, if any', HOUR_MS);
  const notRunning = judgeInstance(instance?.state ?? null);
  if (notRunning) return notRunning;
  // Even if the fleet file allows restarts: a validator is stopped for the person alone who knows what it is.
  const isAcknowledged = requestedBy === 'person' && acknowledgesValidator === true;
  if (role === 'validator' && !isAcknowledged)
    return refuse(
      'validator',
      `the node is a validator: it is stopped for a snapshot only when a person asks and says so: npm run chainmend -- snapshot ${fleet.name}/${nameOf(facts, instanceId)} --acknowledge-validator`,
      HOUR_MS,
    );
  if (role === 'unknown')
    return refuse(
      'role-unknown',
      'nobody says what the node does, and it could be a validator: it is no donor',
      HOUR_MS,
    );
  if (observedAtMs === null)
    return refuse(
      'observation-stale',
      'the node was not observed within three minutes: unknown is not synced',
      MINUTE_MS,
    );
  // A node that has become a validator since it was observed is one.
  const nodes = facts.nodes.map((node) =>
    node.instanceId === instanceId && role === 'validator' ? { ...node, role } : node,
  );
  // The same rules by which the dispatcher has chosen it, judged at this moment.
  const donor = donorOf({
    ...{ fleet, nodes, breaker, haltedSinceMs, nowMs },
    unobserved: null,
    sets: [],
    busy: new Map(),
    // plan-snapshots has counted them when it chose this node.
    failedMs: [],
    underWaySinceMs: null,
    asked: { instanceId, ...(isAcknowledged && { acknowledgesValidator: true }) },
  });
  if ('refuse' in donor) return donor;
  return 'notDue' in donor ? refuse('not-due', donor.notDue, HOUR_MS) : null;
}

const nameOf = (facts: SnapshotFacts, instanceId: string): string =>
  watchedNodeOf(facts, { instanceId })?.name ?? instanceId;

/** The node itself, as it was seen lately. */
export const watchedNodeOf = (
  { nodes }: SnapshotFacts,
  { instanceId }: Pick<SnapshotPayload, 'instanceId'>,
): ObservedNode | undefined => nodes.find((node) => node.instanceId === instanceId);

/** The volumes of all roles, as the node itself has them mounted and EC2 has them attached; or why they do not agree. */
export function volumesOf(facts: SnapshotFacts, seen: NodeState): readonly DonorVolume[] | Refusal {
  const { fleet, volumes, instance } = facts;
  const found: DonorVolume[] = [];
  for (const { role, path } of fleet.volumes) {
    const mounted = seen.volumes.find((volume) => volume.path === path);
    if (!mounted) return refuse('volume-not-found', `no volume of its own is mounted at ${path} (${role})`, HOUR_MS);
    const { volumeId } = mounted;
    if (!volumes.some((volume) => volume.volumeId === volumeId))
      return refuse(
        'volume-changed',
        `${path} is on ${volumeId}, which EC2 does not have at this instance`,
        5 * MINUTE_MS,
      );
    if (volumeId === instance?.rootVolumeId)
      return refuse(
        'donor-unsuitable',
        `${path} (${role}) is on the root volume, which no snapshot of data includes`,
        HOUR_MS,
      );
    if (mounted.readOnly)
      return refuse(
        'donor-unsuitable',
        `${path} (${role}) is mounted read-only: its filesystem may be broken`,
        HOUR_MS,
      );
    found.push({ role, path, volumeId });
  }
  const down = seen.clients.findIndex(({ state }) => state !== 'running');
  if (down >= 0) {
    const name = fleet.units[down]?.name ?? `client ${down + 1}`;
    const reason = `${name} is ${seen.clients[down]?.state} before anything was done: what it left is not of a clean stop`;
    return refuse('client-stopped', reason, 5 * MINUTE_MS);
  }
  const lacking = cannotBeginFor('snapshot', { clients: seen, held: seen.heldBy ?? [] });
  // Only a person can mend it, and a copy of this very node may be wanted, as before an upgrade.
  if (lacking !== null) return { ...refuse('donor-unsuitable', lacking, HOUR_MS), page: true };
  const excluded = excludedOf(facts, found);
  if (excluded.length > EXCLUDED_MAX)
    return refuse(
      'donor-unsuitable',
      `${excluded.length} other volumes are attached, and AWS leaves out ${EXCLUDED_MAX}`,
      HOUR_MS,
    );
  return found;
}

/** Somebody stopped it after it was seen running, and before the command that was to stop it: it is left as it is. */
export const stoppedMeanwhile = ({ reason }: NodeAnswer): Refusal =>
  refuse(
    'client-stopped',
    `${reason ?? 'somebody has stopped its client'}; what it left is not of a clean stop`,
    5 * MINUTE_MS,
  );

/** Other attached volumes, which must not be in the set. The root volume is excluded by a separate field. */
export const excludedOf = (
  { volumes, instance }: SnapshotFacts,
  of: readonly Pick<DonorVolume, 'volumeId'>[],
): readonly string[] =>
  volumes
    .map(({ volumeId }) => volumeId)
    .filter((id) => id !== instance?.rootVolumeId && !of.some(({ volumeId }) => volumeId === id))
    .sort();

/**
 * 0, or 143: "terminated by signal 15" as shells and container runtimes write it (128 + SIGTERM). 137 is SIGKILL: the grace was over, or the kernel
 * had no memory left, and unwritten data are lost.
 */
const CLEAN_EXITS: readonly number[] = [0, 143];

/** The evidence that the client had written everything and released its volumes; or what is missing. */
export function judgeStop(
  { result, reason, stop, after }: NodeAnswer,
  fleet: Fleet,
): Evidence | { readonly unclean: string } {
  const why = reason ? `: ${reason}` : '';
  if (!stop) return { unclean: `the node tells nothing of how its client ended (${result}${why})` };
  const { exitStatus, lastLine, seconds, clean } = stop;
  const last = lastLine === '' ? 'it left no last line' : `its last line was "${lastLine.slice(0, 160)}"`;
  // systemd forgets an instance of a template that is not enabled once it has ended, but only if it ended with success.
  const forgotten = exitStatus === null && clean && lastLine !== '' && fleet.units.every(saysWhenClean);
  if (exitStatus === null && !forgotten) return { unclean: `nobody knows with which status its client ended; ${last}` };
  if (exitStatus !== null && !CLEAN_EXITS.includes(exitStatus)) {
    const killed = exitStatus === 137 ? ', killed' : '';
    return { unclean: `its client ended with status ${exitStatus}${killed} after ${seconds} s; ${last}` };
  }
  if (!clean)
    return { unclean: `its client did not say that it had ended cleanly (status ${exitStatus}); ${last}${why}` };
  if (result !== 'done') return { unclean: `${result}${why}` };
  if (!after) return { unclean: 'the node does not say how it was after the stop' };
  const up = after.clients.findIndex(({ state }) => state === 'running');
  if (up >= 0) return { unclean: `${fleet.units[up]?.name ?? 'its client'} runs again already` };
  const [mounted] = after.volumes;
  if (mounted) return { unclean: `${mounted.path} is still mounted` };
  return { exitStatus: exitStatus ?? 0, lastLine, seconds };
}

const saysWhenClean = ({ runtime, cleanLine }: Fleet['units'][number]): boolean =>
  runtime.kind === 'systemd' && cleanLine !== undefined;

/** Difference of our clock and EC2's, and of seconds that are told whole. */
const CLOCKS_APART_MS = 1_000;

/**
 * Since when the client may run again, by the node's answer to a start: its own word of what was started before that command, or else the command.
 *
 * @param before of the record: its `upSinceMs` is of an earlier command, which explains a client that runs
 * @param sent the command, which was not begun before it was sent
 */
export function upSinceOf(
  { ran, result, before: seen }: Pick<NodeAnswer, 'ran' | 'result' | 'before'>,
  before: Pick<SnapshotMemory, 'upSinceMs' | 'clean'>,
  sent: { readonly memory: Pick<SnapshotMemory, 'upSinceMs'>; readonly sentAtMs: number },
): number | null {
  const { upSinceMs } = sent.memory;
  if (ran === 'unknown') return 0;
  if (typeof ran === 'number') return Math.min(upSinceMs ?? sent.sentAtMs, sent.sentAtMs - (ran + 1) * 1000);
  if (ran === null || before.upSinceMs !== null || result === 'late' || result === 'stale') return upSinceMs;
  // A node that knows of no stop though it has a timer of it has booted since; and where there is none, what runs was started by somebody.
  const hasForgotten = before.clean?.untilMs !== undefined;
  return hasForgotten || seen?.clients.some(({ state }) => state === 'running') ? 0 : upSinceMs;
}

/** Whether the client may have run when the last of the snapshots was begun. */
export const wasUp = ({ takenAtMs, upSinceMs }: Pick<SnapshotMemory, 'takenAtMs' | 'upSinceMs'>): boolean =>
  takenAtMs !== undefined && upSinceMs !== null && takenAtMs > upSinceMs - CLOCKS_APART_MS;

export type Copies =
  | { readonly waits: true }
  | { readonly completed: string }
  | { readonly failed: string; readonly spoiled: true };

/** The state of the copies. A snapshot that is missing from the answer is not visible yet. One failed part spoils its set. */
export function judgeCopies(
  ids: readonly string[],
  now: readonly Pick<TakenSnapshot, 'snapshotId' | 'state'>[],
): Copies {
  const failed = now.filter(({ state }) => state !== 'pending' && state !== 'completed');
  if (failed.length > 0) {
    const said = failed.map(({ snapshotId, state }) => `${snapshotId} is in state ${state}`);
    return { failed: `AWS reports that ${said.join(', ')}`, spoiled: true };
  }
  if (now.filter(({ state }) => state === 'completed').length < ids.length) return { waits: true };
  const are = ids.length === 1 ? 'is' : 'are';
  return { completed: `${ids.join(', ')} ${are} completed; the client had ended cleanly before that` };
}

const refuse = (code: GuardrailCode, reason: string, retryAfterMs: number): Refusal => ({
  refuse: code,
  reason,
  page: false,
  retryAfterMs,
});
