// The scenarios of local/scenarios before the judge: runs that end as they should break no promise.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { allScenarios } from '../../../local/scenarios/catalog/index.ts';
import { isAsked } from '../../fixtures/asked.ts';
import type { Tried } from '../jobs/judged.ts';
import { runLabJob } from '../jobs.ts';
import { PROMISES } from './index.ts';

const PATIENCE_MS = 90 * 60_000;
const ALL = allScenarios().map(({ name }) => name);
/** One of a growth, of a swap, of what a condition holds, of a person beside a command of ours, and of a wave; all of them where the suite is run by name. */
const CHOSEN = isAsked('oracle')
  ? ALL
  : ['disk-full', 'corrupt-data', 'upgrade-meets-a-split', 'stopped-while-named-peers', 'wave-stopped'];

let tried: readonly Tried[];

beforeAll(async () => {
  const half = Math.ceil(CHOSEN.length / 2);
  const trials = CHOSEN.map((scenario) => ({ scenario }));
  tried = (
    await Promise.all([runLabJob('judged', trials.slice(0, half)), runLabJob('judged', trials.slice(half))])
  ).flat();
}, PATIENCE_MS);

/** What was held, as a table: in full where the suite is run by name. */
afterAll(() => {
  if (!isAsked('oracle')) return;
  const rows = tried.flatMap(({ scenario, holds }) =>
    holds.map(({ fleet, node, heal, condition, times, firstMs, toldMs }) =>
      [
        scenario,
        `${fleet}/${node}`,
        heal,
        condition,
        `${times} times from ${clock(firstMs)}`,
        toldMs === null ? 'NOT TOLD' : `told ${clock(toldMs)}`,
      ].join(' | '),
    ),
  );
  process.stdout.write(`${rows.join('\n')}\n`);
});

const clock = (atMs: number): string => new Date(atMs).toISOString().slice(11, 19);

describe('what a condition of a fleet holds', () => {
  it.each(CHOSEN)('lies in %s within a time that people were told', (name) => {
    const holds = tried.find(({ scenario }) => scenario === name)?.holds ?? [];
    expect(holds.filter(({ toldMs }) => toldMs === null)).toEqual([]);
  });

  it('is something: a condition has held an act', () => {
    expect(tried.flatMap(({ holds }) => holds.map(({ condition }) => condition))).not.toEqual([]);
  });
});

describe('a scenario', () => {
  it.each(CHOSEN)('ends as it says itself: %s', (name) => {
    const { unmet, violations } = tried.find(({ scenario }) => scenario === name) ?? {};
    expect({ unmet, violations }).toEqual({ unmet: [], violations: [] });
  });
});

describe('the judge', () => {
  it.each(CHOSEN)('finds no broken promise in %s', (name) => {
    expect(tried.find(({ scenario }) => scenario === name)?.broken).toEqual([]);
  });

  it('says of each promise whether a run put it to the test', () => {
    for (const { mattered, idle } of tried)
      expect(new Set([...mattered, ...idle]).size).toBe(Object.keys(PROMISES).length);
  });
});
