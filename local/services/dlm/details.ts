// Checks the details of a custom snapshot policy as Data Lifecycle Manager does, beyond the checks of single members in local/simulator/gateway.
// Sources: doc comments of PolicyDetails, Schedule and the rules in @aws-sdk/client-dlm.
import type { CrossRegionCopyRule, PolicyDetails, Schedule, ShareRule, Tag } from '@aws-sdk/client-dlm';
import { AwsError, notEmulated } from '../../simulator/service.ts';

/** "The supported values are 1, 2, 3, 4, 6, 8, 12, and 24." */
const INTERVAL_HOURS: ReadonlySet<number> = new Set([1, 2, 3, 4, 6, 8, 12, 24]);
const SNAPSHOTS_MAX = 1_000;
/** "The maximum is 100 years. This is equivalent to 1200 months, 5200 weeks, or 36500 days." */
const PERIODS_MAX = { DAYS: 36_500, WEEKS: 5_200, MONTHS: 1_200, YEARS: 100 } as const;

interface Period {
  readonly Interval?: number | undefined;
  readonly IntervalUnit?: keyof typeof PERIODS_MAX | undefined;
}

/** Throws InvalidRequestException that names the wrong member, and NotImplemented for kinds of policies that are not modelled. */
export function checkDetails(details: PolicyDetails | undefined): PolicyDetails {
  if (details === undefined) throw missing('PolicyDetails');
  const { PolicyType = 'EBS_SNAPSHOT_MANAGEMENT', ResourceTypes, ResourceLocations, TargetTags, Schedules } = details;
  if (PolicyType !== 'EBS_SNAPSHOT_MANAGEMENT') throw notEmulated(`lifecycle policies of type ${PolicyType}`);
  if (details.PolicyLanguage === 'SIMPLIFIED' || details.ResourceType !== undefined) {
    throw notEmulated('default lifecycle policies');
  }
  if (details.EventSource ?? details.Actions) throw invalid('EventSource, Actions: of event-based policies only');
  if (ResourceTypes === undefined) throw missing('PolicyDetails.ResourceTypes');
  const elsewhere = (ResourceLocations ?? []).find((location) => location !== 'CLOUD');
  if (elsewhere !== undefined) throw notEmulated(`lifecycle policies for resources in ${elsewhere}`);
  if (TargetTags === undefined) throw missing('PolicyDetails.TargetTags');
  checkTags('TargetTags', TargetTags);
  if (Schedules === undefined) throw missing('PolicyDetails.Schedules');
  const onInstances = ResourceTypes[0] === 'INSTANCE';
  for (const [index, schedule] of Schedules.entries()) checkSchedule(schedule, `Schedules[${index}]`, onInstances);
  const { ExcludeBootVolume, NoReboot } = details.Parameters ?? {};
  if (ExcludeBootVolume !== undefined && !onInstances)
    throw invalid('ExcludeBootVolume: of policies on instances only');
  if (NoReboot !== undefined) throw invalid('NoReboot: of AMI policies only');
  return { ...details, PolicyType };
}

function checkSchedule(schedule: Schedule, at: string, onInstances: boolean): void {
  const { CreateRule, RetainRule, TagsToAdd, VariableTags, CrossRegionCopyRules = [] } = schedule;
  for (const member of ['FastRestoreRule', 'ArchiveRule'] as const) {
    if (schedule[member] !== undefined) throw notEmulated(`${member} of a lifecycle policy`);
  }
  if (schedule.DeprecateRule !== undefined) throw invalid(`${at}.DeprecateRule: of AMI policies only`);
  if (CreateRule === undefined) throw missing(`${at}.CreateRule`);
  checkCreateRule(CreateRule, `${at}.CreateRule`);
  if (RetainRule === undefined) throw missing(`${at}.RetainRule`);
  if (RetainRule.Count === undefined) checkPeriod(RetainRule, `${at}.RetainRule`);
  else if (RetainRule.Interval !== undefined || RetainRule.IntervalUnit !== undefined) {
    throw exclusive(`${at}.RetainRule`, ['Count', 'Interval']);
  } else within(`${at}.RetainRule.Count`, RetainRule.Count, 1, SNAPSHOTS_MAX);
  checkTags(`${at}.TagsToAdd`, TagsToAdd ?? []);
  if (VariableTags?.length && !onInstances) throw invalid(`${at}.VariableTags: of policies on instances only`);
  const shares = schedule.ShareRules ?? [];
  for (const [index, rule] of shares.entries()) checkShareRule(rule, `${at}.ShareRules[${index}]`);
  for (const [index, rule] of CrossRegionCopyRules.entries()) {
    checkCopyRule(rule, `${at}.CrossRegionCopyRules[${index}]`);
  }
}

