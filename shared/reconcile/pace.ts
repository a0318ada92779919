// Keeps AWS's rate limit of an operation by a gap between two calls.
import { setTimeout } from 'node:timers/promises';

/** @returns a function to await before each call: the first call goes immediately, the others `gapMs` after the one before */
export function pacer(gapMs: number): () => Promise<void> {
  let nextMs = 0;
  return async () => {
    const waitMs = nextMs - Date.now();
    if (waitMs > 0) await setTimeout(waitMs);
    nextMs = Date.now() + gapMs;
  };
}
