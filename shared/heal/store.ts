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
import type { FleetReading } from '../guardrails/fleet-view.ts';
import type { NamesRecord, RegisterRecord } from '../guardrails/names.ts';
import type { PaceRecord } from '../guardrails/pace.ts';
import type { BudgetRecord, GrowRecord } from '../guardrails/records.ts';
import type { ReplacementsRecord, RestartsRecord, TurnRecord } from '../guardrails/replace-budget.ts';
import type { RotationRecord } from '../guardrails/rotation.ts';
import type { HealKind } from '../model/payload.ts';
import { readTrigger } from '../model/trigger.ts';
import type { BoostRecord } from '../snapshots/boost.ts';
import type { CatchUpsRecord } from '../snapshots/catch-up.ts';
import type { ScaleRecord } from '../snapshots/scale.ts';
import type { SeedRecord } from '../snapshots/seeds.ts';
import type { DrillRecord, DrillWatchRecord } from './drill.ts';
import type { JournalRecord } from './journal.ts';
import type { MachineRecord } from './machine.ts';
import {
  DRILL_KIND,
  HEAL_KINDS,
  healOf,
  type IncidentRecord,
  type NodeRecord,
  type OpenPagesRecord,
  partitions,
  type ReadinessRecord,
  type ReleasesRecord,
  type SentPagesRecord,
  type SnapshotPagesRecord,
  type UpgradeRecord,
} from './records.ts';

export interface Key {
  readonly pk: string;
  readonly sk: string;
}

/** A record that is replaced under a condition; version 0 is a record that is not stored yet. */
interface Versioned {
  readonly version: number;
}

/** Bounds every query: 500 nodes with a few troubles each, and a reserve. */
const MAX_PAGES = 50;

export const keys = {
  node: (instanceId: string): Key => ({ pk: partitions.nodes(), sk: `NODE#${instanceId}` }),
  incident: (fleet: string, instanceId: string, trigger: string): Key => ({
    pk: partitions.incidents(fleet, healOf(trigger)),
    sk: `INCIDENT#${instanceId}#${trigger}`,
  }),
  grow: (fleet: string): Key => ({ pk: partitions.own(fleet, 'resize-volume'), sk: 'GROW' }),
  watch: (fleet: string): Key => ({ pk: partitions.own(fleet, 'watch-fleet'), sk: 'WATCH' }),
  observation: (fleet: string, part: number): Key => ({
    pk: partitions.own(fleet, 'watch-fleet'),
    sk: `OBSERVATION#${String(part).padStart(3, '0')}`,
  }),
  machine: (fleet: string, instanceId: string): Key => ({
    pk: partitions.own(fleet, 'watch-fleet'),
    sk: `MACHINE#${instanceId}`,
  }),
  budget: (fleet: string, month: string): Key => ({
    pk: partitions.own(fleet, 'resize-volume'),
    sk: `BUDGET#${month}`,
  }),
  register: (fleet: string): Key => ({ pk: partitions.own(fleet, 'register-nodes'), sk: 'REGISTER' }),
  replaceTurn: (fleet: string): Key => ({ pk: partitions.turn(fleet), sk: 'REPLACE' }),
  restarts: (fleet: string, instanceId: string): Key => ({
    pk: partitions.own(fleet, 'replace-node'),
    sk: `RESTARTS#${instanceId}`,
  }),
  pace: (fleet: string): Key => ({ pk: partitions.own(fleet, 'replace-node'), sk: 'PACE' }),
  /** How fast nodes of the fleet have caught up. */
  catchUps: (fleet: string): Key => ({ pk: partitions.own(fleet, 'replace-node'), sk: 'CATCH-UPS' }),
  replacements: (): Key => ({ pk: partitions.account(), sk: 'REPLACEMENTS' }),
  rotation: (fleet: string): Key => ({ pk: partitions.own(fleet, 'rotate-peers'), sk: 'ROTATION' }),
  prune: (fleet: string): Key => ({ pk: partitions.own(fleet, 'prune-retired'), sk: 'PRUNE' }),
  seeds: (fleet: string): Key => ({ pk: partitions.own(fleet, 'seed-groups'), sk: 'SEEDS' }),
  scale: (fleet: string): Key => ({ pk: partitions.own(fleet, 'seed-groups'), sk: 'SCALE' }),
  boost: (fleet: string): Key => ({ pk: partitions.own(fleet, 'seed-groups'), sk: 'BOOST' }),
  releases: (fleet: string): Key => ({ pk: partitions.own(fleet, 'watch-releases'), sk: 'RELEASES' }),
  readiness: (fleet: string): Key => ({ pk: partitions.own(fleet, 'check-readiness'), sk: 'READINESS' }),
  /** The pages that were sent for refusals of heals. */
  sentPages: (fleet: string): Key => ({ pk: partitions.own(fleet, 'dispatch-heal'), sk: 'SENT-PAGES' }),
  /** The pages whose cause lasts. */
  openPages: (fleet: string): Key => ({ pk: partitions.own(fleet, 'dispatch-heal'), sk: 'OPEN-PAGES' }),
  /** The last upgrade that a person has asked for. */
  upgrade: (fleet: string): Key => ({ pk: partitions.own(fleet, 'dispatch-heal'), sk: 'UPGRADE' }),
  /** What drills have proved, and what the one under way has made. */
  drill: (fleet: string): Key => ({ pk: partitions.own(fleet, DRILL_KIND), sk: 'DRILL' }),
  /** Since when the fleet has drills, and what people were told of them. */
  drillWatch: (fleet: string): Key => ({ pk: partitions.own(fleet, 'dispatch-heal'), sk: 'DRILLS' }),
  /** What people were told of its clean snapshots. */
  snapshotPages: (fleet: string): Key => ({ pk: partitions.own(fleet, 'dispatch-heal'), sk: 'SNAPSHOTS' }),
  /** What was written down of a fleet today, and is not again. */
  told: (fleet: string, what: string): Key => ({ pk: partitions.own(fleet, 'dispatch-heal'), sk: `TOLD#${what}` }),
} as const;

