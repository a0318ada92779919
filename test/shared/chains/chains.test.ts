import { describe, expect, it } from '@jest/globals';
import { get, question } from '../../../shared/chains/answers.ts';
import type { NodeStatus } from '../../../shared/chains/client.ts';
import { beacon, chainClients, tellsParents } from '../../../shared/chains/clients.ts';
import { answered, asked, factsOf, failed, readAll } from '../../fixtures/chain-answers.ts';
import * as samples from '../../fixtures/chain-samples.ts';

const { litecoin, ethereum, cometbft, stacks, solana } = chainClients;

describe('a bitcoin-like node', () => {
  const status = (...heights: number[]) => litecoin.status(heights);

  it('tells its height, its network by the genesis block, and the hashes that it has', () => {
    expect(
      factsOf(status(290, 999), [answered(samples.litecoinStatus)], [answered(samples.litecoinHeader)]),
    ).toMatchObject({
      height: 300,
      hashes: [
        { height: 290, hash: '3cba516ec1109f91ba82fdcca6a94988d09907349e314a0c57b0cf0a79cabeb0' },
        { height: 300, hash: '38bb406e3ca040b00705d1f71a2d285b988f96991d451136326330b006a9b59b' },
      ],
      blockTimeMs: Date.parse('2026-11-20T09:28:18Z'),
      claimedTip: 300,
      chainId: '530827f38f93b43ed12af0b3ad25a288dc02ed74d6d7857862df51fc56c416f9',
      clientVersion: '/LitecoinCore:0.21.2.1/',
    });
  });

  it('tells the block below each that was asked for by a second question, and goes without where that fails', () => {
    const withParents = litecoin.status([290, 300], { parents: true });
    const [low, tip] = [
      '3cba516ec1109f91ba82fdcca6a94988d09907349e314a0c57b0cf0a79cabeb0',
      '38bb406e3ca040b00705d1f71a2d285b988f96991d451136326330b006a9b59b',
    ];
    const [header] = samples.litecoinHeader as object[];
    const headers = [
      { id: 0, result: null, error: { code: -5, message: 'Block not found' } },
      { ...header, id: 1 },
    ];
    expect(factsOf(withParents, [answered(samples.litecoinStatus)], [answered(headers)]).hashes).toEqual([
      { height: 290, hash: low },
      { height: 300, hash: tip, parent: 'b2f1def4994458fb302c94b09ea86d2ce91b6e8e9e85b710f29e1f827dd68f81' },
    ]);
    const without = [
      { height: 290, hash: low },
      { height: 300, hash: tip },
    ];
    expect(factsOf(withParents, [answered(samples.litecoinStatus)], [failed()])).toMatchObject({
      height: 300,
      hashes: without,
    });
    const garbage = [{ ...headers[0], error: null, result: { hash: low, previousblockhash: 'x' } }, headers[1]];
    expect(factsOf(withParents, [answered(samples.litecoinStatus)], [answered(garbage)]).hashes).toEqual(without);
  });

  it('tells the time of its tip in one round where getblockchaininfo has none, unless a block came between', () => {
    const tip = '38bb406e3ca040b00705d1f71a2d285b988f96991d451136326330b006a9b59b';
    const first = (window_final_block_hash: string) => [
      answered([
        ...(samples.litecoinStatus as { id: number }[]).slice(0, 3),
        {
          id: 3,
          result: { time: 1_795_166_898, txcount: 301, window_final_block_hash, window_block_count: 1 },
          error: null,
        },
      ]),
    ];
    expect(factsOf(status(), first(tip)).blockTimeMs).toBe(1_795_166_898_000);
    expect(factsOf(status(), first('ab'.repeat(32)), [failed()])).toMatchObject({
      height: 300,
      blockTimeMs: undefined,
    });
  });

  it('that loads its blocks is starting, and has no height', () => {
    expect(readAll(status(), [answered(samples.litecoinWarmingUp)])).toEqual({
      kind: 'starting',
      reason: 'Verifying blocks...',
    });
  });

  it('names the peers that it has dialled, and since when', () => {
    const { ownPeerId, peers } = factsOf(peersOf(litecoin), [answered(samples.litecoinPeers)]);
    expect(ownPeerId).toBeUndefined();
    expect(peers).toEqual([
      { id: undefined, address: { host: '127.0.0.1', port: 21002 }, inbound: false, connectedSeconds: 2148 },
    ]);
  });

  it('takes a peer, says when it had it before, and drops one by forgetting and disconnecting it', () => {
    const { add, remove } = byRpc(litecoin);
    const peer = { host: '127.0.0.1', port: 21009 };
    expect(factsOf(add(peer), [answered(samples.litecoinAdded)])).toBe('changed');
    expect(factsOf(add(peer), [answered(samples.litecoinAddedBefore)])).toBe('already');
    if (remove === undefined) throw new Error('bitcoin removes peers');
    expect(asked(remove(peer))).toEqual(['addnode', 'disconnectnode']);
    expect(factsOf(remove(peer), [answered(samples.litecoinRemoved)])).toBe('changed');
    expect(factsOf(remove(peer), [answered(samples.litecoinRemovedBefore)])).toBe('already');
  });

  it('is never given what is no address, though it would take it', () => {
    expect(() => byRpc(litecoin).add({ host: 'not an address', port: 21009 })).toThrow(/host is "not an address"/);
    expect(() => litecoin.operations.formatPeer({ host: '10.0.0.1\naddnode=evil', port: 1 })).toThrow(TypeError);
  });
});

