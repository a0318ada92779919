// A volume that completes no I/O: nothing is done to its node, most stalls pass, and one that lasts is told.
import { describe, expect, it } from '@jest/globals';
import { decide } from '../../../functions/replace-node/decide.ts';
import { judgeStalled } from '../../../functions/replace-node/stalled.ts';
import { DATA_VOLUME } from '../../fixtures/builders/node.ts';
import { MINUTE_MS, NOON_MS } from '../../fixtures/builders/time.ts';
import { facts, impaired, ladderState } from '../../fixtures/replace-facts.ts';

const stalled = [{ volumeId: DATA_VOLUME, isIoDisabled: false }];
const at = (minutes: number, more: Parameters<typeof facts>[0] = { impairedVolumes: stalled }) =>
  judgeStalled(facts({ onsetMs: NOON_MS - minutes * MINUTE_MS, ...more }));

describe('a stall', () => {
  it('is waited for, and told when it is a quarter of an hour old', () => {
    expect([at(2)?.page, at(14.9)?.page, at(15)?.page]).toEqual([false, false, true]);
    // The next look comes no later than the page is due.
    expect([2, 13, 14.5, 60].map((minutes) => at(minutes)?.retryAfterMs)).toEqual(
      [5, 2, 1, 1].map((minutes) => minutes * MINUTE_MS),
    );
    expect(at(15)?.reason).toContain(`${DATA_VOLUME} completes no I/O`);
  });

  it('is the same by the check of its instance, which names no volume', () => {
    expect(at(2, { original: impaired('attachedEbs') })).toMatchObject({ refuse: 'ebs-impaired', page: false });
  });

  it('is told at once where EBS has disabled the I/O: only a person can enable it', () => {
    const disabled = [{ volumeId: DATA_VOLUME, isIoDisabled: true }];
    expect(at(0, { impairedVolumes: disabled })).toMatchObject({ page: true });
  });

  it('is none where EC2 finds nothing', () => {
    expect(at(60, {})).toBeNull();
  });

  it('keeps a heal that has begun from its next rung', () => {
    const failed = [{ rung: 'restart', reason: 'it stands still' }] as const;
    const next = decide(facts({ impairedVolumes: stalled }), ladderState({ failed }));
    expect(next).toMatchObject({ do: 'end', end: { as: 'refused', refusal: { refuse: 'ebs-impaired' } } });
  });
});
