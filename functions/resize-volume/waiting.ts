// How a heal waits: durable waits that grow from a second to a minute, so that nothing is missed and little is asked.

/** Seconds between polls; the last one repeats. Quick states are seen at once, an hour costs some sixty calls. */
const POLL_SECONDS = [1, 1, 2, 3, 5, 5, 10, 20, 60] as const;

export const pollSeconds = (poll: number): number => POLL_SECONDS[Math.min(poll, POLL_SECONDS.length - 1)] ?? 60;