describe('an ethereum execution client', () => {
  it('tells its height and the hash of a block below', () => {
    expect(factsOf(ethereum.status([2]), [answered(samples.gethDevelopment)])).toMatchObject({
      height: 8,
      hashes: [
        { height: 2, hash: '0bfb569298235fbadc49ad884422f8551bb33fab82248a169ffd5ee16ee092a5' },
        { height: 8, hash: '2a6f0b8f3bce60756117dda3671a4161973e54159204a1b89bab3754747674c0' },
      ],
      blockTimeMs: 0x6b001438 * 1000,
      syncing: false,
      peerCount: 0,
      chainId: '1337',
      clientVersion: 'Geth/v1.16.5-stable/linux-amd64/go1.26.8',
    });
  });

  it('tells the block below each only where that is asked for, and goes without where it is no hash', () => {
    const parents = (answer: unknown, more = {}) =>
      factsOf(ethereum.status([2], more), [answered(answer)]).hashes.map(({ parent }) => parent);
    expect(parents(samples.gethDevelopment)).toEqual([undefined, undefined]);
    const hash = expect.stringMatching(/^[0-9a-f]{64}$/);
    expect(parents(samples.gethDevelopment, { parents: true })).toEqual([hash, hash]);
    const blanked = JSON.parse(
      JSON.stringify(samples.gethDevelopment).replace(/"parentHash":"[^"]*"/g, '"parentHash":""'),
    );
    expect(parents(blanked, { parents: true })).toEqual([undefined, undefined]);
  });

  it('that says that it syncs says how far, and has no hash of a block that it lacks', () => {
    expect(factsOf(ethereum.status([99]), [answered(samples.gethSyncing)])).toMatchObject({
      height: 0,
      hashes: [{ height: 0 }],
      syncing: true,
      claimedTip: 0,
      syncHeight: 0,
      peerCount: 1,
      chainId: '11155111',
    });
  });

  it('without the namespace net has a height and no number of peers', () => {
    expect(factsOf(ethereum.status([99]), [answered(samples.anvilStatus)])).toMatchObject({
      height: 0,
      peerCount: undefined,
      clientVersion: 'anvil/v1.7.1',
    });
  });

  it('is asked for its peers on the node alone, and can be dialled where it was dialled', () => {
    const peers = peersOf(ethereum);
    expect(peers.reach).toBe('node');
    const dialled = factsOf(peers, [answered(samples.gethPeersOutbound)]);
    const dialler = factsOf(peers, [answered(samples.gethPeersInbound)]);
    expect(dialled.peers).toMatchObject([
      { id: dialler.ownPeerId, address: { host: '127.0.0.1', port: 21302 }, inbound: false },
    ]);
    expect(dialler.peers).toMatchObject([{ id: dialled.ownPeerId, address: undefined, inbound: true }]);
  });

  it('is told a peer as an enode', () => {
    const id = 'a7'.repeat(64);
    const peer = { id, host: 'fd00::1', port: 30303 };
    expect(ethereum.operations.formatPeer(peer)).toBe(`enode://${id}@[fd00::1]:30303`);
    expect(byRpc(ethereum).reach).toBe('node');
    const accepted = [{ jsonrpc: '2.0', id: 0, result: true }];
    expect(factsOf(byRpc(ethereum).add(peer), [answered(accepted)])).toBe('changed');
    expect(() => ethereum.operations.formatPeer({ ...peer, id: 'A7' })).toThrow(/expected 128 hexadecimal digits/);
  });
});

