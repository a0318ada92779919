import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  claimNotifications,
  judgeMissing,
  judgeSelection,
  markPaged,
  newRegister,
  type RegisterRecord,
  rememberPlan,
  type SubjectRefusal,
} from '../../../shared/guardrails/names.ts';
import { byPage, sentenceOf } from '../../../shared/reconcile/notification.ts';
import { HOUR_MS, MINUTE_MS, NOON_MS } from '../../fixtures/builders/time.ts';

const foreign = (subject: string, page = true): SubjectRefusal => ({
  refuse: 'record-foreign',
  subject,
  reason: `${subject} is somebody’s`,
  page,
});

describe('what a run tells', () => {
  const node = { name: 'node1', instanceId: 'i-0123456789abcdef0' };
  const about = (subject: string, more: Partial<SubjectRefusal> = {}): SubjectRefusal => ({
    ...foreign(subject),
    ...more,
  });
  const subjects = (...due: readonly SubjectRefusal[]) =>
    byPage('bitcoin', due).map((page) => page.map(({ subject }) => subject));

  it('is one page of each key, and a page for each question', () => {
    expect(subjects(about('records'), about('alarms'))).toEqual([['records', 'alarms']]);
    expect(subjects(about('records'), about('alarms', { refuse: 'name-taken' }))).toEqual([['records'], ['alarms']]);
    expect(subjects(about('a', { node }), about('b'), about('c', { node }))).toEqual([['a', 'c'], ['b']]);
    const question = { refuse: 'approval-wanted' } as const;
    expect(subjects(about('0123456789ab', question), about('ba9876543210', question))).toHaveLength(2);
  });

  it('says it of the first subjects, and how many more there are', () => {
    const [first, ...more] = ['a', 'b', 'c', 'd', 'e'].map((subject) => about(subject)) as [
      SubjectRefusal,
      ...SubjectRefusal[],
    ];
    expect(sentenceOf([first])).toBe('a is somebody’s');
    expect(sentenceOf([first, ...more.slice(0, 2)])).toBe('a is somebody’s; b is somebody’s; c is somebody’s');
    expect(sentenceOf([first, ...more])).toBe('a is somebody’s; b is somebody’s; c is somebody’s; and 2 more');
  });
});

/** A run every five minutes, in which all pages are sent; the result has the pages of each run. */
function runs(met: readonly (readonly SubjectRefusal[])[], everyMs = 5 * MINUTE_MS) {
  let register: RegisterRecord = newRegister;
  return met.map((refusals, index) => {
    const telling = claimNotifications(register, refusals, NOON_MS + index * everyMs);
    register = markPaged(telling.next, telling.page);
    return { write: telling.write.map(({ subject }) => subject), page: telling.page.map(({ subject }) => subject) };
  });
}

