// What has to be so before a heal does what cannot be undone, and be it only paid for: one table, and whoever asks (a heal, its plan, doctor, check) asks its
// judges. How it is read is theirs: a heal asks one node under its fence, doctor reads a fleet. What nobody has asked says nothing. Pure.
import { foreignKeyFault, type KeyScope, keyDenies } from '../aws/keys.ts';
import { roomForTags, TAGS_MAX } from '../aws/tagging.ts';
import type { VolumeDescription } from '../aws/volumes.ts';
import type { Fleet } from '../fleet/model.ts';
import { whyNoGrowth } from '../growth/filesystem.ts';
import { judgeOwner, type OwnerFacts } from '../guardrails/replace.ts';
import type { FoundVolume } from '../heal/memory.ts';
import type { Rung } from '../model/rungs.ts';
import { FLEET_TAG, hasTags, RETIRED_TAG } from '../model/tags.ts';
import type { Observation } from '../node-commands/answer.ts';
import type { Layer, NodeState } from '../node-commands/node-answer.ts';
import { judgeRoom, type RoomNeed } from './room.ts';
import type { Finding, FindingCode, Read, Why } from './verdict.ts';

/**
 * The heals and verbs that have preconditions. A restore and an undo are swaps; a move is the stop and start of a well node; an upgrade has a way
 * back, unless its chain stops for it.
 */
export type Begun =
  | 'grow'
  | 'stop-start'
  | 'move'
  | 'swap'
  | 'upgrade'
  | 'way-back'
  | 'replace'
  | 'blue-green'
  | 'snapshot'
  | 'shrink'
  | 'drill'
  | 'scale-down';

/** What is known of a node. Absent: it was not asked. null: it was, and nobody knows. */
export interface Told {
  readonly fleet?: Pick<Fleet, 'tag' | 'volumes' | 'units' | 'replace' | 'nodes' | 'owner'>;
  readonly instance?: {
    readonly instanceId: string;
    readonly tags: Readonly<Record<string, string>>;
    /** Of which it was launched. */
    readonly launchTemplate: object | string | null;
  } | null;
  /** All volumes of EC2's answer, and the keys that heals may use. */
  readonly keys?: {
    readonly volumes: readonly VolumeDescription[];
    readonly scope: KeyScope;
    /** Under which volumes have vanished in this heal. */
    readonly denied: readonly string[];
  } | null;
  /** EC2's verdict on the launch that was not made. */
  readonly launch?:
    | { readonly is: 'accepted' }
    | { readonly is: 'refused' | 'unknown'; readonly reason: string }
    | null;
  /** The volumes behind the fleet file's paths. */
  readonly found?: readonly FoundVolume[] | null;
  /** Of them, those that go to another instance, as they are now. */
  readonly moved?: readonly Pick<FoundVolume, 'volumeId' | 'path' | 'role' | 'tags'>[] | null;
  readonly hasAnswered?: boolean | null;
  /** The node's own word of its clients, and of what is mounted at the fleet file's paths. */
  readonly clients?: Pick<NodeState, 'clients' | 'runs'> | null;
  readonly mounts?: Pick<NodeState, 'volumes'> | null;
  /** Its paths at which something else than /etc/fstab mounts what is there. */
  readonly held?: NonNullable<NodeState['heldBy']> | null;
  /** Which of its clients is upgraded: its place in that answer; -1 where the file lets none be upgraded. */
  readonly upgraded?: number | null;
  /** The filesystem that is to grow, as its node tells. */
  readonly filesystem?: Observation | null;
  /** What a guardrail asks of its owner. `unread`, `groupUnread`: why something of it, or of its group, could not be read; nothing is said that depends on it. */
  readonly owner?:
    | (Omit<OwnerFacts, 'rung' | 'fleet'> & {
        readonly unread?: string | undefined;
        readonly groupUnread?: string | undefined;
      })
    | null;
  /** Parts of the launch template without the fleet's tags. */
  readonly reach?: Read<readonly string[]> | null;
  /** What each heal takes of the account's quotas. */
  readonly rooms?: Readonly<Partial<Record<Begun, readonly RoomNeed[]>>> | null;
}

