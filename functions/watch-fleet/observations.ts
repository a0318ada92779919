// Stores the observations of a sweep: the nodes in items of a hundred, each written only if nothing newer is there, and the fleet as a whole.
import { ConditionalCheckFailedException, type DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import pMap from 'p-map';
import { toItem } from '../../shared/aws/attributes.ts';
import {
  type FleetObservation,
  type FleetWatch,
  NODES_PER_OBSERVATION,
  type ObservedNode,
} from '../../shared/fleet/observation.ts';
import { keys } from '../../shared/heal/store.ts';
import type { WatchContext } from './context.ts';

const WRITES_AT_ONCE = 8;

export interface ObservationUpdate {
  readonly fleet: string;
  /** null: nothing is known of them now, and what was seen last stays as it is. */
  readonly nodes: readonly ObservedNode[] | null;
  readonly watch: FleetWatch;
  /** Parts that are stored now, in order. */
  readonly before: readonly FleetObservation[];
}

/** Parts of a fleet of `nodes`; if the fleet shrank, parts that it no longer needs are emptied. */
export function partsOf({
  nodes,
  watch,
  before,
}: Omit<ObservationUpdate, 'fleet'>): ReadonlyMap<number, FleetObservation> {
  const { observedAtMs } = watch;
  const parts = new Map<number, FleetObservation>();
  if (nodes === null) return parts;
  for (let from = 0; from < nodes.length; from += NODES_PER_OBSERVATION) {
    parts.set(from / NODES_PER_OBSERVATION, { observedAtMs, nodes: nodes.slice(from, from + NODES_PER_OBSERVATION) });
  }
  // Where nobody is left, that is what is seen, sweep after sweep: the first part says so.
  for (const [part, known] of before.entries())
    if (!parts.has(part) && (known.nodes.length > 0 || (part === 0 && nodes.length === 0)))
      parts.set(part, { observedAtMs, nodes: [] });
  return parts;
}

/**
 * A part that cannot be written stops neither the others nor the fleet as a whole, which remembers the pages that people got.
 *
 * @returns false where a newer sweep has already been stored, which may happen to a sweep that runs twice
 * @throws the first failure, after the rest is written
 */
export async function storeObservations(
  { clients, environment, store }: WatchContext,
  kept: ObservationUpdate,
): Promise<boolean> {
  let newest = true;
  const failures: unknown[] = [];
  const write = async ([part, observation]: readonly [number, FleetObservation]): Promise<void> => {
    try {
      if (!(await putNewer(clients.dynamodb, environment.TABLE_NAME, keys.observation(kept.fleet, part), observation)))
        newest = false;
    } catch (error) {
      failures.push(error);
    }
  };
  await pMap(partsOf(kept), write, { concurrency: WRITES_AT_ONCE });
  const watch = { ...kept.watch, version: kept.watch.version + 1 };
  const replaced = await store.replace(keys.watch(kept.fleet), watch);
  if (failures.length > 0) throw failures[0];
  return replaced && newest;
}

/** Writes what was seen, unless something newer is there. @returns false where it is */
export async function putNewer(
  dynamodb: DynamoDBClient,
  TableName: string,
  { pk, sk }: { readonly pk: string; readonly sk: string },
  observation: { readonly observedAtMs: number },
): Promise<boolean> {
  try {
    await dynamodb.send(
      new PutItemCommand({
        TableName,
        Item: { pk: { S: pk }, sk: { S: sk }, ...toItem(observation) },
        // The same time twice is the same sweep, whose answer was lost.
        ConditionExpression: 'attribute_not_exists(pk) OR observedAtMs <= :now',
        ExpressionAttributeValues: { ':now': { N: String(observation.observedAtMs) } },
      }),
    );
    return true;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return false;
    throw error;
  }
}
