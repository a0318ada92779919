// Which files are read from a restored volume before its client starts on it.
import { describe, expect, it } from '@jest/globals';
import { chainDefaults, type KnownChain } from '../../../shared/chains/defaults.ts';
import { startFilesOn } from '../../../shared/chains/start-files.ts';
import { nodeCommandParameters } from '../../../shared/node-commands/node-command.ts';

const CHAINS = Object.keys(chainDefaults) as KnownChain[];
const on = (chain: string, path: string, ...paths: readonly [role: string, path: string][]) =>
  startFilesOn({ chain, volumes: paths.map(([role, at]) => ({ role, path: at })) }, path).map(
    ({ folder, name }) => `${folder}/${name}`,
  );

describe('the files that a client reads at its start', () => {
  it('lie below the volume of the data, by the client’s own names', () => {
    const bitcoin = ['blocks/index/*', 'blocks/blk*.dat', 'blocks/rev*.dat', 'chainstate/*'];
    expect(on('bitcoin', '/node-data', ['data', '/node-data'])).toEqual(bitcoin);
    expect(on('bitcoin', '/b', ['wallets', '/a'], ['data', '/b'])).toEqual(bitcoin);
    expect(on('bitcoin', '/a', ['wallets', '/a'], ['data', '/b'])).toEqual([]);
    expect(on('litecoin', '/only', ['chain', '/only'])).toEqual(bitcoin);
  });

  it('may be on volumes of their own, which are mounted inside', () => {
    const volumes = [
      ['data', '/geth'],
      ['ancient', '/geth/geth/chaindata/ancient'],
      ['other', '/geth/geth/chain'],
    ] as const;
    expect(on('ethereum', '/geth', ...volumes.map(([role, path]) => [role, path] as [string, string]))).toEqual([
      'geth/chaindata/*',
    ]);
    expect(
      on('ethereum', '/geth/geth/chaindata/ancient', ...volumes.map(([a, b]) => [a, b] as [string, string])),
    ).toEqual(['chain/*.*idx', 'state/*.*idx']);
    expect(on('cometbft', '/wal', ['data', '/home'], ['wal', '/home/data/cs.wal'])).toEqual([]);
    expect(on('cometbft', '/home/data/cs.wal', ['data', '/home'], ['wal', '/home/data/cs.wal'])).toEqual(['./*']);
  });

  it('are nobody’s where their chain has none here', () => {
    for (const chain of ['solana', 'other', 'constructor', '__proto__'])
      expect(on(chain, '/data', ['data', '/data'])).toEqual([]);
    expect(startFilesOn({ chain: 'bitcoin', volumes: [] }, '/data')).toEqual([]);
  });

  it('are as much as a drill has seen and a quarter more, and what nobody had named comes last, the largest first', () => {
    const fleet = { chain: 'cometbft', volumes: [{ role: 'data', path: '/home' }] };
    const read = [
      { path: '/home', folder: 'wasm', mib: 3 },
      { path: '/home', folder: 'data/snapshots/metadata.db', mib: 700 },
      { path: '/home', folder: 'data/application.db', mib: 1 },
      { path: '/other', folder: 'data/state.db', mib: 9 },
    ];
    expect(startFilesOn(fleet, '/home', read).map(({ folder, mib }) => `${folder} ${mib}`)).toEqual([
      'data/cs.wal 256',
      'data/state.db 256',
      'data/blockstore.db 512',
      'data/application.db 2',
      'data/snapshots/metadata.db 875',
      'wasm 4',
    ]);
    expect(startFilesOn({ ...fleet, chain: 'other' }, '/other', read)).toEqual([
      { folder: 'data/state.db', name: '*', mib: 12 },
    ]);
  });

  it('fit one command, however many folders a drill has seen, and however large they are', () => {
    const read = Array.from({ length: 16 }, (_, at) => ({ path: '/data', folder: `f${at}`, mib: 99_999 }));
    const warm = startFilesOn({ chain: 'bitcoin', volumes: [{ role: 'data', path: '/data' }] }, '/data', read);
    const place = { path: '/data', volumeId: 'vol-0fedcba9876543210' };
    const command = { operation: 'check-volume', place, like: '/data', warm } as const;
    expect(() => nodeCommandParameters({ fence: 1, ordinal: 1 }, command, 0)).not.toThrow();
    expect(warm).toHaveLength(16);
  });

  it.each(CHAINS)('of %s may be sent to a node, and are no more than it reads in one command', (chain) => {
    const warm = startFilesOn({ chain, volumes: [{ role: 'data', path: '/data' }] }, '/data');
    const place = { path: '/data', volumeId: 'vol-0fedcba9876543210' };
    expect(() =>
      nodeCommandParameters({ fence: 1, ordinal: 1 }, { operation: 'check-volume', place, like: '/data', warm }, 0),
    ).not.toThrow();
    expect(warm.reduce((sum, { mib }) => sum + mib, 0)).toBeLessThanOrEqual(20_000);
  });
});
