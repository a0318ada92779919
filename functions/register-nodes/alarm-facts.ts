// Reads the existing alarms and series, page by page; each list is complete or missing.
import {
  type CloudWatchClient,
  type CompositeAlarm,
  DescribeAlarmsCommand,
  GetMetricDataCommand,
  ListTagsForResourceCommand,
  type MetricAlarm,
  paginateDescribeAlarms,
  paginateListMetrics,
} from '@aws-sdk/client-cloudwatch';
import { readAllPages } from '../../shared/aws/pagination.ts';
import type { Fleet } from '../../shared/fleet/model.ts';
import { AGENT_NAMESPACE } from '../../shared/fleet/resource-names.ts';
import { newestOf, plainestFirst } from '../../shared/growth/series.ts';
import { isMeant } from '../../shared/text/wildcard.ts';
import { firstMetric } from './alarm-changes.ts';
import { type DiskSeries, filesystemKey } from './alarms.ts';

/** 100 a page: as many alarms as a fleet of 3,000 nodes has with alarms of their own. */
const MAX_ALARM_PAGES = 300;
/** 500 a page: one path of 20,000 nodes, several filesystem types counted. */
const MAX_METRIC_PAGES = 100;

const ALARMS_A_PAGE = 100;

export const readAlarms = (client: CloudWatchClient, AlarmNamePrefix: string): Promise<MetricAlarm[]> =>
  readAllPages(
    paginateDescribeAlarms(
      { client, pageSize: ALARMS_A_PAGE },
      { ...(AlarmNamePrefix !== '' && { AlarmNamePrefix }), AlarmTypes: ['MetricAlarm'] },
    ),
    ({ MetricAlarms }) => MetricAlarms,
    MAX_ALARM_PAGES,
    `alarms ${AlarmNamePrefix}*`,
  );

/** An alarm as it is right now; alarms of all kinds share their names. */
export interface NamedAlarm {
  readonly kind: 'metric' | 'composite';
  /** When it was last configured, in ms; null where AWS does not say. */
  readonly configuredAtMs: number | null;
}

/** By name; none where there is no such alarm. @param AlarmNames at most 100 (DescribeAlarms) */
export async function readNamed(
  client: CloudWatchClient,
  AlarmNames: string[],
): Promise<ReadonlyMap<string, NamedAlarm>> {
  const { MetricAlarms = [], CompositeAlarms = [] } = await client.send(
    new DescribeAlarmsCommand({ AlarmNames, AlarmTypes: ['MetricAlarm', 'CompositeAlarm'] }),
  );
  const named =
    (kind: NamedAlarm['kind']) =>
    ({ AlarmName = '', AlarmConfigurationUpdatedTimestamp: at }: MetricAlarm | CompositeAlarm) =>
      [AlarmName, { kind, configuredAtMs: at?.getTime() ?? null }] as const;
  return new Map([...MetricAlarms.map(named('metric')), ...CompositeAlarms.map(named('composite'))]);
}

export async function readTags(cloudwatch: CloudWatchClient, ResourceARN: string): Promise<Record<string, string>> {
  const { Tags = [] } = await cloudwatch.send(new ListTagsForResourceCommand({ ResourceARN }));
  return Object.fromEntries(Tags.map(({ Key = '', Value = '' }) => [Key, Value]));
}

/**
 * The agents' recent series of the filesystems at a path, by instance. The filesystem type is a dimension that no fleet file names, so the series has
 * to be found: one list for a path, however many nodes there are.
 */
export async function readSeries(cloudwatch: CloudWatchClient, path: string): Promise<ReadonlyMap<string, DiskSeries>> {
  const [used, inodesUsed, inodesTotal] = await Promise.all(
    ['disk_used_percent', 'disk_inodes_used', 'disk_inodes_total'].map((name) =>
      listDimensions(cloudwatch, name, path),
    ),
  );
  const inodes = new Set((inodesUsed ?? []).map(dimensionKey));
  const totals = new Set((inodesTotal ?? []).map(dimensionKey));
  const found = new Map<string, DiskSeries>();
  for (const series of await newestSeries(cloudwatch, used ?? [])) {
    const name = dimensionKey(series);
    const key = filesystemKey(series['InstanceId'] ?? '', path);
    found.set(key, { dimensions: series, inodes: inodes.has(name) && totals.has(name) });
  }
  return found;
}

