// Reads what a report of an account is made of: the journal (DynamoDB), metrics and alarm history (CloudWatch), snapshots (EC2). It changes nothing.
// What cannot be read is a note on the page; the rest is told.
import {
  CloudWatchClient,
  DescribeAlarmHistoryCommand,
  GetMetricDataCommand,
  paginateListMetrics,
} from '@aws-sdk/client-cloudwatch';
import { DynamoDBClient, paginateQuery } from '@aws-sdk/client-dynamodb';
import { EC2Client } from '@aws-sdk/client-ec2';
import { SSMClient } from '@aws-sdk/client-ssm';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { fromItem } from '../../../shared/aws/attributes.ts';
import type { Fleet } from '../../../shared/fleet/model.ts';
import { discoverNodes } from '../../../shared/fleet/nodes.ts';
import { readSettings } from '../../../shared/fleet/settings.ts';
import { JOURNAL_KINDS } from '../../../shared/heal/journal.ts';
import { partitions, WRITERS, type Writer } from '../../../shared/heal/records.ts';
import { createStore } from '../../../shared/heal/store.ts';
import type { JournalFields } from '../../../shared/model/journal-fields.ts';
import { readSnapshots } from '../../../shared/snapshots/inventory.ts';
import { readOwners } from '../../../shared/snapshots/sets.ts';
import { jsonOrUndefined } from '../../../shared/text/json.ts';
import { errorText } from '../../../shared/text/plain-text.ts';
import { commandNames } from '../../names.ts';
import { alarmChangeOf } from '../../report/alarm-change.ts';
import {
  type AlarmChange,
  type DrillFact,
  drillFactOf,
  type FleetFact,
  type NodeFact,
  type Recovery,
  type ReleaseFact,
  type ReportLine,
  releaseFactOf,
  type Samples,
} from '../../report/facts.ts';
import { recoveryOf } from '../../report/recovery.ts';
import { SuiteError, withPlace } from '../errors.ts';
import type { AwsClientConfig } from '../preflight/account.ts';
import { type OtlpMetrics, readOverOtlp } from './over-otlp.ts';

/** What an account tells of a time. */
export interface AccountReport {
  readonly account: string;
  readonly region: string;
  readonly fleets: readonly FleetFact[];
  readonly nodes: readonly NodeFact[];
  readonly journal: readonly ReportLine[];
  readonly alarms: readonly AlarmChange[];
  readonly stepMs: number;
  readonly notes: readonly string[];
}

export interface ReportAccount {
  /** By AWS's clock, once something was read: a served region has its own. */
  readonly nowMs: () => number;
  /** Names of the fleets whose files are stored. */
  readonly fleetNames: () => Promise<readonly string[]>;
  readonly read: (asked: AskedReport) => Promise<AccountReport>;
}

export interface AskedReport {
  readonly fleets: readonly string[];
  readonly fromMs: number;
  readonly toMs: number;
  /** The period of metrics, by their number. */
  readonly periodSeconds: (metrics: number) => number;
  readonly status: (text: string) => void;
}

/** Of one function about one fleet, the newest. 500 nodes of a troubled week have some 5,000 lines. */
const LINES_MOST = 10_000;
/** Sort keys begin with an incident's onset. What began earlier than this before the time, and still went on, is not found. */
const ONSET_BEFORE_MS = 14 * 24 * 60 * 60_000;
/** "MetricDataQueries: up to 500" (GetMetricData, API reference). */
const QUERIES_A_CALL = 500;
const PAGES_MOST = 500;

/** @param config of a test's region; the environment's account and region unless given */
export function reportAccount(config: AwsClientConfig = {}): ReportAccount {
  const dynamodb = new DynamoDBClient(config);
  const ssm = new SSMClient(config);
  const clients = {
    ...{ dynamodb, ssm, cloudwatch: new CloudWatchClient(config) },
    ...{ ec2: new EC2Client(config), sts: new STSClient(config) },
  };
  return {
    nowMs: () => Date.now() + ssm.config.systemClockOffset,
    fleetNames: () =>
      withSuiteError('the fleet files', async () => {
        const { values } = await readSettings(ssm, commandNames().parameterPrefix);
        const prefix = `${commandNames().parameterPrefix}/fleets/`;
        return [...values.keys()].filter((name) => name.startsWith(prefix)).map((name) => name.slice(prefix.length));
      }),
    read: (asked) => withSuiteError('the account', () => readAll(clients, asked)),
  };
}

