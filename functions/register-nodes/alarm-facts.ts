// Reads the existing alarms and series, page by page; each list is complete or missing.
import {
  type CloudWatchClient,
  type CompositeAlarm,
  DescribeAlarmsCommand,
  ListTagsForResourceCommand,
  type MetricAlarm,
  paginateDescribeAlarms,
  paginateListMetrics,
} from '@aws-sdk/client-cloudwatch';
import { readAllPages } from '../../shared/aws/pagination.ts';
import type { Fleet } from '../../shared/fleet/model.ts';
import { AGENT_NAMESPACE } from '../../shared/fleet/resource-names.ts';
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
  for (const dimensions of [...(used ?? [])].sort(bestFirst)) {
    const key = filesystemKey(dimensions['InstanceId'] ?? '', path);
    if (found.has(key)) continue;
    const name = dimensionKey(dimensions);
    found.set(key, { dimensions, inodes: inodes.has(name) && totals.has(name) });
  }
  return found;
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

/** The plainest series first: one that carries a device or a volume's id ends when the volume is swapped. */
const bestFirst = (a: Dimensions, b: Dimensions): number =>
  Object.keys(a).length - Object.keys(b).length || (dimensionKey(a) < dimensionKey(b) ? -1 : 1);

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