describe('a beacon node', () => {
  const parts = [
    samples.beaconSyncing,
    samples.beaconHead,
    samples.beaconGenesis,
    samples.beaconSpec,
    samples.beaconVersion,
    samples.beaconPeerCount,
  ].map((body) => answered(body));

  it('tells its slot, when that was, and the chain id of its execution client', () => {
    const missed = answered(samples.beaconNotFound, 404);
    expect(factsOf(beacon.status([11579100]), [...parts, missed])).toMatchObject({
      height: 11579198,
      hashes: [{ height: 11579198, hash: '4f289577b582ac7584c11c9ad8411734441685c64d19988b899af678ef2178f9' }],
      blockTimeMs: (1606824023 + 11579198 * 12) * 1000,
      syncing: false,
      peerCount: 56,
      chainId: '1',
      clientVersion: 'Lighthouse/v8.2.2-e423a66/x86_64-linux',
      hamperedBy: undefined,
    });
  });

  it('says so when its execution client is the trouble', () => {
    const offline = answered({
      data: { head_slot: '1', sync_distance: '7', is_syncing: true, is_optimistic: true, el_offline: true },
    });
    const optimistic = answered({
      data: { head_slot: '1', sync_distance: '7', is_syncing: true, is_optimistic: true, el_offline: false },
    });
    expect(factsOf(beacon.status(), [offline, ...parts.slice(1)])).toMatchObject({
      hamperedBy: 'execution-offline',
      claimedTip: 11579205,
    });
    expect(factsOf(beacon.status(), [optimistic, ...parts.slice(1)]).hamperedBy).toBe('execution-behind');
  });

  it('without a head, or not ready, is starting', () => {
    const [first, , ...rest] = parts;
    if (first === undefined) throw new Error('no parts');
    const noHead = [first, answered(samples.beaconNotFound, 404), ...rest];
    expect(readAll(beacon.status(), noHead)).toMatchObject({ kind: 'starting' });
    const notReady = [answered({ code: 503, message: 'Service Unavailable' }, 503), ...parts.slice(1)];
    expect(readAll(beacon.status(), notReady)).toMatchObject({ kind: 'starting' });
  });

  it('names its peers', () => {
    const answers = [answered(samples.beaconIdentity), answered(samples.beaconPeers)];
    expect(factsOf(peersOf(beacon), answers)).toEqual({
      ownPeerId: 'QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N',
      peers: [
        {
          id: 'QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N',
          address: { host: '7.7.7.7', port: 4242 },
          inbound: false,
          connectedSeconds: undefined,
        },
      ],
    });
  });
});

