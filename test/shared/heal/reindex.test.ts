// Whether data are built again or exchanged: only what was measured decides.
import { describe, expect, it } from '@jest/globals';
import type { ReindexTrial } from '../../../shared/heal/drill.ts';
import { judgeReindex, patienceOf } from '../../../shared/heal/reindex.ts';
import { HOUR_MS, MINUTE_MS, NOON_MS } from '../../fixtures/builders/time.ts';

const FILE = { command: '/opt/node/reindex', minutes: 120, maxAgeHours: 48 };
const TRIAL: ReindexTrial = {
  ...{ command: FILE.command, setId: 'set-1', is: 'verified', atMs: NOON_MS - 5 * HOUR_MS },
  ...{ reason: 'it has caught up', minutes: 38.2, addedGiB: 0 },
};
const judge = (trial: Partial<ReindexTrial> | null, swapMinutes: number | null = 52, minutes = FILE.minutes) =>
  judgeReindex(
    { ...FILE, minutes },
    { trial: trial && { ...TRIAL, ...trial }, proved: swapMinutes === null ? null : { minutes: swapMinutes } },
    NOON_MS,
  );

describe('data are built again', () => {
  it('where that took less on a copy than a drill took to come back, and both are told', () => {
    expect(judge({})).toEqual({ is: 'quicker', minutes: 38.2, text: 'reindex 38 min, swap 52 min: reindex' });
  });

  it.each<[string, ReturnType<typeof judge>, string]>([
    ['it took longer', judge({ minutes: 60.6 }), 'reindex 61 min, swap 52 min: swap'],
    ['it took as long', judge({ minutes: 52 }), 'reindex 52 min, swap 52 min: swap'],
    ['nobody has measured it', judge(null), 'no drill has tried /opt/node/reindex on a copy yet'],
    [
      'another command was measured',
      judge({ command: '/opt/node/other' }),
      'no drill has tried /opt/node/reindex on a copy yet',
    ],
    [
      'it did not come through',
      judge({ is: 'unfit', reason: 'its client ends' }),
      'it did not come through: /opt/node/reindex on a copy of set-1: its client ends',
    ],
    [
      'it was measured too long ago',
      judge({ atMs: NOON_MS - 49 * HOUR_MS }),
      '/opt/node/reindex was tried on a copy 49 h ago, and that counts for 48 h (drills.maxAgeHours)',
    ],
    [
      'nobody has measured a swap',
      judge({}, null),
      'no drill has measured how long a node takes to come back by a swap',
    ],
    [
      'it took longer than the file allows by now',
      judge({}, 52, 30),
      'it took 38 min on a copy, and may take 30 (replace.reindex.minutes)',
    ],
  ])('not where %s', (_, verdict, why) => {
    expect(verdict).toEqual({ is: 'not', why });
  });
});

describe('a client that builds its data again is waited for', () => {
  it.each([
    [10, 120, 35],
    [38, 120, 91],
    [100, 120, 120],
  ])('%i min as measured, of %i at most: silent for %i', (measured, most, patient) => {
    expect(patienceOf({ measured, most }, NOON_MS)).toEqual({
      patientUntilMs: NOON_MS + patient * MINUTE_MS,
      untilMs: NOON_MS + most * MINUTE_MS,
    });
  });
});
