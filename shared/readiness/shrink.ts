// Whether a node's data volume can be made smaller: what is refused before anything is made for it. EBS shrinks no volume, and restores no snapshot to a
// smaller one: the files are copied onto a new volume beside the node. Nothing is wrong with the node, so its fleet has to be able to spare it. Pure.
import { type Fleet, heightProbeOf, type Role } from '../fleet/model.ts';
import type { ObservedNode } from '../fleet/observation.ts';
import type { BreakerReading } from '../guardrails/breaker.ts';
import { judgeHalt } from '../guardrails/conditions.ts';
import { isVolumeType, MONTHLY_USD_PER_GIB, VOLUME_LIMITS } from '../guardrails/ebs.ts';
import { judgeOthers, judgeSelf } from '../guardrails/move.ts';
import type { FoundVolume } from '../heal/memory.ts';
import type { Refusal } from '../model/guardrail-codes.ts';
import type { NodeState } from '../node-commands/node-answer.ts';
import { isInPool } from '../snapshots/donor.ts';

const GIB = 2 ** 30;
/** Only a person can change it. */
const PERSON_MS = 60 * 60_000;
const AGAIN_MS = 5 * 60_000;
/** What is used may take so much of the new volume at most; never within ten per cent of where the disk would be grown. */
const FITS_PERCENT = 75;
const BELOW_GROWTH_PERCENT = 10;
/** A gp3 volume has it without further cost ("General Purpose SSD volumes", EBS user guide); blocks that come from a snapshot are slower. */
const BASE_MIBPS = 125;

export interface ShrinkFacts {
  readonly toGiB: number;
  readonly fleet: Fleet;
  readonly role: Role;
  readonly node: string;
  /** The volumes of the fleet file's places; empty where they cannot be told. */
  readonly found: readonly Pick<FoundVolume, 'volumeId' | 'sizeGiB' | 'type' | 'iops'>[];
  /** Whether one of them is the instance's root. */
  readonly rootVolumeId: string | null;
  /** The node's own answer; null: it has not been asked, as for a plan. */
  readonly seen: NodeState | null;
}

/** Why the disk is not made smaller, whatever the fleet does meanwhile; null where it can be, as far as is known. */
export function judgeShrink({ toGiB, fleet, role, node, found, rootVolumeId, seen }: ShrinkFacts): Refusal | null {
  // Data of another moment stand in for a validator's own; nobody gains so much by that.
  if (role === 'validator' || role === 'unknown')
    return refuse(
      `${node} is ${role === 'validator' ? 'a validator' : 'of unknown role, and could be a validator'}: the volume of what may sign is never exchanged to save space`,
      role === 'validator' ? 'validator' : 'role-unknown',
    );
  if (fleet.volumes.length !== 1)
    return refuse(
      `${node} has ${fleet.volumes.length} data volumes: only the one of a node that has one is made smaller`,
    );
  const [volume] = found;
  const mounted = seen?.volumes.find(({ path }) => path === fleet.volumes[0]?.path);
  if (seen !== null && (volume === undefined || mounted === undefined || mounted.volumeId !== volume.volumeId))
    return refuse(
      `what is mounted at ${fleet.volumes[0]?.path} is no EBS volume of its own: a volume below LVM, RAID, LUKS or ZFS, or the root, is not made smaller`,
    );
  if (volume === undefined) return null;
  const { volumeId, sizeGiB, type } = volume;
  if (volumeId === rootVolumeId) return refuse(`${volumeId} is the root volume of the instance`);
  if (toGiB >= sizeGiB) return refuse(`${volumeId} has ${sizeGiB} GiB, and ${toGiB} GiB is not less`);
  if (!isVolumeType(type) || toGiB < VOLUME_LIMITS[type].minimumGiB)
    return refuse(`no ${type} volume has ${toGiB} GiB: ${minimumText(type)}`);
  const { iops } = volume;
  const most = iopsMost(type, toGiB);
  if (iops !== null && most !== null && iops > most)
    return refuse(`${volumeId} has ${iops} IOPS, and a ${type} volume of ${toGiB} GiB has ${most} at most`);
  if (mounted === undefined) return null;
  if (mounted.filesystem !== 'xfs' && mounted.filesystem !== 'ext4')
    return refuse(`${mounted.path} has ${mounted.filesystem}, expected xfs or ext4`);
  if (mounted.readOnly) return refuse(`${mounted.path} is mounted read-only: its filesystem may be broken`);
  return judgeFit(mounted, toGiB, fleet);
}

