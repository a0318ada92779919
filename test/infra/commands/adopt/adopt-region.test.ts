// Round trips: a world is read as an account is, the fleets that are proposed are the world's own, and the twin ends as the world does.
import { beforeAll, describe, expect, it } from '@jest/globals';
import { stringify } from 'yaml';
import type { Drill } from '../../../../infra/commands/adopt/twin-form.ts';
import type { WorldInput } from '../../../../local/scenarios/world-file/schema.ts';
import type { Adopted } from '../../../fixtures/jobs/adopted.ts';
import { runJob } from '../../../fixtures/jobs.ts';
import { longSuite } from '../../../fixtures/long.ts';

const PATIENCE_MS = 30 * 60_000;

const named = (count: number, name: string): string[] => Array.from({ length: count }, (_, at) => `${name}${at + 1}`);
const file = (name: string) => ({ file: `examples/fleets/${name}.yaml` });
const inline = (fleet: string, chain: string, tag: Record<string, string>, more: object = {}) => ({
  ...{ fleet, chain, mode: 'plan', nodes: { tag }, role: 'follower', volumes: { data: '/data' } },
  ...more,
});

const world = (fleets: readonly object[], nodes: WorldInput['nodes'], more: Partial<WorldInput> = {}): WorldInput => ({
  ...{ world: 'account', says: 'What runs in an account.', fleets: fleets as WorldInput['fleets'], nodes },
  ...{ until: { minutes: 30 }, expect: [] },
  ...more,
});

const FIVE = world(['bitcoin', 'irita', 'ethereum', 'stacks', 'clique'].map(file), [
  { fleet: 'bitcoin', names: named(3, 'node') },
  { fleet: 'irita', names: named(4, 'validator'), votingPower: 10 },
  { fleet: 'ethereum', name: 'eth' },
  { fleet: 'stacks', names: named(2, 'follower') },
  { fleet: 'clique', name: 'boot', tags: { Role: 'bootnode' } },
  { fleet: 'clique', names: named(3, 'sealer'), tags: { Role: 'sealer' } },
  { fleet: 'clique', name: 'client1', tags: { Role: 'client' } },
]);

const BTC = inline('btc', 'bitcoin', { Component: 'nodes/btc' });
const chains = { btc: { blockSeconds: 30, rhythm: 'regular' as const } };

/** Nodes of each fleet, whatever it is called: as sets. */
const sorted = (fleets: readonly (readonly string[])[]) => fleets.map((nodes) => [...nodes].sort().join(' ')).sort();
const proposedIn = ({ proposed }: Adopted) => sorted(proposed.fleets.map(({ nodes }) => nodes.map(({ node }) => node)));
const read = (document: WorldInput, drills: Parameters<typeof runJob<'adopted'>>[1]['drills'] = []): Promise<Adopted> =>
  runJob('adopted', { text: textOf(document), drills });
const textOf = (document: WorldInput): string => stringify(document, { aliasDuplicateObjects: false });

describe('five owners in one account', () => {
  let five: Adopted;
  beforeAll(async () => {
    five = await read(FIVE);
  }, PATIENCE_MS);

  it('have exactly their own nodes in the fleets that are proposed', () => {
    expect(proposedIn(five)).toEqual(sorted(Object.values(five.own)));
    expect(five.proposed).toMatchObject({ ambiguous: [], strangers: [] });
  });

  it('have the chain, the place of their data and the metric of their own files', () => {
    const documents = Object.fromEntries(five.proposed.fleets.map(({ document }) => [document['fleet'], document]));
    expect(documents).toMatchObject({
      bitcoin: {
        chain: 'bitcoin',
        role: 'follower',
        volumes: { data: '/node-data' },
        nodes: { tag: { Component: 'nodes/bitcoin' } },
      },
      irita: { chain: 'cometbft', role: 'validator', volumes: { data: '/data' } },
      'ethereum-mainnet': { chain: 'ethereum' },
      'stacks-follower': {
        chain: 'stacks',
        role: 'follower',
        probe: { metric: { namespace: 'Stacks', height: 'stacks_tip_height' } },
      },
      'clique-18': {
        chain: 'ethereum',
        role: { tag: 'Role', values: { bootnode: 'bootnode', client: 'follower', sealer: 'validator' } },
      },
    });
  });

  it('are found in the masked read-out as well', () => {
    expect([...five.masked].sort()).toEqual(
      five.proposed.fleets.map(({ document, nodes }) => `${document['chain']} ${nodes.length}`).sort(),
    );
  });

  it('are read in full, and have nothing changed', () => {
    expect({ changed: five.changed, unread: five.proposed.unread }).toEqual({ changed: [], unread: [] });
  });
});

