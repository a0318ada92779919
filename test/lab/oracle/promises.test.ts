// Each promise is broken on purpose in a real small region, by acts as a bad healer would make them, and kept by what looks alike.
import { describe, expect, it } from '@jest/globals';
import type { InstalledVersion } from '../../../local/nodes/spec.ts';
import type { FleetDocument } from '../../../shared/fleet/schema.ts';
import { type Court, type CourtOptions, courtOf, HOUR_MS, MINUTE_MS } from './court.ts';
import type { PromiseName } from './index.ts';

interface Case {
  /** "a heal starts a client that a person stopped" */
  readonly when: string;
  readonly options?: CourtOptions;
  readonly story: (court: Court) => unknown;
}

interface Cases {
  readonly broken: readonly Case[];
  readonly kept: readonly Case[];
}

const DAY_MS = 24 * HOUR_MS;
const BY_ZONES: Partial<FleetDocument> = {
  client: { versions: ['0.21.0', '0.22.0'], zonePercent: 50 },
};
const FEED = 'https://github.example/bitcoin/bitcoin/releases.atom';
const PATCH = '0.21.1';
const PATCHES: Partial<FleetDocument> = { releases: { feed: FEED, auto: 'patch' } };
/** Two clients are down at once for a restart, after a person has asked for an upgrade at a height. */
async function switchTwo(court: Court, atHeight: number): Promise<void> {
  court.says({ kind: 'request', fleet: 'bitcoin', ofAll: true, atHeight });
  for (const node of ['node1', 'node2']) machine(court, node).chain.halt();
  for (const node of ['node1', 'node2']) {
    // Its new version does not come up.
    machine(court, node).client.onStart(() => machine(court, node).client.stop('failed', 'stopped'));
    await restart(court, node);
  }
}

const machine = (court: Court, node: string) =>
  (court.world.nodes.find(({ name }) => name === node) ?? court.world.find('bitcoin', node)).machine;
const freeze = (court: Court, node: string) => machine(court, node).client.freeze({ untilRestart: true });

/** A dead node leaves the pool, and no other one. */
const onlyLeaves = (dead: string, before: (court: Court) => void) => async (court: Court) => {
  court.faultsEnd();
  before(court);
  machine(court, dead).killClient();
  await court.pass(10 * MINUTE_MS);
  const rest = addresses(court).filter((ip) => ip !== machine(court, dead).privateIp);
  await zone(
    court,
    [
      ['DELETE', POOL, 'A', addresses(court)],
      ['CREATE', POOL, 'A', rest],
    ],
    true,
  );
  await court.pass(HOUR_MS);
};
const restart = (court: Court, node: string, by?: string) =>
  court.command('restart-client', node, { Only: 'restart' }, by);

const tagged = (fleet: string, node: string, more: Readonly<Record<string, string>> = {}) =>
  Object.entries({ 'chainmend:fleet': fleet, 'chainmend:node': node, ...more }).map(([Key, Value]) => ({ Key, Value }));

const copy = (court: Court, node: string, { SnapshotId, Size = 1_000 }: { SnapshotId?: string; Size?: number } = {}) =>
  court.ours('CreateVolume', {
    ...{ AvailabilityZone: 'eu-west-1b', VolumeType: 'gp3', Size },
    ...(SnapshotId !== undefined && { SnapshotId }),
    TagSpecifications: [
      { ResourceType: 'volume', Tags: tagged(node.startsWith('validator') ? 'irita' : 'bitcoin', node) },
    ],
  });

const launch = (court: Court, node: string, MaxCount = 1) =>
  court.ours('RunInstances', {
    ...{ ImageId: 'ami-0123456789abcdef0', InstanceType: 'm6i.large', MinCount: 1, MaxCount },
    TagSpecifications: [
      {
        ResourceType: 'instance',
        Tags: tagged('bitcoin', node, { Component: 'nodes/bitcoin', 'chainmend:joining': 'x' }),
      },
    ],
  });

/** All nodes of the court are one group. */
async function endInGroup(court: Court, node: string): Promise<void> {
  const instanceIds = court.world.nodes.map(({ instanceId }) => instanceId);
  court.region.autoscaling.addGroup({ name: 'chainmend-bitcoin', instanceIds, minSize: 1 });
  const input = { InstanceId: court.id(node), ShouldDecrementDesiredCapacity: true };
  await court.ours('TerminateInstanceInAutoScalingGroup', input, 'chainmend-seed-groups/1');
}

/** A throw-away instance of a drill, ours or one that only says so, and its end. */
async function throwAway(court: Court, by: 'ours' | 'person'): Promise<void> {
  const Tags = [{ Key: 'chainmend:drill', Value: 'bitcoin' }];
  const input = {
    ...{ ImageId: 'ami-0123456789abcdef0', InstanceType: 'm6i.large', MinCount: 1, MaxCount: 1 },
    TagSpecifications: [{ ResourceType: 'instance', Tags }],
  };
  const made = await (by === 'ours' ? court.ours('RunInstances', input, DRILLS) : court.person('RunInstances', input));
  const [{ InstanceId = '' } = {}] =
    (made as { readonly Instances?: { readonly InstanceId?: string }[] }).Instances ?? [];
  await court.pass(MINUTE_MS);
  await court.ours('TerminateInstances', { InstanceIds: [InstanceId] }, DRILLS);
}
const DRILLS = 'chainmend-audit-snapshots/1';

/** As if EBS had taken it for the growth of another day. */
async function growAgain(court: Court, toGiB: number): Promise<void> {
  await grow(court, 'node2', toGiB);
  const nowMs = court.region.clock.now();
  court.region.ec2.addModification(court.data('node2'), {
    ...{ fromGiB: 1_000, toGiB, startedAtMs: nowMs - 40 * HOUR_MS, completedAtMs: nowMs - 39 * HOUR_MS },
  });
  await court.pass(7 * HOUR_MS);
}

const grow = (court: Court, node: string, Size: number) =>
  court.ours('ModifyVolume', { VolumeId: court.data(node), Size }, 'chainmend-resize-volume/1');

const takeBack = (court: Court, Iops: number) =>
  court.ours('ModifyVolume', { VolumeId: court.data('node2'), Iops, Throughput: 125 }, 'chainmend-seed-groups/1');

const BOOSTED: NonNullable<CourtOptions['file']> = {
  deploy: {
    ...{ kind: 'single', nodes: { node2: 'eu-west-1b' }, instanceType: 'm6i.large' },
    volume: { sizeGiB: 500, boost: { iops: 16_000, throughputMiBps: 1_000 } },
  },
};

const typed = (firstSync: string): NonNullable<CourtOptions['file']> => ({
  deploy: {
    ...{ kind: 'single', nodes: { node2: 'eu-west-1b' }, instanceType: 't3.large', volume: { sizeGiB: 500 } },
    boost: { instanceType: firstSync },
  },
});
/** The instances of the court have the type of their first sync. */
const TYPED = typed('m6i.large');
const off = (court: Court, by?: string) => court.ours('StopInstances', { InstanceIds: [court.id('node2')] }, by);
async function typeBack(court: Court, Value: string): Promise<void> {
  await off(court);
  await court.pass(5 * MINUTE_MS);
  await court.ours('ModifyInstanceAttribute', { InstanceId: court.id('node2'), InstanceType: { Value } });
  await court.ours('StartInstances', { InstanceIds: [court.id('node2')] });
}

async function page(court: Court, said: object): Promise<void> {
  const arn = court.region.sns.topicArns()[0] ?? (await court.person('CreateTopic', { Name: 'pages' }))['TopicArn'];
  await court.ours('Publish', { TopicArn: arn, Message: JSON.stringify(said) });
}

/** A line of the journal that says what would be done. */
async function plan(court: Court, node: string): Promise<void> {
  const TableName = await journal(court);
  await court.ours('PutItem', {
    TableName,
    Item: {
      ...{ pk: { S: 'JOURNAL#bitcoin#replace-node' }, sk: { S: `${node}#1` }, kind: { S: 'plan' } },
      ...{ fleet: { S: 'bitcoin' }, node: { S: node }, sentence: { S: 'would restart: it hangs' } },
    },
  });
}

/** The table of the journal, made where it is not there yet. @returns its name */
async function journal(court: Court): Promise<string> {
  const TableName = 'table';
  const { TableNames = [] } = (await court.person('ListTables', {})) as { readonly TableNames?: readonly string[] };
  if (TableNames.includes(TableName)) return TableName;
  const [AttributeName, KeyType] = ['pk', 'HASH'];
  await court.person('CreateTable', {
    ...{ TableName, BillingMode: 'PAY_PER_REQUEST', KeySchema: [{ AttributeName, KeyType }] },
    AttributeDefinitions: [{ AttributeName, AttributeType: 'S' }],
  });
  await court.pass(MINUTE_MS);
  return TableName;
}

async function zone(
  court: Court,
  changes: readonly (readonly [string, string, string, readonly string[]])[],
  ours = false,
) {
  const { HostedZones } = (await court.person('ListHostedZonesByName', { DNSName: 'bitcoin.internal' })) as {
    readonly HostedZones: readonly { readonly Id: string }[];
  };
  const Changes = changes.map(([Action, Name, Type, values]) => ({
    Action,
    ResourceRecordSet: { Name, Type, TTL: 5, ResourceRecords: values.map((Value) => ({ Value })) },
  }));
  const input = { HostedZoneId: HostedZones[0]?.Id, ChangeBatch: { Changes } };
  await (ours
    ? court.ours('ChangeResourceRecordSets', input, 'chainmend-register-nodes/1')
    : court.person('ChangeResourceRecordSets', input));
}

const STUCK = {
  ...{ fleet: 'bitcoin', node: 'node2', code: 'node-stuck', key: 'bitcoin/node2/node-stuck' },
  sentence: 'It stands still.',
};

const POOL = 'pool.bitcoin.internal';
const marker = (name: string): readonly [string, string, string, readonly string[]] => [
  'CREATE',
  `_chainmend.${name}`,
  'TXT',
  ['"heritage=chainmend,fleet=bitcoin,region=eu-west-1,type=A"'],
];
const addresses = (court: Court) => court.world.nodes.map((node) => node.machine.privateIp);
/** Under a pause, of a pool that has node2 no more. */
async function backIntoPool(
  court: Court,
  after: (values: readonly string[]) => readonly string[] = (values) => values,
): Promise<void> {
  const all = addresses(court);
  const node2 = court.region.ec2.instances().find(({ instanceId }) => instanceId === court.id('node2'));
  const without = all.filter((value) => value !== node2?.networkInterface?.privateIp);
  await zone(court, [marker(POOL), ['CREATE', POOL, 'A', without]]);
  await court.person('PutParameter', { Name: '/chainmend/pause', Value: 'me', Type: 'String' });
  await court.pass(5 * MINUTE_MS);
  const changes = [
    ['DELETE', POOL, 'A', without],
    ['CREATE', POOL, 'A', after(all)],
  ] as const;
  await zone(court, changes, true);
}

const poolOfAll = (court: Court) => zone(court, [marker(POOL), ['CREATE', POOL, 'A', addresses(court)]]);

/** A volume that a heal has put away. */
const putAway = (court: Court, keptUntilMs: number): string =>
  court.region.ec2.addVolume({
    ...{ sizeGiB: 1_000, type: 'gp3', availabilityZone: 'eu-west-1b' },
    tags: {
      ...{ 'chainmend:fleet': 'bitcoin', 'chainmend:node': 'node2' },
      'chainmend:keep-until': new Date(court.region.clock.now() + keptUntilMs).toISOString(),
    },
  });
const prune = (court: Court, VolumeId: string) => court.ours('DeleteVolume', { VolumeId }, 'chainmend-prune-retired/1');