interface Clients {
  readonly dynamodb: DynamoDBClient;
  readonly ssm: SSMClient;
  readonly cloudwatch: CloudWatchClient;
  readonly ec2: EC2Client;
  readonly sts: STSClient;
}

async function readAll(
  clients: Clients,
  { fleets: names, fromMs, toMs, periodSeconds, status }: AskedReport,
): Promise<AccountReport> {
  const { dynamodb, ssm, ec2, cloudwatch, sts } = clients;
  const notes: string[] = [];
  /** What is not there is not known: it is noted, and the rest goes on. */
  const orNote = async <T>(what: string, work: () => Promise<T>, otherwise: T): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      notes.push(`${what} could not be read: ${errorText(error, 300)}`);
      return otherwise;
    }
  };
  const { fleets } = await readSettings(ssm, commandNames().parameterPrefix);
  const wanted = fleets.filter(({ name }) => names.includes(name));
  for (const name of names)
    if (!wanted.some((fleet) => fleet.name === name))
      notes.push(`The file of fleet ${name} does not parse: it has no snapshots here.`);
  const journal: ReportLine[] = [];
  for (const fleet of names)
    for (const by of WRITERS) {
      status(`the journal of ${by} about ${fleet} …`);
      const { lines, isCut } = await readLines(dynamodb, fleet, by, fromMs, toMs);
      if (isCut) notes.push(`Of ${by} about ${fleet} only the newest ${LINES_MOST} lines of the journal were read.`);
      for (const line of lines) journal.push(line);
    }
  journal.sort((a, b) => a.atMs - b.atMs || (a.place < b.place ? -1 : 1));
  const store = createStore(dynamodb, commandNames().tableName);
  const instances = new Map<string, string>();
  const places = new Map<string, { readonly fleet: string; readonly node: string }>();
  for (const fleet of names)
    for (const { nodes } of await orNote(`How ${fleet} was observed`, () => store.readObservations(fleet), []))
      for (const { name, instanceId } of nodes) {
        places.set(`${fleet}/${name}`, { fleet, node: name });
        instances.set(`${fleet}/${name}`, instanceId);
      }
  // A node that is gone by now has had lines in the journal.
  for (const { fleet, node } of journal)
    if (node !== '-' && node !== '') places.set(`${fleet}/${node}`, { fleet, node });
  status('metrics …');
  const metrics = [
    ...[...places.values()].flatMap((place) => NODE_METRICS.map((name) => ours(place.fleet, place.node, name))),
    ...names.map((fleet) => ours(fleet, undefined, 'Tip')),
  ];
  const period = periodSeconds(metrics.length);
  const series = await orNote('Metrics', () => readMetrics(cloudwatch, metrics, { fromMs, toMs, period }), new Map());
  const overOtlp = new Map<string, OtlpMetrics>();
  for (const fleet of wanted) {
    const { name } = fleet;
    if (fleet.metrics !== 'otlp') continue;
    const read = () => readOverOtlp(cloudwatch, fleet, METRICS, { fromMs, toMs, period });
    const found = await orNote(`Metrics of ${name}`, read, undefined);
    if (found) overOtlp.set(name, found);
    if (found?.note !== undefined) notes.push(found.note);
  }
  const of = (fleet: string, node: string | undefined, name: (typeof METRICS)[number]): Samples => {
    const classic = series.get(keyOf(ours(fleet, node, name))) ?? [];
    const otlp = overOtlp.get(fleet)?.of(name, { node, instanceId: instances.get(`${fleet}/${node}`) });
    // A fleet that has changed its way has some of both.
    return otlp === undefined ? classic : fullestOf([classic, otlp]);
  };
  // Where the watch publishes no fullness, as with a probe in a VPC, the CloudWatch agent does.
  const blind = [...places.entries()].filter(([, { fleet, node }]) => of(fleet, node, 'DiskUsedPercent').length === 0);
  const paths = new Set(wanted.flatMap(({ volumes }) => volumes.map(({ path }) => path)));
  const agents = await orNote('The fullness of disks', async () => {
    const ids = new Set(blind.flatMap(([about]) => instances.get(about) ?? []));
    return ids.size === 0 ? [] : (await agentMetrics(cloudwatch)).filter(isOnOneOf(ids, paths));
  }, []);
  const agentSeries = await orNote(
    'The fullness of disks',
    () => readMetrics(cloudwatch, agents, { fromMs, toMs, period }),
    new Map<string, Samples>(),
  );
  const diskOf = (fleet: string, node: string): Samples => {
    const own = of(fleet, node, 'DiskUsedPercent');
    const instanceId = instances.get(`${fleet}/${node}`);
    if (own.length > 0 || instanceId === undefined) return own;
    const volumes = agents.filter(({ dimensions }) => dimensions['InstanceId'] === instanceId);
    return fullestOf(volumes.map((metric) => agentSeries.get(keyOf(metric)) ?? []));
  };
  status('alarms and snapshots …');
  const alarms = await orNote('The history of alarms', () => readAlarms(cloudwatch, names, fromMs, toMs), []);
  const recoveries = new Map<string, Recovery>();
  for (const fleet of wanted)
    recoveries.set(
      fleet.name,
      await readRecovery(ec2, store, fleet).catch(
        (error: unknown): Recovery => ({ is: 'unknown', why: errorText(error, 300) }),
      ),
    );
  const releases = new Map<string, ReleaseFact>();
  for (const { name } of wanted) {
    const found = await orNote(`The releases of ${name}`, () => store.readReleases(name), undefined);
    if (found) releases.set(name, releaseFactOf(found));
  }
  const drills = new Map<string, DrillFact>();
  for (const { name } of wanted) {
    const found = await orNote(`The drills of ${name}`, () => store.readDrill(name), undefined);
    if (found) drills.set(name, drillFactOf(found, toMs));
  }
  const account = await orNote(
    'The account',
    async () => (await sts.send(new GetCallerIdentityCommand({}))).Account ?? '',
    '',
  );
  return {
    account: account === '' ? 'not known' : account,
    region: await ec2.config.region(),
    fleets: names.map((fleet) => {
      const found = releases.get(fleet);
      const drill = drills.get(fleet);
      return {
        fleet,
        tip: of(fleet, undefined, 'Tip'),
        recovery: recoveries.get(fleet) ?? { is: 'unknown', why: 'its fleet file does not parse' },
        ...(found && { releases: found }),
        ...(drill && { drill }),
      };
    }),
    nodes: [...places.values()].map(({ fleet, node }) => ({
      ...{ fleet, node, health: of(fleet, node, 'Health') },
      ...{ lag: of(fleet, node, 'HeightLag'), disk: diskOf(fleet, node) },
    })),
    ...{ journal, alarms, notes, stepMs: period * 1_000 },
  };
}

