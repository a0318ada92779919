// Two fleets in one suite: an exchange's followers and a consortium's validators. Whoever may write one fleet's file, or tag one node, reaches nothing of the
// other fleet.
import { everySeconds } from '../../../../local/nodes/rhythm.ts';
import { drillDaily } from '../../../../local/scenarios/catalog/drills.ts';
import type { Report } from '../../../../local/scenarios/report/report.ts';
import type { FleetChange, Scenario } from '../../../../local/scenarios/scenario.ts';
import { drillRecord } from '../../../../local/scenarios/world/drills.ts';
import type { World } from '../../../../local/scenarios/world/world.ts';
import { consortium, exchange } from '../../../../local/scenarios/world/worlds.ts';
import type { CallRecord } from '../../../../local/simulator/trace.ts';
import { PAUSE_TAG } from '../../../../shared/guardrails/switches.ts';
import { DRILL_TAG } from '../../../../shared/model/tags.ts';

const START_MS = Date.UTC(2026, 0, 1, 12);
const minutes = (count: number): number => START_MS + count * 60_000;

const build = (world: World): void => {
  exchange(world, { usedPercent: 46 }, { clock: everySeconds(30) });
  consortium(world);
};

/** The neighbour's owner stores a file that its own team alone has written. */
const store = ({ region }: World, change: object): Promise<unknown> => {
  const Name = '/chainmend/fleets/irita';
  const before = JSON.parse(region.ssm.parameter(Name) ?? '{}') as object;
  const Value = JSON.stringify({ ...before, ...change });
  return region.call('ssm', 'PutParameter', { Name, Value, Type: 'String', Overwrite: true });
};

/** Also played by itself: it is what keeps a drill from ending a node. */
export const TAGGED = 'a drill ends no instance that somebody has given its tag: a drill has launched it, or it stays';

const READS = /^(Describe|Get|List|Query|Scan|BatchGet)/;

/** Commands and changes of the suite that name one of these ids, from a minute on. */
const reached = ({ region }: World, ids: readonly string[], fromMs: number): readonly CallRecord[] =>
  region.gateway.trace.calls.filter(
    ({ actor, at, service, operation, input }) =>
      actor.startsWith('chainmend-') &&
      ['ec2', 'ssm'].includes(service) &&
      !READS.test(operation) &&
      at >= fromMs &&
      ids.some((id) => JSON.stringify(input).includes(id)),
  );

const comments = ({ region }: World, word: string): readonly CallRecord[] =>
  region.gateway.trace.calls.filter(
    ({ operation, input }) => operation === 'SendCommand' && JSON.stringify(input).includes(word),
  );

const idsOf = (world: World, fleet: string): readonly string[] =>
  world.nodes.filter((node) => node.fleet.name === fleet).map(({ instanceId }) => instanceId);

const pagesOf = ({ pages }: Report, code: string) => pages.filter((page) => page.code === code);

const FOREIGN_TAGS = { tag: { Component: 'nodes/bitcoin' } };

const stolen = (name: string, change: object, word: string): Scenario => ({
  name,
  sentence: name,
  fleets: { bitcoin: { mode: 'act' }, irita: { mode: 'act' } },
  build,
  people: (world) => world.at(5, () => store(world, change)),
  done: () => false,
  hours: 1,
  pagesAtMost: 20,
  expect: [
    { sentence: 'no command of that file is sent', holds: (_, world) => comments(world, word).length === 0 },
    {
      sentence: 'nothing that bitcoin has is changed',
      holds: (_, world) =>
        reached(world, idsOf(world, 'bitcoin'), minutes(5)).every(({ operation }) => operation === 'SendCommand'),
    },
    {
      sentence: 'people are told once that a fleet file is refused',
      holds: ({ pages }) => pages.filter(({ sentence }) => sentence.includes('fleet-file-broken')).length === 1,
    },
  ],
});

/** The suite's own documents that change nothing on a node but its fence. */
const OBSERVES = /^chainmend-(see-clients|ask-node|ask-peers|read-config|observe-node|inspect-node)-/;
const OWNERS = { start: '/opt/node/start', stop: '/opt/node/stop', status: '/opt/node/status' };

