// resize-volume: grows a volume that is full, as one durable execution. It only interprets the program; see program.ts.
import type { DurableContext } from '@aws/durable-execution-sdk-js';
import { awsClients } from '../../shared/aws/clients.ts';
import { isThrottling } from '../../shared/aws/throttling.ts';
import { durableHeal } from '../../shared/heal/engine.ts';
import type { Ending } from '../../shared/heal/outcome.ts';
import { perform } from './effects.ts';
import { abandon, advance, effectOf, start } from './program.ts';
import type { State } from './stages.ts';
import { ENVIRONMENT, type Tools } from './tools.ts';

export { awsClients };

/** The longest way through the program, with every reconciliation and a node of several units, is some 40 effects. */
const MAX_EFFECTS = 80;

export const createHandler = durableHeal({ kind: 'resize-volume', environment: ENVIRONMENT, run });

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
