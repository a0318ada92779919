// Reads what the dispatcher needs before it decides: alarms and instances as they are now.
import {
  type AlarmContributor,
  type CloudWatchClient,
  type CompositeAlarm,
  DescribeAlarmContributorsCommand,
  DescribeAlarmsCommand,
  ListAlarmMuteRulesCommand,
  type MetricAlarm,
} from '@aws-sdk/client-cloudwatch';
import { DescribeInstanceStatusCommand, DescribeTagsCommand, type EC2Client, type Filter } from '@aws-sdk/client-ec2';
import type { InstanceDescription } from '../../shared/aws/instances.ts';
import { queriedMetric } from '../../shared/events/alarm.ts';
import type { OwnAlarm } from '../../shared/fleet/model.ts';
import { AGENT_NAMESPACE, EC2_NAMESPACE, otlpName } from '../../shared/fleet/resource-names.ts';
import type { AlarmFact } from '../../shared/model/payload.ts';
import { DEFAULT_SUITE } from '../../shared/model/suite.ts';

/** A limit of one sweep: alarms come 100 a page. */
const MAX_ALARM_PAGES = 60;
const INSTANCES_A_CALL = 200;

export interface AlarmStatus {
  readonly fact: AlarmFact;
  /** `fleet`: one alarm for all nodes, which says nothing about a single node; its `contributor`s do. */
  readonly about: 'node' | 'fleet' | 'contributor';
  readonly metricName: string | undefined;
  readonly sinceMs: number;
  /** A person who disables an alarm's actions wants its node left alone. */
  readonly actionsEnabled: boolean;
  /** Its rule reads other alarms, which tell whom it is about. Absent for an alarm on metrics. */
  readonly isComposite?: true;
  /** What holds a composite alarm's actions back now. Absent where nothing does. */
  readonly suppressedBy?: string;
  /** All instances that its metrics name, where they name more than one. */
  readonly instanceIds?: readonly string[];
  /** The report of an owner's own alarm: of which fleet, and what it says there. Absent for every other alarm. */
  readonly own?: { readonly fleet: string; readonly means: OwnAlarm['means'] };
}

/** Every alarm that is in ALARM now, or those of the given names. */
export async function readActiveAlarms(
  cloudwatch: CloudWatchClient,
  names?: readonly string[],
): Promise<readonly AlarmStatus[]> {
  const found: AlarmStatus[] = [];
  let NextToken: string | undefined;
  for (let page = 0; page === 0 || NextToken; page++) {
    if (page === MAX_ALARM_PAGES)
      throw new Error(`more than ${MAX_ALARM_PAGES} pages of alarms: half-read selections are refused`);
    const read = await cloudwatch.send(
      new DescribeAlarmsCommand({
        StateValue: 'ALARM',
        AlarmTypes: ['MetricAlarm', 'CompositeAlarm'],
        ...(names ? { AlarmNames: [...names] } : { MaxRecords: 100 }),
        ...(NextToken && { NextToken }),
      }),
    );
    found.push(...(read.MetricAlarms ?? []).flatMap(alarmNow), ...(read.CompositeAlarms ?? []).flatMap(compositeNow));
    NextToken = read.NextToken;
  }
  return found;
}

/** DescribeAlarms takes 100 names (DescribeAlarmsInput, @aws-sdk/client-cloudwatch). */
const NAMES_A_CALL = 100;

/** Those of the named alarms that are in OK, and those that are gone. An alarm without data says nothing. */
export async function readRecoveredAlarms(
  cloudwatch: CloudWatchClient,
  names: readonly string[],
): Promise<ReadonlySet<string>> {
  const over = new Set(names);
  for (let from = 0; from < names.length; from += NAMES_A_CALL) {
    const AlarmNames = names.slice(from, from + NAMES_A_CALL);
    const { MetricAlarms = [], CompositeAlarms = [] } = await cloudwatch.send(
      new DescribeAlarmsCommand({
        AlarmNames,
        AlarmTypes: ['MetricAlarm', 'CompositeAlarm'],
        MaxRecords: NAMES_A_CALL,
      }),
    );
    for (const { AlarmName = '', StateValue } of [...MetricAlarms, ...CompositeAlarms])
      if (StateValue !== 'OK') over.delete(AlarmName);
  }
  return over;
}

