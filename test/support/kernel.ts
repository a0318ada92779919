// A kernel for tests of single services: a clock that moves only when told to, and a record of all that was emitted.
import { CONDITION_KEYS } from '../../local/services/services.ts';
import type { FaultName } from '../../local/simulator/faults.ts';
import type { AwsWork, BusEvent, Clock, Kernel, Receiver, Timer } from '../../local/simulator/kernel.ts';
import { type Random, randomStream } from '../../local/simulator/random.ts';
import { AwsError, type Call } from '../../local/simulator/service.ts';

export const START_MS = Date.parse('2026-01-01T12:00:00Z');

/** More work than this within one `advance` is a timer that re-arms itself without moving on. */
const STEPS_MAX = 1_000_000;

interface Scheduled {
  readonly atMs: number;
  readonly work: () => void;
}

/** Runs due work in order of time, then of scheduling. */
class ManualClock implements Clock {
  #nowMs: number;
  #queue: Scheduled[] = [];

  constructor(startMs: number) {
    this.#nowMs = startMs;
  }

  now(): number {
    return this.#nowMs;
  }

  at(timeMs: number, work: () => void): Timer {
    const entry = { atMs: Math.max(timeMs, this.#nowMs), work };
    const later = this.#queue.findIndex((other) => other.atMs > entry.atMs);
    this.#queue.splice(later === -1 ? this.#queue.length : later, 0, entry);
    return {
      cancel: () => {
        this.#queue = this.#queue.filter((other) => other !== entry);
      },
    };
  }

  after(delayMs: number, work: () => void): Timer {
    return this.at(this.#nowMs + delayMs, work);
  }

  /** The moment of the next scheduled work, in ms since the epoch. */
  nextAtMs(): number | undefined {
    return this.#queue[0]?.atMs;
  }

  /** Runs the next work that is due until `untilMs`; false when there is none. */
  step(untilMs = Number.POSITIVE_INFINITY): boolean {
    const next = this.#queue[0];
    if (next === undefined || next.atMs > untilMs) return false;
    this.#queue.shift();
    this.#nowMs = next.atMs;
    next.work();
    return true;
  }

  advance(byMs: number): void {
    const untilMs = this.#nowMs + byMs;
    for (let steps = 0; this.step(untilMs); steps++) {
      if (steps > STEPS_MAX) throw new Error(`advance: more than ${STEPS_MAX} timers within ${byMs} ms`);
    }
    this.#nowMs = untilMs;
  }
}

export interface TestKernel extends Kernel {
  readonly clock: ManualClock;
  readonly events: BusEvent[];
  readonly works: AwsWork[];
  /** Faults that are on; tests add and delete. */
  readonly faults: Set<FaultName>;
  /** A call that takes effect now, by a person unless told otherwise. */
  call(actor?: string): Call;
  advance(byMs: number): void;
}

export function testKernel({ seed = 1, startMs = START_MS } = {}): TestKernel {
  const streams = new Map<string, Random>();
  const receivers = new Map<string, Receiver>();
  const events: BusEvent[] = [];
  const works: AwsWork[] = [];
  const faults = new Set<FaultName>();
  const clock = new ManualClock(startMs);
  return {
    clock,
    call: (actor = 'person') => ({ at: clock.now(), actor }),
    advance: (byMs) => clock.advance(byMs),
    accountId: '111122223333',
    regionName: 'eu-west-1',
    conditionKeys: CONDITION_KEYS,
    events,
    works,
    faults,
    random: (stream) => {
      const known = streams.get(stream) ?? randomStream(seed, stream);
      streams.set(stream, known);
      return known;
    },
    emit: (event) => void events.push(event),
    working: (work) => void works.push(work),
    fault: (name) => faults.has(name),
    receive: (prefix, receiver) => void receivers.set(prefix, receiver),
    permits: () => undefined,
    deliver: (arn, payload) => {
      const receiver = [...receivers].find(([prefix]) => arn.startsWith(prefix))?.[1];
      if (receiver === undefined) throw new AwsError('ResourceNotFoundException', `No receiver for ${arn}`);
      receiver(arn, payload);
    },
  };
}
