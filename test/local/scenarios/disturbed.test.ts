// AWS refuses, or does not answer, one of a heal's calls.
import { beforeAll, describe, expect, it } from '@jest/globals';
import type { Disturbed } from '../../fixtures/jobs/disturbance.ts';
import { runJob } from '../../fixtures/jobs.ts';

const PATIENCE_MS = 30 * 60_000;

let throttledModify: Disturbed | undefined;
let unreadableGuard: Disturbed | undefined;
let silentSweep: Disturbed | undefined;
let silentHeal: Disturbed | undefined;
let throttledForLong: Disturbed | undefined;

beforeAll(async () => {
  [throttledModify, unreadableGuard, silentSweep, silentHeal, throttledForLong] = await runJob('disturbance', [
    { scenario: 'disk-full', operation: 'ModifyVolume', fate: 'throttled', calls: 7 },
    // The pause tag is read for the first command, for the intent, and for the modification: the fault covers all four tries of the SDK.
    { scenario: 'disk-full', operation: 'DescribeTags', fate: 'throttled', from: 3, calls: 4 },
    {
      scenario: 'disk-full-budget-spent',
      caller: 'dispatch-heal',
      operation: 'Publish',
      fate: 'throttled',
      calls: 40,
    },
    // As many as a step is repeated, and a few more.
    { scenario: 'client-bug', caller: 'replace-node', operation: 'Publish', fate: 'throttled', calls: 110 },
    // Each try of a step is four calls of the SDK.
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
  it('for a quarter of an hour, the heal is patient, heals in the same attempt, and pages nobody', () => {
    expect(throttledForLong?.report.heals.map(({ outcome, attempt }) => [outcome, attempt])).toEqual([['healed', 1]]);
    expect(throttledForLong?.report.refusals).toEqual([]);
    expect(throttledForLong?.report.pages).toEqual([]);
  });
});

describe('while no page can be sent', () => {
  it('a sweep that has to tell of a refusal fails, so that its alarm tells of it, and people are told once when they can be', () => {
    expect(silentSweep?.report.pages.map(({ code }) => code)).toEqual(['suite-alarm', 'budget-spent']);
    expect(silentSweep?.report.pages[0]?.sentence).toContain('chainmend-dispatch-heal/errors');
    expect(silentSweep?.unmet).toEqual([]);
  });

  it('a heal that ends for good does not end without its page: the next attempt sends it', () => {
    const pages = silentHeal?.report.pages.filter(({ code }) => code === 'same-stop');
    expect(pages).toHaveLength(1);
    expect(silentHeal?.executions).toHaveLength(2);
    expect(silentHeal?.unmet).toEqual([]);
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
