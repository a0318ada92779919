// Every kind of volume that a node can have, each of which is grown.
import { healed } from '../../../../local/scenarios/checks/expectations.ts';
import type { Scenario } from '../../../../local/scenarios/scenario.ts';
import { consortium } from '../../../../local/scenarios/world/worlds.ts';
import {
  alarmOnInodes,
  type Case,
  clientRuns,
  filesystemHas,
  GIB,
  healedOnce,
  modifications,
  modificationsTried,
  modifiedOnce,
  nobodyPaged,
  nothingModified,
  pagedOnly,
  refused,
  refusedOnly,
  scenarioOf,
  TWO_VOLUMES,
  toldOnce,
  volumeOf,
} from './case.ts';

const TYPES = {
  gp2: {},
  gp3: { iops: 6_000, throughputMiBps: 500 },
  io1: { iops: 4_000 },
  io2: { iops: 10_000 },
  st1: {},
} as const;
const FILESYSTEMS = ['xfs', 'ext4', 'btrfs'] as const;

/** Each type with each filesystem; the layouts alternate. */
const kinds = Object.entries(TYPES).flatMap(([type, performance], row) =>
  FILESYSTEMS.map((filesystem, column): Scenario => {
    const partitioned = (row + column) % 2 === 1;
    return scenarioOf(`${filesystem} on a ${partitioned ? 'partition of a' : 'bare'} ${type} volume is grown`, {
      volume: { type: type as keyof typeof TYPES, ...performance, filesystem, partitioned },
      expect: {
        'one heal, and it healed': healedOnce,
        'one call asks for 900 GiB, and keeps what performance was bought': (_, world) => {
          const { iops: Iops, throughputMiBps: Throughput } = {
            iops: undefined,
            throughputMiBps: undefined,
            ...performance,
          };
          const [only, more] = modifications(world);
          return !more && only?.Size === 900 && only.Iops === Iops && only.Throughput === Throughput;
        },
        'the volume has kept its type, and lost no performance': (_, world) => {
          const now = world.region.ec2.volume(modifications(world)[0]?.VolumeId ?? '').performance;
          return now.type === type && (!('iops' in performance) || now.iops === performance.iops);
        },
        'the filesystem has all of it': filesystemHas(900),
        'the client runs': clientRuns,
        'nobody was paged': nobodyPaged,
      },
    });
  }),
);

