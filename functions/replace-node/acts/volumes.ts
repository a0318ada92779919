// Acts on volumes: made, attached, detached, kept.
import { DescribeSnapshotsCommand } from '@aws-sdk/client-ec2';
import { ask } from '../../../shared/aws/ask.ts';
import { describeInstance } from '../../../shared/aws/instances.ts';
import { orRefused, type Refused } from '../../../shared/aws/refused.ts';
import {
  attachVolume,
  copyVolume,
  createVolumeFrom,
  describeVolumes,
  detachVolume,
  keepOnTermination,
  type MadeVolume,
} from '../../../shared/aws/volumes.ts';
import type { Fleet } from '../../../shared/fleet/model.ts';
import { putInQuarantine } from '../../../shared/heal/kept.ts';
import type { Copy, FoundVolume, ReplaceMemory } from '../../../shared/heal/memory.ts';
import type { MarkAnswer, MarkQuestion } from '../../../shared/model/questions.ts';
import { INCIDENT_TAG, LEDGER_TAGS, TAG_VALUE_MAX, WHY_TAG } from '../../../shared/model/tags.ts';
import { sentenceOfUnmarked } from '../../../shared/snapshots/marks.ts';
import type { Act, Result } from '../model.ts';
import type { Tools } from '../tools.ts';
import { type Made, mutate, type Scene } from './act.ts';
import { keeping, ownTags, putVolumesAway, rolesOf, shelfOf, whoseOf } from './put-away.ts';

type ActOf<D extends Act['do']> = Extract<Act, { readonly do: D }>;

export async function createOne(scene: Scene, memory: ReplaceMemory, { at, reason }: ActOf<'create'>): Promise<Result> {
  const { copy } = memory;
  const wanted = copy?.volumes[at];
  const found = memory.found.volumes[at];
  if (!copy || !wanted || !found) throw new Error(`there is no volume ${at} to be made`);
  const { tools } = scene;
  const operation = copy.from === 'sibling' ? 'CopyVolumes' : 'CreateVolume';
  return mutate(scene, {
    act: `${operation} ${copy.from === 'sibling' ? copy.source : wanted.snapshotId}`,
    sentence: `make a ${found.role} volume in ${copy.availabilityZone}, ${reason}`,
    evidence: { ...found, source: copy.source, rank: copy.rank, height: copy.height },
    call: (fleet) => make(tools, memory, fleet, copy, found, wanted.snapshotId),
  });
}

async function make(
  tools: Tools,
  { beganAtMs, incidentId }: ReplaceMemory,
  fleet: Fleet,
  copy: Copy,
  found: FoundVolume,
  snapshotId: string,
): Promise<Made | Refused> {
  const { ec2 } = tools.clients;
  const wish = {
    sizeGiB: found.sizeGiB,
    type: found.type,
    iops: found.iops,
    throughputMiBps: found.throughputMiBps,
    encrypted: found.encrypted,
    kmsKeyId: found.kmsKeyId,
    // Written down before: the attempt after a lost answer finds the same volume.
    token: `${incidentId}-${beganAtMs.toString(36)}-${copy.generation}-${found.role}`.slice(0, 64),
    tags: { ...found.tags, ...ownTags(tools), [INCIDENT_TAG]: incidentId, [LEDGER_TAGS.role]: found.role },
  };
  if (copy.from === 'sibling') {
    const [source] = (await describeVolumes(ec2, { instanceIds: [copy.source] })).filter(
      ({ tags, attachment, volumeId }) => isRole(fleet, found.role, tags, attachment?.device ?? '', volumeId),
    );
    if (!source) return { refused: `${copy.source} has no ${found.role} volume any more`, code: 'Gone' };
    return said(
      await copyVolume(ec2, {
        ...wish,
        sizeGiB: Math.max(found.sizeGiB, source.sizeGiB),
        sourceVolumeId: source.volumeId,
      }),
    );
  }
  const sizeGiB = Math.max(found.sizeGiB, await sizeOf(tools, snapshotId));
  const rate = fleet.replace.initializationMiBps;
  return said(
    await createVolumeFrom(ec2, {
      ...wish,
      sizeGiB,
      snapshotId,
      availabilityZone: copy.availabilityZone,
      ...(rate !== undefined && { initializationMiBps: rate }),
    }),
  );
}