describe('a cometbft node', () => {
  const netInfo = answered(samples.cometbftNetInfo);

  it('tells the block below one only where that is asked for', () => {
    const answers = [answered(samples.cometbftStatus), netInfo, answered(samples.cometbftBlockchain)];
    const parents = (more = {}) => factsOf(cometbft.status([2], more), answers).hashes.map(({ parent }) => parent);
    expect(parents()).toEqual([undefined, undefined]);
    expect(parents({ parents: true })).toEqual([
      '081435ae148fa8b44ad66ca37fa06de4527c646e1d1830b9d198fbfab4571c62',
      undefined,
    ]);
  });

  it('tells its height, the hash of a block below, and whether its key validates', () => {
    const answers = [answered(samples.cometbftStatus), netInfo, answered(samples.cometbftBlockchain)];
    expect(factsOf(cometbft.status([2]), answers)).toMatchObject({
      height: 5,
      hashes: [
        { height: 2, hash: '4dff47a568bea4c5c878b729e37fe85c93f64ce15313b845b617f8c8ca1b3b6d' },
        { height: 5, hash: '356d0dc9dc03cf7e7eca1c4e6f195c83556a9d43d534ddb7217a271e383c223f' },
      ],
      blockTimeMs: Date.parse('2026-11-20T09:28:01.272Z'),
      syncing: false,
      peerCount: 1,
      chainId: 'chain-IktQ57',
      clientVersion: '0.38.17',
      inValidatorSet: true,
      votingPower: 1,
    });
  });

  it('of version 0.37 and of Tendermint 0.19, which writes numbers, is understood as well', () => {
    expect(factsOf(cometbft.status(), [answered(samples.cometbft37Status), netInfo]).height).toBe(5);
    expect(factsOf(cometbft.status(), [answered(samples.tendermint19Status), netInfo])).toMatchObject({
      height: 231,
      blockTimeMs: Date.parse('2018-04-28T03:18:08.459Z'),
      syncing: false,
      inValidatorSet: true,
      votingPower: 10,
    });
  });

  it('may say syncing for catching_up, and answer without an envelope', () => {
    // Early versions of Tendermint, and 0.35 with its descendants: the same answer in their spelling.
    const { result } = JSON.parse(
      JSON.stringify(samples.cometbftStatus).replace('"catching_up":false', '"syncing":true'),
    );
    expect(factsOf(cometbft.status(), [answered(result), netInfo])).toMatchObject({ height: 5, syncing: true });
  });

  it.each([
    ['""', undefined, []],
    ['7', undefined, ['version']],
  ])('whose version is %s is known by its network', (version, clientVersion, missing) => {
    const text = JSON.stringify(samples.cometbftStatus).replace(/"version":"[^"]*"/, `"version":${version}`);
    const facts = factsOf(cometbft.status(), [answered(JSON.parse(text)), netInfo]);
    expect([facts.chainId, facts.clientVersion]).toEqual(['chain-IktQ57', clientVersion]);
    expect(facts.missing.map((one) => one.split(':')[0])).toEqual(missing);
  });

  it('that waits for its first block has no height, though it says that it is not catching up', () => {
    expect(JSON.stringify(samples.cometbftWaiting)).toContain('"catching_up":false');
    expect(readAll(cometbft.status(), [answered(samples.cometbftWaiting), netInfo])).toEqual({
      kind: 'starting',
      reason: 'it has no block yet',
    });
  });

  it('on a halted chain says that all is well; its block time shows that it is not', () => {
    const { syncing, blockTimeMs } = factsOf(cometbft.status(), [answered(samples.cometbftHalted), netInfo]);
    expect({ syncing, blockTimeMs }).toEqual({ syncing: false, blockTimeMs: Date.parse('2026-11-20T09:29:24.777Z') });
  });

  describe('that waits for votes', () => {
    const votesIn = (change: (text: string) => string = (text) => text, heights: readonly number[] = []) =>
      factsOf(cometbft.status(heights, { votes: true }), [
        answered(samples.cometbftHalted),
        netInfo,
        ...heights.map(() => answered(samples.cometbftBlockchain)),
        answered(JSON.parse(change(JSON.stringify(samples.cometbftVotesMissing)))),
      ]);
    const at = (step: number) => (text: string) => text.replace('19/0/6', `19/0/${step}`);
    const precommits = ['1237b71b2d63', '431a63d678ed'];

    it('tells whose it has in the step that it is in, and what its own carry', () => {
      expect(votesIn().votes).toEqual({ height: 19, voterIds: precommits, tooFew: true });
      expect(votesIn(at(4)).votes).toEqual({
        height: 19,
        voterIds: ['1237b71b2d63', '2e3098212fc1', '431a63d678ed'],
        tooFew: false,
      });
      expect(votesIn().voterId).toBe('a0aa99ed2d87');
    });

    it('needs more than two thirds of the power, and not two thirds', () => {
      const has = (power: string) => votesIn((text) => text.replace('2/4 = 0.50', power)).votes?.tooFew;
      expect([has('2/3 = 0.67'), has('2000000000000000001/3000000000000000000 = 0.67')]).toEqual([true, false]);
    });

    it.each([1, 2, 3, 8])('waits for none in step %i', (step) => {
      expect(votesIn(at(step))).not.toHaveProperty('votes');
    });

    it('is asked for them last, since they are left out where they do not fit; without them it still has its height', () => {
      expect(asked(cometbft.status([2], { votes: true })).at(-1)).toBe('/consensus_state');
      expect(votesIn(undefined, [2]).votes?.voterIds).toEqual(precommits);
      const facts = factsOf(cometbft.status([], { votes: true }), [
        answered(samples.cometbftHalted),
        netInfo,
        failed('slow'),
      ]);
      expect(facts).toMatchObject({ height: 66, missing: [] });
      expect(facts).not.toHaveProperty('votes');
      expect(votesIn((text) => text.replace('19/0/6', 'soon')).missing).toEqual([expect.stringMatching(/^votes: /)]);
    });
  });

  it('without a block that was asked for has no hash of it', () => {
    const answers = [answered(samples.cometbftStatus), netInfo, answered(samples.cometbftBlockchainAbove, 500)];
    expect(factsOf(cometbft.status([999]), answers).hashes).toMatchObject([{ height: 5 }]);
  });

  it('whose peers cannot be read still has a height, and an unknown number of peers', () => {
    const facts = factsOf(cometbft.status(), [answered(samples.cometbftStatus), failed('too-large')]);
    expect(facts).toMatchObject({ height: 5, peerCount: undefined });
  });

  it('names its own id and its peers, by where they came from and the port that they listen on', () => {
    expect(factsOf(peersOf(cometbft), [answered(samples.cometbftStatus), netInfo])).toEqual({
      ownPeerId: 'f7a7d554dbb87d80d28ee7fd7705c1f6081f4e81',
      peers: [
        {
          id: '50f439f0ee1e9f44cd0ff3f63bb6c2b2f8eb6782',
          address: { host: '127.0.0.1', port: 21200 },
          inbound: true,
          connectedSeconds: 8,
        },
      ],
    });
  });

  it('dials a peer on the node alone, and cannot be made to forget one', () => {
    const { add, remove, reach } = byRpc(cometbft);
    const peer = { id: '50f439f0ee1e9f44cd0ff3f63bb6c2b2f8eb6782', host: '127.0.0.1', port: 21200 };
    expect(reach).toBe('node');
    expect(remove).toBeUndefined();
    expect(asked(add(peer))).toEqual([
      '/dial_peers?persistent=true&peers=%5B%2250f439f0ee1e9f44cd0ff3f63bb6c2b2f8eb6782%40127.0.0.1%3A21200%22%5D',
    ]);
    expect(factsOf(add(peer), [answered(samples.cometbftDialling)])).toBe('changed');
    const without = { kind: 'failed', code: 'refused', reason: 'HTTP 404 and no JSON', status: 404 } as const;
    expect(add(peer).read([without])).toMatchObject({ reason: expect.stringMatching(/rpc\.unsafe is off/) });
    expect(cometbft.operations.formatPeer(peer)).toBe('50f439f0ee1e9f44cd0ff3f63bb6c2b2f8eb6782@127.0.0.1:21200');
  });
});

