import { describe, expect, it } from '@jest/globals';
import type { ChainSpec } from '../../../local/nodes/chain.ts';
import { readConfig } from '../../../local/nodes/config/peers.ts';
import type { SimulatedNode } from '../../../local/nodes/node.ts';
import { familyOf, type Protocol } from '../../../local/nodes/protocol.ts';
import { rpcHost } from '../../../local/nodes/rpc/node-rpc.ts';
import type { NodeSpec } from '../../../local/nodes/spec.ts';
import type { ChainClient, NodePeers, Question, Reading } from '../../../shared/chains/client.ts';
import { askQuestion } from '../../../shared/chains/client.ts';
import { chainClients } from '../../../shared/chains/clients.ts';
import { chainDefaults } from '../../../shared/chains/defaults.ts';
import { peersIn, withPeers } from '../../../shared/peers/config.ts';
import { chainOf, fetcherOf, nodeOf } from '../../fixtures/builders/simulated-node.ts';
import { type TestKernel, testKernel } from '../../fixtures/kernel.ts';
import { fileOf } from '../../fixtures/peer-configs.ts';

type Name = 'bitcoin' | 'ethereum' | 'cometbft' | 'stacks';

const BYTES_OF_IDS = { bitcoin: 0, ethereum: 64, cometbft: 20, stacks: 33 } as const;

const NAMES: readonly Name[] = ['bitcoin', 'ethereum', 'cometbft', 'stacks'];

/** So many nodes of one chain at 10.0.0.11 and up, without strangers unless given. */
function siblings(
  name: Name,
  count: number,
  spec: (index: number) => Partial<NodeSpec> = () => ({}),
  chainSpec: Partial<ChainSpec> = {},
) {
  const kernel = testKernel();
  const chain = chainOf(kernel, { name, ...chainSpec });
  const nodes = Array.from({ length: count }, (_, index) =>
    nodeOf(kernel, chain, {
      instanceId: `i-000000000000000a${index}`,
      name: `node${index + 1}`,
      privateIp: ip(index),
      peers: 0,
      ...spec(index),
    }),
  );
  return { kernel, chain, nodes, at: (index: number) => nodes[index] ?? missing(index) };
}

const ip = (index: number): string => `10.0.0.${11 + index}`;

function missing(index: number): never {
  throw new Error(`there is no node ${index}`);
}

async function told<Facts>(
  kernel: TestKernel,
  node: SimulatedNode,
  name: Name,
  question: Question<Facts>,
): Promise<Facts> {
  const { rpc } = chainDefaults[name].ports;
  const reading: Reading<Facts> = await askQuestion(
    question,
    fetcherOf(kernel, (port, request) => node.localRpc(port, request), rpc),
  );
  if (reading.kind === 'ok') return reading.facts;
  throw new Error(reading.reason);
}

function peersOf(kernel: TestKernel, node: SimulatedNode, name: Name): Promise<NodePeers> {
  const { peers } = chainClients[name];
  if (!peers) throw new Error(`${name} cannot be asked for peers`);
  return told(kernel, node, name, peers);
}

function addition(name: Name, index: number, id: string | undefined): Question<unknown> {
  const { peersAtRunTime } = chainClients[name].operations;
  if (peersAtRunTime.by !== 'rpc') throw new Error(peersAtRunTime.reason);
  return peersAtRunTime.add({ host: ip(index), port: chainDefaults[name].ports.p2p, ...(id !== undefined && { id }) });
}

function removal(name: Name, index: number, id: string | undefined): Question<unknown> {
  const { peersAtRunTime } = chainClients[name].operations;
  if (peersAtRunTime.by !== 'rpc' || !peersAtRunTime.remove) throw new Error(`${name} removes no peers`);
  return peersAtRunTime.remove({
    host: ip(index),
    port: chainDefaults[name].ports.p2p,
    ...(id !== undefined && { id }),
  });
}

