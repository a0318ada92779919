// The context of a heal's acts: clients, records, journal, our own identity; and how acts take steps and wait. What may be repeated is repeated a few
// times. What may not is made at most once.

import {
  createRetryStrategy,
  type DurableContext,
  JitterStrategy,
  type RetryDecision,
  StepSemantics,
} from '@aws/durable-execution-sdk-js';
import type { Clients } from '../aws/clients.ts';
import { isAwsFailure, isAwsFault, isThrottling, namedFailure } from '../aws/refusals.ts';
import type { HealPayload } from '../model/payload.ts';
import type { Journal } from './journal.ts';
import type { Store } from './store.ts';

/** Environment variables that every heal has. */
export const HEAL_ENVIRONMENT = ['TABLE_NAME', 'TOPIC_ARN', 'PARAMETER_PREFIX'] as const;
export type HealVariable = (typeof HEAL_ENVIRONMENT)[number];

/** `E`: names of the heal's further environment variables. `C`: its clients, where it has more than most. */
export interface HealContext<
  P extends HealPayload = HealPayload,
  E extends string = never,
  C extends Clients = Clients,
> {
  readonly clients: C;
  readonly store: Store;
  readonly journal: Journal;
  readonly payload: P;
  /** ARN of this execution: our identity in every record. */
  readonly execution: string;
  readonly environment: Readonly<Record<HealVariable | E, string>>;
}

/** One step of a heal: `name` is unique within its place, and the place in the execution. */
export type Step = <T>(name: string, body: () => Promise<T>) => Promise<T>;

/** The current turn of an attempt. */
export interface Turn {
  readonly durable: DurableContext;
  /** Orders the steps and journal entries of this turn within the attempt: "07". */
  readonly place: string;
  readonly step: Step;
}

/** The context of an act. */
export type ActContext<Context extends HealContext<HealPayload, string>> = Context & Turn;

const failing = createRetryStrategy({
  maxAttempts: 4,
  initialDelay: { seconds: 2 },
  maxDelay: { seconds: 30 },
  backoffRate: 3,
  jitter: JitterStrategy.NONE,
});

/** A quarter of an hour, with random delays for each heal: hundreds of nodes may be in trouble together, and all call at the same time. */
const throttled = createRetryStrategy({
  maxAttempts: 26,
  initialDelay: { seconds: 4 },
  maxDelay: { seconds: 60 },
  backoffRate: 2,
  jitter: JitterStrategy.HALF,
});

/** Seconds between repetitions of a call at which AWS itself failed; the last one repeats. A service that answers again is used within half a minute. */
const OUTAGE_SECONDS = [2, 4, 8, 15, 30] as const;
/** An outage of two hours is waited out: an attempt that ended would only be followed by another one that waits. */
export const OUTAGE_TRIES = 240;

/** AWS's own failure says nothing about the node: it is waited out within the attempt. */
const waitOut = (attempt: number): RetryDecision =>
  attempt < OUTAGE_TRIES
    ? { shouldRetry: true, delay: { seconds: OUTAGE_SECONDS[Math.min(attempt, OUTAGE_SECONDS.length) - 1] ?? 30 } }
    : { shouldRetry: false };

/** Durable waits between calls that certainly had no effect, because AWS failed or throttled before them: ten minutes and more. */
export const PATIENT_WAITS_SECONDS: readonly number[] = Array.from(
  { length: 30 },
  (_, at) => OUTAGE_SECONDS[Math.min(at, OUTAGE_SECONDS.length - 1)] ?? 30,
);

/** The same for half a minute, where a client is down meanwhile that a command brings back. */
export const URGENT_WAITS_SECONDS: readonly number[] = OUTAGE_SECONDS.slice(0, 4);

/** A step that is safe to repeat is repeated a few times; then the program learns that it fails. */
const REPEATABLE = {
  semantics: StepSemantics.AtLeastOncePerRetry,
  retryStrategy: (error: Error, attempt: number): RetryDecision => {
    if (isAwsFailure(error)) return waitOut(attempt);
    return (isThrottling(error) ? throttled : failing)(error, attempt);
  },
};

