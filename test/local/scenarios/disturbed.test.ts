// AWS refuses, or does not answer, one of a heal's calls.
import { beforeAll, describe, expect, it } from '@jest/globals';
import type { Disturbed } from '../../fixtures/jobs/disturbance.ts';
import { runJob } from '../../fixtures/jobs.ts';

const PATIENCE_MS = 2 * 60_000;

let throttledModify: Disturbed | undefined;
let unreadableGuard: Disturbed | undefined;
let silentPages: Disturbed | undefined;
let throttledReads: Disturbed | undefined;
let throttledForLong: Disturbed | undefined;

beforeAll(async () => {
  [throttledModify, unreadableGuard, silentPages, throttledReads, throttledForLong] = await runJob('disturbance', [
    { scenario: 'disk-full', operation: 'ModifyVolume', fate: 'throttled', calls: 7 },
    // The pause tag is read for the first command, for the intent, and for the modification: the fault covers all four tries of the SDK.
    { scenario: 'disk-full', operation: 'DescribeTags', fate: 'throttled', from: 3, calls: 4 },
    { scenario: 'disk-full-budget-spent', operation: 'Publish', fate: 'throttled' },
    // Each try of a step is four calls of the SDK.
    { scenario: 'disk-full', operation: 'DescribeVolumes', fate: 'throttled', calls: 24 },
    { scenario: 'disk-full', operation: 'DescribeVolumes', fate: 'throttled', calls: 80 },
  ]);
}, PATIENCE_MS);

describe('while EC2 throttles ModifyVolume', () => {
  it('the heal waits and asks again, and heals: nothing took effect, so nothing is reconciled', () => {
    expect(throttledModify?.report.heals.map(({ outcome }) => outcome)).toEqual(['healed']);
    expect(throttledModify?.modifications).toBe(1);
    expect(throttledModify?.report.refusals).toEqual([]);
    expect(throttledModify?.report.heals[0]?.alarmToHealedSeconds).toBeLessThan(4 * 60);
  });
});

describe('while a pause cannot be read right before the modification', () => {
  it('the heal waits and reads it again, and heals: nothing was sent, so nothing is reconciled', () => {
    expect(unreadableGuard?.report.heals.map(({ outcome }) => outcome)).toEqual(['healed']);
    expect(unreadableGuard?.modifications).toBe(1);
    expect(unreadableGuard?.report.heals[0]?.alarmToHealedSeconds).toBeLessThan(60);
  });
});

describe('while AWS throttles what a heal reads', () => {
  it('the heal is patient, and heals', () => {
    expect(throttledReads?.report.heals.map(({ outcome }) => outcome)).toEqual(['healed']);
    expect(throttledReads?.report.refusals).toEqual([]);
    expect(throttledReads?.report.pages).toEqual([]);
  });

  it('for a quarter of an hour, too, in the same attempt, and pages nobody', () => {
    expect(throttledForLong?.report.heals.map(({ outcome, attempt }) => [outcome, attempt])).toEqual([['healed', 1]]);
    expect(throttledForLong?.report.refusals).toEqual([]);
    expect(throttledForLong?.report.pages).toEqual([]);
  });
});

describe('while no page can be sent', () => {
  it('a heal that has to page ends as failed, so that its alarm and its dead-letter queue tell of it', () => {
    // The last execution needs no page: the budget is back.
    const [last, ...before] = [...(silentPages?.executions ?? [])].reverse();
    expect(last).toBe('SUCCEEDED');
    expect(before.length).toBeGreaterThan(0);
    expect(before.every((status) => status === 'FAILED')).toBe(true);
  });
});

describe('the journal of a modification', () => {
  it('names the very fleet file that allowed it', () => {
    const intent = throttledModify?.journal.find(({ act }) => act?.startsWith('ModifyVolume'));
    expect(JSON.parse(intent?.evidence ?? '{}')).toMatchObject({
      guards: { fleetFile: expect.stringMatching(/^[0-9a-f]{16}$/) },
    });
  });
});
