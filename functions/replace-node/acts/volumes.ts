// Acts on volumes: create, attach, detach, keep, put away.
import { describeInstance } from '../../../shared/aws/instances.ts';
import { invokeFunction } from '../../../shared/aws/invoke.ts';
import { type AwsRefusal, catchRefusal } from '../../../shared/aws/refusals.ts';
import { sentenceOfLeftOut } from '../../../shared/aws/tagging.ts';
import {
  attachVolume,
  type CreatedVolume,
  copyVolume,
  createEmptyVolume,
  createVolumeFrom,
  detachVolume,
  keepOnTermination,
} from '../../../shared/aws/volume-changes.ts';
import { describeVolumes } from '../../../shared/aws/volumes.ts';
import { ownVolumes } from '../../../shared/fleet/membership.ts';
import type { Fleet } from '../../../shared/fleet/model.ts';
import { selectorKeys } from '../../../shared/fleet/resolve.ts';
import { poll, turnAt } from '../../../shared/heal/context.ts';
import { putInQuarantine } from '../../../shared/heal/kept.ts';
import type { Blame, FoundVolume, LadderState, NewVolume, RestoredVolumes } from '../../../shared/heal/memory.ts';
import type { MarkAnswer, MarkQuestion } from '../../../shared/model/questions.ts';
import { hasTags, INCIDENT_TAG, LEDGER_TAGS, TAG_VALUE_MAX, WHY_TAG } from '../../../shared/model/tags.ts';
import { readOwnSnapshots } from '../../../shared/snapshots/inventory.ts';
import { sentenceOfUnmarked } from '../../../shared/snapshots/marks.ts';
import {
  dropRestored,
  giveUpReplacement,
  giveUpRestored,
  instanceIdOf,
  isFound,
  madeVolumes,
  makesAgain,
  type ReplaceContext,
  type Which,
  withReplacement,
  withRestored,
} from '../state.ts';
import { isBlameless } from '../tried.ts';
import { type ActParts, defineAct, known, type LadderActContext, nothing, type Result } from './act.ts';
import { keepingMade, keptClientsOf, ownerOf, ownTags, putVolumesAway, rolesOf, wordsOf } from './cleanup.ts';
import { accepted, type Made, mutate } from './mutation.ts';

/** The parts that these acts share: they change nothing that is known of the node itself. */
const ON_VOLUMES = {
  needsApproval: true,
  seenAfter: 'kept',
  silentAfter: 'kept',
  givesBackWhen: null,
} as const satisfies Partial<ActParts<never>>;

/** Creates one of the restored volumes, by its position. The call has a token: if it is repeated, EC2 answers with the same volume. */
export const create = defineAct<{ readonly at: number; readonly reason: string }>()('create', {
  ...ON_VOLUMES,
  intent: (state, { at }) => ({
    state: withRestored(state, ({ creating }) => ({ creating: [...without(creating, at), at] })),
  }),
  recovers: false,
  retryKey: null,
  execute: (context, { at, reason }) => {
    const state = known(context);
    const { restoredVolumes } = state;
    const wanted = restoredVolumes && madeVolumes(restoredVolumes)[at];
    const found = state.found.volumes[isCopyAt(restoredVolumes, at) ? 0 : at];
    if (!restoredVolumes || !wanted || !found) throw new Error(`there is no volume ${at} to be made`);
    const { source, from, rank, height, availabilityZone } = restoredVolumes;
    return mutate(context, {
      act: from === 'sibling' ? `CopyVolumes ${source}` : `CreateVolume ${wanted.snapshotId}`,
      sentence: `make a ${found.role} volume in ${availabilityZone}, ${reason}`,
      evidence: { ...found, source, rank, height },
      call: (fleet) =>
        restoredVolumes.shrink !== undefined && !isCopyAt(restoredVolumes, at)
          ? makeEmpty(context, state, fleet, restoredVolumes, found, restoredVolumes.shrink.toGiB)
          : make(context, state, fleet, restoredVolumes, found, wanted),
    });
  },
  reduce: {
    done: (state, { at }, { volumeId = '' }) =>
      withRestored({ ...state, hasMade: true }, ({ volumes, creating, shrink }) => ({
        creating: without(creating, at),
        volumes: volumes.map((volume, position) => (position === at ? { ...volume, volumeId } : volume)),
        ...(shrink !== undefined &&
          at === volumes.length && { shrink: { ...shrink, copy: { ...shrink.copy, volumeId } } }),
      })),
    failed: (state, { at }, { reason, code = '' }) =>
      withRestored(giveUpRestored(state, refusedBlame(reason, code)), ({ creating }) => ({
        creating: without(creating, at),
      })),
    unknown: nothing,
  },
});