/** A fleet whose owner has commands of its own, one of whose nodes stands still while the disk of another fills. */
const observedOnly = (
  under: string,
  change: FleetChange,
  before: (world: World) => Promise<unknown> = async () => undefined,
): Scenario => ({
  name: `under ${under} a node is only looked at: by the suite’s own documents, and of its owner’s commands by status alone, on the fleet’s own nodes`,
  sentence: under,
  fleets: {
    bitcoin: { mode: 'act', unit: undefined, commands: OWNERS, probe: 'unit', ...change },
    irita: { mode: 'act' },
  },
  build: (world) => {
    exchange(world, {}, { clock: everySeconds(30), runtime: 'commands' });
    consortium(world);
    world.beforehand(() => before(world));
  },
  people: (world) => {
    const { machine } = world.find('bitcoin', 'node3');
    world.at(3, () => machine.client.freeze({ untilRestart: true }));
  },
  done: () => false,
  hours: 1,
  pagesAtMost: 20,
  expect: [
    {
      sentence: 'it is looked at',
      holds: (_, world) =>
        sentTo(world, idsOf(world, 'bitcoin')).some(({ DocumentName }) => DocumentName.includes('see-clients')),
    },
    {
      sentence: 'by no document that changes anything',
      holds: (_, world) =>
        sentTo(world, idsOf(world, 'bitcoin')).every(({ DocumentName }) => OBSERVES.test(DocumentName)),
    },
    {
      sentence: 'the owner’s commands go to the fleet’s own nodes alone',
      holds: (_, world) => {
        const namesThem = ({ Parameters: { Clients: [told = ''] = [] } }: Sent): boolean =>
          Buffer.from(told, 'base64').toString().includes(OWNERS.status);
        return (
          sentTo(world, idsOf(world, 'bitcoin')).some(namesThem) &&
          !sentTo(world, idsOf(world, 'irita')).some(namesThem)
        );
      },
    },
    {
      sentence: 'no client was stopped or started',
      holds: (_, world) =>
        world.nodes.every(
          ({ fleet, machine }) => fleet.name !== 'bitcoin' || machine.report().clientStarts.length === 0,
        ),
    },
    {
      sentence: 'nothing of it was changed',
      holds: (_, world) =>
        reached(world, idsOf(world, 'bitcoin'), minutes(0)).every(({ operation }) => operation === 'SendCommand'),
    },
  ],
});

interface Sent {
  readonly DocumentName: string;
  readonly InstanceIds: readonly string[];
  readonly Parameters: { readonly Clients?: readonly string[] };
}

const sentTo = ({ region }: World, ids: readonly string[]): readonly Sent[] =>
  region.gateway.trace.calls
    .filter(({ operation }) => operation === 'SendCommand')
    .map(({ input }) => input as Sent)
    .filter(({ InstanceIds }) => InstanceIds.some((id) => ids.includes(id)));

