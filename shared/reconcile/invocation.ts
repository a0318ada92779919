// One invocation of a function that looks after fleets on a schedule: its clients, its time, its fleets, and the round through them.

import type { Clients } from '../aws/clients.ts';
import { readEnvironment } from '../aws/environment.ts';
import { logError, logInfo, logWarn } from '../aws/log.ts';
import { EventError } from '../events/errors.ts';
import type { ReadKeptFleet } from '../fleet/kept-file.ts';
import type { Fleet } from '../fleet/model.ts';
import { readSettings, type Settings } from '../fleet/settings.ts';
import { createStore, type Store } from '../heal/store.ts';
import { inFairOrder, inSequence, messageOf, type ProcessItems, throwTogether } from './fleets.ts';

/** Clients and environment variables that every such function has. */
export type BaseClients = Pick<Clients, 'ec2' | 'ssm' | 'sns' | 'dynamodb'>;
export type BaseVariable = 'TABLE_NAME' | 'TOPIC_ARN' | 'PARAMETER_PREFIX';

/** `C`: the function's clients. `V`: names of its environment variables. */
export interface Invocation<C extends BaseClients = BaseClients, V extends string = BaseVariable> {
  readonly clients: C;
  readonly environment: Readonly<Record<V | BaseVariable, string>>;
  readonly store: Store;
  /** Separates the journal entries of this invocation from those of a simultaneous one. */
  readonly requestId: string;
  readonly startedAtMs: number;
  /** Nothing is begun after this time, ms since the epoch. */
  readonly untilMs: number;
}

/** The used members of Lambda's own context. */
export interface LambdaContext {
  readonly awsRequestId?: string;
  readonly invokedFunctionArn?: string;
}

/** @param workMs less than the function's time-out: the next invocation finds what is left */
export function openInvocation<C extends BaseClients, V extends string>(
  { clients, variables, workMs }: { readonly clients: C; readonly variables: readonly V[]; readonly workMs: number },
  { awsRequestId }: LambdaContext,
): Invocation<C, V> {
  const startedAtMs = Date.now();
  const environment = readEnvironment<V | BaseVariable>(['TABLE_NAME', 'TOPIC_ARN', 'PARAMETER_PREFIX', ...variables]);
  return {
    clients,
    environment,
    store: createStore(clients.dynamodb, environment.TABLE_NAME),
    requestId: awsRequestId ?? String(startedAtMs),
    startedAtMs,
    untilMs: startedAtMs + workMs,
  };
}

/**
 * Every fleet file and pause as they are now. A file that does not parse is logged, and does not stop the other fleets.
 *
 * @param readKept for who gives back what heals have taken: it goes on with the last readable version of such a file. Others leave its fleet alone
 */
export async function readAllFleets({ clients, environment }: Invocation, readKept?: ReadKeptFleet): Promise<Settings> {
  const settings = await readSettings(clients.ssm, environment.PARAMETER_PREFIX, readKept);
  for (const sentence of settings.broken.values()) logError({ fleet: sentence });
  return settings;
}

/** All fleets, or the one that an event names. @throws EventError for a fleet that does not exist */
export function fleetsNamed(fleets: readonly Fleet[], name: string | undefined): readonly Fleet[] {
  if (name === undefined) return fleets;
  const named = fleets.find((fleet) => fleet.name === name);
  if (!named) throw new EventError('fleet', name, `one of ${fleets.map((fleet) => fleet.name).join(', ')}`);
  return [named];
}

export interface ScheduledRun<S extends object> {
  /** Interval of the schedule: in each round another fleet comes first. */
  readonly everyMs: number;
  /** One fleet after another unless given. */
  readonly workThrough?: ProcessItems;
  /** @returns the result for the fleet, for the log and for a person who asked */
  readonly reconcile: (fleet: Fleet) => Promise<S>;
  /** Whether a failure is left to the next round of the schedule, and does not count for this invocation. */
  readonly leaves?: (error: unknown) => boolean;
}

/** @throws AggregateError once every fleet had its turn, with the failures of those that have failed */
export async function reconcileFleets<S extends object>(
  { startedAtMs, untilMs }: Invocation,
  fleets: readonly Fleet[],
  { everyMs, workThrough = inSequence, reconcile, leaves = () => false }: ScheduledRun<S>,
): Promise<readonly S[]> {
  const summaries: S[] = [];
  const failures: unknown[] = [];
  const takeOne = async (fleet: Fleet): Promise<void> => {
    try {
      const summary = await reconcile(fleet);
      logInfo(summary);
      summaries.push(summary);
    } catch (error) {
      if (leaves(error)) logWarn({ left: [fleet.name], why: messageOf(error) });
      else failures.push(error);
    }
  };
  const left = await workThrough(inFairOrder(fleets, startedAtMs, everyMs), untilMs, takeOne);
  if (left.length > 0) logWarn({ left: left.map(({ name }) => name) });
  throwTogether(failures, 'the other fleets were reconciled, but');
  return summaries;
}
