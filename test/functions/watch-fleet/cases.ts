// What watch-fleet sees and reports, with its real bundle and that of probe-nodes in the region, under their real roles.

import { everySeconds } from '../../../local/nodes/rhythm.ts';
import { readJournal } from '../../../local/scenarios/report/journal.ts';
import type { Scenario } from '../../../local/scenarios/scenario.ts';
import { killed } from '../../../local/scenarios/world/ladder.ts';
import type { World } from '../../../local/scenarios/world/world.ts';
import { bitcoinChain, consortium, follower, followers, references } from '../../../local/scenarios/world/worlds.ts';
import { fromItem } from '../../../shared/aws/attributes.ts';
import type { FleetObservation, FleetWatch, ObservedNode } from '../../../shared/fleet/observation.ts';
import type { FleetDocument } from '../../../shared/fleet/schema.ts';
import { failuresOf } from '../../fixtures/failures.ts';

const FUNCTION = 'chainmend-watch-fleet';

interface Case {
  readonly fleets?: Readonly<Record<string, Partial<FleetDocument>>>;
  readonly build?: (world: World) => void;
  readonly people?: (world: World) => void;
  /** 12 unless given. */
  readonly minutes?: number;
  readonly meanwhile?: Readonly<Record<string, readonly [atMinutes: number, holds: (world: World) => boolean]>>;
  readonly expect: Readonly<Record<string, (world: World) => boolean>>;
}

const items = <T>({ region, tableName }: World, fleet: string, prefix: string): T[] =>
  region.dynamodb
    .items(tableName)
    .map((item) => fromItem(item as Parameters<typeof fromItem>[0]) as unknown as T & { pk: string; sk: string })
    .filter(({ pk, sk }) => pk === `FLEET#${fleet}#watch-fleet` && sk.startsWith(prefix));
const parts = (world: World, fleet = 'bitcoin') => items<FleetObservation>(world, fleet, 'OBSERVATION#');
const watch = (world: World, fleet = 'bitcoin') => items<FleetWatch>(world, fleet, 'WATCH')[0];
const seen = (world: World, name: string, fleet = 'bitcoin'): ObservedNode | undefined => {
  const { instanceId } = world.find(fleet, name);
  return parts(world, fleet)
    .flatMap(({ nodes }) => nodes)
    .find((node) => node.instanceId === instanceId);
};
const rpcOf = (world: World, name: string) => world.find('bitcoin', name).machine.rpc;
const isWell = (world: World, ...names: string[]): boolean =>
  names.every((name) => seen(world, name)?.health === 'synced');
const told = (world: World) => readJournal(world.region, world.tableName).filter(({ heal }) => heal === 'watch-fleet');
const pages = (world: World, code: string) => told(world).filter((line) => line.kind === 'page' && line.code === code);
const failed = ({ region }: World): number => failuresOf(region, FUNCTION);
const metric = ({ region }: World, name: string, dimensions: Readonly<Record<string, string>>) =>
  region.cloudwatch.seriesOf({ namespace: 'chainmend', name, dimensions });
const ofNode = (world: World, name: string, Node: string, Fleet = 'bitcoin') => metric(world, name, { Fleet, Node });
const calls = ({ region }: World, operation: string) =>
  region.gateway.trace.calls.filter((call) => call.actor.startsWith(FUNCTION) && call.operation === operation);
/** Reads of a failed check alone: events of EC2 are asked for in each sweep. */
const checksRead = (world: World): number =>
  calls(world, 'DescribeInstanceStatus').filter(({ input }) =>
    (input as { Filters?: { Name: string }[] }).Filters?.some(({ Name }) => Name === 'instance-status.status'),
  ).length;

const exchangeOf = (count: number) => (world: World) => {
  references(world, bitcoinChain(world, 1, { clock: everySeconds(30) }));
  followers(world, count);
};

