// What moves while a height stands, by answers as they were posted in public. Progress is what a client says and what moves, not one number.
import { describe, expect, it } from '@jest/globals';
import { countersOf, MAXIMUM_COUNTERS } from '../../../shared/chains/client.ts';
import { chainClients } from '../../../shared/chains/clients.ts';
import { opNodeClient } from '../../../shared/chains/op-node.ts';
import { answered, factsOf, readAll } from '../../fixtures/chain-answers.ts';

const results = (...told: readonly unknown[]) => [answered(told.map((result, id) => ({ jsonrpc: '2.0', id, result })))];
const block = (number: number) => ({
  number: `0x${number.toString(16)}`,
  hash: `0x${'ab'.repeat(32)}`,
  timestamp: '0x6391f2c0',
});
/** What an execution client tells beside `eth_syncing`. */
const ethereum = (syncing: unknown, version = 'client/v1', latest = 0) =>
  factsOf(chainClients.ethereum.status([]), results('0x1', syncing, block(latest), '0x19', version));
const erigon = (...stages: readonly (readonly [string, string])[]) =>
  stages.map(([stage_name, block_number]) => ({ stage_name, block_number }));

describe('an execution client that syncs', () => {
  it('by stages tells how far each is, and in which it is (erigontech/erigon#6250)', () => {
    const stages = erigon(
      ...([
        ['Snapshots', '0x148105f'],
        ['Headers', '0x14d805f'],
        ['BlockHashes', '0x148105f'],
      ] as const),
      ...([
        ['Bodies', '0x148105f'],
        ['Senders', '0x148105f'],
        ['Execution', '0x0'],
        ['Finish', '0x0'],
      ] as const),
    );
    expect(ethereum({ currentBlock: '0x0', highestBlock: '0x14d805f', stages })).toMatchObject({
      ...{ height: 0, syncing: true, claimedTip: 0x14d805f, works: 'stage Execution' },
      counters: { Snapshots: 0x148105f, BlockHashes: 0x148105f, Bodies: 0x148105f, Senders: 0x148105f, Execution: 0 },
    });
  });

  it('by stages is no higher than its state, though it calls a later header its latest block (erigontech/erigon#8124)', () => {
    const stages = (executed: string) =>
      erigon(['Headers', '0x113a707'], ['Bodies', '0x1137e73'], ['Execution', executed], ['Finish', '0x1137da3']);
    const at = (executed: string) =>
      ethereum(
        { currentBlock: '0x1137da3', highestBlock: '0x113a707', stages: stages(executed) },
        'erigon/2',
        18_065_159,
      );
    expect(at('0x1137da3')).toMatchObject({ height: 18_054_563, claimedTip: 18_065_159, syncing: true, hashes: [] });
    expect(at('0x1137da3').blockTimeMs).toBeUndefined();
    // It is at its newest header once that is executed, whatever is left to index.
    expect(at('0x113a707')).toMatchObject({ height: 18_065_159, hashes: [{ height: 18_065_159 }] });
  });

  it('by stages makes no progress by headers alone, which come with each block (erigontech/erigon#7894)', () => {
    const at = (headers: string) =>
      ethereum({
        currentBlock: '0x10de9b4',
        highestBlock: headers,
        stages: erigon(['Headers', headers], ['Bodies', '0x10de9b4']),
      });
    expect(at('0x10deae4').counters).toEqual({ Bodies: 0x10de9b4 });
    expect(at('0x10deae5').counters).toEqual(at('0x10deae4').counters);
  });

  it('that has begun no stage says which comes first (status-im/infra-nimbus#211)', () => {
    const stages = erigon(['Snapshots', '0x0'], ['Headers', '0x0'], ['Bodies', '0x0']);
    expect(ethereum({ currentBlock: '0x0', highestBlock: '0x0', stages }).works).toBe('stage Snapshots');
  });

  it.each([
    ['erigon/2021.06.3/linux-amd64/go1.16.5', 'stage unsaid'],
    ['op-reth/v1.1.0-1ba631b/x86_64-unknown-linux-gnu', 'stage unsaid'],
    ['Geth/v1.14.8-stable/linux-amd64/go1.22.6', undefined],
  ])('by stages that %s does not tell says that it works (erigontech/erigon#2329)', (version, works) => {
    expect(ethereum({ currentBlock: '0x0', highestBlock: '0xc33484' }, version).works).toBe(works);
  });

  // `SyncInfo` and `Stage` of alloy-rs/alloy, crates/rpc-types-eth/src/syncing.rs, which reth answers.
  it('by a pipeline tells the same in other words', () => {
    const stages = [
      { name: 'Bodies', block: '0x1406f40' },
      { name: 'Execution', block: '0x1406130' },
      { name: 'MerkleExecute', block: '0x1406130' },
    ];
    expect(
      ethereum({ startingBlock: '0x0', currentBlock: '0x1406130', highestBlock: '0x1406f40', stages }),
    ).toMatchObject({
      counters: { Bodies: 0x1406f40, Execution: 0x1406130, MerkleExecute: 0x1406130 },
      works: 'stage Execution',
    });
  });

  // `SyncProgress` of github.com/ethereum/go-ethereum, interfaces.go: the blocks stand while state is healed, for hours.
  it('by a snapshot of state tells how much of it is there, and no stage', () => {
    const told = ethereum({
      ...{ startingBlock: '0x0', currentBlock: '0x1312d00', highestBlock: '0x1312d60', syncedAccounts: '0xc1a9f3b' },
      ...{
        syncedStorage: '0x3b9aca00',
        healedTrienodes: '0x1e8480',
        healedTrienodeBytes: '0x1',
        healingTrienodes: '0x40',
      },
    });
    expect(told.counters).toEqual({ syncedAccounts: 0xc1a9f3b, syncedStorage: 0x3b9aca00, healedTrienodes: 0x1e8480 });
    expect(told.works).toBeUndefined();
  });

  it.each<[string, unknown]>([
    ['that has ended its sync', false],
    ['that says how far it is, and no more', { currentBlock: '0x0', highestBlock: '0xc33484' }],
    ['whose stages are null', { currentBlock: '0x0', highestBlock: '0xc33484', stages: null }],
    ['whose stages are none', { currentBlock: '0x0', highestBlock: '0xc33484', stages: 'Headers' }],
    ['whose stages have no numbers', { currentBlock: '0x0', highestBlock: '0xc33484', stages: [{ stage_name: 7 }] }],
  ])('%s tells no counters, and is judged by its height', (_, syncing) => {
    expect(ethereum(syncing)).not.toHaveProperty('counters');
  });
});

