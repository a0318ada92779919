// The global scope of a suite. Jest's own looks each global up through interceptors and a proxy, which costs more than most tests do
// themselves; a context that is not contextified (Node.js 22.8) has neither.
import vm from 'node:vm';
import { TestEnvironment } from 'jest-environment-node';

export default class PlainEnvironment extends TestEnvironment {
  constructor(config, context) {
    super(config, context);
    const plain = vm.createContext(vm.constants.DONT_CONTEXTIFY);
    // Its own intrinsics stay, all else is what Jest has made ready.
    const own = new Set(Reflect.ownKeys(plain));
    for (const name of Reflect.ownKeys(this.global)) {
      if (own.has(name) && !SHARED.has(name)) continue;
      Object.defineProperty(plain, name, Object.getOwnPropertyDescriptor(this.global, name));
    }
    plain.global = plain;
    plain.Error.stackTraceLimit = this.global.Error.stackTraceLimit;
    this.context = plain;
    this.global = plain;
    const { projectConfig } = config;
    this.moduleMocker = new this.moduleMocker.constructor(plain);
    this.fakeTimersModern = new this.fakeTimersModern.constructor({ config: projectConfig, global: plain });
    this.fakeTimers = null;
  }
}

/** What Node's built-in modules answer with is made of these. */
const SHARED = new Set(['Buffer', 'ArrayBuffer', 'Uint8Array']);