const NODE_METRICS = ['Health', 'HeightLag', 'DiskUsedPercent'] as const;
const METRICS = [...NODE_METRICS, 'Tip'] as const;

export interface Metric {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
}

export const ours = (fleet: string, node: string | undefined, name: string): Metric => ({
  ...{ namespace: commandNames().metricNamespace, name },
  dimensions: { Fleet: fleet, ...(node !== undefined && { Node: node }) },
});

export const keyOf = ({ namespace, name, dimensions }: Metric): string => JSON.stringify([namespace, name, dimensions]);

interface Stretch {
  readonly fromMs: number;
  readonly toMs: number;
  /** Seconds. */
  readonly period: number;
}

/** "ListMetrics returns up to 500 results": some 25,000 volumes. */
const METRIC_PAGES_MOST = 50;

/** What the agents of all instances publish of their disks. */
export async function agentMetrics(cloudwatch: CloudWatchClient): Promise<readonly Metric[]> {
  const found: Metric[] = [];
  let pages = 0;
  const wanted = { Namespace: 'CWAgent', MetricName: 'disk_used_percent', Dimensions: [{ Name: 'InstanceId' }] };
  for await (const { Metrics = [], NextToken } of paginateListMetrics({ client: cloudwatch }, wanted)) {
    for (const { Dimensions = [] } of Metrics)
      found.push({
        ...{ namespace: 'CWAgent', name: 'disk_used_percent' },
        dimensions: Object.fromEntries(Dimensions.map(({ Name = '', Value = '' }) => [Name, Value])),
      });
    if (++pages === METRIC_PAGES_MOST && NextToken !== undefined)
      throw new Error(`more than ${METRIC_PAGES_MOST} pages of metrics of the CloudWatch agent`);
  }
  return found;
}

