// CloudWatch: metrics, alarms on metrics, alarms on alarms.
import { callsOf, type MotoCall, slug } from './call.ts';

const call = callsOf('monitoring');

const ALARM = {
  AlarmName: 'disk',
  Namespace: 'chainmend',
  MetricName: 'used',
  Dimensions: [{ Name: 'InstanceId', Value: 'i-1' }],
  Statistic: 'Average',
  Period: 60,
  EvaluationPeriods: 3,
  Threshold: 90,
  ComparisonOperator: 'GreaterThanThreshold',
  ActionsEnabled: false,
};
const alarm = (title: string, more: object): MotoCall =>
  call('PutMetricAlarm', title, { ...ALARM, AlarmName: slug(title), ...more });
const datum = (title: string, more: object): MotoCall =>
  call('PutMetricData', title, { Namespace: 'chainmend', MetricData: [{ MetricName: 'used', Value: 1, ...more }] });
const composite = (title: string, AlarmRule: string): MotoCall =>
  call('PutCompositeAlarm', title, { AlarmName: 'all', AlarmRule });
const state = (title: string, more: object): MotoCall =>
  call('SetAlarmState', title, { AlarmName: 'disk', StateValue: 'ALARM', StateReason: 'because', ...more });

export const CLOUDWATCH: readonly MotoCall[] = [
  call('PutMetricAlarm', 'plain', ALARM),
  call('PutMetricAlarm', 'again', ALARM),
  alarm('with a state for missing data', { TreatMissingData: 'breaching' }),
  alarm('with an unknown state for missing data', { TreatMissingData: 'BANANA' }),
  alarm('with an unknown comparison', { ComparisonOperator: 'BANANA' }),
  alarm('with an unknown statistic', { Statistic: 'BANANA' }),
  alarm('with an unknown unit', { Unit: 'BANANA' }),
  alarm('with a name of 256 characters', { AlarmName: 'a'.repeat(256) }),
  alarm('with an empty name', { AlarmName: '' }),
  alarm('with no periods', { EvaluationPeriods: 0 }),
  alarm('with a period of 61 s', { Period: 61 }),
  alarm('with more datapoints than periods', { DatapointsToAlarm: 4 }),
  alarm('across more than a day', { Period: 60, EvaluationPeriods: 1_441 }),
  alarm('without a threshold', { Threshold: undefined }),
  alarm('without a metric', { MetricName: undefined }),
  alarm('with a statistic and a percentile', { ExtendedStatistic: 'p90' }),
  alarm('with a percentile', { Statistic: undefined, ExtendedStatistic: 'p90' }),
  alarm('with a percentile above 100', { Statistic: undefined, ExtendedStatistic: 'p101' }),
  alarm('with an action that is no ARN', { AlarmActions: ['page me'] }),
  alarm('with six actions', {
    AlarmActions: Array.from({ length: 6 }, (_, i) => `arn:aws:sns:eu-west-1:111122223333:t${i}`),
  }),
  alarm('with 31 dimensions', { Dimensions: Array.from({ length: 31 }, (_, i) => ({ Name: `d${i}`, Value: 'x' })) }),
  alarm('with a dimension without a value', { Dimensions: [{ Name: 'd', Value: '' }] }),
  alarm('with a dimension that is not ASCII', { Dimensions: [{ Name: 'd', Value: 'größe' }] }),
  alarm('on an expression', {
    MetricName: undefined,
    Namespace: undefined,
    Statistic: undefined,
    Period: undefined,
    Dimensions: undefined,
    Metrics: [
      {
        Id: 'm1',
        MetricStat: { Metric: { Namespace: 'chainmend', MetricName: 'used' }, Period: 60, Stat: 'Sum' },
        ReturnData: false,
      },
      { Id: 'e1', Expression: 'm1 * 2', ReturnData: true },
    ],
  }),
  alarm('on an expression and a metric', { Metrics: [{ Id: 'e1', Expression: '1', ReturnData: true }] }),
  alarm('with an aws: tag', { AlarmName: 'tagged', Tags: [{ Key: 'aws:x', Value: 'y' }] }),
  alarm('with a tag', { AlarmName: 'tagged', Tags: [{ Key: 'fleet', Value: 'bitcoin' }] }),
  call('DescribeAlarms', 'all', {}),
  call('DescribeAlarms', 'by name', { AlarmNames: ['disk'] }),
  call('DescribeAlarms', 'by prefix', { AlarmNamePrefix: 'di' }),
  call('DescribeAlarms', 'by prefix and by name', { AlarmNames: ['disk'], AlarmNamePrefix: 'di' }),
  call('DescribeAlarms', 'by state', { StateValue: 'INSUFFICIENT_DATA' }),
  call('DescribeAlarms', 'by an unknown state', { StateValue: 'BANANA' }),
  call('DescribeAlarms', '101 at once', { MaxRecords: 101 }),
  call('DescribeAlarms', 'none at once', { MaxRecords: 0 }),
  state('to ALARM', {}),
  state('to an unknown state', { StateValue: 'BANANA' }),
  state('of no alarm', { AlarmName: 'nowhere' }),
  state('with data', { StateReasonData: '{"a":1}', StateValue: 'OK' }),
  state('with data that are no JSON', { StateReasonData: '{' }),
  state('with a reason of 1,024 characters', { StateReason: 'r'.repeat(1_024) }),
  call('DescribeAlarmHistory', 'of one', { AlarmName: 'disk' }),
  call('DescribeAlarmHistory', 'of an unknown type', { AlarmName: 'disk', HistoryItemType: 'BANANA' }),
  composite('of one', 'ALARM(disk)'),
  composite('of what is not there', 'ALARM(nowhere)'),
  composite('of itself', 'ALARM(all)'),
  composite('that is no rule', 'ALARM(disk) AND'),
  composite('with an unknown word', 'BROKEN(disk)'),
  call('PutCompositeAlarm', 'that is always true', { AlarmName: 'always', AlarmRule: 'TRUE' }),
  call('DeleteAlarms', 'that a composite one needs', { AlarmNames: ['disk'] }),
  call('DeleteAlarms', 'that are not there', { AlarmNames: ['nowhere'] }),
  call('DeleteAlarms', 'none', { AlarmNames: [] }),
  call('DisableAlarmActions', 'of one', { AlarmNames: ['disk'] }),
  call('EnableAlarmActions', 'of one', { AlarmNames: ['disk'] }),
  call('TagResource', 'of one', ({ account }) => ({
    ResourceARN: `arn:aws:cloudwatch:eu-west-1:${account}:alarm:disk`,
    Tags: [{ Key: 'a', Value: 'b' }],
  })),
  call('TagResource', 'of none', ({ account }) => ({
    ResourceARN: `arn:aws:cloudwatch:eu-west-1:${account}:alarm:nowhere`,
    Tags: [{ Key: 'a', Value: 'b' }],
  })),
  call('ListTagsForResource', 'of one', ({ account }) => ({
    ResourceARN: `arn:aws:cloudwatch:eu-west-1:${account}:alarm:disk`,
  })),
  call('UntagResource', 'of one', ({ account }) => ({
    ResourceARN: `arn:aws:cloudwatch:eu-west-1:${account}:alarm:disk`,
    TagKeys: ['a'],
  })),

  datum('plain', {}),
  datum('with a unit', { Unit: 'Percent' }),
  datum('with an unknown unit', { Unit: 'BANANA' }),
  datum('with a dimension', { Dimensions: [{ Name: 'InstanceId', Value: 'i-1' }] }),
  datum('with a dimension that is not ASCII', { Dimensions: [{ Name: 'path', Value: '/größe' }] }),
  datum('with a dimension without a value', { Dimensions: [{ Name: 'path', Value: '' }] }),
  datum('with one dimension twice', {
    Dimensions: [
      { Name: 'path', Value: '/' },
      { Name: 'path', Value: '/data' },
    ],
  }),
  datum('with 31 dimensions', { Dimensions: Array.from({ length: 31 }, (_, i) => ({ Name: `d${i}`, Value: 'x' })) }),
  datum('with a value and values', { Values: [1, 2] }),
  datum('with values', { Value: undefined, Values: [1, 2], Counts: [1, 1] }),
  datum('with more counts than values', { Value: undefined, Values: [1, 2], Counts: [1, 1, 1] }),
  datum('with statistics', { Value: undefined, StatisticValues: { SampleCount: 2, Sum: 3, Minimum: 1, Maximum: 2 } }),
  datum('with no value at all', { Value: undefined }),
  datum('with an infinite value', { Value: Number.POSITIVE_INFINITY }),
  datum('without a name', { MetricName: '' }),
  call('PutMetricData', 'of nothing', { Namespace: 'chainmend', MetricData: [] }),
  call('PutMetricData', 'in the namespace of AWS', {
    Namespace: 'AWS/EC2',
    MetricData: [{ MetricName: 'm', Value: 1 }],
  }),
  call('PutMetricData', 'in no namespace', { Namespace: '', MetricData: [{ MetricName: 'm', Value: 1 }] }),
  call('PutMetricData', 'of 1,001 data', {
    Namespace: 'chainmend',
    MetricData: Array.from({ length: 1_001 }, () => ({ MetricName: 'm', Value: 1 })),
  }),
  call('ListMetrics', 'of a namespace', { Namespace: 'chainmend' }),
  call('ListMetrics', 'of none', { Namespace: 'nowhere' }),
  call('ListMetrics', 'by dimension', { Namespace: 'chainmend', Dimensions: [{ Name: 'InstanceId' }] }),
  call('GetMetricStatistics', 'of an hour', {
    Namespace: 'chainmend',
    MetricName: 'used',
    StartTime: new Date(0),
    EndTime: new Date(3_600_000),
    Period: 60,
    Statistics: ['Sum'],
  }),
  call('GetMetricStatistics', 'with an unknown statistic', {
    Namespace: 'chainmend',
    MetricName: 'used',
    StartTime: new Date(0),
    EndTime: new Date(3_600_000),
    Period: 60,
    Statistics: ['BANANA'],
  }),
  call('GetMetricStatistics', 'without one', {
    Namespace: 'chainmend',
    MetricName: 'used',
    StartTime: new Date(0),
    EndTime: new Date(3_600_000),
    Period: 60,
  }),
  call('GetMetricStatistics', 'backwards', {
    Namespace: 'chainmend',
    MetricName: 'used',
    StartTime: new Date(3_600_000),
    EndTime: new Date(0),
    Period: 60,
    Statistics: ['Sum'],
  }),
  call('GetMetricStatistics', 'of too many datapoints', {
    Namespace: 'chainmend',
    MetricName: 'used',
    StartTime: new Date(0),
    EndTime: new Date(864_000_000),
    Period: 60,
    Statistics: ['Sum'],
  }),
  call('GetMetricData', 'of one metric', {
    StartTime: new Date(0),
    EndTime: new Date(3_600_000),
    MetricDataQueries: [
      { Id: 'm1', MetricStat: { Metric: { Namespace: 'chainmend', MetricName: 'used' }, Period: 60, Stat: 'Sum' } },
    ],
  }),
  call('GetMetricData', 'with an id of capitals', {
    StartTime: new Date(0),
    EndTime: new Date(3_600_000),
    MetricDataQueries: [
      { Id: 'M1', MetricStat: { Metric: { Namespace: 'chainmend', MetricName: 'used' }, Period: 60, Stat: 'Sum' } },
    ],
  }),
  call('GetMetricData', 'with one id twice', {
    StartTime: new Date(0),
    EndTime: new Date(3_600_000),
    MetricDataQueries: ['m1', 'm1'].map((Id) => ({
      Id,
      MetricStat: { Metric: { Namespace: 'chainmend', MetricName: 'used' }, Period: 60, Stat: 'Sum' },
    })),
  }),
  call('GetMetricData', 'backwards', {
    StartTime: new Date(3_600_000),
    EndTime: new Date(0),
    MetricDataQueries: [
      { Id: 'm1', MetricStat: { Metric: { Namespace: 'chainmend', MetricName: 'used' }, Period: 60, Stat: 'Sum' } },
    ],
  }),
];