/** A volume that a heal has made, and attached to node2; its date is past. */
async function besideNode2(court: Court, Device: string): Promise<string> {
  const before = new Set(court.region.ec2.volumes().map(({ volumeId }) => volumeId));
  const tags = {
    'chainmend:fleet': 'bitcoin',
    'chainmend:node': 'node2',
    'chainmend:keep-until': new Date(0).toISOString(),
  };
  await court.ours('CreateVolume', {
    ...{ AvailabilityZone: 'eu-west-1b', Size: 700, VolumeType: 'gp3' },
    TagSpecifications: [{ ResourceType: 'volume', Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })) }],
  });
  const VolumeId = court.region.ec2.volumes().find(({ volumeId }) => !before.has(volumeId))?.volumeId ?? '';
  await court.pass(MINUTE_MS);
  await court.ours('AttachVolume', { VolumeId, InstanceId: court.id('node2'), Device });
  await court.pass(MINUTE_MS);
  return VolumeId;
}

/** The client of node2 has ended, and a heal takes its volume off. @returns the volume */
async function takeOff(court: Court): Promise<string> {
  const VolumeId = court.data('node2');
  await court.pass(MINUTE_MS);
  await court.command('stop-client', 'node2');
  machine(court, 'node2').unmount('/node-data');
  await court.ours('DetachVolume', { VolumeId });
  await court.pass(MINUTE_MS);
  return VolumeId;
}

/** node2 is told to copy the files of one onto the other, and both are detached afterwards. */
async function filled(court: Court, { stood }: { readonly stood: boolean }) {
  const source = await besideNode2(court, '/dev/sdg');
  const smaller = await besideNode2(court, '/dev/sdh');
  await court.command('fill-volume', 'node2', { VolumeId: smaller, Source: source, Like: '/node-data' });
  const To = Buffer.from(`/node-data ${smaller}\n`).toString('base64');
  if (stood)
    await court.command('swap-volumes', 'node2', { From: '', To, Identity: '', Carry: 'ours', KeepNewest: '' });
  for (const VolumeId of [source, smaller]) {
    await court.ours('DetachVolume', { VolumeId, InstanceId: court.id('node2') });
    await court.pass(MINUTE_MS);
  }
  return { source, smaller };
}

/** Nobody votes in the court's chain before: ten of power, three of which have signed twice. */
const signedTwice = (court: Court): void => {
  const { chain } = machine(court, 'node1');
  chain.addValidator('validator1', 10, true);
  chain.validators.byzantine = { count: 1, power: 3 };
};
/** What is told of a fleet as a whole, and how it comes about. */
const OF_CONSENSUS = [
  { code: 'voting-power-low', begin: signedTwice },
  { code: 'byzantine-validators', begin: signedTwice },
  {
    code: 'fleet-standing',
    begin: (court: Court): void => {
      for (const node of ['node1', 'node2']) freeze(court, node);
    },
  },
] as const;
const saidOfFleet = (code: string): object => ({
  ...{ fleet: 'bitcoin', node: 'fleet', code, key: `bitcoin/fleet/${code}` },
  sentence: 'It is said to be so.',
});