export interface Precondition {
  /** Before which act, for whom. */
  readonly before: Readonly<Partial<Record<Begun, string>>>;
  readonly needs: string;
  readonly asked: 'the fleet file' | 'EC2' | 'a dry run' | 'Service Quotas' | 'the node';
  /** `stops`: what cannot be undone is not begun. `goes on`: an older agent, or a node that is silent, loses no heal by it. */
  readonly unknown: 'stops' | 'goes on';
  readonly code: FindingCode;
  /** What a person does about it, where the judge does not say. */
  readonly remedy?: string;
  /** Heals ask its judge right where they act. */
  readonly heals?: 'heals ask as a guard' | 'heals hear it by AWS’s answer';
  /** Judged by doctor from another reading, of a whole fleet. */
  readonly doctor?: 'in its own way';
  readonly reads: readonly (keyof Told)[];
  /** @returns why it is not so; null, or nothing, where it is; only called where nothing that it reads is absent or null */
  readonly judge: (told: Told, heal: Begun) => Said;
}

type Said = string | Why | readonly Why[] | null;

type Known<K extends keyof Told> = { readonly [P in K]-?: NonNullable<Told[P]> };

/** A row whose judge gets what it reads, all of it known. */
const row = <const K extends keyof Told>(
  words: Omit<Precondition, 'judge' | 'reads'> & {
    readonly reads: readonly K[];
    readonly judge: (told: Known<K>, heal: Begun) => Said;
  },
): Precondition => ({ ...words, judge: (told, heal) => words.judge(told as Known<K>, heal) });

const LAYERS = {
  LVM2_member: 'LVM',
  linux_raid_member: 'RAID',
  crypto_LUKS: 'LUKS',
  zfs_member: 'ZFS',
} as const satisfies Readonly<Record<Layer, string>>;

const CLIENT_STOPPED = 'its client is stopped';

/** Why nobody can tell which volumes are the node's, and what a person may do about it. */
export function volumesUnknown({ volumes }: Pick<Fleet, 'volumes'>, hasAnswered: boolean): string {
  const wanted = volumes.map(({ role, path }) => `${path} (${role})`).join(', ');
  const where = hasAnswered ? `not each of ${wanted} has an EBS volume mounted` : 'the node has not told it';
  return `which volumes are the node’s cannot be told: ${where}, and no tags name one volume for each. Mount and tag them, or correct the volumes of the fleet file`;
}

export const NO_INSTANCE =
  'the node does not tell which version runs: its client is neither an instance of a template unit nor a container with a named image';

/** Why a client cannot be kept from starting on a new instance; null where it can. */
export const judgeMaskable = ({ units }: Pick<Fleet, 'units'>): string | null =>
  units.some(({ runtime }) => runtime.kind === 'commands')
    ? 'its client is started by its owner’s own commands, and cannot be kept from starting on a new instance'
    : null;

/** Whose rung an act is for its owner. An upgrade changes what its owner has installed for it; its way back is a swap. */
const OWNED_AS: Readonly<Partial<Record<Begun, Rung>>> = {
  ...{ 'stop-start': 'stop-start', move: 'stop-start', swap: 'swap', 'way-back': 'swap', shrink: 'swap' },
  ...{ replace: 'replace', 'blue-green': 'replace' },
};

const couldNotRead = (why: string): Why => ({ is: 'unknown', code: 'unread', why });

/** Why no other instance may be launched by a role that IAM holds to the fleet's tags; null where it may. */
export function judgeReach({ nodes }: Pick<Fleet, 'nodes'>, parts: readonly string[]): string | null {
  if (parts.length === 0) return null;
  const tags = Object.entries(nodes.tags).map((tag) => tag.join('='));
  return `no other instance may be launched: the tags of the fleet alone, ${tags.join(' and ')}, are missing on ${parts.join(', ')}`;
}

const tagWords = (tags: Readonly<Record<string, string>>): string =>
  Object.entries(tags)
    .map(([key, value]) => `'Key=${key.replaceAll("'", '')},Value=${value.replaceAll("'", '')}'`)
    .join(' ');

