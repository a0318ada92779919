// register-nodes: what should exist for each node of each fleet, its DNS records and its alarms, reconciled from what exists now. An
// instance's state change is a hint to look at its fleet at once; the schedule looks at all of them, whatever became of the hints.
import { DescribeInstancesCommand } from '@aws-sdk/client-ec2';
import middy from '@middy/core';
import { namesClients as awsClients, type NamesClients as Clients } from '../../shared/aws/clients.ts';
import { readEnvironment } from '../../shared/aws/environment.ts';
import { logError, logged, logInfo, logWarn } from '../../shared/aws/log.ts';
import { isThrottling } from '../../shared/aws/refused.ts';
import { EventError } from '../../shared/events/errors.ts';
import { refuseWordInHint } from '../../shared/events/hint.ts';
import type { Fleet } from '../../shared/fleet/model.ts';
import { fleetOf } from '../../shared/fleet/selection.ts';
import { readSettings, type Settings } from '../../shared/fleet/settings.ts';
import { fleetsInTurn } from '../../shared/fleet/turns.ts';
import { createStore } from '../../shared/heal/store.ts';
import type { DiskSeries } from './alarm-model.ts';
import { parseRegisterEvent, type RegisterEvent } from './event.ts';
import { readSeries } from './metrics.ts';
import { reconcileFleet, type Summary, type Turn } from './reconcile.ts';
import type { Tools } from './work.ts';

export { awsClients };

/** Lambda itself sets AWS_REGION. */
const ENVIRONMENT = ['TABLE_NAME', 'TOPIC_ARN', 'PARAMETER_PREFIX', 'AWS_REGION'] as const;
/** Of the schedule. */
const EVERY_MS = 5 * 60_000;
/** Of the function's 300 s: what is left then is found again by the next run, which reads what there is. */
const WORK_MS = 240_000;

export function createHandler({ clients }: { readonly clients: Clients }) {
  const register = async (event: unknown, context: Invocation): Promise<readonly Summary[]> => {
    const startedAtMs = Date.now();
    const environment = readEnvironment(ENVIRONMENT);
    const tools: Tools = {
      clients,
      environment,
      store: createStore(clients.dynamodb, environment.TABLE_NAME),
      runbooks: process.env['RUNBOOKS'] ?? '',
      requestId: context.awsRequestId ?? String(startedAtMs),
      startedAtMs,
      untilMs: startedAtMs + WORK_MS,
    };
    const parsed = parseRegisterEvent(event);
    refuseWordInHint(context, wordOf(parsed));
    const settings = await readSettings(clients.ssm, environment.PARAMETER_PREFIX);
    for (const sentence of settings.broken.values()) logError({ fleet: sentence });
    const fleets = await fleetsOf(clients, settings, parsed);
    return takeTurns(tools, settings, fleetsInTurn(fleets, startedAtMs, EVERY_MS), parsed);
  };
  return middy<unknown, readonly Summary[]>().use(logged()).handler(register);
}

interface Invocation {
  readonly awsRequestId?: string;
  readonly invokedFunctionArn?: string;
}

/** What of an event only a person may say. */
function wordOf(event: RegisterEvent): { readonly field: string; readonly value: unknown } | undefined {
  if (event.kind === 'approve') return { field: 'kind', value: event.kind };
  return event.kind === 'reconcile' && event.confirm ? { field: 'confirm', value: event.confirm } : undefined;
}

/** Which fleets an event is about. @throws EventError for a fleet that there is none of */
async function fleetsOf(clients: Clients, { fleets }: Settings, event: RegisterEvent): Promise<readonly Fleet[]> {
  if (event.kind === 'instance') return fleetsOfInstance(clients, fleets, event.instanceId);
  if (event.fleet === undefined) return fleets;
  const named = fleets.find(({ name }) => name === event.fleet);
  if (!named) throw new EventError('fleet', event.fleet, `one of ${fleets.map(({ name }) => name).join(', ')}`);
  return [named];
}

/** An instance that is gone may have lost its tags, and then it may have been anybody's; one that has some and no fleet's is a stranger. */
async function fleetsOfInstance(clients: Clients, fleets: readonly Fleet[], id: string): Promise<readonly Fleet[]> {
  // By filter, so that one that is gone is no error.
  const read = await clients.ec2.send(
    new DescribeInstancesCommand({ Filters: [{ Name: 'instance-id', Values: [id] }] }),
  );
  const [instance] = (read.Reservations ?? []).flatMap(({ Instances = [] }) => Instances);
  const tags = Object.fromEntries((instance?.Tags ?? []).map(({ Key = '', Value = '' }) => [Key, Value]));
  if (!instance || Object.keys(tags).length === 0) return fleets;
  const fleet = fleetOf(tags, fleets);
  if (!('refuse' in fleet)) return [fleet];
  logInfo({ left: `${id}: ${fleet.reason}` });
  return [];
}

/** One fleet's failure does not stop the others; all are thrown together, so that they reach Lambda's retries and the alarms. */
async function takeTurns(
  tools: Tools,
  { fleets: all }: Pick<Settings, 'fleets'>,
  fleets: readonly Fleet[],
  event: RegisterEvent,
): Promise<readonly Summary[]> {
  const seriesByPath = new Map<string, Promise<ReadonlyMap<string, DiskSeries>>>();
  const seriesAt: Turn['seriesAt'] = (path) => {
    const series = seriesByPath.get(path) ?? readSeries(tools.clients.cloudwatch, path);
    seriesByPath.set(path, series);
    return series;
  };
  const summaries: Summary[] = [];
  const failures: unknown[] = [];
  for (const [index, fleet] of fleets.entries()) {
    if (Date.now() >= tools.untilMs) {
      logWarn({ left: fleets.slice(index).map(({ name }) => name) });
      break;
    }
    try {
      const summary = await reconcileFleet({
        tools,
        fleet,
        seriesAt,
        fleets: all,
        confirmed: event.kind === 'reconcile' && event.confirm,
        ...(event.kind === 'approve' && { approved: event.plan, approvedBy: event.by ?? null }),
      });
      logInfo(summary);
      summaries.push(summary);
    } catch (error) {
      // A hundred instances that come at once are a hundred hints: the schedule does what these leave to each other.
      if (event.kind === 'instance' && isAllThrottling(error)) logWarn({ left: [fleet.name], why: sentenceOf(error) });
      else failures.push(error);
    }
  }
  if (failures.length > 0)
    throw new AggregateError(failures, `the others were reconciled, but: ${failures.map(sentenceOf).join('; ')}`);
  return summaries;
}

const isAllThrottling = (error: unknown): boolean =>
  error instanceof AggregateError ? error.errors.every(isAllThrottling) : isThrottling(error);

const sentenceOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

export const handler = createHandler({ clients: awsClients() });