const isOnOneOf =
  (instanceIds: ReadonlySet<string>, paths: ReadonlySet<string>) =>
  ({ dimensions }: Metric): boolean =>
    instanceIds.has(dimensions['InstanceId'] ?? '') && paths.has(dimensions['path'] ?? '');

/** Of each moment the fullest volume. */
export function fullestOf(volumes: readonly Samples[]): Samples {
  const worst = new Map<number, number>();
  for (const [atMs, value] of volumes.flat()) worst.set(atMs, Math.max(worst.get(atMs) ?? 0, value));
  return [...worst].sort(([a], [b]) => a - b);
}

/** Of each period the largest value: the worst of a lag, a fullness, a health. */
export async function readMetrics(
  cloudwatch: CloudWatchClient,
  metrics: readonly Metric[],
  { fromMs, toMs, period }: Stretch,
): Promise<Map<string, Samples>> {
  const found = new Map<string, (readonly [number, number])[]>();
  for (let from = 0; from < metrics.length; from += QUERIES_A_CALL) {
    const some = metrics.slice(from, from + QUERIES_A_CALL);
    const MetricDataQueries = some.map(({ namespace, name, dimensions }, at) => ({
      Id: `m${at}`,
      MetricStat: {
        Metric: {
          Namespace: namespace,
          MetricName: name,
          Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
        },
        Period: period,
        Stat: 'Maximum',
      },
    }));
    let NextToken: string | undefined;
    for (let page = 0; page === 0 || NextToken !== undefined; page++) {
      if (page >= PAGES_MOST) throw new Error(`more than ${PAGES_MOST} pages of metrics`);
      const range = { StartTime: new Date(fromMs), EndTime: new Date(toMs), ScanBy: 'TimestampAscending' as const };
      const read = await cloudwatch.send(
        new GetMetricDataCommand({ MetricDataQueries, ...range, ...(NextToken !== undefined && { NextToken }) }),
      );
      for (const { Id = '', Timestamps = [], Values = [] } of read.MetricDataResults ?? []) {
        const metric = some[Number(Id.slice(1))];
        if (metric === undefined) continue;
        const points = found.get(keyOf(metric)) ?? [];
        for (const [at, time] of Timestamps.entries()) points.push([time.getTime(), Values[at] ?? Number.NaN]);
        found.set(keyOf(metric), points);
      }
      NextToken = read.NextToken;
    }
  }
  for (const points of found.values()) points.sort(([a], [b]) => a - b);
  return found;
}

export async function readAlarms(
  cloudwatch: CloudWatchClient,
  fleets: readonly string[],
  fromMs: number,
  toMs: number,
): Promise<readonly AlarmChange[]> {
  const changes: AlarmChange[] = [];
  let NextToken: string | undefined;
  for (let page = 0; page === 0 || NextToken !== undefined; page++) {
    if (page >= PAGES_MOST) throw new Error(`more than ${PAGES_MOST} pages of alarm history`);
    const read = await cloudwatch.send(
      new DescribeAlarmHistoryCommand({
        AlarmTypes: ['MetricAlarm', 'CompositeAlarm'],
        ...{ HistoryItemType: 'StateUpdate', ScanBy: 'TimestampDescending', MaxRecords: 100 },
        ...{ StartDate: new Date(fromMs), EndDate: new Date(toMs) },
        ...(NextToken !== undefined && { NextToken }),
      }),
    );
    changes.push(
      ...(read.AlarmHistoryItems ?? []).flatMap((item) => alarmChangeOf(item, fleets, commandNames().suite)),
    );
    NextToken = read.NextToken;
  }
  // Of fleets that were not asked for nothing is told; an alarm without an owner is one on the suite itself.
  return changes
    .filter(({ fleet, alarmName }) => fleet !== undefined || alarmName.startsWith(commandNames().suiteAlarmPrefix))
    .reverse();
}

async function readRecovery(ec2: EC2Client, store: ReturnType<typeof createStore>, fleet: Fleet): Promise<Recovery> {
  const nodes = await discoverNodes(ec2, fleet, store);
  const volumes = await readOwners(ec2, fleet, nodes);
  const facts = await readSnapshots(ec2, fleet, [...volumes.keys()]);
  return recoveryOf(facts, { fleet, volumes, nodeNames: new Set(nodes.map(({ name }) => name)) });
}

