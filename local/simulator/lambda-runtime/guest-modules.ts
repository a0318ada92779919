// Modules for `require` in a sandbox: virtual time, seeded chance, no files, no network but the region, no threads.
import { createRequire } from 'node:module';
import { isIP, isIPv4, isIPv6 } from 'node:net';
import type { Random } from '../random.ts';
import type { GuestTimers } from './guest-timers.ts';

export interface GuestParts {
  readonly timers: GuestTimers;
  readonly random: Random;
  readonly http: Readonly<Record<string, unknown>>;
  readonly https: Readonly<Record<string, unknown>>;
  readonly process: Readonly<Record<string, unknown>>;
  readonly performance: Readonly<Record<string, unknown>>;
  readonly console: object;
  /** The other files of its asset, by their specifiers; each is run once. */
  readonly others: ReadonlyMap<string, () => unknown>;
}

/** Built-in modules that only compute: a guest may use the real ones. */
const PURE = new Set([
  'assert',
  'async_hooks',
  'buffer',
  'diagnostics_channel',
  'events',
  'path',
  'querystring',
  'stream',
  'stream/promises',
  'stream/web',
  'string_decoder',
  'url',
  'util',
  'util/types',
  'zlib',
]);

/** Modules that would reach outside. They can be required, as the SDK does for unused features, but not used. */
const REFUSED = new Set([
  'child_process',
  'dgram',
  'dns',
  'http2',
  'net',
  'tls',
  'worker_threads',
  'v8',
  'vm',
  'inspector',
]);

const hostRequire = createRequire(import.meta.url);

export function guestRequire(parts: GuestParts): GuestRequire {
  const loaded = new Map<string, unknown>();
  const modules: Readonly<Record<string, unknown>> = {
    // All output of a guest, to any stream, goes to its one log.
    console: { Console: guestConsoleClass(parts.console) },
    crypto: guestCrypto(parts.random),
    fs: { ...NO_FILES_SYNC, promises: NO_FILES },
    'fs/promises': NO_FILES,
    http: parts.http,
    https: parts.https,
    // The durable SDK makes a `require` for plugins that its environment may name; a bundle has none.
    module: { createRequire: () => Object.assign(notInBundle, { resolve: notInBundle }) },
    // Classifying an address needs no network.
    net: Object.assign(Object.create(refusedModule('net')), { isIP, isIPv4, isIPv6 }),
    os: LAMBDA_OS,
    perf_hooks: { performance: parts.performance },
    process: parts.process,
    timers: parts.timers.timers,
    'timers/promises': parts.timers.promises,
  };
  const require = (specifier: string): unknown => {
    const other = parts.others.get(specifier);
    if (other !== undefined) {
      if (!loaded.has(specifier)) loaded.set(specifier, other());
      return loaded.get(specifier);
    }
    const name = specifier.replace(/^node:/, '');
    if (Object.hasOwn(modules, name)) return modules[name];
    if (PURE.has(name)) return hostRequire(`node:${name}`);
    if (REFUSED.has(name)) return refusedModule(name);
    throw new Error(`a function of the local region cannot require "${specifier}": bundle it, or do without`);
  };
  const resolve = (specifier: string): string => (parts.others.has(specifier) ? specifier : notInBundle(specifier));
  return Object.assign(require, { resolve });
}

interface GuestRequire {
  (specifier: string): unknown;
  /** For files of the asset. */
  resolve(specifier: string): string;
}

const notInBundle = (name: unknown): never => {
  throw Object.assign(new Error(`Cannot find module '${String(name)}'`), { code: 'MODULE_NOT_FOUND' });
};

const guestConsoleClass = (console: object) =>
  class {
    constructor() {
      Object.assign(this, console);
    }
  };

/** The random parts of node:crypto are seeded; those that compute are real. */
function guestCrypto(random: Random): object {
  const { crypto } = seededCrypto(random);
  const randomBytes = (size: number, done?: (error: null, bytes: Buffer) => void) => {
    const bytes = random.fill(Buffer.alloc(size));
    if (done === undefined) return bytes;
    process.nextTick(done, null, bytes);
    return undefined;
  };
  const randomInt = (low: number, high?: number) =>
    high === undefined ? random.integer(0, low - 1) : random.integer(low, high - 1);
  const seeded = { ...crypto, randomBytes, randomInt, randomFillSync: crypto.getRandomValues, webcrypto: crypto };
  // The real module as prototype: bundlers copy own members and inherit the others.
  return Object.create(hostRequire('node:crypto') as object, Object.getOwnPropertyDescriptors(seeded));
}

/** `globalThis.crypto`. Its `subtle` uses the thread pool, so it is left out; the SDK hashes with node:crypto. */
export function seededCrypto(random: Random) {
  const crypto = {
    randomUUID: () => random.uuid(),
    getRandomValues: <T extends NodeJS.ArrayBufferView>(view: T): T => random.fill(view),
  };
  return { crypto };
}

function noSuchFile(path: unknown): Error {
  return Object.assign(new Error(`ENOENT: no such file or directory, open '${String(path)}'`), {
    code: 'ENOENT',
    errno: -2,
  });
}

const NO_FILES_SYNC = {
  existsSync: () => false,
  readFileSync: (path: unknown) => {
    throw noSuchFile(path);
  },
};

/** The SDK reads its configuration files with fs promises, which would use the thread pool of Node.js. */
const NO_FILES = {
  readFile: (path: unknown) => Promise.reject(noSuchFile(path)),
  access: (path: unknown) => Promise.reject(noSuchFile(path)),
  stat: (path: unknown) => Promise.reject(noSuchFile(path)),
};

const LAMBDA_OS = {
  EOL: '\n',
  arch: () => 'arm64',
  homedir: () => '/home/sbx_user1051',
  hostname: () => '169.254.100.1',
  platform: () => 'linux',
  release: () => '5.10.0',
  tmpdir: () => '/tmp',
  type: () => 'Linux',
};

function refusedModule(name: string): object {
  const refuse = {
    get: (_target: object, member: string | symbol) => {
      if (typeof member === 'symbol' || member === '__esModule' || member === 'then') return undefined;
      return function refused() {
        throw new Error(`a function of the local region cannot use ${name}.${member}: it would leave virtual time`);
      };
    },
  };
  // As a prototype, so that what bundlers make of the module inherits it.
  return Object.create(new Proxy({}, refuse));
}
