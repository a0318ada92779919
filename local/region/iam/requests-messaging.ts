// SNS, SQS, EventBridge and STS in the Service Authorization Reference.
import { type Mapping, type Mappings, onAnything, type Region, resourceTagKeys } from './check.ts';

const onTopic =
  (action: string): Mapping =>
  (input: { TopicArn?: string; TargetArn?: string }, region) => {
    const arn = input.TopicArn ?? input.TargetArn;
    if (arn === undefined) return [{ action, resources: [{ arn: '*' }] }]; // a text message to a phone
    return [{ action, resources: [{ arn, keys: resourceTagKeys(region, arn, 'aws:ResourceTag') }] }];
  };

const queueArn = ({ regionName }: Region, url: string): string => {
  const [account, name] = url.split('/').slice(-2);
  return `arn:aws:sqs:${regionName}:${account}:${name}`;
};

const onQueue =
  (action: string): Mapping =>
  (input: { QueueUrl?: string }, region) => {
    const arn = queueArn(region, input.QueueUrl ?? '');
    return [{ action, resources: [{ arn, keys: resourceTagKeys(region, arn, 'aws:ResourceTag') }] }];
  };

const QUEUES = ['SendMessage', 'ReceiveMessage', 'DeleteMessage', 'ChangeMessageVisibility', 'GetQueueAttributes'];

export const messagingRequests: Readonly<Record<string, Mappings>> = {
  sns: {
    Publish: onTopic('sns:Publish'),
    GetTopicAttributes: onTopic('sns:GetTopicAttributes'),
    ListTopics: onAnything('sns:ListTopics'),
  },
  sqs: {
    ...Object.fromEntries(QUEUES.map((operation) => [operation, onQueue(`sqs:${operation}`)])),
    ListQueues: onAnything('sqs:ListQueues'),
  },
  events: {
    PutEvents: (input: { Entries?: { EventBusName?: string }[] }, region: Region) => [
      {
        action: 'events:PutEvents',
        resources: (input.Entries ?? []).map(({ EventBusName = 'default' }) => ({
          arn: EventBusName.startsWith('arn:')
            ? EventBusName
            : `arn:aws:events:${region.regionName}:${region.accountId}:event-bus/${EventBusName}`,
        })),
      },
    ],
  },
  // "No permissions are required to perform this operation" (GetCallerIdentity).
  sts: { GetCallerIdentity: () => [] },
};