const CASES: Readonly<Record<PromiseName, Cases>> = {
  'stopped-stays-stopped': {
    broken: [
      {
        when: 'a heal starts a client that a person stopped',
        story: async (court) => {
          machine(court, 'node2').stopClient();
          await court.pass(HOUR_MS);
          await court.command('restart-client', 'node2');
        },
      },
      {
        when: 'a person stopped it half an hour after a heal had restarted it',
        story: async (court) => {
          freeze(court, 'node2');
          await restart(court, 'node2');
          await court.pass(30 * MINUTE_MS);
          machine(court, 'node2').stopClient();
          await court.pass(HOUR_MS);
          await court.command('restart-client', 'node2');
        },
      },
      {
        when: 'a heal starts an instance that a person stopped',
        story: async (court) => {
          await court.person('StopInstances', { InstanceIds: [court.id('node2')] });
          await court.pass(HOUR_MS);
          await court.ours('StartInstances', { InstanceIds: [court.id('node2')] });
        },
      },
    ],
    kept: [
      {
        when: 'a person stops an instance that a heal has stopped before, and starts',
        story: async (court) => {
          // The promise is about this one alone.
          machine(court, 'node3').stopClient();
          await court.ours('StopInstances', { InstanceIds: [court.id('node2')] });
          await court.person('StopInstances', { InstanceIds: [court.id('node2')] });
          await court.pass(HOUR_MS);
          await court.ours('StartInstances', { InstanceIds: [court.id('node2')] });
        },
      },
      {
        when: 'the person has started it again before a heal restarts it',
        story: async (court) => {
          machine(court, 'node2').stopClient();
          await court.pass(HOUR_MS);
          machine(court, 'node2').startClient();
          await court.pass(HOUR_MS);
          await restart(court, 'node2');
        },
      },
      {
        when: 'the person has asked for a restore of it',
        story: async (court) => {
          machine(court, 'node2').stopClient();
          await court.pass(HOUR_MS);
          court.says({ kind: 'request', fleet: 'bitcoin', node: 'node2' });
          await court.command('restart-client', 'node2');
        },
      },
    ],
  },
  'only-the-sick': {
    broken: [
      {
        when: 'a node that follows its chain is restarted, and patches of its client come by themselves',
        options: { file: { ...PATCHES, client: { versions: ['0.21.0', PATCH] } } },
        story: (court) => restart(court, 'node2'),
      },
      { when: 'a node that follows its chain is restarted', story: (court) => restart(court, 'node2') },
      {
        when: 'a node is restarted whose volumes are slow, and which follows its chain all the same',
        story: async (court) => {
          machine(court, 'node2').client.slowDown(0.1);
          await court.pass(2 * HOUR_MS);
          await restart(court, 'node2');
        },
      },
      {
        when: 'the instance of a well node is stopped',
        story: (court) => court.ours('StopInstances', { InstanceIds: [court.id('node2')] }),
      },
      {
        when: 'the client of a well node is restarted, whose instance has the type of its first sync',
        options: { file: TYPED },
        story: (court) => restart(court, 'node2'),
      },
      {
        when: 'the instance of a well node is stopped, and has the type that stays already',
        options: { file: typed('m6i.8xlarge') },
        story: (court) => off(court),
      },
      {
        when: 'a node without siblings and references is restarted twice while its chain stands',
        options: { nodes: 1 },
        story: async (court) => {
          court.world.chains[0]?.halt();
          await court.pass(HOUR_MS);
          await restart(court, 'node1');
          await court.pass(2 * HOUR_MS);
          await restart(court, 'node1');
        },
      },
      {
        when: 'a node with two references is restarted while its chain stands',
        options: {
          nodes: 1,
          file: { health: { references: ['https://bitcoin-a.example/', 'https://bitcoin-b.example/'] } },
        },
        story: async (court) => {
          court.world.chains[0]?.halt();
          await court.pass(HOUR_MS);
          await restart(court, 'node1');
        },
      },
      {
        when: 'a node without siblings and references is restarted five minutes after its chain goes on',
        options: { nodes: 1 },
        story: async (court) => {
          court.world.chains[0]?.halt();
          await court.pass(4 * HOUR_MS);
          court.world.chains[0]?.resume();
          await court.pass(5 * MINUTE_MS);
          await restart(court, 'node1');
        },
      },
      {
        when: 'a node is restarted while its whole chain stands',
        story: async (court) => {
          court.world.chains[0]?.halt();
          await court.pass(HOUR_MS);
          await restart(court, 'node2');
        },
      },
      {
        when: 'a well node is ended in its group, and nobody wants fewer',
        story: (court) => endInGroup(court, 'node2'),
      },
      {
        when: 'a well node is ended in its group, and what a person wants is another fleet’s',
        story: (court) => {
          court.says({ kind: 'approve', fleet: 'irita', nodes: 2 });
          return endInGroup(court, 'node2');
        },
      },
    ],
    kept: [
      {
        when: 'a node without siblings and references is restarted just as its chain goes on',
        options: { nodes: 1 },
        story: async (court) => {
          court.world.chains[0]?.halt();
          await court.pass(4 * HOUR_MS);
          court.world.chains[0]?.resume();
          await court.pass(MINUTE_MS);
          await restart(court, 'node1');
        },
      },
      {
        when: 'the client of a well node is switched to a patch that comes by itself',
        options: { file: { ...PATCHES, client: { versions: ['0.21.0', PATCH] } } },
        story: async (court) => {
          install(court, 'node2', {}, PATCH);
          await switchTo(court, 'node2', PATCH);
        },
      },
      {
        when: 'the instance of a node that has caught up is stopped for the end of its boost, and started with another type',
        options: { file: TYPED },
        story: (court) => typeBack(court, 't3.large'),
      },
      {
        when: 'a well node is ended in its group, and a person wants fewer',
        story: (court) => {
          court.says({ kind: 'approve', fleet: 'bitcoin', nodes: 2 });
          return endInGroup(court, 'node2');
        },
      },
      {
        when: 'a node without siblings and references is restarted once while its chain stands',
        options: { nodes: 1 },
        story: async (court) => {
          court.world.chains[0]?.halt();
          await court.pass(HOUR_MS);
          await restart(court, 'node1');
        },
      },
      {
        when: 'a node with one reference is restarted once while its chain stands: the reference says otherwise',
        options: { nodes: 1, file: { health: { references: ['https://bitcoin-a.example/'] } } },
        story: async (court) => {
          court.world.chains[0]?.halt();
          await court.pass(HOUR_MS);
          await restart(court, 'node1');
        },
      },
      {
        when: 'a node is restarted that is behind, and slower than its chain',
        story: async (court) => {
          machine(court, 'node2').client.slowDown(0.0001);
          await court.pass(2 * HOUR_MS);
          await restart(court, 'node2');
        },
      },
      {
        when: 'a node that hangs is restarted',
        story: async (court) => {
          freeze(court, 'node2');
          await court.pass(10 * MINUTE_MS);
          await restart(court, 'node2');
        },
      },
    ],
  },
  'owners-decide': {
    broken: [
      {
        when: 'a volume is made for a validator',
        options: { validators: true },
        story: (court) => copy(court, 'validator1'),
      },
      {
        when: 'a validator is restarted that its file lets nobody restart',
        options: { validators: true },
        story: (court) => restart(court, 'validator1'),
      },
      {
        when: 'a node is swapped though its file leaves swaps out',
        options: { file: { replace: { rungs: ['restart'] } } },
        story: (court) => copy(court, 'node2'),
      },
      {
        when: 'another instance is launched for one that may not be stopped',
        story: async (court) => {
          await court.person('ModifyInstanceAttribute', {
            InstanceId: court.id('node2'),
            DisableApiStop: { Value: true },
          });
          await launch(court, 'node2');
        },
      },
    ],
    kept: [
      {
        when: 'a stuck validator is restarted that its file lets be restarted',
        options: { validators: true, validatorsFile: { owner: { restartValidators: true } } },
        story: async (court) => {
          freeze(court, 'validator1');
          await court.pass(10 * MINUTE_MS);
          await restart(court, 'validator1');
        },
      },
    ],
  },
  'healed-or-told': {
    broken: [
      {
        when: 'a node hangs for six hours and nobody is told',
        story: async (court) => {
          freeze(court, 'node2');
          court.faultsEnd();
          await court.pass(6 * HOUR_MS);
        },
      },
      {
        when: 'in mode plan nothing is planned for it since it hangs, and nobody is told',
        options: { file: { mode: 'plan' } },
        story: async (court) => {
          await plan(court, 'node2');
          await court.pass(HOUR_MS);
          freeze(court, 'node2');
          await plan(court, 'node1');
          court.faultsEnd();
          await court.pass(6 * HOUR_MS);
        },
      },
      {
        when: 'something was planned for it in mode ask, and nobody is told',
        options: { file: { mode: 'ask' } },
        story: async (court) => {
          freeze(court, 'node2');
          court.faultsEnd();
          await court.pass(HOUR_MS);
          await plan(court, 'node2');
          await court.pass(5 * HOUR_MS);
        },
      },
      {
        when: 'a metric tells its height, it stands, and nobody is told',
        options: { file: { probe: { metric: { namespace: 'Bitcoin', height: 'tip' } } } },
        story: async (court) => {
          freeze(court, 'node2');
          court.faultsEnd();
          await court.pass(6 * HOUR_MS);
        },
      },
      {
        when: 'only its unit is looked at, its client does not run, and nobody is told',
        options: { file: { probe: 'unit' } },
        story: async (court) => {
          machine(court, 'node2').killClient();
          court.faultsEnd();
          await court.pass(6 * HOUR_MS);
        },
      },
    ],
    kept: [
      {
        when: 'a page names it',
        story: async (court) => {
          freeze(court, 'node2');
          court.faultsEnd();
          await court.pass(HOUR_MS);
          await page(court, { fleet: 'bitcoin', node: 'node2', code: 'nothing-left', sentence: 'It hangs.' });
          await court.pass(5 * HOUR_MS);
        },
      },
      {
        when: 'in mode plan the journal says what would be done',
        options: { file: { mode: 'plan' } },
        story: async (court) => {
          freeze(court, 'node2');
          court.faultsEnd();
          await court.pass(HOUR_MS);
          await plan(court, 'node2');
          await court.pass(5 * HOUR_MS);
        },
      },
      {
        when: 'it forks, and a metric tells its height alone',
        options: { file: { probe: { metric: { namespace: 'Bitcoin', height: 'tip' } } } },
        story: async (court) => {
          const { client, chain } = machine(court, 'node2');
          client.follow(chain.fork(chain.height() - 10));
          court.faultsEnd();
          await court.pass(6 * HOUR_MS);
        },
      },
      {
        when: 'nobody asks it how it is, but whether its client runs',
        options: { file: { probe: 'unit' } },
        story: async (court) => {
          freeze(court, 'node2');
          court.faultsEnd();
          await court.pass(6 * HOUR_MS);
        },
      },
      {
        when: 'it is healed',
        story: async (court) => {
          freeze(court, 'node2');
          court.faultsEnd();
          await court.pass(HOUR_MS);
          await restart(court, 'node2');
          await court.pass(5 * HOUR_MS);
        },
      },
    ],
  },
  'attempts-end': {
    broken: [
      {
        when: 'an execution has done nothing for six hours, and runs',
        story: async (court) => {
          await sleeping(court);
          await court.pass(6 * HOUR_MS);
        },
      },
    ],
    kept: [
      {
        when: 'an execution waits for a person for three hours',
        story: async (court) => {
          await sleeping(court);
          await court.pass(3 * HOUR_MS);
        },
      },
    ],
  },
  'nothing-half-done': {
    broken: [
      {
        when: 'a copy lies about that says no date',
        story: async (court) => {
          await copy(court, 'node2');
          court.faultsEnd();
          await court.pass(3 * HOUR_MS);
        },
      },
      {
        when: 'a client that a heal stopped does not run, and nobody is told',
        story: async (court) => {
          await court.command('stop-client', 'node2');
          court.faultsEnd();
          await court.pass(3 * HOUR_MS);
        },
      },
    ],
    kept: [
      {
        when: 'the copy says until when it is kept',
        story: async (court) => {
          const { VolumeId } = (await copy(court, 'node2')) as { VolumeId: string };
          await court.ours('CreateTags', {
            ...{ Resources: [VolumeId], Tags: [{ Key: 'chainmend:keep-until', Value: '2026-01-08T12:00:00Z' }] },
          });
          court.faultsEnd();
          await court.pass(3 * HOUR_MS);
        },
      },
    ],
  },
  'what-comes-off-comes-back': {
    broken: [
      {
        when: 'the data of a node lie about, and people are told',
        story: async (court) => {
          await takeOff(court);
          await page(court, { ...STUCK, code: 'attempts-spent', sentence: 'Its volume could not be attached.' });
          court.faultsEnd();
          await court.pass(3 * HOUR_MS);
        },
      },
      {
        when: 'a heal tries for ever to put them back',
        story: async (court) => {
          await takeOff(court);
          court.faultsEnd();
          for (let times = 0; times < 6; times++) {
            await court.pass(HOUR_MS / 2);
            await court.ours('CreateTags', {
              Resources: [court.id('node2')],
              Tags: [{ Key: 'tried', Value: `${times}` }],
            });
          }
        },
      },
    ],
    kept: [
      {
        when: 'they are put back',
        story: async (court) => {
          const VolumeId = await takeOff(court);
          await court.ours('AttachVolume', { VolumeId, InstanceId: court.id('node2'), Device: '/dev/sdf' });
          court.faultsEnd();
          await court.pass(3 * HOUR_MS);
        },
      },
      {
        when: 'a copy stands in their place',
        story: async (court) => {
          await takeOff(court);
          await besideNode2(court, '/dev/sdf');
          court.faultsEnd();
          await court.pass(3 * HOUR_MS);
        },
      },
      {
        when: 'a heal has found them where a person had put them, on no machine, and leaves them there',
        story: async (court) => {
          const VolumeId = await takeOff(court);
          const attach = { VolumeId, InstanceId: court.id('node2'), Device: '/dev/sdf' };
          await court.ours('AttachVolume', attach);
          await court.pass(MINUTE_MS);
          await court.person('DetachVolume', { VolumeId });
          await court.pass(MINUTE_MS);
          await court.ours('AttachVolume', attach);
          await court.pass(MINUTE_MS);
          await court.ours('DetachVolume', { VolumeId });
          court.faultsEnd();
          await court.pass(3 * HOUR_MS);
        },
      },
      {
        when: 'a person has taken the matter over',
        story: async (court) => {
          await takeOff(court);
          await court.person('StopInstances', { InstanceIds: [court.id('node2')] });
          court.faultsEnd();
          await court.pass(3 * HOUR_MS);
        },
      },
    ],
  },
  'one-page-a-cause': {
    broken: [
      {
        when: 'the same page comes every ten minutes',
        story: async (court) => {
          for (let times = 0; times < 6; times++) {
            await page(court, { fleet: 'bitcoin', node: 'node2', code: 'client-stopped', sentence: `look ${times}` });
            await court.pass(10 * MINUTE_MS);
          }
        },
      },
    ],
    kept: [
      {
        when: 'a person asks for it again each time',
        story: async (court) => {
          for (let times = 0; times < 6; times++) {
            court.says({ kind: 'request', fleet: 'bitcoin', ofAll: true, to: '0.22.1' });
            await page(court, { fleet: 'bitcoin', node: 'fleet', code: 'upgrade-failed', sentence: 'It stands.' });
            await court.pass(10 * MINUTE_MS);
          }
        },
      },
      {
        when: 'it comes twice a day',
        story: async (court) => {
          for (let times = 0; times < 2; times++) {
            await page(court, { fleet: 'bitcoin', node: 'node2', code: 'client-stopped', sentence: 'It is stopped.' });
            await court.pass(HOUR_MS);
          }
        },
      },
    ],
  },
  'repetitions-are-bounded': {
    broken: [
      {
        when: 'a page is repeated every ten minutes',
        story: async (court) => {
          for (const severity of ['page', 'again', 'again']) {
            await page(court, { ...STUCK, severity });
            await court.pass(10 * MINUTE_MS);
          }
        },
      },
      {
        when: 'a page is repeated each hour of a day',
        story: async (court) => {
          await page(court, { ...STUCK, severity: 'page' });
          for (let times = 0; times < 9; times++) {
            await court.pass(HOUR_MS);
            await page(court, { ...STUCK, severity: 'again' });
          }
        },
      },
      {
        when: 'it is repeated after it was over',
        story: async (court) => {
          for (const severity of ['page', 'resolved', 'again']) {
            await page(court, { ...STUCK, severity });
            await court.pass(HOUR_MS);
          }
        },
      },
      {
        when: 'its end is told twice',
        story: async (court) => {
          for (const severity of ['page', 'resolved', 'resolved']) {
            await page(court, { ...STUCK, severity });
            await court.pass(HOUR_MS);
          }
        },
      },
    ],
    kept: [
      {
        when: 'it is repeated after half an hour and an hour later, and is over then',
        story: async (court) => {
          await page(court, { ...STUCK, severity: 'page' });
          await court.pass(30 * MINUTE_MS);
          await page(court, { ...STUCK, severity: 'again' });
          await court.pass(HOUR_MS);
          await page(court, { ...STUCK, severity: 'again' });
          await page(court, { ...STUCK, severity: 'resolved' });
        },
      },
      {
        when: 'its end was told, and four minutes after its last page it is wanted again',
        story: async (court) => {
          await page(court, { ...STUCK, severity: 'page' });
          await court.pass(2 * MINUTE_MS);
          await page(court, { ...STUCK, severity: 'resolved' });
          await court.pass(2 * MINUTE_MS);
          await page(court, { ...STUCK, severity: 'page' });
          await court.pass(31 * MINUTE_MS);
          await page(court, { ...STUCK, severity: 'again' });
        },
      },
      {
        when: 'a person has restored the table to a time before it was repeated',
        story: async (court) => {
          await page(court, { ...STUCK, severity: 'page' });
          await court.pass(25 * MINUTE_MS);
          court.says({ kind: 'restore-table', untilMs: court.region.clock.now() + 15 * MINUTE_MS });
          await court.pass(10 * MINUTE_MS);
          await page(court, { ...STUCK, severity: 'again' });
          await court.pass(6 * MINUTE_MS);
          await page(court, { ...STUCK, severity: 'again' });
        },
      },
      {
        when: 'a person has restored the table to a time before its end was told',
        story: async (court) => {
          await page(court, { ...STUCK, severity: 'page' });
          court.says({ kind: 'restore-table', untilMs: court.region.clock.now() + 2 * HOUR_MS });
          await court.pass(HOUR_MS);
          await page(court, { ...STUCK, severity: 'resolved' });
          await court.pass(2 * HOUR_MS);
          await page(court, { ...STUCK, severity: 'again' });
          await page(court, { ...STUCK, severity: 'resolved' });
        },
      },
    ],
  },
  'acts-are-counted': {
    broken: [
      {
        when: 'a node is restarted eight times a day',
        story: async (court) => {
          for (let times = 0; times < 8; times++) await restart(court, 'node2');
        },
      },
      {
        when: 'an instance is stopped and started eight times a day',
        story: async (court) => {
          for (let times = 0; times < 8; times++) {
            await off(court);
            await court.pass(5 * MINUTE_MS);
            await court.ours('StartInstances', { InstanceIds: [court.id('node2')] });
            await court.pass(10 * MINUTE_MS);
          }
        },
      },
      {
        when: 'a client that dies again and again is started eight times a day',
        story: async (court) => {
          for (let times = 0; times < 8; times++) {
            machine(court, 'node2').killClient();
            await restart(court, 'node2');
          }
        },
      },
      {
        when: 'snapshots are taken of three nodes within a day',
        story: async (court) => {
          for (const node of ['node1', 'node2', 'node3']) await snapshot(court, node);
        },
      },
      {
        when: 'three instances are launched within an hour',
        story: async (court) => {
          for (const node of ['node1', 'node2', 'node3']) await launch(court, node);
        },
      },
    ],
    kept: [
      {
        when: 'the table was restored to a time before the first',
        story: async (court) => {
          court.says({ kind: 'restore-table', untilMs: court.region.clock.now() + HOUR_MS });
          for (const node of ['node1', 'node2']) await snapshot(court, node);
          await court.pass(2 * HOUR_MS);
          await snapshot(court, 'node3');
        },
      },
      {
        when: 'each node gives a snapshot for a patch that comes by itself',
        options: { file: { ...PATCHES, client: { versions: ['0.21.0', PATCH] } } },
        story: async (court) => {
          for (const node of ['node1', 'node2', 'node3']) await snapshot(court, node);
        },
      },
      {
        when: 'an instance is stopped and started, and each start is asked for again and again, since no answer came',
        story: async (court) => {
          for (let times = 0; times < 2; times++) {
            await off(court);
            await court.pass(5 * MINUTE_MS);
            for (let call = 0; call < 6; call++)
              await court.ours('StartInstances', { InstanceIds: [court.id('node2')] });
            await court.pass(10 * MINUTE_MS);
          }
        },
      },
      {
        when: 'a node is restarted six times a day',
        story: async (court) => {
          for (let times = 0; times < 6; times++) await restart(court, 'node2');
        },
      },
      {
        when: 'a client that dies again and again is started six times a day',
        story: async (court) => {
          for (let times = 0; times < 6; times++) {
            machine(court, 'node2').killClient();
            await restart(court, 'node2');
          }
        },
      },
    ],
  },
  'few-at-once': {
    broken: [
      {
        when: 'two nodes are down for their snapshots',
        story: async (court) => {
          await court.command('stop-client', 'node1');
          await court.command('stop-client', 'node2');
        },
      },
      {
        when: 'two nodes are switched at once at another height than a person has said',
        story: (court) => switchTwo(court, machine(court, 'node1').client.height() + 9),
      },
    ],
    kept: [
      {
        when: 'two nodes are switched at once that stand right below the height that a person has said',
        story: (court) => switchTwo(court, machine(court, 'node1').client.height() + 1),
      },
      {
        when: 'the first was down before, and its heal has told that nothing helped',
        story: async (court) => {
          machine(court, 'node1').killClient();
          await court.pass(5 * MINUTE_MS);
          await court.command('start-client', 'node1');
          await court.command('stop-client', 'node1');
          const spent = { fleet: 'bitcoin', node: 'node1', code: 'ladder-spent', key: 'bitcoin/node1/node:health' };
          await page(court, { ...spent, sentence: 'nothing helped' });
          await court.command('stop-client', 'node2');
        },
      },
      {
        when: 'the second is stopped once the first runs again',
        story: async (court) => {
          await court.command('stop-client', 'node1');
          await court.command('restart-client', 'node1');
          await court.command('stop-client', 'node2');
        },
      },
    ],
  },
  'pool-serves': {
    broken: [
      {
        when: 'a dead node stays in it for an hour',
        options: { before: poolOfAll },
        story: async (court) => {
          court.faultsEnd();
          machine(court, 'node2').killClient();
          await court.pass(HOUR_MS);
        },
      },
      {
        when: 'a forked node stays in it for an hour',
        options: { before: poolOfAll },
        story: async (court) => {
          court.faultsEnd();
          const { client, chain } = machine(court, 'node2');
          client.follow(chain.fork(chain.height() - 10));
          await court.pass(HOUR_MS);
        },
      },
      {
        when: 'a person empties it, and nobody fills it again',
        options: { before: poolOfAll },
        story: async (court) => {
          court.faultsEnd();
          await court.pass(MINUTE_MS);
          await zone(court, [['DELETE', POOL, 'A', addresses(court)]]);
          await court.pass(20 * MINUTE_MS);
        },
      },
      {
        when: 'it is emptied while nobody serves, and filled again before anybody does',
        options: { before: poolOfAll },
        story: async (court) => {
          await court.pass(MINUTE_MS);
          for (const name of ['node1', 'node2']) machine(court, name).killClient();
          await zone(court, [['DELETE', POOL, 'A', addresses(court)]], true);
          await zone(court, [['CREATE', POOL, 'A', addresses(court)]], true);
        },
      },
      {
        when: 'it is emptied while all serve',
        options: { before: poolOfAll },
        story: async (court) => {
          await court.pass(MINUTE_MS);
          await zone(court, [['DELETE', POOL, 'A', addresses(court)]], true);
          await court.pass(10 * MINUTE_MS);
        },
      },
    ],
    kept: [
      {
        when: 'a person empties it, and it is filled again a round later',
        options: { before: poolOfAll },
        story: async (court) => {
          court.faultsEnd();
          await court.pass(MINUTE_MS);
          machine(court, 'node2').killClient();
          await court.pass(MINUTE_MS);
          await zone(court, [['DELETE', POOL, 'A', addresses(court)]]);
          await court.pass(5 * MINUTE_MS);
          const rest = addresses(court).filter((ip) => ip !== machine(court, 'node2').privateIp);
          await zone(court, [['CREATE', POOL, 'A', rest]], true);
          await court.pass(HOUR_MS);
        },
      },
      {
        when: 'a dead node leaves it within ten minutes',
        options: { before: poolOfAll },
        story: onlyLeaves('node2', () => {}),
      },
      {
        when: 'a forked node stays in it, whose agent is too old to be asked',
        options: { before: poolOfAll },
        story: onlyLeaves('node3', (court) => {
          const node = machine(court, 'node2');
          Object.assign(node, { agentVersion: '3.1.0.0' });
          node.client.follow(node.chain.fork(node.chain.height() - 10));
        }),
      },
      {
        when: 'a node that stands stays in it, whose root disk is too full for a question',
        options: { before: poolOfAll },
        story: onlyLeaves('node3', (court) => {
          const node = machine(court, 'node2');
          node.write('/', 2 ** 40);
          node.client.freeze({ untilRestart: true });
        }),
      },
      {
        when: 'two of three nodes are each on a branch of their own, and nobody can know which is right',
        options: { before: poolOfAll },
        story: async (court) => {
          court.faultsEnd();
          for (const name of ['node2', 'node3']) {
            const { client, chain } = machine(court, name);
            client.follow(chain.fork(chain.height() - 10));
          }
          await court.pass(HOUR_MS);
          machine(court, 'node2').killClient();
          await court.pass(5 * MINUTE_MS);
        },
      },
      {
        when: 'two of four are on other blocks, and nobody can know which are right',
        options: { before: poolOfAll, nodes: 4 },
        story: async (court) => {
          court.faultsEnd();
          const { chain } = machine(court, 'node3');
          const other = chain.fork(chain.height() - 10);
          for (const name of ['node3', 'node4']) machine(court, name).client.follow(other);
          await court.pass(HOUR_MS);
          machine(court, 'node4').killClient();
          await court.pass(5 * MINUTE_MS);
        },
      },
      {
        when: 'two of four are on the right blocks, and one is still below the fork and has no word on it',
        options: { before: poolOfAll, nodes: 4 },
        story: async (court) => {
          court.faultsEnd();
          freeze(court, 'node4');
          const rest = addresses(court).filter((ip) => ip !== machine(court, 'node4').privateIp);
          await zone(
            court,
            [
              ['DELETE', POOL, 'A', addresses(court)],
              ['CREATE', POOL, 'A', rest],
            ],
            true,
          );
          await court.pass(3 * HOUR_MS);
          const { client, chain } = machine(court, 'node3');
          client.follow(chain.fork(chain.height() - 10));
          await court.pass(HOUR_MS);
          machine(court, 'node3').killClient();
          await court.pass(5 * MINUTE_MS);
        },
      },
      {
        when: 'of two nodes one is behind, and nobody can know which is right',
        options: { before: poolOfAll, nodes: 2 },
        story: async (court) => {
          court.faultsEnd();
          freeze(court, 'node2');
          await court.pass(5 * HOUR_MS);
          machine(court, 'node2').killClient();
          await court.pass(5 * MINUTE_MS);
        },
      },
      {
        when: 'all nodes are down, and all stay in it',
        options: { before: poolOfAll },
        story: async (court) => {
          court.faultsEnd();
          machine(court, 'node1').killClient();
          await court.pass(MINUTE_MS);
          for (const { machine: one } of court.world.nodes) one.killClient();
          await court.pass(HOUR_MS);
        },
      },
    ],
  },
  'foreign-things-stay': {
    broken: [
      {
        when: 'an instance is terminated that a person made and called one of a drill',
        story: (court) => throwAway(court, 'person'),
      },
      {
        when: 'a volume of another team is grown',
        story: async (court) => {
          const VolumeId = court.region.ec2.addVolume({
            ...{ sizeGiB: 10, type: 'gp3', availabilityZone: 'eu-west-1a', tags: { Team: 'other' } },
          });
          await court.pass(MINUTE_MS);
          await court.ours('ModifyVolume', { VolumeId, Size: 20 });
        },
      },
      {
        when: 'a volume of the fleet is deleted that a person made',
        story: async (court) => {
          const VolumeId = court.region.ec2.addVolume({
            ...{ sizeGiB: 10, type: 'gp3', availabilityZone: 'eu-west-1a', tags: { Component: 'nodes/bitcoin' } },
          });
          await court.pass(MINUTE_MS);
          await prune(court, VolumeId);
        },
      },
      {
        when: 'a snapshot of a person is deleted',
        story: async (court) => {
          const SnapshotId = court.region.ec2.addSnapshot({
            ...{ volumeId: court.data('node2'), tags: { Component: 'nodes/bitcoin' } },
          });
          await court.pass(MINUTE_MS);
          await court.ours('DeleteSnapshot', { SnapshotId }, 'chainmend-prune-retired/1');
        },
      },
      {
        when: 'what a stranger’s account shares is tagged as proved',
        story: (court) => tagShared(court, '999988887777'),
      },
    ],
    kept: [
      {
        when: 'what another account shares is tagged as proved, where the file names that account',
        story: (court) => tagShared(court, '444455556666'),
      },
      { when: 'a throw-away instance of a drill is terminated', story: (court) => throwAway(court, 'ours') },
      {
        when: 'a volume is deleted that a heal put away',
        story: async (court) => {
          const VolumeId = putAway(court, -HOUR_MS);
          await court.pass(MINUTE_MS);
          await prune(court, VolumeId);
        },
      },
    ],
  },
  'foreign-records-stay': {
    broken: [
      {
        when: 'a record without a marker is deleted',
        options: { before: (court) => zone(court, [['CREATE', 'web.bitcoin.internal', 'A', ['10.1.1.1']]]) },
        story: (court) => zone(court, [['DELETE', 'web.bitcoin.internal', 'A', ['10.1.1.1']]], true),
      },
    ],
    kept: [
      {
        when: 'a record is deleted that a person has handed over a minute ago',
        options: { before: (court) => zone(court, [['CREATE', 'web.bitcoin.internal', 'A', ['10.1.1.1']]]) },
        story: async (court) => {
          await zone(court, [marker('web.bitcoin.internal')]);
          await zone(court, [['DELETE', 'web.bitcoin.internal', 'A', ['10.1.1.1']]], true);
        },
      },
    ],
  },
  'one-identity': {
    broken: [
      {
        when: 'a heal starts a node with the key of a sibling that runs',
        story: async (court) => {
          machine(court, 'node3').killClient();
          const key = machine(court, 'node2').readFile('/node-data/onion_v3_private_key') ?? '';
          machine(court, 'node3').writeFile('/node-data/onion_v3_private_key', key);
          await court.command('restart-client', 'node3');
        },
      },
    ],
    kept: [
      {
        when: 'another instance of a node is there, and its client does not run',
        story: async (court) => {
          await launch(court, 'node2');
          await court.pass(10 * MINUTE_MS);
          await restart(court, 'node2');
        },
      },
    ],
  },
  'signing-state-forward': {
    broken: [
      {
        when: 'a validator is started on data of yesterday',
        options: { validators: true },
        story: async (court) => {
          const { client, chain } = machine(court, 'validator1');
          await court.pass(10 * MINUTE_MS);
          machine(court, 'validator1').killClient();
          client.load({ height: chain.height() - 5_000, branch: chain.main, barrier: undefined });
          machine(court, 'validator1').writeFile('/data/node/irita/data/priv_validator_state.json', '{"height": "1"}');
          await court.command('restart-client', 'validator1');
        },
      },
    ],
    kept: [
      {
        when: 'a validator is restarted on its own data',
        options: { validators: true },
        story: async (court) => {
          await court.pass(10 * MINUTE_MS);
          await restart(court, 'validator1');
        },
      },
    ],
  },
  'bill-is-bounded': {
    broken: [
      {
        when: 'a copy is larger than any volume of the fleet',
        story: (court) => copy(court, 'node2', { Size: 5_000 }),
      },
      { when: 'two instances are asked for in place of one', story: (court) => launch(court, 'node2', 2) },
      {
        when: 'growth adds more to the month than its file allows',
        story: async (court) => {
          await grow(court, 'node1', 1_900);
          await grow(court, 'node2', 1_900);
        },
      },
    ],
    kept: [
      { when: 'a copy is as large as what it stands for', story: (court) => copy(court, 'node2') },
      {
        when: 'a person has restored the table to a time before the first growth',
        story: async (court) => {
          court.says({ kind: 'restore-table', untilMs: court.region.clock.now() + HOUR_MS });
          await grow(court, 'node1', 1_900);
          await court.pass(2 * HOUR_MS);
          await grow(court, 'node2', 1_900);
        },
      },
    ],
  },
  'growth-is-bounded': {
    broken: [
      {
        when: 'a boost is taken back to less than the file says',
        options: { file: BOOSTED },
        story: (court) => takeBack(court, 3_500),
      },
      {
        when: 'a boost is taken back from a node that is behind',
        options: { file: BOOSTED },
        story: async (court) => {
          freeze(court, 'node2');
          await court.pass(HOUR_MS);
          await takeBack(court, 3_000);
        },
      },
      {
        when: 'an instance is made one of a type that its file does not name',
        options: { file: TYPED },
        story: (court) => typeBack(court, 'x2iezn.metal'),
      },
      {
        when: 'the instance of a node that is behind is taken back from the type of its first sync',
        options: { file: TYPED },
        story: async (court) => {
          freeze(court, 'node2');
          await court.pass(24 * HOUR_MS);
          await typeBack(court, 't3.large');
        },
      },
      { when: 'the figures of a volume without a boost are changed', story: (court) => takeBack(court, 3_000) },
      { when: 'a volume is grown beyond its ceiling', story: (court) => grow(court, 'node2', 2_500) },
      {
        when: 'a volume is grown four times a day',
        story: async (court) => {
          for (let times = 1; times <= 4; times++) await growAgain(court, 1_000 + 10 * times);
        },
      },
    ],
    kept: [
      {
        when: 'a person has restored the table to a time before the first of four growths a day',
        story: async (court) => {
          court.says({ kind: 'restore-table', untilMs: court.region.clock.now() + HOUR_MS });
          for (let times = 1; times <= 4; times++) await growAgain(court, 1_000 + 10 * times);
        },
      },
      {
        when: 'the boost of a node that has caught up is taken back',
        options: { file: BOOSTED },
        story: (court) => takeBack(court, 3_000),
      },
      {
        when: 'the instance of a node that has caught up is taken back from the type of its first sync',
        options: { file: TYPED },
        story: (court) => typeBack(court, 't3.large'),
      },
      { when: 'a volume is grown once, below it', story: (court) => grow(court, 'node2', 1_200) },
      {
        when: 'AWS refuses what is too much',
        story: async (court) => {
          await grow(court, 'node1', 1_100);
          await expect(grow(court, 'node2', 70_000)).rejects.toThrow('too large');
        },
      },
    ],
  },
  'pause-holds': {
    broken: [
      {
        when: 'a volume is grown under a pause',
        story: async (court) => {
          await court.person('PutParameter', { Name: '/chainmend/pause', Value: 'me', Type: 'String' });
          await court.pass(5 * MINUTE_MS);
          await grow(court, 'node2', 1_200);
        },
      },
      {
        when: 'a node that carries the tag of a pause is restarted',
        story: async (court) => {
          court.region.ec2.setTag(court.id('node2'), 'chainmend:pause', 'mine');
          freeze(court, 'node2');
          await court.pass(5 * MINUTE_MS);
          await restart(court, 'node2');
        },
      },
      {
        when: 'a node that nothing was begun on comes into the pool under a pause',
        story: (court) => backIntoPool(court),
      },
      {
        when: 'a node leaves the pool under a pause, as another one comes back',
        story: async (court) => {
          await court.command('stop-client', 'node2');
          await backIntoPool(court, (values) => values.slice(1));
        },
      },
      {
        when: 'a group is made larger under a pause',
        story: async (court) => {
          court.says({ kind: 'approve', fleet: 'bitcoin', nodes: 2 });
          await court.person('PutParameter', { Name: '/chainmend/pause', Value: 'me', Type: 'String' });
          await court.pass(5 * MINUTE_MS);
          const instanceIds = court.world.nodes.map(({ instanceId }) => instanceId);
          court.region.autoscaling.addGroup({ name: 'chainmend-bitcoin', instanceIds, maxSize: 9 });
          await court.ours('SetDesiredCapacity', { AutoScalingGroupName: 'chainmend-bitcoin', DesiredCapacity: 5 });
        },
      },
    ],
    kept: [
      {
        when: 'a node comes back into the pool that something was begun on before the pause',
        story: async (court) => {
          await court.command('stop-client', 'node2');
          await court.command('restart-client', 'node2');
          await court.command('stop-client', 'node1');
          await backIntoPool(court);
        },
      },
      {
        when: 'a node comes back into the pool whose instance was stopped before the pause, and that no command had reached',
        story: async (court) => {
          await off(court);
          await court.pass(MINUTE_MS);
          await court.ours('StartInstances', { InstanceIds: [court.id('node2')] });
          await backIntoPool(court);
        },
      },
      {
        when: 'a client is started again that was stopped before the pause',
        story: async (court) => {
          await court.command('stop-client', 'node2');
          await court.person('PutParameter', { Name: '/chainmend/pause', Value: 'me', Type: 'String' });
          await court.pass(5 * MINUTE_MS);
          await court.command('restart-client', 'node2');
        },
      },
      {
        when: 'an instance is started again that was stopped before the pause, and that no command had reached',
        story: async (court) => {
          freeze(court, 'node2');
          await court.pass(5 * MINUTE_MS);
          await off(court);
          await court.pass(MINUTE_MS);
          await court.person('PutParameter', { Name: '/chainmend/pause', Value: 'me', Type: 'String' });
          await court.pass(5 * MINUTE_MS);
          await court.ours('StartInstances', { InstanceIds: [court.id('node2')] });
        },
      },
      {
        when: 'the pause was lifted',
        story: async (court) => {
          freeze(court, 'node2');
          await court.person('PutParameter', { Name: '/chainmend/pauses/bitcoin', Value: 'me', Type: 'String' });
          await court.pass(5 * MINUTE_MS);
          const Overwrite = true;
          await court.person('PutParameter', {
            Name: '/chainmend/pauses/bitcoin',
            Value: 'off',
            Type: 'String',
            Overwrite,
          });
          await restart(court, 'node2');
        },
      },
    ],
  },
  'plan-touches-nothing': {
    broken: [
      {
        when: 'a stuck node is restarted',
        options: { file: { mode: 'plan' } },
        story: async (court) => {
          freeze(court, 'node2');
          await restart(court, 'node2');
        },
      },
      {
        when: 'a person has given the fleet another name, and the mode plan',
        story: async (court) => {
          const [before, after] = ['bitcoin', 'satoshi'];
          await push(court, before, 'act');
          await push(court, after, 'plan');
          await court.person('DeleteParameter', { Name: `/chainmend/fleets/${before}` });
          freeze(court, 'node2');
          await court.pass(10 * MINUTE_MS);
          await restart(court, 'node2');
        },
      },
      {
        when: 'a record is made',
        options: { file: { mode: 'plan' } },
        story: (court) => zone(court, [marker(POOL), ['CREATE', POOL, 'A', addresses(court)]], true),
      },
    ],
    kept: [
      {
        when: 'a stuck node is looked at',
        options: { file: { mode: 'plan' } },
        story: async (court) => {
          freeze(court, 'node2');
          await court.command('inspect-node', 'node2');
        },
      },
    ],
  },
  'ask-waits': {
    broken: [
      {
        when: 'a stuck node is restarted and nobody said yes',
        options: { file: { mode: 'ask' } },
        story: async (court) => {
          freeze(court, 'node2');
          await restart(court, 'node2');
        },
      },
      {
        when: 'the yes was for another node',
        options: { file: { mode: 'ask' } },
        story: async (court) => {
          court.says({ kind: 'approve', fleet: 'bitcoin', node: 'node1' });
          freeze(court, 'node2');
          await restart(court, 'node2');
        },
      },
    ],
    kept: [
      {
        when: 'a person says yes by a call that has not ended yet',
        options: { file: { mode: 'ask' } },
        story: async (court) => {
          freeze(court, 'node2');
          await court.pass(10 * MINUTE_MS);
          const Payload = Buffer.from('{"kind":"approve","fleet":"bitcoin","plan":"0123456789abcdef"}');
          const call = { at: court.region.clock.now(), actor: 'person', service: 'lambda', operation: 'Invoke' };
          court.region.gateway.trace.admitted({ ...call, input: { Payload }, outcome: undefined });
          await restart(court, 'node2');
        },
      },
      {
        when: 'a person said yes',
        options: { file: { mode: 'ask' } },
        story: async (court) => {
          freeze(court, 'node2');
          await court.pass(10 * MINUTE_MS);
          court.says({ kind: 'approve', fleet: 'bitcoin', node: 'node2' });
          await restart(court, 'node2');
        },
      },
    ],
  },
  'text-is-clean': {
    broken: [
      {
        when: 'a page holds an escape sequence',
        story: async (court) => {
          await page(court, { fleet: 'bitcoin', node: 'node2', code: 'x', sentence: 'fine' });
          const TopicArn = court.region.sns.topicArns()[0];
          await court.ours('Publish', { TopicArn, Message: 'node2 says \u001b[2Jnothing' });
          await court.pass(MINUTE_MS);
        },
      },
      {
        when: 'a line of the journal holds a direction override',
        story: async (court) => {
          const TableName = await journal(court);
          const Item = { pk: { S: 'JOURNAL#bitcoin#watch-fleet' }, why: { S: 'version \u202eevil' } };
          await court.ours('PutItem', { TableName, Item });
        },
      },
    ],
    kept: [
      {
        when: 'a tag is hostile and what is told of it is plain',
        story: async (court) => {
          court.region.ec2.setTag(court.id('node2'), 'Note', 'a\u001b[31m');
          await page(court, { fleet: 'bitcoin', node: 'node2', code: 'x', sentence: 'its note is a?[31m' });
          await court.pass(MINUTE_MS);
        },
      },
    ],
  },
  'data-are-kept': {
    broken: [
      {
        when: 'a volume is deleted before its date',
        story: async (court) => {
          const VolumeId = putAway(court, DAY_MS);
          await court.pass(MINUTE_MS);
          await prune(court, VolumeId);
        },
      },
      {
        when: 'a volume is deleted while its node does not run',
        story: async (court) => {
          const VolumeId = putAway(court, -HOUR_MS);
          machine(court, 'node2').killClient();
          await court.pass(MINUTE_MS);
          await prune(court, VolumeId);
        },
      },
      {
        when: 'a smaller volume, which stood in the place of its node’s own, is deleted before it was kept for its days',
        story: async (court) => {
          const { smaller } = await filled(court, { stood: true });
          await prune(court, smaller);
        },
      },
    ],
    kept: [
      {
        when: 'the copy whose files went onto a smaller volume is deleted at once',
        story: async (court) => {
          const { source } = await filled(court, { stood: false });
          await prune(court, source);
        },
      },
      {
        when: 'a volume is deleted after its date',
        story: async (court) => {
          const VolumeId = putAway(court, -HOUR_MS);
          await court.pass(MINUTE_MS);
          await prune(court, VolumeId);
        },
      },
    ],
  },
  'no-unclean-detach': {
    broken: [
      {
        when: 'a mounted volume is detached',
        story: (court) => court.ours('DetachVolume', { VolumeId: court.data('node2') }),
      },
      {
        when: 'a volume is detached by force',
        story: async (court) => {
          machine(court, 'node2').stopClient();
          machine(court, 'node2').unmount('/node-data');
          await court.ours('DetachVolume', { VolumeId: court.data('node2'), Force: true });
        },
      },
    ],
    kept: [
      {
        when: 'a volume is detached that is not mounted any more',
        story: async (court) => {
          machine(court, 'node2').stopClient();
          machine(court, 'node2').unmount('/node-data');
          await court.ours('DetachVolume', { VolumeId: court.data('node2') });
        },
      },
    ],
  },
  'snapshots-are-clean': {
    broken: [{ when: 'the client runs', story: (court) => snapshot(court, 'node2') }],
    kept: [
      {
        when: 'the client has ended by itself',
        story: async (court) => {
          await court.command('stop-client', 'node2');
          await snapshot(court, 'node2');
        },
      },
    ],
  },
  'validators-stay-home': {
    broken: [
      {
        when: 'a validator gets the data of another one',
        options: { validators: true },
        story: async (court) => {
          const SnapshotId = court.region.ec2.addSnapshot({ volumeId: court.data('validator1') });
          await court.pass(MINUTE_MS);
          await copy(court, 'validator2', { SnapshotId, Size: 100 });
        },
      },
      {
        when: 'a validator gets the data of another one, whose snapshot says of whom it is',
        options: { validators: true },
        story: async (court) => {
          const tags = { 'chainmend:fleet': 'irita', 'chainmend:node': 'validator1' };
          const SnapshotId = court.region.ec2.addSnapshot({ volumeId: court.data('validator1'), tags });
          await court.pass(MINUTE_MS);
          await copy(court, 'validator2', { SnapshotId, Size: 100 });
        },
      },
    ],
    kept: [
      {
        when: 'it gets its own',
        options: { validators: true },
        story: async (court) => {
          const SnapshotId = court.region.ec2.addSnapshot({ volumeId: court.data('validator1') });
          await court.pass(MINUTE_MS);
          await copy(court, 'validator1', { SnapshotId, Size: 100 });
        },
      },
    ],
  },
  'upgrades-in-order': {
    broken: [
      {
        when: 'two nodes are told to run another version at once, and the file says nothing of zones',
        story: async (court) => {
          asksForUpgrade(court);
          await failToSwitch(court, ['node1', 'node4']);
        },
      },
      {
        when: 'two of different zones are told at once, and the file lets half of a zone go over',
        options: { nodes: 12, file: { ...BY_ZONES } },
        story: async (court) => {
          asksForUpgrade(court);
          await failToSwitch(court, ['node1', 'node2']);
        },
      },
      {
        when: 'more than the share of a zone are told at once',
        options: { nodes: 12, file: { ...BY_ZONES } },
        story: async (court) => {
          asksForUpgrade(court);
          await failToSwitch(court, ['node1', 'node4', 'node7']);
        },
      },
      {
        when: 'a validator is told while another one is down for a restart',
        options: { file: { role: 'validator' } },
        story: async (court) => {
          await failToSwitch(court, ['node1'], { Only: 'restart' });
          await failToSwitch(court, ['node2']);
          expect(court.end().broken.map(({ subject }) => subject)).toContain('bitcoin validators');
        },
      },
      {
        when: 'a version that was taken back from one node comes to the next',
        story: async (court) => {
          asksForUpgrade(court);
          await takenBack(court, 'node1');
          install(court, 'node2');
          await switchTo(court, 'node2');
          await court.pass(MINUTE_MS);
        },
      },
    ],
    kept: [
      {
        when: 'a person asks again after it was taken back',
        story: async (court) => {
          asksForUpgrade(court);
          await takenBack(court, 'node1');
          asksForUpgrade(court);
          install(court, 'node2');
          await switchTo(court, 'node2');
          await court.pass(MINUTE_MS);
        },
      },
      {
        when: 'one is told after the other',
        story: async (court) => {
          asksForUpgrade(court);
          for (const node of ['node1', 'node2']) {
            install(court, node);
            await switchTo(court, node);
          }
        },
      },
      {
        when: 'half of a zone is told at once, and the file lets it',
        options: { nodes: 12, file: { ...BY_ZONES } },
        story: async (court) => {
          asksForUpgrade(court);
          await failToSwitch(court, ['node1', 'node4']);
        },
      },
    ],
  },
  'one-of-two-versions': {
    broken: [
      {
        when: 'a node runs another version that nobody asked for',
        story: async (court) => {
          install(court, 'node2');
          await switchTo(court, 'node2');
        },
      },
      {
        when: 'a version that is no patch comes by itself',
        options: { file: { ...PATCHES, client: { versions: ['0.21.0', '0.22.0'] } } },
        story: async (court) => {
          install(court, 'node2');
          await switchTo(court, 'node2');
        },
      },
      {
        when: 'a patch comes by itself where the file only has people told',
        options: { file: { releases: { feed: FEED }, client: { versions: ['0.21.0', PATCH] } } },
        story: async (court) => {
          install(court, 'node2', {}, PATCH);
          await switchTo(court, 'node2', PATCH);
        },
      },
      {
        when: 'the version of before is left on data that the new one has migrated',
        story: async (court) => {
          asksForUpgrade(court);
          install(court, 'node2', { format: 1 });
          await switchTo(court, 'node2');
          await switchTo(court, 'node2', BEFORE);
          court.faultsEnd();
          await court.pass(3 * HOUR_MS);
        },
      },
    ],
    kept: [
      {
        when: 'a patch comes by itself where the file lets it',
        options: { file: { ...PATCHES, client: { versions: ['0.21.0', PATCH] } } },
        story: async (court) => {
          install(court, 'node2', {}, PATCH);
          await switchTo(court, 'node2', PATCH);
        },
      },
      {
        when: 'a person has asked for the version that it runs',
        story: async (court) => {
          asksForUpgrade(court);
          install(court, 'node2', { format: 1 });
          await switchTo(court, 'node2');
          court.faultsEnd();
          await court.pass(3 * HOUR_MS);
        },
      },
      {
        when: 'a page tells of data that the version of before does not open',
        story: async (court) => {
          asksForUpgrade(court);
          install(court, 'node2', { format: 1 });
          await switchTo(court, 'node2');
          await switchTo(court, 'node2', BEFORE);
          await page(court, { ...STUCK, code: 'upgrade-failed', key: 'bitcoin/node2/upgrade-failed' });
          court.faultsEnd();
          await court.pass(3 * HOUR_MS);
        },
      },
    ],
  },
  'drills-stay-apart': {
    broken: [
      {
        when: 'a throw-away instance has the tag of a node',
        story: (court) => launchForDrill(court, { Component: 'nodes/bitcoin' }),
      },
      {
        when: 'two of a fleet are there at once',
        story: async (court) => {
          await launchForDrill(court);
          await launchForDrill(court);
        },
      },
      {
        when: 'its address comes into the pool',
        options: { before: poolOfAll },
        story: async (court) => {
          const id = await launchForDrill(court);
          const ip = court.region.ec2.instance(id).networkInterface?.privateIp ?? '';
          await zone(
            court,
            [
              ['DELETE', POOL, 'A', addresses(court)],
              ['CREATE', POOL, 'A', [ip]],
            ],
            true,
          );
        },
      },
      {
        when: 'its client runs with the key of a node',
        story: async (court) => {
          const id = await launchForDrill(court);
          const { machine: copied } = court.world.drills.find(({ instanceId }) => instanceId === id) ?? never();
          const key = machine(court, 'node1').readFile('/node-data/onion_v3_private_key') ?? '';
          Object.assign(copied, { readFile: (path: string) => (path.includes('onion') ? key : undefined) });
          Object.defineProperty(copied.client, 'state', { value: 'running' });
          await court.pass(MINUTE_MS);
        },
      },
    ],
    kept: [
      {
        when: 'one follows the other, without a tag of a node',
        story: async (court) => {
          const InstanceId = await launchForDrill(court);
          await court.ours('TerminateInstances', { InstanceIds: [InstanceId] }, DRILLS);
          await court.pass(5 * MINUTE_MS);
          await launchForDrill(court);
        },
      },
    ],
  },
  'drills-leave-nothing': {
    broken: [
      {
        when: 'a throw-away instance is left, and nobody is told',
        story: async (court) => {
          await launchForDrill(court);
          court.faultsEnd();
          await court.pass(3 * HOUR_MS);
        },
      },
    ],
    kept: [
      {
        when: 'it is terminated',
        story: async (court) => {
          await throwAway(court, 'ours');
          court.faultsEnd();
          await court.pass(3 * HOUR_MS);
        },
      },
      {
        when: 'a page names it',
        story: async (court) => {
          const id = await launchForDrill(court);
          await page(court, { ...STUCK, code: 'drill-left', sentence: `${id} of a drill cannot be removed.` });
          court.faultsEnd();
          await court.pass(3 * HOUR_MS);
        },
      },
    ],
  },
  'stops-are-short': {
    broken: [
      {
        when: 'a client that worked is stopped for a snapshot and left so, though its node can be reached',
        story: async (court) => {
          await court.command('stop-client', 'node2', {}, SNAPSHOTS);
          await court.pass(20 * MINUTE_MS);
        },
      },
      {
        when: 'EC2, the table and the fleet file fail meanwhile',
        story: async (court) => {
          await court.command('stop-client', 'node2', {}, SNAPSHOTS);
          for (const service of ['ec2', 'dynamodb'])
            court.region.outages.begin(service, court.region.clock.now() + HOUR_MS);
          await court.person('PutParameter', BROKEN_FILE);
          await court.pass(20 * MINUTE_MS);
        },
      },
    ],
    kept: [
      {
        when: 'it is started within a quarter of an hour',
        story: async (court) => {
          await court.command('stop-client', 'node2', {}, SNAPSHOTS);
          await court.pass(8 * MINUTE_MS);
          await court.command('start-client', 'node2', {}, SNAPSHOTS);
          await court.pass(HOUR_MS);
        },
      },
      {
        when: 'nobody can reach the node, or Systems Manager is away',
        story: async (court) => {
          await court.command('stop-client', 'node2', {}, SNAPSHOTS);
          machine(court, 'node2').setAgentConnected(false);
          await court.pass(HOUR_MS);
          machine(court, 'node2').setAgentConnected(true);
          court.region.outages.begin('ssm', court.region.clock.now() + HOUR_MS);
          await court.pass(HOUR_MS);
          await court.command('start-client', 'node2', {}, SNAPSHOTS);
        },
      },
      {
        when: 'a heal takes back what it gave to a client that was down, before it has served',
        story: async (court) => {
          await court.command('stop-client', 'node1', {}, SNAPSHOTS);
          await court.command('start-client', 'node1', {}, SNAPSHOTS);
          const { client } = machine(court, 'node2');
          machine(court, 'node2').killClient();
          await court.pass(5 * MINUTE_MS);
          client.load({ height: 755, branch: client.branch, barrier: undefined });
          await court.command('start-client', 'node2');
          await court.command('stop-client', 'node2');
          await court.pass(20 * MINUTE_MS);
        },
      },
      {
        when: 'a person stops it while a command of ours is on its way to the node',
        story: async (court) => {
          await court.command('stop-client', 'node1', {}, SNAPSHOTS);
          await court.command('start-client', 'node1', {}, SNAPSHOTS);
          court.region.kernel.begin('late-command', court.region.clock.now() + MINUTE_MS);
          court.region.clock.after(8_000, () => machine(court, 'node2').stopClient());
          await court.command('stop-client', 'node2', {}, SNAPSHOTS);
          await court.pass(20 * MINUTE_MS);
        },
      },
      {
        when: 'a person says that they stop it, too',
        story: async (court) => {
          await court.command('stop-client', 'node2', {}, SNAPSHOTS);
          court.says({ kind: 'stop-client', fleet: 'bitcoin', node: 'node2' });
          await court.pass(HOUR_MS);
        },
      },
    ],
  },
  'what-is-told-binds': {
    broken: [
      {
        when: 'an upgrade goes on in a chain that is split in halves',
        story: async (court) => {
          await split(court);
          await restart(court, 'node3', 'chainmend-replace-node/1');
          await switchTo(court, 'node3');
        },
      },
      {
        when: 'an instance of a dark zone is stopped',
        options: { nodes: 6 },
        story: async (court) => {
          await darkZone(court);
          await court.ours('StopInstances', { InstanceIds: [court.id('node1')] });
        },
      },
      {
        when: 'a client that runs is restarted where its chain stands',
        story: async (court) => {
          await halted(court);
          await restart(court, 'node2');
        },
      },
      ...OF_CONSENSUS.map(({ code, begin }) => ({
        when: `a client is switched although people were told ${code}, and it is so`,
        story: async (court: Court) => {
          begin(court);
          await page(court, saidOfFleet(code));
          await court.pass(5 * MINUTE_MS);
          await switchTo(court, 'node3');
        },
      })),
      {
        when: 'a drill is begun where its chain stands',
        story: async (court) => {
          await halted(court);
          await launchForDrill(court);
        },
      },
    ],
    kept: [
      {
        when: 'people were told that it is over',
        story: async (court) => {
          await halted(court);
          await page(court, { ...HALTED, severity: 'resolved' });
          await court.pass(5 * MINUTE_MS);
          await restart(court, 'node2');
        },
      },
      {
        when: 'the chain goes on again',
        story: async (court) => {
          await halted(court);
          machine(court, 'node1').chain.resume();
          await court.pass(5 * MINUTE_MS);
          await restart(court, 'node2');
        },
      },
      {
        when: 'a person has asked for another version at the height at which it stands',
        story: async (court) => {
          court.says({ kind: 'request', fleet: 'bitcoin', ofAll: true, to: AFTER, atHeight: 930_001 });
          await halted(court);
          await switchTo(court, 'node2');
        },
      },
      {
        when: 'a client that has ended is started',
        story: async (court) => {
          await halted(court);
          machine(court, 'node2').killClient();
          await restart(court, 'node2');
        },
      },
      {
        when: 'a person names the node for a restore',
        story: async (court) => {
          await split(court);
          court.says({ kind: 'request', fleet: 'bitcoin', node: 'node2' });
          await court.command('swap-volumes', 'node2');
        },
      },
    ],
  },
  'pages-are-true': {
    broken: [
      {
        when: 'a node is called unreachable that has served its chain for an hour',
        story: async (court) => {
          await court.pass(HOUR_MS);
          await page(court, UNREACHABLE);
          await court.pass(MINUTE_MS);
        },
      },
      {
        when: 'a node is said to stand whose chain goes on, and it with it',
        story: async (court) => {
          await court.pass(HOUR_MS);
          await page(court, STUCK);
          await court.pass(MINUTE_MS);
        },
      },
      {
        when: 'a node is called unreachable while its chain stands',
        story: async (court) => {
          await court.pass(HOUR_MS);
          machine(court, 'node2').chain.halt();
          await court.pass(5 * MINUTE_MS);
          await page(court, UNREACHABLE);
          await court.pass(MINUTE_MS);
        },
      },
      {
        when: 'the page is repeated half an hour after the client was started again',
        story: async (court) => {
          machine(court, 'node2').killClient();
          await court.pass(5 * MINUTE_MS);
          await page(court, UNREACHABLE);
          machine(court, 'node2').startClient();
          await court.pass(30 * MINUTE_MS);
          await page(court, { ...UNREACHABLE, severity: 'again' });
          await court.pass(MINUTE_MS);
        },
      },
      ...OF_CONSENSUS.map(({ code }) => ({
        when: `people are told ${code} of a fleet where it is not so`,
        story: async (court: Court) => {
          await court.pass(HOUR_MS);
          await page(court, saidOfFleet(code));
          await court.pass(MINUTE_MS);
        },
      })),
      {
        when: 'a fleet file is called broken that was mended an hour ago',
        story: async (court) => {
          await court.person('PutParameter', BROKEN_FILE);
          await court.pass(5 * MINUTE_MS);
          await push(court, 'bitcoin', 'act');
          await court.pass(HOUR_MS);
          await page(court, FILE_BROKEN);
          await court.pass(MINUTE_MS);
        },
      },
    ],
    kept: [
      {
        when: 'a node is said to stand whose chain stands',
        story: async (court) => {
          await court.pass(HOUR_MS);
          machine(court, 'node2').chain.halt();
          await court.pass(5 * MINUTE_MS);
          await page(court, STUCK);
          await court.pass(MINUTE_MS);
        },
      },
      {
        when: 'the node is down, and still when it is said again',
        story: async (court) => {
          machine(court, 'node2').killClient();
          await court.pass(5 * MINUTE_MS);
          await page(court, UNREACHABLE);
          await court.pass(30 * MINUTE_MS);
          await page(court, { ...UNREACHABLE, severity: 'again' });
          await court.pass(MINUTE_MS);
        },
      },
      ...OF_CONSENSUS.map(({ code, begin }) => ({
        when: `people are told ${code} of a fleet where it is so`,
        story: async (court: Court) => {
          begin(court);
          await court.pass(5 * MINUTE_MS);
          await page(court, saidOfFleet(code));
          await court.pass(MINUTE_MS);
        },
      })),
      {
        when: 'the file is broken, and the end is told when it was mended',
        story: async (court) => {
          await court.person('PutParameter', BROKEN_FILE);
          await court.pass(5 * MINUTE_MS);
          await page(court, FILE_BROKEN);
          await push(court, 'bitcoin', 'act');
          await court.pass(HOUR_MS);
          await page(court, { ...FILE_BROKEN, severity: 'resolved' });
          await court.pass(MINUTE_MS);
        },
      },
    ],
  },
  'one-fleet-a-node': {
    broken: [
      {
        when: 'the instance is stopped of which two files say that it is theirs',
        options: { validators: true },
        story: async (court) => {
          await claimTwice(court);
          await off(court);
        },
      },
      {
        when: 'its client is restarted',
        options: { validators: true },
        story: async (court) => {
          await claimTwice(court);
          freeze(court, 'node2');
          await restart(court, 'node2');
        },
      },
    ],
    kept: [
      {
        when: 'another node is stopped',
        options: { validators: true },
        story: async (court) => {
          await claimTwice(court);
          await court.ours('StopInstances', { InstanceIds: [court.id('node3')] });
        },
      },
      {
        when: 'the other tag was taken away again',
        options: { validators: true },
        story: async (court) => {
          await claimTwice(court);
          const Tags = [{ Key: 'Project' }];
          await court.person('DeleteTags', { Resources: [court.id('node2')], Tags });
          await court.pass(5 * MINUTE_MS);
          await off(court);
        },
      },
      {
        when: 'a heal had it in hand before',
        options: { validators: true },
        story: async (court) => {
          await sleeping(court);
          await claimTwice(court);
          await off(court);
        },
      },
    ],
  },
  'a-yes-has-an-effect': {
    broken: [
      {
        when: 'nothing follows on it',
        story: async (court) => {
          await askedFor(court, 'swap');
          court.says({ kind: 'approve', plan: PLAN });
          await court.pass(2 * HOUR_MS);
        },
      },
      {
        when: 'only its trouble is said again',
        story: async (court) => {
          await askedFor(court, 'swap');
          court.says({ kind: 'approve', plan: PLAN });
          await court.pass(30 * MINUTE_MS);
          await page(court, { ...QUESTION, code: 'disk', severity: 'again', sentence: 'its disk is full' });
          await court.pass(2 * HOUR_MS);
        },
      },
      {
        when: 'the breaker had been paged before anybody was asked',
        story: async (court) => {
          await page(court, { ...QUESTION, node: 'node1', code: 'breaker-open', sentence: '2 of 3 nodes unhealthy' });
          await court.pass(MINUTE_MS);
          await askedFor(court, 'swap');
          court.says({ kind: 'approve', plan: PLAN });
          await court.pass(2 * HOUR_MS);
        },
      },
      {
        when: 'a page of several others follows',
        story: async (court) => {
          await askedFor(court, 'swap');
          court.says({ kind: 'approve', plan: PLAN });
          await court.pass(5 * MINUTE_MS);
          const sentence = 'node1, node3: 2 attached volumes carry Component=nodes/bitcoin';
          await page(court, { ...QUESTION, node: '2 nodes', code: 'volume-ambiguous', sentence });
          await court.pass(2 * HOUR_MS);
        },
      },
      {
        when: 'only the same question follows, and that something else would have been needed',
        story: async (court) => {
          await askedFor(court, 'swap');
          court.says({ kind: 'approve', plan: PLAN });
          await page(court, { ...QUESTION, code: 'approval-exceeded', sentence: 'Approved was A.' });
          await court.pass(HOUR_MS);
          await page(court, questionOf('swap'));
          await court.pass(HOUR_MS);
        },
      },
    ],
    kept: [
      {
        when: 'its act follows',
        story: async (court) => {
          await askedFor(court, 'restart');
          court.says({ kind: 'approve', plan: PLAN });
          await restart(court, 'node2');
          await court.pass(2 * HOUR_MS);
        },
      },
      {
        when: 'another question follows',
        story: async (court) => {
          await askedFor(court, 'swap');
          court.says({ kind: 'approve', plan: PLAN });
          await court.pass(5 * MINUTE_MS);
          await page(court, questionOf('swap from another set'));
          await court.pass(2 * HOUR_MS);
        },
      },
      {
        when: 'it is said again that the clock of its node keeps every command from it',
        story: async (court) => {
          await askedFor(court, 'swap');
          court.says({ kind: 'approve', plan: PLAN });
          await court.pass(30 * MINUTE_MS);
          await page(court, { ...QUESTION, code: 'clock-ahead', severity: 'again', sentence: 'its clock is ahead' });
          await court.pass(2 * HOUR_MS);
        },
      },
      {
        when: 'people read between the question and the yes that the breaker holds every node',
        story: async (court) => {
          await askedFor(court, 'swap');
          await page(court, { ...QUESTION, node: 'node1', code: 'breaker-open', sentence: '2 of 3 nodes unhealthy' });
          court.says({ kind: 'approve', plan: PLAN });
          await court.pass(2 * HOUR_MS);
        },
      },
      {
        when: 'a page of several nodes says what keeps it from its heal',
        story: async (court) => {
          await askedFor(court, 'swap');
          court.says({ kind: 'approve', plan: PLAN });
          await court.pass(5 * MINUTE_MS);
          const sentence = 'node1, node2: 2 attached volumes carry Component=nodes/bitcoin';
          await page(court, { ...QUESTION, node: '2 nodes', code: 'volume-ambiguous', sentence });
          await court.pass(2 * HOUR_MS);
        },
      },
      {
        when: 'the node is well by itself, or a person has paused it',
        story: async (court) => {
          await askedFor(court, 'swap');
          court.says({ kind: 'approve', plan: PLAN });
          await court.person('PutParameter', { Name: '/chainmend/pause', Value: 'me', Type: 'String' });
          await court.pass(2 * HOUR_MS);
        },
      },
    ],
  },
  'no-question-twice': {
    broken: [
      {
        when: 'the same is asked an hour later',
        story: async (court) => {
          await askedFor(court, 'swap');
          await court.pass(HOUR_MS);
          await page(court, questionOf('swap', 2));
          await court.pass(MINUTE_MS);
        },
      },
    ],
    kept: [
      {
        when: 'something else is asked',
        story: async (court) => {
          await askedFor(court, 'swap');
          await court.pass(HOUR_MS);
          await page(court, questionOf('swap from another set', 2));
          await court.pass(MINUTE_MS);
        },
      },
      {
        when: 'nobody has answered in time',
        story: async (court) => {
          await askedFor(court, 'swap');
          await court.pass(4 * HOUR_MS);
          await page(court, questionOf('swap', 2));
          await court.pass(MINUTE_MS);
        },
      },
      {
        when: 'a person has restored the table to a time before the question',
        story: async (court) => {
          court.says({ kind: 'restore-table', untilMs: court.region.clock.now() + HOUR_MS });
          await askedFor(court, 'swap');
          await court.pass(HOUR_MS);
          await page(court, questionOf('swap', 2));
          await court.pass(MINUTE_MS);
        },
      },
      {
        when: 'the node was well in between',
        story: async (court) => {
          await askedFor(court, 'swap');
          machine(court, 'node2').startClient();
          await court.pass(HOUR_MS);
          machine(court, 'node2').killClient();
          await page(court, questionOf('swap', 2));
          await court.pass(MINUTE_MS);
        },
      },
    ],
  },
  'only-who-is-there-is-well': {
    broken: [
      {
        when: 'a person has terminated its instance',
        story: async (court) => {
          await court.person('TerminateInstances', { InstanceIds: [court.id('node2')] });
          await court.pass(5 * MINUTE_MS);
          await page(court, WELL);
          await court.pass(MINUTE_MS);
        },
      },
    ],
    kept: [
      {
        when: 'it runs',
        story: async (court) => {
          await page(court, WELL);
          await court.pass(MINUTE_MS);
        },
      },
    ],
  },
};

