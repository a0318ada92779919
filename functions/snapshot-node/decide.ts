// Decides the next act: one pure decision over the progress of the attempt. Every path that has stopped the client leads to its start and the check
// after it. Every path that has the lease releases it.

import { changedTerms, type Terms } from '../../shared/heal/approval.ts';
import type { End } from '../../shared/heal/engine.ts';
import type { FoundVolume } from '../../shared/heal/memory.ts';
import { failed, refused } from '../../shared/heal/outcome.ts';
import type { SnapshotOperation } from '../../shared/heal/records.ts';
import type { Refusal } from '../../shared/model/guardrail-codes.ts';
import type { SnapshotPayload } from '../../shared/model/payload.ts';
import { refusalOf, volumesOf, watchedNodeOf } from './judge.ts';
import { isSettled } from './progress.ts';
import type {
  Act,
  ClientDown,
  DonorVolume,
  Planning,
  Preparing,
  Progress,
  Released,
  SnapshotFacts,
  SnapshotPart,
  TakenSnapshot,
  Unheard,
} from './state.ts';

type SnapshotSubject = Pick<SnapshotPayload, 'node' | 'instanceId' | 'incidentId' | 'attempt' | 'mode' | 'requestedBy'>;

/** Commands to start the client, each with its full patience, and steps that fail meanwhile: more would change nothing. */
const MAX_STARTS = 3;
const MAX_ERRORS = 5;

export function decideNext(progress: Progress, about: SnapshotSubject): Act | End {
  switch (progress.at) {
    case 'unclaimed':
      return { do: 'claim' };
    case 'planning':
      return plan(progress, about);
    case 'preparing':
      return prepare(progress, about);
    case 'down':
      return putBack(progress);
    case 'releasing':
      return { do: 'release', from: progress, keepOperation: false };
    case 'released':
      return afterwards(progress, about);
    case 'lost':
      return { do: 'end', ending: null };
  }
}

function plan(from: Planning, about: SnapshotSubject): Act {
  const { facts, approved } = from;
  // To start a client again nothing of EC2 is needed: it may be away.
  if (facts === null) return from.owesStart ? { do: 'lease' } : { do: 'look', from };
  // No matter which attempt left it open, and what the mode is now: a stopped client is started again.
  if (facts.open) return { do: 'lease' };
  // Whatever it has taken: a heal whose client does not run has not succeeded.
  if (facts.leftStopped) return refuses(from, stillStopped(about));
  const set = usableSet(facts.taken);
  if (set) return { do: 'await', from, snapshots: set.map(({ snapshotId }) => ({ snapshotId, role: null })) };
  const refusal = refusalOf(facts, about);
  if (refusal) return refuses(from, refusal);
  const terms = termsOf(facts);
  const since = approved && changedTerms(approved, terms);
  if (since) return refuses(from, exceeded(since));
  if (about.mode === 'act' || approved) return { do: 'lease' };
  const sentence = sentenceOf(facts, about);
  const words = { would: sentence, because: '' };
  return about.mode === 'ask'
    ? { do: 'ask', from, sentence, words, terms }
    : { do: 'conclude', from, ending: { outcome: 'planned', reason: sentence, plan: words } };
}

const refuses = (from: Planning | Preparing, refusal: Refusal): Act => ({
  do: 'conclude',
  from,
  ending: refused(refusal),
});

const stillStopped = ({ node }: SnapshotSubject): Refusal => ({
  refuse: 'donor-unsuitable',
  reason: `the client of ${node}, which a heal has stopped, does not run again yet: that comes first`,
  page: false,
  retryAfterMs: 15 * 60_000,
});

/** A complete set of this incident that is completed or will be: an earlier attempt has taken it and died before it could report. */
function usableSet(taken: readonly TakenSnapshot[]): readonly TakenSnapshot[] | undefined {
  const sets = Map.groupBy(taken, ({ setId }) => setId);
  return [...sets.values()].find(
    (parts) =>
      parts.length === parts[0]?.parts &&
      parts.every(({ state, quarantined }) => quarantined === null && (state === 'pending' || state === 'completed')),
  );
}

