// When what a client reads at its start is read from a restored volume: once, before anything is taken from the node, and whatever comes of it.
import { describe, expect, it } from '@jest/globals';
import { reduceAct } from '../../../functions/replace-node/acts/table.ts';
import type { Facts } from '../../../functions/replace-node/facts.ts';
import { SWAP } from '../../../functions/replace-node/rungs/swap.ts';
import type { LadderState, RestoredVolumes } from '../../../shared/heal/memory.ts';
import { NOON_MS } from '../../fixtures/builders/time.ts';
import { foundVolume, volumeNow } from '../../fixtures/builders/volume.ts';
import {
  client,
  copy,
  copyVolume,
  FLEET,
  facts,
  ladderState,
  seen,
  shrinking,
  watched,
} from '../../fixtures/replace-facts.ts';

const unread = (more: Partial<RestoredVolumes> = {}): RestoredVolumes => {
  const { warmed: _, ...rest } = copy();
  return { ...rest, ...more };
};
const swapping = (restoredVolumes: RestoredVolumes, more: Partial<LadderState> = {}): LadderState =>
  ladderState({ rung: 'swap', restoredVolumes, pool: 'left', ...more });
const next = (state: LadderState, more: Partial<Facts> = {}) =>
  SWAP.next(facts({ volumes: [volumeNow(), copyVolume()], ...more }), state);
const replaced = (more: Partial<Facts['fleet']['replace']>): Partial<Facts> => ({
  fleet: { ...FLEET, replace: { ...FLEET.replace, ...more } },
});

describe('what a client reads at its start', () => {
  it('is read once the volume was looked into, and before the node leaves its pool', () => {
    expect(next(swapping(unread({ checked: 0 })))).toMatchObject({ do: 'check', at: 0 });
    // A person has asked for it, and the node serves.
    const serves = {
      watched: watched('synced'),
      want: { do: 'restore', snapshotId: null, acknowledgesValidator: false },
    } as const;
    expect(next(swapping(unread(), { pool: 'in' }), serves)).toMatchObject({ do: 'warm', at: 0 });
    expect(next(swapping(unread({ warmed: 1 }), { pool: 'in' }), serves)).toMatchObject({ do: 'leave-pool' });
    expect(next(swapping(unread({ warmed: 1 })))).toMatchObject({ do: 'swap', to: 'restored' });
  });

  it.each<[string, LadderState, Partial<Facts>]>([
    ['its blocks were paid for', swapping(unread()), replaced({ initializationMiBps: 300 })],
    ['the file says no', swapping(unread()), replaced({ warm: false })],
    ['nobody knows the files of its chain', swapping(unread()), { fleet: { ...FLEET, chain: 'solana' } }],
    ['the data are a copy of a volume that is there', swapping(unread({ from: 'sibling' })), {}],
    ['its files were just written', swapping({ ...shrinking({ isFilled: true }, { checked: 1 }) }), {}],
    ['its client has ended by itself', swapping(unread()), { seen: seen([client('failed')]) }],
    ['an exchange has begun, and its client may be down', swapping(unread(), { client: 'mayBeDown' }), {}],
    [
      'the node follows its chain again',
      swapping(unread()),
      { watched: watched('synced', { height: 1010, lagBlocks: 0 }) },
    ],
    ['they are mounted', swapping(unread({ mounted: 'restored' }), { client: 'mayBeDown', upSinceMs: NOON_MS }), {}],
  ])('is not read where %s', (_, state, more) => {
    const act = next(state, { seen: seen([client('running')]), ...more });
    expect(act.do).not.toBe('warm');
    expect(act).not.toMatchObject({ do: 'end', end: { as: 'failed' } });
  });

  it('is what a drill has seen, folder by folder, where one could tell', () => {
    const [{ path }] = FLEET.volumes as readonly [Facts['fleet']['volumes'][number]];
    const read = [
      { path, folder: 'chainstate', mib: 400 },
      { path, folder: 'indexes/txindex', mib: 33 },
      { path: '/elsewhere', folder: 'blocks/index', mib: 1 },
    ];
    expect(next(swapping(unread()), { read })).toEqual({
      do: 'warm',
      at: 0,
      files: [
        { mib: 2_048, folder: 'blocks/index', name: '*' },
        { mib: 256, folder: 'blocks', name: 'blk*.dat' },
        { mib: 64, folder: 'blocks', name: 'rev*.dat' },
        { mib: 500, folder: 'chainstate', name: '*' },
        { mib: 42, folder: 'indexes/txindex', name: '*' },
      ],
    });
    const solana = { ...FLEET, chain: 'solana' } as Facts['fleet'];
    expect(next(swapping(unread()), { read, fleet: solana })).toMatchObject({
      do: 'warm',
      files: [{ folder: 'chainstate' }, { folder: 'indexes/txindex' }],
    });
  });

  it('is read of each volume that has such files, one after the other', () => {
    const fleet = {
      ...FLEET,
      volumes: [
        { role: 'data', path: '/data', tags: {} },
        { role: 'logs', path: '/logs', tags: {} },
        { role: 'state', path: '/data/chainstate', tags: {} },
      ],
    } as unknown as Facts['fleet'];
    const paths = fleet.volumes.map(({ path }, at) => foundVolume({ path, volumeId: `vol-0${at}` }));
    const [one] = copy().volumes;
    const volumes = paths.map(({ role }, at) => ({
      ...one,
      role,
      volumeId: `vol-1${at}`,
    })) as RestoredVolumes['volumes'];
    const described = volumes.map(({ volumeId }) => copyVolume({ volumeId }));
    const state = (warmed: number): LadderState => ({
      ...swapping(unread({ volumes, checked: 3, warmed })),
      found: { ...ladderState().found, volumes: paths },
    });
    const read = (warmed: number) => next(state(warmed), { fleet, volumes: described });
    expect([read(0), read(1), read(3).do]).toMatchObject([{ do: 'warm', at: 0 }, { do: 'warm', at: 2 }, 'swap']);
  });

  it.each([
    ['it was read', { is: 'done' }],
    ['the node could not', { is: 'failed', reason: 'stopped at its run limit', fault: 'node' }],
    ['a tool has failed on the data', { is: 'failed', reason: 'it could not be mounted', fault: 'data' }],
    ['nobody answered', { is: 'unknown', reason: 'no answer' }],
  ] as const)('is left behind, and is no word on the data, where %s', (_, outcome) => {
    const after = reduceAct(swapping(unread()), { do: 'warm', at: 0, files: [] }, { atMs: NOON_MS, ...outcome });
    expect(after).toMatchObject({ setback: null, restoredVolumes: { warmed: 1, givenUp: null, checked: 1 } });
    expect(next(after).do).toBe('swap');
  });
});
