// Faulty RPCs of nodes and faulty public endpoints. Each ends in a page or a record that names it. The rest of the fleet keeps its health, names and
// alarms.
import type { Misbehaviour } from '../../../../local/nodes/rpc/misbehaviour.ts';
import { referenceHost } from '../../../../local/nodes/rpc/reference.ts';
import type { Scenario } from '../../../../local/scenarios/scenario.ts';
import { impatient } from '../../../../local/scenarios/world/ladder.ts';
import type { HttpHost } from '../../../../local/simulator/network/network.ts';
import type { Health } from '../../../../shared/fleet/observation.ts';
import {
  type Bad,
  BEGINS_AT_MINUTES,
  badScenario,
  ENDS_AT_MINUTES,
  NOON_MS,
  noFunctionFailed,
  pagedOnce,
  TESTNET_GENESIS,
  watchOf,
} from './bad-case.ts';
import type { Check } from './case.ts';

const REFERENCE = 'bitcoin-a.example';

// A node's RPC.

const rpc = (how: Misbehaviour, health: Health, expect: Readonly<Record<string, Check>>): Bad => ({
  begins: (world) => world.find('bitcoin', 'node2').machine.rpc.misbehave(how),
  health: { node2: health },
  // Neither healthy nor sick: it stays in the pool.
  outOfPool: health === 'unknown' || health === 'busy' ? [] : ['node2'],
  ...(health === 'busy' && { fleet: { health: impatient.health, replace: { rungs: [] } } }),
  expect: { ...expect, 'no function failed': noFunctionFailed },
});

const nodes: Readonly<Record<string, Bad>> = {
  'a node’s RPC answers garbage': rpc('garbage', 'busy', {
    'people are told what it answers': pagedOnce('node-busy', 'node2', /not UTF-8/),
    'it has no lag, not even 0': (_, { region }) =>
      region.cloudwatch
        .seriesOf({ namespace: 'chainmend', name: 'HeightLag', dimensions: { Fleet: 'bitcoin', Node: 'node2' } })
        .every(({ atMs }) => atMs < NOON_MS + (BEGINS_AT_MINUTES + 1) * 60_000),
  }),
  'a node’s RPC answers with ten megabytes': rpc('huge', 'busy', {
    'people are told the limit': pagedOnce('node-busy', 'node2', /larger|more than|limit/),
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

/** A public endpoint that is down pages nobody; a record says why it does not count. */
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
export const SCENARIOS: readonly Scenario[] = Object.entries({ ...nodes, ...publicEndpoints }).map(([name, told]) =>
  badScenario(name, told),
);
