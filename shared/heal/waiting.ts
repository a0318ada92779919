// How long a heal waits between two looks: from a second to a minute, so that nothing is missed and little is asked.

/** Seconds between polls; the last one repeats. Quick states are seen at once, an hour costs some sixty calls. */
const POLL_SECONDS = [1, 1, 2, 3, 5, 5, 10, 20, 60] as const;
const LONGEST_SECONDS = 60;
/** What polls themselves take, and a moment that is told late, as a number of polls. */
const SPARE_POLLS = 10;

export const pollSeconds = (poll: number): number =>
  POLL_SECONDS[Math.min(poll, POLL_SECONDS.length - 1)] ?? LONGEST_SECONDS;

/** More polls than are ever needed for something that lasts so long. */
export const mostPolls = (lastsMs: number): number =>
  POLL_SECONDS.length + Math.ceil(lastsMs / 1000 / LONGEST_SECONDS) + SPARE_POLLS;
