// Topics, queues, rules and schedules of a template.
import {
  asText,
  items,
  type Maker,
  member,
  type Properties,
  pick,
  type ResourceType,
  text,
  texts,
} from './resource.ts';

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
const SUBSCRIPTION_ATTRIBUTES = ['FilterPolicy', 'FilterPolicyScope', 'RawMessageDelivery', 'RedrivePolicy'];
const SCHEDULE = [
  'Description',
  'FlexibleTimeWindow',
  'GroupName',
  'ScheduleExpression',
  'ScheduleExpressionTimezone',
  'State',
  'Target',
];
const RULE = ['Description', 'EventBusName', 'ScheduleExpression', 'State'];

async function createQueue(properties: Properties, maker: Maker) {
  const name = text(properties['QueueName'] ?? maker.generatedName(80));
  const answer = await maker.call('sqs', 'CreateQueue', {
    QueueName: name,
    Attributes: texts(properties, QUEUE_ATTRIBUTES),
  });
  const QueueUrl = member(answer, 'QueueUrl');
  return { ref: QueueUrl, attributes: { Arn: maker.arn('sqs', name), QueueName: name, QueueUrl } };
}

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

async function createRule(properties: Properties, maker: Maker) {
  const name = text(properties['Name'] ?? maker.generatedName(64));
  const pattern = properties['EventPattern'];
  const answer = await maker.call('events', 'PutRule', {
    ...pick(properties, RULE),
    Name: name,
    ...(pattern === undefined ? {} : { EventPattern: asText(pattern) }),
  });
  const targets = items(properties['Targets']);
  if (targets.length > 0) {
    await maker.call('events', 'PutTargets', {
      ...pick(properties, ['EventBusName']),
      Rule: name,
      Targets: targets,
    });
  }
  return { ref: name, attributes: { Arn: member(answer, 'RuleArn') } };
}

export const messagingTypes: Readonly<Record<string, ResourceType>> = {
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
  'AWS::Events::Rule': { uses: ['EventPattern', 'Name', 'Targets', ...RULE], leaves: ['Tags'], create: createRule },
  'AWS::Scheduler::ScheduleGroup': {
    uses: ['Name'],
    leaves: ['Tags'],
    create: async (properties, maker) => {
      const Name = text(properties['Name'] ?? maker.generatedName(64));
      const answer = await maker.call('scheduler', 'CreateScheduleGroup', { Name });
      return { ref: Name, attributes: { Arn: member(answer, 'ScheduleGroupArn') } };
    },
  },
  'AWS::Scheduler::Schedule': {
    uses: ['EndDate', 'Name', 'StartDate', ...SCHEDULE],
    leaves: ['KmsKeyArn'],
    create: async (properties, maker) => {
      const Name = text(properties['Name'] ?? maker.generatedName(64));
      const dates = Object.entries(pick(properties, ['StartDate', 'EndDate']));
      const answer = await maker.call('scheduler', 'CreateSchedule', {
        ...pick(properties, SCHEDULE),
        ...Object.fromEntries(dates.map(([name, value]) => [name, new Date(text(value))])),
        Name,
      });
      return { ref: Name, attributes: { Arn: member(answer, 'ScheduleArn') } };
    },
  },
};