/** Quotas and capacity: "VolumeLimitExceeded", "MaxIOPSLimitExceeded", "InsufficientVolumeCapacity" (Error codes for the Amazon EC2 API). */
const EVERYWHERE = /LimitExceeded$|^Insufficient|^PendingVerification$|^OptInRequired$|^Blocked$/;

/** What AWS refuses says nothing of the data. */
const refusedBlame = (reason: string, code: string): Blame => ({
  ...{ door: 'aws', fault: 'other', reason },
  ...(EVERYWHERE.test(code) && { isEverywhere: true as const }),
});

const without = (positions: readonly number[], at: number): readonly number[] => positions.filter((one) => one !== at);

/** The place behind the volumes themselves is that of the copy whose files they get. */
const isCopyAt = (restored: RestoredVolumes | null, at: number): boolean =>
  restored?.shrink !== undefined && at === restored.volumes.length;

/** Like the volume that it is to replace, but for its size; and of no snapshot. */
async function makeEmpty(
  context: ReplaceContext,
  { beganAtMs, incidentId }: LadderState,
  fleet: Fleet,
  { generation, availabilityZone }: RestoredVolumes,
  found: FoundVolume,
  toGiB: number,
): Promise<Made | AwsRefusal> {
  return said(
    await createEmptyVolume(context.clients.ec2, {
      ...{ sizeGiB: toGiB, type: found.type, iops: found.iops, throughputMiBps: found.throughputMiBps },
      ...{ encrypted: found.encrypted, kmsKeyId: found.kmsKeyId, availabilityZone },
      token: `${incidentId}-${beganAtMs.toString(36)}-${generation}e-${found.role}`.slice(0, 64),
      tags: { ...found.tags, ...ownTags(context), [INCIDENT_TAG]: incidentId, [LEDGER_TAGS.role]: found.role },
      firstTags: selectorKeys(fleet),
    }),
  );
}

async function make(
  context: ReplaceContext,
  { beganAtMs, incidentId }: LadderState,
  fleet: Fleet,
  restored: RestoredVolumes,
  found: FoundVolume,
  { snapshotId, snapshotGiB, grownGiB = 0 }: NewVolume,
): Promise<Made | AwsRefusal> {
  const { ec2 } = context.clients;
  const wish = {
    sizeGiB: Math.max(found.sizeGiB, grownGiB),
    type: found.type,
    iops: found.iops,
    throughputMiBps: found.throughputMiBps,
    encrypted: found.encrypted,
    kmsKeyId: found.kmsKeyId,
    // Written before the call: after a lost answer the next attempt finds the same volume.
    token: `${incidentId}-${beganAtMs.toString(36)}-${restored.generation}-${found.role}`.slice(0, 64),
    tags: { ...found.tags, ...ownTags(context), [INCIDENT_TAG]: incidentId, [LEDGER_TAGS.role]: found.role },
    firstTags: selectorKeys(fleet),
  };
  if (restored.from === 'sibling') {
    const [source] = ownVolumes(fleet, await describeVolumes(ec2, { instanceIds: [restored.source] })).filter(
      ({ tags, attachment, volumeId }) => isRole(fleet, found.role, tags, attachment?.device ?? '', volumeId),
    );
    if (!source) return { refused: `${restored.source} has no ${found.role} volume any more`, code: 'Gone' };
    return said(
      await copyVolume(ec2, {
        ...wish,
        sizeGiB: Math.max(wish.sizeGiB, source.sizeGiB),
        source,
      }),
    );
  }
  const rate = fleet.replace.initializationMiBps;
  const read = await readOwnSnapshots(ec2, fleet, [snapshotId]);
  if ('refused' in read) return read;
  const snapshot = read.get(snapshotId);
  if (!snapshot) return { refused: `${snapshotId} is not there any more`, code: 'Gone' };
  return said(
    await createVolumeFrom(ec2, {
      ...wish,
      // No volume is smaller than its snapshot.
      sizeGiB: Math.max(wish.sizeGiB, snapshotGiB),
      snapshot,
      availabilityZone: restored.availabilityZone,
      ...(rate !== undefined && { initializationMiBps: rate }),
    }),
  );
}

/** For a node that was not healed itself: by the fleet file's tags, without its root. */
const isRole = (
  fleet: Fleet,
  role: string,
  tags: Readonly<Record<string, string>>,
  device: string,
  volumeId: string,
): boolean => {
  const wanted = fleet.volumes.find((volume) => volume.role === role)?.tags ?? {};
  return volumeId !== '' && !/(xvda|sda1)$/.test(device) && hasTags(tags, wanted);
};