longSuite('adopt-region')('what people’s accounts look like', () => {
  it(
    'forty nodes of Terraform without a launch template are one fleet, whose owner’s word is missing',
    async () => {
      const tags = { ManagedBy: 'terraform' };
      const adopted = await read(world([BTC], [{ fleet: 'btc', names: named(40, 'node'), tags }], { chains }));
      expect(proposedIn(adopted)).toEqual(sorted(Object.values(adopted.own)));
      const [fleet] = adopted.proposed.fleets;
      expect(fleet?.document).toMatchObject({ owner: { by: 'terraform' } });
      const missing = fleet?.missing.map(({ what }) => what).join('\n');
      expect(missing).toMatch(/launch template of node1, .* and 35 more/);
      expect(missing).toMatch(/owner.acceptDrift/);
    },
    PATIENCE_MS,
  );

  it(
    'volumes without tags and a snapshot of a lifecycle policy are said',
    async () => {
      const bare = [{ role: 'data', sizeGiB: 100, tags: { Untagged: 'yes' } }];
      const nodes: WorldInput['nodes'] = [
        { fleet: 'btc', names: ['node1', 'node2'] },
        { fleet: 'btc', name: 'node3', volumes: bare },
      ];
      const adopted = await read(
        world([BTC], nodes, { chains, snapshots: [{ of: 'btc/node1', hoursAgo: 8, by: 'policy' }] }),
      );
      const [fleet] = adopted.proposed.fleets;
      expect(fleet?.missing.map(({ what }) => what).join('\n')).toMatch(
        /the tags on 1 data volume of node3: aws ec2 create-tags/,
      );
      expect(fleet?.missing.some(({ what }) => what.startsWith('a snapshot'))).toBe(false);
      expect(fleet?.notKnown.join('\n')).toMatch(/1 were taken of running clients/);
    },
    PATIENCE_MS,
  );

  it(
    'two chains under one tag, a node with a wrong tag and a lone one: told apart where a tag does it, named where none does',
    async () => {
      const coin = (fleet: string, chain: string, of: string) => inline(fleet, chain, { Component: 'nodes', Coin: of });
      const adopted = await read(
        world(
          [
            coin('btc', 'bitcoin', 'btc'),
            coin('ltc', 'litecoin', 'ltc'),
            inline('lone', 'ethereum', { Name: 'prod-eth-1' }),
          ],
          [
            { fleet: 'btc', names: ['b1', 'b2', 'b3'] },
            { fleet: 'ltc', names: ['l1', 'l2'] },
            { fleet: 'ltc', name: 'l3', tags: { Coin: 'unknown' } },
            { fleet: 'lone', name: 'prod-eth-1' },
          ],
        ),
      );
      expect(proposedIn(adopted)).toEqual(['b1 b2 b3', 'l1 l2', 'prod-eth-1']);
      expect(adopted.proposed.fleets.flatMap(({ lookAlike }) => lookAlike.map(({ node }) => node))).toEqual(['l3']);
    },
    PATIENCE_MS,
  );

  type Story = Omit<Partial<WorldInput>, 'timeline'> & { readonly timeline?: readonly object[] };
  const act = { mode: 'act' };
  const acting = (but: object = {}) => ({ ...BTC, ...act, ...but });
  const four: WorldInput['nodes'] = [{ fleet: 'btc', names: named(4, 'node'), client: { startSeconds: 15 } }];
  const snapshots: WorldInput['snapshots'] = [{ of: 'btc/node2', hoursAgo: 8, by: 'policy' }];
  const ref = 'btc/node1';
  const full: WorldInput['nodes'] = [
    { fleet: 'btc', names: ['node2', 'node3', 'node4'] },
    { fleet: 'btc', name: 'node1', volumes: [{ role: 'data', usedPercent: 92 }] },
  ];
  it.each<[string, Drill, Story, boolean]>([
    ['a full disk', 'full-disk', { nodes: full, until: { minutes: 45 } }, true],
    [
      'a stuck client',
      'stuck',
      { timeline: [{ at: 3, do: 'hang', node: ref, until: 'restart' }], until: { minutes: 90 } },
      true,
    ],
    [
      'broken data, with a snapshot',
      'corrupt-data',
      { timeline: [{ at: 3, do: 'corrupt-data', node: ref, how: 'stops' }], until: { minutes: 240 }, hours: 12 },
      true,
    ],
    [
      'the loss of an instance, without a launch template',
      'loss',
      { timeline: [{ at: 3, do: 'kill-instance', node: ref }], until: { minutes: 150 }, hours: 12 },
      false,
    ],
  ])(
    '%s ends in the twin as in the world',
    async (_, drill, story, healed) => {
      const more = { chains, snapshots, pagesAtMost: 1_000, attemptsAtMost: 1_000 };
      const { verdicts } = await read(world([BTC], four, more), [
        {
          drill,
          fleet: 'btc',
          node: 'node1',
          story: textOf(world([acting()], four, { ...more, ...(story as Partial<WorldInput>) })),
        },
      ]);
      const [{ first, twin } = { first: undefined, twin: undefined }] = verdicts;
      expect(twin).toEqual(first);
      expect(twin?.healed).toBe(healed);
    },
    PATIENCE_MS,
  );
});
