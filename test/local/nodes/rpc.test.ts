// The product's own chain clients probe simulated nodes and must read every answer. And the answers have the form of real ones.
import { describe, expect, it } from '@jest/globals';
import type { ChainSpec, SimulatedChain } from '../../../local/nodes/chain.ts';
import type { SimulatedNode } from '../../../local/nodes/node.ts';
import { GENESIS_HASHES } from '../../../local/nodes/protocol.ts';
import { rpcHost } from '../../../local/nodes/rpc/node-rpc.ts';
import type { NodeSpec } from '../../../local/nodes/spec.ts';
import type { HttpRequest } from '../../../local/simulator/network/network.ts';
import type { NodeStatus, Question, Reading } from '../../../shared/chains/client.ts';
import { askQuestion } from '../../../shared/chains/client.ts';
import { beacon, chainClients } from '../../../shared/chains/clients.ts';
import { chainDefaults } from '../../../shared/chains/defaults.ts';
import { consensusMetricsQuestion, gethMetricsQuestion } from '../../../shared/chains/metrics.ts';
import { type Asking, chainOf, fetcherOf, nodeOf } from '../../fixtures/builders/simulated-node.ts';
import * as samples from '../../fixtures/chain-samples.ts';
import { START_MS, type TestKernel, testKernel } from '../../fixtures/kernel.ts';

type Name = 'bitcoin' | 'litecoin' | 'dogecoin' | 'ethereum' | 'bsc' | 'cometbft' | 'stacks';

const get = (path: string): HttpRequest => ({ method: 'GET', path, headers: {}, body: new Uint8Array() });
const GET = get('/status');
const NAMES: readonly Name[] = ['bitcoin', 'litecoin', 'dogecoin', 'ethereum', 'bsc', 'cometbft', 'stacks'];
const HEIGHT = 930_000;

interface Made {
  readonly kernel: TestKernel;
  readonly chain: SimulatedChain;
  readonly node: SimulatedNode;
  readonly name: Name;
}

function made(name: Name, spec: Partial<NodeSpec> = {}, chainSpec: Partial<ChainSpec> = {}): Made {
  const kernel = testKernel();
  const chain = chainOf(kernel, { name, ...chainSpec });
  return { kernel, chain, node: nodeOf(kernel, chain, spec), name };
}

function asked<Facts>({ kernel, node, name }: Made, question: Question<Facts>, port?: number, how?: Asking) {
  return askQuestion(question, fetcherOf(kernel, rpcHost(node), port ?? chainDefaults[name].ports.rpc, how));
}

/** A question as if sent to 127.0.0.1. */
function askedLocally<Facts>({ kernel, node, name }: Made, question: Question<Facts>) {
  return askQuestion(
    question,
    fetcherOf(kernel, (port, request) => node.localRpc(port, request), chainDefaults[name].ports.rpc),
  );
}

function factsOf<Facts>(reading: Reading<Facts>): Facts {
  if (reading.kind === 'ok') return reading.facts;
  throw new Error(`${reading.kind}: ${reading.reason}`);
}

const statusOf = async (one: Made, heights: readonly number[] = []): Promise<NodeStatus> =>
  factsOf(await asked(one, chainClients[one.name].status(heights)));