/** Of a node that was not healed itself: by the fleet file's tags, its root left out. */
const isRole = (
  fleet: Fleet,
  role: string,
  tags: Readonly<Record<string, string>>,
  device: string,
  volumeId: string,
): boolean => {
  const wanted = fleet.volumes.find((volume) => volume.role === role)?.tags ?? {};
  return (
    volumeId !== '' &&
    !/(xvda|sda1)$/.test(device) &&
    Object.entries(wanted).every(([key, value]) => tags[key] === value)
  );
};

async function sizeOf({ clients }: Tools, snapshotId: string): Promise<number> {
  const { Snapshots = [] } = await clients.ec2.send(new DescribeSnapshotsCommand({ SnapshotIds: [snapshotId] }));
  return Snapshots[0]?.VolumeSize ?? 0;
}

const said = (made: MadeVolume | Refused): Made | Refused =>
  'refused' in made
    ? made
    : {
        volumeId: made.volumeId,
        said: `${made.volumeId} is being made${made.rateRefused === undefined ? '' : `, without the rate that was asked for: ${made.rateRefused}`}`,
      };

export function attachOne(
  scene: Scene,
  instanceId: string,
  { volumeId, device, reason }: ActOf<'attach'>,
): Promise<Result> {
  return mutate(scene, {
    act: `AttachVolume ${volumeId}`,
    sentence: `attach ${volumeId} to ${instanceId} as ${device}, ${reason}`,
    atMostOnce: true,
    call: async () =>
      told(byState(await attachVolume(scene.tools.clients.ec2Once, { volumeId, instanceId, device })), 'attaching'),
  });
}

export async function detachOne(
  scene: Scene,
  { machine }: ReplaceMemory,
  instanceId: string,
  { volumeId, device, reason }: ActOf<'detach'>,
): Promise<Result> {
  if (machine?.oldRoot?.volumeId === volumeId) {
    const marked = await markRoot(scene, instanceId, volumeId);
    if (marked.is !== 'done') return marked;
  }
  return mutate(scene, {
    act: `DetachVolume ${volumeId}`,
    sentence: `detach ${volumeId} from ${instanceId}: ${reason}`,
    atMostOnce: true,
    call: async () => {
      const answer = told(
        byState(await detachVolume(scene.tools.clients.ec2Once, { volumeId, instanceId, device })),
        'detaching',
      );
      return 'refused' in answer ? answer : { ...answer, note: device };
    },
  });
}

/** Without the tag this heal could not attach the root volume again: it is tagged before it comes off. */
function markRoot(scene: Scene, instanceId: string, volumeId: string): Promise<Result> {
  const { clients, environment, payload } = scene.tools;
  const question: MarkQuestion = { kind: 'mark-root', fleet: payload.fleet, instanceId, volumeId };
  return mutate(
    { ...scene, place: `${scene.place}-mark` },
    {
      act: `CreateTags ${volumeId}`,
      sentence: `${volumeId} is the root volume of ${instanceId}: tagged, so that it can be attached again`,
      call: async () => {
        const answer = await orRefused(() => ask<MarkAnswer>(clients, environment.MARK_ROOT_FUNCTION, question));
        if ('marked' in answer) return { said: 'tagged' };
        return { refused: answer.refused, code: 'code' in answer ? answer.code : 'NotMarked' };
      },
    },
  );
}