const SNAPSHOTS = 'chainmend-snapshot-node/1';
const BROKEN_FILE = {
  ...{ Name: '/chainmend/fleets/bitcoin', Type: 'String', Overwrite: true, Value: 'fleet: bitcoin\nmode: [act' },
};
const FILE_BROKEN = {
  ...{ fleet: 'bitcoin', node: 'fleet', code: 'fleet-file-invalid', key: 'bitcoin/fleet/fleet-file-invalid' },
  sentence: 'The fleet file as stored does not parse.',
};
const UNREACHABLE = {
  ...{ fleet: 'bitcoin', node: 'node2', code: 'node-unreachable', key: 'bitcoin/node2/node-unreachable' },
  sentence: 'It does not answer.',
};
const HALTED = {
  ...{ fleet: 'bitcoin', node: 'fleet', code: 'chain-halted', key: 'bitcoin/fleet/chain-halted' },
  sentence: 'The chain stands.',
};
const WELL = {
  ...{ fleet: 'bitcoin', node: 'node2', code: 'node-stuck', key: 'bitcoin/node2/node-stuck', severity: 'resolved' },
  sentence: 'node2 is well without a heal',
};
const PLAN = '8e5d518181cecc05';
const QUESTION = { fleet: 'bitcoin', node: 'node2', code: 'approval-wanted', key: 'bitcoin/node2/node:health' };