describe('a simulated node, asked by its chain client', () => {
  it.each(NAMES)('tells height, hash, block time, network, version and peers: %s', async (name) => {
    const one = made(name, { peers: 5 });
    one.kernel.advance(25_000);
    const status = await statusOf(one);
    expect(status).toMatchObject({
      height: HEIGHT + 2,
      blockTimeMs: START_MS + 20_000,
      syncing: false,
      peerCount: 5,
      chainId: one.chain.chainId,
    });
    expect(status.hashes).toEqual([{ height: HEIGHT + 2, hash: one.chain.main.hash(HEIGHT + 2) }]);
    expect(status.clientVersion).toMatch(/\d+\.\d+\.\d+/);
  });

  it.each(NAMES.filter((name) => name !== 'stacks'))(
    'knows the hashes below its tip and none above: %s',
    async (name) => {
      const one = made(name);
      const { hashes } = await statusOf(one, [HEIGHT - 6, HEIGHT - 1, HEIGHT + 7]);
      expect(hashes).toEqual(
        [HEIGHT - 6, HEIGHT - 1, HEIGHT].map((height) => ({ height, hash: one.chain.main.hash(height) })),
      );
    },
  );

  it.each(['bitcoin', 'litecoin', 'dogecoin'] as const)('is on the main network of its coin: %s', async (name) => {
    expect((await statusOf(made(name))).chainId).toBe(GENESIS_HASHES[name]);
  });

  it.each([
    ['ethereum', '1'],
    ['bsc', '56'],
    ['stacks', '1'],
  ] as const)('has the network id that everybody knows: %s', async (name, chainId) => {
    expect((await statusOf(made(name))).chainId).toBe(chainId);
  });

  it.each(NAMES)('says that it is syncing while it catches up: %s', async (name) => {
    const one = made(name, { lagBlocks: 5_000, catchUpBlocksPerSecond: 10 });
    one.kernel.advance(10_000);
    expect(await statusOf(one)).toMatchObject({
      height: HEIGHT - 4_900,
      syncing: true,
    });
  });

  it('is in its first download as long as its tip is older than a day: bitcoin', async () => {
    const one = made('bitcoin', { lagBlocks: 20_000, catchUpBlocksPerSecond: 10 });
    expect(await statusOf(one)).toMatchObject({ syncing: true, claimedTip: HEIGHT });
  });

  it.each(NAMES)('that hangs says that it is synced, and answers an old height: %s', async (name) => {
    const one = made(name);
    one.node.client.freeze();
    one.kernel.advance(3_600_000);
    expect(await statusOf(one)).toMatchObject({ height: HEIGHT, blockTimeMs: START_MS, syncing: false });
    expect(one.node.report()).toMatchObject({ state: 'stuck', client: 'running', heightLag: 360 });
    one.node.client.thaw();
    one.kernel.advance(120_000);
    expect(one.node.report().state).toBe('synced');
    expect((await statusOf(one)).height).toBe(HEIGHT + 372);
  });

  it.each(NAMES)('refuses connections when its client does not run, and is silent without power: %s', (name) => {
    const { node } = made(name);
    const { rpc } = chainDefaults[name].ports;
    node.stopClient();
    expect(rpcHost(node)(rpc, GET)).toEqual({ kind: 'refused' });
    node.powerOff();
    expect(rpcHost(node)(rpc, GET)).toEqual({ kind: 'silent' });
  });

  it('listens on the ports of its client and on no other', () => {
    const { node } = made('bitcoin');
    expect(rpcHost(node)(80, GET)).toEqual({ kind: 'refused' });
  });
});

describe('a simulated client that starts', () => {
  it('says that it loads, and then catches up: bitcoin', async () => {
    const one = made('bitcoin', { startSeconds: 300, client: 'stopped' });
    one.kernel.advance(60_000);
    expect(one.node.startClient()).toBe(true);
    expect(one.node.report()).toMatchObject({ state: 'starting', client: 'running', peers: 0 });
    expect(await asked(one, chainClients.bitcoin.status())).toEqual({ kind: 'starting', reason: 'Verifying blocks…' });
    one.kernel.advance(299_000);
    expect(one.node.report()).toMatchObject({ state: 'starting', height: HEIGHT });
    one.kernel.advance(11_000);
    expect(await statusOf(one)).toMatchObject({ height: HEIGHT + 37, peerCount: 8 });
    expect(one.node.report().state).toBe('synced');
  });

  it.each(['ethereum', 'cometbft', 'stacks'] as const)('opens its RPC when it has loaded: %s', async (name) => {
    const one = made(name, { startSeconds: 60 });
    one.node.restartClient();
    expect(await asked(one, chainClients[name].status())).toMatchObject({ kind: 'error', code: 'unreachable' });
    one.kernel.advance(61_000);
    expect((await statusOf(one)).height).toBe(HEIGHT + 6);
  });

  it('that is stopped while it loads does not come up later', () => {
    const one = made('bitcoin', { startSeconds: 60 });
    one.node.restartClient();
    one.node.stopClient();
    one.kernel.advance(120_000);
    expect(one.node.report()).toMatchObject({ state: 'unreachable', height: HEIGHT });
  });

  it('does not vote before it has loaded: a chain of validators waits for it', () => {
    const kernel = testKernel();
    const chain = chainOf(kernel, { name: 'irita', consensus: 'here' });
    const nodes = [1, 2].map((index) =>
      nodeOf(kernel, chain, { instanceId: `i-000000000000000a${index}`, validatorPower: 10, startSeconds: 60 }),
    );
    nodes[0]?.restartClient();
    kernel.advance(59_000);
    expect(chain.halted).toBe(true);
    kernel.advance(2_000);
    expect(chain.halted).toBe(false);
  });
});

