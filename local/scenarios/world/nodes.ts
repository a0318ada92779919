// Puts a node into the world: its instance, its volumes with their tags, its machine, and its state when the story begins.
import type { Fleet } from '../../../shared/fleet/model.ts';
import { roleOf } from '../../../shared/fleet/resolve.ts';
import type { Obstacle } from '../../../shared/node-commands/answer.ts';
import type { SimulatedChain } from '../../nodes/chain.ts';
import type { ClientState } from '../../nodes/client.ts';
import type { Past } from '../../nodes/cloudwatch-agent.ts';
import type { FilesystemType } from '../../nodes/content.ts';
import { SimulatedNode } from '../../nodes/node.ts';
import type { NodeSpec } from '../../nodes/spec.ts';
import type { Region } from '../../region.ts';
import type { Protection } from '../../services/ec2/model.ts';

const GIB = 2 ** 30;
const MINUTE_MS = 60_000;
/** Before the story disks are at least so far below their alarms: the trouble begins with the story. */
const QUIET_PERCENT = 3;

export interface WorldVolume {
  readonly role: string;
  readonly path: string;
  readonly sizeGiB: number;
  /** When the story begins. */
  readonly usedPercent: number;
  readonly type?: 'gp2' | 'gp3' | 'io1' | 'io2' | 'st1';
  readonly iops?: number;
  readonly throughputMiBps?: number;
  readonly filesystem?: FilesystemType;
  readonly partitioned?: boolean;
  /** In a logical volume: the node cannot tell which EBS volume it is on. */
  readonly lvm?: boolean;
  readonly formatted?: 'mbr' | 'ext4-32bit';
  readonly obstacle?: Obstacle;
  /** What mounts it, where that is not /etc/fstab. */
  readonly mountedBy?: string;
  readonly reservedPercent?: number;
  /** The filesystem's size if nobody grew it with its volume. */
  readonly filesystemGiB?: number;
  /** EC2 deletes it when its instance is terminated, as it does with what a launch makes. */
  readonly deletedWithInstance?: boolean;
  /** When the story begins. */
  readonly inodesUsed?: number;
  /** The share of each block that is written to this volume; 1 by default. */
  readonly share?: number;
  /** ARN of a customer's key; by default the account's key for EBS. */
  readonly kmsKeyId?: string;
  readonly tags?: Readonly<Record<string, string>>;
}

export interface WorldNode extends Pick<NodeSpec, 'agentVersion' | 'validatorPower' | 'powered'> {
  readonly instanceId?: string;
  readonly fleet: string;
  readonly name: string;
  readonly chain: string;
  /** Its Availability Zone; three zones in turn by default. */
  readonly zone?: (typeof ZONES)[number];
  readonly volumes: readonly WorldVolume[];
  /** When the story begins. */
  readonly client?: ClientState;
  readonly runtime?: 'systemd' | 'docker' | 'compose' | 'commands';
  readonly unit?: string;
  readonly past?: Past;
  readonly rootUsedPercent?: number;
  /** Tags of its instance besides the fleet's. */
  readonly tags?: Readonly<Record<string, string>>;
  /** Its public address, from Amazon's pool: a stop loses it. */
  readonly publicIp?: string;
  /** What EC2 refuses to everybody who asks for it. */
  readonly protection?: Partial<Protection>;
  /** Its instance has just been launched: it boots, and EC2 sends events about it. */
  readonly launched?: boolean;
  /** Further options of a simulated node. */
  readonly machine?: Partial<NodeSpec>;
}

/** A node of the world: its machine, its instance, and its names. */
export interface PlacedNode {
  readonly fleet: Fleet;
  readonly name: string;
  readonly role: string;
  readonly machine: SimulatedNode;
  readonly instanceId: string;
  /** The volumes at its mount points now, by role. */
  readonly volumeIds: ReadonlyMap<string, string>;
  /** Set for a launch during the story: before it the machine served no one. */
  readonly madeAtMs?: number;
  /** Tags of its instance when it was made. */
  readonly tags: Readonly<Record<string, string>>;
  /** Puts it into its state of the story's beginning. */
  readonly open: () => void;
}

export const placedOf = (node: Omit<PlacedNode, 'volumeIds'>): PlacedNode => ({
  ...node,
  get volumeIds() {
    const mounted = node.machine.volumes.filter((volume) => volume.mounted);
    return new Map(mounted.map(({ role, volumeId }) => [role, volumeId]));
  },
});