const questionOf = (rungs: string, attempt = 1): object => ({
  ...QUESTION,
  sentence: `${rungs}. May chainmend do this?`,
  terms: { incident: `4fa3ecad (node:health), attempt ${attempt}`, rungs },
  next: { approve: `npm run chainmend -- approve 4fa3ecad --plan ${PLAN}` },
});

/** The client of node2 has ended, and a person is asked. */
async function askedFor(court: Court, rungs: string): Promise<void> {
  machine(court, 'node2').killClient();
  await court.pass(5 * MINUTE_MS);
  await page(court, questionOf(rungs));
  await court.pass(5 * MINUTE_MS);
}

async function halted(court: Court): Promise<void> {
  machine(court, 'node1').chain.halt();
  await court.pass(5 * MINUTE_MS);
  await page(court, HALTED);
  await court.pass(5 * MINUTE_MS);
}

/** Two of four nodes follow other blocks, and people are told. */
async function split(court: Court): Promise<void> {
  const { chain } = machine(court, 'node1');
  const other = chain.fork(chain.height(), { blockIntervalMs: 30_000 });
  for (const node of ['node1', 'node2']) machine(court, node).client.follow(other);
  await court.pass(5 * MINUTE_MS);
  await page(court, {
    ...{ fleet: 'bitcoin', node: 'fleet', code: 'no-majority', key: 'bitcoin/fleet/no-majority' },
    sentence: 'node1, node2 against node3, node4',
  });
  await court.pass(5 * MINUTE_MS);
}