describe('peers of a simulated node', () => {
  it.each(NAMES)('are strangers with addresses of nobody, and siblings that it was set up with: %s', async (name) => {
    const { kernel, at } = siblings(name, 3, (index) => (index === 0 ? { peers: 4, knows: [ip(1)] } : {}));
    const { ownPeerId, peers } = await peersOf(kernel, at(0), name);
    expect(at(0).report().peers).toBe(5);
    expect(peers).toHaveLength(5);
    expect(ownPeerId).toBe(at(0).peers.peerId);
    const sibling = peers.find(({ address }) => address?.host === ip(1));
    expect(sibling).toMatchObject({ inbound: false, address: { port: chainDefaults[name].ports.p2p } });
    if (name !== 'stacks') expect(sibling?.id).toBe(at(1).peers.peerId);
    const strangers = peers.flatMap(({ address }) => (address && address.host !== ip(1) ? [address.host] : []));
    expect(strangers.length).toBeGreaterThan(0);
    for (const host of strangers) expect(host).toMatch(/^(192\.0\.2|198\.51\.100|203\.0\.113)\./);
    const back = await peersOf(kernel, at(1), name);
    expect(back.peers).toMatchObject([{ inbound: true }]);
    expect(at(2).report().peers).toBe(0);
  });

  it('are gone while its client is down, and for its siblings too', () => {
    const { kernel, at } = siblings('bitcoin', 2, () => ({ peers: 3, knows: [ip(0), ip(1)] }));
    expect([0, 1].map((index) => at(index).report().peers)).toEqual([4, 4]);
    at(1).stopClient();
    expect([0, 1].map((index) => at(index).report().peers)).toEqual([3, 0]);
    at(1).startClient();
    kernel.advance(1_000);
    expect(at(0).report().peers).toBe(3);
    kernel.advance(2_000);
    expect(at(0).report().peers).toBe(4);
  });

  it('vanish when a scenario takes them, and new ones may be found', async () => {
    const { kernel, at } = siblings('bitcoin', 1, () => ({ peers: 8 }));
    const before = (await peersOf(kernel, at(0), 'bitcoin')).peers;
    at(0).peers.lose(6);
    const left = (await peersOf(kernel, at(0), 'bitcoin')).peers;
    expect(left).toEqual(before.slice(6));
    at(0).restartClient();
    expect(at(0).report().peers).toBe(2);
    at(0).peers.find(3);
    expect(at(0).report().peers).toBe(5);
    at(0).peers.lose();
    expect(at(0).report().peers).toBe(0);
  });

  it('are forgotten by a fault, which counts, and what it did not know does not', () => {
    const { kernel, at } = siblings('bitcoin', 3, (index) =>
      index === 0 ? { peers: 0, knows: [ip(1)] } : { peers: 0 },
    );
    kernel.advance(3_000);
    at(0).peers.forget(at(1).peers.address);
    at(0).peers.forget(at(2).peers.address);
    expect([at(0).peers.losses, at(0).peers.wants().size, at(0).report().peers]).toEqual([1, 0, 0]);
    expect(at(1).peers.losses).toBe(0);
  });

  it.each(['bitcoin', 'ethereum', 'cometbft'] as const)(
    'are added at run time, within seconds, until a restart: %s',
    async (name) => {
      const { kernel, at } = siblings(name, 2, () => ({ rpc: { unsafe: true } }));
      expect(await told(kernel, at(0), name, addition(name, 1, at(1).peers.peerId))).toBe('changed');
      expect(at(0).report().peers).toBe(0);
      kernel.advance(3_000);
      expect([0, 1].map((index) => at(index).report().peers)).toEqual([1, 1]);
      at(0).restartClient();
      kernel.advance(60_000);
      expect(at(0).report().peers).toBe(0);
    },
  );

  it('are waited for when they are down, and connected when they come', async () => {
    const { kernel, at } = siblings('bitcoin', 2, (index) => (index === 1 ? { client: 'stopped' } : {}));
    await told(kernel, at(0), 'bitcoin', addition('bitcoin', 1, undefined));
    kernel.advance(60_000);
    expect(at(0).report().peers).toBe(0);
    at(1).startClient();
    kernel.advance(3_000);
    expect(at(0).report().peers).toBe(1);
  });

  it('that are added twice, or removed twice, were so before: bitcoin', async () => {
    const { kernel, at } = siblings('bitcoin', 2);
    const add = addition('bitcoin', 1, undefined);
    expect([await told(kernel, at(0), 'bitcoin', add), await told(kernel, at(0), 'bitcoin', add)]).toEqual([
      'changed',
      'already',
    ]);
    kernel.advance(3_000);
    const remove = removal('bitcoin', 1, undefined);
    expect([await told(kernel, at(0), 'bitcoin', remove), await told(kernel, at(0), 'bitcoin', remove)]).toEqual([
      'changed',
      'already',
    ]);
    kernel.advance(3_000);
    expect(at(0).report().peers).toBe(0);
  });

  it('stay connected when bitcoind only forgets them', () => {
    const { kernel, at } = siblings('bitcoin', 2);
    const { peers } = at(0);
    peers.add('10.0.0.12:8333', undefined);
    kernel.advance(3_000);
    peers.remove('10.0.0.12:8333', { keep: true });
    kernel.advance(60_000);
    expect([peers.count(), at(1).peers.count()]).toEqual([1, 1]);
    at(1).restartClient();
    kernel.advance(60_000);
    expect(peers.count()).toBe(0);
  });

  it('that still want us come back after we cut them off', async () => {
    const { kernel, at } = siblings('ethereum', 2, (index) => (index === 1 ? { knows: [ip(0)] } : {}));
    await told(kernel, at(0), 'ethereum', removal('ethereum', 1, at(1).peers.peerId));
    expect(at(0).report().peers).toBe(0);
    kernel.advance(3_000);
    expect(at(0).report().peers).toBe(1);
  });

  it('must answer with the key that was asked for', async () => {
    const { kernel, at } = siblings('ethereum', 2);
    await told(kernel, at(0), 'ethereum', addition('ethereum', 1, 'ab'.repeat(64)));
    kernel.advance(60_000);
    expect(at(0).report().peers).toBe(0);
  });

  it('are no more than eight by addnode at once', () => {
    const { kernel, at } = siblings('bitcoin', 10);
    for (let index = 1; index < 10; index++) at(0).peers.add(`${ip(index)}:8333`, undefined);
    kernel.advance(3_000);
    expect(at(0).report().peers).toBe(8);
  });

  it('may be a seed outside that answers', () => {
    const { kernel, chain, at } = siblings('bitcoin', 1);
    at(0).peers.add('seed.example.com:8333', undefined);
    kernel.advance(3_000);
    expect(at(0).report().peers).toBe(0);
    chain.network.addSeed('seed.example.com:8333');
    expect(at(0).report().peers).toBe(1);
  });

  it('are told to geth on the node itself only, and to cometbft only where unsafe RPC is on', async () => {
    const geth = siblings('ethereum', 1);
    const { peers } = chainClients.ethereum;
    if (!peers) throw new Error('ethereum has no peers');
    const remote = await askQuestion(peers, fetcherOf(geth.kernel, rpcHost(geth.at(0)), 8545));
    expect(remote).toMatchObject({ kind: 'error', reason: expect.stringMatching(/does not exist\/is not available/) });
    const safe = siblings('cometbft', 1);
    await expect(told(safe.kernel, safe.at(0), 'cometbft', addition('cometbft', 1, 'a'.repeat(40)))).rejects.toThrow();
  });
});

