// The engine of durable heals: decide on an act, execute it, reduce its result into the next state, turn by turn until the heal ends.
//
// A heal is a table of acts. The table has one entry for each act of the heal's `Acts`, with everything about that act: how it is executed, what its
// result means, and what follows when its steps keep failing. An entry without one of these does not compile.

import { type DurableContext, withDurableExecution } from '@aws/durable-execution-sdk-js';
import middy from '@middy/core';
import type { Clients } from '../aws/clients.ts';
import { readEnvironment } from '../aws/environment.ts';
import { logged } from '../aws/log.ts';
import { isAwsFailure, isThrottling } from '../aws/refusals.ts';
import type { HealPayload } from '../model/payload.ts';
import { type ActContext, HEAL_ENVIRONMENT, type HealContext, turnAt } from './context.ts';
import { durableTransport } from './durable-transport.ts';
import { createJournal } from './journal.ts';
import type { Ending } from './outcome.ts';
import { parseHealPayload } from './payload.ts';
import { createStore } from './store.ts';

/** One act of a heal: the arguments of its decision, and its result. */
interface ActType {
  readonly args: object;
  readonly result: unknown;
}

/** A heal's acts by name: `interface Acts { claim: { args: object; result: Claimed } … }`. */
type ActTypes<Acts> = { readonly [Name in keyof Acts]: ActType };

/** An act that was decided on; for all names, the union of them. */
export type ActOf<Acts extends ActTypes<Acts>, Name extends keyof Acts = keyof Acts> = {
  readonly [N in Name]: { readonly do: N } & Acts[N]['args'];
}[Name];

export interface End {
  readonly do: 'end';
  /** null: this execution may not decide how the attempt ends. */
  readonly ending: Ending | null;
}

/** A step that kept failing. */
export interface Failure {
  readonly message: string;
  /** AWS only throttled the call. */
  readonly throttled: boolean;
  /** AWS throttled the call, or failed at it: that says nothing about the node, and is no failure of the heal. */
  readonly isAws: boolean;
}

export interface ActDefinition<Context, Payload, State, Act, Result> {
  /** In durable steps: safe to replay. */
  readonly execute: (context: Context, state: State, act: Act) => Promise<Result>;
  /** Pure. */
  readonly reduce: (state: State, act: Act, result: Result, payload: Payload) => State;
  /**
   * Pure: the state after a step of this act kept failing. null: not even that can be recorded, so the execution fails, and an alarm and the
   * dead-letter queue report it.
   */
  readonly abandon: (state: State, act: Act, failure: Failure) => State | null;
}

export type ActTable<Context, Payload, State, Acts extends ActTypes<Acts>> = {
  readonly [Name in keyof Acts]: ActDefinition<Context, Payload, State, ActOf<Acts, Name>, Acts[Name]['result']>;
};

/** `Payload`: the part of it that decisions depend on. */
export interface Heal<Context extends HealContext<HealPayload, string>, Payload, State, Acts extends ActTypes<Acts>> {
  readonly start: State;
  /** A limit above the longest way through the heal, in turns. */
  readonly turnLimit: number;
  readonly acts: ActTable<ActContext<Context>, Payload, State, Acts>;
  /** Pure, or with facts that are read in a step of the turn. */
  readonly decide: (state: State, context: ActContext<Context>) => ActOf<Acts> | End | Promise<ActOf<Acts> | End>;
  /** The state after a step of `decide` kept failing. Absent where a decision takes no step. */
  readonly undecided?: (state: State, failure: Failure) => State | null;
}

/**
 * One attempt, from its first act to its end.
 *
 * @returns null: this execution may not decide how the attempt ends
 * @throws where not even a failure could be recorded, and where the turns are spent
 */
export async function runHeal<
  Context extends HealContext<HealPayload, string>,
  Payload,
  State,
  Acts extends ActTypes<Acts>,
