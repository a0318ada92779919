// CloudFormation resources of CloudWatch: alarms and dashboards.
import {
  type Maker,
  type Properties,
  pick,
  type ResourceType,
  type ResourceTypes,
  text,
} from '../../simulator/cloudformation/resource.ts';

const ALARM = ['ActionsEnabled', 'AlarmActions', 'AlarmDescription', 'InsufficientDataActions', 'OKActions', 'Tags'];
const METRIC_ALARM = [
  'ComparisonOperator',
  'DatapointsToAlarm',
  'Dimensions',
  'EvaluateLowSampleCountPercentile',
  'EvaluationCriteria',
  'EvaluationInterval',
  'EvaluationPeriods',
  'ExtendedStatistic',
  'MetricName',
  'Metrics',
  'Namespace',
  'Period',
  'Statistic',
  'Threshold',
  'ThresholdMetricId',
  'TreatMissingData',
  'Unit',
  'WarmUpConfiguration',
];
const COMPOSITE_ALARM = [
  'ActionsSuppressor',
  'ActionsSuppressorExtensionPeriod',
  'ActionsSuppressorWaitPeriod',
  'AlarmRule',
];

/** To put an alarm again changes it. */
function alarm(operation: string, own: readonly string[]): Required<Pick<ResourceType, 'create' | 'update'>> {
  const put = async (properties: Properties, maker: Maker, AlarmName: string) => {
    await maker.call('monitoring', operation, { ...pick(properties, [...ALARM, ...own]), AlarmName });
    return { ref: AlarmName, attributes: { Arn: maker.arn('cloudwatch', `alarm:${AlarmName}`) } };
  };
  return {
    create: (properties, maker) => put(properties, maker, text(properties['AlarmName'] ?? maker.generatedName(255))),
    update: (properties, maker, { ref }) => put(properties, maker, ref),
  };
}

export const resources: ResourceTypes = {
  'AWS::CloudWatch::Alarm': {
    uses: ['AlarmName', ...ALARM, ...METRIC_ALARM],
    ...alarm('PutMetricAlarm', METRIC_ALARM),
  },
  'AWS::CloudWatch::CompositeAlarm': {
    uses: ['AlarmName', ...ALARM, ...COMPOSITE_ALARM],
    ...alarm('PutCompositeAlarm', COMPOSITE_ALARM),
  },
  // Only recorded: nothing in the region reads them.
  'AWS::CloudWatch::Dashboard': {
    uses: ['DashboardName'],
    leaves: ['DashboardBody'],
    create: (properties, maker) => ({
      ref: text(properties['DashboardName'] ?? maker.generatedName(255)),
      attributes: {},
    }),
  },
};
