// Virtual time: the one clock of a local region. Hours pass in milliseconds, and a repeated run takes the same steps.
import { EventHeap, type ScheduledEvent } from './event-heap.ts';
import type { Clock, Timer } from './kernel.ts';
import { Quiescence } from './quiescence.ts';

export interface RunLimits {
  /** Stops, with the clock at this time (ms since the epoch), if nothing is left to do before it. */
  untilMs?: number;
  /** Stops as soon as this holds; called whenever nothing is runnable. */
  until?: () => boolean;
  /** More events than this count as an endless loop. */
  maxEvents?: number;
}

export interface RunOutcome {
  readonly ended: 'condition' | 'time' | 'idle';
  /** Events that were run. */
  readonly events: number;
}

export interface ClockFollower {
  /** Resolves when the clock has stopped. */
  stop(): Promise<void>;
}

const MAX_EVENTS = 50_000_000;

interface Arrival {
  readonly key: () => string;
  readonly admit: () => void;
}

export class VirtualClock implements Clock {
  #nowMs: number;
  readonly #events = new EventHeap();
  #arrivals: Arrival[] = [];
  #failures: unknown[] = [];
  readonly #quiescence: Quiescence;
  #running = false;
  #holds = 0;
  readonly #guard: boolean;
  readonly #onDefect: ((error: unknown) => void) | undefined;
  /** Set while the clock sleeps in wall time: wakes it. */
  #wake: (() => void) | undefined;

  /** @param options.onDefect called with errors in events and requests; without it the first one ends the run */
  constructor(options: { startMs: number; guard?: boolean; onDefect?: (error: unknown) => void }) {
    this.#nowMs = options.startMs;
    this.#guard = options.guard ?? true;
    this.#onDefect = options.onDefect;
    this.#quiescence = new Quiescence(this.#guard);
  }

  now(): number {
    return this.#nowMs;
  }

  /** Work of the region itself: at one moment it runs before the work of any actor, in the order of scheduling. */
  at(timeMs: number, work: () => void): Timer {
    return this.#schedule(timeMs, '', work);
  }

  after(delayMs: number, work: () => void): Timer {
    return this.#schedule(this.#nowMs + delayMs, '', work);
  }

  /**
   * Work of an actor. At one moment actors run in the order of their names, and each actor's work in its own order. So the order does not depend on
   * the number of promises in an SDK call, which differs between transports.
   */
  afterFor(actor: string, delayMs: number, work: () => void): Timer {
    return this.#schedule(this.#nowMs + delayMs, actor, work);
  }

  sleep(delayMs: number): Promise<void> {
    return new Promise((resolve) => this.after(delayMs, resolve));
  }

  /**
   * Canonical arrival: requests of one instant wait until nothing is runnable. Then they are admitted one by one, sorted by key, each with all its
   * consequences before the next.
   */
  arrive(key: () => string, admit: () => void): void {
    this.#arrivals.push({ key, admit });
    this.#wake?.();
  }

  /**
   * Time stops until released, and runs wait for it: for an outside process that computes between two requests. Requests that arrive meanwhile are
   * still admitted. Throws if the guard is on, which allows no outside process.
   */
  hold(): () => void {
    if (this.#guard) throw new Error('hold: expected a clock without its guard');
    this.#holds++;
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      this.#holds--;
      this.#wake?.();
    };
  }

  /** For defects of the region that no caller can catch: ends the run with this error, or calls `onDefect` with it. */
  fail(error: unknown): void {
    if (this.#onDefect !== undefined) {
      this.#onDefect(error);
      return;
    }
    this.#failures.push(error);
    this.#wake?.();
  }

