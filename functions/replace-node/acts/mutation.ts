// How an act changes AWS: intent in the journal, guards and lease read again in the very step, the call, and what came of it. What is only
// decided is written down.
import { InvokeCommand } from '@aws-sdk/client-lambda';
import { type AwsRefusal, isDenied } from '../../../shared/aws/refusals.ts';
import type { Fleet } from '../../../shared/fleet/model.ts';
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
  /** "AttachVolume vol-…": operation and what it is about. */
  readonly act: string;
  readonly sentence: string;
  readonly evidence?: unknown;
  /** It notes what lasts as long as the incident: told only to people who look closer. */
  readonly bookkeeping?: boolean;
  /** It has no token: made at most once, and truth tells what became of it. */
  readonly atMostOnce?: true;
  /** Nothing that comes after it rests on it: where it keeps failing, nobody knows what became of it, and the heal goes on. */
  readonly bestEffort?: true;
  /**
   * What AWS refuses in it, by a throw or by a result, is a result of this act alone: definite, and told.
   * @param fleet as the guard has read it in this very step
   * @throws what leaves open whether it had an effect, and throttling: asked again
   */
  readonly call: (fleet: Fleet) => Promise<Made | AwsRefusal>;
}

/** What a call came to, and a word about it for the journal. */
export type Made = Omit<Done, 'is' | 'atMs'> & { readonly said?: string };

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
      ? { is: 'unknown', atMs: await step('now', async () => Date.now()), reason: made.interrupted }
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

type Said = Result & { readonly said?: string };

async function call(context: LadderActContext, mutation: Mutation): Promise<Said | Interrupted> {
  const { leases, recovers, step } = context;
  const options: GuardOptions = recovers ? { mayPutBack: true } : {};
  if (mutation.atMostOnce)
    return callOnce(context, 'call', [], async () =>
      saidOf(await callUnderGuard(context, leases.holder, mutation.call, options)),
    );
  const repeated = () =>
    step('call', async () => saidOf(await repeatUnderGuard(context, leases.holder, mutation.call, options)));
  return mutation.bestEffort ? repeated().catch(interruptedBy) : repeated();
}

/** A step that was repeated as often as steps are, and fails still. */
const interruptedBy = (error: unknown): Interrupted => ({
  interrupted: error instanceof Error ? error.message : String(error),
});

function saidOf(called: Made | AwsRefusal | Refusal | Lost | NotSent): Said {
  if ('lost' in called) return { is: 'lost' };
  if ('refuse' in called) return { is: 'refused', refusal: called };
  const atMs = Date.now();
  if ('refused' in called) return { is: 'failed', atMs, reason: reasonOf(called), code: called.code };
  // Looked at again, and made again.
  return 'notSent' in called ? { is: 'unknown', atMs, reason: called.notSent } : { is: 'done', atMs, ...called };
}

/** AWS names a policy that nobody on duty has seen; what to do is another thing. */
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

/** The answer of a call that says no more than that it was accepted. */
export const accepted = (answer: { readonly accepted: true } | AwsRefusal, said: string): Made | AwsRefusal =>
  'refused' in answer ? answer : { said };

/** Another function of the suite, asked and not waited for. */
export async function invoke(
  { clients }: Pick<ReplaceContext, 'clients'>,
  functionName: string,
  event: object,
): Promise<void> {
  await clients.lambda.send(
    new InvokeCommand({ FunctionName: functionName, InvocationType: 'Event', Payload: JSON.stringify(event) }),
  );
}