/** What heals of a fleet have written down of a time, oldest first. */
export interface JournalDecisions {
  readonly lines: readonly ReportLine[];
  readonly notes: readonly string[];
  readonly fromMs: number;
  readonly toMs: number;
}

/** The last so many ms, by AWS's clock: a served region has its own. */
export async function readDecisions(
  fleet: string,
  sinceMs: number,
  { dynamodb, sts } = { dynamodb: new DynamoDBClient(), sts: new STSClient() },
): Promise<JournalDecisions> {
  // The SDK keeps the offset between AWS's clock and this machine's, once it was answered. This call needs no permission.
  await withSuiteError('AWS’s clock', () => sts.send(new GetCallerIdentityCommand({})));
  const toMs = Date.now() + sts.config.systemClockOffset;
  const fromMs = toMs - sinceMs;
  const lines: ReportLine[] = [];
  const notes: string[] = [];
  for (const by of DECIDERS) {
    const read = await withSuiteError('the journal', () => readLines(dynamodb, fleet, by, fromMs, toMs));
    for (const line of read.lines) lines.push(line);
    if (read.isCut) notes.push(`Of ${by} about ${fleet} only the newest ${LINES_MOST} lines of the journal were read.`);
  }
  return { lines: lines.sort((a, b) => a.atMs - b.atMs || (a.place < b.place ? -1 : 1)), notes, fromMs, toMs };
}

/** Who starts heals, and the heals that a fleet file’s rules decide about. */
const DECIDERS = ['dispatch-heal', 'resize-volume', 'replace-node'] as const satisfies readonly Writer[];

async function readLines(
  dynamodb: DynamoDBClient,
  fleet: string,
  by: Writer,
  fromMs: number,
  toMs: number,
): Promise<{ readonly lines: readonly ReportLine[]; readonly isCut: boolean }> {
  const input = {
    TableName: commandNames().tableName,
    KeyConditionExpression: 'pk = :pk AND sk >= :onset',
    FilterExpression: '#at >= :from',
    ExpressionAttributeNames: { '#at': 'at' },
    ExpressionAttributeValues: {
      ':pk': { S: partitions.journal(fleet, by) },
      ':onset': { S: new Date(fromMs - ONSET_BEFORE_MS).toISOString() },
      ':from': { S: new Date(fromMs).toISOString() },
    },
    ScanIndexForward: false,
  };
  const lines: ReportLine[] = [];
  for await (const { Items = [] } of paginateQuery({ client: dynamodb }, input)) {
    for (const item of Items) lines.push(...reportLineOf(fromItem(item), fleet, by).filter(({ atMs }) => atMs <= toMs));
    if (lines.length > LINES_MOST) return { lines: lines.slice(0, LINES_MOST), isCut: true };
  }
  return { lines, isCut: false };
}

/** A record as anybody may have written it who may write the table. The partition says whose it is. @returns none for what is no line */
export function reportLineOf(
  record: Readonly<Record<string, unknown>>,
  fleet: string,
  by: Writer,
): readonly ReportLine[] {
  const text = (name: string): string | undefined =>
    typeof record[name] === 'string' ? (record[name] as string) : undefined;
  const kind = JOURNAL_KINDS.find((known) => known === text('kind'));
  const atMs = Date.parse(text('at') ?? '');
  if (kind === undefined || !Number.isFinite(atMs)) return [];
  return [
    {
      ...{ atMs, kind, fleet, by, place: (text('sk') ?? '').split('#').at(-1) ?? '', sentence: text('sentence') ?? '' },
      ...{ code: text('code'), act: text('act'), evidence: text('evidence'), fields: fieldsIn(text('fields')) },
      ...{ node: text('node') ?? '-', incidentId: text('incidentId') ?? '', attempt: Number(record['attempt']) || 0 },
      heal: by === 'dispatch-heal' ? (text('heal') ?? by) : by,
    },
  ];
}

function fieldsIn(json: string | undefined): JournalFields {
  const value = jsonOrUndefined(json ?? '{}');
  return typeof value === 'object' && value !== null ? (value as JournalFields) : {};
}

async function withSuiteError<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof SuiteError) throw cause;
    throw new SuiteError(
      `${what} cannot be read: ${withPlace(cause instanceof Error ? `${cause.name}: ${errorText(cause, 500)}` : String(cause))}`,
      { cause },
    );
  }
}
