// One invocation of a function that looks after fleets on a schedule: its clients, its time, its fleets, and the round through them.

import { setTimeout } from 'node:timers/promises';
import type { Clients } from '../aws/clients.ts';
import { readEnvironment } from '../aws/environment.ts';
import { logError, logInfo, logWarn } from '../aws/log.ts';
import { isThrottling } from '../aws/refusals.ts';
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
  /** How many lines of the journal it has written of each fleet: a fleet that is tried again goes on where it was. */
  readonly written: Map<string, number>;
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
    written: new Map(),
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

/** A fleet, or what else a round looks after beside the fleets. */
interface Named {
  readonly name: string;
}

export interface ScheduledRun<S extends object, T extends Named = Fleet> {
  /** Interval of the schedule: in each round another fleet comes first. */
  readonly everyMs: number;
  /** One fleet after another unless given. */
  readonly workThrough?: ProcessItems;
  /** @returns the result for the fleet, for the log and for a person who asked */
  readonly reconcile: (fleet: T) => Promise<S>;
  /** Whether a failure is left to the next round of the schedule, and does not count for this invocation. */
  readonly leaves?: (error: unknown) => boolean;
  /**
   * Fleets for which AWS throttles are tried again after this time, then after twice of it and so on, until the invocation's time is up: to be throttled is a
   * wait, and a failure only where a fleet gets nowhere for all of that time. Absent: they fail at once, as where a person waits for the answer.
   */
  readonly againAfterMs?: number;
}

/** For who runs each few minutes: the rates of Route 53 and CloudWatch are the account's, and others need them, too. */
export const AGAIN_AFTER_MS = 10_000;

/** Nothing but throttling. */
export const isAllThrottling = (error: unknown): boolean =>
  error instanceof AggregateError ? error.errors.every(isAllThrottling) : isThrottling(error);

/** @throws AggregateError once every fleet had its turn, with the failures of those that have failed */
export async function reconcileFleets<S extends object, T extends Named = Fleet>(
  { startedAtMs, untilMs }: Invocation,
  fleets: readonly T[],
  { everyMs, workThrough = inSequence, reconcile, leaves = () => false, againAfterMs }: ScheduledRun<S, T>,
): Promise<readonly S[]> {
  const summaries: S[] = [];
  const failures: unknown[] = [];
  let throttled: { readonly fleet: T; readonly error: unknown }[] = [];
  const takeOne = async (fleet: T): Promise<void> => {
    try {
      const summary = await reconcile(fleet);
      logInfo(summary);
      summaries.push(summary);
    } catch (error) {
      if (leaves(error)) logWarn({ left: [fleet.name], why: messageOf(error) });
      else if (againAfterMs !== undefined && isAllThrottling(error)) throttled.push({ fleet, error });
      else failures.push(error);
    }
  };
  let round = inFairOrder(fleets, startedAtMs, everyMs);
  for (let tries = 1; ; tries++) {
    const before = throttled;
    throttled = [];
    const left = await workThrough(round, untilMs, takeOne);
    // What was throttled, and had no turn again, has got nowhere.
    throttled.push(...before.filter(({ fleet }) => left.includes(fleet)));
    if (left.length > 0) logWarn({ left: left.map(({ name }) => name) });
    const waitMs = tries * (againAfterMs ?? 0);
    if (throttled.length === 0 || Date.now() + waitMs >= untilMs) break;
    round = throttled.map(({ fleet }) => fleet);
    logWarn({ throttled: round.map(({ name }) => name), againAfterMs: waitMs });
    await setTimeout(waitMs);
  }
  failures.push(...throttled.map(({ error }) => error));
  throwTogether(failures, 'the other fleets were reconciled, but');
  return summaries;
}