const odd: Readonly<Record<string, Case>> = {
  'a disk that is 100 % full has stopped its client: grown, and the client is started again': {
    volume: { usedPercent: 100 },
    node: { client: 'failed', past: { hours: 24, stepSeconds: 300, stoppedForHours: 1 } },
    expect: {
      'one heal, and it healed': healedOnce,
      'the client runs again': clientRuns,
      'it has caught up': ({ nodes }) => nodes.every(({ state }) => state === 'synced'),
      'nobody was paged': nobodyPaged,
    },
  },
  'a client that a person had stopped stays stopped': {
    volume: { usedPercent: 92 },
    node: { client: 'stopped' },
    expect: {
      'one heal, and it healed': healedOnce,
      'the filesystem was grown': (_, world) => (volumeOf(world)?.sizeBytes ?? 0) > 500 * GIB,
      'the client is as it was found': (_, world) => world.find('bitcoin', 'node2').machine.client.state === 'stopped',
    },
  },
  'inodes are used up while bytes are left: the disk is grown, and the client started again': {
    volume: { usedPercent: 60, filesystem: 'ext4', inodesUsed: (500 * GIB) / 16_384 },
    node: { client: 'failed' },
    also: alarmOnInodes,
    expect: {
      'one heal, and it healed': healedOnce,
      'there are inodes again': (_, world) => (volumeOf(world)?.inodesPercent ?? 100) < 90,
      'the client runs again': clientRuns,
    },
  },
  'a person grew a partitioned volume and forgot the filesystem: no modification': {
    volume: { sizeGiB: 900, filesystemGiB: 500, partitioned: true, filesystem: 'ext4' },
    expect: {
      'one heal, and it healed': healedOnce,
      'EC2 was asked for nothing': nothingModified,
      'the filesystem has all of it': filesystemHas(900),
    },
  },
  'a heal that died half-way is brought to its end, with one modification': {
    people: (world, { volumeIds }) => {
      const { ec2, lambda } = world.region;
      world.when(
        () => ec2.volume(volumeIds.get('data') ?? '').modification !== undefined,
        () => {
          const [DurableExecutionArn] = lambda.executions().map(({ arn }) => arn);
          return world.region.call('lambda', 'StopDurableExecution', { DurableExecutionArn });
        },
      );
    },
    expect: {
      'two attempts: one died, the other healed': ({ heals }) =>
        heals.map(({ outcome }) => outcome).join() === 'unfinished,healed',
      'the volume was modified once': modifiedOnce,
      'the filesystem has all of it': filesystemHas(900),
    },
  },
  'a heal that dies before the client runs again is followed by one that starts it, although the disk is well by then':
    {
      volume: { usedPercent: 100 },
      node: { client: 'failed', past: { hours: 24, stepSeconds: 300, stoppedForHours: 1 } },
      people: (world, { machine }) =>
        world.when(
          () => machine.client.state === 'running',
          () => {
            machine.client.stop('failed', 'disk-full');
            const [DurableExecutionArn] = world.region.lambda.executions().map(({ arn }) => arn);
            return world.region.call('lambda', 'StopDurableExecution', { DurableExecutionArn });
          },
        ),
      done: (world) => clientRuns({} as never, world) && healed(world, 1),
      expect: {
        'two attempts: one died, the other healed': ({ heals }) =>
          heals.map(({ outcome }) => outcome).join() === 'unfinished,healed',
        'the volume was modified once': modifiedOnce,
        'the client runs again': clientRuns,
      },
    },
  'a person is growing the volume at this very moment: waited for, then the filesystem': {
    people: (world, { volumeIds }) =>
      world.when(
        () => world.region.lambda.executions().length > 0,
        () => world.region.call('ec2', 'ModifyVolume', { VolumeId: volumeIds.get('data'), Size: 800 }),
      ),
    expect: {
      'one heal, and it healed': healedOnce,
      'we modified nothing': nothingModified,
      'the filesystem has what the person gave it': filesystemHas(800),
    },
  },
  'the volume is full while EBS still optimizes the last growth: refused and paged, grown when that is over': {
    also: (world, { volumeIds }) => {
      const nowMs = world.region.clock.now();
      const hour = 3_600_000;
      const growth = { fromGiB: 400, toGiB: 500, startedAtMs: nowMs - hour, completedAtMs: nowMs + hour };
      world.region.ec2.addModification(volumeIds.get('data') ?? '', growth);
    },
    expect: {
      'refused while it lasted': refusedOnly('modification-in-progress'),
      'a person was paged once': pagedOnly('modification-in-progress'),
      'one heal, and it healed': ({ heals }) => heals.at(-1)?.outcome === 'healed',
      'the volume was modified once': modifiedOnce,
    },
  },
  'people have used up what AWS allows: its refusal is the truth, and later it is grown': {
    also: (world, node) =>
      world.grownBefore(node, 'data', 'a person', [
        { hoursAgo: 23, fromGiB: 100, toGiB: 200 },
        { hoursAgo: 18, fromGiB: 200, toGiB: 300 },
        { hoursAgo: 12, fromGiB: 300, toGiB: 400 },
        { hoursAgo: 6, fromGiB: 400, toGiB: 500 },
      ]),
    expect: {
      'refused because AWS refused': refusedOnly('budget-spent'),
      'a person was told at once, in AWS’s words, and once': toldOnce(
        'budget-spent',
        /^vol-\w+ stays at 500 GiB.*AWS refuses 900 GiB \(VolumeModificationRateExceeded: You've reached the maximum .*What to do: leave the volume/,
      ),
      'it healed in the end': ({ heals }) => heals.at(-1)?.outcome === 'healed',
      'AWS accepted one modification': modifiedOnce,
    },
  },
  'the account’s storage of that type is used up for five hours: told at once, tried each hour, and grown when it is raised':
    {
      also: ({ region }) => region.ec2.setQuotas({ storageTiB: { gp3: 2.5 } }),
      people: (world) => world.at(5 * 60, () => world.region.ec2.setQuotas({ storageTiB: { gp3: 50 } })),
      expect: {
        'refused because of the quota, and never for what was not modified': refusedOnly('quota-reached'),
        'a person was told at once, what AWS says and what to do, and once': toldOnce(
          'quota-reached',
          /AWS refuses \d+ GiB \(VolumeLimitExceeded: You have exceeded your maximum gp3 storage limit.*What to do: have the quota/,
        ),
        'it was tried more often than three times': (_, world) => modificationsTried(world) > 3,
        'grown within the hour after it was raised': ({ heals, virtualSeconds }) =>
          heals.at(-1)?.outcome === 'healed' && virtualSeconds < 7 * 3_600,
        'the filesystem has what was asked for': (_, world) => (volumeOf(world)?.sizeBytes ?? 0) > 500 * GIB,
      },
    },
  'so much is being modified that EBS takes no more of that type: told, and grown when there is room again': {
    also: ({ region }) => region.ec2.setQuotas({ modificationsTiB: { gp3: 0.5 } }),
    people: (world) => world.at(100, () => world.region.ec2.setQuotas({ modificationsTiB: { gp3: 500 } })),
    expect: {
      'refused because of the quota': refusedOnly('quota-reached'),
      'a person was told at once, and once': toldOnce(
        'quota-reached',
        /VolumeModificationSizeLimitExceeded: .*What to do: wait until/,
      ),
      'it healed in the end': ({ heals }) => heals.at(-1)?.outcome === 'healed',
    },
  },
  'the agent tells disks by their device, and a boot has named this one otherwise: its alarm follows it': {
    volume: { usedPercent: 90.6 },
    node: { machine: { diskDevices: true } },
    people: (world, { machine }) => world.at(0, () => machine.disks.rename()),
    expect: {
      'one heal, and it healed': healedOnce,
      'the volume was modified once': modifiedOnce,
    },
  },
  'of two volumes with the same tags the node’s own answer chooses': {
    also: (world, { instanceId, tags }) => {
      const attachedTo = { instanceId, device: '/dev/sdz' };
      world.region.ec2.addVolume({ sizeGiB: 500, attachedTo, tags });
    },
    expect: {
      'one heal, and it healed': healedOnce,
      'the right one was grown': (_, world) =>
        modifications(world)
          .map(({ VolumeId }) => VolumeId)
          .join() === world.find('bitcoin', 'node2').volumeIds.get('data'),
    },
  },
  'of several volumes with roles only the full one is grown': {
    fleet: { volumes: TWO_VOLUMES },
    node: {
      volumes: [
        { role: 'data', path: '/node-data', sizeGiB: 500, usedPercent: 40, share: 0.1 },
        { role: 'ancient', path: '/ancient', sizeGiB: 500, usedPercent: 90.95, share: 0.9 },
      ],
    },
    expect: {
      'one heal, and it healed': healedOnce,
      'the ancient volume was grown, and no other': (_, world) =>
        modifications(world)
          .map(({ VolumeId }) => VolumeId)
          .join() === world.find('bitcoin', 'node2').volumeIds.get('ancient'),
      'the data volume is as it was': (_, world) => volumeOf(world, 'data')?.sizeBytes === 500 * GIB,
    },
  },
};

/** A validator may not be restarted. But one that its full disk has stopped is started again: that is part of growing. */
const validator: Scenario = {
  name: 'a validator that its full disk has stopped is started again',
  sentence: '',
  build: (world) => {
    const [first] = consortium(world);
    first?.machine.write('/data', 100 * GIB);
  },
  done: (world) => healed(world, 1),
  hours: 3,
  expect: [
    { sentence: 'one heal, and it healed', holds: healedOnce },
    { sentence: 'every validator runs', holds: clientRuns },
    {
      sentence: 'one start, of that one',
      holds: (_, world) => world.nodes.map(({ machine }) => machine.report().clientStarts.length).join() === '1,0,0,0',
    },
    { sentence: 'nobody was refused', holds: (_, world) => !refused(world, 'staggered') },
  ],
};

export const SCENARIOS: readonly Scenario[] = [
  ...kinds,
  ...Object.entries(odd).map(([name, told]) => scenarioOf(name, told)),
  validator,
];