describe('a stacks node', () => {
  const info = answered(samples.stacksInfo);
  const first = [info, answered(samples.stacksNeighbors), answered(samples.stacksHealth)];

  it('tells its tip, how far it has followed bitcoin, and its block time by a second question', () => {
    expect(factsOf(stacks.status(), first, [answered(samples.stacksTenure)])).toMatchObject({
      height: 1832097,
      hashes: [{ height: 1832097, hash: 'b1807a2d3f7f8c7922f7c1d60d7c34145ade05d789640dc7dc9ec1021e07bb54' }],
      blockTimeMs: 1750774427000,
      syncing: true,
      claimedTip: 12345,
      peerCount: 2,
      chainId: '1',
      anchorHeight: 16,
    });
  });

  it('of an older version answers less, and is understood', () => {
    const notFound = answered('not found', 404);
    expect(factsOf(stacks.status(), [info, notFound, notFound], [notFound])).toMatchObject({
      height: 1832097,
      blockTimeMs: undefined,
      claimedTip: undefined,
      peerCount: undefined,
    });
  });

  it('names those that it is connected to', () => {
    expect(factsOf(peersOf(stacks), first.slice(0, 2)).peers).toMatchObject([
      { address: { host: '10.0.0.5', port: 20444 }, inbound: false, connectedSeconds: 120 },
      { address: undefined, inbound: true, connectedSeconds: 3600 },
    ]);
  });
});

