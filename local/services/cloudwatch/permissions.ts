// "Actions, resources, and condition keys for Amazon CloudWatch" (Service Authorization Reference).
import {
  eachOnAnything,
  type Mapping,
  type Mappings,
  OF_NEW,
  OF_TAGGED,
  onAnything,
  type Region,
  requestTagKeys,
  resourceTagKeys,
  sameKeys,
} from '../iam/check.ts';

const alarmArn = ({ accountId, regionName }: Region, name: string): string =>
  `arn:aws:cloudwatch:${regionName}:${accountId}:alarm:${name}`;

/** A request that names no alarm is about all alarms. */
const onAlarms =
  (action: string): Mapping =>
  (input: { AlarmNames?: string[]; AlarmName?: string }, region) => {
    const named = input.AlarmNames ?? (input.AlarmName === undefined ? [] : [input.AlarmName]);
    const arns = (named.length === 0 ? ['*'] : named).map((name) => alarmArn(region, name));
    return [{ action, resources: arns.map((arn) => ({ arn, keys: resourceTagKeys(region, arn, 'aws:ResourceTag') })) }];
  };

interface PutAlarmInput {
  readonly AlarmName?: string;
  readonly AlarmActions?: readonly string[];
  readonly Tags?: readonly { Key?: string; Value?: string }[];
}

/**
 * PutMetricAlarm has no aws:ResourceTag: it overwrites by name. "To be able to associate tags with the alarm when you create the alarm, you must have
 * the cloudwatch:TagResource permission" (PutMetricAlarmInput, @aws-sdk/client-cloudwatch).
 */
const putAlarm =
  (action: string): Mapping =>
  (input: PutAlarmInput, region) => {
    const resources = [{ arn: alarmArn(region, input.AlarmName ?? '') }];
    const tags = requestTagKeys(input.Tags);
    const actions = input.AlarmActions?.length ? { 'cloudwatch:AlarmActions': input.AlarmActions } : {};
    const put = { action, resources, keys: { ...tags, ...actions } };
    return input.Tags?.length ? [put, { action: 'cloudwatch:TagResource', resources, keys: tags }] : [put];
  };

const onArn =
  (action: string): Mapping =>
  (input: { ResourceARN?: string; Tags?: { Key?: string; Value?: string }[]; TagKeys?: string[] }, region) => {
    const arn = input.ResourceARN ?? '';
    const keys = resourceTagKeys(region, arn, 'aws:ResourceTag');
    const removed = input.TagKeys?.length ? { 'aws:TagKeys': input.TagKeys } : {};
    return [{ action, resources: [{ arn, keys }], keys: { ...requestTagKeys(input.Tags), ...removed } }];
  };

const ALARMS = [
  'DescribeAlarms',
  'DescribeAlarmHistory',
  'DescribeAlarmContributors',
  'DeleteAlarms',
  'SetAlarmState',
  'EnableAlarmActions',
  'DisableAlarmActions',
];
const METRICS = [
  'ListAlarmMuteRules',
  'GetMetricData',
  'GetMetricStatistics',
  'ListMetrics',
  'DescribeAlarmsForMetric',
];

export const permissions: Mappings = {
  ...Object.fromEntries(ALARMS.map((operation) => [operation, onAlarms(`cloudwatch:${operation}`)])),
  ...eachOnAnything('cloudwatch', METRICS),
  PutMetricAlarm: putAlarm('cloudwatch:PutMetricAlarm'),
  PutCompositeAlarm: putAlarm('cloudwatch:PutCompositeAlarm'),
  PutMetricData: (input: { Namespace?: string }) => [
    {
      action: 'cloudwatch:PutMetricData',
      resources: [{ arn: '*' }],
      keys: { 'cloudwatch:namespace': input.Namespace ?? '' },
    },
  ],
  // "Controlling OTLP ingest": the same action, and the request has no namespace, so that a condition on one implicitly denies it
  // ("Using condition keys to limit access to CloudWatch namespaces", user guide).
  ExportOtlpMetrics: onAnything('cloudwatch:PutMetricData'),
  // "To call QueryMetrics, the calling identity must have both … GetMetricData … ListMetrics" ("QueryMetrics", user guide).
  QueryMetrics: () =>
    ['cloudwatch:GetMetricData', 'cloudwatch:ListMetrics'].map((action) => ({ action, resources: [{ arn: '*' }] })),
  ListTagsForResource: onArn('cloudwatch:ListTagsForResource'),
  TagResource: onArn('cloudwatch:TagResource'),
  UntagResource: onArn('cloudwatch:UntagResource'),
};

export const conditionKeys = {
  ...sameKeys('cloudwatch', METRICS, []),
  ...sameKeys('cloudwatch', [...ALARMS, 'ListTagsForResource'], OF_TAGGED),
  'cloudwatch:TagResource': [...OF_TAGGED, ...OF_NEW],
  'cloudwatch:UntagResource': [...OF_TAGGED, 'aws:TagKeys'],
  ...sameKeys('cloudwatch', ['PutCompositeAlarm', 'PutMetricAlarm'], [...OF_NEW, 'cloudwatch:AlarmActions']),
  'cloudwatch:PutMetricData': ['cloudwatch:namespace'],
};
