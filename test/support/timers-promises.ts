// node:timers/promises in tests: sleeps on the global timers, which Jest's fake timers replace. Node's own module is out of their reach.
type Sleep = <T = void>(delayMs?: number, value?: T, options?: { readonly signal?: AbortSignal }) => Promise<T>;

export const setTimeout: Sleep = (delayMs, value, { signal } = {}) =>
  new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const timer = globalThis.setTimeout(() => resolve(value as never), delayMs);
    const abort = (): void => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    signal?.addEventListener('abort', abort, { once: true });
  });

export const setImmediate = <T = void>(value?: T): Promise<T> =>
  new Promise((resolve) => globalThis.setImmediate(() => resolve(value as never)));
