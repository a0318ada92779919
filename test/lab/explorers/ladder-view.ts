// The small world as EC2, Systems Manager and the node itself report it.
import type { Machine } from '../../../functions/replace-node/facts.ts';
import type { InstanceDescription } from '../../../shared/aws/instances.ts';
import type { VolumeDescription } from '../../../shared/aws/volumes.ts';
import type { NodeState } from '../../../shared/node-commands/node-answer.ts';
import { SUBNETS, VERSIONS, ZONES } from './ladder-setting.ts';
import { type Box, type Disk, type LadderWorld, OLD, TAKES_MS } from './ladder-world.ts';

export interface View {
  readonly boxes: ReadonlyMap<string, Machine>;
  readonly volumes: readonly VolumeDescription[];
}

/** What EC2 shows, until an instance or a volume changes. */
export interface Shown {
  readonly version: number;
  readonly instances: Map<string, InstanceDescription>;
  readonly volumes: readonly VolumeDescription[];
}

function shownOf(world: LadderWorld): Shown {
  if (world.shown?.version === world.version) return world.shown;
  const volumes = [...world.disks.values()].map((disk) => volumeOf(world, disk));
  world.shown = { version: world.version, instances: new Map(), volumes };
  return world.shown;
}

/** As EC2 and Systems Manager report it. */
export function machineOf(world: LadderWorld, box: Box): Machine {
  const { instances } = shownOf(world);
  const instance = instances.get(box.id) ?? instanceOf(world, box);
  instances.set(box.id, instance);
  const running = box.power === 'running';
  const through = running && world.nowMs - box.powerAtMs > TAKES_MS.checks;
  const check = !running ? 'not-applicable' : !through ? 'initializing' : box.healthy ? 'ok' : 'impaired';
  const checks = { system: through ? 'ok' : check, instance: check, attachedEbs: through ? 'ok' : check } as const;
  return { instance, checks, agentOnline: world.answers(box) || (running && world.nowMs < box.lingersUntilMs) };
}

export const volumesOf = (world: LadderWorld): readonly VolumeDescription[] => shownOf(world).volumes;

function instanceOf(world: LadderWorld, box: Box): InstanceDescription {
  const { group } = world.setting;
  const devices = [...world.disks.values()].flatMap(({ id, at, state }) =>
    at?.instanceId === box.id
      ? [{ device: at.device, volumeId: id, deleteOnTermination: false, status: state === 'available' ? '' : state }]
      : [],
  );
  return {
    instanceId: box.id,
    state: box.power,
    launchedAtMs: 0,
    availabilityZone: box.zone,
    subnetId: box.power === 'terminated' ? '' : (SUBNETS[box.zone === ZONES[0] ? 0 : 1] ?? ''),
    vpcId: 'vpc-0123456789abcdef0',
    instanceType: 'c5.large',
    privateIp: '10.0.0.10',
    rootDevice: '/dev/xvda',
    rootVolumeId: devices.some(({ volumeId }) => volumeId === box.rootId) ? box.rootId : null,
    devices,
    tags: {},
    launchTemplate: { id: 'lt-0123456789abcdef0', version: '1' },
    autoScalingGroup: box.id === OLD ? group : null,
    cloudFormationStack: null,
    publicIp: null,
  };
}

export function viewOf(world: LadderWorld): View {
  return {
    boxes: new Map([...world.boxes].map(([id, box]) => [id, machineOf(world, box)])),
    volumes: volumesOf(world),
  };
}

function volumeOf(world: LadderWorld, { id, at, state, zone, part }: Disk): VolumeDescription {
  const { fleet } = world.setting;
  const attachment =
    at && state !== 'creating' && state !== 'available' ? { ...at, state, deleteOnTermination: false } : null;
  const shown = state === 'creating' || state === 'available' ? state : 'in-use';
  const type = { sizeGiB: 500, type: 'gp3', iops: 3000, throughputMiBps: 125, encrypted: true, kmsKeyId: null };
  const tags = part < 0 ? {} : { ...fleet.volumes[part]?.tags, 'chainmend:role': fleet.volumes[part]?.role ?? '' };
  return {
    volumeId: id,
    state: shown,
    availabilityZone: zone,
    snapshotId: '',
    createdAtMs: 0,
    attachment,
    tags,
    ...type,
  };
}

/** As the node itself reports it. */
export function stateOf(world: LadderWorld, box: Box): NodeState {
  const { volumes } = world.setting.fleet;
  const size = { filesystem: 'xfs', sizeBytes: 500 * 2 ** 30, usedBytes: 200 * 2 ** 30, readOnly: false };
  const state = box.runsSinceMs !== null ? 'running' : box.ended ? 'failed' : 'stopped';
  const exitStatus = state === 'running' ? null : state === 'failed' ? 1 : 0;
  return {
    clients: [
      {
        state,
        exitStatus,
        asked: box.left ? true : null,
        lastLine: '',
        masked: box.masked,
        instance: VERSIONS[box.version],
      },
    ],
    volumes: volumes.flatMap(({ path }, part) => {
      const volumeId = box.mounted[part];
      return volumeId ? [{ path, volumeId, ...size }] : [];
    }),
    devices: [...world.disks.keys()].filter((id) => world.isAttached(id, box.id)),
    rootUsedPercent: 20,
  };
}
