// Chains that are a bitcoin, an ethereum or a CometBFT under another name: what is theirs, and what they share.
import { describe, expect, it } from '@jest/globals';
import { chainClients } from '../../../shared/chains/clients.ts';
import { chainDefaults, familyOf, type KnownChain } from '../../../shared/chains/defaults.ts';
import { parseFleet } from '../../../shared/fleet/resolve.ts';
import { statusQuestions } from '../../../shared/probe/questions.ts';
import { answered, asked, factsOf, readAll } from '../../fixtures/chain-answers.ts';
import * as samples from '../../fixtures/chain-samples.ts';

const fleetOf = (chain: string, more: object = {}) =>
  parseFleet({ fleet: 'f', chain, mode: 'plan', nodes: { tag: { A: 'b' } }, ...more });

const chains = Object.keys(chainDefaults) as KnownChain[];

it.each(chains)('%s is asked as its family is, and called by its own name', (chain) => {
  const family = familyOf(chain) as KnownChain;
  expect(chainClients[chain].name).toBe(chain);
  expect(asked(chainClients[chain].status([5]))).toEqual(asked(chainClients[family].status([5])));
});

it('a chain that is not known has no family, whatever it is called', () => {
  expect([familyOf('other'), familyOf('cardano'), familyOf('constructor')]).toEqual([undefined, undefined, undefined]);
});

it.each(chains)('%s: nothing is called late, halted or stuck within three of its blocks', (chain) => {
  const { blockSeconds, health }: { blockSeconds: number; health: { haltSeconds: number; behindBlocks: number } } =
    chainDefaults[chain];
  expect(health.haltSeconds).toBeGreaterThan(3 * blockSeconds);
  // Nodes are not all asked at the same moment: some 20 s, or three blocks.
  expect(health.behindBlocks).toBeGreaterThanOrEqual(Math.min(3, Math.ceil(20 / blockSeconds)));
  expect(health.behindBlocks * blockSeconds).toBeGreaterThanOrEqual(9);
});

describe('zcash', () => {
  it('is read from zebrad, which has no getchaintxstats and tells a block’s time in its header', () => {
    const { zcash } = chainClients;
    expect(factsOf(zcash.status(), [answered(samples.zebraStatus)], [answered(samples.zebraHeader)])).toMatchObject({
      height: 10,
      hashes: [{ height: 10, hash: '00074c46a4aa8172df8ae2ad1848a2e084e1b6989b7d9e6132adc938bf835b36' }],
      blockTimeMs: 1_477_671_596_000,
      peerCount: 1,
      chainId: '00040fe8ec8471911baa1db1266ea15dd06b4a8a5c453883c000b031973dce08',
      clientVersion: 'RPC test',
    });
  });

  it('has no list of peers to keep, and a wallet to keep', () => {
    const { peers, identityPaths } = fleetOf('zcash');
    expect(peers?.rotate).toBe(false);
    expect(chainClients.zcash.peers).toBeUndefined();
    expect(identityPaths).toContain('/var/lib/zebrad/wallet.dat');
  });
});

describe('avalanche', () => {
  const constants = (samples.gethDevelopment as { id: number }[]).map((answer) =>
    answer.id === 3 ? { ...answer, result: '0x0' } : answer,
  );

  it('is asked at the path of its C-chain, or where its fleet file says', () => {
    expect(fleetOf('avalanche').rpc?.path).toBe('/ext/bc/C/rpc');
    expect(fleetOf('avalanche', { rpc: { path: '/ext/bc/mychain/rpc' } }).rpc?.path).toBe('/ext/bc/mychain/rpc');
  });

  it('tells neither its peers nor whether it syncs: coreth answers both with a constant', () => {
    const facts = factsOf(chainClients.avalanche.status(), [answered(constants)]);
    expect(facts).toMatchObject({ height: 8, chainId: '1337', missing: [] });
    expect([facts.peerCount, facts.syncing]).toEqual([undefined, undefined]);
    expect(factsOf(chainClients.ethereum.status(), [answered(constants)])).toMatchObject({
      peerCount: 0,
      syncing: false,
    });
  });
});

