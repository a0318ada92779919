// A heal decides on what EC2 shows it. Whatever it is shown once, an hour old, again after something newer, or only when it is over, it ends as it should:
// nothing is made twice, nothing is left behind. `npm test` takes a few of the reads; `npm test -- views` every one.
import { describe, expect, it } from '@jest/globals';
import { isAsked, sampled } from '../../fixtures/asked.ts';
import { runJob } from '../../fixtures/jobs.ts';

const PATIENCE_MS = 60 * 60_000;
const PROCESSES = 2;
/** The share of the reads that `npm test` takes. */
const SAMPLE = 120;

const TALES = [
  ['a full disk', 'disk-full', 'chainmend-resize-volume'],
  ['broken data that are swapped', 'corrupt-data', 'chainmend-replace-node'],
  ['a dead instance that is replaced', 'instance-dead', 'chainmend-replace-node'],
  ['a restore that a person takes back', 'undo-restore', 'chainmend-replace-node'],
  ['a daily snapshot', 'daily-snapshot', 'chainmend-snapshot-node'],
] as const;

describe.each(sampled('views', TALES, 4))('%s', (_, scenario, heal) => {
  it(
    'ends as it should, whatever one read of its heal shows',
    async () => {
      const parts = isAsked('views') ? PROCESSES : SAMPLE;
      const shares = Array.from({ length: isAsked('views') ? PROCESSES : 1 }, (_, part) =>
        runJob('views', [{ scenario, heal, part, parts }]),
      );
      const ends = (await Promise.all(shares)).flat();
      expect(ends.length).toBeGreaterThan(0);
      expect(ends).toEqual(ends.map(({ view }) => ({ view, healed: true, unmet: [] })));
    },
    PATIENCE_MS,
  );
});