describe('an op-node', () => {
  // The fields of `SyncStatus`, op-service/eth/sync_status.go of github.com/ethereum-optimism/optimism.
  const opNode = (more: object) =>
    factsOf(
      opNodeClient(10).status([]),
      results({ head_l1: { number: 18_027_500, timestamp: 1_693_526_400 }, ...more }, 'v1.1.2'),
    );

  it('tells what it derives beside the head that it hears of (ethereum-optimism/optimism#6851)', () => {
    expect(opNode({ current_l1: { number: 18_020_001 }, unsafe_l2: { number: 108_900_000 } })).toMatchObject({
      height: 18_027_500,
      counters: { current_l1: 18_020_001, unsafe_l2: 108_900_000 },
    });
  });

  it('that tells neither has no counters of them', () => {
    expect(opNode({}).counters).toEqual({});
  });
});

describe('a client of bitcoin’s family', () => {
  const HASH = 'ab'.repeat(32);
  const told = (more: object, peers: readonly object[] = []) => {
    const chain = {
      blocks: 0,
      headers: 0,
      bestblockhash: HASH,
      time: 1_231_006_505,
      initialblockdownload: true,
      ...more,
    };
    const network = { subversion: '/Satoshi:28.1.0/', connections: 8 };
    return readAll(
      ...[chainClients.bitcoin.status([]), results(chain, network, HASH, { time: 1, window_final_block_hash: HASH })],
      results(peers),
    );
  };
  const countersIn = (...of: Parameters<typeof told>) => {
    const reading = told(...of);
    return reading.kind === 'ok' && reading.facts.counters;
  };

  it('that fetches headers counts them by messages: one with each block is no progress', () => {
    expect(countersIn({ headers: 212_000 })).toEqual({ headers: 212_000 });
    expect(countersIn({ blocks: 931_000, headers: 931_064 })).toEqual({ headers: 930_000 });
    expect(countersIn({ blocks: 931_000, headers: 931_065 })).toEqual({ headers: 930_000 });
    expect(countersIn({ blocks: 931_000, headers: 931_064, initialblockdownload: false })).toBeUndefined();
  });

  // bitcoin/bitcoin#25717: "Pre-synchronizing blockheaders, height: 212000 (~27.5%)", minutes in which no call but getpeerinfo tells anything that moves.
  it('that proves headers before it keeps any counts what its peers have told', () => {
    expect(countersIn({}, [{ presynced_headers: -1 }, { presynced_headers: 212_345 }])).toEqual({
      ...{ headers: 0, presynced: 212_000 },
    });
    expect(countersIn({ headers: -1 }, [{}, { presynced_headers: 'x' }])).toEqual({ headers: 0, presynced: 0 });
  });

  it.each<[string, object | undefined]>([
    ['Verifying blocks...', undefined],
    ['Verifying blocks… 12%', { Verifying_blocks: 12 }],
    ['Loading block index... 45%', { Loading_block_index: 45 }],
    ['Rescanning... 7.5 %', { Rescanning: 7 }],
    ['Pruning blockstore…', undefined],
    ['100% of nothing', undefined],
    [`${'Very '.repeat(20)}long 5%`, undefined],
  ])('that starts counts the per cent that its phase tells: %s', (message, counters) => {
    const error = [{ jsonrpc: '2.0', id: 0, error: { code: -28, message } }];
    for (const chain of ['bitcoin', 'litecoin', 'dogecoin', 'zcash'] as const) {
      const reading = readAll(chainClients[chain].status([]), [answered(error)]);
      expect(reading).toEqual({ kind: 'starting', reason: expect.any(String), ...(counters && { counters }) });
    }
  });
});

