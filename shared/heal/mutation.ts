// Calls that change something: made under guards that are read in the same step. A call without a token is made at most once, and reconciled where
// its answer was lost.
import { type AwsRefusal, catchRefusal, isThrottling, refusalOf } from '../aws/refusals.ts';
import type { Fleet } from '../fleet/model.ts';
import { CONSISTENCY_WINDOW_MS, REQUEST_LIFETIME_MS } from '../model/execution.ts';
import type { Refusal } from '../model/guardrail-codes.ts';
import { type HealContext, once, type Turn } from './context.ts';
import { type GuardOptions, readGuards } from './guard.ts';
import { type Holder, holds } from './lease.ts';

/** The lease is somebody else's: nothing may be done or written any more. */
export type Lost = { readonly lost: true };
/** The call certainly had no effect, and may be made again. */
export type NotSent = { readonly notSent: string };
/** The call may have taken effect, or may still; its end was not seen. */
export type Interrupted = {
  readonly interrupted: string;
  /** AWS has answered with a server fault: the call is on its way no more, although it may have had its effect. */
  readonly isFault?: true;
};

/**
 * Body of a step that mutates, at most once: the lease and all guards are read again, then the call is made.
 *
 * @returns the result of the call; `refused` is AWS's own refusal, which is definite
 * @throws errors that leave the effect of the call open
 */
export async function callUnderGuard<R extends object>(
  context: HealContext,
  holder: Holder,
  call: (fleet: Fleet) => Promise<R>,
  options: GuardOptions = {},
): Promise<R | Refusal | Lost | NotSent | AwsRefusal> {
  const guarded = await readLeaseAndGuards(context, holder, options).catch(
    (error: unknown): NotSent => ({ notSent: `its guards cannot be read: ${messageOf(error)}` }),
  );
  if (!('fleet' in guarded)) return guarded;
  try {
    return await call(guarded.fleet);
  } catch (error) {
    return isThrottling(error) ? { notSent: messageOf(error) } : refusalOf(error);
  }
}

/**
 * The same for a call that may be repeated: it has a token, or is safe to repeat.
 *
 * @throws every error that is no refusal, throttling included: the step is repeated
 */
export async function repeatUnderGuard<R extends object>(
  context: HealContext,
  holder: Holder,
  call: (fleet: Fleet) => Promise<R>,
  options: GuardOptions = {},
): Promise<R | Refusal | Lost | AwsRefusal> {
  const guarded = await readLeaseAndGuards(context, holder, options);
  return 'fleet' in guarded ? catchRefusal(() => call(guarded.fleet)) : guarded;
}

async function readLeaseAndGuards(
  context: HealContext,
  holder: Holder,
  options: GuardOptions,
): Promise<{ readonly fleet: Fleet } | Refusal | Lost> {
  const { store, payload } = context;
  const [node, guarded] = await Promise.all([store.readNode(payload.instanceId), readGuards(context, options)]);
  return holds(node, holder) ? guarded : { lost: true };
}

/**
 * Takes the step at most once; repeats it only where the call certainly had no effect, after each of `waitsSeconds`.
 *
 * @param name of the step, unique within the turn
 */
export async function callOnce<R extends object>(
  { durable, place }: Turn,
  name: string,
  waitsSeconds: readonly number[],
  body: () => Promise<R>,
): Promise<R | Interrupted> {
  for (let tried = 0; ; tried++) {
    const called = await once(durable, `${place}-${name}-${tried}`, body);
    if ('interrupted' in called) return called;
    const { value } = called;
    const seconds = 'notSent' in value ? waitsSeconds[tried] : undefined;
    if (seconds === undefined) return value;
    await durable.wait(`${place}-again-${tried}`, { seconds });
  }
}

/** Waits where AWS has answered with a fault: the request is served, and only Describe may lag behind its effect. */
const LOOK_AFTER_FAULT_SECONDS = [5, 30, 60] as const;

/** Waits before a first read, for the request's lifetime, for the consistency window, and before a second read. */
const LOOK_WAITS_SECONDS = [5, REQUEST_LIFETIME_MS / 1000, CONSISTENCY_WINDOW_MS / 1000, 30] as const;

/**
 * Whether a call with a lost answer happened. A positive reading is believed immediately, because AWS never shows what was not requested. A negative
 * one is believed under three conditions: the request can no longer take effect, the consistency window is over, and two reads say the same.
 *
 * @param happened whether a reading shows it; `isLast`: what is missing now is not merely invisible yet
 * @param isFault AWS has answered the call with a server fault: the request's lifetime is over
 * @returns the reading that showed it; null where it did not happen
 */
export async function reconcileCall<F>(
  { durable, place, step }: Turn,
  look: () => Promise<F>,
  happened: (found: F, isLast: boolean) => boolean,
  isFault = false,
): Promise<F | null> {
  const waits = isFault ? LOOK_AFTER_FAULT_SECONDS : LOOK_WAITS_SECONDS;
  for (const [count, seconds] of waits.entries()) {
    await durable.wait(`${place}-conclusive-${count}`, { seconds });
    const found = await step(`look-${count}`, look);
    if (happened(found, count === waits.length - 1)) return found;
  }
  return null;
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