export const SCENARIOS: readonly Scenario[] = [
  stolen(
    'a stored file that names the neighbour’s nodes and a command of its own runs nothing on them',
    {
      nodes: FOREIGN_TAGS,
      probe: 'unit',
      docker: undefined,
      commands: { start: '/usr/sbin/reboot', stop: '/usr/sbin/reboot', status: '/usr/sbin/poweroff' },
    },
    'poweroff',
  ),
  stolen(
    'a stored file that names the neighbour’s volumes gets none of their data',
    { volumes: { data: { path: '/data', tag: { Component: 'nodes/bitcoin' } } } },
    'nodes/bitcoin',
  ),
  {
    name: 'a node with the tags of two fleets is nobody’s: neither touches it, its pool goes on without it, and people are told once',
    sentence: 'a node of two fleets',
    fleets: { bitcoin: { mode: 'act', health: { stuckSeconds: 300 } } },
    build,
    people: (world) => {
      const { instanceId, machine } = world.find('bitcoin', 'node2');
      world.at(3, () => world.region.ec2.setTag(instanceId, 'Project', 'irita'));
      world.at(20, () => machine.client.freeze({ untilRestart: true }));
    },
    done: () => false,
    hours: 2,
    pagesAtMost: 1,
    expect: [
      {
        sentence: 'nothing was sent to it, and nothing of it was changed, from two minutes later on',
        holds: (_, world) => reached(world, [world.find('bitcoin', 'node2').instanceId], minutes(5)).length === 0,
      },
      {
        sentence: 'its own alarms stay, and the other fleet makes none for it',
        holds: (_, { region }) =>
          region.cloudwatch.alarmState('chainmend-bitcoin-node2-status-check') !== undefined &&
          region.cloudwatch.alarmState('chainmend-irita-node2-status-check') === undefined,
      },
      {
        sentence: 'its own name stays',
        holds: (_, { region }) =>
          region.route53.records('bitcoin.internal').some(({ name }) => name.startsWith('node2.')),
      },
      {
        sentence: 'it has left the pool',
        holds: (_, world) =>
          !JSON.stringify(
            world.region.route53.records('bitcoin.internal').filter(({ name }) => name.startsWith('pool.')),
          ).includes(world.find('bitcoin', 'node2').machine.privateIp),
      },
      {
        sentence: 'people are told once, with both names',
        holds: (report) => {
          const told = pagesOf(report, 'node-unknown');
          return told.length === 1 && /bitcoin and irita/.test(told[0]?.sentence ?? '');
        },
      },
    ],
  },
  {
    name: 'a neighbour who tags a node in the middle of its heal keeps it down no longer: its client is started, and its heal ends once it is its fleet’s alone',
    sentence: 'a node that is tagged in the middle',
    fleets: { bitcoin: { mode: 'act', health: { stuckSeconds: 300 } } },
    build,
    people: (world) => {
      const { instanceId, machine } = world.find('bitcoin', 'node2');
      world.at(5, () => machine.client.freeze({ untilRestart: true }));
      world.when(
        () => comments(world, 'restart-client').length > 0,
        () => world.region.ec2.setTag(instanceId, 'Project', 'irita'),
      );
      world.at(75, () => world.region.ec2.setTag(instanceId, 'Project', undefined));
    },
    done: () => false,
    hours: 4,
    pagesAtMost: 1,
    expect: [
      {
        sentence: 'its client runs',
        holds: (_, world) => world.find('bitcoin', 'node2').machine.client.state === 'running',
      },
      { sentence: 'its heal ends', holds: ({ heals }) => heals.at(-1)?.outcome === 'healed' },
    ],
    meanwhile: [
      {
        atMinutes: 70,
        sentence: 'its client runs while two fleets claim it',
        holds: (world) => world.find('bitcoin', 'node2').machine.client.state === 'running',
      },
    ],
  },
  {
    ...drillDaily,
    name: TAGGED,
    sentence: 'the tag of a drill on a node',
    people: (world) => {
      drillDaily.people?.(world);
      const { region } = world;
      world.at(0.5, () => region.ec2.setTag(world.find('bitcoin', 'node2').instanceId, DRILL_TAG, 'bitcoin'));
    },
    done: () => false,
    hours: 2,
    expect: [
      {
        sentence: 'the drill has proved its set, and is over',
        holds: (_, world) => drillRecord(world)?.proved != null && drillRecord(world)?.current === null,
      },
      {
        sentence: 'the node runs',
        holds: (_, world) => {
          const { instanceId, machine } = world.find('bitcoin', 'node2');
          const instance = world.region.ec2.instances().find((one) => one.instanceId === instanceId);
          return instance?.state === 'running' && machine.client.state === 'running';
        },
      },
      {
        sentence: 'what it has launched itself is gone, and nothing else was told to go',
        holds: (_, { region }) =>
          region.gateway.trace.calls.filter(({ operation }) => /^(TerminateInstances|DeleteVolume)$/.test(operation))
            .length === 1,
      },
    ],
  },
  observedOnly('mode plan', { mode: 'plan' }),
  observedOnly('a pause of everything', {}, (world) => world.setPause('not today')),
  observedOnly('a pause of the fleet', {}, (world) => world.setPause('not today', 'bitcoin')),
  observedOnly('the pause of each node', {}, async ({ nodes, region }) => {
    for (const { instanceId } of nodes) region.ec2.setTag(instanceId, PAUSE_TAG, 'not today');
  }),
];
