// Reads all facts of a decision about a full disk at one moment.
import type { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import {
  DescribeVolumesCommand,
  DescribeVolumesModificationsCommand,
  type EC2Client,
  type Instance,
  type Volume,
} from '@aws-sdk/client-ec2';
import { ROOT_DEVICES, readInstance } from '../../shared/aws/instances.ts';
import type { Fleet } from '../../shared/fleet/model.ts';
import type { ObservedNode } from '../../shared/fleet/observation.ts';
import { roleOf as roleOfNode } from '../../shared/fleet/resolve.ts';
import { GIB, type ModificationFact, type ResizeFacts, type VolumeFact } from '../../shared/growth/decide.ts';
import type { PruneFacts } from '../../shared/growth/prune.ts';
import type { UsedPoint } from '../../shared/growth/rate.ts';
import { isVolumeType } from '../../shared/guardrails/ebs.ts';
import { readView } from '../../shared/guardrails/fleet-view.ts';
import { addedUsd, growthKey, monthOf } from '../../shared/guardrails/grow.ts';
import { ownerOf } from '../../shared/guardrails/owner.ts';
import { owesClient } from '../../shared/heal/lease.ts';
import type { IncidentRecord, NodeRecord } from '../../shared/heal/records.ts';
import type { Store } from '../../shared/heal/store.ts';
import type { HealPayload } from '../../shared/model/payload.ts';
import { NODE_HEALTH, readTrigger } from '../../shared/model/trigger.ts';
import type { Observation } from '../../shared/node-commands/answer.ts';
import { takenBackLately } from '../../shared/snapshots/boost.ts';
import { type History, readHistory } from './history.ts';
import { hadRoomAt } from './plan.ts';

interface FactSources {
  readonly ec2: EC2Client;
  readonly cloudwatch: CloudWatchClient;
  readonly store: Store;
}

export async function readFacts(
  { ec2, cloudwatch, store }: FactSources,
  payload: HealPayload,
  fleet: Fleet,
  seen: Observation | null,
  nowMs: number,
): Promise<ResizeFacts> {
  const { instanceId } = payload;
  const attached = { Filters: [{ Name: 'attachment.instance-id', Values: [instanceId] }] };
  const [instance, { Volumes = [] }, node, health, budget, history] = await Promise.all([
    seen ? null : readInstance(ec2, instanceId),
    ec2.send(new DescribeVolumesCommand(attached)),
    store.readNode(instanceId),
    store.readIncident(payload.fleet, instanceId, NODE_HEALTH),
    store.readBudget(payload.fleet, monthOf(nowMs)),
    readHistory(
      cloudwatch,
      { alarm: payload.alarm, instanceId, path: pathOf(fleet, payload), metrics: fleet.metrics, suite: fleet.suite },
      nowMs,
    ),
  ]);
  const rootSeen = rootByDevice(Volumes, instanceId);
  const prunes = fleet.disk.prune !== undefined;
  const looked =
    seen && (rootSeen === undefined || prunes || isOwnerOpen(fleet, Volumes, seen.volumeId))
      ? await readInstance(ec2, instanceId)
      : (instance ?? undefined);
  const root = (seen ? rootSeen : undefined) ?? rootOf(looked);
  const idle = seen ? [] : idleVolumes(node);
  const volumes = Volumes.filter(({ VolumeId = '' }) => VolumeId !== root && !idle.includes(VolumeId)).flatMap(
    volumeFact,
  );
  const volumeRole = roleOf(payload);
  const latestModification = await readModification(ec2, seen?.volumeId, volumes);
  return {
    nowMs,
    fleet,
    volumeRole,
    // Commands reach only an instance that runs, and this one's node has just answered.
    instanceState: seen ? 'running' : (instance?.State?.Name ?? null),
    instanceTags: looked ? tagsOf(looked.Tags) : null,
    volumes,
    latestModification,
    seen,
    history: toBytes(history, volumes, latestModification),
    reportedPercent: history.percent.at(-1)?.percent ?? null,
    ...(history.unread !== undefined && { historyUnread: history.unread }),
    ...(history.inodesPercent !== undefined && { reportedInodesPercent: history.inodesPercent }),
    intents: node?.modifications ?? [],
    ...(fleet.boost && { takenBackAtMs: await readTakenBack(store, payload.fleet, volumes, nowMs) }),
    ...(owesClient(node, nowMs) && node?.operation?.kind !== 'replace' && { clientOwed: true }),
    ...((node?.downBeforeFull === payload.incidentId ||
      wasLeftStopped(health) ||
      (seen?.client === 'stopped' && (await wasSeenDown(store, payload, history)))) && { wasDownBeforeFull: true }),
    ...((await syncsFromZero(store, payload, health)) && { syncsFromZero: true }),
    // What an earlier attempt reserved for the same step is not counted twice.
    addedUsd: addedUsd(
      budget,
      volumes.map(({ volumeId, sizeGiB }) => growthKey(volumeId, sizeGiB)),
    ),
    ...((prunes || isPruneOpen(node)) && {
      prune: {
        ...(await readFleetNow(store, payload, fleet, nowMs)),
        role: looked ? roleOfNode(fleet, tagsOf(looked.Tags)) : 'unknown',
        trial: (await store.readDrill(payload.fleet))?.pruned ?? null,
        last: node?.pruned ?? null,
        isOpen: isPruneOpen(node),
        isOurs: node?.pruned?.key.startsWith(`${payload.incidentId}/`) === true,
      },
    }),
  };
}

/**
 * Where nobody has asked the node: the volumes beside it that another heal keeps attached until its proof, and that are not mounted by the node's last
 * answer to that heal.
 */
export function idleVolumes(node: NodeRecord | undefined): readonly string[] {
  if (node?.operation?.kind !== 'replace') return [];
  const { found, restoredVolumes } = node.operation.memory;
  if (restoredVolumes === null) return [];
  const { mounted, volumes, shrink } = restoredVolumes;
  const beside = mounted === 'restored' ? found.volumes : volumes;
  return [...beside, ...(shrink ? [shrink.copy] : [])].map(({ volumeId }) => volumeId);
}

/**
 * A heal of the node has looked at its disks, and then left its client to the person who had stopped it. It is over when the node was seen well since.
 */
const wasLeftStopped = (health: IncidentRecord | undefined): boolean =>
  health !== undefined && health.state !== 'healed' && health.refusedCodes.includes('client-stopped');

/** Nothing is left of its ladder, and it was last seen below half of its chain: on other data it would not be. */
async function syncsFromZero(
  store: Pick<Store, 'readObservations'>,
  payload: HealPayload,
  health: IncidentRecord | undefined,
): Promise<boolean> {
  if (health?.state !== 'escalated' || !health.lastWord?.unopened) return false;
  const { height = null, lagBlocks = null } = (await readOwnObservation(store, payload)) ?? {};
  return height !== null && lagBlocks !== null && height < lagBlocks;
}

/** watch-fleet has seen it down while its disk had room. Where no heal looks at the node, nobody else has. */
async function wasSeenDown(
  store: Pick<Store, 'readObservations'>,
  payload: HealPayload,
  { percent }: History,
): Promise<boolean> {
  const own = await readOwnObservation(store, payload);
  return own?.health === 'unreachable' && hadRoomAt(own.sinceMs, percent);
}

async function readOwnObservation(
  store: Pick<Store, 'readObservations'>,
  { fleet, instanceId }: HealPayload,
): Promise<ObservedNode | undefined> {
  const seen = (await store.readObservations(fleet)).flatMap(({ nodes }) => nodes);
  return seen.find((node) => node.instanceId === instanceId);
}

/** EBS counts it with what lets a volume grow. */
async function readTakenBack(
  store: Pick<Store, 'readBoost'>,
  fleet: string,
  volumes: readonly VolumeFact[],
  nowMs: number,
): Promise<Readonly<Record<string, readonly number[]>>> {
  const record = await store.readBoost(fleet);
  return Object.fromEntries(volumes.map(({ volumeId }) => [volumeId, takenBackLately(record, volumeId, nowMs)]));
}

const isPruneOpen = (node: NodeRecord | undefined): boolean =>
  node?.operation?.kind === 'grow' && node.operation.phase === 'down' && node.operation.prune !== undefined;

/** The fleet that would have to do without the node. An old view of it is none. */
export async function readFleetNow(
  store: Pick<Store, 'readFleetReading'>,
  { instanceId, node }: Pick<HealPayload, 'fleet' | 'instanceId' | 'node'>,
  fleet: Fleet,
  nowMs: number,
): Promise<Pick<PruneFacts, 'node' | 'nodes' | 'breaker' | 'haltedSinceMs'>> {
  const { nodes, breaker, haltedSinceMs } = await readView(store, fleet, nowMs);
  return { node: { instanceId, name: node }, nodes, breaker, haltedSinceMs };
}

/** Whether the instance's tags could name an owner that matters: the file has a word on drift, and neither it nor the volume's tags name one. */
const isOwnerOpen = ({ owner }: Fleet, volumes: readonly Volume[], volumeId: string): boolean =>
  owner.acceptDrift !== undefined &&
  ownerOf(owner.by, tagsOf(volumes.find(({ VolumeId }) => VolumeId === volumeId)?.Tags)) === null;

const tagsOf = (tags: Volume['Tags'] = []): Readonly<Record<string, string>> =>
  Object.fromEntries(tags.map(({ Key = '', Value = '' }) => [Key, Value]));

const roleOf = ({ trigger }: Pick<HealPayload, 'trigger'>): string => readTrigger(trigger)?.subject ?? '';

/** The path where the fleet file mounts the volume; undefined where it has no such volume. */
export const pathOf = (fleet: Fleet, payload: Pick<HealPayload, 'trigger'>): string | undefined =>
  fleet.volumes.find(({ role }) => role === roleOf(payload))?.path;

/** AWS returns only the most recent modification of a volume; a volume that was never modified has none. */
async function readModification(
  ec2: EC2Client,
  seenVolumeId: string | undefined,
  volumes: readonly VolumeFact[],
): Promise<ModificationFact | null> {
  const ids = seenVolumeId ? [seenVolumeId] : volumes.map(({ volumeId }) => volumeId);
  if (ids.length === 0) return null;
  const byVolume = { Filters: [{ Name: 'volume-id', Values: ids }] };
  const { VolumesModifications = [] } = await ec2.send(new DescribeVolumesModificationsCommand(byVolume));
  const [latest] = VolumesModifications.sort((a, b) => (b.StartTime?.getTime() ?? 0) - (a.StartTime?.getTime() ?? 0));
  if (!latest?.VolumeId || !latest.ModificationState) return null;
  return { volumeId: latest.VolumeId, state: latest.ModificationState, targetGiB: latest.TargetSize ?? 0 };
}

const rootOf = (instance: Instance | undefined): string | undefined =>
  instance?.BlockDeviceMappings?.find(({ DeviceName }) => DeviceName === instance.RootDeviceName)?.Ebs?.VolumeId;

/** The root volume by its device's name alone; undefined where not exactly one volume has such a name, and only the instance itself can tell. */
function rootByDevice(volumes: readonly Volume[], instanceId: string): string | undefined {
  const [root, another] = volumes.filter(({ Attachments = [] }) =>
    Attachments.some(({ InstanceId, Device = '' }) => InstanceId === instanceId && ROOT_DEVICES.has(Device)),
  );
  return another ? undefined : root?.VolumeId;
}

/** IOPS and throughput are kept only where the type has them to set: gp2 and st1 derive theirs from the size. */
const volumeFact = ({ VolumeId, Size, VolumeType, Iops, Throughput, Tags }: Volume): readonly VolumeFact[] => {
  if (!VolumeId || !Size || !VolumeType || !isVolumeType(VolumeType)) return [];
  const provisioned = VolumeType === 'gp3' || VolumeType === 'io1' || VolumeType === 'io2';
  return [
    {
      volumeId: VolumeId,
      sizeGiB: Size,
      type: VolumeType,
      iops: provisioned ? (Iops ?? null) : null,
      throughputMiBps: VolumeType === 'gp3' ? (Throughput ?? null) : null,
      tags: tagsOf(Tags),
    },
  ];
};

/** For an agent that publishes only percentages: bytes of today's size, so that a growth in between becomes one jump. */
function toBytes(
  { used, percent }: History,
  volumes: readonly VolumeFact[],
  latest: ModificationFact | null,
): readonly UsedPoint[] {
  if (used.length > 0) return used;
  const volume =
    volumes.find(({ volumeId }) => volumeId === latest?.volumeId) ?? (volumes.length === 1 ? volumes[0] : undefined);
  if (!volume) return [];
  return percent.map((point) => ({ atMs: point.atMs, usedBytes: (point.percent / 100) * volume.sizeGiB * GIB }));
}