describe('credentials of a simulated node', () => {
  const basic = `Basic ${Buffer.from('chainmend:s3cret').toString('base64')}`;

  it('are needed where it has some', async () => {
    const one = made('bitcoin', { rpc: { credentials: { user: 'chainmend', password: 's3cret' } } });
    const status = chainClients.bitcoin.status();
    expect(await asked(one, status)).toMatchObject({ kind: 'error', code: 'unauthorized' });
    expect(await asked(one, status, undefined, { authorization: `${basic}x` })).toMatchObject({ code: 'unauthorized' });
    expect(await asked(one, status, undefined, { authorization: basic })).toMatchObject({ kind: 'ok' });
  });

  it('may be a token, or lie in a file on the node', async () => {
    const token = made('ethereum', { rpc: { credentials: { token: 'abc' } } });
    const status = chainClients.ethereum.status();
    expect(await asked(token, status, undefined, { authorization: 'Bearer abc' })).toMatchObject({ kind: 'ok' });
    const credentials = { user: '__cookie__', password: '0123' };
    const { node } = made('bitcoin', { rpc: { credentials, credentialsFile: '/data/.cookie' } });
    expect(node.readFile('/data/.cookie')).toBe('__cookie__:0123');
  });

  it('do not help where RPC listens on the loopback only', async () => {
    const one = made('bitcoin', { rpc: { listens: 'loopback' } });
    expect(await asked(one, chainClients.bitcoin.status())).toMatchObject({ code: 'unreachable' });
    expect(await askedLocally(one, chainClients.bitcoin.status())).toMatchObject({ kind: 'ok' });
  });

  it('leave other paths alone where RPC has one of its own', async () => {
    const one = made('ethereum', { rpc: { path: '/ext/bc/C/rpc' } });
    const status = chainClients.ethereum.status();
    expect(await asked(one, status)).toMatchObject({ kind: 'error' });
    expect(await asked(one, status, undefined, { path: '/ext/bc/C/rpc' })).toMatchObject({ kind: 'ok' });
  });
});

