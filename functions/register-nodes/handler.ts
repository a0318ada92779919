// register-nodes: reconciles what should exist for each node of each fleet, its DNS records and its alarms. An instance's state change is a hint to
// look at its fleet immediately. The schedule looks at all fleets, even if hints were lost.
import { DescribeInstancesCommand } from '@aws-sdk/client-ec2';
import middy from '@middy/core';
import { namesClients as awsClients, type NamesClients as Clients } from '../../shared/aws/clients.ts';
import { logged, logInfo } from '../../shared/aws/log.ts';
import { refuseWordInHint } from '../../shared/events/hint.ts';
import { keptFleets } from '../../shared/fleet/kept-file.ts';
import { fleetNames } from '../../shared/fleet/membership.ts';
import type { Fleet } from '../../shared/fleet/model.ts';
import { fleetOf } from '../../shared/fleet/selection.ts';
import { fleetContext } from '../../shared/reconcile/context.ts';
import {
  AGAIN_AFTER_MS,
  fleetsNamed,
  isAllThrottling,
  type LambdaContext,
  openInvocation,
  readAllFleets,
  reconcileFleets,
} from '../../shared/reconcile/invocation.ts';
import { readSeries } from './alarm-facts.ts';
import type { DiskSeries } from './alarms.ts';
import { REGISTER, type RegisterRequest, type RegisterSummary } from './context.ts';
import { parseRegisterEvent, type RegisterEvent } from './event.ts';
import { reconcileFleet } from './reconcile.ts';

export { awsClients };

/** Of the schedule. */
const EVERY_MS = 5 * 60_000;
/** Of the function's 300 s. */
const WORK_MS = 240_000;

export function createHandler({ clients }: { readonly clients: Clients }) {
  const register = async (event: unknown, lambda: LambdaContext): Promise<readonly RegisterSummary[]> => {
    // Lambda itself sets AWS_REGION.
    const invocation = openInvocation({ clients, variables: ['AWS_REGION'], workMs: WORK_MS }, lambda);
    const parsed = parseRegisterEvent(event);
    refuseWordInHint(lambda, personOnlyField(parsed));
    const { fleets, broken } = await readAllFleets(
      invocation,
      keptFleets(clients.ssm, invocation.environment.PARAMETER_PREFIX, invocation.store.readFileVersion),
    );
    const runbooks = process.env['RUNBOOKS'] ?? '';
    const request: RegisterRequest = {
      fleets,
      names: broken.size > 0 ? null : new Set(fleetNames(fleets)),
      seriesAt: cachedByPath((path) => readSeries(clients.cloudwatch, path)),
      confirmed: parsed.kind === 'reconcile' && parsed.confirm,
      approval: parsed.kind === 'approve' ? { plan: parsed.plan, by: parsed.by ?? null } : undefined,
    };
    return reconcileFleets(invocation, await fleetsOf(clients, fleets, parsed), {
      everyMs: EVERY_MS,
      reconcile: (fleet) => reconcileFleet({ ...fleetContext(invocation, REGISTER, fleet), runbooks }, request),
      // A hundred instances that change at the same time are a hundred hints: the schedule does what throttled hints leave.
      leaves: (error) => parsed.kind === 'instance' && isAllThrottling(error),
      ...(parsed.kind === 'reconcile' && !parsed.confirm && { againAfterMs: AGAIN_AFTER_MS }),
    });
  };
  return middy<unknown, readonly RegisterSummary[]>().use(logged()).handler(register);
}

/** A field of an event that only a person may send. */
function personOnlyField(event: RegisterEvent): { readonly field: string; readonly value: unknown } | undefined {
  if (event.kind === 'approve') return { field: 'kind', value: event.kind };
  return event.kind === 'reconcile' && event.confirm ? { field: 'confirm', value: event.confirm } : undefined;
}

/** Which fleets an event is about. @throws EventError for a fleet that does not exist */
async function fleetsOf(clients: Clients, fleets: readonly Fleet[], event: RegisterEvent): Promise<readonly Fleet[]> {
  return event.kind === 'instance'
    ? fleetsOfInstance(clients, fleets, event.instanceId)
    : fleetsNamed(fleets, event.fleet);
}

/** An instance that is gone may have lost its tags, and may belong to any fleet. An instance that has tags, but no fleet's, is a stranger. */
async function fleetsOfInstance(clients: Clients, fleets: readonly Fleet[], id: string): Promise<readonly Fleet[]> {
  // Read by a filter, so that an instance that is gone is no error.
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

/** Fleets with the same path share its series. */
function cachedByPath(read: RegisterRequest['seriesAt']): RegisterRequest['seriesAt'] {
  const seriesByPath = new Map<string, Promise<ReadonlyMap<string, DiskSeries>>>();
  return (path) => {
    const series = seriesByPath.get(path) ?? read(path);
    seriesByPath.set(path, series);
    return series;
  };
}

export const handler = createHandler({ clients: awsClients() });