const ZONES = ['a', 'b', 'c'] as const;
/** Above the hosts of nodes whose zone is not chosen. */
const HOST_OF_CHOSEN_ZONE = 3_000;

/** The private address of the world's nth node, from 0: three zones in turn, unless the zone is chosen. */
export function addressOf(index: number, zone?: (typeof ZONES)[number]): string {
  const host = zone === undefined ? 10 + Math.floor(index / 3) : HOST_OF_CHOSEN_ZONE + index;
  const subnet = zone === undefined ? index % 3 : ZONES.indexOf(zone);
  return `10.0.${subnet * 64 + Math.floor(host / 256)}.${host % 256}`;
}

/** @param index the number of existing nodes: it decides zone and address */
export function place(
  region: Region,
  { spec, fleet, chain, index }: { spec: WorldNode; fleet: Fleet; chain: SimulatedChain; index: number },
): PlacedNode {
  const zone = `${region.kernel.regionName}${spec.zone ?? ZONES[index % 3] ?? 'a'}`;
  const tags = { ...fleet.nodes.tags, [fleet.nodes.nameTag]: spec.name, ...spec.tags };
  const privateIp = addressOf(index, spec.zone);
  const seed = {
    ...(spec.instanceId && { instanceId: spec.instanceId }),
    ...{ availabilityZone: zone, privateIp, tags },
    ...(spec.publicIp !== undefined && { publicIp: spec.publicIp }),
    ...(spec.protection && { protection: spec.protection }),
  };
  const instanceId = spec.launched
    ? region.ec2.launch(seed)
    : region.ec2.addInstance({ ...seed, state: spec.powered === false ? 'stopped' : 'running' });
  const volumeIds = addVolumes(region, { spec, fleet, instanceId, zone });
  const machine = new SimulatedNode(
    region.kernel,
    chain,
    machineSpec(spec, fleet, { instanceId, privateIp, volumeIds }),
  );
  const open = (): void => openStory(machine, spec);
  return placedOf({ fleet, name: spec.name, role: roleOf(fleet, tags), machine, instanceId, tags, open });
}

function addVolumes(
  region: Region,
  { spec, fleet, instanceId, zone }: { spec: WorldNode; fleet: Fleet; instanceId: string; zone: string },
): ReadonlyMap<string, string> {
  region.ec2.addVolume({
    sizeGiB: 16,
    type: 'gp3',
    availabilityZone: zone,
    attachedTo: { instanceId, device: '/dev/xvda', deleteOnTermination: true },
    tags: { Name: `${spec.name}-root` },
  });
  const volumeIds = new Map<string, string>();
  for (const [at, volume] of spec.volumes.entries()) {
    const volumeId = region.ec2.addVolume({
      sizeGiB: volume.sizeGiB,
      type: volume.type ?? 'gp3',
      ...(volume.iops !== undefined && { iops: volume.iops }),
      ...(volume.throughputMiBps !== undefined && { throughputMiBps: volume.throughputMiBps }),
      ...(volume.kmsKeyId !== undefined && { kmsKeyId: volume.kmsKeyId }),
      availabilityZone: zone,
      attachedTo: {
        instanceId,
        device: `/dev/sd${'fghij'[at] ?? 'f'}`,
        deleteOnTermination: volume.deletedWithInstance ?? false,
      },
      tags: {
        ...(volume.tags ?? fleet.volumes.find(({ role }) => role === volume.role)?.tags ?? fleet.nodes.tags),
        Name: `${spec.name}-${volume.role}`,
      },
    });
    volumeIds.set(volume.role, volumeId);
  }
  return volumeIds;
}

interface Identity {
  readonly instanceId: string;
  readonly privateIp: string;
  readonly volumeIds: ReadonlyMap<string, string>;
}

