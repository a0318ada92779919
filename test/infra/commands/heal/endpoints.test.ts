// `chainmend endpoints`: where nodes can be asked, in words for people and for programs.
import { describe, expect, it } from '@jest/globals';
import type { HealCommandContext, Suite } from '../../../../infra/commands/heal/context.ts';
import { endpoints } from '../../../../infra/commands/heal/endpoints.ts';
import { parseFleet } from '../../../../shared/fleet/resolve.ts';
import { observedNode } from '../../../fixtures/builders/observation.ts';

const FILE = {
  ...{ fleet: 'irita', chain: 'cometbft', mode: 'act', nodes: { tag: { Project: 'irita' } } },
  ...{ role: { tag: 'Role' }, dns: { zone: 'irita.internal' } },
};
const NODES = [
  observedNode({ name: 'validator10', role: 'validator', privateIp: '10.0.0.13' }),
  observedNode({ name: 'validator2', role: 'validator', privateIp: '10.0.0.12', health: 'stuck' }),
  observedNode({ name: 'sentry1', role: 'sentry', privateIp: '10.0.0.11' }),
];

async function told(
  file: object = FILE,
  nodes: typeof NODES = NODES,
  options: { role?: 'sentry' | 'bootnode' } = {},
  name = 'irita',
  keys: ReadonlyMap<string, string> = new Map(),
) {
  const [said, complained]: [string[], string[]] = [[], []];
  const fleet = parseFleet(file);
  const suite = {
    settings: async () => ({ fleets: [fleet], values: new Map([['/chainmend/fleets/irita', JSON.stringify(file)]]) }),
    observed: async () => [{ nodes }],
    publicKeys: async (_: string, names: readonly string[]) =>
      new Map([...keys].filter(([node]) => names.includes(node))),
    fleet: async () => ({ incidents: [], nodes: [] }),
  } as unknown as Suite;
  const context = {
    suite: () => suite,
    say: (text: string) => said.push(text),
    complain: (text: string) => complained.push(text),
  } as unknown as HealCommandContext;
  return { ...(await endpoints(context, name, options)), said: said.join('\n'), complained: complained.join('\n') };
}

