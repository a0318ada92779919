// resize-volume: grows a volume that is full, as one durable execution. It only interprets the program; see program.ts.
import { type DurableContext, DurableExecutionApiClient, withDurableExecution } from '@aws/durable-execution-sdk-js';
import middy from '@middy/core';
import { awsClients, type Clients } from '../../shared/aws/clients.ts';
import { readEnvironment } from '../../shared/aws/environment.ts';
import { logged } from '../../shared/aws/log.ts';
import { isThrottling } from '../../shared/aws/throttling.ts';
import { createJournal } from '../../shared/heal/journal.ts';
import { parseHealPayload } from '../../shared/heal/payload.ts';
import { createStore } from '../../shared/heal/store.ts';
import { perform } from './effects.ts';
import { abandon, advance, effectOf, start } from './program.ts';
import type { Ending, State } from './stages.ts';
import { ENVIRONMENT, type Tools } from './tools.ts';

export { awsClients };

/** The longest way through the program, with every reconciliation and a node of several units, is some 40 effects. */
const MAX_EFFECTS = 80;

export function createHandler({ clients }: { readonly clients: Clients }) {
  const heal = async (event: unknown, ctx: DurableContext): Promise<Ending | null> => {
    const payload = parseHealPayload(event);
    const environment = readEnvironment(ENVIRONMENT);
    const store = createStore(clients.dynamodb, environment.TABLE_NAME);
    const execution = ctx.executionContext.durableExecutionArn;
    const journal = createJournal(store, { ...payload, heal: payload.kind, writer: execution });
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
}

async function run(ctx: DurableContext, tools: Tools): Promise<Ending | null> {
  let state: State = start;
  for (let count = 0; count < MAX_EFFECTS; count++) {
    const effect = effectOf(state);
    if (effect.do === 'end') return effect.ending;
    const place = String(count).padStart(2, '0');
    try {
      state = advance(state, await perform(ctx, tools, effect, place), tools.payload);
    } catch (error) {
      state = abandon(state, error instanceof Error ? error.message : String(error), isThrottling(error));
      // Not even that could be written: the execution fails, so that an alarm and the dead-letter queue tell of it.
      if (state.stage === 'end') throw error;
    }
  }
  throw new Error(`no end after ${MAX_EFFECTS} effects, stage ${state.stage}`);
}

export const handler = createHandler({ clients: awsClients() });