const said = (made: CreatedVolume | AwsRefusal): Made | AwsRefusal =>
  'refused' in made
    ? made
    : {
        volumeId: made.volumeId,
        said: [
          `${made.volumeId} is being made`,
          ...(made.rateRefused === undefined ? [] : [`without the rate that was asked for: ${made.rateRefused}`]),
          ...sentenceOfLeftOut(made.leftOut),
        ].join(', '),
      };

interface Place {
  readonly volumeId: string;
  readonly which: Which;
  readonly device: string;
  readonly reason: string;
}

/** Whether the move is made under a pause: it puts back, or cannot be left half done. */
const movesBack = (state: LadderState): boolean => {
  const { restoredVolumes, replacement, original } = state;
  if (restoredVolumes?.givenUp != null || replacement?.givenUp != null) return true;
  // A node that is made again has lost nothing to this heal: what its new instance gets is no way back.
  if (makesAgain(state)) return false;
  // From the fencing on neither instance runs the client. The same holds for an original that was stopped to be fenced.
  return replacement !== null && (replacement.fencedBy !== null || original === 'stopRequested');
};

export const attach = defineAct<Place>()('attach', {
  ...ON_VOLUMES,
  intent: (state, { volumeId }) => ({ call: { name: 'AttachVolume', target: volumeId }, state }),
  recovers: movesBack,
  retryKey: ({ volumeId }) => `attach ${volumeId}`,
  execute: (context, { volumeId, which, device, reason }) => {
    const instanceId = instanceIdOf(known(context), which);
    return mutate(context, {
      act: `AttachVolume ${volumeId}`,
      sentence: `attach ${volumeId} to ${instanceId} as ${device}, ${reason}`,
      atMostOnce: true,
      call: async () =>
        accepted(byState(await attachVolume(context.clients.ec2Once, { volumeId, instanceId, device })), 'attaching'),
    });
  },
  reduce: {
    done: nothing,
    failed: (state, { volumeId }, { reason }) =>
      state.restoredVolumes && madeVolumes(state.restoredVolumes).some((volume) => volume.volumeId === volumeId)
        ? giveUpRestored(state, { door: 'aws', fault: 'other', reason })
        : giveUpReplacement(state, reason),
    unknown: nothing,
  },
});

export const detach = defineAct<Place>()('detach', {
  ...ON_VOLUMES,
  intent: (state, { volumeId, which, device }) => {
    const call = { name: 'DetachVolume', target: volumeId };
    // The client never looks at the copy whose files are taken.
    if (which === 'replacement' || state.restoredVolumes?.shrink?.copy.volumeId === volumeId) return { call, state };
    const down: LadderState = { ...state, client: 'mayBeDown' };
    if (state.rung !== 'replace') return { call, state: down };
    if (isFound(state, volumeId)) return { call, state: withReplacement(down, { mayBeUnplugged: true }) };
    // Records which volume was the original's root, and its device name, so that it can be put back.
    return { call, state: withReplacement(down, { fencingBegun: true, originalRoot: { device, volumeId } }) };
  },
  recovers: movesBack,
  retryKey: ({ volumeId }) => `detach ${volumeId}`,
  execute: async (context, { volumeId, which, device, reason }) => {
    const state = known(context);
    const instanceId = instanceIdOf(state, which);
    if (state.replacement?.originalRoot?.volumeId === volumeId) {
      const marked = await markRoot(context, instanceId, volumeId);
      if (marked.is !== 'done') return marked;
    }
    if (which === 'replacement' && isRootOfOurs(state, volumeId)) {
      const kept = await keepRoot(context, instanceId, volumeId);
      if (kept.is !== 'done') return kept;
    }
    return mutate(context, {
      act: `DetachVolume ${volumeId}`,
      sentence: `detach ${volumeId} from ${instanceId}: ${reason}`,
      atMostOnce: true,
      call: async () =>
        accepted(byState(await detachVolume(context.clients.ec2Once, { volumeId, instanceId, device })), 'detaching'),
    });
  },
  reduce: { done: nothing, failed: nothing, unknown: nothing },
});

