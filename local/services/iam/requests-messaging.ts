// SNS, SQS, EventBridge and STS in the Service Authorization Reference.

import { type Mapping, type Mappings, onAnything, type Region } from './check.ts';
import { kmsCheck } from './kms.ts';

const onTopic =
  (action: string): Mapping =>
  (input: { TopicArn?: string; TargetArn?: string }) => {
    const arn = input.TopicArn ?? input.TargetArn;
    if (arn === undefined) return [{ action, resources: [{ arn: '*' }] }]; // a text message to a phone
    return [{ action, resources: [{ arn }] }];
  };

/** What is published to an encrypted topic is encrypted in its publisher's name ("Encrypting Amazon SNS topics", permissions). */
export const PUBLISHING_KEY_USES = ['kms:GenerateDataKey', 'kms:Decrypt'] as const;

const publish: Mapping = (input: { TopicArn?: string; TargetArn?: string }, region) => {
  const arn = input.TopicArn ?? input.TargetArn ?? '';
  const key = region.facts.topicKey(arn);
  return [
    ...onTopic('sns:Publish')(input, region),
    ...(key ? PUBLISHING_KEY_USES.map((use) => kmsCheck(use, 'sns', { arn, key }, {}, region)) : []),
  ];
};

const queueArn = ({ regionName }: Region, url: string): string => {
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

export const messagingRequests: Readonly<Record<string, Mappings>> = {
  sns: {
    Publish: publish,
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
  sts: {
    GetCallerIdentity: () => [],
    AssumeRole: (input: { RoleArn?: string }) => [
      { action: 'sts:AssumeRole', resources: [{ arn: input.RoleArn ?? '' }] },
    ],
  },
};
