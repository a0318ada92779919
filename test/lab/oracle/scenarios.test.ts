// The scenarios of local/scenarios before the judge: runs that end as they should break no promise.
import { beforeAll, describe, expect, it } from '@jest/globals';
import { allScenarios } from '../../../local/scenarios/catalog/index.ts';
import { isAsked, sampled } from '../../fixtures/asked.ts';
import type { Tried } from '../jobs/judged.ts';
import { runLabJob } from '../jobs.ts';
import { PROMISES } from './index.ts';

const PATIENCE_MS = 90 * 60_000;
const ALL = allScenarios().map(({ name }) => name);
/** One of every two hundred, and one of each heal; all of them where the suite is run by name. */
const CHOSEN = isAsked('oracle')
  ? ALL
  : [...new Set(['disk-full', 'corrupt-data', 'instance-dead', ...sampled('oracle', ALL, 200)])];

let tried: readonly Tried[];

beforeAll(async () => {
  const half = Math.ceil(CHOSEN.length / 2);
  const trials = CHOSEN.map((scenario) => ({ scenario }));
  tried = (
    await Promise.all([runLabJob('judged', trials.slice(0, half)), runLabJob('judged', trials.slice(half))])
  ).flat();
}, PATIENCE_MS);

describe('the judge', () => {
  it.each(CHOSEN)('finds no broken promise in %s', (name) => {
    expect(tried.find(({ scenario }) => scenario === name)?.broken).toEqual([]);
  });

  it('says of each promise whether a run put it to the test', () => {
    for (const { mattered, idle } of tried)
      expect(new Set([...mattered, ...idle]).size).toBe(Object.keys(PROMISES).length);
  });
});
