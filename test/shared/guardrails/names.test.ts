// What is remembered of refusals that lasted, at the edges: when they are told again, and what is forgotten.
import { describe, expect, it } from '@jest/globals';
import {
  claimNotifications,
  judgeMissing,
  judgeSelection,
  newRegister,
  poolSeen,
  type RegisterRecord,
  rememberPlan,
  type SubjectRefusal,
} from '../../../shared/guardrails/names.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS, NOON_MS } from '../../fixtures/builders/time.ts';

const foreign = (subject: string, more: Partial<SubjectRefusal> = {}): SubjectRefusal => ({
  ...{ refuse: 'record-foreign', subject, reason: `${subject} is somebody’s`, page: true },
  ...more,
});
const claimed = (refusals: readonly SubjectRefusal[], register: RegisterRecord = newRegister, nowMs = NOON_MS) =>
  claimNotifications(register, refusals, nowMs);

describe('a fleet of which few are found', () => {
  it('is kept, with the line that says that they may go, and judged again in five minutes; watch-fleet tells people where nobody is found', () => {
    expect(judgeSelection('bitcoin', { found: 0, before: 5, confirmed: false })).toMatchObject({
      ...{ refuse: 'nothing-matched', page: false, retryAfterMs: 5 * MINUTE_MS },
      reason: expect.stringContaining(
        `echo '{"kind":"reconcile","fleet":"bitcoin","confirm":true}' | aws lambda invoke`,
      ),
    });
    expect(judgeMissing('bitcoin', { gone: 3, of: 5, what: 'alarms', confirmed: false })).toMatchObject({
      ...{ refuse: 'too-many-gone', page: true, retryAfterMs: 5 * MINUTE_MS },
    });
    expect(judgeSelection('bitcoin', { found: 1, before: 5, confirmed: false })).toBeNull();
  });
});

describe('a refusal', () => {
  const first = claimed([foreign('a')]).next;

  it('begins with nothing known', () => {
    expect(newRegister).toEqual({ nodes: 0, notifications: [], plans: [], version: 0 });
  });

  it('is written again after a day, and paged again after five minutes where the page was not sent', () => {
    const at = (ms: number) => {
      const lasting = claimed([foreign('a', { lastsMs: 2 * DAY_MS })]).next;
      const { write, page } = claimed([foreign('a', { lastsMs: 2 * DAY_MS })], lasting, NOON_MS + ms);
      return [write.length, page.length];
    };
    expect([at(DAY_MS - 1), at(DAY_MS)]).toEqual([
      [0, 1],
      [1, 1],
    ]);
    expect([at(5 * MINUTE_MS - 1), at(5 * MINUTE_MS)]).toEqual([
      [0, 0],
      [0, 1],
    ]);
  });

  it('remembers when its page was claimed last', () => {
    const quiet = claimed([foreign('a')], first, NOON_MS + MINUTE_MS).next;
    expect(quiet.notifications).toMatchObject([{ claimedAtMs: NOON_MS, seenAtMs: NOON_MS + MINUTE_MS }]);
  });

  it('is over when it was not seen for an hour, and forgotten then', () => {
    const later = (ms: number) => claimed([], first, NOON_MS + ms).next.notifications.length;
    expect([later(HOUR_MS - 1), later(HOUR_MS)]).toEqual([1, 0]);
  });

  it('is asked again when its time is over, where it is a question, and only then', () => {
    const question = foreign('a', { refuse: 'approval-wanted' });
    const again = (refusal: SubjectRefusal) => {
      const asked = claimNotifications(newRegister, [refusal], NOON_MS, 30 * MINUTE_MS).next;
      return claimNotifications(asked, [refusal], NOON_MS + 30 * MINUTE_MS, 30 * MINUTE_MS).write.length;
    };
    expect([again(question), again(foreign('a'))]).toEqual([1, 0]);
  });

  it('says how long it lasts only where it says so itself', () => {
    expect(claimed([foreign('a')]).next.notifications[0]).not.toHaveProperty('lastsMs');
  });

  it('that comes twice in a run is the first of them', () => {
    expect(claimed([foreign('a'), foreign('a', { reason: 'again' })]).write).toMatchObject([
      { reason: 'a is somebody’s' },
    ]);
  });

  it('of many kinds is remembered, those of now first and by name, up to a bound', () => {
    const older = claimed([foreign('z')]).next;
    const { notifications } = claimed([foreign('b'), foreign('c'), foreign('a')], older, NOON_MS + MINUTE_MS).next;
    expect(notifications.map(({ subject }) => subject)).toEqual(['a', 'b', 'c', 'z']);
    const many: RegisterRecord = {
      ...newRegister,
      notifications: Array.from({ length: 2_000 }, (_, at) => ({
        ...{ code: 'record-foreign' as const, subject: `s${at}`, sinceMs: NOON_MS, seenAtMs: NOON_MS },
        ...{ writtenAtMs: NOON_MS, claimedAtMs: 0, paged: true },
      })),
    };
    expect(claimed([], many).next.notifications.length).toBeLessThan(2_000);
  });

  it('of many things pages where one of them does, as early as the first and as long as the last', () => {
    const some = Array.from({ length: 6 }, (_, at) =>
      foreign(`n${at}`, { page: at === 3, pageAfterMs: (at + 1) * MINUTE_MS, lastsMs: (at + 2) * HOUR_MS }),
    );
    expect(claimed(some).write).toMatchObject([
      { subject: 'many', page: true, pageAfterMs: MINUTE_MS, lastsMs: 7 * HOUR_MS },
    ]);
  });
});

describe('a plan that was told', () => {
  it('is remembered once, as the newest', () => {
    const register = ['a', 'b', 'a'].reduce(rememberPlan, newRegister);
    expect(register.plans).toEqual(['a', 'b']);
  });
});

describe('what the pool was seen to be', () => {
  const seen = (addresses: readonly string[], minutes: number) => ({ addresses, atMs: NOON_MS + minutes * MINUTE_MS });

  it('is so since it was first seen', () => {
    const first = poolSeen(undefined, seen(['10.0.0.1'], 0));
    expect(first).toEqual({ addresses: ['10.0.0.1'], atMs: NOON_MS, sinceMs: NOON_MS });
    expect(poolSeen(first, seen(['10.0.0.1'], 5))).toEqual({ ...seen(['10.0.0.1'], 5), sinceMs: NOON_MS });
  });

  it('is so since now where it was another one before', () => {
    const before = { ...seen(['10.0.0.1', '10.0.0.2'], 0), sinceMs: NOON_MS - HOUR_MS };
    const now = seen(['10.0.0.1'], 5);
    expect(poolSeen(before, now)).toEqual({ ...now, sinceMs: now.atMs });
  });
});