describe('the configuration of a simulated node', () => {
  const key: Readonly<Record<Name, string>> = {
    bitcoin: 'addnode=',
    ethereum: 'StaticNodes = [',
    cometbft: 'persistent_peers = "',
    stacks: 'bootstrap_node = "',
  };
  const path: Readonly<Record<Name, string>> = {
    bitcoin: '/etc/bitcoin/bitcoin.conf',
    ethereum: '/etc/geth/config.toml',
    cometbft: '/data/config/config.toml',
    stacks: '/etc/stacks/config.toml',
  };

  it.each(NAMES)('names the peers that it was set up with, and has the comments of a real one: %s', (name) => {
    const { at } = siblings(name, 3, (index) => (index === 0 ? { knows: [ip(1), ip(2)] } : {}));
    const text = at(0).readFile(path[name]) ?? '';
    expect(text).toMatch(/^#/m);
    expect(text).toContain(key[name]);
    for (const index of [1, 2])
      expect(text).toContain(
        `${at(index).peers.peerId === undefined ? '' : `${at(index).peers.peerId}@`}${ip(index)}:`,
      );
    expect(at(1).readFile('/etc/nothing')).toBeUndefined();
  });

  it.each(NAMES)('counts from the next start on, and lasts: %s', (name) => {
    const { kernel, at } = siblings(name, 2);
    const { formatPeer } = chainClients[name].operations;
    const { peerId } = at(1).peers;
    const peer = formatPeer({
      host: ip(1),
      port: chainDefaults[name].ports.p2p,
      ...(peerId !== undefined && { id: peerId }),
    });
    const empty = at(0).readFile(path[name]) ?? '';
    const edited =
      name === 'bitcoin'
        ? `${empty}addnode=${peer}\n`
        : empty.replace(key[name], (line) => `${line}${name === 'ethereum' ? `"${peer}"` : peer}`);
    expect(edited).not.toBe(empty);
    at(0).writeFile(path[name], edited);
    kernel.advance(60_000);
    expect(at(0).report().peers).toBe(0);
    for (const times of [1, 2]) {
      expect([times, at(0).restartClient()]).toEqual([times, true]);
      kernel.advance(3_000);
      expect([0, 1].map((index) => at(index).report().peers)).toEqual([1, 1]);
    }
    expect(at(0).readFile(path[name])).toBe(edited);
  });

  it.each(NAMES.filter((name) => name !== 'bitcoin'))('that is broken keeps the client from starting: %s', (name) => {
    const { at } = siblings(name, 1);
    const text = at(0).readFile(path[name]) ?? '';
    at(0).writeFile(path[name], `${text}\n[half a table`);
    expect(at(0).restartClient()).toBe(false);
    expect(at(0).report()).toMatchObject({ state: 'unreachable', client: 'failed' });
    at(0).writeFile(path[name], text.replace(key[name], `${key[name]}${name === 'ethereum' ? '"nobody"' : 'nobody'}`));
    expect(at(0).startClient()).toBe(false);
    expect(at(0).setup.refusal).toMatch(/nobody/);
    at(0).writeFile(path[name], text);
    expect(at(0).startClient()).toBe(true);
  });

  it.each(
    Object.entries<ChainClient>(chainClients).flatMap(([chain, client]) =>
      client.operations.peersThatPersist.in === 'flag' ? [] : [[chain as Protocol, client] as const],
    ),
  )('is one that ours takes for that client’s own, and the client reads what ours writes: %s', (chain, client) => {
    const kernel = testKernel();
    const node = nodeOf(kernel, chainOf(kernel, { name: chain }), { peers: 0 });
    const path = node.setup.configPath ?? '';
    const id = 'ab'.repeat(BYTES_OF_IDS[familyOf(chain)]);
    const peer = client.operations.formatPeer({ host: '10.0.0.12', port: 30_303, ...(id !== '' && { id }) });
    const wanted = { peers: [peer], hiddenIds: [], network: 'main' };
    const text = withPeers(node.readFile(path) ?? '', fileOf(client), wanted);
    node.writeFile(path, text);
    expect(node.restartClient()).toBe(true);
    expect(peersIn(text, fileOf(client), wanted).peers).toEqual([peer]);
    expect(readConfig(chain, text).peers).toEqual([{ id: id === '' ? undefined : id, address: '10.0.0.12:30303' }]);
  });

  it('may lie elsewhere, and takes nothing when its disk is full', () => {
    const { at } = siblings('cometbft', 1, () => ({ configPath: '/data/node/irita/config/config.toml' }));
    expect(at(0).readFile('/data/node/irita/config/config.toml')).toContain('[p2p]');
    at(0).write('/data', 2 ** 40);
    expect(() => at(0).writeFile('/data/node/irita/config/config.toml', '')).toThrow(/^ENOSPC/);
    at(0).writeFile('/etc/motd', 'hello');
    expect(at(0).readFile('/etc/motd')).toBe('hello');
  });
});

describe('a chain whose nodes need each other', () => {
  const consortium = (knows: (index: number) => readonly string[] = () => []) =>
    siblings('cometbft', 4, (index) => ({ validatorPower: 10, knows: knows(index), rpc: { unsafe: true } }), {
      name: 'irita',
      consensus: 'here',
      needsPeers: true,
      heightAtStart: 0,
      blockIntervalMs: 5_000,
    });

  it('makes no block while four fresh validators do not know each other', async () => {
    const { kernel, chain, at } = consortium();
    kernel.advance(600_000);
    expect([chain.halted, chain.height()]).toEqual([true, 0]);
    expect(at(0).report()).toMatchObject({ peers: 0, height: 0 });
    const status = chainClients.cometbft.status();
    expect(await askQuestion(status, fetcherOf(kernel, rpcHost(at(0)), 26_657))).toMatchObject({ kind: 'starting' });
  });

  it('begins as soon as more than two thirds of the power are connected', async () => {
    const { kernel, chain, at } = consortium();
    kernel.advance(60_000);
    for (const index of [1, 2]) {
      await told(kernel, at(index - 1), 'cometbft', addition('cometbft', index, at(index).peers.peerId));
      kernel.advance(10_000);
      expect(chain.halted).toBe(index === 1);
    }
    kernel.advance(12_000);
    expect(chain.height()).toBe(4);
    expect([0, 1, 2, 3].map((index) => at(index).report().height)).toEqual([4, 4, 4, 0]);
    expect(chain.halts).toEqual([expect.objectContaining({ cause: 'power' })]);
  });

  it('leaves behind whom nobody reaches, until he is', () => {
    const { kernel, chain, at } = consortium((index) =>
      [0, 1, 2].filter((other) => other !== index && index < 3).map(ip),
    );
    kernel.advance(60_000);
    expect(chain.halted).toBe(false);
    expect(at(3).report()).toMatchObject({ state: 'stuck', height: 0, peers: 0 });
    at(3).peers.add(`${ip(0)}:26656`, undefined);
    kernel.advance(30_000);
    expect(at(3).report()).toMatchObject({ state: 'synced', peers: 1 });
  });

  it('halts when a restart forgets what its validators were told, and goes on with a configuration', () => {
    const { kernel, chain, nodes } = consortium();
    const others = (node: SimulatedNode) => nodes.filter((other) => other !== node);
    for (const node of nodes) for (const { peers } of others(node)) node.peers.add(peers.address, peers.peerId);
    kernel.advance(10_000);
    expect(chain.halted).toBe(false);
    for (const node of nodes) node.restartClient();
    kernel.advance(10_000);
    expect(chain.halted).toBe(true);
    for (const node of nodes) {
      const list = others(node).map(({ peers }) => `${peers.peerId}@${peers.address}`);
      const text = node.readFile('/data/config/config.toml') ?? '';
      node.writeFile(
        '/data/config/config.toml',
        text.replace('persistent_peers = ""', `persistent_peers = "${list.join(',')}"`),
      );
      node.restartClient();
    }
    kernel.advance(10_000);
    expect(chain.halted).toBe(false);
    expect(nodes.map((node) => node.report().peers)).toEqual([3, 3, 3, 3]);
  });

  it('is followed through siblings by nodes that have lost all strangers', () => {
    const { kernel, chain, at } = siblings(
      'bitcoin',
      3,
      (index) => ({ peers: index === 0 ? 8 : 0, knows: index === 1 ? [ip(0)] : [] }),
      {
        needsPeers: true,
      },
    );
    kernel.advance(60_000);
    expect([0, 1, 2].map((index) => at(index).report().heightLag)).toEqual([0, 0, 6]);
    at(0).peers.lose();
    kernel.advance(60_000);
    expect([0, 1, 2].map((index) => at(index).report().heightLag)).toEqual([6, 6, 12]);
    chain.network.addSeed('seed.example.com:8333');
    at(2).peers.add('seed.example.com:8333', undefined);
    kernel.advance(60_000);
    expect([0, 1, 2].map((index) => at(index).report().state)).toEqual(['stuck', 'stuck', 'synced']);
  });
});

describe('five thousand nodes', () => {
  it('are made without a file, a key or a list of peers', () => {
    const kernel = testKernel();
    const drawn: string[] = [];
    const random = (stream: string) => {
      drawn.push(stream);
      return kernel.random(stream);
    };
    const watched = { ...kernel, random };
    const chain = chainOf(kernel);
    const nodes = Array.from({ length: 5_000 }, (_, index) =>
      nodeOf(watched, chain, {
        instanceId: `i-${String(index).padStart(17, '0')}`,
        privateIp: `10.${Math.floor(index / 250)}.0.${index % 250}`,
      }),
    );
    expect(nodes.reduce((sum, node) => sum + node.report().peers, 0)).toBe(40_000);
    expect(drawn).toHaveLength(5_000);
  });
});
