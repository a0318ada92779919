// API rates of an account in a region: token buckets on virtual time.
import type { Rate } from './service-interface.ts';

export class TokenBuckets {
  readonly #buckets = new Map<string, { tokens: number; filledAtMs: number }>();

  /** Takes a token for a request; false if there is none. Requests with different bursts use separate buckets. */
  take(service: string, operation: string, { burst, perSecond, bucket = operation }: Rate, nowMs: number): boolean {
    const key = `${service}.${bucket}/${burst}`;
    const state = this.#buckets.get(key) ?? { tokens: burst, filledAtMs: nowMs };
    this.#buckets.set(key, state);
    state.tokens = Math.min(burst, state.tokens + ((nowMs - state.filledAtMs) / 1000) * perSecond);
    state.filledAtMs = nowMs;
    if (state.tokens < 1) return false;
    state.tokens--;
    return true;
  }
}