function checkCreateRule(rule: NonNullable<Schedule['CreateRule']>, at: string): void {
  const { CronExpression, Interval, IntervalUnit, Location = 'CLOUD' } = rule;
  if (Location !== 'CLOUD') throw notEmulated(`snapshots in ${Location}`);
  if (rule.Scripts?.length) throw notEmulated('pre and post scripts of lifecycle policies');
  if (CronExpression !== undefined) {
    if (Interval !== undefined || IntervalUnit !== undefined) throw exclusive(at, ['CronExpression', 'Interval']);
    if (!/^cron\((?:\S+ ){5}\S+\)$/.test(CronExpression)) {
      throw invalid(`${at}.CronExpression: expected cron(…) with six fields, found "${CronExpression}"`);
    }
    return;
  }
  if (Interval === undefined) throw missing(`${at}.Interval`);
  if (IntervalUnit === undefined) throw missing(`${at}.IntervalUnit`);
  if (!INTERVAL_HOURS.has(Interval)) {
    throw invalid(`${at}.Interval: expected one of ${[...INTERVAL_HOURS].join(', ')}, found ${Interval}`);
  }
}

function checkShareRule({ TargetAccounts = [], UnshareInterval, UnshareIntervalUnit }: ShareRule, at: string): void {
  if (TargetAccounts.length === 0) throw missing(`${at}.TargetAccounts`);
  if (UnshareInterval === undefined && UnshareIntervalUnit === undefined) return;
  checkPeriod({ Interval: UnshareInterval, IntervalUnit: UnshareIntervalUnit }, `${at}, unsharing`);
}

/** "Use this parameter [TargetRegion] for AMI policies only. For snapshot policies, use Target instead." */
function checkCopyRule(
  { Target, TargetRegion, CmkArn, RetainRule, DeprecateRule }: CrossRegionCopyRule,
  at: string,
): void {
  if (TargetRegion !== undefined) throw invalid(`${at}.TargetRegion: of AMI policies only; name the Region in Target`);
  if (DeprecateRule !== undefined) throw invalid(`${at}.DeprecateRule: of AMI policies only`);
  if (Target === undefined) throw missing(`${at}.Target`);
  if (Target.startsWith('arn:')) throw notEmulated('copies of snapshots to Outposts');
  if (!/^[a-z]{2,4}(-[a-z]+)+-\d$/.test(Target)) throw invalid(`${at}.Target: expected a Region, found "${Target}"`);
  if (CmkArn !== undefined && !/^arn:aws[a-z-]*:kms:[\w-]+:\d{12}:key\/[\w-]+$/.test(CmkArn)) {
    throw invalid(`${at}.CmkArn: expected the ARN of a KMS key, found "${CmkArn}"`);
  }
  if (RetainRule === undefined) throw missing(`${at}.RetainRule`);
  checkPeriod(RetainRule, `${at}.RetainRule`);
}

function checkPeriod({ Interval, IntervalUnit }: Period, at: string): void {
  if (Interval === undefined) throw missing(`${at}.Interval`);
  if (IntervalUnit === undefined) throw missing(`${at}.IntervalUnit`);
  within(`${at}.Interval (${IntervalUnit})`, Interval, 1, PERIODS_MAX[IntervalUnit]);
}

function checkTags(at: string, tags: readonly Tag[]): void {
  if (tags.some(({ Key = '' }) => Key === '')) throw invalid(`${at}: expected a key for each tag`);
}

function within(at: string, found: number, least: number, most: number): void {
  if (found < least || found > most) throw invalid(`${at}: expected ${least} to ${most}, found ${found}`);
}

const invalid = (message: string): AwsError => new AwsError('InvalidRequestException', message);

export const missing = (parameter: string): AwsError =>
  new AwsError('InvalidRequestException', `Missing required parameter: ${parameter}`, {
    data: { RequiredParameters: [parameter] },
  });

const exclusive = (at: string, parameters: readonly string[]): AwsError =>
  new AwsError('InvalidRequestException', `${at}: ${parameters.join(' and ')} exclude each other`, {
    data: { MutuallyExclusiveParameters: parameters },
  });
