// snapshot-node: a snapshot of a client that has ended cleanly, as one durable execution. It only interprets what decide.ts says next.
import type { DurableContext } from '@aws/durable-execution-sdk-js';
import { awsClients } from '../../shared/aws/clients.ts';
import { isThrottling } from '../../shared/aws/throttling.ts';
import { durableHeal } from '../../shared/heal/engine.ts';
import type { Ending } from '../../shared/heal/outcome.ts';
import type { SnapshotPayload } from '../../shared/model/payload.ts';
import { decideNext } from './decide.ts';
import { abandon } from './endings.ts';
import { learn } from './learn.ts';
import { initial } from './model.ts';
import { perform } from './perform.ts';
import { ENVIRONMENT, type Tools, type Variable } from './tools.ts';

export { awsClients };

/** The longest way, with every start tried again and every step that may fail failing, is some 30 acts. */
const MAX_ACTS = 60;

export const createHandler = durableHeal<SnapshotPayload, Variable>({
  kind: 'snapshot-node',
  environment: ENVIRONMENT,
  run,
});

async function run(ctx: DurableContext, tools: Tools): Promise<Ending | null> {
  let progress = initial;
  for (let count = 0; count < MAX_ACTS; count++) {
    const act = decideNext(progress, tools.payload);
    if (act.do === 'end') return act.ending;
    const place = String(count).padStart(2, '0');
    try {
      progress = learn(progress, act, await perform(ctx, tools, progress, act, place));
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      progress = abandon(progress, act, reason, isThrottling(error));
      // Not even that could be written: the execution fails, so that an alarm and the dead-letter queue tell of it.
      if (act.do === 'claim' || act.do === 'conclude') throw error;
    }
  }
  throw new Error(`no end after ${MAX_ACTS} acts`);
}

export const handler = createHandler({ clients: awsClients() });
