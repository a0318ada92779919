// Virtual time: the one clock of a local region. Hours pass in milliseconds, and the same run takes the same steps each time.
import { EventHeap, type ScheduledEvent } from './event-heap.ts';
import type { Clock, Timer } from './kernel.ts';
import { Quiescence } from './quiescence.ts';

export interface RunLimits {
  /** Stops, with the clock at this moment, when nothing is left to do before it (ms since the epoch). */
  untilMs?: number;
  /** Stops as soon as this holds; asked whenever nothing is runnable. */
  until?: () => boolean;
  /** More events than this are taken for a loop that never ends. */
  maxEvents?: number;
}

export interface RunOutcome {
  readonly ended: 'condition' | 'time' | 'idle';
  /** Events carried out. */
  readonly events: number;
}

export interface ClockFollower {
  /** Resolves when the clock stands still again. */
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

  /** @param options.onDefect told of errors in events and requests; without it the first one ends the run */
  constructor(options: { startMs: number; guard?: boolean; onDefect?: (error: unknown) => void }) {
    this.#nowMs = options.startMs;
    this.#guard = options.guard ?? true;
    this.#onDefect = options.onDefect;
    this.#quiescence = new Quiescence(this.#guard);
  }

  now(): number {
    return this.#nowMs;
  }

  /** Work of the region itself: at one moment it comes before that of any actor, in the order of scheduling. */
  at(timeMs: number, work: () => void): Timer {
    return this.#schedule(timeMs, '', work);
  }

  after(delayMs: number, work: () => void): Timer {
    return this.#schedule(this.#nowMs + delayMs, '', work);
  }

  /**
   * Work of an actor. At one moment actors take turns by name, each in its own order: how deep the promises of an SDK call
   * are (which differs between transports) then never decides who comes first.
   */
  afterFor(actor: string, delayMs: number, work: () => void): Timer {
    return this.#schedule(this.#nowMs + delayMs, actor, work);
  }

  sleep(delayMs: number): Promise<void> {
    return new Promise((resolve) => this.after(delayMs, resolve));
  }

  /**
   * Canonical arrival: requests that reach the region at one instant wait until nothing is runnable and are then admitted
   * one by one, sorted by key, each with all that follows from it before the next.
   */
  arrive(key: () => string, admit: () => void): void {
    this.#arrivals.push({ key, admit });
    this.#wake?.();
  }

  /**
   * Time stands still until released, and runs wait for it: for a process outside that computes between two requests. What
   * arrives meanwhile is still admitted. Throws where the guard is on, which allows no outside.
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

  /** For defects of the region that no caller can catch: ends the run with this error, or tells `onDefect` of it. */
  fail(error: unknown): void {
    if (this.#onDefect !== undefined) {
      this.#onDefect(error);
      return;
    }
    this.#failures.push(error);
    this.#wake?.();
  }

  /** Carries out all that is due, jumping from event to event, until a limit or until nothing is left. */
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

  /** Lets virtual time follow wall time, `speed` times as fast, until stopped. For a region that people look at. */
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

  /** Until a request comes, work is scheduled, or somebody lets go. */
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
