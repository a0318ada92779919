// How an act changes AWS: intent in the journal, guards and lease read again in the same step, the call, and its result. An act that only decides is
// written down.
import { InvokeCommand } from '@aws-sdk/client-lambda';
import { type AwsRefusal, isDenied } from '../../../shared/aws/refusals.ts';
import type { Fleet } from '../../../shared/fleet/model.ts';
import { briefStep, PATIENT_WAITS_SECONDS, URGENT_WAITS_SECONDS } from '../../../shared/heal/context.ts';
import type { GuardOptions } from '../../../shared/heal/guard.ts';
import {
  callOnce,
  callUnderGuard,
  type Interrupted,
  type Lost,
  type NotSent,
  repeatUnderGuard,
} from '../../../shared/heal/mutation.ts';
import type { Refusal } from '../../../shared/model/guardrail-codes.ts';
import type { ReplaceContext } from '../state.ts';
import type { Done, LadderActContext, Result } from './act.ts';

export interface Mutation {
  /** "AttachVolume vol-…": the operation and its subject. */
  readonly act: string;
  readonly sentence: string;
  readonly evidence?: unknown;
  /** It records something for as long as the incident lasts: shown only in the detailed view. */
  readonly bookkeeping?: boolean;
  /** The call has no token: it is made at most once, and a new reading shows its effect. */
  readonly atMostOnce?: true;
  /** A client is down for it that a command brings back: its call is not waited for where AWS fails before it. */
  readonly isUrgent?: boolean;
  /** Where it keeps failing, its effect stays unknown, and the ladder decides: nothing later depends on it, or it is asked for again. */
  readonly bestEffort?: true;
  /**
   * A refusal of AWS in this call, thrown or returned, is a definite result of this act alone, and is reported.
   * @param fleet as the guard has read it in this very step
   * @throws errors that leave the effect open, and throttling: the call is repeated
   */
  readonly call: (fleet: Fleet) => Promise<Made | AwsRefusal | Preempted>;
}

/** The result of a call, and a word about it for the journal. */
export type Made = Omit<Done, 'is' | 'atMs'> & { readonly said?: string };

/** Somebody has done the same right before, so that it is not this heal's: why that is known. */
export interface Preempted {
  readonly preempted: string;
}

export async function mutate(context: LadderActContext, mutation: Mutation): Promise<Result> {
  const { journal, place, step } = context;
  const { act, sentence, evidence, bookkeeping } = mutation;
  await step('intent', () =>
    journal(`${place}-intent`, {
      atMs: Date.now(),
      kind: 'intent',
      sentence,
      act,
      ...(evidence !== undefined && { evidence }),
      ...(bookkeeping && { fields: { bookkeeping } }),
    }),
  );
  const made = await call(context, mutation);
  const result: Result =
    'interrupted' in made
      ? {
          is: 'unknown',
          atMs: await step('now', async () => Date.now()),
          reason: made.interrupted,
          ...(made.isFault && { isFault: true as const }),
        }
      : made;
  await step('result', () =>
    journal(`${place}-result`, {
      atMs: Date.now(),
      kind: 'result',
      sentence: sentenceOf(result),
      act,
      fields: { status: result.is, ...('reason' in result && { reason: result.reason }) },
    }),
  );
  return result;
}

/** What an act is to the guards: it gives back, it finishes what was proved, or it begins something. */
export const guardOptionsOf = ({ recovers, state }: Pick<LadderActContext, 'recovers' | 'state'>): GuardOptions => {
  if (recovers) return { mayPutBack: true };
  return state !== null && state.proved !== null ? { finishes: true } : {};
};

type Said = Result & { readonly said?: string };

async function call(context: LadderActContext, mutation: Mutation): Promise<Said | Interrupted> {
  const { leases, step } = context;
  const options = guardOptionsOf(context);
  if (mutation.atMostOnce)
    return callOnce(context, 'call', mutation.isUrgent ? URGENT_WAITS_SECONDS : PATIENT_WAITS_SECONDS, async () => {
      const called = await callUnderGuard(context, leases.holder, mutation.call, options);
      return 'notSent' in called ? { ...called, ...saidOf(called) } : saidOf(called);
    });
  const repeated = async () => saidOf(await repeatUnderGuard(context, leases.holder, mutation.call, options));
  return mutation.bestEffort ? briefStep(context, 'call', repeated).catch(interruptedBy) : step('call', repeated);
}

/** A step that was repeated as often as steps may be, and still fails. */
const interruptedBy = (error: unknown): Interrupted => ({
  interrupted: error instanceof Error ? error.message : String(error),
});

function saidOf(called: Made | AwsRefusal | Preempted | Refusal | Lost | NotSent): Said {
  if ('lost' in called) return { is: 'lost' };
  if ('refuse' in called) return { is: 'refused', refusal: called };
  const atMs = Date.now();
  if ('preempted' in called) return { is: 'failed', atMs, reason: called.preempted, fault: 'person' };
  if ('refused' in called) return { is: 'failed', atMs, reason: reasonOf(called), code: called.code };
  // It was tried for a quarter of an hour. The node is read again, and the act is made again.
  return 'notSent' in called
    ? { is: 'unknown', atMs, reason: called.notSent, isFault: true, isUnsent: true }
    : { is: 'done', atMs, ...called };
}

/** AWS names a policy that nobody on duty knows; the sentence says what to do. */
const reasonOf = (refused: AwsRefusal): string =>
  isDenied(refused)
    ? `what it is about has to carry the fleet's tags (docs/fleet-files.md, "What has to carry the fleet's tags"): ${refused.refused}`
    : refused.refused;

function sentenceOf(result: Said): string {
  switch (result.is) {
    case 'done':
      return result.said ?? 'done';
    case 'failed':
    case 'unknown':
      return `${result.is}: ${result.reason}`;
    case 'refused':
      return `not done: ${result.refusal.reason}`;
    case 'lost':
      return 'not done: the lease is somebody else’s';
  }
}

/** Writes a decision that changes nothing but the state. */
export async function decided(
  { journal, place, step }: LadderActContext,
  sentence: string,
  evidence?: unknown,
): Promise<Result> {
  return step('decided', async () => {
    await journal(`${place}-decision`, {
      atMs: Date.now(),
      kind: 'decision',
      sentence,
      ...(evidence !== undefined && { evidence }),
    });
    return { is: 'done', atMs: Date.now() } as const;
  });
}

/** The answer of a call that only says that it was accepted. */
export const accepted = (answer: { readonly accepted: true } | AwsRefusal, said: string): Made | AwsRefusal =>
  'refused' in answer ? answer : { said };

/** Invokes another function of the suite and does not wait for it. */
export async function invoke(
  { clients }: Pick<ReplaceContext, 'clients'>,
  functionName: string,
  event: object,
): Promise<void> {
  await clients.lambda.send(
    new InvokeCommand({ FunctionName: functionName, InvocationType: 'Event', Payload: JSON.stringify(event) }),
  );
}
