// What EC2 shows is as it was a minute ago: a volume that was just made, and a device name that is taken, are not there yet.
import { beforeAll, describe, expect, it } from '@jest/globals';
import type { Simulated } from '../../fixtures/jobs/simulation.ts';
import { runJob } from '../../fixtures/jobs.ts';

const PATIENCE_MS = 1_800_000;

describe('a second copy of the data, after the first one did not help', () => {
  let run: Simulated | undefined;
  beforeAll(async () => {
    [run] = await runJob('simulation', [{ scenario: 'first-day', seed: 1, faults: ['stale-reads'] }]);
  }, PATIENCE_MS);

  it('gets another device name, since the first one’s may still be in use: nobody is told that AWS refuses it', () => {
    const names = run?.journal.flatMap(({ sentence }) => /^attach \S+ to \S+ as (\S+), /.exec(sentence)?.[1] ?? []);
    // Where an old reading does not show it attached, it is asked for once more.
    expect(new Set(names).size).toBe(2);
    expect(run?.journal.filter(({ code }) => code === 'aws-refused')).toEqual([]);
    expect(run?.unmet).toEqual([]);
  });

  it('leaves no volume that nobody knows', () => expect(run?.report.violations).toEqual([]));
});