>(
  heal: Heal<Context, Payload, State, Acts>,
  durable: DurableContext,
  context: Context & { readonly payload: Payload },
): Promise<Ending | null> {
  const width = String(heal.turnLimit).length;
  let state = heal.start;
  for (let count = 0; count < heal.turnLimit; count++) {
    const place = String(count).padStart(width, '0');
    const turn = { ...context, ...turnAt(durable, place) };
    const decided = await decide(heal, turn, state);
    if ('undecided' in decided) {
      state = decided.undecided;
      continue;
    }
    const { act } = decided;
    if (isEnd(act)) return act.ending;
    state = await perform(heal.acts, turn, context.payload, state, act);
  }
  throw new Error(`no end after ${heal.turnLimit} turns`);
}

const isEnd = (act: { readonly do: PropertyKey } | End): act is End => act.do === 'end';

async function decide<Context extends HealContext<HealPayload, string>, Payload, State, Acts extends ActTypes<Acts>>(
  heal: Heal<Context, Payload, State, Acts>,
  turn: ActContext<Context>,
  state: State,
): Promise<{ readonly act: ActOf<Acts> | End } | { readonly undecided: State }> {
  try {
    return { act: await heal.decide(state, turn) };
  } catch (error) {
    return { undecided: orThrow(heal.undecided?.(state, failureOf(error)) ?? null, error) };
  }
}

/** Performs one act. `execute` and `reduce` are found by the same name, so their result type is the same. */
async function perform<Context, Payload, State, Acts extends ActTypes<Acts>, Name extends keyof Acts>(
  acts: ActTable<Context, Payload, State, Acts>,
  turn: Context,
  payload: Payload,
  state: State,
  act: ActOf<Acts, Name>,
): Promise<State> {
  const { execute, reduce, abandon } = acts[act.do];
  try {
    return reduce(state, act, await execute(turn, state, act), payload);
  } catch (error) {
    return orThrow(abandon(state, act, failureOf(error)), error);
  }
}

function orThrow<State>(state: State | null, error: unknown): State {
  if (state === null) throw error;
  return state;
}

const failureOf = (error: unknown): Failure => ({
  message: error instanceof Error ? error.message : String(error),
  throttled: isThrottling(error),
  isAws: isThrottling(error) || isAwsFailure(error),
});

export interface DurableHeal<P extends HealPayload, E extends string, C extends Clients> {
  readonly kind: P['kind'];
  /** The heal's environment variables in addition to those of every heal. */
  readonly environment: readonly E[];
  /** null: this execution may not decide how the attempt ends. */
  readonly run: (durable: DurableContext, context: HealContext<P, E, C>) => Promise<Ending | null>;
}

/** @returns a function's `createHandler` */
export function durableHeal<P extends HealPayload, E extends string = never, C extends Clients = Clients>({
  kind,
  environment: names,
  run,
}: DurableHeal<P, E, C>) {
  return ({ clients }: { readonly clients: C }) => {
    const heal = async (event: unknown, durable: DurableContext): Promise<Ending | null> => {
      const payload = payloadOf<P>(event, kind);
      const environment = readEnvironment([...HEAL_ENVIRONMENT, ...names]);
      const store = createStore(clients.dynamodb, environment.TABLE_NAME);
      const execution = durable.executionContext.durableExecutionArn;
      const journal = createJournal(store, { ...payload, by: payload.kind, heal: payload.kind, writer: execution });
      return run(durable, { clients, store, journal, payload, execution, environment });
    };
    // Durable mode of middy takes no client; so middy wraps the heal, and the durable SDK wraps middy. Its early time-out
    // must be off: the timer would survive a suspension.
    const wrapped = middy<unknown, Ending | null, Error, never>({ timeoutEarlyInMillis: 0 })
      .use(logged())
      .handler(heal as never);
    return withDurableExecution(wrapped as unknown as typeof heal, {
      durableExecutionClient: durableTransport(clients.checkpoints),
    });
  };
}

/** @throws TypeError also where the payload is for another heal */
export function payloadOf<P extends HealPayload>(event: unknown, kind: P['kind']): P {
  const payload = parseHealPayload(event);
  if (payload.kind !== kind) throw new TypeError(`heal payload, field kind: ${payload.kind} given, expected ${kind}`);
  return payload as P;
}
