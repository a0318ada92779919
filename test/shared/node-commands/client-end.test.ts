// What the last line of a client says about its data. Most are the words of public reports; an address, a name and an id in them are left out.
import { describe, expect, it } from '@jest/globals';
import { causeBesideData, endedBesideData, namesItsData } from '../../../shared/node-commands/client-end.ts';

const HELD = 'another process has its data';
const CONFIGURED = 'its configuration is not that of its data';

describe('a client that ends and names its database', () => {
  it.each<[string, string]>([
    ['bitcoin', ': Corrupted block database detected. Please restart with -reindex to recover.'],
    [
      'go-ethereum#22008',
      'Fatal: Failed to register the Ethereum service: failed to retrieve genesis from ancient EOF',
    ],
    ['cosmos/gaia#922', 'ERROR: error during handshake: error on replay: wrong Block.Header.AppHash.'],
    ['SQLite', 'panicked: database disk image is malformed'],
    [
      'nethermind#3949',
      'RocksDbException: IO error: ReadFile failed: 169436.sst: Data error (cyclic redundancy check).',
    ],
    ['bsc-snapshots#155', 'Fatal: genesis mismatch: 0x0d21…7b5b (leveldb) != 0xc21c…9e44 (ancients)'],
  ])('has bad data by the words of %s', (_, line) => {
    expect([namesItsData(line), causeBesideData(line)]).toEqual([true, null]);
  });

  it.each<[string, string, string]>([
    ['osmosis#877', 'Error: failed to initialize database: resource temporarily unavailable', HELD],
    [
      'avalanchego#1081',
      'FATAL error initializing node: problem initializing database: couldn’t create db: resource temporarily unavailable',
      HELD,
    ],
    [
      'besu#1997',
      'org.rocksdb.RocksDBException: While lock file: /opt/besu/data/database/LOCK: Resource temporarily unavailable',
      HELD,
    ],
    ['besu#2710', 'org.rocksdb.RocksDBException: While lock file: /data/database/LOCK: No locks available', HELD],
    ['reth#12841', 'Error: failed to open the database: unknown error code: 11 (11)', HELD],
    ['reth#8611', 'Error: storage directory is currently in use as read-write by another process: 7', HELD],
    ['stacks-core#2017', 'SqliteFailure(Error { code: DatabaseBusy }, Some("database is locked"))', HELD],
    [
      'bitcoin#9009',
      'Error: Cannot obtain a lock on data directory /node-data. Bitcoin Core is probably already running.',
      HELD,
    ],
    [
      'bitcoin#23816',
      'You need to rebuild the database using -reindex to go back to unpruned mode.  This will redownload the entire blockchain.',
      CONFIGURED,
    ],
    [
      'go-ethereum#28151',
      'Fatal: Failed to register the Ethereum service: database contains incompatible genesis (have bf7e…c1a, new d4e5…fa3)',
      CONFIGURED,
    ],
    [
      'go-ethereum#16137',
      'Fatal: Failed to write genesis block: database already contains an incompatible genesis block (have 4194…ee0, new c2a3…083)',
      CONFIGURED,
    ],
    [
      'nethermind#8249',
      'RocksDbSharp.RocksDbException: IO error: While open a file for random read: 2940192.sst: Too many open files',
      'it needs a higher limit',
    ],
    ['erigon#7390', 'mdbx_env_open: cannot allocate memory, label: chaindata, trace: […]', 'it needs a higher limit'],
    [
      'erigon#9026',
      'mdbx_env_open: MDBX_TOO_LARGE: Database is too large for current system, e.g. could NOT be mapped into RAM',
      'it needs a higher limit',
    ],
    [
      'cronos#614',
      'panic: UPGRADE "v0.7.0-hotfix" NEEDED at height: 3982500: {"binaries":{}}',
      'its chain needs another version',
    ],
  ])('has good data by the words of %s', (_, line, cause) => {
    expect([namesItsData(line), causeBesideData(line)]).toEqual([false, cause]);
  });

  it.each(['', 'Shutdown: done', 'signal: killed'])('tells nothing of its data by %j', (line) => {
    expect([namesItsData(line), causeBesideData(line)]).toEqual([false, null]);
  });

  it('tells the cause by what it has said before its trace, unless that names its data', () => {
    const needs = 'UPGRADE "v2" NEEDED at height: 100';
    const told = (lastLine: string, state = 'failed') => endedBesideData({ state, lastLine, needs });
    expect(told('replay.go:59')).toBe(`its client says that its chain needs another version ("${needs}")`);
    expect(told('panic: wrong Block.Header.AppHash')).toBeNull();
    expect(told('replay.go:59', 'running')).toBeNull();
    expect(endedBesideData({ state: 'failed', lastLine: 'replay.go:59' })).toBeNull();
  });
});
