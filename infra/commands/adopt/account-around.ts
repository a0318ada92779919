// Reads what CloudWatch, Route 53, load balancers and Systems Manager say of instances, for `chainmend adopt`.
import {
  type CloudWatchClient,
  paginateDescribeAlarms,
  paginateGetMetricData,
  paginateListMetrics,
} from '@aws-sdk/client-cloudwatch';
import {
  DescribeTagsCommand,
  DescribeTargetHealthCommand,
  type ElasticLoadBalancingV2Client,
  paginateDescribeTargetGroups,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import {
  ListResourceRecordSetsCommand,
  type ListResourceRecordSetsCommandOutput,
  paginateListHostedZones,
  type Route53Client,
} from '@aws-sdk/client-route-53';
import { paginateDescribeInstanceInformation, type SSMClient } from '@aws-sdk/client-ssm';
import { tagsOf } from './account-ec2.ts';
import type { ReadOut } from './read-out.ts';

type Part<Key extends keyof ReadOut> = Promise<ReadOut[Key]>;

/** "A single GetMetricData call can include up to 500 MetricDataQuery structures" (CloudWatch API reference). */
const SERIES_A_REQUEST = 500;
/** DescribeTags of a load balancer takes "up to 20 resources in a single call" (ELB v2 API reference). */
const GROUPS_A_REQUEST = 20;
/** One request each for its targets: more groups take minutes, and none is needed to find a node. */
const TARGET_GROUPS_MAX = 300;
/** Pages of one list: 500 series, 300 records, 100 alarms a page. */
const PAGES_MAX = 400;
const MINUTE_MS = 60_000;
/** The CloudWatch agent writes each minute, or each five. */
const LOOK_BACK_MS = 30 * MINUTE_MS;
const PERIOD_SECONDS = 300;

const dimensionsOf = (dimensions: readonly { Name?: string | undefined; Value?: string | undefined }[] = []) =>
  Object.fromEntries(dimensions.map(({ Name = '', Value = '' }) => [Name, Value]));

/** By the dimension that AWS and its agent give an instance. */
const INSTANCE = 'InstanceId';
const isOurs = (text: string): boolean => /^chainmend/i.test(text);

/** Without the alarms that chainmend made itself. */
export async function alarmsOf(client: CloudWatchClient, ids: ReadonlySet<string>): Part<'alarms'> {
  const all: ReadOut['alarms'][number][] = [];
  let pages = 0;
  for await (const { MetricAlarms = [] } of paginateDescribeAlarms({ client }, { AlarmTypes: ['MetricAlarm'] })) {
    for (const { AlarmName = '', Namespace, MetricName, Dimensions, Metrics = [] } of MetricAlarms) {
      if (isOurs(AlarmName)) continue;
      const watched = [
        { Namespace, MetricName, Dimensions },
        ...Metrics.flatMap(({ MetricStat }) => MetricStat?.Metric ?? []),
      ].find(({ Dimensions: of }) => ids.has(dimensionsOf(of)[INSTANCE] ?? ''));
      if (watched === undefined) continue;
      const dimensions = dimensionsOf(watched.Dimensions);
      all.push({ name: AlarmName, namespace: watched.Namespace ?? '', metric: watched.MetricName ?? '', dimensions });
    }
    if (++pages === PAGES_MAX) throw new Error(`more than ${PAGES_MAX} pages`);
  }
  return all;
}

/** What AWS writes of every instance says nothing of a node, and neither does most of what its agent writes. */
const isTelling = (namespace: string, name: string): boolean =>
  !namespace.startsWith('AWS/') &&
  !isOurs(namespace) &&
  (!/^(disk|diskio|mem|swap|cpu|net|netstat|processes)_/.test(name) || name === DISK_USE);
const DISK_USE = 'disk_used_percent';

export async function seriesOf(client: CloudWatchClient, ids: ReadonlySet<string>): Part<'metrics'> {
  const all: ReadOut['metrics'][number][] = [];
  let pages = 0;
  for await (const { Metrics = [] } of paginateListMetrics({ client }, { Dimensions: [{ Name: INSTANCE }] })) {
    for (const { Namespace = '', MetricName = '', Dimensions } of Metrics) {
      const dimensions = dimensionsOf(Dimensions);
      if (ids.has(dimensions[INSTANCE] ?? '') && isTelling(Namespace, MetricName))
        all.push({ namespace: Namespace, name: MetricName, dimensions });
    }
    if (++pages === PAGES_MAX) throw new Error(`more than ${PAGES_MAX} pages`);
  }
  return all;
}

/** Filesystems that are no volume's. */
const NO_DISK = /^(tmpfs|devtmpfs|overlay|squashfs|proc|sysfs|efivarfs|vfat|ramfs|nsfs|autofs)$/;

export async function disksOf(client: CloudWatchClient, series: ReadOut['metrics'], nowMs: number): Part<'disks'> {
  const asked = series.filter(({ name, dimensions }) => name === DISK_USE && !NO_DISK.test(dimensions['fstype'] ?? ''));
  const all: ReadOut['disks'][number][] = [];
  for (let at = 0; at < asked.length; at += SERIES_A_REQUEST) {
    const part = asked.slice(at, at + SERIES_A_REQUEST);
    const input = {
      StartTime: new Date(nowMs - LOOK_BACK_MS),
      EndTime: new Date(nowMs),
      MetricDataQueries: part.map(({ namespace, name, dimensions }, index) => ({
        Id: `q${index}`,
        MetricStat: {
          Metric: {
            ...{ Namespace: namespace, MetricName: name },
            Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
          },
          ...{ Period: PERIOD_SECONDS, Stat: 'Maximum' },
        },
      })),
    };
    const latest = new Map<string, number>();
    for await (const { MetricDataResults = [] } of paginateGetMetricData({ client }, input))
      for (const { Id = '', Values = [] } of MetricDataResults) {
        // "TimestampDescending" is the default: the first value is the latest.
        const [first] = Values;
        if (first !== undefined && !latest.has(Id)) latest.set(Id, first);
      }
    for (const [index, { dimensions }] of part.entries()) {
      const used = latest.get(`q${index}`);
      if (used === undefined) continue;
      const usedPercent = Math.round(Math.min(100, Math.max(0, used)) * 10) / 10;
      all.push({ instanceId: dimensions[INSTANCE] ?? '', path: dimensions['path'] ?? '', usedPercent });
    }
  }
  return all;
}

/** Private zones that have an address of one of the instances. */
export async function zonesOf(client: Route53Client, byIp: ReadonlyMap<string, string>): Part<'zones'> {
  const all: ReadOut['zones'][number][] = [];
  for await (const { HostedZones = [] } of paginateListHostedZones({ client }, {}))
    for (const { Id = '', Name = '', Config } of HostedZones) {
      if (Config?.PrivateZone !== true) continue;
      const records = await addressRecords(client, Id, byIp);
      if (records.length > 0) all.push({ name: withoutDot(Name), records });
    }
  return all;
}

async function addressRecords(
  client: Route53Client,
  HostedZoneId: string,
  byIp: ReadonlyMap<string, string>,
): Promise<ReadOut['zones'][number]['records']> {
  const records: { name: string; type: string; values: string[] }[] = [];
  let from: Pick<ListResourceRecordSetsCommandOutput, 'NextRecordName' | 'NextRecordType' | 'NextRecordIdentifier'> =
    {};
  for (let page = 0; page < PAGES_MAX; page++) {
    const answer: ListResourceRecordSetsCommandOutput = await client.send(
      new ListResourceRecordSetsCommand({
        HostedZoneId,
        StartRecordName: from.NextRecordName,
        StartRecordType: from.NextRecordType,
        StartRecordIdentifier: from.NextRecordIdentifier,
      }),
    );
    for (const { Name: name = '', Type: type = '', ResourceRecords = [] } of answer.ResourceRecordSets ?? []) {
      const values = ResourceRecords.flatMap(({ Value }) => Value ?? []);
      if (type === 'A' && values.some((value) => byIp.has(value)))
        records.push({ name: withoutDot(name), type, values });
    }
    if (answer.IsTruncated !== true) return records;
    from = answer;
  }
  throw new Error(`a zone has more than ${PAGES_MAX} pages of records`);
}

const withoutDot = (name: string): string => name.replace(/\.$/, '');

export async function targetGroupsOf(
  elb: ElasticLoadBalancingV2Client,
  ids: ReadonlySet<string>,
  byIp: ReadonlyMap<string, string>,
): Part<'targetGroups'> {
  const found: { arn: string; name: string; port: number; instanceIds: string[] }[] = [];
  let looked = 0;
  for await (const { TargetGroups = [] } of paginateDescribeTargetGroups({ client: elb }, {}))
    for (const { TargetGroupArn: arn = '', TargetGroupName: name = '', Port: port = 0 } of TargetGroups) {
      if (++looked > TARGET_GROUPS_MAX) throw new Error(`there are more than ${TARGET_GROUPS_MAX}`);
      const { TargetHealthDescriptions = [] } = await elb.send(
        new DescribeTargetHealthCommand({ TargetGroupArn: arn }),
      );
      const targets = TargetHealthDescriptions.flatMap(({ Target }) => Target?.Id ?? []);
      const instanceIds = targets.flatMap((id) => (ids.has(id) ? [id] : (byIp.get(id) ?? [])));
      if (instanceIds.length > 0) found.push({ arn, name, port, instanceIds });
    }
  const tags = new Map<string, Record<string, string>>();
  for (let at = 0; at < found.length; at += GROUPS_A_REQUEST) {
    const ResourceArns = found.slice(at, at + GROUPS_A_REQUEST).map(({ arn }) => arn);
    const { TagDescriptions = [] } = await elb.send(new DescribeTagsCommand({ ResourceArns }));
    for (const { ResourceArn = '', Tags } of TagDescriptions) tags.set(ResourceArn, tagsOf(Tags));
  }
  return found.map(({ arn, ...group }) => ({ ...group, tags: tags.get(arn) ?? {} }));
}

export async function agentsOf(client: SSMClient, ids: ReadonlySet<string>): Part<'agents'> {
  const all: ReadOut['agents'][number][] = [];
  for await (const { InstanceInformationList = [] } of paginateDescribeInstanceInformation({ client }, {}))
    for (const { InstanceId: instanceId = '', PingStatus, AgentVersion: version = '' } of InstanceInformationList)
      if (ids.has(instanceId)) all.push({ instanceId, online: PingStatus === 'Online', version });
  return all;
}
