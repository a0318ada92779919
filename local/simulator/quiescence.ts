// Proves that nothing is left to run at this instant, and guards the proof: it names any work of the outside world.
import { createHook } from 'node:async_hooks';
import { sourcePlaces } from '../../infra/program/source-places.ts';

/**
 * All ticks and promise jobs run before the event loop's next phase (Node.js guide "The Node.js Event Loop"). So one turn of a real `setImmediate`
 * proves that nothing is runnable, unless something outside this thread may still call in.
 */
export class Quiescence {
  #hopping = false;
  #foreign: { type: string; stack: string } | undefined;
  readonly #hook: ReturnType<typeof createHook> | undefined;

  /** @param guard watch for work of the outside world; off if sockets are served on purpose */
  constructor(guard: boolean) {
    if (!guard) return;
    this.#hook = createHook({
      trackPromises: false,
      init: (_id, type) => {
        if (this.#foreign !== undefined || !isForeign(type)) return;
        if (type === 'Immediate' && this.#hopping) return;
        const { stack = '' } = new Error(type);
        // gzipSync, scryptSync and similar functions make a handle, too, but have finished with it when they return.
        if (SYNCHRONOUS.get(type)?.test(stack)) return;
        this.#foreign = { type, stack };
      },
    });
  }

  /** Watches from now until `unwatch`. */
  watch(): void {
    this.#foreign = undefined;
    this.#hook?.enable();
  }

  unwatch(): void {
    this.#hook?.disable();
  }

  /** Resolves when nothing is runnable. Throws if work was begun since `watch` that the outside world will end. */
  async reach(): Promise<void> {
    await new Promise<void>(this.#hop);
    if (this.#foreign === undefined) return;
    const { type, stack } = this.#foreign;
    const origin = sourcePlaces(stack).split('\n').slice(1).filter(isProductFrame).slice(0, 6).join('\n');
    throw new Error(
      `foreign asynchronous work (${type}: ${MEANINGS[type] ?? 'a handle of Node.js'}) was begun during a run on virtual time; ` +
        `its end would depend on the machine. Begun at:\n${origin}`,
    );
  }

  #hop = (resolve: () => void): void => {
    this.#hopping = true;
    setImmediate(resolve);
    this.#hopping = false;
  };
}

/**
 * Node.js names its native resources in capitals (async_hooks, "type"). Resources with other names are made in JavaScript and end within the turn,
 * except the two kinds of real timers. Writes bring nothing in. STREAM_END_OF_STREAM is JavaScript's `stream.finished` (and `for await` over a
 * stream), which only waits for the stream's own events.
 */
const isForeign = (type: string): boolean =>
  type === 'Timeout' || type === 'Immediate' || (/^[A-Z][A-Z0-9_]+$/.test(type) && !HARMLESS.has(type));

const SYNCHRONOUS: ReadonlyMap<string, RegExp> = new Map([
  ['ZLIB', / syncBufferWrapper \(node:zlib/],
  ['SCRYPTREQUEST', /\bscryptSync \(node:internal\/crypto\//],
]);

const HARMLESS = new Set(['PROMISE', 'STREAM_END_OF_STREAM', 'WRITEWRAP', 'TTYWRAP', 'PIPEWRAP', 'SHUTDOWNWRAP']);

const MEANINGS: Readonly<Record<string, string>> = {
  Timeout: 'a real setTimeout or setInterval',
  Immediate: 'a real setImmediate',
  FSREQCALLBACK: 'a file operation',
  FSREQPROMISE: 'a file operation',
  TCPWRAP: 'a socket',
  TCPCONNECTWRAP: 'a connection',
  GETADDRINFOREQWRAP: 'a name look-up',
  ZLIB: 'compression on the thread pool',
  SCRYPTREQUEST: 'a key of scrypt on the thread pool',
  RANDOMBYTESREQUEST: 'randomness of the machine',
  PROCESSWRAP: 'a child process',
};

const isProductFrame = (line: string): boolean => !line.includes('node:internal') && !line.includes('AsyncHook');
