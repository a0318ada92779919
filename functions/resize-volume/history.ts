// Reads the usage history of a filesystem, as the CloudWatch agent published it, or as the suite itself did over OTLP. CloudWatch keeps each set of dimensions as a metric of its own:
// "CloudWatch treats each unique combination of dimensions as a separate metric, even if the metrics have the same metric name" ("Metrics concepts",
// CloudWatch user guide). An alarm on one series names all dimensions. A fleet-wide alarm and a person name instance and path, and the series has to
// be found.
import {
  type CloudWatchClient,
  GetMetricDataCommand,
  type MetricDataQuery,
  type MetricDataResult,
  paginateListMetrics,
} from '@aws-sdk/client-cloudwatch';
import { promqlText, queryRange } from '../../shared/aws/query-range.ts';
import { catchRefusal } from '../../shared/aws/refusals.ts';
import { UnreadableAnswer } from '../../shared/aws/signed-request.ts';
import { type OtlpMetric, otlpName } from '../../shared/fleet/resource-names.ts';
import type { UsedPoint } from '../../shared/growth/rate.ts';
import { newestOf, plainestFirst } from '../../shared/growth/series.ts';
import type { AlarmFact } from '../../shared/model/payload.ts';

const HOUR_MS = 60 * 60_000;
/** A backtest measures growth in the same steps. */
export const HISTORY_HOURS = 48;
export const HISTORY_PERIOD_SECONDS = 30 * 60;
/** Series of one filesystem: it was created again with another type, or the agent was reconfigured. */
const MAX_SERIES = 5;
/** 500 a page: one instance publishes far less. */
const MAX_PAGES = 4;

export interface History {
  readonly used: readonly UsedPoint[];
  readonly percent: readonly { readonly atMs: number; readonly percent: number }[];
  /** The latest value; undefined where the agent does not publish inodes, or the filesystem has no fixed number of them. */
  readonly inodesPercent: number | undefined;
  /** Why nothing is known, where CloudWatch refused the read. */
  readonly unread?: string;
}

type Dimensions = Readonly<Record<string, string>>;

export interface Filesystem {
  /** The alarm or request: its dimensions are those of one series, or some of them. */
  readonly alarm: AlarmFact;
  readonly instanceId: string;
  /** The path where the fleet file mounts the volume; undefined where it knows no such volume. */
  readonly path: string | undefined;
  /** How the fleet's metrics go to CloudWatch, and which suite sends them. */
  readonly metrics: 'classic' | 'otlp';
  readonly suite: string;
}

const NOTHING: History = { used: [], percent: [], inodesPercent: undefined };

/**
 * @returns nothing where nothing is published, and why where AWS refuses the read: the growth rate only decides how much more the volume gets
 * @throws errors that leave it open, such as throttling: the read is repeated
 */
export async function readHistory(
  cloudwatch: CloudWatchClient,
  filesystem: Filesystem,
  nowMs: number,
): Promise<History> {
  const own = filesystem.metrics === 'otlp' ? await orWhy(() => findOverOtlp(cloudwatch, filesystem, nowMs)) : NOTHING;
  if (isKnown(own)) return own;
  const ofAgent = await orWhy(() => findOfAgent(cloudwatch, filesystem, nowMs));
  return isKnown(ofAgent) || own.unread === undefined ? ofAgent : own;
}

/** A full disk does not wait for its history: what is refused, or cannot be read, is not known. */
async function orWhy(find: () => Promise<History>): Promise<History> {
  try {
    const read = await catchRefusal(find);
    return 'refused' in read ? { ...NOTHING, unread: read.refused } : read;
  } catch (error) {
    if (error instanceof UnreadableAnswer) return { ...NOTHING, unread: error.message };
    throw error;
  }
}

/** What `watch-fleet` has sent of this volume. */
async function findOverOtlp(
  cloudwatch: CloudWatchClient,
  { instanceId, path, suite }: Filesystem,
  nowMs: number,
): Promise<History> {
  if (path === undefined) return NOTHING;
  const pointsOf = async (metric: OtlpMetric) => {
    const of = `${otlpName(suite, metric)}{InstanceId=${promqlText(instanceId)}, path=${promqlText(path)}}`;
    const { series } = await queryRange(cloudwatch, {
      query: `max(max_over_time(${of}[${HISTORY_PERIOD_SECONDS}s]))`,
      fromMs: nowMs - HISTORY_HOURS * HOUR_MS,
      toMs: nowMs,
      stepSeconds: HISTORY_PERIOD_SECONDS,
    });
    return series.flatMap(({ points }) => points);
  };
  const [disk, inodes] = await Promise.all([pointsOf('DiskUsedPercent'), pointsOf('InodesUsedPercent')]);
  return {
    used: [],
    percent: disk.map(([atMs, percent]) => ({ atMs, percent })),
    inodesPercent: inodes.at(-1)?.[1],
  };
}