describe('the consensus of a simulated chain, by the metrics of a node', () => {
  const validators = (kernel: TestKernel, count: number, spec: Partial<NodeSpec> = {}) => {
    const chain = chainOf(kernel, { name: 'irita', blockIntervalMs: 5_000, consensus: 'here' });
    const nodes = Array.from({ length: count }, (_, index) =>
      nodeOf(kernel, chain, { instanceId: `i-000000000000000a${index}`, validatorPower: 10, ...spec }),
    );
    const metrics = async (index: number) => {
      const node = nodes[index];
      if (!node) throw new Error(`no node ${index}`);
      return factsOf(await askQuestion(consensusMetricsQuestion, fetcherOf(kernel, rpcHost(node), 26_660)));
    };
    return { chain, nodes, metrics };
  };

  it('shows all power while all are there, and what is missing when one is not', async () => {
    const kernel = testKernel();
    const { nodes, metrics } = validators(kernel, 4);
    kernel.advance(10_000);
    expect(await metrics(0)).toEqual({
      namespace: 'cometbft',
      latestBlockHeight: HEIGHT + 2,
      rounds: 0,
      validatorsPower: 40,
      missingValidatorsPower: 0,
      byzantineValidators: 0,
      byzantineValidatorsPower: 0,
    });
    nodes[3]?.stopClient();
    expect(await metrics(0)).toMatchObject({ validatorsPower: 40, missingValidatorsPower: 10, rounds: 0 });
  });

  it('counts rounds while validators disagree: more than ten within two minutes', async () => {
    const kernel = testKernel();
    const { chain, metrics } = validators(kernel, 4);
    chain.halt();
    kernel.advance(60_000);
    expect((await metrics(0)).rounds).toBe(8);
    kernel.advance(60_000);
    expect((await metrics(0)).rounds).toBe(12);
    expect(chain.height()).toBe(HEIGHT);
    chain.resume();
    kernel.advance(10_000);
    expect(await metrics(0)).toMatchObject({ rounds: 0, latestBlockHeight: HEIGHT + 2 });
  });

  it('counts none while a third of the power is away, and still shows the last block: as a real pair of validators did', async () => {
    const kernel = testKernel();
    const { nodes, metrics } = validators(kernel, 4);
    nodes[3]?.stopClient();
    nodes[2]?.stopClient();
    kernel.advance(600_000);
    expect(await metrics(0)).toMatchObject({ rounds: 0, latestBlockHeight: HEIGHT, missingValidatorsPower: 10 });
  });

  it('says nothing of validators from a start to the next block', async () => {
    const kernel = testKernel();
    const { chain, nodes, metrics } = validators(kernel, 4);
    chain.halt();
    kernel.advance(60_000);
    nodes[0]?.restartClient();
    expect(await metrics(0)).toMatchObject({ validatorsPower: undefined, latestBlockHeight: undefined });
  });

  it('tells of validators that signed twice, under the old name where the node is old', async () => {
    const kernel = testKernel();
    const { chain, metrics } = validators(kernel, 4, { rpc: { metrics: 'tendermint' } });
    chain.validators.byzantine = { count: 1, power: 10 };
    expect(await metrics(1)).toMatchObject({
      namespace: 'tendermint',
      byzantineValidators: 1,
      byzantineValidatorsPower: 10,
    });
  });

  it('leaves a jailed validator out, who says so itself', async () => {
    const kernel = testKernel();
    const { chain, nodes, metrics } = validators(kernel, 4);
    chain.jail('i-000000000000000a2');
    expect(await metrics(0)).toMatchObject({ validatorsPower: 30, missingValidatorsPower: 0 });
    const inSet = async (index: number) => {
      const node = nodes[index];
      if (!node) throw new Error(`no node ${index}`);
      return factsOf(await asked({ kernel, chain, node, name: 'cometbft' }, chainClients.cometbft.status()))
        .inValidatorSet;
    };
    expect([await inSet(1), await inSet(2)]).toEqual([true, false]);
    chain.unjail('i-000000000000000a2');
    expect(await inSet(2)).toBe(true);
  });
});