/** Only what is read after the node has acknowledged the fence justifies an act on it. */
function prepare(from: Preparing, about: SnapshotSubject): Act {
  const { facts, seen, operation } = from;
  if (seen === null) return { do: 'inspect', from };
  if (facts === null) return { do: 'look', from };
  const refusal = refusalOf(facts, about);
  if (refusal) return refuses(from, refusal);
  const volumes = volumesOf(facts, seen);
  if ('refuse' in volumes) return refuses(from, volumes);
  if (operation === null) {
    const planned = operationOf(facts, volumes, about);
    return 'refuse' in planned
      ? refuses(from, planned)
      : { do: 'leave-pool', from, facts, operation: planned, reason: sentenceOf(facts, about) };
  }
  // Somebody may have exchanged a volume meanwhile: the recorded volumes are the ones that are unmounted and mounted again.
  const moved = operation.memory.found.volumes.find(
    ({ path, volumeId }) => !volumes.some((volume) => volume.path === path && volume.volumeId === volumeId),
  );
  if (moved) return refuses(from, changed(moved));
  const height = watchedNodeOf(facts, about)?.height ?? null;
  const found = { ...operation.memory.found, height };
  return {
    do: 'stop',
    from,
    facts,
    operation: { ...operation, phase: 'down', memory: { ...operation.memory, found } },
  };
}

/** The only ways out are the client's proof, and handing the node to replace-node. */
function putBack(from: ClientDown): Act {
  const { operation, origin, client, call, proof, spoiled, errors, ending } = from;
  const { memory } = operation;
  const unheard = origin.by === 'an attempt before' && !origin.heard;
  if (unheard && ending === null) return { do: 'inspect', from };
  if (errors > MAX_ERRORS) return { do: 'release', from, keepOperation: true };
  if (origin.by === 'this attempt' && ending === null && memory.clean !== null && memory.intent === null)
    return { do: 'take', from, facts: origin.facts };
  const isUnfit = spoiled !== null && memory.snapshotIds.length > 0 && !spoiled.quarantined;
  if (client.is === 'stopped') {
    if (!isSettled(from) && client.failedStarts < MAX_STARTS && !unheard && !isSilent(client.unheard))
      return { do: 'start', from, reason: startReason(from) };
    if (isUnfit) return { do: 'quarantine', from, why: spoiled.why };
    return { do: 'release', from, keepOperation: leavesOpen(from, client.unheard !== null) };
  }
  if (call === 'unknown' && memory.intent !== null && memory.snapshotIds.length === 0) return { do: 'reconcile', from };
  if (proof === null) return { do: 'prove', from };
  if (isUnfit) return { do: 'quarantine', from, why: spoiled.why };
  return 'proved' in proof
    ? { do: 'settle', from, reason: proof.proved }
    : { do: 'release', from, keepOperation: false };
}

/**
 * A client that could not be started is left to one more attempt, with the full patience again. If that fails too, the node is released, so that
 * replace-node may do what it can.
 */
const leavesOpen = ({ ending, origin }: ClientDown, isUnheard: boolean): boolean =>
  (ending?.outcome === 'refused' && SOON_OVER.has(ending.code)) || (isUnheard && origin.by === 'this attempt');

/** Its machine or its agent is away, as AWS says: no command brings its client up, and whoever revives a machine is not kept waiting. */
const isSilent = (unheard: Unheard | null): boolean =>
  unheard !== null && 'refusal' in unheard && SILENT.has(unheard.refusal.refuse);

const SILENT: ReadonlySet<string> = new Set(['node-silent', 'instance-stopped', 'instance-gone']);

/** These codes say nothing about the node. */
const SOON_OVER: ReadonlySet<string> = new Set(['throttled', 'unreadable', 'fleet-file-invalid']);

function startReason({ origin, ending, operation: { memory } }: ClientDown): string {
  if (origin.by === 'an attempt before') return 'start the client again, which an attempt before this one had stopped';
  if (ending !== null && memory.clean === null) return `start the client again: ${ending.reason}`;
  return 'mount the volumes and start the client again';
}

/** The node is released, or was never ours. */
function afterwards(from: Released, { node }: SnapshotSubject): Act | End {
  const { pool, remaining } = from;
  if (pool === 'out') return { do: 'register', from };
  switch (remaining.is) {
    case 'told':
      return { do: 'end', ending: remaining.ending };
    case 'untold':
      return { do: 'conclude', from, ending: remaining.ending };
    case 'copying': {
      const { snapshotIds, found } = remaining.memory;
      if (snapshotIds.length > 0) return { do: 'await', from, snapshots: partsOf(snapshotIds, found.volumes) };
      // The attempt before ended before the snapshot: this attempt only finishes its work.
      const reason = `an attempt before this one ended while the client of ${node} was stopped; it runs again, and no snapshot was taken`;
      return { do: 'conclude', from, ending: failed('snapshot-failed', reason, { retryAfterMs: 60 * 60_000 }) };
    }
  }
}