async function findOfAgent(
  cloudwatch: CloudWatchClient,
  { alarm, instanceId, path }: Filesystem,
  nowMs: number,
): Promise<History> {
  const { namespace, dimensions } = alarm;
  const [own] = Object.keys(dimensions).length === 0 ? [] : await read(cloudwatch, namespace, [dimensions], nowMs);
  if (own && isKnown(own)) return own;
  // Other series may have these names: only those of this filesystem count.
  const about = { ...(path !== undefined && { path }), ...dimensions, InstanceId: instanceId };
  if (!('path' in about)) return NOTHING;
  const series = await listSeries(cloudwatch, namespace, about);
  if (series.length === 0) return NOTHING;
  const found = await read(cloudwatch, namespace, series, nowMs);
  return newestOf(found, lastMs) ?? NOTHING;
}

const isKnown = ({ used, percent }: History): boolean => used.length + percent.length > 0;
const lastMs = ({ used, percent }: History): number => Math.max(used.at(-1)?.atMs ?? 0, percent.at(-1)?.atMs ?? 0);

/** ListMetrics takes some of the dimensions, and returns all. Plainest first. */
async function listSeries(
  cloudwatch: CloudWatchClient,
  Namespace: string,
  about: Dimensions,
): Promise<readonly Dimensions[]> {
  const found: Dimensions[] = [];
  const wanted = {
    Namespace,
    MetricName: 'disk_used_percent',
    Dimensions: Object.entries(about).map(([Name, Value]) => ({ Name, Value })),
  };
  let pages = 0;
  for await (const { Metrics = [], NextToken } of paginateListMetrics({ client: cloudwatch }, wanted)) {
    for (const { Dimensions: list = [] } of Metrics)
      found.push(Object.fromEntries(list.map(({ Name = '', Value = '' }) => [Name, Value])));
    if (++pages === MAX_PAGES && NextToken)
      throw new Error(
        `more than ${MAX_PAGES} pages of disk_used_percent of ${about['InstanceId']}: half-read ones are refused`,
      );
  }
  return found.sort(plainestFirst).slice(0, MAX_SERIES);
}

const METRICS = {
  used: 'disk_used',
  percent: 'disk_used_percent',
  inodesUsed: 'disk_inodes_used',
  inodesTotal: 'disk_inodes_total',
} as const;

/** One history for each series, by one call: at most twenty queries of the 500 that one takes. */
async function read(
  cloudwatch: CloudWatchClient,
  Namespace: string,
  series: readonly Dimensions[],
  nowMs: number,
): Promise<readonly History[]> {
  const { MetricDataResults = [] } = await cloudwatch.send(
    new GetMetricDataCommand({
      StartTime: new Date(nowMs - HISTORY_HOURS * HOUR_MS),
      EndTime: new Date(nowMs),
      ScanBy: 'TimestampAscending',
      MetricDataQueries: series.flatMap((dimensions, at) => queriesOf(Namespace, dimensions, at)),
    }),
  );
  return series.map((_, at) => historyOf(MetricDataResults, at));
}

const queriesOf = (Namespace: string, dimensions: Dimensions, at: number): MetricDataQuery[] => {
  const Dimensions = Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value }));
  return Object.entries(METRICS).map(([id, MetricName]) => ({
    Id: `${id}${at}`,
    MetricStat: {
      Metric: { Namespace, MetricName, Dimensions },
      Period: HISTORY_PERIOD_SECONDS,
      Stat: 'Maximum',
    },
  }));
};

function historyOf(results: readonly MetricDataResult[], at: number): History {
  const points = (id: keyof typeof METRICS) => {
    const { Timestamps = [], Values = [] } = results.find(({ Id }) => Id === `${id}${at}`) ?? {};
    return Timestamps.map((time, i) => ({ atMs: time.getTime(), value: Values[i] ?? 0 }));
  };
  const inodesUsed = points('inodesUsed').at(-1);
  const inodesTotal = points('inodesTotal').at(-1);
  return {
    inodesPercent:
      inodesUsed && inodesTotal && inodesTotal.value > 0 ? (inodesUsed.value / inodesTotal.value) * 100 : undefined,
    used: points('used').map(({ atMs, value }) => ({ atMs, usedBytes: value })),
    percent: points('percent').map(({ atMs, value }) => ({ atMs, percent: value })),
  };
}