/** What EC2 says where the volume is somewhere else than Describe has shown: another attachment's doing, or an old reading ("Error codes for the Amazon EC2 API"). */
const STATE_CODES: ReadonlySet<string> = new Set([
  'VolumeInUse',
  'IncorrectState',
  'IncorrectInstanceState',
  'InvalidAttachment.NotFound',
]);

/** @throws Error where only the next reading tells: nothing is known to have failed */
function byState<T extends object>(answer: T | Refused): T | Refused {
  if ('refused' in answer && STATE_CODES.has(answer.code)) throw new Error(answer.refused);
  return answer;
}

export const told = (answer: { readonly accepted: true } | Refused, said: string): Made | Refused =>
  'refused' in answer ? answer : { said };

/** Nothing that is launched or terminated takes them along: set, and read back. */
export function keepVolumes(scene: Scene, { found }: ReplaceMemory): Promise<Result> {
  const { tools } = scene;
  const ids = new Set(found.volumes.map(({ volumeId }) => volumeId));
  return mutate(scene, {
    act: `ModifyInstanceAttribute ${found.instanceId}`,
    sentence: 'its volumes outlive it: DeleteOnTermination false',
    call: async () => {
      const instance = await describeInstance(tools.clients.ec2, found.instanceId);
      const devices =
        instance?.devices.filter(
          ({ volumeId, deleteOnTermination }) =>
            deleteOnTermination && (ids.has(volumeId) || volumeId === instance.rootVolumeId),
        ) ?? [];
      const names = devices.map(({ device }) => device);
      const kept = await orRefused(() => keepOnTermination(tools.clients.ec2, found.instanceId, names));
      if (kept !== undefined) return kept;
      return { said: devices.length === 0 ? 'they do already' : 'set, and read back' };
    },
  });
}

/** A copy that did not help is kept for a while, for whoever wants to look; where its data are to blame, its snapshots are marked. */
export function dropCopy(scene: Scene, { copy }: ReplaceMemory): Promise<Result> {
  const { tools } = scene;
  const ids =
    copy?.from === 'kept' ? [] : (copy?.volumes.flatMap(({ volumeId }) => (volumeId === '' ? [] : [volumeId])) ?? []);
  const snapshotIds = copy?.volumes.flatMap(({ snapshotId }) => (snapshotId === '' ? [] : [snapshotId])) ?? [];
  const { fault = 'other', reason = '' } = copy?.givenUp ?? {};
  const blamed = fault === 'mount' || fault === 'forked';
  return mutate(scene, {
    act: `CreateTags ${ids.join(' ')}`,
    sentence: `${copy?.source} did not help: ${reason}`,
    call: async (fleet) => {
      // A volume that vanished has no tags to be given.
      const volumes = ids.length === 0 ? [] : await describeVolumes(tools.clients.ec2, { ids });
      const there = volumes.map(({ volumeId }) => volumeId);
      const why = { [WHY_TAG]: reason.slice(0, TAG_VALUE_MAX) };
      // What cannot be marked is told of: the next set of snapshots, or the next rung, does not wait for a tag.
      const untagged = await putVolumesAway(tools, volumes, rolesOf(copy?.volumes), keeping(fleet), why);
      const unmarked = blamed
        ? await putInQuarantine(shelfOf(tools), whoseOf(tools), snapshotIds, `${fault}: ${reason}`, Date.now())
        : [];
      const quarantined = snapshotIds.filter((id) => !unmarked.some(({ snapshotId }) => snapshotId === id));
      return {
        said: [
          `${there.join(' ') || 'nothing'} kept for ${fleet.replace.keepDays} days`,
          ...untagged.map((one) => `it cannot be tagged, and stays until a person deletes it: ${one}`),
          ...(blamed && quarantined.length > 0 ? [`${quarantined.join(' ')} quarantined`] : []),
          ...(unmarked.length > 0 ? [`not quarantined: ${sentenceOfUnmarked(unmarked)}`] : []),
        ].join('; '),
      };
    },
  });
}
