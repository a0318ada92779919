// The rate at which AWS lets an account call an operation is kept by a gap between two calls.
import { setTimeout } from 'node:timers/promises';

/** @returns to be awaited before each call: the first one goes at once, the others `gapMs` after the one before */
export function pacer(gapMs: number): () => Promise<void> {
  let nextMs = 0;
  return async () => {
    const waitMs = nextMs - Date.now();
    if (waitMs > 0) await setTimeout(waitMs);
    nextMs = Date.now() + gapMs;
  };
}