/** For what the heal can do without. */
const BRIEF = { semantics: StepSemantics.AtLeastOncePerRetry, retryStrategy: failing };

const NEVER_AGAIN = {
  semantics: StepSemantics.AtMostOncePerRetry,
  retryStrategy: () => ({ shouldRetry: false }),
};

/** @param place orders the steps and journal entries of one act within the attempt: "07" */
export const turnAt = (durable: DurableContext, place: string): Turn => ({
  durable,
  place,
  step: (name, body) => durable.step(`${place}-${name}`, named(body), REPEATABLE),
});

/** A step that is safe to repeat and that the heal can do without: AWS's failures are not waited out. */
export const briefStep = <T>({ durable, place }: Turn, name: string, body: () => Promise<T>): Promise<T> =>
  durable.step(`${place}-${name}`, named(body), BRIEF);

/** A checkpoint keeps an error's name and message only: AWS's failures are told by their name from then on. */
const named =
  <T>(body: () => Promise<T>): (() => Promise<T>) =>
  async () => {
    try {
      return await body();
    } catch (error) {
      throw namedFailure(error);
    }
  };

/**
 * For a call that has no token: at most once. A step that began and whose end was not seen, or whose body threw, is `interrupted` and never repeated:
 * its effect may or may not have happened, now or later.
 *
 * @param name unique in the execution: with its place
 * @returns `isFault`: AWS has answered with a server fault, so that the call is on its way no more
 */
export async function once<T>(
  durable: DurableContext,
  name: string,
  body: () => Promise<T>,
): Promise<{ readonly value: T } | { readonly interrupted: string; readonly isFault?: true }> {
  try {
    return { value: await durable.step(name, named(body), NEVER_AGAIN) };
  } catch (error) {
    const interrupted = error instanceof Error ? error.message : String(error);
    return { interrupted, ...(isAwsFault(error) && { isFault: true as const }) };
  }
}

/** Seconds between polls; the last one repeats. Short-lived states are seen quickly; an hour costs some sixty calls. */
export const POLL_SECONDS = [1, 1, 2, 3, 5, 5, 10, 20, 60] as const;
const LONGEST_SECONDS = 60;
/** Where it is told how long something took: after the first seconds a tenth of the time that has passed. */
export const MEASURED_SECONDS: readonly number[] = [1, 1, 2, 3, 3, ...tenths(10)];
/** Extra polls, for the time that polls themselves take and for a late result. */
const SPARE_POLLS = 10;

function tenths(fromSeconds: number): readonly number[] {
  const waits: number[] = [];
  for (let passed = fromSeconds; passed < 10 * LONGEST_SECONDS; passed += waits.at(-1) ?? LONGEST_SECONDS)
    waits.push(Math.max(3, Math.floor(passed / 10)));
  return [...waits, LONGEST_SECONDS];
}

export const pollSeconds = (poll: number, seconds: readonly number[] = POLL_SECONDS): number =>
  seconds[Math.min(poll, seconds.length - 1)] ?? LONGEST_SECONDS;

/** More polls than something that lasts this long ever needs. */
export const mostPolls = (lastsMs: number, seconds: readonly number[] = POLL_SECONDS): number =>
  seconds.length + Math.ceil(lastsMs / 1000 / LONGEST_SECONDS) + SPARE_POLLS;

/**
 * Reads, at growing intervals, until a reading gives a result.
 *
 * @param from readings that were made before, of the same thing in the same turn; 0 by default
 * @param seconds between polls, where something has a time of its own; the last one repeats
 * @returns null where `polls` readings gave none, with those before
 */
export async function poll<T>(
  { durable, place, step }: Turn,
  polls: number,
  look: () => Promise<T | null>,
  { from = 0, seconds }: { readonly from?: number | undefined; readonly seconds?: readonly number[] } = {},
): Promise<T | null> {
  for (let count = from; count < polls; count++) {
    await durable.wait(`${place}-wait-${count}`, { seconds: pollSeconds(count, seconds) });
    const seen = await step(`poll-${count}`, look);
    if (seen !== null) return seen;
  }
  return null;
}