const cases: Readonly<Record<string, Case>> = {
  'a fleet that is well is seen to be so, by a probe in its VPC, and nobody is told anything': {
    expect: {
      'every node is synced, with height, peers and age': (world) =>
        isWell(world, 'node1', 'node2', 'node3') &&
        (seen(world, 'node2')?.height ?? 0) > 931_000 &&
        seen(world, 'node2')?.lagBlocks !== null,
      'the references are good': (world) =>
        watch(world)
          ?.references.map(({ state }) => state)
          .join() === 'good,good',
      'blocks are compared at a height below the tip': (world) => (watch(world)?.canonical?.height ?? 0) > 930_000,
      'health and lag are measured for each': (world) =>
        ofNode(world, 'Health', 'node2').at(-1)?.value === 0 && ofNode(world, 'HeightLag', 'node2').length > 5,
      'the fleet is measured': (world) =>
        metric(world, 'Nodes', { Fleet: 'bitcoin' }).at(-1)?.value === 3 &&
        metric(world, 'Halted', { Fleet: 'bitcoin' }).at(-1)?.value === 0,
      'each sweep is counted': (world) => metric(world, 'Watches', {}).length > 10,
      'nothing is written, nobody paged': (world) =>
        told(world).every(({ sentence }) => sentence.includes('→ synced') || sentence.includes('starting')),
      'nothing failed': (world) => failed(world) === 0,
      'one call asks all of them, each minute': (world) =>
        calls(world, 'Invoke').length <= calls(world, 'DescribeInstances').length,
    },
  },
  'the consortium’s validators are asked by a command on each: consensus and disks are seen, too': {
    build: (world) => void consortium(world),
    expect: {
      'all are synced': (world) =>
        ['validator1', 'validator2', 'validator3', 'validator4'].every(
          (name) => seen(world, name, 'irita')?.health === 'synced',
        ),
      'their consensus is measured': (world) =>
        metric(world, 'OnlineVotingPowerPercent', { Fleet: 'irita' }).at(-1)?.value === 100 &&
        metric(world, 'ConsensusRounds', { Fleet: 'irita' }).length > 5 &&
        metric(world, 'ValidatorsJailed', { Fleet: 'irita' }).at(-1)?.value === 0,
      'how full their disks are is measured': (world) =>
        (ofNode(world, 'DiskUsedPercent', 'validator3', 'irita').at(-1)?.value ?? 0) > 70,
      'one command asks all four': (world) => {
        const sent = calls(world, 'SendCommand').map(
          ({ input }) => (input as { InstanceIds: string[] }).InstanceIds.length,
        );
        return sent.length > 5 && sent.every((count) => count === 4);
      },
      'nothing failed': (world) => failed(world) === 0,
    },
  },
  'a node asked over SSM whose agent falls silent is unknown; one whose instance has died is cut off, as EC2’s checks say, which are asked for only while a machine is silent':
    {
      fleets: { bitcoin: { probe: 'ssm', replace: { rungs: [] } } },
      people: (world) => {
        world.at(4, () => world.find('bitcoin', 'node1').machine.setAgentConnected(false));
        world.at(6, () => killed(world, world.find('bitcoin', 'node2')));
      },
      meanwhile: {
        'no check was read before': [3.5, (world) => checksRead(world) === 0],
        'the one whose agent alone is silent is unknown': [5.5, (world) => seen(world, 'node1')?.health === 'unknown'],
      },
      expect: {
        'the dead one is cut off': (world) => seen(world, 'node2')?.cutOff === true,
        'the other one is only unknown': (world) =>
          seen(world, 'node1')?.health === 'unknown' && seen(world, 'node1')?.cutOff === undefined,
        'checks are read once a sweep': (world) =>
          checksRead(world) > 0 && checksRead(world) < metric(world, 'Watches', {}).length,
        'nothing failed': (world) => failed(world) === 0,
      },
    },
  'RPCs that answer garbage, ten megabytes, too late, as another chain or not at all are told apart, once each, and the rest is well':
    {
      // So many at once are left to people where the file allows no restart.
      fleets: { bitcoin: { replace: { rungs: ['swap'] } } },
      build: exchangeOf(11),
      people: (world) => {
        const bad = ['garbage', 'huge', 'slow', 'wrong-chain', 'dead'] as const;
        for (const [at, how] of bad.entries()) world.at(2, () => rpcOf(world, `node${at + 1}`).misbehave(how));
        for (const at of bad.keys()) world.at(10, () => rpcOf(world, `node${at + 1}`).behave());
      },
      minutes: 14,
      meanwhile: {
        'each by its reason': [
          8,
          (world) =>
            [3, 5].every((at) => seen(world, `node${at}`)?.health === 'unreachable') &&
            [1, 2].every((at) => seen(world, `node${at}`)?.health === 'busy') &&
            seen(world, 'node1')?.reason.includes('not UTF-8') === true &&
            seen(world, 'node2')?.reason.includes('more than') === true &&
            seen(world, 'node3')?.reason.includes('did not answer within') === true &&
            seen(world, 'node4')?.health === 'forked' &&
            seen(world, 'node4')?.reason.includes('it is on network') === true,
        ],
        'none of them has a lag': [
          8,
          (world) => [1, 2, 3, 4, 5].every((at) => seen(world, `node${at}`)?.lagBlocks === null),
        ],
        'the rest is well': [8, (world) => isWell(world, 'node6', 'node7', 'node8', 'node9', 'node10', 'node11')],
      },
      expect: {
        'one page for those that are silent, one for the stranger': (world) =>
          pages(world, 'node-unreachable').length === 1 && pages(world, 'wrong-chain').length === 1,
        'it names them': (world) => pages(world, 'node-unreachable')[0]?.sentence.startsWith('node3, node5: ') === true,
        'they are well again, and the journal says so': (world) =>
          isWell(world, 'node1', 'node2', 'node3', 'node4', 'node5') &&
          told(world).some(({ node, sentence }) => node === 'node4' && sentence.startsWith('forked → synced: ')),
        'nothing failed': (world) => failed(world) === 0,
      },
    },
  'five minutes without the table fail every sweep, and leave none to be run again later': {
    people: (world) => world.at(2, () => world.region.outages.begin('dynamodb', world.region.clock.now() + 5 * 60_000)),
    minutes: 20,
    expect: {
      'sweeps failed': (world) =>
        ['watch-fleet', 'dispatch-heal', 'register-nodes'].every(
          (name) => failuresOf(world.region, `chainmend-${name}`) > 0,
        ),
      'none is in a queue': ({ region }) =>
        [
          'undelivered',
          ...['watch-fleet', 'dispatch-heal', 'register-nodes', 'rotate-peers'].map((name) => `${name}-failed`),
        ].every((name) => region.sqs.depth(`chainmend-${name}`) === 0),
      'all is well afterwards': (world) => isWell(world, 'node1', 'node2', 'node3'),
    },
  },
  'credentials that nobody takes are our trouble and not the node’s: unknown, told once': {
    people: (world) => world.at(2, () => world.find('bitcoin', 'node2').machine.rpc.misbehave('unauthorized')),
    expect: {
      'it is unknown': (world) => seen(world, 'node2')?.health === 'unknown',
      'people were told once that it cannot be asked': (world) => pages(world, 'cannot-ask').length === 1,
      'the others are well': (world) => isWell(world, 'node1', 'node3'),
    },
  },
  'a muted alarm and disabled actions keep a page back: a person is at work there': {
    fleets: { bitcoin: { replace: { rungs: ['swap'] } } },
    people: (world) => {
      world.at(1, () =>
        world.region.call('monitoring', 'PutAlarmMuteRule', {
          Name: 'move',
          Rule: { Schedule: { Expression: 'at(2026-01-01T12:00)', Duration: 'PT20M' } },
          MuteTargets: { AlarmNames: ['chainmend-bitcoin-node1-unreachable'] },
        }),
      );
      world.at(1, () =>
        world.region.call('monitoring', 'DisableAlarmActions', { AlarmNames: ['chainmend-bitcoin-node2-unreachable'] }),
      );
      for (const name of ['node1', 'node2', 'node3']) world.at(3, () => rpcOf(world, name).misbehave('dead'));
    },
    build: exchangeOf(5),
    minutes: 26,
    meanwhile: {
      'the third one is told of alone': [
        15,
        (world) =>
          pages(world, 'node-unreachable')
            .map(({ sentence }) => sentence.split(':')[0])
            .join() === 'node3',
      ],
    },
    expect: {
      'the first one is told of when the window is over, the second is still left alone': (world) =>
        pages(world, 'node-unreachable')
          .map(({ sentence }) => sentence.split(':')[0])
          .join() === 'node3,node1',
    },
  },
  'an instance that a person stops serves nobody: that is known, and told': {
    people: (world) =>
      world.at(2, () =>
        world.region.call('ec2', 'StopInstances', { InstanceIds: [world.find('bitcoin', 'node2').instanceId] }),
      ),
    expect: {
      'it is unreachable, and why is said': (world) => seen(world, 'node2')?.reason === 'its instance is stopped',
      'it was told once': (world) => pages(world, 'node-unreachable').length === 1,
    },
  },
  'two nodes with one name are both seen, and measured under no name; the rest is': {
    people: (world) =>
      world.at(2, () => {
        const { instanceId } = world.launch(follower('node7'));
        world.region.ec2.setTag(instanceId, 'Name', 'node2');
      }),
    expect: {
      'four nodes are seen': (world) => parts(world).flatMap(({ nodes }) => nodes).length === 4,
      'nothing is measured under the name any more': (world) => {
        const last = ofNode(world, 'Health', 'node2').at(-1)?.atMs ?? 0;
        const others = ofNode(world, 'Health', 'node1').at(-1)?.atMs ?? 0;
        return others - last > 5 * 60_000;
      },
      'the others are well': (world) => isWell(world, 'node1', 'node3'),
    },
  },
  'a node whose SSM agent is gone is unknown, and so are no others': {
    build: (world) => void consortium(world),
    people: (world) => world.at(2, () => world.find('irita', 'validator2').machine.setAgentConnected(false)),
    minutes: 16,
    expect: {
      'it is unknown, with the reason': (world) => seen(world, 'validator2', 'irita')?.health === 'unknown',
      'the others are well': (world) =>
        ['validator1', 'validator3', 'validator4'].every((name) => seen(world, name, 'irita')?.health === 'synced'),
      'people were told': (world) => pages(world, 'cannot-ask').length === 1,
    },
  },
  'a fleet whose file names another VPC than its nodes are in is unknown, and the others are watched as ever': {
    fleets: { irita: { probe: { vpc: 'vpc-0fffffffffffffff0', subnets: ['subnet-0fffffffffffffff0'] } } },
    build: (world) => {
      exchangeOf(3)(world);
      consortium(world);
    },
    expect: {
      'its nodes are unknown, as they are in no such VPC': (world) =>
        seen(world, 'validator1', 'irita')?.health === 'unknown',
      'the others are well': (world) => isWell(world, 'node1', 'node2', 'node3'),
    },
  },
  'of a fleet that shrinks nothing old is left': {
    build: exchangeOf(103),
    people: (world) => {
      for (let at = 50; at <= 103; at++) world.at(2, () => world.terminate(world.find('bitcoin', `node${at}`)));
    },
    minutes: 8,
    expect: {
      'all that are left are seen': (world) => parts(world).flatMap(({ nodes }) => nodes).length === 49,
      'the second part is empty': (world) => parts(world).length === 2,
      'nothing failed': (world) => failed(world) === 0,
    },
  },
  'nodes that vanish all at once are not taken for nothing: what was seen grows stale': {
    people: (world) => {
      const retag = (value: string) => () => {
        for (const name of ['node1', 'node2', 'node3'])
          world.region.ec2.setTag(world.find('bitcoin', name).instanceId, 'Component', value);
      };
      world.at(2, retag('nodes/other'));
    },
    minutes: 8,
    expect: {
      'the last sight of them is kept, and old': (world) => {
        const [part] = parts(world);
        return part?.nodes.length === 3 && world.region.clock.now() - part.observedAtMs > 4 * 60_000;
      },
    },
  },
};

export const SCENARIOS: readonly Scenario[] = Object.entries(cases).map(
  ([name, { fleets, build = exchangeOf(3), people, minutes = 12, meanwhile = {}, expect }]) => ({
    name,
    sentence: name,
    ...(fleets && { fleets }),
    build,
    ...(people && { people }),
    meanwhile: Object.entries(meanwhile).map(([sentence, [atMinutes, holds]]) => ({ atMinutes, sentence, holds })),
    done: ({ region }) => region.clock.now() >= Date.UTC(2026, 0, 1, 12, minutes),
    hours: 2,
    expect: Object.entries(expect).map(([sentence, holds]) => ({ sentence, holds: (_, world) => holds(world) })),
  }),
);