function machineSpec(spec: WorldNode, fleet: Fleet, { instanceId, privateIp, volumeIds }: Identity): NodeSpec {
  const [unit] = fleet.units;
  return {
    instanceId,
    name: spec.name,
    privateIp,
    runtime: spec.runtime ?? unit?.runtime.kind ?? 'none',
    unit: spec.unit ?? unitOf(fleet),
    ...(spec.validatorPower !== undefined && { validatorPower: spec.validatorPower }),
    ...(spec.agentVersion && { agentVersion: spec.agentVersion }),
    ...((spec.powered === false || spec.launched) && { powered: false }),
    ...(spec.rootUsedPercent !== undefined && {
      root: { sizeBytes: 16 * GIB, usedBytes: (16 * GIB * spec.rootUsedPercent) / 100 },
    }),
    ...configOf(fleet),
    ...spec.machine,
    volumes: spec.volumes.map((volume) => ({
      volumeId: volume.lvm ? '' : (volumeIds.get(volume.role) ?? ''),
      ...(volume.lvm && { below: volumeIds.get(volume.role) ?? '' }),
      role: volume.role,
      path: volume.path,
      filesystem: volume.filesystem ?? 'xfs',
      deviceBytes: volume.sizeGiB * GIB,
      usedBytes: usedBytes(volume),
      ...(volume.partitioned && { partitioned: true }),
      ...(volume.formatted && { formatted: volume.formatted }),
      ...(volume.obstacle && { obstacle: volume.obstacle }),
      ...(volume.mountedBy && { mountedBy: volume.mountedBy }),
      ...(volume.reservedPercent !== undefined && { reservedPercent: volume.reservedPercent }),
      ...(volume.filesystemGiB !== undefined && { filesystemBytes: volume.filesystemGiB * GIB }),
      ...(volume.inodesUsed !== undefined && { inodesUsed: volume.inodesUsed }),
      ...(volume.share !== undefined && { share: volume.share }),
    })),
  };
}

const usedBytes = ({ sizeGiB, filesystemGiB, usedPercent }: WorldVolume, percent = usedPercent): number =>
  Math.floor(((filesystemGiB ?? sizeGiB) * GIB * percent) / 100);

/** Until the story begins no disk is near its alarm, and every client runs. Call it after the history has been recorded. */
export function keepQuiet({ machine, fleet }: PlacedNode, spec: WorldNode, leadBlocks: number): void {
  for (const volume of spec.volumes) {
    const simulated = machine.volumes.find(({ role }) => role === volume.role);
    if (!simulated) continue;
    const grown = leadBlocks * simulated.growth.bytesPerBlock;
    const highest = usedBytes(volume, fleet.alarms.diskPercent - QUIET_PERCENT);
    machine.write(volume.path, Math.min(highest, usedBytes(volume)) - grown - simulated.usedBytes);
    const inodesHighest = Math.floor((simulated.inodesTotal * (fleet.alarms.diskPercent - QUIET_PERCENT)) / 100);
    simulated.inodesUsed = Math.min(simulated.inodesUsed, inodesHighest);
  }
}

/** Applies the spec's state at the beginning of the story. */
function openStory(machine: SimulatedNode, { volumes, client }: WorldNode): void {
  for (const volume of volumes) {
    const simulated = machine.volumes.find(({ role }) => role === volume.role);
    if (!simulated) continue;
    machine.client.settle();
    if (volume.inodesUsed !== undefined) simulated.inodesUsed = volume.inodesUsed;
    machine.write(volume.path, usedBytes(volume) - simulated.usedBytes);
  }
  if (client === 'failed') machine.client.stop('failed', 'disk-full');
  if (client === 'stopped') machine.stopClient();
}

/** Where its client reads its configuration: as the fleet file says, or in the home of CometBFT's keys that it names. */
export function configOf({ peers, identityPaths }: Fleet): Pick<NodeSpec, 'configPath'> {
  const [home] = identityPaths.flatMap((path) => HOME_OF_KEY.exec(path)?.[1] ?? []);
  const configPath = peers?.configPath ?? (home === undefined ? undefined : `${home}/config/config.toml`);
  return configPath === undefined ? {} : { configPath };
}

const HOME_OF_KEY = /^(\/.+)\/config\/(?:node_key|priv_validator_key)\.json$/;

/** The real unit behind a fleet file's template: `node@*` runs as node@0.21.0. */
export const unitOf = ({ units }: Fleet): string => {
  const runtime = units[0]?.runtime;
  switch (runtime?.kind) {
    case 'systemd':
      return `${runtime.unit.replace(/\.service$/, '').replace('*', '0.21.0')}.service`;
    case 'docker':
      return runtime.container;
    case 'compose':
      return `${runtime.file}#${runtime.service}`;
    case 'commands':
      return `${runtime.start}#${runtime.stop}#${runtime.status}`;
    case undefined:
      return '';
  }
};

export const minutes = (count: number): number => count * MINUTE_MS;