/** Without the tag this heal could not attach the root volume again: the volume is tagged before it is detached. */
function markRoot(context: LadderActContext, instanceId: string, volumeId: string): Promise<Result> {
  const { clients, environment, payload } = context;
  const question: MarkQuestion = { kind: 'mark-root', fleet: payload.fleet, instanceId, volumeId };
  return mutate(
    { ...context, ...turnAt(context.durable, `${context.place}-mark`) },
    {
      act: `CreateTags ${volumeId}`,
      sentence: `${volumeId} is the root volume of ${instanceId}: tagged, so that it can be attached again`,
      call: async () => {
        const answer = await catchRefusal(() =>
          invokeFunction<MarkAnswer>(clients, environment.MARK_ROOT_FUNCTION, question),
        );
        if ('marked' in answer) return { said: 'tagged' };
        return { refused: answer.refused, code: 'code' in answer ? answer.code : 'NotMarked' };
      },
    },
  );
}

/** No volume of the node, and none that was restored for it: the instance came with it. */
const isRootOfOurs = (state: LadderState, id: string): boolean =>
  !isFound(state, id) && !state.restoredVolumes?.volumes.some(({ volumeId }) => volumeId === id);

/** Off its instance it is of nothing that is kept: it is put away for itself, before it is detached. */
function keepRoot(context: LadderActContext, instanceId: string, volumeId: string): Promise<Result> {
  return mutate(
    { ...context, ...turnAt(context.durable, `${context.place}-keep`) },
    {
      act: `CreateTags ${volumeId}`,
      sentence: `${volumeId} is the root volume of ${instanceId}, which did not help: put away`,
      call: async (fleet) => {
        const kept = keepingMade(fleet, known(context));
        const there = await describeVolumes(context.clients.ec2, { ids: [volumeId] });
        if (there.length === 0) throw new Error(`${volumeId} is not shown: nobody knows whether it is put away`);
        const untagged = await putVolumesAway(context, there, new Map(), kept, {});
        return { said: [`${volumeId} is ${wordsOf(kept)}`, ...untagged].join('; ') };
      },
    },
  );
}

/** EC2's codes where the volume is not where Describe has shown it: another attachment, or an old reading ("Error codes for the Amazon EC2 API"). */
const STATE_CODES: ReadonlySet<string> = new Set([
  'VolumeInUse',
  'IncorrectState',
  'IncorrectInstanceState',
  'InvalidAttachment.NotFound',
]);

/**
 * A device name that an old reading has shown as free: InvalidParameterValue, "Invalid value '/dev/sdf' for unixDevice. Attachment point /dev/sdf is
 * already in use" (as reported in kubernetes-sigs/aws-ebs-csi-driver #1674).
 */
const DEVICE_TAKEN = 'is already in use';

/** @throws Error where only the next reading shows the result: nothing is known to have failed */
function byState<T extends object>(answer: T | AwsRefusal): T | AwsRefusal {
  if ('refused' in answer && (STATE_CODES.has(answer.code) || answer.refused.includes(DEVICE_TAKEN)))
    throw new Error(answer.refused);
  return answer;
}

/** No launch and no termination deletes the original's volumes: DeleteOnTermination is set, and read back. */
export const keepVolumes = defineAct<object>()('keep-volumes', {
  ...ON_VOLUMES,
  intent: null,
  recovers: false,
  retryKey: 'kind',
  execute: (context) => {
    const { found } = known(context);
    const { ec2 } = context.clients;
    const ids = new Set(found.volumes.map(({ volumeId }) => volumeId));
    return mutate(context, {
      act: `ModifyInstanceAttribute ${found.instanceId}`,
      sentence: 'its volumes outlive it: DeleteOnTermination false',
      // Until it reads as set nothing goes on; it is set again a little later.
      bestEffort: true,
      call: async () => {
        const instance = await describeInstance(ec2, found.instanceId);
        const devices =
          instance?.devices.filter(
            ({ volumeId, deleteOnTermination }) =>
              deleteOnTermination && (ids.has(volumeId) || volumeId === instance.rootVolumeId),
          ) ?? [];
        const names = devices.map(({ device }) => device);
        const kept = await catchRefusal(() => keepOnTermination(ec2, found.instanceId, names));
        if (kept !== undefined) return kept;
        return { said: devices.length === 0 ? 'they do already' : 'set, and read back' };
      },
    });
  },
  reduce: {
    done: (state) => withReplacement(state, { volumesKept: true }),
    failed: (state, _, { reason }) => giveUpReplacement(state, reason),
    unknown: nothing,
  },
});

