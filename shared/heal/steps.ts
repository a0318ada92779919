// How a heal takes its steps and waits: what may be repeated is repeated a few times, what may not is made at most once.
import { createRetryStrategy, type DurableContext, JitterStrategy, StepSemantics } from '@aws/durable-execution-sdk-js';
import { isThrottling } from '../aws/refused.ts';
import type { Step } from './tools.ts';

const failing = createRetryStrategy({
  maxAttempts: 4,
  initialDelay: { seconds: 2 },
  maxDelay: { seconds: 30 },
  backoffRate: 3,
  jitter: JitterStrategy.NONE,
});

/** Minutes of patience, each heal at moments of its own: hundreds of nodes may be in trouble together, and all ask at once. */
const throttled = createRetryStrategy({
  maxAttempts: 8,
  initialDelay: { seconds: 4 },
  maxDelay: { seconds: 60 },
  backoffRate: 2,
  jitter: JitterStrategy.HALF,
});

/** A step that is safe to repeat is repeated a few times; then the program is told that it fails. */
const REPEATABLE = {
  semantics: StepSemantics.AtLeastOncePerRetry,
  retryStrategy: (error: Error, attempt: number) => (isThrottling(error) ? throttled : failing)(error, attempt),
};

const NEVER_AGAIN = {
  semantics: StepSemantics.AtMostOncePerRetry,
  retryStrategy: () => ({ shouldRetry: false }),
};

/** @param place orders the steps and journal entries of one effect within the attempt: "07" */
export const stepper =
  (ctx: DurableContext, place: string): Step =>
  (name, body) =>
    ctx.step(`${place}-${name}`, body, REPEATABLE);

/**
 * For a call that has no token: at most once. A step that began and whose end nobody saw, or whose body threw, is `interrupted`
 * and never repeated: what it did may or may not have happened, now or later.
 *
 * @param name unique in the execution: with its place
 */
export async function once<T>(
  ctx: DurableContext,
  name: string,
  body: () => Promise<T>,
): Promise<{ readonly value: T } | { readonly interrupted: string }> {
  try {
    return { value: await ctx.step(name, body, NEVER_AGAIN) };
  } catch (error) {
    return { interrupted: error instanceof Error ? error.message : String(error) };
  }
}

export { mostPolls, pollSeconds } from './waiting.ts';
