// What is done next, as one pure decision over what this execution knows. Every path that has stopped the client leads over its start
// and the look at it; every path that has the lease gives it back.

import { changedTerms, type Terms } from '../../shared/heal/approval.ts';
import { type Ending, refused } from '../../shared/heal/ending.ts';
import type { FoundVolume } from '../../shared/heal/memory.ts';
import type { SnapshotOperation } from '../../shared/heal/records.ts';
import type { Refusal } from '../../shared/model/guardrail-codes.ts';
import type { SnapshotPayload } from '../../shared/model/payload.ts';
import { refusalOf, volumesOf, watchedOf } from './judge.ts';
import type { Act, Facts, Part, Progress, Taken, Volume } from './model.ts';

type About = Pick<SnapshotPayload, 'node' | 'instanceId' | 'incidentId' | 'attempt' | 'mode' | 'asked'>;

/** Commands to start the client, each with all its patience, and steps that fail meanwhile: more would change nothing. */
const MAX_STARTS = 3;
const MAX_ERRORS = 5;

export function decideNext(progress: Progress, about: About): Act {
  const { claimed, holder, operation, lost, released, ending } = progress;
  if (lost) return { do: 'end', ending: null };
  if (!claimed) return { do: 'claim' };
  if (released || (holder === null && ending !== null)) return afterwards(progress, about);
  if (holder === null) return prepare(progress, about);
  if (operation?.phase === 'down') return putBack(progress, operation);
  if (operation?.phase === 'proved' || ending !== null) return { do: 'release', keepOperation: false };
  return prepare(progress, about);
}

/** Nothing has been done to the client yet. */
function prepare(progress: Progress, about: About): Act {
  const { facts, holder, seen, leftPool, operation } = progress;
  // Only what is read after the node has acknowledged the fence justifies an act on it.
  if (holder !== null && seen === null) return { do: 'inspect' };
  if (facts === null) return { do: 'look' };
  if (holder === null || seen === null) return beforeLease(progress, facts, about);
  const refusal = refusalOf(facts, about);
  if (refusal) return ends(refused(refusal));
  const volumes = volumesOf(facts, seen);
  if ('refuse' in volumes) return ends(refused(volumes));
  if (!leftPool || operation === null) {
    const planned = operationOf(facts, volumes, about);
    return 'refuse' in planned
      ? ends(refused(planned))
      : { do: 'leave-pool', operation: planned, reason: sentenceOf(facts, about) };
  }
  // Meanwhile somebody may have exchanged a volume: what was written down is what is unmounted and mounted again.
  const moved = operation.memory.found.volumes.find(
    ({ path, volumeId }) => !volumes.some((volume) => volume.path === path && volume.volumeId === volumeId),
  );
  if (moved) return ends(refused(changed(moved)));
  const height = watchedOf(facts, about)?.height ?? null;
  const found = { ...operation.memory.found, height };
  return { do: 'stop', operation: { ...operation, phase: 'down', memory: { ...operation.memory, found } } };
}

/** No act of its own: what gives the lease back, and says so. */
const ends = (ending: Ending): Act => ({ do: 'conclude', ending });

function beforeLease({ approved }: Progress, facts: Facts, about: About): Act {
  // Whoever left it open, and whatever the mode is by now: a client that was stopped is started again.
  if (facts.open) return { do: 'lease' };
  const set = usableSet(facts.taken);
  if (set) return { do: 'await', snapshots: set.map(({ snapshotId }) => ({ snapshotId, role: null })) };
  const refusal = refusalOf(facts, about);
  if (refusal) return ends(refused(refusal));
  const terms = termsOf(facts);
  const since = approved && changedTerms(approved, terms);
  if (since) return ends(refused(exceeded(since)));
  if (about.mode === 'act' || approved) return { do: 'lease' };
  const sentence = sentenceOf(facts, about);
  const words = { would: sentence, because: '' };
  return about.mode === 'ask'
    ? { do: 'ask', sentence, words, terms }
    : ends({ outcome: 'planned', reason: sentence, plan: words });
}

/** A whole set of this incident that is completed or will be: an attempt before this one has taken it and not lived to say so. */
function usableSet(taken: readonly Taken[]): readonly Taken[] | undefined {
  const sets = Map.groupBy(taken, ({ setId }) => setId);
  return [...sets.values()].find(
    (parts) =>
      parts.length === parts[0]?.parts &&
      parts.every(({ state, quarantined }) => quarantined === null && (state === 'pending' || state === 'completed')),
  );
}