const minimumText = (type: string): string =>
  isVolumeType(type) ? `the least is ${VOLUME_LIMITS[type].minimumGiB} GiB` : 'the type is unknown';

/** "up to 500 IOPS per GiB" (gp3), 50 (io1), 1,000 (io2 Block Express): "Amazon EBS volume types". null: they follow from the size. */
function iopsMost(type: string, sizeGiB: number): number | null {
  if (type === 'gp3') return Math.max(3_000, 500 * sizeGiB);
  if (type === 'io1') return 50 * sizeGiB;
  return type === 'io2' ? 1_000 * sizeGiB : null;
}

function judgeFit({ path, usedBytes }: NodeState['volumes'][number], toGiB: number, fleet: Fleet): Refusal | null {
  const percent = mostPercent(fleet);
  const mostGiB = (toGiB * percent) / 100;
  if (usedBytes <= mostGiB * GIB) return null;
  const usedGiB = Math.ceil(usedBytes / GIB);
  return refuse(
    `${usedGiB} GiB are used at ${path}: more than ${percent} % of ${toGiB} GiB. It would fit into ${Math.ceil((usedBytes / GIB / percent) * 100)} GiB`,
  );
}

/** How much of the new volume may be used at most. */
const mostPercent = ({ disk }: Pick<Fleet, 'disk'>): number =>
  Math.max(1, Math.min(FITS_PERCENT, disk.growAtPercent - BELOW_GROWTH_PERCENT));

/** Why its fleet cannot spare it now: it leaves the pool while it catches up. null: it can. */
export function judgeSpared({
  fleet,
  node,
  nodes,
  breaker,
  haltedSinceMs,
}: {
  readonly fleet: Fleet;
  readonly node: { readonly instanceId: string; readonly name: string };
  /** The fleet as watch-fleet saw it within the last three minutes. */
  readonly nodes: readonly ObservedNode[];
  readonly breaker: BreakerReading;
  readonly haltedSinceMs: number | null;
}): Refusal | null {
  if (heightProbeOf(fleet) === undefined)
    return refuse(
      `nobody sees the height of ${node.name} (probe of the fleet file): that it follows its chain could not be proved`,
    );
  const again = { page: false, retryAfterMs: AGAIN_MS };
  const unwell =
    judgeHalt('move', node.name, haltedSinceMs) ?? judgeSelf({ node, nodes }) ?? judgeOthers({ node, nodes, breaker });
  if (unwell) return unwell;
  const policy = fleet.cleanSnapshots;
  const remain = nodes.filter((one) => one.instanceId !== node.instanceId && isInPool(one)).length;
  if (policy === undefined || policy.alone || remain >= policy.poolFloor) return null;
  const reason = `${remain} synced nodes would stay while ${node.name} catches up, floor ${policy.poolFloor}`;
  return { refuse: 'pool-at-floor', reason, ...again };
}

const refuse = (reason: string, code: Refusal['refuse'] = 'shrink-unfit'): Refusal => ({
  refuse: code,
  reason,
  page: false,
  retryAfterMs: PERSON_MS,
});

/** What a person reads in the plan before anybody has asked the node. */
export function shrinkText(toGiB: number, { disk }: Pick<Fleet, 'disk'>, found: readonly FoundVolume[]): string {
  const [volume] = found;
  if (volume === undefined) return `onto ${toGiB} GiB`;
  const saved = isVolumeType(volume.type) ? MONTHLY_USD_PER_GIB[volume.type] * (volume.sizeGiB - toGiB) : 0;
  const mostGiB = Math.floor((toGiB * mostPercent({ disk })) / 100);
  return `${volume.sizeGiB} → ${toGiB} GiB, of which ${mostGiB} may be used: the node is asked before anything is made; its files are copied beside it while it serves; −$${saved.toFixed(2)} a month once the old volume is gone`;
}

/** How long the copying takes at most, at what the volumes do. */
export function copyMinutes(toGiB: number, { disk }: Pick<Fleet, 'disk'>, found: readonly FoundVolume[]): number {
  const rateMiBps = Math.max(1, found[0]?.throughputMiBps ?? BASE_MIBPS);
  return Math.ceil(((toGiB * mostPercent({ disk })) / 100) * (1_024 / rateMiBps / 60));
}