/** "A composite alarm's rule expression can include as many as 100 underlying alarms" (PutCompositeAlarm, CloudWatch API). */
const CHILDREN_AT_MOST = 100;

/**
 * The alarms that a composite alarm's rule reads and that are in ALARM now. ChildrenOfAlarmName takes no other member than MaxRecords and NextToken, and
 * returns names and states alone (DescribeAlarmsInput, @aws-sdk/client-cloudwatch).
 */
export async function readChildren(cloudwatch: CloudWatchClient, alarmName: string): Promise<readonly AlarmStatus[]> {
  const { MetricAlarms = [], CompositeAlarms = [] } = await cloudwatch.send(
    new DescribeAlarmsCommand({ ChildrenOfAlarmName: alarmName, MaxRecords: CHILDREN_AT_MOST }),
  );
  const names = [...MetricAlarms, ...CompositeAlarms].flatMap(({ AlarmName, StateValue }) =>
    AlarmName !== undefined && StateValue === 'ALARM' ? [AlarmName] : [],
  );
  return names.length === 0 ? [] : readActiveAlarms(cloudwatch, names);
}

/** The mute rule that is active for an alarm, if there is one. Events include it; a sweep has to ask. */
export async function readMuteRule(cloudwatch: CloudWatchClient, AlarmName: string): Promise<string | null> {
  const { AlarmMuteRuleSummaries = [] } = await cloudwatch.send(
    new ListAlarmMuteRulesCommand({ AlarmName, Statuses: ['ACTIVE'] }),
  );
  return AlarmMuteRuleSummaries[0]?.AlarmMuteRuleArn ?? null;
}

/** More than AWS has in ALARM for one alarm: "limit the number of contributors in ALARM to 100" ("Limits", CloudWatch user guide). */
const MAX_CONTRIBUTOR_PAGES = 20;
/** With so many contributors in ALARM, CloudWatch may hide others. */
export const CONTRIBUTORS_AT_MOST = 100;

/** The contributors of a fleet-wide alarm that are in ALARM now, each as an alarm on its own node. */
export async function readContributors(
  cloudwatch: CloudWatchClient,
  alarm: AlarmStatus,
): Promise<readonly ContributorStatus[]> {
  const { alarmName: AlarmName } = alarm.fact;
  const found: ContributorStatus[] = [];
  let NextToken: string | undefined;
  for (let page = 0; page === 0 || NextToken; page++) {
    if (page === MAX_CONTRIBUTOR_PAGES)
      throw new Error(
        `more than ${MAX_CONTRIBUTOR_PAGES} pages of contributors of ${AlarmName}: half-read selections are refused`,
      );
    const read = await cloudwatch.send(
      new DescribeAlarmContributorsCommand({ AlarmName, ...(NextToken && { NextToken }) }),
    );
    found.push(...(read.AlarmContributors ?? []).map((contributor) => contributorNow(alarm, contributor)));
    NextToken = read.NextToken;
  }
  return found;
}

export interface ContributorStatus extends AlarmStatus {
  readonly about: 'contributor';
  readonly contributorId: string;
}

const contributorNow = (
  alarm: AlarmStatus,
  { ContributorId, ContributorAttributes = {}, StateTransitionedTimestamp }: AlarmContributor,
): ContributorStatus => ({
  ...alarm,
  about: 'contributor',
  contributorId: ContributorId ?? '',
  fact: { ...alarm.fact, dimensions: ContributorAttributes },
  sinceMs: StateTransitionedTimestamp?.getTime() ?? alarm.sinceMs,
});

/**
 * What an alarm of ours on a PromQL query is about: the metric on which the classic alarm of the same kind looks. Each series of a PromQL alarm is a
 * contributor. A query of people's own is about nothing that is known.
 */
function promqlMetric({ EvaluationCriteria }: MetricAlarm): ReturnType<typeof queriedMetric> {
  const [, suite = '', metric = ''] = PROMQL.exec(EvaluationCriteria?.PromQLCriteria?.Query ?? '') ?? [];
  const looked = CLASSIC.get(`${DEFAULT_SUITE}${metric}`);
  return looked && { ...looked, namespace: looked.namespace ?? suite.replaceAll('_', '-'), groups: true };
}