/** In the order of the volumes. The role of a single volume is in the ledger from the beginning. */
const partsOf = (ids: readonly string[], volumes: readonly FoundVolume[]): readonly SnapshotPart[] =>
  ids.map((snapshotId, at) => ({
    snapshotId,
    role: volumes.length > 1 && volumes.length === ids.length ? (volumes[at]?.role ?? null) : null,
  }));

function operationOf(
  facts: SnapshotFacts,
  volumes: readonly DonorVolume[],
  about: SnapshotSubject,
): SnapshotOperation | Refusal {
  const { incidentId, instanceId, attempt } = about;
  const found: FoundVolume[] = [];
  for (const volume of volumes) {
    const now = facts.volumes.find(({ volumeId }) => volumeId === volume.volumeId);
    if (!now?.attachment) return changed(volume);
    const { sizeGiB, type, iops, throughputMiBps, encrypted, kmsKeyId, tags } = now;
    const own = Object.entries(tags).filter(([key]) => !key.startsWith('aws:') && !key.startsWith('chainmend:'));
    found.push({
      ...volume,
      device: now.attachment.device,
      ...{ sizeGiB, type, iops, throughputMiBps, encrypted, kmsKeyId },
      tags: Object.fromEntries(own),
    });
  }
  return {
    kind: 'snapshot',
    phase: 'preparing',
    incidentId,
    memory: {
      found: {
        instanceId,
        availabilityZone: facts.instance?.availabilityZone ?? '',
        volumes: found,
        height: watchedNodeOf(facts, about)?.height ?? null,
        lagBlocks: null,
        client: 'running',
      },
      intent: null,
      setId: `${incidentId}-${attempt}`,
      snapshotIds: [],
      clean: null,
      upSinceMs: null,
    },
  };
}

const changed = ({ path, volumeId }: Pick<DonorVolume, 'path' | 'volumeId'>): Refusal => ({
  refuse: 'volume-changed',
  reason: `${path} was on ${volumeId} a moment ago, and is not any more`,
  page: false,
  retryAfterMs: 5 * 60_000,
});

const ACT = 'stop the client cleanly, take a snapshot of its data volumes, and start it again';

/** What an approval covers. Only the node tells which volumes hold data, once it is held: so all except the root volume are named. */
function termsOf({ fleet, role, instance, volumes }: SnapshotFacts): Terms {
  const attached = volumes
    .filter(({ volumeId }) => volumeId !== instance?.rootVolumeId)
    .map(({ volumeId, sizeGiB }) => `${volumeId} (${sizeGiB} GiB)`);
  return [
    ['act', ACT],
    ...(role === 'validator' ? ([['role', 'validator, as a person has acknowledged']] as const) : []),
    ['paths', fleet.volumes.map(({ role, path }) => `${path} (${role})`).join(', ')],
    ['volumes attached', attached.sort().join(', ') || 'none'],
    ['cost', 'the storage of what has changed since the snapshot before'],
  ];
}

const exceeded = (since: string): Refusal => ({
  refuse: 'approval-exceeded',
  reason: `the plan has changed since it was approved: ${since}`,
  page: false,
  retryAfterMs: 60_000,
});

/** The planned actions, for the journal and for a person who is asked. */
function sentenceOf(facts: SnapshotFacts, about: SnapshotSubject): string {
  const { fleet, nodes } = facts;
  const grace = fleet.units.reduce((sum, { stopGraceSeconds }) => sum + stopGraceSeconds, 0);
  const roles = fleet.volumes.map(({ role }) => role).join(', ');
  const others = nodes.filter(({ instanceId, health }) => instanceId !== about.instanceId && health === 'synced');
  return (
    `stop the client of ${about.node} cleanly (up to ${grace} s) at height ${watchedNodeOf(facts, about)?.height}, take a snapshot of its ` +
    `volumes (${roles}) and start it again; ${others.length} synced nodes serve meanwhile`
  );
}