/** In the order in which they are asked, by each heal that has them. */
export const PRECONDITIONS = {
  'filesystem-grows': row({
    before: { grow: 'ModifyVolume' },
    needs: 'its partition and filesystem can follow a larger volume, and the tools for it are there',
    asked: 'the node',
    unknown: 'goes on',
    code: 'filesystem-unsupported',
    reads: ['filesystem'],
    judge: ({ filesystem }) => whyNoGrowth(filesystem),
  }),
  'key-usable': row({
    before: {
      'stop-start': 'StopInstances',
      move: 'StopInstances',
      replace: 'StopInstances',
      'blue-green': 'StopInstances',
    },
    needs: 'heals may use the KMS key of each volume that is on it at its start',
    asked: 'EC2',
    unknown: 'goes on',
    code: 'key-denies',
    doctor: 'in its own way',
    reads: ['instance', 'keys'],
    // An instance that starts, or takes a volume, needs a grant on the volume's key ("Required permissions" for EBS encryption).
    judge: ({ instance, keys: { volumes, scope, denied } }) => {
      for (const { volumeId, kmsKeyId, attachment } of volumes) {
        if (kmsKeyId === null || attachment?.instanceId !== instance.instanceId) continue;
        const why = denied.includes(kmsKeyId) ? keyDenies(kmsKeyId, scope) : foreignKeyFault(kmsKeyId, scope);
        if (why !== null) return `with ${volumeId} on it the instance could not be started again: ${why}`;
      }
      return null;
    },
  }),
  'client-maskable': row({
    before: { replace: 'RunInstances', 'blue-green': 'RunInstances' },
    needs: 'its client can be kept from starting on a new instance: it is a unit or a container',
    asked: 'the fleet file',
    unknown: 'stops',
    code: 'template-unfit',
    reads: ['fleet'],
    judge: ({ fleet }) => judgeMaskable(fleet),
  }),
  'template-named': row({
    before: { replace: 'RunInstances', 'blue-green': 'RunInstances', drill: 'RunInstances' },
    needs: 'the fleet file, or the instance, names a launch template',
    asked: 'EC2',
    unknown: 'stops',
    code: 'no-template',
    remedy: 'name one in replace.launchTemplate, or leave replace out of replace.rungs',
    reads: ['fleet', 'instance'],
    judge: ({ fleet, instance }) =>
      fleet.replace.launchTemplate === undefined && instance.launchTemplate === null
        ? 'neither the fleet file (replace.launchTemplate) nor the instance names a launch template'
        : null,
  }),
  'launch-accepted': row({
    before: { replace: 'RunInstances', 'blue-green': 'RunInstances' },
    needs: 'EC2 would launch it, by the very request that is made then',
    asked: 'a dry run',
    unknown: 'goes on',
    code: 'template-unfit',
    doctor: 'in its own way',
    reads: ['launch'],
    judge: ({ launch }) => (launch.is === 'refused' ? launch.reason : null),
  }),
  'volumes-known': row({
    before: { 'way-back': CLIENT_STOPPED, replace: 'RunInstances', 'blue-green': 'RunInstances' },
    needs: 'it is known which volumes hold its data',
    asked: 'the node',
    unknown: 'stops',
    code: 'volume-unknown',
    doctor: 'in its own way',
    reads: ['fleet', 'found', 'hasAnswered'],
    judge: ({ fleet, found, hasAnswered }) => (found.length === 0 ? volumesUnknown(fleet, hasAnswered) : null),
  }),
  'volumes-plain': row({
    before: {
      swap: 'CreateVolume',
      shrink: 'CreateVolume',
      'way-back': CLIENT_STOPPED,
      replace: 'RunInstances',
      'blue-green': 'RunInstances',
    },
    needs: 'its volumes hold filesystems, and no part of LVM, RAID, LUKS or ZFS that is not open',
    asked: 'the node',
    unknown: 'goes on',
    code: 'volume-unfit',
    reads: ['found'],
    judge: ({ found }) => {
      for (const { volumeId, path, layer } of found)
        if (layer !== undefined)
          return `nothing is mounted at ${path}, and ${volumeId} is a part of ${LAYERS[layer]} (${layer}): a copy of it could not be mounted. Activate and mount it on the node, or restore it by hand`;
      return null;
    },
  }),
  'copy-mountable': row({
    before: { swap: 'CreateVolume', shrink: 'CreateVolume', 'way-back': CLIENT_STOPPED },
    needs: 'a copy may be on the same machine: no btrfs',
    asked: 'the node',
    unknown: 'goes on',
    code: 'volume-unfit',
    reads: ['mounts'],
    // Whatever is done with two copies of one btrfs filesystem on one machine destroys both.
    judge: ({ mounts }) => {
      const path = mounts.volumes.find(({ filesystem }) => filesystem === 'btrfs')?.path;
      return path === undefined ? null : `${path} has btrfs, of which no two copies may be on one machine`;
    },
  }),
  'fstab-decides': row({
    before: {
      swap: 'CreateVolume',
      shrink: 'CreateVolume',
      'way-back': CLIENT_STOPPED,
      replace: 'RunInstances',
      'blue-green': 'RunInstances',
      snapshot: CLIENT_STOPPED,
    },
    needs: '/etc/fstab alone decides what is mounted at its paths: no mount unit of somebody’s, no automount',
    asked: 'the node',
    unknown: 'goes on',
    code: 'volume-unfit',
    reads: ['held'],
    judge: ({ held: [first] }) =>
      first === undefined
        ? null
        : `${first.path} is mounted by ${first.by}, and not by /etc/fstab alone: what a command takes away from there, none brings back`,
  }),
  'starts-again': row({
    before: {
      move: 'StopInstances',
      swap: 'CreateVolume',
      shrink: 'CreateVolume',
      upgrade: CLIENT_STOPPED,
      'blue-green': 'RunInstances',
      snapshot: CLIENT_STOPPED,
    },
    needs: 'what runs could be started again: its unit, with its file and its executable',
    asked: 'the node',
    unknown: 'goes on',
    code: 'unit-gone',
    reads: ['clients'],
    judge: ({ clients: { clients, runs = [] } }) => {
      const why = runs.find(({ lacks }, at) => lacks != null && clients[at]?.state === 'running')?.lacks;
      return why == null ? null : `what runs could not be started again: ${why}`;
    },
  }),
  'way-back-there': row({
    before: { upgrade: CLIENT_STOPPED },
    needs: 'the version that runs could come back: a service of Compose has no other way than its image',
    asked: 'the node',
    unknown: 'goes on',
    code: 'unit-gone',
    reads: ['clients', 'upgraded'],
    judge: ({ clients: { runs = [] }, upgraded }) => runs[upgraded]?.noWayBack ?? null,
  }),
  'room-for-tag': row({
    before: {
      replace: 'RunInstances',
      'blue-green': 'RunInstances',
      'scale-down': 'TerminateInstanceInAutoScalingGroup',
    },
    needs: 'the instance has room for the one tag by which it leaves its fleet',
    asked: 'EC2',
    unknown: 'goes on',
    code: 'tags-full',
    reads: ['instance'],
    judge: ({ instance: { instanceId, tags } }) =>
      Object.hasOwn(tags, RETIRED_TAG) || roomForTags(tags) > 0
        ? null
        : `${instanceId} carries ${TAGS_MAX} tags, as many as EC2 takes, and leaves its fleet by one more (${RETIRED_TAG}): remove one of them`,
  }),
  'moved-volumes-tagged': row({
    before: { replace: 'DetachVolume' },
    needs: 'the volumes that go to the other instance carry the fleet’s tags',
    asked: 'EC2',
    unknown: 'goes on',
    code: 'volume-tag-missing',
    reads: ['fleet', 'moved'],
    // IAM takes a volume off by the tags of its instance, and attaches it by its own, so that it could not even be put back.
    judge: ({ fleet, moved }) => {
      for (const { volumeId, path, role, tags } of moved) {
        if (fleet.volumes.some((one) => hasTags(tags, one.tags)) || tags[FLEET_TAG] === fleet.tag) continue;
        const wanted = Object.entries(fleet.volumes.find((one) => one.role === role)?.tags ?? {});
        const words = wanted.map(([key, value]) => `${key}=${value}`).join(', ');
        return `${volumeId} under ${path} does not carry ${words}: chainmend could detach it, but never attach it again`;
      }
      return null;
    },
  }),
  'version-told': row({
    before: { upgrade: CLIENT_STOPPED, 'blue-green': 'RunInstances' },
    needs: 'the node tells which version runs',
    asked: 'the node',
    unknown: 'stops',
    code: 'version-unknown',
    reads: ['clients', 'upgraded'],
    judge: ({ clients: { clients }, upgraded }) => (clients[upgraded]?.instance === undefined ? NO_INSTANCE : null),
  }),
  'owner-agrees': row({
    before: {
      'stop-start': 'StopInstances',
      move: 'StopInstances',
      swap: 'CreateVolume',
      shrink: 'CreateVolume',
      'way-back': CLIENT_STOPPED,
      replace: 'RunInstances',
      'blue-green': 'RunInstances',
    },
    needs:
      'its owner agrees: no tool, group, protection, instance store or public address of somebody’s is lost or changed by it',
    asked: 'EC2',
    unknown: 'stops',
    code: 'drift-refused',
    heals: 'heals ask as a guard',
    reads: ['fleet', 'owner'],
    judge: ({ fleet, owner: { unread, groupUnread, ...owner } }, heal) => {
      const rung = OWNED_AS[heal];
      if (rung === undefined) return null;
      const refusal = judgeOwner({ rung, fleet, ...owner });
      const isOpen = unread !== undefined && (refusal === null || refusal.refuse === 'instance-store');
      return [
        ...(isOpen || refusal === null ? [] : [{ code: refusal.refuse, why: refusal.reason }]),
        ...(isOpen && rung !== 'swap' ? [couldNotRead(`whether a stop would lose something: ${unread}`)] : []),
        ...(groupUnread === undefined ? [] : [couldNotRead(groupUnread)]),
      ];
    },
  }),
  'parts-in-reach': row({
    before: { replace: 'RunInstances', 'blue-green': 'RunInstances' },
    needs: 'the parts of its launch template carry the fleet’s tags',
    asked: 'EC2',
    unknown: 'goes on',
    code: 'out-of-reach',
    heals: 'heals ask as a guard',
    reads: ['fleet', 'reach'],
    judge: ({ fleet, reach }) => {
      if ('unread' in reach) return couldNotRead(reach.unread);
      const why = judgeReach(fleet, reach.value);
      const paste = `aws ec2 create-tags --resources ${reach.value.join(' ')} --tags ${tagWords(fleet.nodes.tags)}`;
      return why === null ? null : { why, paste };
    },
  }),
  'quota-has-room': row({
    before: {
      grow: 'ModifyVolume',
      swap: 'CreateVolume',
      shrink: 'CreateVolume',
      'way-back': CLIENT_STOPPED,
      replace: 'RunInstances',
      'blue-green': 'RunInstances',
      snapshot: 'CreateSnapshots',
    },
    needs: 'the account’s quotas have room for its volumes, their modification, its vCPUs and its snapshots',
    asked: 'Service Quotas',
    unknown: 'goes on',
    code: 'quota-reached',
    heals: 'heals hear it by AWS’s answer',
    reads: ['rooms'],
    judge: ({ rooms }, heal) => (rooms[heal] ?? []).flatMap(judgeRoom),
  }),
} as const satisfies Readonly<Record<string, Precondition>>;