export interface FleetRecords {
  readonly incidents: readonly IncidentRecord[];
  readonly nodes: readonly NodeRecord[];
}

export type Store = ReturnType<typeof createStore>;

/** @param tableName the suite's: its table is called as itself */
export function createStore(dynamodb: DynamoDBClient, tableName: string) {
  const isOwnIncident = (key: Key, record: IncidentRecord): boolean => isIncident(tableName, key, record);
  const get = async <R>({ pk, sk }: Key): Promise<R | undefined> => {
    const { Item } = await dynamodb.send(
      new GetItemCommand({ TableName: tableName, Key: { pk: { S: pk }, sk: { S: sk } }, ConsistentRead: true }),
    );
    return Item && (recordOf(Item) as R);
  };

  const between = async <R>(pk: string, from: string, to: string): Promise<readonly Stored<R>[]> => {
    const found: Stored<R>[] = [];
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
      found.push(...Items.map((item) => ({ sk: item['sk']?.S ?? '', record: recordOf(item) as R })));
      if (!LastEvaluatedKey) return found;
      start = LastEvaluatedKey;
    }
    throw new Error(
      `${pk} has more than ${MAX_PAGES} pages between ${from} and ${to}: half-read selections are refused`,
    );
  };

  /** Records whose content matches their key; the others are left out, and their keys added to `foreign`. */
  const readAll = async <R>(
    pk: string,
    kind: string,
    isHere: (key: Key, record: R) => boolean,
    foreign: string[],
  ): Promise<readonly R[]> =>
    (await between<R>(pk, `${kind}#`, `${kind}$`)).flatMap(({ sk, record }) => {
      if (isHere({ pk, sk }, record)) return [record];
      foreign.push(`${pk} ${sk}`);
      return [];
    });

  const readNodes = (foreign: string[] = []): Promise<readonly NodeRecord[]> =>
    readAll(partitions.nodes(), 'NODE', isNode, foreign);

  const readIncidents = async (fleet: string, foreign: string[] = []): Promise<readonly IncidentRecord[]> => {
    const parts = HEAL_KINDS.map((heal) =>
      readAll(partitions.incidents(fleet, heal), 'INCIDENT', isOwnIncident, foreign),
    );
    return (await Promise.all(parts)).flat();
  };

  return {
    /** For records that another file names: `kept.ts`. */
    read: get,
    between,
    async readNode(instanceId: string): Promise<NodeRecord | undefined> {
      const key = keys.node(instanceId);
      const read = await get<NodeRecord>(key);
      return read && isNode(key, read) ? read : undefined;
    },
    async readIncident(fleet: string, instanceId: string, trigger: string): Promise<IncidentRecord | undefined> {
      const key = keys.incident(fleet, instanceId, trigger);
      const read = await get<IncidentRecord>(key);
      return read && isOwnIncident(key, read) ? read : undefined;
    },
    readGrow: (fleet: string) => get<GrowRecord>(keys.grow(fleet)),
    readBudget: (fleet: string, month: string) => get<BudgetRecord>(keys.budget(fleet, month)),
    readReplaceTurn: (fleet: string) => get<TurnRecord>(keys.replaceTurn(fleet)),
    readRestarts: (fleet: string, instanceId: string) => get<RestartsRecord>(keys.restarts(fleet, instanceId)),
    readPace: (fleet: string) => get<PaceRecord>(keys.pace(fleet)),
    readCatchUps: (fleet: string) => get<CatchUpsRecord>(keys.catchUps(fleet)),
    readSentPages: (fleet: string) => get<SentPagesRecord>(keys.sentPages(fleet)),
    readOpenPages: (fleet: string) => get<OpenPagesRecord>(keys.openPages(fleet)),
    readReplacements: () => get<ReplacementsRecord>(keys.replacements()),
    readWatch: (fleet: string) => get<FleetWatch>(keys.watch(fleet)),
    /** The version of the fleet's file that watch-fleet could read last; undefined where it has read none. */
    readFileVersion: async (fleet: string): Promise<number | undefined> =>
      (await get<FleetWatch>(keys.watch(fleet)))?.fileVersion,
    /** What a node's machine was like while it lived; undefined where nobody has written it down, or it was too long ago. */
    readMachine: (fleet: string, instanceId: string) => get<MachineRecord>(keys.machine(fleet, instanceId)),
    readRotation: (fleet: string) => get<RotationRecord>(keys.rotation(fleet)),
    /** The notifications of prune-retired for a fleet, kept as register-nodes keeps them. */
    readPrune: (fleet: string) => get<RegisterRecord>(keys.prune(fleet)),
    /** What the launch templates of a fleet's groups name; undefined where nothing was ever written into one. */
    readSeeds: (fleet: string) => get<SeedRecord>(keys.seeds(fleet)),
    /** How many nodes a person wants a fleet's group to have; undefined where nobody has asked. */
    readScale: (fleet: string) => get<ScaleRecord>(keys.scale(fleet)),
    /** Which volumes of a fleet have the figures of the first sync; undefined where nobody has looked. */
    readBoost: (fleet: string) => get<BoostRecord>(keys.boost(fleet)),
    /** The version that a person wants on the fleet; undefined before the first upgrade. */
    readUpgrade: (fleet: string) => get<UpgradeRecord>(keys.upgrade(fleet)),
    /** What people were told of releases; undefined before the first look. */
    readReleases: (fleet: string) => get<ReleasesRecord>(keys.releases(fleet)),
    /** What heals would have worked at the last daily look; undefined before the first. */
    readReadiness: (fleet: string) => get<ReadinessRecord>(keys.readiness(fleet)),
    /** What drills have proved; undefined before the first. */
    readDrill: (fleet: string) => get<DrillRecord>(keys.drill(fleet)),
    readSnapshotPages: (fleet: string) => get<SnapshotPagesRecord>(keys.snapshotPages(fleet)),
    readDrillWatch: (fleet: string) => get<DrillWatchRecord>(keys.drillWatch(fleet)),
    /** The drills of a fleet. They are nobody's concern but the dispatcher's and people's. */
    readDrills: (fleet: string, foreign: string[] = []): Promise<readonly IncidentRecord[]> =>
      readAll(partitions.incidents(fleet, DRILL_KIND), 'INCIDENT', isOwnIncident, foreign),
    readRegister: (fleet: string) => get<NamesRecord>(keys.register(fleet)),
    async readObservations(fleet: string): Promise<readonly FleetObservation[]> {
      return withNodes(await between<FleetObservation>(keys.watch(fleet).pk, 'OBSERVATION#', 'OBSERVATION$'));
    },
    /** What was seen of a fleet's nodes and of the fleet as a whole, in one read: the watch is the next record after the observations. */
    async readFleetReading(fleet: string): Promise<FleetReading> {
      const { pk, sk } = keys.watch(fleet);
      const read = await between<FleetObservation | FleetWatch>(pk, 'OBSERVATION#', sk);
      return {
        observations: withNodes(read.filter((one): one is Stored<FleetObservation> => one.sk !== sk)),
        watch: read.find((one): one is Stored<FleetWatch> => one.sk === sk)?.record,
      };
    },
    /**
     * The nodes of all fleets: what is held is an instance, and a fleet can get another name meanwhile. `foreign`: here and for incidents, keys of records
     * whose content names another key are added to it. None of our functions writes such records; they are left out.
     */
    readNodes,
    readIncidents,
    /** Everything that is open in a fleet: incidents of all heals. And the nodes of all fleets. */
    async readFleet(fleet: string): Promise<FleetRecords> {
      const [incidents, nodes] = await Promise.all([readIncidents(fleet), readNodes()]);
      return { incidents, nodes };
    },

    /**
     * Writes `next` if the stored version is still the one before it. A lost answer is read back: a stored record that equals `next` is our own
     * success. `false` means that another writer was first; read again and decide again.
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

    /** Writes a line of the journal, which is never changed; an existing line stays as it is. */
    async writeOnce(key: Key, record: JournalRecord): Promise<void> {
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

interface Stored<R> {
  readonly sk: string;
  readonly record: R;
}

/** A part without nodes is beyond the present size of the fleet: it is written no more, and says nothing. */
const withNodes = (parts: readonly Stored<FleetObservation>[]): readonly FleetObservation[] =>
  parts.map(({ record }) => record).filter(({ nodes }) => nodes.length > 0);

const isAt = ({ pk, sk }: Key, wanted: Key): boolean => pk === wanted.pk && sk === wanted.sk;

/**
 * An incident counts only in its own partition: what resize-volume may write must neither start replace-node nor stop it. A record that claims more
 * counts as missing, and a write to its key finds the key taken.
 */
function isIncident(suite: string, key: Key, record: IncidentRecord): boolean {
  const { fleet, instanceId, trigger, payload, execution } = record as Partial<
    Extract<IncidentRecord, { execution: string }>
  >;
  if (typeof trigger !== 'string' || readTrigger(trigger) === null) return false;
  if (!isAt(key, keys.incident(fleet ?? '', instanceId ?? '', trigger))) return false;
  const heal = healOf(trigger);
  return (
    (payload === undefined || payload?.kind === heal) &&
    (execution === undefined || isExecutionOf(suite, execution, heal))
  );
}

/** arn:aws:lambda:<region>:<account>:function:chainmend-<heal>:<version>/durable-execution/… */
const isExecutionOf = (suite: string, arn: string, heal: HealKind): boolean => arn.split(':')[6] === `${suite}-${heal}`;

const isNode = (key: Key, { instanceId }: NodeRecord): boolean => isAt(key, keys.node(instanceId));

/** Tries at a conditional write before the caller's step fails and is retried as a whole. */
const MAX_CONFLICTS = 5;

/**
 * Reads, decides, and writes the decision; decides again from a new read when another writer was first.
 *
 * @param decide pure; `write` is the record to store, undefined where there is nothing to write
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

/** Whether two records are equal, with members in any order. */
export const sameRecord = (stored: object, next: object): boolean => canonical(stored) === canonical(next);

const canonical = (value: unknown): string =>
  JSON.stringify(value, (_, member) =>
    member && typeof member === 'object' && !Array.isArray(member)
      ? Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1)))
      : member,
  );