/** The zone of node1 and node4 has no power, and people are told. */
async function darkZone(court: Court): Promise<void> {
  for (const node of ['node1', 'node4']) {
    court.region.ec2.impair(court.id(node), 'system', 'nothing');
    machine(court, node).powerOff('hard');
  }
  await court.pass(5 * MINUTE_MS);
  await page(court, {
    ...{ fleet: 'bitcoin', node: 'node1, node4', code: 'zone-down', key: 'bitcoin/fleet/zone-down' },
    sentence: 'nothing in it is stopped',
  });
  await court.pass(5 * MINUTE_MS);
}

/** A person gives node2 the tag of the validators, too. */
async function claimTwice(court: Court): Promise<void> {
  const Tags = [{ Key: 'Project', Value: 'irita' }];
  await court.person('CreateTags', { Resources: [court.id('node2')], Tags });
  await court.pass(5 * MINUTE_MS);
}

const BEFORE = '0.21.0';
const AFTER = '0.22.0';
const asksForUpgrade = (court: Court): void =>
  court.says({ kind: 'request', fleet: 'bitcoin', ofAll: true, to: AFTER });

/** Its owner has installed another version on the node. */
function install(court: Court, node: string, version: InstalledVersion = {}, name = AFTER): void {
  Object.assign(machine(court, node).spec, { versions: { [BEFORE]: {}, [name]: version } });
}

