// API rates of an account in a region: token buckets for each operation, and the error with which each service throttles.

import { own } from '../own.ts';
import { AwsError } from '../service.ts';

export interface Rate {
  readonly burst: number;
  readonly perSecond: number;
}

/** Rate of an operation for this input; undefined where AWS publishes none. */
function rateOf(service: string, operation: string, input: object): Rate | undefined {
  if (service === 'ec2') return ec2Rate(operation, input);
  return own(own(OTHERS, service) ?? {}, operation) ?? own(own(OTHERS, service) ?? {}, '*');
}

// "Request throttling for the Amazon EC2 API": request token bucket sizes and refill rates.
function ec2Rate(operation: string, input: object): Rate {
  const special = own(EC2, operation);
  if (special !== undefined) return special;
  if (/^(Describe|Get|List|Search)/.test(operation)) {
    const narrowed = Object.keys(input).some((name) => /^(Filters|MaxResults|NextToken|\w+Ids?)$/.test(name));
    return narrowed ? { burst: 100, perSecond: 20 } : { burst: 50, perSecond: 10 };
  }
  return { burst: 50, perSecond: 5 };
}

const EC2: Readonly<Record<string, Rate>> = {
  CreateSnapshot: { burst: 100, perSecond: 5 },
  CreateTags: { burst: 100, perSecond: 10 },
  CreateVolume: { burst: 100, perSecond: 5 },
  RunInstances: { burst: 5, perSecond: 2 },
  StartInstances: { burst: 5, perSecond: 2 },
};

const perSecond = (rate: number): Rate => ({ burst: rate, perSecond: rate });

const OTHERS: Readonly<Record<string, Readonly<Record<string, Rate>>>> = {
  // "CloudWatch service quotas": requests per second, account and region.
  monitoring: {
    DeleteAlarms: perSecond(3),
    DescribeAlarmHistory: perSecond(20),
    DescribeAlarms: perSecond(9),
    DescribeAlarmsForMetric: perSecond(9),
    GetMetricData: perSecond(50),
    GetMetricStatistics: perSecond(400),
    ListMetrics: perSecond(25),
    PutMetricAlarm: perSecond(3),
    PutMetricData: perSecond(500),
    SetAlarmState: perSecond(3),
  },
  // "AWS Systems Manager endpoints and quotas", Parameter Store at standard throughput.
  ssm: {
    GetParameter: perSecond(40),
    GetParameters: perSecond(40),
    GetParametersByPath: perSecond(40),
    PutParameter: perSecond(3),
  },
  // "Route 53 quotas": five API requests a second for each account, all operations together; bursts are not promised.
  route53: { '*': { burst: 50, perSecond: 10 } },
  // "Request quotas for each KMS API operation".
  kms: { DescribeKey: perSecond(2_000) },
  // "Lambda quotas": the control plane takes 15 requests a second; invocations are not part of it.
  lambda: { GetFunction: perSecond(100), UpdateFunctionCode: perSecond(15), PublishVersion: perSecond(15) },
};

/** Token buckets on virtual time. */
export class TokenBuckets {
  readonly #buckets = new Map<string, { tokens: number; filledAtMs: number }>();

  /** Takes a token for a request; throws the service's throttling error when there is none. */
  take(service: string, operation: string, input: object, nowMs: number): void {
    const rate = rateOf(service, operation, input);
    if (rate === undefined) return;
    // Requests that differ in rate (filtered or not) draw on buckets of their own.
    const name = `${service}.${service === 'route53' ? '*' : operation}/${rate.burst}`;
    const bucket = this.#buckets.get(name) ?? { tokens: rate.burst, filledAtMs: nowMs };
    this.#buckets.set(name, bucket);
    bucket.tokens = Math.min(rate.burst, bucket.tokens + ((nowMs - bucket.filledAtMs) / 1000) * rate.perSecond);
    bucket.filledAtMs = nowMs;
    if (bucket.tokens < 1) throw throttlingError(service, operation);
    bucket.tokens--;
  }
}

/** What the service answers to a request too many. Codes from each service's "Common errors" page and the EC2 API reference. */
export function throttlingError(service: string, operation: string): AwsError {
  if (service === 'ec2') return new AwsError('RequestLimitExceeded', 'Request limit exceeded.', { statusCode: 503 });
  if (service === 'lambda') return new AwsError('TooManyRequestsException', 'Rate exceeded', { statusCode: 429 });
  if (service === 'sqs') return new AwsError('RequestThrottled', 'Request is throttled.', { statusCode: 403 });
  if (service === 'dynamodb') {
    return new AwsError('ThrottlingException', 'Throughput exceeds the current capacity of your table or index.');
  }
  if (QUERY_STYLE.has(service)) return new AwsError('Throttling', 'Rate exceeded');
  return new AwsError('ThrottlingException', `Rate exceeded for operation ${operation}`);
}

const QUERY_STYLE = new Set(['monitoring', 'route53', 'sns', 'iam', 'sts', 'autoscaling', 'elasticloadbalancing']);
