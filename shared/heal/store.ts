// The one table: reads that are strongly consistent, and writes that happen only if nothing changed since the read.
import {
  type AttributeValue,
  ConditionalCheckFailedException,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
} from '@aws-sdk/client-dynamodb';
import { fromItem, toItem } from '../aws/attributes.ts';
import type { FleetObservation, FleetWatch } from '../fleet/observation.ts';
import type { RegisterRecord } from '../guardrails/names.ts';
import type { BudgetRecord, GrowRecord } from '../guardrails/records.ts';
import type { ReplacementsRecord, RestartsRecord, TurnRecord } from '../guardrails/replace-budget.ts';
import type { RotationRecord } from '../guardrails/rotation.ts';
import type { IncidentRecord, NodeRecord } from './records.ts';

export interface Key {
  readonly pk: string;
  readonly sk: string;
}

/** Anything that is replaced under a condition; version 0 is a record that is not stored yet. */
interface Versioned {
  readonly version: number;
}

/** Bounds every query: 500 nodes with a few troubles each, and then some. */
const MAX_PAGES = 50;

export const keys = {
  node: (fleet: string, instanceId: string): Key => ({ pk: `FLEET#${fleet}`, sk: `NODE#${instanceId}` }),
  incident: (fleet: string, instanceId: string, trouble: string): Key => ({
    pk: `FLEET#${fleet}`,
    sk: `INCIDENT#${instanceId}#${trouble}`,
  }),
  grow: (fleet: string): Key => ({ pk: `FLEET#${fleet}`, sk: 'GROW' }),
  watch: (fleet: string): Key => ({ pk: `FLEET#${fleet}`, sk: 'WATCH' }),
  observation: (fleet: string, part: number): Key => ({
    pk: `FLEET#${fleet}`,
    sk: `OBSERVATION#${String(part).padStart(3, '0')}`,
  }),
  budget: (fleet: string, month: string): Key => ({ pk: `FLEET#${fleet}`, sk: `BUDGET#${month}` }),
  register: (fleet: string): Key => ({ pk: `FLEET#${fleet}`, sk: 'REGISTER' }),
  replaceTurn: (fleet: string): Key => ({ pk: `FLEET#${fleet}`, sk: 'REPLACE' }),
  restarts: (fleet: string, instanceId: string): Key => ({ pk: `FLEET#${fleet}`, sk: `RESTARTS#${instanceId}` }),
  replacements: (): Key => ({ pk: 'ACCOUNT', sk: 'REPLACEMENTS' }),
  rotation: (fleet: string): Key => ({ pk: `FLEET#${fleet}`, sk: 'ROTATION' }),
  prune: (fleet: string): Key => ({ pk: `FLEET#${fleet}`, sk: 'PRUNE' }),
} as const;

export type Store = ReturnType<typeof createStore>;