const switchTo = (court: Court, node: string, Version = AFTER) =>
  court.command('restart-client', node, { Only: 'switch', Version });

/** They are told one after the other, and none of them comes up. */
async function failToSwitch(
  court: Court,
  nodes: readonly string[],
  how: Readonly<Record<string, string>> = { Only: 'switch', Version: AFTER },
) {
  for (const node of nodes) {
    install(court, node, { fault: 'ends' });
    machine(court, node).client.onStart(() => machine(court, node).client.stop('failed', 'stopped'));
    await court.command('restart-client', node, how);
  }
}

/** A node has the new version for a while, and an hour ago the one of before again. */
async function takenBack(court: Court, node: string): Promise<void> {
  install(court, node);
  await switchTo(court, node);
  await court.pass(10 * MINUTE_MS);
  await switchTo(court, node, BEFORE);
  await court.pass(HOUR_MS);
}

async function launchForDrill(court: Court, more: Readonly<Record<string, string>> = {}): Promise<string> {
  const Tags = Object.entries({ 'chainmend:drill': 'bitcoin', ...more }).map(([Key, Value]) => ({ Key, Value }));
  const made = await court.ours(
    'RunInstances',
    {
      ...{ ImageId: 'ami-0123456789abcdef0', InstanceType: 'm6i.large', MinCount: 1, MaxCount: 1 },
      TagSpecifications: [{ ResourceType: 'instance', Tags }],
    },
    DRILLS,
  );
  await court.pass(MINUTE_MS);
  const [{ InstanceId = '' } = {}] =
    (made as { readonly Instances?: { readonly InstanceId?: string }[] }).Instances ?? [];
  return InstanceId;
}