describe('a node of CometBFT', () => {
  const status = (sync: object) =>
    readAll(chainClients.cometbft.status([]), [
      answered({
        node_info: { id: 'ab'.repeat(20), network: 'pacific-1', version: '0.35.0' },
        ...{ validator_info: { voting_power: '0' } },
        sync_info: {
          ...{ latest_block_hash: '', latest_block_height: '0', latest_block_time: '1970-01-01T00:00:00Z' },
          ...{ catching_up: true, ...sync },
        },
      }),
      answered({ n_peers: '10' }),
    ]);

  // `SyncInfo`, rpc/coretypes/responses.go of Tendermint 0.35 and sei-tendermint.
  it('that takes a snapshot counts its chunks, where its version tells them (cronos#944)', () => {
    expect(status({ snapshot_height: '78000000', snapshot_chunks_count: '12', backfilled_blocks: '0' })).toEqual({
      ...{ kind: 'starting', reason: 'it has no block yet' },
      counters: { snapshot_height: 78_000_000, snapshot_chunks_count: 12, backfilled_blocks: 0 },
    });
  });

  it('that has caught up, or tells none of that, counts nothing', () => {
    expect(status({})).toEqual({ kind: 'starting', reason: 'it has no block yet' });
    expect(status({ catching_up: false, snapshot_chunks_count: '12' })).not.toHaveProperty('counters');
    expect(status({ snapshot_chunks_count: 'all' })).not.toHaveProperty('counters');
  });
});

describe('counters', () => {
  it('are bounded in number and name, and are whole', () => {
    const many = Array.from({ length: 500 }, (_, at) => [`stage${at}`, at] as const);
    expect(Object.keys(countersOf(many))).toHaveLength(MAXIMUM_COUNTERS);
    const odd = [
      ['', 1],
      ['__proto__', 2],
      ['a b', 3],
      ['x'.repeat(41), 4],
      ['half', 0.5],
      ['minus', -1],
      ['good', 5],
    ] as const;
    expect(countersOf(odd)).toEqual({ good: 5 });
  });
});

describe('the stage that a staged sync is in, as posted', () => {
  const worksOf = (stages: readonly (readonly [string, number])[]) => {
    const told = stages.map(([name, block]) => ({ name, block: `0x${block.toString(16)}` }));
    return ethereum({ currentBlock: '0x0', highestBlock: '0x10', stages: told }, 'client/v1', 1).works;
  };

  it.each<[string, string, readonly (readonly [string, number])[]]>([
    [
      'erigontech/erigon#5390: Translation is never used',
      'stage Execution',
      [
        ['Snapshots', 15_250_999],
        ['Headers', 15_537_393],
        ['Bodies', 15_537_393],
        ['Execution', 15_377_583],
        ['Translation', 0],
      ],
    ],
    [
      'erigontech/erigon#7883: it is past its files',
      'stage IntermediateHashes',
      [
        ['Snapshots', 45_169_261],
        ['Headers', 45_169_303],
        ['Execution', 45_169_303],
        ['Translation', 0],
        ['HashState', 45_169_303],
        ['IntermediateHashes', 45_169_261],
      ],
    ],
    [
      'an older erigon, which has no blocks in its first stages',
      'stage Execution',
      [
        ['Snapshots', 0],
        ['Headers', 0],
        ['Senders', 2_795_340],
        ['Execution', 455_183],
        ['Translation', 0],
        ['Finish', 0],
      ],
    ],
    [
      'base/node#148: reth tells them by name',
      'stage StorageHashing',
      [
        ['AccountHashing', 37],
        ['Bodies', 37],
        ['Era', 0],
        ['Execution', 37],
        ['Finish', 36],
        ['Headers', 37],
        ['MerkleExecute', 36],
        ['MerkleUnwind', 37],
        ['PruneSenderRecovery', 36],
        ['StorageHashing', 36],
      ],
    ],
    [
      'reth: its headers are the first that come',
      'stage Bodies',
      [
        ['Bodies', 15],
        ['Execution', 10],
        ['Headers', 20],
      ],
    ],
    [
      'all are as far',
      'stage Headers',
      [
        ['Headers', 20],
        ['Bodies', 20],
      ],
    ],
  ])('%s', (_, works, stages) => {
    expect(worksOf(stages)).toBe(works);
  });
});