describe('endpoints', () => {
  it('are addresses and names with the port of the RPC, in the order of the nodes', async () => {
    const { status, facts } = await told();
    expect(status).toBe(0);
    expect(facts).toEqual({
      address: ['10.0.0.11:26657', '10.0.0.12:26657', '10.0.0.13:26657'],
      dns: ['sentry1.irita.internal:26657', 'validator2.irita.internal:26657', 'validator10.irita.internal:26657'],
    });
  });

  it('are a table of at most 80 columns for people, with the health of each, and the name of all that are synced', async () => {
    const { said } = await told();
    expect(said).toMatch(/^DNS +ADDRESS +ROLE +HEALTH$/m);
    expect(said).toMatch(/^validator2\.irita\.internal:26657 +10\.0\.0\.12:26657 +validator +stuck$/m);
    expect(said).toContain('by one name: pool.irita.internal:26657');
    for (const line of said.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
  });

  it('may be those of one role', async () => {
    expect((await told(FILE, NODES, { role: 'sentry' })).facts).toEqual({
      address: ['10.0.0.11:26657'],
      dns: ['sentry1.irita.internal:26657'],
    });
  });

  it('of a private network are also what its peers dial: an id by the hash of a key', async () => {
    const keys = new Map([
      ['sentry1', Buffer.alloc(32, 1).toString('base64')],
      ['validator2', Buffer.alloc(32, 2).toString('base64')],
    ]);
    const { said, facts } = await told(FILE, NODES, { role: 'sentry' }, 'irita', keys);
    const peer = '72cd6e8422c407fb6d098690f1130b7ded7ec2f7@sentry1.irita.internal:26656';
    expect(facts).toMatchObject({ peer: [peer] });
    expect(said).toContain(`Their peers dial them as:\n${peer}`);
  });

  it('of a clique network are enodes', async () => {
    const file = { ...FILE, chain: 'ethereum', dns: { zone: 'clique.internal' } };
    const keys = new Map([['sentry1', Buffer.alloc(64, 1).toString('base64')]]);
    const { facts } = await told(file, NODES, {}, 'irita', keys);
    expect(facts).toMatchObject({
      dns: ['sentry1.clique.internal:8545', 'validator2.clique.internal:8545', 'validator10.clique.internal:8545'],
      peer: [`enode://${'01'.repeat(64)}@sentry1.clique.internal:30303`],
    });
  });

  it('have no name where the fleet has no zone, and no address where an instance has none', async () => {
    const { dns: _, ...nameless } = FILE;
    const [node] = NODES;
    if (!node) throw new Error('a node');
    expect((await told(nameless, [node, { ...node, name: 'gone', privateIp: '' }])).facts).toEqual({
      address: ['10.0.0.13:26657'],
      dns: [],
    });
  });

  it.each([
    ['nobody has looked yet', [], {}, 'nobody has looked at its nodes yet'],
    ['no node has the role', NODES, { role: 'bootnode' as const }, 'none of its 3 nodes is a bootnode'],
  ])('are none where %s, which is no success', async (_, nodes, options, why) => {
    const { status, facts, complained } = await told(FILE, nodes, options);
    expect(status).toBe(1);
    expect(facts).toEqual({ address: [], dns: [] });
    expect(complained).toContain(why);
  });

  describe('of a fleet that was deployed', () => {
    const ports = [
      { name: 'rpc', port: 26_657, from: 'sg-0123456789abcdef0' },
      { name: 'metrics', port: 26_660, from: 'access' },
    ];
    const DEPLOY = {
      ...{ kind: 'single', nodes: { sentry1: 'eu-west-1a' }, instanceType: 'm6a.large', volume: { sizeGiB: 100 } },
    };
    const deployed = (deploy: object) => ({
      ...FILE,
      role: 'sentry',
      unit: 'cometbft',
      deploy: { ...DEPLOY, ...deploy },
    });

    it('are told by port, with whom each is open to', async () => {
      const { facts, said, complained } = await told(deployed({ ports }), NODES, { role: 'sentry' });
      expect(complained).toBe('');
      expect(facts).toMatchObject({
        ports: [
          { name: 'rpc', at: ['http://sentry1.irita.internal:26657'], openTo: 'sg-0123456789abcdef0' },
          { name: 'metrics', at: ['sentry1.irita.internal:26660'], openTo: 'chainmend:irita:access' },
        ],
      });
      expect(said).toMatch(/^metrics +sentry1\.irita\.internal:26660 +chainmend:irita:access$/m);
      for (const line of said.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
    });

    it('are the RPC alone of a file that says rpcFrom, and none where nothing is open', async () => {
      const { facts } = await told(deployed({ rpcFrom: 'sg-0123456789abcdef0' }), NODES, { role: 'sentry' });
      expect(facts).toMatchObject({ ports: [{ name: 'rpc', openTo: 'sg-0123456789abcdef0' }] });
      expect((await told(deployed({}))).facts).not.toHaveProperty('ports');
    });

    it('are told without their ports, and it is said, where the section is one of another version', async () => {
      const { status, complained, facts } = await told(deployed({ ports: 'all' }));
      expect(status).toBe(0);
      expect(facts).not.toHaveProperty('ports');
      expect(complained).toContain('what the stack of its nodes opens is not known');
    });

    it('are told with where their load balancer is', async () => {
      const group = { kind: 'ha', group: { size: 3 }, ports };
      const more = { snapshots: { clean: {} }, asg: { seed: 'newest-good', identityFree: true } };
      const { nodes: _, ...ha } = { ...DEPLOY, ...group };
      expect((await told({ ...deployed({}), ...more, deploy: ha })).said).toContain(
        'output Address of ChainmendNodes-irita',
      );
    });
  });

  it('of a fleet that is not there are wrong use', async () => {
    await expect(told(FILE, NODES, {}, 'irit')).rejects.toThrow('did you mean irita?');
  });
});