/** One for each instance. Where it has several, as after a new name of its device, CloudWatch lists the dead one for hours: their values decide. */
async function newestSeries(client: CloudWatchClient, all: readonly Dimensions[]): Promise<readonly Dimensions[]> {
  const byInstance = Map.groupBy(all.toSorted(plainestFirst), (series) => series['InstanceId'] ?? '');
  const several = [...byInstance.values()].filter(({ length }) => length > 1).flat();
  const lastMs = new Map<Dimensions, number>();
  for (let at = 0; at < several.length; at += QUERIES_A_CALL) {
    const asked = several.slice(at, at + QUERIES_A_CALL);
    for (const [index, ms] of (await lastValuesMs(client, asked)).entries()) lastMs.set(asked[index] ?? {}, ms);
  }
  return [...byInstance.values()].flatMap((series): readonly Dimensions[] => {
    const newest = newestOf(series, (one) => lastMs.get(one) ?? 0);
    return newest === undefined ? [] : [newest];
  });
}

/** "up to 500 different metrics" (GetMetricData, CloudWatch API). */
const QUERIES_A_CALL = 500;
const VALUES_OF_MS = 3 * 60 * 60_000;
const PERIOD_SECONDS = 300;

/** When each has its last value, in ms; 0 where it has none. */
async function lastValuesMs(client: CloudWatchClient, series: readonly Dimensions[]): Promise<readonly number[]> {
  const nowMs = Date.now();
  const MetricDataQueries = series.map((dimensions, at) => ({
    Id: `m${at}`,
    MetricStat: {
      Metric: {
        Namespace: AGENT_NAMESPACE,
        MetricName: 'disk_used_percent',
        Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
      },
      Period: PERIOD_SECONDS,
      Stat: 'Maximum',
    },
  }));
  const { MetricDataResults = [] } = await client.send(
    new GetMetricDataCommand({
      ...{ StartTime: new Date(nowMs - VALUES_OF_MS), EndTime: new Date(nowMs) },
      ...{ ScanBy: 'TimestampDescending', MetricDataQueries },
    }),
  );
  const last = new Map(MetricDataResults.map(({ Id = '', Timestamps = [] }) => [Id, Timestamps[0]?.getTime() ?? 0]));
  return series.map((_, at) => last.get(`m${at}`) ?? 0);
}

type Dimensions = Readonly<Record<string, string>>;

async function listDimensions(client: CloudWatchClient, name: string, path: string): Promise<readonly Dimensions[]> {
  const pages = paginateListMetrics(
    { client },
    {
      Namespace: AGENT_NAMESPACE,
      MetricName: name,
      Dimensions: [{ Name: 'path', Value: path }, { Name: 'InstanceId' }],
      RecentlyActive: 'PT3H',
    },
  );
  const metrics = await readAllPages(pages, ({ Metrics }) => Metrics, MAX_METRIC_PAGES, `${name} at ${path}`);
  return metrics.map(({ Dimensions: list = [] }) =>
    Object.fromEntries(list.map(({ Name = '', Value = '' }) => [Name, Value])),
  );
}

const dimensionKey = (dimensions: Dimensions): string => JSON.stringify(Object.entries(dimensions).sort());

/** Filesystems that people's own alarms already watch: the alarms that the fleet file names. */
export async function readCovered(
  cloudwatch: CloudWatchClient,
  { suite, alarms: { namePatterns } }: Fleet,
): Promise<Record<'disk' | 'inodes', ReadonlySet<string>>> {
  const covered = { disk: new Set<string>(), inodes: new Set<string>() };
  for (const pattern of new Set(namePatterns)) {
    const [prefix = ''] = pattern.split('*');
    for (const alarm of await readAlarms(cloudwatch, prefix)) {
      const { name = '', dimensions = {} } = firstMetric(alarm) ?? {};
      const { InstanceId, path } = dimensions;
      // A pattern may also match our own alarm, which would then be deleted and created again in turns.
      if (alarm.AlarmName?.startsWith(`${suite}-`) || !isMeant(pattern, alarm.AlarmName ?? '')) continue;
      if (!name.startsWith('disk_') || !InstanceId || !path) continue;
      covered[name.startsWith('disk_inodes') ? 'inodes' : 'disk'].add(filesystemKey(InstanceId, path));
    }
  }
  return covered;
}