/** The client may be down because of us: the only ways out are its proof, and giving the node to somebody who can do more. */
function putBack(progress: Progress, operation: SnapshotOperation): Act {
  const { memory } = operation;
  const { facts, seen, inherited, ending, running, failedStarts, errors, spoiled } = progress;
  if (inherited && seen === null && ending === null) return { do: 'inspect' };
  if (errors > MAX_ERRORS) return { do: 'release', keepOperation: true };
  const mayTake = !inherited && ending === null && memory.clean !== null && memory.intent === null;
  if (mayTake && facts !== null) return { do: 'take', operation, facts };
  if (!running) {
    if (failedStarts < MAX_STARTS && !(inherited && seen === null))
      return { do: 'start', operation, reason: startReason(progress, memory.clean !== null) };
    return { do: 'release', keepOperation: leavesOpen(progress) };
  }
  const unknown = memory.intent !== null && memory.snapshotIds.length === 0;
  if (unknown && !progress.reconciled && (inherited || progress.interrupted !== null))
    return { do: 'reconcile', operation };
  if (progress.proof === null && !progress.unproved) return { do: 'prove', operation };
  if (spoiled !== null && memory.snapshotIds.length > 0 && !progress.quarantined)
    return { do: 'quarantine', operation, why: spoiled };
  return progress.proof === null
    ? { do: 'release', keepOperation: false }
    : { do: 'settle', operation, reason: progress.proof };
}

/**
 * A client that could not be started is left to one successor, who has all the patience again. One that could not either gives the
 * node up, so that replace-node may do what it can.
 */
function leavesOpen({ ending, silent, inherited }: Progress): boolean {
  if (ending?.outcome === 'refused' && SOON_OVER.has(ending.code)) return true;
  return silent && !inherited;
}

/** They say nothing of the node. */
const SOON_OVER: ReadonlySet<string> = new Set(['throttled', 'unreadable', 'fleet-file-invalid']);

function startReason({ inherited, ending }: Progress, clean: boolean): string {
  if (inherited) return 'start the client again, which an attempt before this one had stopped';
  if (ending !== null && !clean) return `start the client again: ${ending.reason}`;
  return 'mount the volumes and start the client again';
}

/** The node is given back, or was never ours. */
function afterwards(progress: Progress, { node }: About): Act {
  const { leftPool, inherited, registered, completed, ending, told, operation } = progress;
  if ((leftPool || inherited) && !registered) return { do: 'register' };
  if (told) return { do: 'end', ending };
  if (ending !== null) return { do: 'conclude', ending };
  const { snapshotIds = [], found } = operation?.memory ?? {};
  if (snapshotIds.length > 0 && !completed)
    return { do: 'await', snapshots: partsOf(snapshotIds, found?.volumes ?? []) };
  // The way of a successor of an attempt that had not come so far.
  const reason = `an attempt before this one ended while the client of ${node} was stopped; it runs again, and no snapshot was taken`;
  return {
    do: 'conclude',
    ending: { outcome: 'failed', code: 'snapshot-failed', reason, page: false, lookAgainMs: 60 * 60_000 },
  };
}

/** They stand in the order of the volumes. One volume's role is in the ledger from the beginning. */
const partsOf = (ids: readonly string[], volumes: readonly FoundVolume[]): readonly Part[] =>
  ids.map((snapshotId, at) => ({
    snapshotId,
    role: volumes.length > 1 && volumes.length === ids.length ? (volumes[at]?.role ?? null) : null,
  }));

function operationOf(facts: Facts, volumes: readonly Volume[], about: About): SnapshotOperation | Refusal {
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
        height: watchedOf(facts, about)?.height ?? null,
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

const changed = ({ path, volumeId }: Pick<Volume, 'path' | 'volumeId'>): Refusal => ({
  refuse: 'volume-changed',
  reason: `${path} was on ${volumeId} a moment ago, and is not any more`,
  page: false,
  lookAgainMs: 5 * 60_000,
});

const ACT = 'stop the client cleanly, take a snapshot of its data volumes, and start it again';

/** What an approval covers. Which of the volumes hold data only the node tells, once it is held: so all but the root volume are named. */
function termsOf({ fleet, instance, volumes }: Facts): Terms {
  const attached = volumes
    .filter(({ volumeId }) => volumeId !== instance?.rootVolumeId)
    .map(({ volumeId, sizeGiB }) => `${volumeId} (${sizeGiB} GiB)`);
  return [
    ['act', ACT],
    ['paths', fleet.volumes.map(({ role, path }) => `${path} (${role})`).join(', ')],
    ['volumes attached', attached.sort().join(', ') || 'none'],
    ['cost', 'the storage of what has changed since the snapshot before'],
  ];
}

const exceeded = (since: string): Refusal => ({
  refuse: 'approval-exceeded',
  reason: `the plan has changed since it was approved: ${since}`,
  page: false,
  lookAgainMs: 60_000,
});

/** What would be done, for the journal and for a person who is asked. */
function sentenceOf(facts: Facts, about: About): string {
  const { fleet, nodes } = facts;
  const grace = fleet.units.reduce((sum, { stopGraceSeconds }) => sum + stopGraceSeconds, 0);
  const roles = fleet.volumes.map(({ role }) => role).join(', ');
  const others = nodes.filter(({ instanceId, health }) => instanceId !== about.instanceId && health === 'synced');
  return (
    `stop the client of ${about.node} cleanly (up to ${grace} s) at height ${watchedOf(facts, about)?.height}, take a snapshot of its ` +
    `volumes (${roles}) and start it again; ${others.length} synced nodes serve meanwhile`
  );
}