describe('a refusal that lasts', () => {
  it('is written once a day and paged once', () => {
    const told = runs(Array.from({ length: 2 * 288 }, () => [foreign('a')]));
    expect(told.filter(({ write }) => write.length > 0)).toHaveLength(2);
    expect(told.filter(({ page }) => page.length > 0)).toHaveLength(1);
  });

  it('is told again when it comes back after more than an hour, and not when it flaps', () => {
    const still = [[foreign('a')], [], [], [foreign('a')]];
    expect(runs(still).map(({ page }) => page)).toEqual([['a'], [], [], []]);
    expect(runs(still, HOUR_MS).map(({ page }) => page)).toEqual([['a'], [], [], ['a']]);
  });

  it('is the same still where it is looked at seldom', () => {
    const seldom = { ...foreign('a'), lastsMs: 7 * HOUR_MS };
    expect(runs([[seldom], [seldom], [], [seldom]], 6 * HOUR_MS).map(({ page }) => page)).toEqual([
      ['a'],
      [],
      [],
      ['a'],
    ]);
  });

  it('is told for each thing that it is about', () => {
    expect(runs([[foreign('a')], [foreign('a'), foreign('b')]]).map(({ page }) => page)).toEqual([['a'], ['b']]);
  });

  it('pages nobody where nobody needs to know now', () => {
    expect(runs([[foreign('a', false)]])).toEqual([{ write: ['a'], page: [] }]);
  });

  it('is paged by one of two runs at the same moment, and by another where the first died before it paged', () => {
    const first = claimNotifications(newRegister, [foreign('a')], NOON_MS);
    const second = claimNotifications(first.next, [foreign('a')], NOON_MS + 1_000);
    expect([first.page.length, second.page.length]).toEqual([1, 0]);
    expect(claimNotifications(second.next, [foreign('a')], NOON_MS + 6 * MINUTE_MS).page).toHaveLength(1);
  });

  it('of a hundred things at once is one page, and not a hundred each time', () => {
    const many = Array.from({ length: 100 }, (_, index) => foreign(`node${index}`));
    expect(runs([many, many.slice(1), [...many, foreign('another')]])).toEqual([
      { write: ['many'], page: ['many'] },
      { write: [], page: [] },
      { write: [], page: [] },
    ]);
    const [told] = claimNotifications(newRegister, many, NOON_MS).page;
    expect(told?.reason).toMatch(/^100 times: node0 is somebody’s; .*; and 95 more$/);
    expect(claimNotifications(newRegister, [...many.slice(0, 5), ...many.slice(0, 5)], NOON_MS).page).toHaveLength(5);
  });

  it('that may be over in the next run pages nobody before it has lasted', () => {
    const passing = { ...foreign('a'), pageAfterMs: 4 * MINUTE_MS };
    expect(runs([[passing], [passing], [passing]]).map(({ page }) => page)).toEqual([[], ['a'], []]);
  });

  it('and is a question to people is asked again when nobody answered in time', () => {
    const question = { ...foreign('0123456789ab'), refuse: 'approval-wanted' as const };
    const four = 4 * HOUR_MS;
    const first = claimNotifications(newRegister, [question], NOON_MS, four);
    const paged = markPaged(first.next, first.page);
    const kept = {
      ...paged,
      notifications: paged.notifications.map((one) => ({ ...one, seenAtMs: NOON_MS + four - 5 * MINUTE_MS })),
    };
    const later = claimNotifications(kept, [question], NOON_MS + four, four);
    expect(later.page).toEqual([question]);
    expect(later.next.notifications[0]?.sinceMs).toBe(NOON_MS + four);
    expect(claimNotifications(kept, [question], NOON_MS + four - 1, four).page).toEqual([]);
  });

  it('never makes the record grow without end', () => {
    fc.assert(
      fc.property(fc.array(fc.array(fc.string(), { maxLength: 300 }), { maxLength: 5 }), (all) => {
        let register = newRegister;
        for (const [index, some] of all.entries())
          register = claimNotifications(
            register,
            some.map((one) => foreign(one)),
            NOON_MS + index * MINUTE_MS,
          ).next;
        expect(register.notifications.length).toBeLessThanOrEqual(200);
      }),
    );
    const plans = Array.from({ length: 50 }, (_, i) => `plan${i}`).reduce(rememberPlan, newRegister);
    expect(plans.plans).toHaveLength(20);
    expect(plans.plans[0]).toBe('plan49');
  });
});

describe('nothing matched', () => {
  it('never means that everything is gone, unless a person says so', () => {
    expect(judgeSelection('bitcoin', { found: 0, before: 3, confirmed: false })).toMatchObject({
      refuse: 'nothing-matched',
      page: false,
    });
    expect(judgeSelection('bitcoin', { found: 0, before: 3, confirmed: true })).toBeNull();
    expect(judgeSelection('bitcoin', { found: 0, before: 0, confirmed: false })).toBeNull();
  });

  it.each([
    [2, 4, null],
    [3, 5, 'too-many-gone'],
    [0, 0, null],
  ] as const)('%i of %i gone: %s', (gone, of, refuse) => {
    const judged = judgeMissing('bitcoin', { gone, of, what: 'records', confirmed: false });
    expect(judged?.refuse ?? null).toBe(refuse);
    expect(judgeMissing('bitcoin', { gone, of, what: 'records', confirmed: true })).toBeNull();
  });
});