  /** Runs all due work, jumping from event to event, until a limit or until nothing is left. */
  async run(limits: RunLimits = {}): Promise<RunOutcome> {
    const { untilMs = Number.POSITIVE_INFINITY, until, maxEvents = MAX_EVENTS } = limits;
    if (this.#running) throw new Error('the virtual clock is running already');
    this.#running = true;
    this.#quiescence.watch();
    try {
      for (let events = 0; ; events++) {
        await this.#quiescence.reach();
        if (this.#failures.length > 0) throw this.#failures.shift();
        if (until?.()) return { ended: 'condition', events };
        if (events >= maxEvents)
          throw new Error(`more than ${maxEvents} events at ${new Date(this.#nowMs).toISOString()}`);
        const arrival = this.#nextArrival();
        if (arrival !== undefined) {
          this.#carryOut(arrival.admit);
          continue;
        }
        if (this.#holds > 0) {
          await this.#asleep();
          continue;
        }
        const event = this.#events.take(untilMs);
        if (event === undefined) {
          if (Number.isFinite(untilMs)) this.#nowMs = Math.max(this.#nowMs, untilMs);
          return { ended: Number.isFinite(untilMs) ? 'time' : 'idle', events };
        }
        this.#nowMs = event.atMs;
        this.#carryOut(event.work);
      }
    } finally {
      this.#quiescence.unwatch();
      this.#running = false;
    }
  }

  /** Virtual time follows wall time, `speed` times as fast, until stopped. For a region that people look at. */
  follow(options: { speed: number; onError?: (error: unknown) => void }): ClockFollower {
    const { speed } = options;
    if (!(speed > 0 && Number.isFinite(speed))) throw new Error(`speed: expected a number above 0, found ${speed}`);
    const wallStartMs = performance.now();
    const virtualStartMs = this.#nowMs;
    let stopped = false;
    const pump = async (): Promise<void> => {
      while (!stopped) {
        const untilMs = Math.floor(virtualStartMs + (performance.now() - wallStartMs) * speed);
        // Time first, then the requests: they arrived now, not when the clock last moved.
        const waiting = this.#arrivals.splice(0);
        await this.run({ untilMs });
        this.#arrivals.unshift(...waiting);
        if (this.#arrivals.length > 0) await this.run({ untilMs });
        else if (!stopped) await this.#doze(speed);
      }
    };
    const ended = options.onError === undefined ? pump() : pump().catch(options.onError);
    return {
      stop: async () => {
        stopped = true;
        this.#wake?.();
        await ended;
      },
    };
  }

  #carryOut(work: () => void): void {
    if (this.#onDefect === undefined) {
      work();
      return;
    }
    try {
      work();
    } catch (error) {
      this.#onDefect(error);
    }
  }

  /** Waits in wall time for the next event, a request, or at most a second. */
  #doze(speed: number): Promise<void> {
    const dueInMs = ((this.#events.nextAtMs() ?? Number.POSITIVE_INFINITY) - this.#nowMs) / speed;
    const timer = setTimeout(() => this.#wake?.(), Math.min(DOZE_MS_MAX, Math.max(1, dueInMs)));
    return this.#asleep().finally(() => clearTimeout(timer));
  }

  /** Until a request arrives, work is scheduled, or the hold is released. */
  #asleep(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = () => {
        this.#wake = undefined;
        resolve();
      };
    });
  }

  #schedule(timeMs: number, actor: string, work: () => void): Timer {
    if (Number.isNaN(timeMs)) throw new Error('a moment in virtual time must be a number, found NaN');
    const event: ScheduledEvent = { atMs: Math.max(timeMs, this.#nowMs), actor, order: 0, work, cancelled: false };
    this.#events.add(event);
    this.#wake?.();
    return { cancel: () => this.#events.cancel(event) };
  }

  #nextArrival(): Arrival | undefined {
    if (this.#arrivals.length <= 1) return this.#arrivals.pop();
    const keyed = this.#arrivals.map((arrival, order) => ({ arrival, order, key: arrival.key() }));
    keyed.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : a.order - b.order));
    this.#arrivals = keyed.map(({ arrival }) => arrival);
    return this.#arrivals.shift();
  }
}

const DOZE_MS_MAX = 1000;
