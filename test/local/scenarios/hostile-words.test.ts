// Texts of hostile nodes, from the node to the person: through the real bundles, the journal, pages, tags and the printed story.
import { beforeAll, describe, expect, it } from '@jest/globals';
import { sampled } from '../../fixtures/asked.ts';
import { FORGED_LINES, hostileIn } from '../../fixtures/hostile-text.ts';
import type { Simulated } from '../../fixtures/jobs/simulation.ts';
import { runJob } from '../../fixtures/jobs.ts';
import * as hostile from './cases/hostile-words.ts';

const from = new URL('./cases/hostile-words.ts', import.meta.url).pathname;
const names = sampled('hostile-words', hostile.SCENARIOS, 100).map(({ name }) => name);
const runs = new Map<string, Simulated>();

beforeAll(async () => {
  const simulated = await runJob(
    'simulation',
    names.map((scenario) => ({ scenario, from })),
  );
  for (const run of simulated) runs.set(run.report.scenario, run);
}, 1_800_000);

describe.each(names)('%s', (name) => {
  it('and nothing of it is sent to AWS', () => {
    expect(runs.get(name)?.unmet).toEqual([]);
  });

  it('and no line of the story is forged', () => {
    const { story = [] } = runs.get(name) ?? {};
    expect(story.length).toBeGreaterThan(3);
    expect(hostileIn(story)).toEqual([]);
    expect(story.filter((line) => FORGED_LINES.some((forged) => line.startsWith(forged.slice(0, 20))))).toEqual([]);
  });

  it('and the journal is plain', () => {
    const { journal = [] } = runs.get(name) ?? {};
    expect(hostileIn(journal)).toEqual([]);
  });

  it('and so is the report', () => {
    expect(hostileIn(runs.get(name)?.report)).toEqual([]);
  });
});