it('nitro that is behind says so in words of its own', () => {
  // The keys of FullSyncProgressMap, arbnode/sync_monitor.go of github.com/OffchainLabs/nitro.
  const syncing = {
    consensusSyncTargetMsgCount: 90,
    maxMessageCount: 90,
    msgCount: 80,
    batchSeen: 7,
    batchProcessed: 6,
  };
  const behind = (samples.gethDevelopment as { id: number }[]).map((answer) =>
    answer.id === 1 ? { ...answer, result: syncing } : answer,
  );
  expect(factsOf(chainClients.arbitrum.status(), [answered(behind)])).toMatchObject({
    ...{ height: 8, syncing: true, claimedTip: undefined, missing: [] },
  });
});

describe('the second client', () => {
  const besideOf = (chain: string, key: string) => {
    const fleet = fleetOf(chain, { rpc: { [key]: 9545 } });
    if (fleet.rpc === undefined) throw new Error(`${chain} has an RPC port`);
    return statusQuestions({ fleet: 'f', chain, rpc: fleet.rpc, stopGraceSeconds: 1 }, []).beacon;
  };

  it.each([
    ['ethereum', 'beaconPort', '/eth/v1/node/syncing'],
    ['polygon', 'consensusPort', '/status'],
    ['optimism', 'consensusPort', 'optimism_syncStatus'],
    ['base', 'consensusPort', 'optimism_syncStatus'],
  ])('of %s is asked at %s in its own words', (chain, key, first) => {
    const beside = besideOf(chain, key);
    expect(beside?.port).toBe(9545);
    expect(asked(beside?.question as never)[0]).toBe(first);
  });

  it.each([
    ['arbitrum', 'consensusPort', 'expected only for polygon, optimism, base'],
    ['ethereum', 'consensusPort', 'expected only for polygon, optimism, base'],
    ['polygon', 'beaconPort', 'expected only for ethereum'],
  ])('of %s at %s is refused', (chain, key, expected) => {
    expect(() => fleetOf(chain, { rpc: { [key]: 9545 } })).toThrow(expected);
  });

  // The fields of L1BlockRef, op-service/eth/id.go of github.com/ethereum-optimism/optimism.
  const block = (number: number) => ({
    hash: `0x${'ab'.repeat(32)}`,
    number,
    parentHash: '0x00',
    timestamp: 1_768_590_756,
  });
  const opNode = (seen: number, l2: number) => [
    { jsonrpc: '2.0', id: 0, result: { current_l1: block(seen), head_l1: block(seen), unsafe_l2: block(l2) } },
    { jsonrpc: '2.0', id: 1, result: 'v1.16.2' },
  ];

  it('op-node is at the L1 block that it sees, wherever its execution client stands', () => {
    const status = besideOf('optimism', 'consensusPort')?.question;
    if (status === undefined) throw new Error('op-node is asked');
    const one = factsOf(status, [answered(opNode(24_484_422, 148_000_000))]);
    expect(one).toMatchObject({ height: 24_484_422, blockTimeMs: 1_768_590_756_000, clientVersion: 'v1.16.2' });
    const later = factsOf(status, [answered(opNode(24_484_422, 148_000_900))]);
    expect({ ...later, counters: one.counters }).toEqual(one);
    expect(readAll(status, [answered(opNode(0, 0))])).toMatchObject({ kind: 'starting' });
  });
});

describe('a CometBFT chain under its own name', () => {
  it.each(['cosmoshub', 'osmosis', 'celestia'])('%s keeps its signing state, and has its consensus read', (chain) => {
    const fleet = fleetOf(chain);
    expect(fleet.identityPaths.at(-1)).toMatch(/priv_validator_state\.json$/);
    const { rpc } = fleet;
    if (rpc === undefined) throw new Error(`${chain} has an RPC port`);
    const questions = statusQuestions({ fleet: 'f', chain, rpc, stopGraceSeconds: 1 }, []);
    expect(questions.consensus?.port).toBe(26_660);
  });
});
