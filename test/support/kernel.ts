// A kernel for tests of one service: a clock that a test moves by hand, seeded chance, and a record of everything said.
import type { FaultName } from '../../local/region/faults.ts';
import type { AwsWork, BusEvent, Clock, Kernel, Receiver, Timer } from '../../local/region/kernel.ts';
import { type Random, randomStream } from '../../local/region/random.ts';
import { AwsError, type Call } from '../../local/region/service.ts';

const DAY_ONE_MS = Date.UTC(2026, 0, 1, 12);
/** More timers than this in one `advance` is a timer that re-arms itself without moving on. */
const TIMERS_MAX = 1_000_000;

export class ManualClock implements Clock {
  private timeMs: number;
  private sequence = 0;
  private pending: { atMs: number; order: number; work: () => void; cancelled: boolean }[] = [];

  constructor(startMs: number) {
    this.timeMs = startMs;
  }

  now(): number {
    return this.timeMs;
  }

  at(timeMs: number, work: () => void): Timer {
    const timer = { atMs: Math.max(timeMs, this.timeMs), order: this.sequence++, work, cancelled: false };
    this.pending.push(timer);
    return {
      cancel: () => {
        timer.cancelled = true;
      },
    };
  }

  after(delayMs: number, work: () => void): Timer {
    return this.at(this.timeMs + delayMs, work);
  }

  /** Moves time on by `ms`, running on the way every timer that falls due, in order. */
  advance(ms: number): void {
    const untilMs = this.timeMs + ms;
    for (let ran = 0; ran < TIMERS_MAX; ran++) {
      this.pending = this.pending.filter((timer) => !timer.cancelled);
      const next = this.pending.reduce<(typeof this.pending)[number] | undefined>(
        (first, timer) =>
          timer.atMs <= untilMs &&
          (!first || timer.atMs < first.atMs || (timer.atMs === first.atMs && timer.order < first.order))
            ? timer
            : first,
        undefined,
      );
      if (!next) {
        this.timeMs = untilMs;
        return;
      }
      next.cancelled = true;
      this.timeMs = next.atMs;
      next.work();
    }
    throw new Error(`advance: more than ${TIMERS_MAX} timers within ${ms} ms`);
  }
}

export interface TestKernel extends Kernel {
  readonly clock: ManualClock;
  /** Everything emitted on the bus so far, with the moment. */
  readonly events: (BusEvent & { readonly atMs: number })[];
  readonly works: AwsWork[];
  /** Faults that are on; tests add and delete. */
  readonly faults: Set<FaultName>;
  /** A call made now, by a person unless told otherwise. */
  call(actor?: string): Call;
  advance(ms: number): void;
}

export function testKernel({ seed = 1, startMs = DAY_ONE_MS }: { seed?: number; startMs?: number } = {}): TestKernel {
  const clock = new ManualClock(startMs);
  const streams = new Map<string, Random>();
  const receivers = new Map<string, Receiver>();
  const events: TestKernel['events'] = [];
  const works: AwsWork[] = [];
  const faults = new Set<FaultName>();
  return {
    clock,
    accountId: '111122223333',
    regionName: 'eu-west-1',
    events,
    works,
    faults,
    random(stream) {
      const known = streams.get(stream) ?? randomStream(seed, stream);
      streams.set(stream, known);
      return known;
    },
    emit: (event) => void events.push({ ...event, atMs: clock.now() }),
    working: (work) => void works.push(work),
    fault: (name) => faults.has(name),
    receive: (arnPrefix, receiver) => void receivers.set(arnPrefix, receiver),
    deliver(arn, payload) {
      const prefix = [...receivers.keys()].find((candidate) => arn.startsWith(candidate));
      const receiver = prefix === undefined ? undefined : receivers.get(prefix);
      if (!receiver) throw new AwsError('ResourceNotFoundException', `nothing receives for ${arn}`);
      receiver(arn, payload);
    },
    call: (actor = 'person') => ({ at: clock.now(), actor }),
    advance: (ms) => clock.advance(ms),
  };
}