function never(): never {
  throw new Error('there is no such instance');
}

/** A drill writes on a snapshot, in an account whose file says that account 444455556666 shares them. */
async function tagShared(court: Court, ownerId: string): Promise<void> {
  const file = {
    ...{ fleet: 'elsewhere', chain: 'bitcoin', mode: 'act', nodes: { tag: { Component: 'nodes/elsewhere' } } },
    ...{ role: 'follower', health: { references: ['https://bitcoin-a.example/', 'https://bitcoin-b.example/'] } },
    snapshots: {
      copiesFrom: { region: 'eu-west-1', account: { id: '444455556666', policy: 'policy-0123456789abcdef0' } },
    },
    replace: { launchTemplate: 'lt-0123456789abcdef0' },
    drills: { securityGroup: 'sg-0d0000000000000d1', subnet: 'subnet-0123456789abcdef0' },
  };
  await court.person('PutParameter', {
    ...{ Name: '/chainmend/fleets/elsewhere', Type: 'String', Value: JSON.stringify(file) },
  });
  const snapshotId = court.region.ec2.addSnapshot({ volumeId: 'vol-0123456789abcdef0', sizeGiB: 100, ownerId });
  await court.pass(MINUTE_MS);
  const Tags = [{ Key: 'chainmend:verified', Value: '2026-01-01T12:00:00Z' }];
  await court.ours('CreateTags', { Resources: [snapshotId], Tags }, DRILLS);
}

/** A person stores the followers' file under a name. */
const push = (court: Court, fleet: string, mode: string) =>
  court.person('PutParameter', {
    ...{ Name: `/chainmend/fleets/${fleet}`, Type: 'String', Overwrite: true },
    Value: JSON.stringify({ fleet, chain: 'bitcoin', mode, nodes: { tag: { Component: 'nodes/bitcoin' } } }),
  });

const snapshot = (court: Court, node: string) =>
  court.ours(
    'CreateSnapshots',
    { InstanceSpecification: { InstanceId: court.id(node), ExcludeBootVolume: true } },
    'chainmend-snapshot-node/1',
  );

/** A durable execution that was begun and never goes on, as the region lists it. */
async function sleeping({ region, id }: Court): Promise<void> {
  const execution = {
    ...{
      arn: 'arn:aws:lambda:eu-west-1:111122223333:function:chainmend-replace-node:1/durable-execution/a/b',
      name: 'a',
    },
    ...{ status: 'RUNNING', startedAtMs: region.clock.now(), payload: `{"instanceId":"${id('node2')}"}` },
  };
  Object.assign(region.lambda, { executions: () => [execution] });
}

const table = (which: 'broken' | 'kept') =>
  Object.entries(CASES).flatMap(([promise, cases]) =>
    cases[which].map(({ when, options, story }) => ({ promise: promise as PromiseName, when, options, story })),
  );

describe('a promise', () => {
  it.each(table('broken'))('$promise is broken where $when', async ({ promise, options, story }) => {
    const court = await courtOf(options);
    await story(court);
    const { broken, mattered } = court.end();
    expect(broken.map((one) => one.promise)).toContain(promise);
    expect(mattered).toContain(promise);
  });

  it.each(table('kept'))('$promise is kept, and mattered, where $when', async ({ promise, options, story }) => {
    const court = await courtOf(options);
    await story(court);
    const { broken, mattered, idle } = court.end();
    expect(broken.filter((one) => one.promise === promise)).toEqual([]);
    expect(mattered).toContain(promise);
    expect(idle).not.toContain(promise);
  });
});

it('a quiet hour breaks nothing', async () => {
  const court = await courtOf({ validators: true, before: poolOfAll });
  await court.pass(HOUR_MS);
  court.faultsEnd();
  await court.pass(HOUR_MS);
  expect(court.end().broken).toEqual([]);
});