/** Restored volumes that did not help are kept for a while. Where their data are the cause, the snapshots are quarantined. */
export const dropVolumes = defineAct<object>()('drop-volumes', {
  ...ON_VOLUMES,
  intent: null,
  recovers: true,
  retryKey: 'kind',
  execute: async (context) => {
    const { restoredVolumes, replacement } = known(context);
    const volumes = restoredVolumes ? madeVolumes(restoredVolumes) : [];
    const ids =
      restoredVolumes?.from === 'kept' ? [] : volumes.flatMap(({ volumeId }) => (volumeId === '' ? [] : [volumeId]));
    const snapshotIds = [...new Set(volumes.flatMap(({ snapshotId }) => (snapshotId === '' ? [] : [snapshotId])))];
    // Where nothing is said against them, they go with the instance that they were made for.
    const { door, fault = 'other', reason = replacement?.givenUp ?? '' } = restoredVolumes?.givenUp ?? {};
    const blamed = door === 'data' && (fault === 'mount' || fault === 'forked');
    const dropped = await mutate(context, {
      act: `CreateTags ${ids.join(' ')}`,
      sentence: `${restoredVolumes?.source} ${restoredVolumes?.givenUp && !isBlameless({ fault }) ? 'did not help' : 'is put away'}: ${reason}`,
      call: async (fleet) => {
        // A volume that vanished cannot be tagged.
        const there = ids.length === 0 ? [] : await describeVolumes(context.clients.ec2, { ids });
        const why = { [WHY_TAG]: reason.slice(0, TAG_VALUE_MAX) };
        // A failed mark is reported: the next set of snapshots, or the next rung, does not wait for a tag.
        const kept = keepingMade(fleet, known(context));
        const copyId = restoredVolumes?.shrink?.copy.volumeId;
        const untagged = await putVolumesAway(
          context,
          there.filter(({ volumeId }) => volumeId !== copyId),
          rolesOf(volumes),
          kept,
          why,
        );
        // What is on the copy is on its snapshot, too.
        const copies = there.filter(({ volumeId }) => volumeId === copyId);
        untagged.push(
          ...(await putVolumesAway(context, copies, rolesOf(volumes), { ...kept, untilMs: kept.atMs }, why)),
        );
        const unmarked = blamed
          ? await putInQuarantine(
              keptClientsOf(context),
              ownerOf(context),
              snapshotIds,
              `${fault}: ${reason}`,
              Date.now(),
            )
          : [];
        const quarantined = snapshotIds.filter((id) => !unmarked.some(({ snapshotId }) => snapshotId === id));
        const unseen = ids.filter((id) => !there.some(({ volumeId }) => volumeId === id));
        return {
          ...(unseen.length > 0 && { unseen }),
          said: [
            `${there.map(({ volumeId }) => volumeId).join(' ') || 'nothing'} ${wordsOf(kept)}`,
            ...untagged,
            ...(blamed && quarantined.length > 0 ? [`${quarantined.join(' ')} quarantined`] : []),
            ...(unmarked.length > 0 ? [`not quarantined: ${sentenceOfUnmarked(unmarked)}`] : []),
          ].join('; '),
        };
      },
    });
    if (dropped.is === 'done' && dropped.unseen !== undefined)
      await keepUnseen(context, dropped.unseen, rolesOf(volumes), reason);
    return dropped;
  },
  reduce: { done: (state, _, { atMs }) => dropRestored(state, atMs), failed: nothing, unknown: nothing },
});

/** Together they last longer than Describe was ever seen to be behind: 107 s. */
const SHOWN_POLLS = 9;

/** What was made a moment ago may not be shown yet, and nobody would ever put it away. What is not shown by then has vanished. */
async function keepUnseen(
  context: LadderActContext,
  ids: readonly string[],
  roles: ReadonlyMap<string, string>,
  reason: string,
): Promise<void> {
  const later = { ...context, ...turnAt(context.durable, `${context.place}-unseen`) };
  const look = () => describeVolumes(context.clients.ec2, { ids });
  const all = async () => {
    const shown = await look();
    return shown.length === ids.length ? shown : null;
  };
  const there = (await poll(later, SHOWN_POLLS, all)) ?? (await later.step('shown', look));
  if (there.length === 0) return;
  await mutate(later, {
    act: `CreateTags ${there.map(({ volumeId }) => volumeId).join(' ')}`,
    sentence: `${there.map(({ volumeId }) => volumeId).join(' ')}, which EC2 did not show a moment ago, did not help either`,
    call: async (fleet) => {
      const kept = keepingMade(fleet, known(context));
      const untagged = await putVolumesAway(context, there, roles, kept, { [WHY_TAG]: reason.slice(0, TAG_VALUE_MAX) });
      return { said: [wordsOf(kept), ...untagged].join('; ') };
    },
  });
}

export const VOLUME_ACTS = [create, attach, detach, keepVolumes, dropVolumes] as const;
