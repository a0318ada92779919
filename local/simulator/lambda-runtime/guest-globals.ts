// The global scope of a sandbox: the globals of Node.js, on virtual time and seeded chance.
import { format } from 'node:util';
import { isNativeError } from 'node:util/types';
import vm from 'node:vm';
import type { Realm } from '../gateway/shape.ts';
import type { Random } from '../random.ts';
import { seededCrypto } from './guest-modules.ts';
import type { GuestTimers } from './guest-timers.ts';

export interface GuestScope {
  readonly timers: GuestTimers;
  readonly random: Random;
  readonly now: () => number;
  readonly startMs: number;
  readonly environment: Readonly<Record<string, string>>;
  readonly log: (line: string) => void;
}

/** A context of its own, ready for a bundle. */
export interface GuestContext {
  readonly context: vm.Context;
  /** Containers of the guest's own realm. */
  readonly realm: Realm;
  readonly parseJson: (text: string) => unknown;
  readonly process: Readonly<Record<string, unknown>>;
  readonly performance: Readonly<Record<string, unknown>>;
  readonly console: object;
}

/**
 * An ordinary contextified sandbox takes almost twice the CPU, since each global is read through interceptors; `DONT_CONTEXTIFY` (Node.js 22.8) has
 * none, and costs 1.2 ms a context.
 */
export function createGuestContext(scope: GuestScope): GuestContext {
  const context = vm.createContext(vm.constants.DONT_CONTEXTIFY);
  const process = guestProcess(scope);
  const performance = { now: () => scope.now() - scope.startMs, timeOrigin: scope.startMs };
  const console = guestConsole(scope.log);
  const globals = {
    ...SHARED,
    ...scope.timers.timers,
    ...seededCrypto(scope.random),
    AbortSignal: virtualAbortSignal(scope.timers),
    console,
    performance,
    process,
  };
  for (const [name, value] of Object.entries(globals)) {
    Object.defineProperty(context, name, { value, writable: true, configurable: true, enumerable: false });
  }
  const boot = BOOT.runInContext(context) as Boot;
  const own = boot(context, scope.now, scope.random.next, isNativeError);
  return { context, process, performance, console, ...own };
}

type Boot = (
  context: vm.Context,
  now: () => number,
  random: () => number,
  isError: (value: unknown) => boolean,
) => { realm: Realm; parseJson: (text: string) => unknown };

/** Runs inside the context: its own intrinsics can be replaced only there. */
const BOOT = new vm.Script(
  `(function (globalScope, now, random, isError) {
  'use strict';
  const RealDate = Date;
  function VirtualDate(...given) {
    if (new.target === undefined) return new RealDate(now()).toString();
    return Reflect.construct(RealDate, given.length === 0 ? [now()] : given, new.target);
  }
  Object.defineProperties(VirtualDate, {
    name: { value: 'Date' },
    length: { value: 7 },
    prototype: { value: RealDate.prototype },
    now: { value: () => now(), writable: true, configurable: true },
    parse: { value: RealDate.parse },
    UTC: { value: RealDate.UTC },
  });
  Object.defineProperty(RealDate.prototype, 'constructor', { value: VirtualDate });
  globalScope.Date = VirtualDate;
  globalScope.global = globalScope;
  Math.random = () => random();
  // Errors of built-in modules come from the host's realm.
  const isInstance = Function.prototype[Symbol.hasInstance];
  Object.defineProperty(Error, Symbol.hasInstance, {
    value(thing) {
      return isInstance.call(this, thing) || (this === Error && isError(thing));
    },
  });
  return {
    parseJson: (text) => JSON.parse(text),
    realm: { object: () => ({}), array: (length) => new Array(length), date: (ms) => new RealDate(ms) },
  };
})`,
  { filename: 'local-region-boot.js' },
);

/**
 * Globals that only compute are the host's. Typed arrays, too: Buffer is made of them, and a Buffer that is not a Uint8Array would break every codec.
 */
const SHARED: Readonly<Record<string, unknown>> = {
  AbortController,
  ArrayBuffer,
  BigInt64Array,
  BigUint64Array,
  Blob,
  Buffer,
  DOMException,
  DataView,
  Event,
  EventTarget,
  Float32Array,
  Float64Array,
  Int16Array,
  Int32Array,
  Int8Array,
  ReadableStream,
  SharedArrayBuffer,
  TextDecoder,
  TextEncoder,
  TransformStream,
  URL,
  URLSearchParams,
  Uint16Array,
  Uint32Array,
  Uint8Array,
  Uint8ClampedArray,
  WritableStream,
  atob,
  btoa,
  queueMicrotask,
  structuredClone,
};

/** `AbortSignal.timeout` in virtual time; the rest of the class is real. */
function virtualAbortSignal(timers: GuestTimers): typeof AbortSignal {
  const timeout = (delayMs: number): AbortSignal => {
    const controller = new AbortController();
    const reason = new DOMException('The operation was aborted due to timeout', 'TimeoutError');
    timers.after(delayMs, () => controller.abort(reason));
    return controller.signal;
  };
  return new Proxy(AbortSignal, {
    get: (target, name, receiver) => (name === 'timeout' ? timeout : Reflect.get(target, name, receiver)),
  });
}

function guestConsole(log: (line: string) => void): Readonly<Record<string, unknown>> {
  const print = (...values: unknown[]): void => log(format(...values));
  return { log: print, info: print, debug: print, warn: print, error: print, trace: print, dir: print, table: print };
}

function guestProcess({ environment, log, now, startMs }: GuestScope): Readonly<Record<string, unknown>> {
  const sinceStart = () => BigInt(Math.round((now() - startMs) * 1e6));
  const hrtime = (from?: readonly [number, number]): [number, number] => {
    const nanoseconds = sinceStart();
    const [seconds, rest] = [Number(nanoseconds / 1_000_000_000n), Number(nanoseconds % 1_000_000_000n)];
    if (from === undefined) return [seconds, rest];
    const borrow = rest < from[1] ? 1 : 0;
    return [seconds - from[0] - borrow, rest - from[1] + borrow * 1_000_000_000];
  };
  const write = (text: unknown): boolean => {
    log(String(text).replace(/\n$/, ''));
    return true;
  };
  const stream = { write, isTTY: false };
  // Lambda ends the runtime on exit, and its events belong to the runtime: registering for them has no effect here.
  const ignore = () => undefined;
  return {
    arch: 'arm64',
    argv: ['node', '/var/task/index.js'],
    cwd: () => '/var/task',
    emitWarning: (warning: unknown) => log(`warning: ${warning instanceof Error ? warning.message : String(warning)}`),
    env: { ...environment },
    hrtime: Object.assign(hrtime, { bigint: sinceStart }),
    memoryUsage: () => ({ rss: 0, heapTotal: 0, heapUsed: 0, external: 0, arrayBuffers: 0 }),
    nextTick: process.nextTick,
    off: ignore,
    on: ignore,
    once: ignore,
    pid: 8,
    platform: 'linux',
    release: { name: 'node' },
    removeListener: ignore,
    stderr: stream,
    stdout: stream,
    uptime: () => (now() - startMs) / 1000,
    version: process.version,
    versions: process.versions,
  };
}