export type PreconditionName = keyof typeof PRECONDITIONS;

/** What is not so, or not known, of a heal's preconditions. */
export interface Lack extends Finding {
  readonly name: PreconditionName;
  readonly stops: boolean;
}

/** In the table's order; what nobody has asked is not among them. */
export const lacksOf = (heal: Begun, told: Told): readonly Lack[] =>
  Object.entries<Precondition>(PRECONDITIONS).flatMap(([name, one]) => {
    if (one.before[heal] === undefined || one.reads.some((read) => told[read] === undefined)) return [];
    const isKnown = one.reads.every((read) => told[read] !== null);
    const said: Said = isKnown ? one.judge(told, heal) : { is: 'unknown', why: `nobody knows whether ${one.needs}` };
    return whysOf(said).map((why): Lack => {
      const { is = 'no' } = why;
      const words = { code: one.code, ...(one.remedy !== undefined && { remedy: one.remedy }), ...why };
      return { ...words, name: name as PreconditionName, is, stops: is === 'no' || one.unknown === 'stops' };
    });
  });

const whysOf = (said: Said): readonly Why[] =>
  said === null ? [] : typeof said === 'string' ? [{ why: said }] : Array.isArray(said) ? said : [said as Why];

/** Why a heal is not begun: the first that is not so, or that nobody knows and that has to be known; null where it may be. */
export const cannotBeginFor = (heal: Begun, told: Told): string | null =>
  lacksOf(heal, told).find(({ stops }) => stops)?.why ?? null;
