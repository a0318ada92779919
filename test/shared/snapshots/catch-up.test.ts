// How fast a fleet has caught up, as its heals have seen it, and how long data that lack blocks take by that.
import { describe, expect, it } from '@jest/globals';
import {
  beginsAnew,
  type CatchUpsRecord,
  type Chain,
  catchUpOf,
  type LagAt,
  rateShown,
  type ShownCatchUp,
  shownBetween,
  withShown,
} from '../../../shared/snapshots/catch-up.ts';
import { DAY_MS, HOUR_MS, NOON_MS } from '../../fixtures/builders/time.ts';

const sighting = (minutes: number, lagBlocks: number | null): LagAt => ({
  atMs: NOON_MS + minutes * 60_000,
  lagBlocks,
});
const shown = (key: string, blocks: number, more: Partial<ShownCatchUp> = {}): ShownCatchUp => ({
  ...{ key, node: `node${key}`, atMs: NOON_MS, blocks, seconds: 100 },
  ...more,
});
const recordOf = (...all: readonly ShownCatchUp[]): CatchUpsRecord => ({ shown: all, version: 1 });

describe('what a node has shown while it caught up', () => {
  it('is by how many blocks it came nearer to its chain, and in which time', () => {
    expect(shownBetween(sighting(0, 500), sighting(10, 200))).toEqual({ blocks: 300, seconds: 600 });
  });

  it('counts from two minutes and from twenty blocks on', () => {
    expect(shownBetween(sighting(0, 500), sighting(2, 480))).toEqual({ blocks: 20, seconds: 120 });
  });

  it.each<[string, LagAt, LagAt]>([
    ['it was seen for a minute only', sighting(0, 500), sighting(1, 200)],
    ['it came nearer by a few blocks, as any lag does', sighting(0, 500), sighting(10, 481)],
    ['it fell behind', sighting(0, 500), sighting(10, 700)],
    ['nobody knows how far behind it was', sighting(0, null), sighting(10, 200)],
    ['nobody knows how far behind it is', sighting(0, 500), sighting(10, null)],
  ])('is nothing where %s', (_, from, to) => {
    expect(shownBetween(from, to)).toBeNull();
  });
});

describe('a client that fell back, since a person had stopped it or it hung', () => {
  const [first, nearest] = [sighting(0, 500), sighting(20, 100)];

  it('is measured from where it was farthest', () => {
    expect(beginsAnew(first, nearest, sighting(25, 120))).toBe(true);
    const again = sighting(60, 300);
    expect([301, 300, 200].map((lag) => beginsAnew(again, nearest, sighting(61, lag)))).toEqual([true, false, false]);
  });

  it.each<[string, LagAt, LagAt, LagAt]>([
    ['it was seen nearer lately', first, nearest, sighting(24, 300)],
    ['it lags by a few blocks more', first, nearest, sighting(60, 119)],
    ['it has been seen once, and lags more a minute later', first, first, sighting(1, 530)],
    ['nobody knows how far behind it is', first, nearest, sighting(60, null)],
    ['nobody knows how far behind it was', first, sighting(20, null), sighting(60, 300)],
    ['nobody knows where it began', sighting(0, null), nearest, sighting(60, 300)],
  ])('is not where %s', (_, from, near, now) => {
    expect(beginsAnew(from, near, now)).toBe(false);
  });
});

describe('the record of a fleet', () => {
  it('has each catch-up once, however often it is written', () => {
    const { next } = withShown(undefined, shown('1', 300));
    expect(next).toEqual({ shown: [shown('1', 300)], version: 1 });
    expect(withShown(next, shown('1', 300))).toEqual({});
  });

  it('keeps the latest ten', () => {
    const all = Array.from({ length: 10 }, (_, at) => shown(`${at}`, 300));
    expect(withShown(recordOf(...all), shown('10', 300)).next?.shown.map(({ key }) => key)).toEqual([
      '1',
      '2',
      '3',
      '4',
      '5',
      '6',
      '7',
      '8',
      '9',
      '10',
    ]);
  });

  it('shows the middle rate of the latest five: neither the quickest node nor the slowest decides', () => {
    const all = [9_000, 9_000, 100, 500, 200, 400, 300].map((blocks, at) => shown(`${at}`, blocks));
    expect(rateShown(recordOf(...all), NOON_MS)).toEqual({ blocksPerSecond: 3, node: 'node6', atMs: NOON_MS });
  });

  it('shows the slower one of two', () => {
    expect(rateShown(recordOf(shown('1', 500), shown('2', 100)), NOON_MS)?.blocksPerSecond).toBe(1);
  });

  it('shows nothing where no heal has seen one, or none for half a year', () => {
    expect(rateShown(undefined, NOON_MS)).toBeNull();
    const of = (agoMs: number) => rateShown(recordOf(shown('1', 300, { atMs: NOON_MS - agoMs })), NOON_MS);
    expect(of(180 * DAY_MS)).toBeNull();
    expect(of(180 * DAY_MS - 1)).toMatchObject({ blocksPerSecond: 3 });
  });

  it.each([
    ['no block', 0, 100],
    ['no time', 300, 0],
    ['fewer than no blocks', -300, 100],
    ['less than no time', 300, -100],
  ])('shows nothing by a record of %s', (_, blocks, seconds) => {
    expect(rateShown(recordOf(shown('1', blocks, { seconds })), NOON_MS)).toBeNull();
  });
});

describe('the time until data are in step', () => {
  const rate = { blocksPerSecond: 0.1, node: 'node3', atMs: NOON_MS };
  const chain: Chain = { head: { height: 10_000, atMs: NOON_MS }, blockMs: 30_000, rate };
  const age = { height: 8_200, takenAtMs: NOON_MS - HOUR_MS };

  it('is the initialization and the blocks that are missing, by the rate that the fleet has shown', () => {
    expect(catchUpOf(age, chain, 86.4)).toEqual({
      forMs: 18_000_000,
      minutes: 387,
      words: 'initialization 87 min + 1800 blocks ÷ 0.1 blocks/s = 387 min, as node3 showed on 2026-01-01',
    });
  });

  it('goes by the date of data whose height nobody knows', () => {
    expect(catchUpOf({ ...age, height: null }, chain, 0)).toMatchObject({
      minutes: 20,
      words: 'about 120 blocks ÷ 0.1 blocks/s = 20 min, as node3 showed on 2026-01-01',
    });
  });

  it('is nothing for data that lack no block', () => {
    expect(catchUpOf({ ...age, height: 10_001 }, chain, 0).minutes).toBe(0);
  });

  it.each<[string, Partial<Chain>, { readonly height?: null; readonly takenAtMs?: null }, string]>([
    ['nobody has seen the fleet catch up', { rate: null }, {}, 'no heal has seen this fleet catch up yet'],
    ['nobody knows the chain', { head: null }, {}, 'how many blocks these data lack'],
    ['nobody knows their height, nor when they were taken', {}, { height: null, takenAtMs: null }, 'how many blocks'],
    ['nobody knows the height, nor how long a block takes', { blockMs: null }, { height: null }, 'how many blocks'],
  ])('is unknown where %s, and says so', (_, without, of, why) => {
    const catchUp = catchUpOf({ ...age, ...of }, { ...chain, ...without }, 0);
    expect(catchUp).toMatchObject({ forMs: null, minutes: null });
    expect(catchUp.words).toContain(`unknown: `);
    expect(catchUp.words).toContain(why);
  });
});