export function createStore(dynamodb: DynamoDBClient, tableName: string) {
  const get = async <R>({ pk, sk }: Key): Promise<R | undefined> => {
    const { Item } = await dynamodb.send(
      new GetItemCommand({ TableName: tableName, Key: { pk: { S: pk }, sk: { S: sk } }, ConsistentRead: true }),
    );
    return Item && (recordOf(Item) as R);
  };

  const between = async <R>(pk: string, from: string, to: string): Promise<readonly R[]> => {
    const found: R[] = [];
    let start: Record<string, AttributeValue> | undefined;
    for (let page = 0; page < MAX_PAGES; page++) {
      const { Items = [], LastEvaluatedKey } = await dynamodb.send(
        new QueryCommand({
          TableName: tableName,
          KeyConditionExpression: 'pk = :pk AND sk BETWEEN :from AND :to',
          ExpressionAttributeValues: { ':pk': { S: pk }, ':from': { S: from }, ':to': { S: to } },
          ConsistentRead: true,
          ...(start && { ExclusiveStartKey: start }),
        }),
      );
      found.push(...Items.map((item) => recordOf(item) as R));
      if (!LastEvaluatedKey) return found;
      start = LastEvaluatedKey;
    }
    throw new Error(
      `${pk} has more than ${MAX_PAGES} pages between ${from} and ${to}: half-read selections are refused`,
    );
  };

  return {
    /** For records that another file names: `kept.ts`. */
    read: get,
    between,
    readNode: (fleet: string, instanceId: string) => get<NodeRecord>(keys.node(fleet, instanceId)),
    readIncident: (fleet: string, instanceId: string, trouble: string) =>
      get<IncidentRecord>(keys.incident(fleet, instanceId, trouble)),
    readGrow: (fleet: string) => get<GrowRecord>(keys.grow(fleet)),
    readBudget: (fleet: string, month: string) => get<BudgetRecord>(keys.budget(fleet, month)),
    readReplaceTurn: (fleet: string) => get<TurnRecord>(keys.replaceTurn(fleet)),
    readRestarts: (fleet: string, instanceId: string) => get<RestartsRecord>(keys.restarts(fleet, instanceId)),
    readReplacements: () => get<ReplacementsRecord>(keys.replacements()),
    readWatch: (fleet: string) => get<FleetWatch>(keys.watch(fleet)),
    readRotation: (fleet: string) => get<RotationRecord>(keys.rotation(fleet)),
    /** What prune-retired has told of a fleet, kept as register-nodes keeps it. */
    readPrune: (fleet: string) => get<RegisterRecord>(keys.prune(fleet)),
    readRegister: (fleet: string) => get<RegisterRecord>(keys.register(fleet)),
    readObservations: (fleet: string) => between<FleetObservation>(`FLEET#${fleet}`, 'OBSERVATION#', 'OBSERVATION$'),
    readNodes: (fleet: string) => between<NodeRecord>(`FLEET#${fleet}`, 'NODE#', 'NODE$'),
    /** Everything that is open in a fleet, in one query: incidents and nodes. */
    async readFleet(fleet: string): Promise<{ incidents: readonly IncidentRecord[]; nodes: readonly NodeRecord[] }> {
      const records = await between<IncidentRecord | NodeRecord>(`FLEET#${fleet}`, 'INCIDENT#', 'NODE$');
      return {
        incidents: records.filter((record): record is IncidentRecord => 'incidentId' in record),
        nodes: records.filter((record): record is NodeRecord => 'fence' in record),
      };
    },

    /**
     * Writes `next` if the stored version is still the one before it. A lost answer is read back: what is stored and
     * equals `next` is our own success. `false` means that somebody else was first; read again and decide again.
     */
    async replace(key: Key, next: Versioned): Promise<boolean> {
      const before = next.version - 1;
      try {
        await dynamodb.send(
          new PutItemCommand({
            TableName: tableName,
            Item: { pk: { S: key.pk }, sk: { S: key.sk }, ...toItem(next) },
            ConditionExpression: before === 0 ? 'attribute_not_exists(pk)' : 'version = :before',
            ...(before > 0 && { ExpressionAttributeValues: { ':before': { N: String(before) } } }),
            ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
          }),
        );
        return true;
      } catch (error) {
        if (!(error instanceof ConditionalCheckFailedException)) throw error;
        return error.Item !== undefined && sameRecord(recordOf(error.Item), next);
      }
    },

    /** Writes a record that is never changed; one that is there already stays as it is. */
    async writeOnce(key: Key, record: object): Promise<void> {
      try {
        await dynamodb.send(
          new PutItemCommand({
            TableName: tableName,
            Item: { pk: { S: key.pk }, sk: { S: key.sk }, ...toItem(record) },
            ConditionExpression: 'attribute_not_exists(pk)',
          }),
        );
      } catch (error) {
        if (!(error instanceof ConditionalCheckFailedException)) throw error;
      }
    },
  };
}

/** Tries at a conditional write before the caller's step fails and is retried as a whole. */
const MAX_CONFLICTS = 5;

/**
 * Reads, decides, and writes what was decided; decides again from a new read when somebody else was first.
 *
 * @param decide pure; `write` is the record to store, nothing where there is nothing to write
 */
export async function settle<R extends Versioned, T>(
  store: Pick<Store, 'replace'>,
  key: Key,
  read: () => Promise<R | undefined>,
  decide: (read: R | undefined) => { readonly write?: Versioned | undefined; readonly result: T },
): Promise<T> {
  for (let conflict = 0; conflict < MAX_CONFLICTS; conflict++) {
    const { write, result } = decide(await read());
    if (!write || (await store.replace(key, write))) return result;
  }
  throw new Error(`${key.pk} ${key.sk} changed ${MAX_CONFLICTS} times under our hands`);
}

const recordOf = (item: Record<string, AttributeValue>): object => {
  const { pk: _pk, sk: _sk, ...record } = item;
  return fromItem(record);
};

/** Whether two records say the same, in whatever order. */
export const sameRecord = (stored: object, next: object): boolean => canonical(stored) === canonical(next);

const canonical = (value: unknown): string =>
  JSON.stringify(value, (_, member) =>
    member && typeof member === 'object' && !Array.isArray(member)
      ? Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1)))
      : member,
  );
