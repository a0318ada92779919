// The service declaration of Amazon SNS.
import { join } from 'node:path';
import {
  asText,
  items,
  type Maker,
  member,
  type Properties,
  pick,
  type ResourceTypes,
  text,
  texts,
} from '../../simulator/cloudformation/resource.ts';
import { lastName, requirementOf } from '../../simulator/gateway/errors.ts';
import type { Violation } from '../../simulator/gateway/rules.ts';
import type { RegionIdentity } from '../../simulator/kernel.ts';
import { AwsError } from '../../simulator/service.ts';
import type { ServiceDescriptor } from '../descriptor.ts';
import { type Check, type Mapping, type Mappings, onAnything, sameKeys } from '../iam/check.ts';
import { kmsCheck } from '../kms/key-checks.ts';
import { kmsKey } from '../kms/key-ids.ts';
import { createSns, type Sns } from './sns.ts';

const SUBSCRIPTION_ATTRIBUTES = ['FilterPolicy', 'FilterPolicyScope', 'RawMessageDelivery', 'RedrivePolicy'];

async function createTopic(properties: Properties, maker: Maker) {
  const name = text(properties['TopicName'] ?? maker.generatedName(256));
  const answer = await maker.call('sns', 'CreateTopic', {
    Name: name,
    Attributes: texts(properties, ['DisplayName', 'KmsMasterKeyId']),
  });
  const TopicArn = member(answer, 'TopicArn');
  for (const subscription of items(properties['Subscription']) as Properties[]) {
    await maker.call('sns', 'Subscribe', { TopicArn, ...pick(subscription, ['Protocol', 'Endpoint']) });
  }
  return { ref: TopicArn, attributes: { TopicArn, TopicName: name } };
}

const resources: ResourceTypes = {
  'AWS::SNS::Topic': {
    uses: ['DisplayName', 'KmsMasterKeyId', 'Subscription', 'TopicName'],
    leaves: ['Tags', 'TracingConfig'],
    create: createTopic,
  },
  'AWS::SNS::TopicPolicy': {
    uses: ['PolicyDocument', 'Topics'],
    create: async (properties, maker) => {
      const AttributeValue = asText(properties['PolicyDocument']);
      for (const TopicArn of items(properties['Topics'])) {
        await maker.call('sns', 'SetTopicAttributes', { TopicArn, AttributeName: 'Policy', AttributeValue });
      }
      return { ref: maker.logicalId, attributes: { Id: maker.logicalId } };
    },
  },
  'AWS::SNS::Subscription': {
    uses: ['Endpoint', 'Protocol', 'TopicArn', ...SUBSCRIPTION_ATTRIBUTES],
    leaves: ['Region'],
    create: async (properties, maker) => {
      const answer = await maker.call('sns', 'Subscribe', {
        ...pick(properties, ['Endpoint', 'Protocol', 'TopicArn']),
        Attributes: texts(properties, SUBSCRIPTION_ATTRIBUTES),
        ReturnSubscriptionArn: true,
      });
      const Arn = member(answer, 'SubscriptionArn');
      return { ref: Arn, attributes: { Arn } };
    },
  },
};

/** The state that IAM needs from SNS. */
interface Topics {
  keyOf(topicArn: string): string | undefined;
}

const onTopic =
  (action: string): Mapping =>
  (input: { TopicArn?: string; TargetArn?: string }) => {
    const arn = input.TopicArn ?? input.TargetArn;
    if (arn === undefined) return [{ action, resources: [{ arn: '*' }] }]; // a text message to a phone
    return [{ action, resources: [{ arn }] }];
  };

/** A message to an encrypted topic is encrypted in its publisher's name ("Encrypting Amazon SNS topics", permissions). */
function encrypting({ keyOf }: Topics, arn: string, region: RegionIdentity): Check[] {
  const key = keyOf(arn);
  if (key === undefined) return [];
  const encrypted = { arn, key: kmsKey(key, region) };
  return ['kms:GenerateDataKey', 'kms:Decrypt'].map((use) => kmsCheck(use, 'sns', encrypted, {}, region));
}

/** "Actions, resources, and condition keys for Amazon SNS" (Service Authorization Reference). */
const permissions: Mappings<Topics> = {
  Publish: (input: { TopicArn?: string; TargetArn?: string }, region) => [
    ...onTopic('sns:Publish')(input, region),
    ...encrypting(region.service, input.TopicArn ?? input.TargetArn ?? '', region),
  ],
  GetTopicAttributes: onTopic('sns:GetTopicAttributes'),
  ListTopics: onAnything('sns:ListTopics'),
};

function violation(violation: Violation): AwsError {
  const [constraint] = violation.constraints;
  const why = constraint === undefined ? '' : ` Reason: ${requirementOf(constraint)}`;
  return new AwsError('InvalidParameterException', `Invalid parameter: ${lastName(violation)}${why}`);
}

export const SNS: ServiceDescriptor<Sns> = {
  name: 'sns',
  client: { packageName: '@aws-sdk/client-sns', load: () => import('@aws-sdk/client-sns') },
  limits: join(import.meta.dirname, 'limits.txt'),
  lacks: {
    CreateTopic: ['DataProtectionPolicy', 'Tags'],
    Publish: ['MessageDeduplicationId', 'MessageGroupId'],
  },
  throttled: () => new AwsError('Throttling', 'Rate exceeded'),
  refusals: {
    missing: (path) => new AwsError('InvalidParameterException', `Invalid parameter: ${path}`),
    violation,
  },
  iam: {
    prefix: 'sns',
    conditionKeys: sameKeys('sns', ['GetTopicAttributes', 'ListTopics', 'Publish'], []),
    denied: { code: 'AuthorizationErrorException', statusCode: 403 },
  },
  permissions,
  policyOf: (service, arn) => service.policy(arn),
  checksOfUse: (service, action, arn, place) => (action === 'sns:Publish' ? encrypting(service, arn, place) : []),
  resources,
  create: createSns,
};