describe('a solana node', () => {
  // Each sample answers one call; a batch has several.
  const together = (...answers: unknown[]) => [answered(answers.map((one, id) => ({ ...(one as object), id })))];
  const result = (value: unknown) => ({ jsonrpc: '2.0', result: value });
  // _getGenesisHash.mdx, _getVersion.mdx and _getIdentity.mdx next to _getBlock.mdx; the slot is that of the block there.
  const slot = result(430);
  const genesis = result('GH7ome3EiwEr7tu9JuTh2dpYWBJK3z69Xm1ZE3MEE6JC');
  const version = result({ 'solana-core': '1.15.0' });

  it('tells its slot and, by a second question, the hash there', () => {
    const first = together(slot, result('ok'), genesis, version);
    expect(factsOf(solana.status(), first, together(samples.solanaBlock))).toMatchObject({
      height: 430,
      hashes: [{ height: 430, hash: '3Eq21vXNB5s86c62bVuUfTeaMif1N2kUqRPBmGRJhyTA' }],
      blockTimeMs: undefined,
      syncing: false,
      claimedTip: 430,
      clientVersion: '1.15.0',
    });
  });

  it('that is behind says by how much, where it knows', () => {
    const behind = together(slot, samples.solanaBehind, genesis, version);
    const unhealthy = together(slot, samples.solanaUnhealthy, genesis, version);
    const block = together(samples.solanaBlock);
    expect(factsOf(solana.status(), behind, block)).toMatchObject({ syncing: true, claimedTip: 472 });
    expect(factsOf(solana.status(), unhealthy, block)).toMatchObject({ syncing: true, claimedTip: undefined });
  });

  it('without the full RPC has a height, and neither hash nor time', () => {
    const minimal = { jsonrpc: '2.0', error: { code: -32601, message: 'Method not found' } };
    const first = together(slot, result('ok'), genesis, version);
    expect(factsOf(solana.status(), first, together(minimal))).toMatchObject({ height: 430, hashes: [] });
  });

  it('names the nodes of its cluster', () => {
    const identity = result({ identity: '2r1F4iWqVcb8M1DbAjQuFpebkQHY9hcVU4WuW2DJBppN' });
    expect(factsOf(peersOf(solana), together(identity, samples.solanaCluster))).toMatchObject({
      ownPeerId: '2r1F4iWqVcb8M1DbAjQuFpebkQHY9hcVU4WuW2DJBppN',
      peers: [{ id: '9QzsJf7LPLj8GkXbYT3LFDKqsj2hHG7TA3xinJHu8epQ', address: { host: '10.239.6.48', port: 8001 } }],
    });
  });
});

