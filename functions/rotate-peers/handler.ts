// rotate-peers: keeps each node's list of peers alive, diverse and small. The schedule has it look every five minutes, and it ends at once
// unless a node lacks peers, six hours are over, or a person asks.
import middy from '@middy/core';
import { awsClients, type Clients } from '../../shared/aws/clients.ts';
import { readEnvironment } from '../../shared/aws/environment.ts';
import { logError, logged, logInfo } from '../../shared/aws/log.ts';
import { EventError } from '../../shared/events/errors.ts';
import { refuseWordInHint } from '../../shared/events/hint.ts';
import { readSettings } from '../../shared/fleet/settings.ts';
import { fleetsInTurn } from '../../shared/fleet/turns.ts';
import { createStore } from '../../shared/heal/store.ts';
import { parseRotateEvent } from './event.ts';
import { rotateFleet, type Summary } from './run.ts';
import { ENVIRONMENT, type Tools } from './tools.ts';

export { awsClients };

/** Of the function's 900 s: what is left then is the next run's. */
const WORK_MS = 840_000;
/**
 * Nodes that answer late, or not at all, take their own fleet's time and nobody else's. Few at once: SSM takes a handful of commands a second
 * from an account.
 */
const FLEETS_AT_ONCE = 5;
/** Of the schedule. */
const EVERY_MS = 5 * 60_000;

interface Invocation {
  readonly awsRequestId?: string;
  readonly invokedFunctionArn?: string;
}

export function createHandler({ clients }: { readonly clients: Clients }) {
  const rotate = async (event: unknown, context: Invocation): Promise<readonly Summary[]> => {
    const startedAtMs = Date.now();
    const environment = readEnvironment(ENVIRONMENT);
    const tools: Tools = {
      clients,
      environment,
      store: createStore(clients.dynamodb, environment.TABLE_NAME),
      writer: `rotate-peers/${context.awsRequestId ?? startedAtMs}`,
      startedAtMs,
      untilMs: startedAtMs + WORK_MS,
    };
    const parsed = parseRotateEvent(event);
    refuseWordInHint(context, parsed.kind === 'approve' ? { field: 'kind', value: parsed.kind } : undefined);
    const { fleets: all, values, broken } = await readSettings(clients.ssm, environment.PARAMETER_PREFIX);
    for (const sentence of broken.values()) logError({ fleet: sentence });
    const fleets =
      parsed.kind === 'sweep'
        ? fleetsInTurn(all, startedAtMs, EVERY_MS)
        : all.filter(({ name }) => name === parsed.fleet);
    if (parsed.kind !== 'sweep' && fleets.length === 0)
      throw new EventError('fleet', parsed.fleet, `one of ${all.map(({ name }) => name).join(', ')}`);
    const summaries: Summary[] = [];
    const failures: unknown[] = [];
    let next = 0;
    const worker = async (): Promise<void> => {
      for (let fleet = fleets[next]; fleet !== undefined && Date.now() < tools.untilMs; fleet = fleets[next]) {
        next++;
        try {
          const summary = await rotateFleet(tools, fleet, parsed, values);
          logInfo(summary);
          summaries.push(summary);
        } catch (error) {
          failures.push(error);
        }
      }
    };
    await Promise.all(Array.from({ length: Math.min(FLEETS_AT_ONCE, fleets.length) }, worker));
    if (failures.length > 0)
      throw new AggregateError(failures, `the others were looked at, but: ${failures.map(sentenceOf).join('; ')}`);
    return summaries;
  };
  return middy<unknown, readonly Summary[]>().use(logged()).handler(rotate);
}

const sentenceOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

export const handler = createHandler({ clients: awsClients() });