describe("geth's metrics and beacon node", () => {
  it('count the blocks since they were last read', async () => {
    const one = made('ethereum');
    one.kernel.advance(50_000);
    const metrics = async () => factsOf(await asked(one, gethMetricsQuestion, 6_060));
    expect(await metrics()).toEqual({ headBlock: HEIGHT + 5, peers: 8, inserts: 5 });
    expect(await metrics()).toEqual({ headBlock: HEIGHT + 5, peers: 8, inserts: undefined });
  });

  it('show that an execution client stands still because of its beacon node', async () => {
    const one = made('ethereum', { beacon: true });
    one.kernel.advance(20_000);
    const status = async () => factsOf(await asked(one, beacon.status(), 5_052));
    const before = await status();
    expect(before).toMatchObject({
      syncing: false,
      chainId: '1',
      hamperedBy: undefined,
      blockTimeMs: START_MS + 20_000,
    });
    expect(before.hashes[0]?.hash).toBe(one.chain.main.hash(HEIGHT + 2));
    one.node.beacon?.freeze();
    one.kernel.advance(600_000);
    expect((await status()).height).toBe(before.height);
    expect(await statusOf(one)).toMatchObject({ height: HEIGHT + 2, syncing: false });
    expect(one.node.report().state).toBe('stuck');
    one.node.beacon?.start();
    one.kernel.advance(60_000);
    expect(one.node.report().state).toBe('synced');
  });

  it('say when the execution client is away or behind', async () => {
    const one = made('ethereum', { beacon: true });
    const hamperedBy = async () => factsOf(await asked(one, beacon.status(), 5_052)).hamperedBy;
    one.node.stopClient();
    expect(await hamperedBy()).toBe('execution-offline');
    one.kernel.advance(3_600_000);
    one.node.startClient();
    expect(await hamperedBy()).toBe('execution-behind');
    one.kernel.advance(600_000);
    expect(await hamperedBy()).toBeUndefined();
  });

  it('tell whom the beacon node is connected to', async () => {
    const one = made('ethereum', { beacon: true });
    if (!beacon.peers) throw new Error('a beacon node cannot be asked for peers');
    const { ownPeerId, peers } = factsOf(await asked(one, beacon.peers, 5_052));
    expect(ownPeerId).toMatch(/^16Uiu2HA/);
    expect(peers).toHaveLength(50);
    expect(new Set(peers.map(({ id }) => id)).size).toBe(50);
  });

  it('know the header of a slot, and that there is none in a slot without a block', async () => {
    const one = made('ethereum', { beacon: true });
    one.chain.halt();
    one.kernel.advance(100_000);
    one.chain.resume();
    one.kernel.advance(30_000);
    const slots = factsOf(await asked(one, beacon.status(), 5_052));
    const below = factsOf(await asked(one, beacon.status([slots.height - 1, slots.height - 6]), 5_052));
    expect(below.hashes.map(({ height }) => height - slots.height)).toEqual([-1, 0]);
  });
});