describe('a client that does not answer one optional call', () => {
  /** The batch with other answers to some of its calls. */
  const batchWith = (sample: unknown, others: Readonly<Record<number, object>>) => [
    answered(
      (sample as { id: number }[]).map((entry) => ({ ...entry, result: undefined, ...(others[entry.id] ?? entry) })),
    ),
  ];
  const error = (code: number, message = 'Internal error') => ({ error: { code, message } });
  const GETH_PEERS = 3;
  const GETH_VERSION = 4;

  it.each([
    [
      'net_peerCount is not allowed',
      GETH_PEERS,
      error(-32_004, 'method not allowed'),
      'peers: net_peerCount answered error -32004: method not allowed',
    ],
    [
      'net_peerCount is limited',
      GETH_PEERS,
      error(-32_005, 'limit exceeded'),
      'peers: net_peerCount answered error -32005: limit exceeded',
    ],
    [
      'net_peerCount is refused without a message',
      GETH_PEERS,
      { error: { code: -32_004 } },
      'peers: net_peerCount answered error -32004: no message',
    ],
    [
      'the version is empty',
      GETH_VERSION,
      { result: '' },
      'version: web3_clientVersion: "", expected a text of 1 to 256 printable characters',
    ],
    ['the version is long', GETH_VERSION, { result: 'v'.repeat(300) }, undefined],
    ['the chain id is refused', 0, error(-32_000), 'chain id: eth_chainId answered error -32000: Internal error'],
    ['eth_syncing is refused', 1, error(-32_000), 'syncing: eth_syncing answered error -32000: Internal error'],
  ])('has a height and a hash, and says what is missing: %s', (_, id, other, missing) => {
    const facts = factsOf(ethereum.status(), batchWith(samples.gethDevelopment, { [id]: other }));
    expect(facts).toMatchObject({ height: 8, hashes: [{ height: 8 }], blockTimeMs: 0x6b001438 * 1000 });
    expect(facts.missing).toEqual(missing === undefined ? [expect.stringMatching(/^version: /)] : [missing]);
  });

  it('may tell its peers as a plain number', () => {
    const answers = batchWith(samples.gethDevelopment, { [GETH_PEERS]: { result: 7 } });
    expect(factsOf(ethereum.status(), answers)).toMatchObject({ peerCount: 7, missing: [] });
  });

  it('has a height without getnetworkinfo, which btcd lacks, and without its genesis', () => {
    const answers = batchWith(samples.litecoinStatus, { 1: error(-1, 'Command unimplemented'), 2: error(-1) });
    expect(factsOf(litecoin.status(), answers, [failed()])).toMatchObject({
      height: 300,
      peerCount: undefined,
      clientVersion: undefined,
      chainId: undefined,
      missing: [
        'peers and version: getnetworkinfo answered error -1: Command unimplemented',
        'genesis: getblockhash answered error -1: Internal error',
      ],
    });
  });

  it('tells no voting power where it cannot be counted exactly', () => {
    // "MaxTotalVotingPower": 2^60 (CometBFT, types/validator_set.go).
    const vast = JSON.parse(
      JSON.stringify(samples.cometbftStatus).replace('"voting_power":"1"', '"voting_power":"1152921504606846975"'),
    );
    expect(factsOf(cometbft.status(), [answered(vast), answered({ result: { n_peers: '1' } })])).toMatchObject({
      inValidatorSet: true,
      votingPower: undefined,
    });
  });

  it('is read without the facts of a status that are only for people', () => {
    const { result } = JSON.parse(JSON.stringify(samples.cometbftStatus));
    const bare = { result: { sync_info: result.sync_info, validator_info: { voting_power: null } } };
    expect(factsOf(cometbft.status(), [answered(bare), answered({ result: { n_peers: 'many' } })])).toMatchObject({
      height: 5,
      chainId: undefined,
      inValidatorSet: undefined,
      votingPower: undefined,
      missing: [
        expect.stringMatching(/^network: /),
        expect.stringMatching(/^voting power: /),
        expect.stringMatching(/^peers: /),
      ],
    });
  });

  it('is a beacon node without genesis and spec, whose time is unknown', () => {
    const answers = [samples.beaconSyncing, samples.beaconHead].map((body) => answered(body));
    const rest = [failed('slow'), answered({}, 500), answered({}, 404), answered({}, 404)];
    expect(factsOf(beacon.status(), [...answers, ...rest])).toMatchObject({
      height: 11579198,
      blockTimeMs: undefined,
      missing: ['genesis: nobody is there', expect.stringMatching(/^spec: /)],
    });
  });

  it('but without its height there is no reading', () => {
    expect(readAll(litecoin.status(), batchWith(samples.litecoinStatus, { 0: error(-1) }))).toMatchObject({
      kind: 'error',
      code: 'refused',
    });
  });
});

