// prune-retired: what heals have kept for a while (old volumes, retired instances, clean snapshots) and whose date is past is removed, a
// little at a time, and nothing else ever is.
import middy from '@middy/core';
import { awsClients, type Clients } from '../../shared/aws/clients.ts';
import { readEnvironment } from '../../shared/aws/environment.ts';
import { logError, logged, logInfo, logWarn } from '../../shared/aws/log.ts';
import { EventError } from '../../shared/events/errors.ts';
import type { Fleet } from '../../shared/fleet/model.ts';
import { readSettings, type Settings } from '../../shared/fleet/settings.ts';
import { fleetsInTurn } from '../../shared/fleet/turns.ts';
import { judgePauses } from '../../shared/guardrails/switches.ts';
import { createStore } from '../../shared/heal/store.ts';
import { type PruneEvent, parsePruneEvent } from './event.ts';
import { pruneFleet, type Summary } from './prune.ts';
import type { Tools } from './work.ts';

export { awsClients };

const ENVIRONMENT = ['TABLE_NAME', 'TOPIC_ARN', 'PARAMETER_PREFIX'] as const;
/** Of the schedule. */
const EVERY_MS = 6 * 60 * 60_000;
/** Of the function's 300 s: what is left then is found again by the next run. */
const WORK_MS = 240_000;

export function createHandler({ clients }: { readonly clients: Clients }) {
  const prune = async (event: unknown, context: { readonly awsRequestId?: string }): Promise<readonly Summary[]> => {
    const startedAtMs = Date.now();
    const environment = readEnvironment(ENVIRONMENT);
    const tools: Tools = {
      clients,
      environment,
      store: createStore(clients.dynamodb, environment.TABLE_NAME),
      requestId: context.awsRequestId ?? String(startedAtMs),
      startedAtMs,
      untilMs: startedAtMs + WORK_MS,
    };
    const parsed = parsePruneEvent(event);
    const settings = await readSettings(clients.ssm, environment.PARAMETER_PREFIX);
    for (const sentence of settings.broken.values()) logError({ fleet: sentence });
    return takeTurns(tools, settings, fleetsOf(settings, parsed), parsed);
  };
  return middy<unknown, readonly Summary[]>().use(logged()).handler(prune);
}

/** @throws EventError for a fleet that there is none of */
function fleetsOf({ fleets }: Settings, { fleet }: PruneEvent): readonly Fleet[] {
  if (fleet === undefined) return fleets;
  const named = fleets.find(({ name }) => name === fleet);
  if (!named) throw new EventError('fleet', fleet, `one of ${fleets.map(({ name }) => name).join(', ')}`);
  return [named];
}

/** One fleet's failure does not stop the others; all are thrown together, so that they reach Lambda's retries and the alarms. */
async function takeTurns(
  tools: Tools,
  { values }: Settings,
  fleets: readonly Fleet[],
  event: PruneEvent,
): Promise<readonly Summary[]> {
  const summaries: Summary[] = [];
  const failures: unknown[] = [];
  for (const fleet of fleetsInTurn(fleets, tools.startedAtMs, EVERY_MS)) {
    if (Date.now() >= tools.untilMs) {
      logWarn({ left: fleet.name });
      continue;
    }
    const onlyPlan = event.kind === 'prune' && event.plan;
    // Nobody is asked about what could not be done; a person who asks what would be is told.
    const paused = onlyPlan ? null : judgePauses(tools.environment.PARAMETER_PREFIX, fleet.name, values);
    if (paused) {
      summaries.push({ fleet: fleet.name, removed: [], left: [], refusals: [`${paused.refuse}: ${paused.reason}`] });
      continue;
    }
    try {
      const approved = event.kind === 'approve' ? { approved: event.plan, approvedBy: event.by ?? null } : {};
      const summary = await pruneFleet({ tools, fleet, onlyPlan, ...approved });
      logInfo(summary);
      summaries.push(summary);
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) {
    const sentences = failures.map((error) => (error instanceof Error ? error.message : String(error)));
    throw new AggregateError(failures, `the others were pruned, but: ${sentences.join('; ')}`);
  }
  return summaries;
}

export const handler = createHandler({ clients: awsClients() });
