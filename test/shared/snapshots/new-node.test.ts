// What a node that does not exist yet begins with: the newest good snapshot, or the one that its file names; and what is refused before anything is made.
import { describe, expect, it } from '@jest/globals';
import { sentenceOf } from '../../../shared/fleet/problems.ts';
import { dataParameterOf } from '../../../shared/model/node-data.ts';
import type { SnapshotFact } from '../../../shared/snapshots/model.ts';
import {
  type Beginning,
  chooseBeginning,
  dataParameters,
  type NewNodeView,
  type NewNodeWish,
} from '../../../shared/snapshots/new-node.ts';
import { setsOf } from '../../../shared/snapshots/sets.ts';
import { bitcoinFleet } from '../../fixtures/builders/fleet.ts';
import { snapshot, type Taken } from '../../fixtures/builders/snapshot.ts';
import { NOON_MS } from '../../fixtures/builders/time.ts';

const WISH: NewNodeWish = { kind: 'single', snapshot: 'newest-good', sizeGiB: 500 };
const view = (more: Partial<NewNodeView> = {}): NewNodeView => ({
  fleet: bitcoinFleet(),
  nodes: [
    { name: 'node1', role: 'follower' },
    { name: 'val1', role: 'validator' },
  ],
  ...{ observed: [], watch: undefined, nowMs: NOON_MS, unusableKeys: new Map(), ...more },
});
const taken = (id: string, of: Taken = {}): SnapshotFact => snapshot({ id, ...of });
const begins = (wish: Partial<NewNodeWish>, ...facts: readonly SnapshotFact[]): Beginning => {
  const context = { fleet: bitcoinFleet(), volumes: new Map(), nodeNames: new Set(['node1', 'val1']) };
  return chooseBeginning({ ...WISH, ...wish }, view(), setsOf(facts, context));
};
const told = (begun: Beginning): string => (begun.kind === 'refused' ? sentenceOf(begun.problem) : begun.sentence);
const large = (sizeGiB: number): Taken => ({ more: { sizeGiB } });

describe('a new node', () => {
  it('begins with the newest good snapshot, of whichever node it is', () => {
    const begun = begins({}, taken('snap-old', { hoursAgo: 30 }), taken('snap-new', { hoursAgo: 6 }));
    expect(begun).toMatchObject({ kind: 'snapshot', snapshotId: 'snap-new', sizeGiB: 500 });
    expect(told(begun)).toMatch(/^snap-new of node1, clean, taken .*T.*Z at height 100$/);
  });

  it('begins with what a heal would use, and not with a later one that a heal would not', () => {
    const begun = begins(
      {},
      taken('snap-bad', { hoursAgo: 1, ledger: { quarantined: 'it did not open' } }),
      taken('snap-running', { hoursAgo: 2, more: { state: 'pending' } }),
      taken('snap-good', { hoursAgo: 9 }),
    );
    expect(begun).toMatchObject({ kind: 'snapshot', snapshotId: 'snap-good' });
  });

  it('gets a volume as large as its snapshot, where the node of that has grown', () => {
    expect(begins({}, taken('snap-grown', large(900)))).toMatchObject({ snapshotId: 'snap-grown', sizeGiB: 900 });
  });

  it('begins with the next best, where the best is larger than a volume may ever be', () => {
    const { maximumSizeGiB } = bitcoinFleet().disk;
    const begun = begins(
      {},
      taken('snap-huge', { hoursAgo: 1, ...large(maximumSizeGiB + 1) }),
      taken('snap-fits', { hoursAgo: 9 }),
    );
    expect(begun).toMatchObject({ snapshotId: 'snap-fits' });
  });

  it.each<readonly [string, readonly SnapshotFact[], string]>([
    ['there is none', [], 'there is no snapshot yet'],
    [
      'none is good',
      [taken('snap-bad', { ledger: { quarantined: 'it did not open' } })],
      'no snapshot is good for a new node: snap-bad is quarantined: it did not open',
    ],
    [
      'the only ones are a validator’s',
      [taken('snap-val', { node: 'val1', ledger: { node: 'val1', ofValidator: true } })],
      'no snapshot is good for a new node: it was taken of val1 as a validator, with its key: never for another node',
    ],
  ])('begins without one where %s, and says why', (_, sets, why) => {
    expect(begins({}, ...sets)).toEqual({ kind: 'none', sentence: why });
  });

  it.each<readonly [string, Partial<NewNodeWish>, readonly SnapshotFact[], string]>([
    [
      'a snapshot that is not the fleet’s',
      { snapshot: 'snap-strange' },
      [taken('snap-own')],
      'deploy.data.snapshot is "snap-strange"; expected newest-good, or a snapshot that is good for a new node: snap-strange is no snapshot of a data volume of bitcoin',
    ],
    [
      'a snapshot of another fleet',
      { snapshot: 'snap-other' },
      [taken('snap-other', { ledger: { fleet: 'litecoin' } })],
      'snap-other is of the fleet litecoin',
    ],
    [
      'a snapshot that is known to be bad',
      { snapshot: 'snap-bad' },
      [taken('snap-bad', { ledger: { quarantined: 'it did not open' } })],
      'is quarantined: it did not open',
    ],
    [
      'a snapshot that is not complete',
      { snapshot: 'snap-pending' },
      [taken('snap-pending', { more: { state: 'pending' } })],
      'snap-pending is pending, not completed',
    ],
    [
      'a snapshot that no volume of the fleet may be as large as',
      { snapshot: 'snap-huge' },
      [taken('snap-huge', large(60_000))],
      'expected at least 60000, the size of snap-huge, or deploy.data: sync',
    ],
    [
      'a snapshot that is larger than what a group launches',
      { kind: 'ha', snapshot: 'snap-grown' },
      [taken('snap-grown', large(900))],
      'deploy.volume.sizeGiB is 500; expected at least 900, the size of snap-grown, or deploy.data: sync',
    ],
  ])('is refused %s', (_, wish, sets, why) => {
    const begun = begins(wish, ...sets);
    expect(begun.kind).toBe('refused');
    expect(told(begun)).toContain(why);
  });

  it('begins with a snapshot that its file names, where a heal would prefer another one', () => {
    const sets = [taken('snap-new', { hoursAgo: 1 }), taken('snap-older', { hoursAgo: 30 })];
    expect(begins({ snapshot: 'snap-older' }, ...sets)).toMatchObject({ kind: 'snapshot', snapshotId: 'snap-older' });
  });

  it('tells its stack by a parameter of its own, whatever letters its name has', () => {
    const made = { names: ['node1', 'node-1'], begins: begins({}, taken('snap-0123456789abcdef0')) };
    const keys = Object.keys(dataParameters('bitcoin', made));
    expect(dataParameters('bitcoin', made)).toEqual(
      Object.fromEntries(keys.map((key) => [key, 'snap-0123456789abcdef0:500'])),
    );
    expect(keys).toEqual(['node1', 'node-1'].map((name) => dataParameterOf('bitcoin', name)));
    expect(new Set([...keys, dataParameterOf('litecoin', 'node1')]).size).toBe(3);
    for (const key of keys) expect(key).toMatch(/^[A-Za-z0-9]+$/);
    expect(dataParameters('bitcoin', { names: ['node1'], begins: begins({}) })).toEqual({});
  });
});