describe('answers of a simulated node have the form of real ones', () => {
  const post = (...calls: readonly (readonly [string, ...unknown[]])[]): HttpRequest => ({
    method: 'POST',
    path: '/',
    headers: {},
    body: Buffer.from(JSON.stringify(calls.map(([method, ...params], id) => ({ jsonrpc: '2.0', id, method, params })))),
  });
  const answer = (
    { node, name }: Made,
    request: HttpRequest,
    port: number = chainDefaults[name].ports.rpc,
  ): unknown => {
    const answered = node.localRpc(port, request);
    if (answered.kind !== 'response') throw new Error(answered.kind);
    return JSON.parse(String(answered.body)) as unknown;
  };
  const litecoin = () => made('litecoin', { peers: 1 });
  const geth = (spec: Partial<NodeSpec> = {}) => made('ethereum', { peers: 1, ...spec });
  const latest = ['eth_getBlockByNumber', 'latest', false] as const;

  it.each<[string, Made, HttpRequest, unknown, readonly string[]]>([
    [
      'litecoind: status',
      litecoin(),
      post(
        ['getblockchaininfo'],
        ['getnetworkinfo'],
        ['getblockhash', 0],
        ['getblockhash', 290],
        ['getblockhash', 999_999],
      ),
      samples.litecoinStatus,
      ['[].result.softforks'],
    ],
    ['litecoind: peers', litecoin(), post(['getpeerinfo']), samples.litecoinPeers, ['per_msg']],
    ['litecoind: added', litecoin(), post(['addnode', '10.0.0.9', 'add']), samples.litecoinAdded, []],
    ['geth: status', geth(), post(['eth_chainId'], ['eth_syncing'], latest), firstOf(samples.gethDevelopment, 3), []],
    [
      'geth: syncing',
      geth({ lagBlocks: 5_000 }),
      post(
        ['eth_chainId'],
        ['eth_syncing'],
        latest,
        ['net_peerCount'],
        ['web3_clientVersion'],
        [latest[0], '0xfffffff', false],
      ),
      samples.gethSyncing,
      // The sample's latest block is sepolia's genesis, which has fewer fields.
      ['[].result.'],
    ],
    [
      'geth: peers',
      geth(),
      post(['admin_nodeInfo'], ['admin_peers']),
      samples.gethPeersOutbound,
      ['[].result.protocols.eth.config'],
    ],
    ['cometbft: status', made('cometbft'), get('/status'), samples.cometbftStatus, []],
    ['cometbft: net_info', made('cometbft', { peers: 1 }), get('/net_info'), samples.cometbftNetInfo, []],
    [
      'cometbft: blockchain',
      made('cometbft'),
      get('/blockchain?minHeight=2&maxHeight=2'),
      samples.cometbftBlockchain,
      [],
    ],
    [
      'cometbft: a block above its tip',
      made('cometbft'),
      get('/blockchain?minHeight=999999&maxHeight=999999'),
      samples.cometbftBlockchainAbove,
      [],
    ],
    [
      'cometbft: dialling',
      made('cometbft', { rpc: { unsafe: true } }),
      get(`/dial_peers?persistent=true&peers=["${'a'.repeat(40)}@10.0.0.9:26656"]`),
      samples.cometbftDialling,
      [],
    ],
    ['stacks: info', made('stacks'), get('/v2/info'), samples.stacksInfo, []],
    [
      'stacks: neighbors',
      made('stacks', { peers: 4 }),
      get('/v2/neighbors'),
      samples.stacksNeighbors,
      ['.bootstrap', '.sample', '.stackerdbs'],
    ],
    ['stacks: health', made('stacks'), get('/v3/health'), samples.stacksHealth, []],
  ])('%s', (_, one, request, sample, apart) => {
    const paths = (of: unknown) => [...forms(of)].filter((path) => !apart.some((left) => path.includes(left)));
    expect(paths(answer(one, request)).sort()).toEqual(paths(sample).sort());
  });

  it('of a beacon node, too', () => {
    const one = geth({ beacon: true });
    const paths = ['node/syncing', 'beacon/headers/head', 'node/version', 'node/peer_count'];
    const all = paths.map((path) => answer(one, get(`/eth/v1/${path}`), 5_052));
    const known = [samples.beaconSyncing, samples.beaconHead, samples.beaconVersion, samples.beaconPeerCount];
    expect(all.map((body) => [...forms(body)].sort())).toEqual(known.map((body) => [...forms(body)].sort()));
  });

  it('also when a single call comes alone, or nonsense', () => {
    const one = made('ethereum');
    const alone = { ...post(), body: Buffer.from('{"jsonrpc":"2.0","id":7,"method":"eth_blockNumber","params":[]}') };
    expect(answer(one, alone)).toEqual({ jsonrpc: '2.0', id: 7, result: `0x${HEIGHT.toString(16)}` });
    expect(answer(one, { ...post(), body: Buffer.from('{') })).toMatchObject({ error: { code: -32_700 } });
    expect(answer(one, post(['eth_sign']))).toMatchObject([{ error: { code: -32_601 } }]);
  });
});

function firstOf(list: unknown, count: number): unknown {
  return Array.isArray(list) ? list.slice(0, count) : list;
}

/** The path of a value, and its type: "[].result.blocks number". */
function forms(value: unknown, at = ''): Set<string> {
  if (Array.isArray(value)) return new Set(value.flatMap((item) => [...forms(item, `${at}[]`)]));
  if (typeof value !== 'object' || value === null) return new Set([`${at} ${value === null ? 'null' : typeof value}`]);
  return new Set(Object.entries(value).flatMap(([key, item]) => [...forms(item, `${at}.${key}`)]));
}
