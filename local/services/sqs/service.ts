// The service declaration of Amazon SQS.
import {
  asText,
  items,
  type Maker,
  member,
  type Properties,
  type ResourceTypes,
  text,
  texts,
} from '../../simulator/cloudformation/resource.ts';
import { lastName, valueExcerpt, wrongContent } from '../../simulator/gateway/errors.ts';
import type { Violation } from '../../simulator/gateway/rules.ts';
import type { RegionIdentity } from '../../simulator/kernel.ts';
import { AwsError } from '../../simulator/service.ts';
import type { RecordMetric } from '../cloudwatch/series.ts';
import type { ServiceDescriptor } from '../descriptor.ts';
import { type Mapping, type Mappings, onAnything, sameKeys } from '../iam/check.ts';
import { createSqs, type Sqs } from './sqs.ts';

const QUEUE_ATTRIBUTES = [
  'DelaySeconds',
  'FifoQueue',
  'KmsMasterKeyId',
  'MaximumMessageSize',
  'MessageRetentionPeriod',
  'ReceiveMessageWaitTimeSeconds',
  'RedriveAllowPolicy',
  'RedrivePolicy',
  'SqsManagedSseEnabled',
  'VisibilityTimeout',
];

async function createQueue(properties: Properties, maker: Maker) {
  const name = text(properties['QueueName'] ?? maker.generatedName(80));
  const answer = await maker.call('sqs', 'CreateQueue', {
    QueueName: name,
    Attributes: texts(properties, QUEUE_ATTRIBUTES),
  });
  const QueueUrl = member(answer, 'QueueUrl');
  return { ref: QueueUrl, attributes: { Arn: maker.arn('sqs', name), QueueName: name, QueueUrl } };
}

const resources: ResourceTypes = {
  'AWS::SQS::Queue': { uses: ['QueueName', ...QUEUE_ATTRIBUTES], leaves: ['Tags'], create: createQueue },
  'AWS::SQS::QueuePolicy': {
    uses: ['PolicyDocument', 'Queues'],
    create: async (properties, maker) => {
      const Policy = asText(properties['PolicyDocument']);
      for (const QueueUrl of items(properties['Queues'])) {
        await maker.call('sqs', 'SetQueueAttributes', { QueueUrl, Attributes: { Policy } });
      }
      return { ref: maker.logicalId, attributes: { Id: maker.logicalId } };
    },
  },
};

const queueArn = ({ regionName }: RegionIdentity, url: string): string => {
  const [account, name] = url.split('/').slice(-2);
  return `arn:aws:sqs:${regionName}:${account}:${name}`;
};

const onQueue =
  (action: string): Mapping =>
  (input: { QueueUrl?: string }, region) => {
    const arn = queueArn(region, input.QueueUrl ?? '');
    return [{ action, resources: [{ arn }] }];
  };

const QUEUES = ['SendMessage', 'ReceiveMessage', 'DeleteMessage', 'ChangeMessageVisibility', 'GetQueueAttributes'];

/** "Actions, resources, and condition keys for Amazon SQS" (Service Authorization Reference). */
const permissions: Mappings = {
  ...Object.fromEntries(QUEUES.map((operation) => [operation, onQueue(`sqs:${operation}`)])),
  ListQueues: onAnything('sqs:ListQueues'),
};

/** "Unknown Attribute X." of CreateQueue, GetQueueAttributes and SetQueueAttributes; else as in "Common errors". */
function violation(violation: Violation): AwsError {
  const name = lastName(violation);
  const value = valueExcerpt(wrongContent(violation));
  if (/^(Message)?(System)?Attribute(s|Names)$/.test(name) && violation.of !== 'values') {
    return new AwsError('InvalidAttributeName', `Unknown Attribute ${value}.`);
  }
  return new AwsError('InvalidParameterValue', `Value ${value} for parameter ${name} is invalid.`);
}

export const SQS: ServiceDescriptor<Sqs, [record: RecordMetric]> = {
  name: 'sqs',
  client: { packageName: '@aws-sdk/client-sqs', load: () => import('@aws-sdk/client-sqs') },
  lacks: {
    CreateQueue: ['tags'],
    SendMessage: ['MessageDeduplicationId', 'MessageGroupId', 'MessageSystemAttributes'],
  },
  throttled: () => new AwsError('RequestThrottled', 'Request is throttled.', { statusCode: 403 }),
  refusals: {
    missing: (path) => new AwsError('MissingParameter', `The request must contain the parameter ${path}`),
    violation,
  },
  iam: {
    prefix: 'sqs',
    conditionKeys: sameKeys('sqs', [...QUEUES, 'ListQueues'], []),
    denied: { code: 'AccessDenied', statusCode: 403 },
  },
  permissions,
  policyOf: (service, arn) => service.policy(arn),
  resources,
  create: createSqs,
};