describe('whatever the chain', () => {
  it.each(Object.entries(chainClients))('%s: a dead node has no height, and the reason says why', (_, client) => {
    const question = client.status([1]);
    expect(
      readAll(
        question,
        question.requests.map(() => failed()),
      ),
    ).toEqual({
      kind: 'error',
      code: 'unreachable',
      reason: 'nobody is there',
    });
  });

  it.each(Object.entries(chainClients))(
    '%s: a batch stays within the ten calls that hosted nodes allow',
    (_, client) => {
      expect(asked(client.status([1, 2, 3, 4, 5], { parents: true })).length).toBeLessThanOrEqual(10);
    },
  );

  it('the block below each is told where it is asked for, by those whose protocol has it', () => {
    const tells = Object.entries(chainClients).flatMap(([name, client]) => (client.tellsParents ? [] : [name]));
    expect(tells).toEqual(['stacks', 'solana']);
    expect(tellsParents('litecoin')).toBe(true);
    for (const chain of ['stacks', 'solana', 'other', 'constructor']) expect(tellsParents(chain)).toBe(false);
  });

  it('more hashes than allowed, or of no height, are not asked for', () => {
    expect(() => ethereum.status([1, 2, 3, 4, 5, 6])).toThrow(/6 heights asked for, at most 5/);
    expect(() => ethereum.status([-1])).toThrow(RangeError);
  });

  it('how a client is stopped and where its peers persist is said', () => {
    for (const client of [...Object.values(chainClients), beacon]) {
      expect(client.operations.stop.graceSeconds).toBeGreaterThanOrEqual(120);
      expect(client.operations.peersThatPersist.takesEffect).toBe('restart');
    }
    expect(cometbft.operations.peersThatPersist).toMatchObject({ table: 'p2p', key: 'persistent_peers' });
    expect(ethereum.operations.peersThatPersist).toMatchObject({ table: 'Node.P2P', key: 'StaticNodes' });
    expect(litecoin.operations.peersThatPersist).toMatchObject({ in: 'lines', key: 'addnode' });
    expect(stacks.operations.peersThatPersist).toMatchObject({ table: 'node', key: 'bootstrap_node' });
  });

  it('an answer of another protocol is refused, and says what was expected', () => {
    const wrong = ethereum.status().read([answered(samples.cometbftStatus)]);
    expect(wrong).toMatchObject({ kind: 'error', code: 'malformed' });
    const reading = readAll<NodeStatus>(cometbft.status(), [answered(samples.gethDevelopment), failed()]);
    expect(reading).toMatchObject({ kind: 'error', code: 'malformed' });
  });
});

function peersOf({ peers, name }: (typeof chainClients)[keyof typeof chainClients]) {
  if (peers === undefined) throw new Error(`${name} tells no peers`);
  return peers;
}

function byRpc({ operations, name }: (typeof chainClients)[keyof typeof chainClients]) {
  if (operations.peersAtRunTime.by !== 'rpc') throw new Error(`${name} changes no peers at run time`);
  return operations.peersAtRunTime;
}

describe('a mistake of ours in a reader', () => {
  it('is told as ours: no node is blamed for it, and nobody else’s answer is lost', () => {
    const broken = question([get('/')], () => (undefined as unknown as { read: () => never }).read());
    expect(broken.read([answered({})])).toEqual({
      kind: 'error',
      code: 'misconfigured',
      reason: "its answer could not be read: Cannot read properties of undefined (reading 'read')",
    });
  });
});
