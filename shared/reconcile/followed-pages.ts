// The pages that a function has sent about a fleet, and whether the cause of each lasts, purely. dispatch-heal reads them: it repeats a page and says when it is over.
import type { FollowedPage, NotificationState, SubjectRefusal } from '../guardrails/names.ts';
import { keyOf, THE_FLEET } from '../heal/notify.ts';

/** The sweep of dispatch-heal reads that a cause is over; where it cannot for long, people look themselves. */
const ENDED_FOR_MS = 24 * 60 * 60_000;
/** Many more than a fleet has troubles. */
const MAX_PAGES = 40;

/**
 * @param going the refusals that count as going on: met in this run, or not long ago
 * @param isWhole the function has looked at all of the fleet, and everything that it met is among these pages: what is not met any more is over
 */
export function followPages(
  pages: readonly FollowedPage[],
  going: readonly Pick<NotificationState, 'code' | 'subject' | 'seenAtMs' | 'lastsMs'>[],
  isWhole: boolean,
  nowMs: number,
): readonly FollowedPage[] {
  return pages
    .map((page): FollowedPage => {
      if (page.state === 'ended') return page;
      const is = going.find(({ code, subject }) => code === page.code && subject === page.subject);
      // What only a rare look meets lasts in between; all else bothers nobody from the run on that does not meet it.
      if (is) return { ...page, state: is.seenAtMs >= nowMs || is.lastsMs !== undefined ? 'lasts' : 'eased' };
      return isWhole ? { ...page, state: 'ended', endedAtMs: nowMs } : { ...page, state: 'eased' };
    })
    .filter(({ endedAtMs }) => endedAtMs === undefined || nowMs - endedAtMs < ENDED_FOR_MS);
}

/**
 * What a function has seen to be over, of what it has told: it is told again when it comes back, and its page ends.
 *
 * @returns undefined: nothing that was told is over
 */
export function endTold(
  { notifications, pages = [] }: Told,
  isOver: (told: Pick<FollowedPage, 'code' | 'subject'>) => boolean,
  nowMs: number,
): Told | undefined {
  const left = notifications.filter((one) => !isOver(one));
  const ends = (page: FollowedPage): boolean => page.state !== 'ended' && isOver(page);
  if (left.length === notifications.length && !pages.some(ends)) return undefined;
  return {
    notifications: left,
    ...(pages.length > 0 && {
      pages: pages.map((page): FollowedPage => (ends(page) ? { ...page, state: 'ended', endedAtMs: nowMs } : page)),
    }),
  };
}

interface Told {
  readonly notifications: readonly NotificationState[];
  readonly pages?: readonly FollowedPage[];
}

/** Whether a run has met all that there is: a refusal that pages nobody may have kept it from looking further, as a pause does. */
export const hasLookedAtAll = (failed: boolean, refusals: readonly Pick<SubjectRefusal, 'page'>[]): boolean =>
  !failed && refusals.every(({ page }) => page);

/** What was paged: a refusal, or another condition of the fleet. */
export type SentRefusal = Pick<SubjectRefusal, 'subject' | 'node' | 'reason'> & {
  readonly refuse: FollowedPage['code'];
};

/** With the pages that were sent now; of those that are sent again the newest word counts. */
export function withSent(
  pages: readonly FollowedPage[],
  fleet: string,
  sent: readonly SentRefusal[],
  nowMs: number,
  takesLong = false,
): readonly FollowedPage[] {
  const added = sent.map(({ refuse: code, subject, node: about, reason }): FollowedPage => {
    const node = about?.name ?? THE_FLEET;
    return {
      ...{ key: keyOf({ fleet, node, code }), code, subject, node, sentence: reason, atMs: nowMs, state: 'lasts' },
      ...(takesLong && code === 'approval-wanted' && { takesLong: true }),
    };
  });
  const others = pages.filter(
    (page) => !added.some(({ code, subject }) => code === page.code && subject === page.subject),
  );
  return [...added, ...others].slice(0, MAX_PAGES);
}
