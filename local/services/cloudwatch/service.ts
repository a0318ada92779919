// The service declaration of Amazon CloudWatch.
import { join } from 'node:path';
import { valueExcerpt, wrongContent } from '../../simulator/gateway/errors.ts';
import type { Violation } from '../../simulator/gateway/rules.ts';
import type { Rate } from '../../simulator/gateway/service-interface.ts';
import { ownValue } from '../../simulator/own-properties.ts';
import { AwsError } from '../../simulator/service.ts';
import type { ServiceDescriptor } from '../descriptor.ts';
import { type CloudWatch, createCloudWatch } from './cloudwatch.ts';
import { OTLP_METRICS } from './otlp-endpoint.ts';
import { conditionKeys, permissions } from './permissions.ts';
import { QUERY_RANGE } from './promql-endpoint.ts';
import { resources } from './resources.ts';

/** "CloudWatch service quotas", and "OTLP Endpoints": requests per second, account and region. */
const PER_SECOND: Readonly<Record<string, number>> = {
  DeleteAlarms: 3,
  DescribeAlarmHistory: 20,
  DescribeAlarms: 9,
  DescribeAlarmsForMetric: 9,
  ExportOtlpMetrics: 500,
  GetMetricData: 50,
  GetMetricStatistics: 400,
  ListMetrics: 25,
  PutMetricAlarm: 3,
  PutMetricData: 500,
  SetAlarmState: 3,
};

function rateOf(operation: string): Rate | undefined {
  const perSecond = ownValue(PER_SECOND, operation);
  return perSecond === undefined ? undefined : { burst: perSecond, perSecond };
}

/** The operations on metrics, which are older than those on alarms. */
const METRICS = new Set(['PutMetricData', 'GetMetricStatistics', 'ListMetrics']);

function violation(violation: Violation, operation: string): AwsError | undefined {
  if (!METRICS.has(operation)) return undefined;
  const [constraint] = violation.constraints;
  const position = violation.of === 'elements' ? '.member.1' : '';
  const name =
    violation.path.map((part) => (typeof part === 'number' ? `member.${part + 1}` : part)).join('.') + position;
  const message =
    constraint?.kind === 'enum'
      ? `The parameter ${name} must be a value in the set [ ${[...constraint.values].join(', ')} ].`
      : constraint?.kind === 'most' && constraint.of === 'length'
        ? `The parameter ${name} must be shorter than ${constraint.bound + 1} characters.`
        : constraint?.kind === 'most' && constraint.of === 'size'
          ? `The collection ${name} must not have a size greater than ${constraint.bound}.`
          : `The value ${valueExcerpt(wrongContent(violation))} for parameter ${name} is invalid.`;
  return new AwsError('InvalidParameterValueException', message);
}

export const CLOUDWATCH: ServiceDescriptor<CloudWatch> = {
  name: 'monitoring',
  client: { packageName: '@aws-sdk/client-cloudwatch', load: () => import('@aws-sdk/client-cloudwatch') },
  limits: join(import.meta.dirname, 'limits.txt'),
  lacks: {
    GetMetricData: ['LabelOptions'],
    ListMetrics: ['IncludeLinkedAccounts', 'OwningAccount'],
    PutMetricAlarm: ['EvaluationWindow'],
    PutMetricData: ['EntityMetricData', 'StrictEntityValidation'],
  },
  endpoints: [OTLP_METRICS, QUERY_RANGE],
  queryCompatible: true,
  rateOf,
  // Over OTLP "Maximum TPS … 429".
  throttled: (operation) =>
    new AwsError('Throttling', 'Rate exceeded', { statusCode: operation === 'ExportOtlpMetrics' ? 429 : 400 }),
  refusals: {
    missing: (path) => new AwsError('MissingRequiredParameterException', `The parameter ${path} is required.`),
    violation,
    validationCode: 'ValidationError',
  },
  iam: { prefix: 'cloudwatch', conditionKeys, denied: { code: 'AccessDenied', statusCode: 403 } },
  permissions,
  tagsOf: (service, arn) => service.alarmTags(arn.split(':alarm:').at(-1) ?? ''),
  resources,
  create: createCloudWatch,
};
