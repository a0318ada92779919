// Timers of one sandbox: the functions of node:timers and node:timers/promises on virtual time. They end with their sandbox.
import { AsyncResource } from 'node:async_hooks';
import type { VirtualClock } from '../clock.ts';
import type { Timer } from '../kernel.ts';

export interface GuestTimers {
  /** The members of node:timers. */
  readonly timers: Readonly<Record<string, unknown>>;
  /** The members of node:timers/promises. */
  readonly promises: Readonly<Record<string, unknown>>;
  /** Runs host work after a delay, unless the sandbox dies. */
  after(delayMs: number, work: () => void): Timer;
  killAll(): void;
}

type Callback = (...args: unknown[]) => void;

/** @param onError called with an exception in a callback, which on Lambda ends the runtime */
export function guestTimers(clock: VirtualClock, actor: string, onError: (error: unknown) => void): GuestTimers {
  let dead = false;
  const after = (delayMs: number, work: () => void): Timer => {
    if (dead) return NEVER;
    return clock.afterFor(actor, delayMs, () => {
      if (dead) return;
      try {
        work();
      } catch (error) {
        onError(error);
      }
    });
  };
  const known = new Map<number, Timeout>();
  let ids = 0;

  /** The result of `setTimeout` in Node.js: an object that also converts to a number. */
  class Timeout {
    readonly #id = ++ids;
    readonly #run: () => void;
    readonly #delayMs: number;
    readonly #repeats: boolean;
    #timer: Timer = NEVER;

    constructor(callback: Callback, delayMs: number, args: unknown[], repeats: boolean) {
      // Callbacks have the AsyncLocalStorage of the code that set them, as with real timers.
      const origin = new AsyncResource('VirtualTimeout', { requireManualDestroy: true });
      this.#run = () => origin.runInAsyncScope(callback, undefined, ...args);
      this.#delayMs = delayMs;
      this.#repeats = repeats;
      this.#arm();
    }

    #arm(): void {
      known.set(this.#id, this);
      this.#timer = after(this.#delayMs, () => {
        if (this.#repeats) this.#arm();
        else known.delete(this.#id);
        this.#run();
      });
    }

    close(): this {
      this.#timer.cancel();
      known.delete(this.#id);
      return this;
    }

    refresh(): this {
      this.#timer.cancel();
      this.#arm();
      return this;
    }

    ref(): this {
      return this;
    }

    unref(): this {
      return this;
    }

    hasRef(): boolean {
      return true;
    }

    [Symbol.toPrimitive](): number {
      return this.#id;
    }

    [Symbol.dispose](): void {
      this.close();
    }
  }

  const clear = (timer: unknown): void => {
    if (timer instanceof Timeout) timer.close();
    else if (typeof timer === 'number' || typeof timer === 'string') known.get(Number(timer))?.close();
  };
  const setTimeout = (callback: Callback, delay?: unknown, ...args: unknown[]) =>
    new Timeout(callback, delayOf(delay), args, false);
  const setImmediate = (callback: Callback, ...args: unknown[]) => new Timeout(callback, 0, args, false);
  const timers = {
    setTimeout,
    setImmediate,
    setInterval: (callback: Callback, delay?: unknown, ...args: unknown[]) =>
      new Timeout(callback, delayOf(delay), args, true),
    clearTimeout: clear,
    clearInterval: clear,
    clearImmediate: clear,
  };

  const wait = (delayMs: number, value: unknown, signal?: AbortSignal): Promise<unknown> =>
    new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      const abort = () => {
        timer.close();
        reject(signal?.reason);
      };
      const elapsed = () => {
        signal?.removeEventListener('abort', abort);
        resolve(value);
      };
      const timer = new Timeout(elapsed, delayMs, [], false);
      signal?.addEventListener('abort', abort, { once: true });
    });
  type Options = { signal?: AbortSignal };
  const promises = {
    setTimeout: (delay?: unknown, value?: unknown, options: Options = {}) =>
      wait(delayOf(delay), value, options.signal),
    setImmediate: (value?: unknown, options: Options = {}) => wait(0, value, options.signal),
    scheduler: {
      wait: (delay?: unknown, options: Options = {}) => wait(delayOf(delay), undefined, options.signal),
      yield: () => wait(0, undefined),
    },
  };
  const killAll = (): void => {
    dead = true;
    for (const timeout of known.values()) timeout.close();
  };
  return { timers, promises, after, killAll };
}

const NEVER: Timer = { cancel: () => {} };

/** Node.js documentation, "setTimeout": below 1, above 2147483647 or not a number becomes 1; fractions are cut off. */
function delayOf(delay: unknown): number {
  const delayMs = Number(delay);
  return delayMs >= 1 && delayMs <= 2147483647 ? Math.trunc(delayMs) : 1;
}
