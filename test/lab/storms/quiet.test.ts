// Sweeps that would find nothing new: leaving them out changes nothing else.
import { expect, it } from '@jest/globals';
import { longSuite } from '../../fixtures/long.ts';
import { runLabJob } from '../jobs.ts';

/** Drawn by hand from the first hundred for what happens in them: nothing, a killed function, a restore, a pause, a full disk, trouble that lasts. */
const SEEDS = [2, 8, 11, 12, 14, 15, 22, 25, 31, 39];

longSuite('quiet')('a storm of many hours', () => {
  it.each(SEEDS)(
    '%i tells the same, and breaks the same, without the sweeps that would find nothing new',
    async (seed) => {
      const [played] = await runLabJob('quiet-storms', [{ seed, hours: 8 }]);
      expect(Object.keys(played?.needed.said ?? {})).toEqual(Object.keys(played?.all.said ?? {}));
      expect(once(played?.needed.said)).toEqual(once(played?.all.said));
      expect(played?.needed.broken).toEqual(played?.all.broken);
      expect(played?.all.leftOut).toBe(0);
      // How many depends on the storm: 25 waits for a person nearly all the time.
      expect(played?.needed.leftOut).toBeGreaterThan(0);
    },
    60 * 60_000,
  );
});

/** Without what is said again and again while something lasts: how often depends on the minutes of the sweeps. */
const once = (said: Readonly<Record<string, number>> = {}): object =>
  Object.fromEntries(Object.entries(said).filter(([, times]) => times <= 2));
