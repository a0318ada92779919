// The shell of every durable heal: a payload of its own kind in, its tools made, and one execution around what it runs.

import { type DurableContext, DurableExecutionApiClient, withDurableExecution } from '@aws/durable-execution-sdk-js';
import middy from '@middy/core';
import type { Clients } from '../aws/clients.ts';
import { readEnvironment } from '../aws/environment.ts';
import { logged } from '../aws/log.ts';
import type { HealPayload } from '../model/payload.ts';
import { HEAL_ENVIRONMENT, type HealTools } from './context.ts';
import { createJournal } from './journal.ts';
import type { Ending } from './outcome.ts';
import { parseHealPayload } from './payload.ts';
import { createStore } from './store.ts';

export interface DurableHeal<P extends HealPayload, E extends string, C extends Clients> {
  readonly kind: P['kind'];
  /** The heal's environment variables besides those that every heal has. */
  readonly environment: readonly E[];
  /** null: it was not for this execution to say how the attempt ends. */
  readonly run: (ctx: DurableContext, tools: HealTools<P, E, C>) => Promise<Ending | null>;
}

/** @returns a function's `createHandler` */
export function durableHeal<P extends HealPayload, E extends string = never, C extends Clients = Clients>({
  kind,
  environment: names,
  run,
}: DurableHeal<P, E, C>) {
  return ({ clients }: { readonly clients: C }) => {
    const heal = async (event: unknown, ctx: DurableContext): Promise<Ending | null> => {
      const payload = payloadOf<P>(event, kind);
      const environment = readEnvironment([...HEAL_ENVIRONMENT, ...names]);
      const store = createStore(clients.dynamodb, environment.TABLE_NAME);
      const execution = ctx.executionContext.durableExecutionArn;
      const journal = createJournal(store, { ...payload, by: payload.kind, heal: payload.kind, writer: execution });
      return run(ctx, { clients, store, journal, payload, execution, environment });
    };
    // Durable mode of middy takes no client; so middy wraps the heal, and the durable SDK wraps middy. Its early time-out
    // must be off: the timer would survive a suspension.
    const wrapped = middy<unknown, Ending | null, Error, never>({ timeoutEarlyInMillis: 0 })
      .use(logged())
      .handler(heal as never);
    return withDurableExecution(wrapped as unknown as typeof heal, {
      durableExecutionClient: new DurableExecutionApiClient(clients.lambda),
    });
  };
}

/** @throws TypeError also where the payload is another heal's */
export function payloadOf<P extends HealPayload>(event: unknown, kind: P['kind']): P {
  const payload = parseHealPayload(event);
  if (payload.kind !== kind) throw new TypeError(`heal payload, field kind: ${payload.kind} given, expected ${kind}`);
  return payload as P;
}
