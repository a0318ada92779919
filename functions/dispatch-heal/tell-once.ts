// A page that nothing follows: sent once, and remembered for as long as a journal line.
import type { Key, Store } from '../../shared/heal/store.ts';

const KEPT_SECONDS = 400 * 86_400;
/** A page whose answer was lost may have come: it is sent again some minutes later, then after twice as long each time, and it must come. */
const SEND_AGAIN_MS = 10 * 60_000;
/** From ten minutes to a day. */
const MAX_DOUBLINGS = 7;

interface Told {
  readonly version: number;
  readonly atMs: number;
  /** How often it was tried; absent once it was sent. */
  readonly sends?: number;
}

/** Each sending is counted before it is made. */
export async function tellOnce(
  store: Pick<Store, 'read' | 'replace'>,
  key: Key,
  send: (atMs: number) => Promise<unknown>,
): Promise<void> {
  const before = await store.read<Told>(key);
  const atMs = Date.now();
  if (before !== undefined && (before.sends === undefined || atMs - before.atMs < pauseMs(before.sends))) return;
  const version = (before?.version ?? 0) + 1;
  const sent = { version: version + 1, atMs, expiresAt: Math.floor(atMs / 1000) + KEPT_SECONDS };
  const tried: Told = { ...sent, version, sends: (before?.sends ?? 0) + 1 };
  // Another run sends it at this moment.
  if (!(await store.replace(key, tried))) return;
  await send(atMs);
  await store.replace(key, sent);
}

const pauseMs = (sends: number): number => SEND_AGAIN_MS * 2 ** Math.min(sends - 1, MAX_DOUBLINGS);