/** `(chainmend_health{`, `(payments_chainmend_health{` */
const PROMQL = /\(((?:[a-z0-9_]{1,40}_)?chainmend)(_[a-z_]{1,100})\{/;

/** Without a namespace it is in the suite's own. */
const CLASSIC = new Map<string, { readonly namespace?: string; readonly name: string }>([
  [otlpName(DEFAULT_SUITE, 'Health'), { name: 'Health' }],
  [otlpName(DEFAULT_SUITE, 'DiskUsedPercent'), { namespace: AGENT_NAMESPACE, name: 'disk_used_percent' }],
  [otlpName(DEFAULT_SUITE, 'InodesUsedPercent'), { namespace: AGENT_NAMESPACE, name: 'disk_inodes_used' }],
  [otlpName(DEFAULT_SUITE, 'StatusCheckFailed'), { namespace: EC2_NAMESPACE, name: 'StatusCheckFailed' }],
  [otlpName(DEFAULT_SUITE, 'AttachedEbsFailed'), { namespace: EC2_NAMESPACE, name: 'StatusCheckFailed_AttachedEBS' }],
]);

/** The dimensions of an alarm. On a metric or an expression: the first metric that has dimensions; on a query: the metric that it selects. */
const alarmNow = (alarm: MetricAlarm): readonly AlarmStatus[] => {
  const { AlarmName, StateTransitionedTimestamp, StateUpdatedTimestamp } = alarm;
  const metric = alarm.MetricName
    ? alarm
    : alarm.Metrics?.map(({ MetricStat }) => MetricStat?.Metric).find((candidate) => candidate?.Dimensions?.length);
  const since = StateTransitionedTimestamp ?? StateUpdatedTimestamp;
  if (!AlarmName || !since) return [];
  const query = metric
    ? undefined
    : (promqlMetric(alarm) ?? queriedMetric((alarm.Metrics ?? []).map(({ Expression }) => Expression)));
  const dimensions = Object.fromEntries((metric?.Dimensions ?? []).map(({ Name = '', Value = '' }) => [Name, Value]));
  const instanceIds = new Set(
    (alarm.Metrics ?? []).flatMap(({ MetricStat }) =>
      (MetricStat?.Metric?.Dimensions ?? []).flatMap(({ Name, Value }) => (Name === 'InstanceId' && Value) || []),
    ),
  );
  const fact = { alarmName: AlarmName, namespace: metric?.Namespace ?? query?.namespace ?? '', dimensions };
  return [
    {
      fact,
      // Each series of a PromQL query is a contributor.
      about: query?.groups || alarm.EvaluationCriteria !== undefined ? 'fleet' : 'node',
      metricName: metric?.MetricName ?? query?.name,
      sinceMs: since.getTime(),
      actionsEnabled: alarm.ActionsEnabled !== false,
      ...(instanceIds.size > 1 && { instanceIds: [...instanceIds] }),
    },
  ];
};

const compositeNow = (alarm: CompositeAlarm): readonly AlarmStatus[] => {
  const { AlarmName, StateTransitionedTimestamp, StateUpdatedTimestamp, ActionsSuppressedBy } = alarm;
  const since = StateTransitionedTimestamp ?? StateUpdatedTimestamp;
  if (!AlarmName || !since) return [];
  return [
    {
      fact: { alarmName: AlarmName, namespace: '', dimensions: {} },
      about: 'node',
      metricName: undefined,
      sinceMs: since.getTime(),
      actionsEnabled: alarm.ActionsEnabled !== false,
      isComposite: true,
      ...(ActionsSuppressedBy !== undefined && { suppressedBy: ActionsSuppressedBy }),
    },
  ];
};

export type TaggedInstance = Pick<InstanceDescription, 'instanceId' | 'tags'>;

/** "MaxResults: between 5 and 1000" (DescribeTagsRequest, @aws-sdk/client-ec2). */
const TAGS_A_PAGE = 1_000;
/** 200 instances with the 50 tags that each may have, and as many again that AWS adds. */
const MAX_TAG_PAGES = 20;

/**
 * Those of the given instances that exist and carry tags at all. Only the fleet of an instance is needed here: DescribeInstances would make the
 * bundle a twelfth larger.
 */
export async function readInstances(
  ec2: EC2Client,
  ids: readonly string[],
): Promise<ReadonlyMap<string, TaggedInstance>> {
  const found = new Map<string, TaggedInstance>();
  for (let from = 0; from < ids.length; from += INSTANCES_A_CALL) {
    const some = ids.slice(from, from + INSTANCES_A_CALL);
    for (const { instanceId, key, value } of await readTags(ec2, [{ Name: 'resource-id', Values: some }])) {
      const tags = { ...found.get(instanceId)?.tags, [key]: value };
      found.set(instanceId, { instanceId, tags });
    }
  }
  return found;
}

/** Instances that carry this tag and are not terminated. EC2 shows a terminated instance, with its tags, for an hour after its end. */
export async function readTagged(ec2: EC2Client, key: string, value: string): Promise<readonly TaggedInstance[]> {
  const rows = await readTags(ec2, [
    { Name: 'key', Values: [key] },
    { Name: 'value', Values: [value] },
  ]);
  const ids = rows.map(({ instanceId }) => instanceId);
  if (ids.length === 0) return [];
  const [instances, states] = await Promise.all([readInstances(ec2, ids), readStates(ec2, ids)]);
  return [...instances.values()].filter(({ instanceId }) => states.get(instanceId) !== 'gone');
}

async function readTags(ec2: EC2Client, which: readonly Filter[]) {
  const Filters = [{ Name: 'resource-type', Values: ['instance'] }, ...which];
  const found: { instanceId: string; key: string; value: string }[] = [];
  let NextToken: string | undefined;
  for (let page = 0; page === 0 || NextToken; page++) {
    if (page === MAX_TAG_PAGES)
      throw new Error(`more than ${MAX_TAG_PAGES} pages of tags: half-read selections are refused`);
    const read = await ec2.send(
      new DescribeTagsCommand({ Filters, MaxResults: TAGS_A_PAGE, ...(NextToken && { NextToken }) }),
    );
    for (const { ResourceId: instanceId = '', Key: key = '', Value: value = '' } of read.Tags ?? [])
      found.push({ instanceId, key, value });
    NextToken = read.NextToken;
  }
  return found;
}

async function readStates(ec2: EC2Client, ids: readonly string[]): Promise<ReadonlyMap<string, 'gone' | 'there'>> {
  const InstanceIds = ids.slice(0, STATUSES_A_CALL);
  const { InstanceStatuses = [] } = await ec2.send(
    new DescribeInstanceStatusCommand({ InstanceIds, IncludeAllInstances: true }),
  );
  return new Map(
    InstanceStatuses.map(({ InstanceId = '', InstanceState }) => {
      const gone = InstanceState?.Name === 'terminated' || InstanceState?.Name === 'shutting-down';
      return [InstanceId, gone ? 'gone' : 'there'];
    }),
  );
}

/**
 * passed: EC2 says so of every check. ebs: the instance cannot reach a volume, even if other checks fail because of that. unknown: none fails, and not all
 * have passed, as while an instance starts ("initializing", "insufficient-data": Status checks, EC2 user guide). A stopped one has no result at all.
 */
export type StatusCheckResult = 'passed' | 'failed' | 'ebs' | 'unknown';

/** "Constraints: Maximum 100 explicitly specified instance IDs" (DescribeInstanceStatusRequest, @aws-sdk/client-ec2). */
const STATUSES_A_CALL = 100;

/** EC2's status checks of running instances. @param ids of instances that exist: if one does not exist, EC2 answers for none */
export async function readChecks(
  ec2: EC2Client,
  ids: readonly string[],
): Promise<ReadonlyMap<string, StatusCheckResult>> {
  const found = new Map<string, StatusCheckResult>();
  for (let from = 0; from < ids.length; from += STATUSES_A_CALL) {
    const InstanceIds = ids.slice(from, from + STATUSES_A_CALL);
    const { InstanceStatuses = [] } = await ec2.send(new DescribeInstanceStatusCommand({ InstanceIds }));
    for (const { InstanceId = '', InstanceStatus, SystemStatus, AttachedEbsStatus } of InstanceStatuses) {
      const own = [InstanceStatus?.Status, SystemStatus?.Status];
      // Instances that are not built on Nitro have no check of their volumes.
      const ebs = AttachedEbsStatus?.Status ?? 'ok';
      const well = [...own, ebs].every((status) => status === 'ok') ? 'passed' : 'unknown';
      found.set(InstanceId, ebs === 'impaired' ? 'ebs' : own.includes('impaired') ? 'failed' : well);
    }
  }
  return found;
}
