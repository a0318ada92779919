// The pages of a function that looks after fleets: which of them last, and which are over.
import { describe, expect, it } from '@jest/globals';
import type { FollowedPage } from '../../../shared/guardrails/names.ts';
import { endTold, followPages, hasLookedAtAll, withSent } from '../../../shared/reconcile/followed-pages.ts';
import { HOUR_MS, NOON_MS } from '../../fixtures/builders/time.ts';

const refusal = { refuse: 'too-many-gone', subject: 'bitcoin', reason: 'more than half are gone' } as const;
const met = (seenAtMs: number, lastsMs?: number) => [
  { code: 'too-many-gone' as const, subject: 'bitcoin', seenAtMs, ...(lastsMs !== undefined && { lastsMs }) },
];
const sent = (pages: readonly FollowedPage[] = [], nowMs = NOON_MS) => withSent(pages, 'bitcoin', [refusal], nowMs);
const states = (pages: readonly FollowedPage[]) => pages.map(({ state }) => state);

describe('a page that a function has sent about its fleet', () => {
  it('is written down under the key that the page itself has', () => {
    expect(sent()).toEqual([
      {
        ...{ key: 'bitcoin/fleet/too-many-gone', code: 'too-many-gone', subject: 'bitcoin', node: 'fleet' },
        ...{ sentence: 'more than half are gone', atMs: NOON_MS, state: 'lasts' },
      },
    ]);
    const node = { name: 'node2', instanceId: 'i-2' };
    expect(withSent([], 'bitcoin', [{ ...refusal, subject: 'node2', node }], NOON_MS)).toMatchObject([
      { key: 'bitcoin/node2/too-many-gone', node: 'node2' },
    ]);
  });

  it('lasts while its refusal is met', () => {
    expect(states(followPages(sent(), met(NOON_MS + HOUR_MS), true, NOON_MS + HOUR_MS))).toEqual(['lasts']);
  });

  it('bothers nobody from the run on that does not meet it, unless only a rare look does', () => {
    expect(states(followPages(sent(), met(NOON_MS), true, NOON_MS + 1))).toEqual(['eased']);
    expect(states(followPages(sent(), met(NOON_MS, 7 * HOUR_MS), true, NOON_MS + 1))).toEqual(['lasts']);
  });

  it('is over when a run that has looked at everything does not meet it any more', () => {
    const [page] = followPages(sent(), [], true, NOON_MS + HOUR_MS);
    expect(page).toMatchObject({ state: 'ended', endedAtMs: NOON_MS + HOUR_MS });
  });

  it('wants nobody, and is not over, where a run could not look at everything', () => {
    const eased = followPages(sent(), [], false, NOON_MS + HOUR_MS);
    expect(states(eased)).toEqual(['eased']);
    expect(states(followPages(eased, met(NOON_MS + 2 * HOUR_MS), false, NOON_MS + 2 * HOUR_MS))).toEqual(['lasts']);
  });

  it('is not over by a run that failed, or that a pause or another quiet refusal kept from looking', () => {
    expect(hasLookedAtAll(false, [{ page: true }])).toBe(true);
    expect(hasLookedAtAll(true, [])).toBe(false);
    expect(hasLookedAtAll(false, [{ page: true }, { page: false }])).toBe(false);
  });

  it('is over where the function has seen otherwise, and is told again if it comes back', () => {
    const [{ code, subject, seenAtMs }] = met(NOON_MS) as [ReturnType<typeof met>[number]];
    const state = { code, subject, seenAtMs, sinceMs: seenAtMs, writtenAtMs: 0, claimedAtMs: 0, paged: true };
    const told = { notifications: [state, { ...state, subject: 'ethereum' }], pages: sent() };
    expect(endTold(told, (one) => one.subject === 'bitcoin', NOON_MS + 1)).toMatchObject({
      notifications: [{ subject: 'ethereum' }],
      pages: [{ state: 'ended', endedAtMs: NOON_MS + 1 }],
    });
    expect(endTold(told, () => false, NOON_MS + 1)).toBeUndefined();
    expect(endTold({ notifications: [state] }, () => true, NOON_MS)).toEqual({ notifications: [] });
  });

  it('that is over stays so for a day, and is forgotten then', () => {
    const ended = followPages(sent(), [], true, NOON_MS);
    expect(states(followPages(ended, met(NOON_MS + 23 * HOUR_MS), true, NOON_MS + 23 * HOUR_MS))).toEqual(['ended']);
    expect(followPages(ended, [], true, NOON_MS + 24 * HOUR_MS)).toEqual([]);
  });

  it('begins anew where it is sent again', () => {
    const ended = followPages(sent(), [], true, NOON_MS);
    expect(sent(ended, NOON_MS + HOUR_MS)).toMatchObject([{ state: 'lasts', atMs: NOON_MS + HOUR_MS }]);
  });

  it('says of a question alone that its plan takes long', () => {
    const asked = { ...refusal, refuse: 'approval-wanted', subject: '0123456789ab' } as const;
    expect(withSent([], 'bitcoin', [asked, refusal], NOON_MS, true).map(({ takesLong }) => takesLong)).toEqual([
      true,
      undefined,
    ]);
  });

  it('is one of forty at most, the newest first', () => {
    let pages: readonly FollowedPage[] = [];
    for (let at = 0; at < 60; at++)
      pages = withSent(pages, 'bitcoin', [{ ...refusal, subject: `record${at}` }], NOON_MS + at);
    expect(pages).toHaveLength(40);
    expect(pages[0]?.subject).toBe('record59');
  });
});
