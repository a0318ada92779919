// How an act changes AWS: intent in the journal, guards and lease read again in the very step, the call, and what came of it. What is only
// decided is written down.
import { InvokeCommand } from '@aws-sdk/client-lambda';
import { type AwsRefusal, catchRefusal, isDenied, isThrottling } from '../../../shared/aws/refusals.ts';
import type { Fleet } from '../../../shared/fleet/model.ts';
import { once, stepper } from '../../../shared/heal/context.ts';
import { guardAgain } from '../../../shared/heal/guard.ts';
import { holds } from '../../../shared/heal/lease.ts';
import type { HealContext } from '../context.ts';
import type { ActContext, Done, Result } from './act.ts';

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

export async function mutate(context: ActContext, mutation: Mutation): Promise<Result> {
  const { ctx, heal, place } = context;
  const step = stepper(ctx, place);
  const { act, sentence, evidence, bookkeeping, atMostOnce, bestEffort } = mutation;
  await step('intent', () =>
    heal.journal(`${place}-intent`, {
      atMs: Date.now(),
      kind: 'intent',
      sentence,
      act,
      ...(evidence !== undefined && { evidence }),
      ...(bookkeeping && { fields: { bookkeeping } }),
    }),
  );
  const body = () => guardAndCall(context, mutation);
  const made = atMostOnce
    ? await once(ctx, `${place}-call`, body)
    : bestEffort
      ? await unlessFailing(() => step('call', body))
      : { value: await step('call', body) };
  const result: Result =
    'interrupted' in made
      ? { is: 'unknown', atMs: await step('now', async () => Date.now()), reason: made.interrupted }
      : made.value;
  await step('result', () =>
    heal.journal(`${place}-result`, {
      atMs: Date.now(),
      kind: 'result',
      sentence: saidOf(result),
      act,
      fields: { status: result.is, ...('reason' in result && { reason: result.reason }) },
    }),
  );
  return result;
}

/** A step that was repeated as often as steps are, and fails still. */
async function unlessFailing<T>(take: () => Promise<T>): Promise<{ readonly value: T } | { interrupted: string }> {
  try {
    return { value: await take() };
  } catch (error) {
    return { interrupted: error instanceof Error ? error.message : String(error) };
  }
}

type Said = Result & { readonly said?: string };

async function guardAndCall({ heal, course, recovers }: ActContext, { call, atMostOnce }: Mutation): Promise<Said> {
  const { store, payload } = heal;
  const [node, guarded] = await Promise.all([
    store.readNode(payload.fleet, payload.instanceId),
    guardAgain(heal, recovers ? { mayPutBack: true } : {}),
  ]);
  if (!holds(node, course.holder)) return { is: 'lost' };
  if ('refuse' in guarded) return { is: 'refused', refusal: guarded };
  try {
    const made = await catchRefusal(() => call(guarded.fleet));
    if ('refused' in made) return { is: 'failed', atMs: Date.now(), reason: reasonOf(made), code: made.code };
    const { said, ...rest } = made;
    return { is: 'done', atMs: Date.now(), ...rest, ...(said !== undefined && { said }) };
  } catch (error) {
    // What was throttled had no effect: looked at again, and made again.
    if (atMostOnce && error instanceof Error && isThrottling(error))
      return { is: 'unknown', atMs: Date.now(), reason: error.message };
    throw error;
  }
}

/** AWS names a policy that nobody on duty has seen; what to do is another thing. */
const reasonOf = (refused: AwsRefusal): string =>
  isDenied(refused)
    ? `what it is about has to carry the fleet's tags (docs/fleet-files.md, "What has to carry the fleet's tags"): ${refused.refused}`
    : refused.refused;

function saidOf(result: Said): string {
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
export async function decided({ ctx, heal, place }: ActContext, sentence: string, evidence?: unknown): Promise<Result> {
  return stepper(ctx, place)('decided', async () => {
    await heal.journal(`${place}-decision`, {
      atMs: Date.now(),
      kind: 'decision',
      sentence,
      ...(evidence !== undefined && { evidence }),
    });
    return { is: 'done', atMs: Date.now() } as const;
  });
}

/** The answer of a call that says no more than that it was accepted. */
export const told = (answer: { readonly accepted: true } | AwsRefusal, said: string): Made | AwsRefusal =>
  'refused' in answer ? answer : { said };

/** Another function of the suite, asked and not waited for. */
export async function invoke(
  { clients }: Pick<HealContext, 'clients'>,
  functionName: string,
  event: object,
): Promise<void> {
  await clients.lambda.send(
    new InvokeCommand({ FunctionName: functionName, InvocationType: 'Event', Payload: JSON.stringify(event) }),
  );
}
