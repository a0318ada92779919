// Two bitcoin fleets with an owner each, of one chain: what the owner of one may write in its file, in its requests and on snapshots brings no data of the
// other onto a node of his.
import { START_MS } from '../../../../local/region.ts';
import type { Scenario } from '../../../../local/scenarios/scenario.ts';
import { snapshotsOf } from '../../../../local/scenarios/world/fixtures.ts';
import { ask } from '../../../../local/scenarios/world/ladder.ts';
import type { World } from '../../../../local/scenarios/world/world.ts';
import { readWorld } from '../../../../local/scenarios/world-file/read.ts';
import { ledgerTags } from '../../../../shared/snapshots/ledger.ts';

const two = readWorld(new URL('./two-owners/two2.yaml', import.meta.url).pathname);
const THEIRS = { Component: 'nodes/bitcoin' };
const OWN = { Component: 'nodes/evil' };

/** Of the neighbour's node, and newer than any other. */
const SNAPSHOT = 'snap-0000000000000e711';

/** Its owner has written on it what the suite writes on a clean snapshot of his own node. */
const forged = (world: World): Readonly<Record<string, string>> => {
  const { chain } = world.find('evil', 'evil1').machine;
  const height = chain.height() - 6;
  return {
    ...OWN,
    ...ledgerTags({
      ...{ fleet: 'evil', node: 'evil1', ofValidator: false, role: 'data', setId: 'set-mine', parts: 1, height },
      ...{ blockHash: null, chainId: null, client: null, clientVersion: null, mode: null, cleanStop: true },
      ...{ verifiedAtMs: START_MS, quarantined: null, heldBy: null },
    }),
  };
};

const changesFile = (world: World): Promise<unknown> => {
  const Name = '/chainmend/fleets/evil';
  const before = JSON.parse(world.region.ssm.parameter(Name) ?? '{}') as object;
  const Value = JSON.stringify({ ...before, volumes: { data: { path: '/node-data', tag: THEIRS } } });
  return world.region.call('ssm', 'PutParameter', { Name, Value, Type: 'String', Overwrite: true });
};

interface Attack {
  readonly name: string;
  readonly tags: (world: World) => Readonly<Record<string, string>>;
  /** What else the owner of `evil` does. */
  readonly also?: (world: World) => void;
  readonly expect?: Scenario['expect'];
}

const attack = ({ name, tags, also, expect = [] }: Attack): Scenario => ({
  ...two,
  name,
  sentence: name,
  build: (world) => {
    two.build(world);
    snapshotsOf(world, world.find('bitcoin', 'node1'), { hoursAgo: 1, snapshotId: SNAPSHOT, by: 'console' });
    for (const [key, value] of Object.entries(tags(world))) world.region.ec2.setTag(SNAPSHOT, key, value);
  },
  people: (world) => {
    two.people?.(world);
    also?.(world);
    for (const node of ['evil1', 'evil3'])
      world.at(12, () => ask(world, { kind: 'restore', fleet: 'evil', node, snapshotId: SNAPSHOT }));
  },
  hours: 2,
  done: () => false,
  pagesAtMost: 20,
  attemptsAtMost: Number.POSITIVE_INFINITY,
  expect: [
    {
      sentence: 'no volume is made from the neighbour’s snapshot',
      holds: (_, { region }) => region.ec2.volumes().every(({ snapshotId }) => snapshotId !== SNAPSHOT),
    },
    {
      sentence: 'every client runs at the end',
      holds: (_, world) => world.nodes.every(({ machine }) => machine.client.state === 'running'),
    },
    {
      sentence: 'the neighbour’s own full disk is grown',
      holds: ({ heals }) => heals.some(({ kind, outcome }) => kind === 'resize-volume' && outcome === 'healed'),
    },
    ...expect,
  ],
});

export const SCENARIOS: readonly Scenario[] = [
  attack({
    name: 'a file that names the neighbour’s volumes, and a restore from a snapshot with the neighbour’s name and tags',
    tags: () => ({ ...THEIRS, 'chainmend:fleet': 'bitcoin', 'chainmend:node': 'node1', 'chainmend:role': 'data' }),
    also: (world) => world.at(8, () => changesFile(world)),
  }),
  attack({
    name: 'a restore from a neighbour’s snapshot that has its volume’s tags alone, as a lifecycle policy copies them',
    tags: () => ({ ...THEIRS, Name: 'node1-data' }),
  }),
  attack({
    name: 'a restore from a neighbour’s snapshot that carries one’s own name and tags: its volume is the neighbour’s',
    tags: forged,
  }),
];
