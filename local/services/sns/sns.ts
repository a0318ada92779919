// SNS: topics that deliver to Lambda functions and SQS queues, and keep messages for people to read.

import type { ConditionKeys, Kernel } from '../../simulator/kernel.ts';
import { AwsError, type Call, notEmulated, type Operation, type Service } from '../../simulator/service.ts';
import type { PolicyDocument } from '../iam/policy.ts';
import { parseResourcePolicy } from '../iam/resource-policy.ts';
import { digits, pageOf, type Tokens } from '../pages.ts';

export interface Published {
  readonly messageId: string;
  readonly topicArn: string;
  readonly subject: string | undefined;
  /** The default message, for protocols without one of their own. */
  readonly message: string;
  /** Of its MessageAttributes, those that are texts. */
  readonly attributes: Readonly<Record<string, string>>;
  /** By protocol, for a message of structure json. */
  readonly messages: Readonly<Record<string, string>>;
  readonly atMs: number;
}

/** The message for subscribers of a protocol. */
export const messageFor = ({ message, messages }: Published, protocol: string): string =>
  Object.hasOwn(messages, protocol) ? (messages[protocol] ?? message) : message;

/** Severity of one of chainmend's messages; a page where it says none, as CloudWatch's about the suite itself. */
export function severityOf(published: Published): string {
  try {
    const said: unknown = JSON.parse(messageFor(published, 'lambda'));
    const severity = typeof said === 'object' && said !== null ? (said as { severity?: unknown }).severity : undefined;
    return typeof severity === 'string' ? severity : 'page';
  } catch {
    return 'page';
  }
}

/** Whether people are paged by it for the first time: no repetition, no end of a cause, no word of a healed node. */
export const isPage = (published: Published): boolean => severityOf(published) === 'page';

/** The body of a subscriber's mail, with SNS's footer. */
export function mailOf(published: Published, subscriptionArn: string, endpoint: string): string {
  const region = published.topicArn.split(':')[3];
  const leave = `https://sns.${region}.amazonaws.com/unsubscribe.html?SubscriptionArn=${subscriptionArn}&Endpoint=${endpoint}`;
  return `${messageFor(published, 'email')}

--
If you wish to stop receiving notifications from this topic, please click or visit the link below to unsubscribe:
${leave}

Please do not reply directly to this email. If you have any questions or comments regarding this email, please contact us at https://aws.amazon.com/support
`;
}

export interface Sns extends Service {
  /** For scenarios and tests: the published messages, oldest first; the last 10,000. */
  published(): readonly Published[];
  /** A person follows the link in the mail that asks for it, or an endpoint answers. Throws where nothing waits for it. */
  confirm(topicArn: string, endpoint: string): void;
  /** A topic's own policy; undefined without one. */
  policy(arn: string): PolicyDocument | undefined;
  topicArns(): readonly string[];
  /** A topic's encryption key; undefined if it is not encrypted. */
  keyOf(arn: string): string | undefined;
}

interface Subscription {
  readonly SubscriptionArn: string;
  readonly Owner: string;
  readonly Protocol: string;
  readonly Endpoint: string;
  readonly TopicArn: string;
}

interface Topic {
  readonly arn: string;
  readonly attributes: Map<string, string>;
  readonly subscriptions: Map<string, Subscription>;
  /** ARNs of subscriptions whose endpoint has not answered yet. */
  readonly pending: Set<string>;
  /** Subscriptions whose queue gets the message alone. */
  readonly raw: Set<string>;
  policy: PolicyDocument | undefined;
}

interface PublishInput {
  readonly TopicArn?: string;
  readonly TargetArn?: string;
  readonly PhoneNumber?: string;
  readonly Message?: string;
  readonly Subject?: string;
  readonly MessageStructure?: string;
  readonly MessageAttributes?: Readonly<Record<string, { readonly DataType?: string; readonly StringValue?: string }>>;
}

// Publish (API reference): 256 KiB by default; "Amazon SNS quotas": 100,000 topics, far more than a run needs; pages of 100.
const MESSAGE_BYTES_MAX = 256 * 1024;
const TOPICS_MAX = 1_000;
const SUBSCRIPTIONS_MAX = 1_000;
const PUBLISHED_MAX = 10_000;
const PAGE = 100;
const TOKENS: Tokens = { ...digits(), refused: () => invalidParameter('NextToken') };
const DELIVERED = ['lambda', 'sqs'];
/** Recorded and listed; the local region does not deliver to them. */
const RECORDED = ['email', 'email-json', 'sms', 'https'];
interface SubscribeInput {
  readonly TopicArn: string;
  readonly Protocol: string;
  readonly Endpoint?: string;
  readonly ReturnSubscriptionArn?: boolean;
  readonly Attributes?: Readonly<Record<string, string>>;
}

/** No delivery fails here for good: what a redrive policy says is never asked. */
const SUBSCRIPTION_ATTRIBUTES = ['RawMessageDelivery', 'RedrivePolicy'];

function refuseAttributes({ Protocol, Attributes = {} }: SubscribeInput): void {
  const other = Object.keys(Attributes).find((name) => !SUBSCRIPTION_ATTRIBUTES.includes(name));
  if (other !== undefined) throw notEmulated(`${other} of a subscription`);
  if (Attributes['RawMessageDelivery'] === 'true' && Protocol !== 'sqs')
    throw invalidParameter(`Delivery protocol [${Protocol}] does not support raw message delivery.`);
}

/** Their endpoint has to confirm a subscription before it gets anything ("Subscribe", SNS API reference). */
const CONFIRMED_BY_PEOPLE = ['email', 'email-json', 'https'];

export function createSns(kernel: Kernel): Sns {
  const topics = new Map<string, Topic>();
  const published: Published[] = [];
  const ids = kernel.random('sns/ids');

  const find = (arn: string | undefined): Topic => {
    const topic = topics.get(arn ?? '');
    const parts = (arn ?? '').split(':').length;
    if (parts < 6) throw invalidParameter(`TopicArn Reason: An ARN must have at least 6 elements, not ${parts}`);
    if (!topic) throw new AwsError('NotFoundException', 'Topic does not exist', { statusCode: 404 });
    return topic;
  };

  const publish = (
    topic: Topic,
    said: Pick<Published, 'message' | 'messages' | 'attributes'>,
    subject: string | undefined,
  ): string => {
    const entry: Published = {
      messageId: ids.uuid(),
      topicArn: topic.arn,
      subject,
      ...said,
      atMs: kernel.clock.now(),
    };
    published.push(entry);
    if (published.length > PUBLISHED_MAX) published.shift();
    for (const subscription of topic.subscriptions.values()) {
      if (!DELIVERED.includes(subscription.Protocol)) continue;
      kernel.clock.after(0, () => deliver(subscription, entry, topic.raw.has(subscription.SubscriptionArn)));
    }
    return entry.messageId;
  };

  const deliver = (subscription: Subscription, entry: Published, isRaw: boolean): void => {
    try {
      const payload = isRaw ? messageFor(entry, subscription.Protocol) : envelope(subscription, entry);
      kernel.deliver(subscription.Endpoint, payload);
    } catch (error) {
      // A subscriber that does not exist any more loses its copy; SNS records that only in a metric.
      if (!(error instanceof AwsError)) throw error;
    }
  };

  const operations: Record<string, Operation> = {
    CreateTopic: (input: { Name: string; Attributes?: Record<string, string> }) => {
      checkTopicName(input.Name, input.Attributes?.['FifoTopic'] === 'true');
      const unknown = Object.keys(input.Attributes ?? {}).find((name) => !TOPIC_ATTRIBUTES.has(name));
      if (unknown !== undefined) throw invalidParameter(`Attributes Reason: Unknown attribute ${unknown}`);
      const arn = `arn:aws:sns:${kernel.regionName}:${kernel.accountId}:${input.Name}`;
      if (!topics.has(arn)) {
        if (topics.size >= TOPICS_MAX)
          throw new AwsError('TopicLimitExceededException', 'Too many topics', { statusCode: 403 });
        topics.set(arn, {
          arn,
          attributes: new Map(Object.entries(input.Attributes ?? {})),
          subscriptions: new Map(),
          pending: new Set(),
          raw: new Set(),
          policy: undefined,
        });
      }
      return { TopicArn: arn };
    },
    SetTopicAttributes: (input: { TopicArn: string; AttributeName: string; AttributeValue?: string }) => {
      const topic = find(input.TopicArn);
      if (!TOPIC_ATTRIBUTES.has(input.AttributeName)) throw invalidParameter('AttributeName');
      if (input.AttributeName === 'Policy') topic.policy = policyIn(input.AttributeValue ?? '', kernel.conditionKeys);
      topic.attributes.set(input.AttributeName, input.AttributeValue ?? '');
      return {};
    },
    GetTopicAttributes: (input: { TopicArn: string }) => {
      const topic = find(input.TopicArn);
      return {
        Attributes: {
          ...Object.fromEntries(topic.attributes),
          TopicArn: topic.arn,
          Owner: kernel.accountId,
          SubscriptionsConfirmed: String(topic.subscriptions.size - topic.pending.size),
          SubscriptionsPending: String(topic.pending.size),
          SubscriptionsDeleted: '0',
        },
      };
    },
    ListTopics: (input: { NextToken?: string }) => {
      const { items, next } = pageOf([...topics.keys()], input.NextToken, PAGE, TOKENS);
      return { Topics: items.map((arn) => ({ TopicArn: arn })), ...(next && { NextToken: next }) };
    },
    Subscribe: (input: SubscribeInput) => {
      const topic = find(input.TopicArn);
      refuseAttributes(input);
      const { Protocol: protocol, Endpoint: endpoint = '' } = input;
      if (![...DELIVERED, ...RECORDED].includes(protocol)) {
        throw invalidParameter(`Amazon SNS does not support this protocol string: ${protocol}`);
      }
      if (endpoint === '') throw invalidParameter('Endpoint must match the specified protocol');
      const known = [...topic.subscriptions.values()].find(
        (one) => one.Protocol === protocol && one.Endpoint === endpoint,
      );
      const answer = (arn: string) => ({
        SubscriptionArn: topic.pending.has(arn) && input.ReturnSubscriptionArn !== true ? 'pending confirmation' : arn,
      });
      if (known) return answer(known.SubscriptionArn);
      if (topic.subscriptions.size >= SUBSCRIPTIONS_MAX) {
        throw new AwsError('SubscriptionLimitExceededException', 'Too many subscriptions', { statusCode: 403 });
      }
      const arn = `${topic.arn}:${ids.uuid()}`;
      topic.subscriptions.set(arn, {
        SubscriptionArn: arn,
        Owner: kernel.accountId,
        Protocol: protocol,
        Endpoint: endpoint,
        TopicArn: topic.arn,
      });
      if (CONFIRMED_BY_PEOPLE.includes(protocol)) topic.pending.add(arn);
      if (input.Attributes?.['RawMessageDelivery'] === 'true') topic.raw.add(arn);
      return answer(arn);
    },
    Unsubscribe: (input: { SubscriptionArn: string }) => {
      for (const topic of topics.values()) {
        topic.subscriptions.delete(input.SubscriptionArn);
        topic.pending.delete(input.SubscriptionArn);
        topic.raw.delete(input.SubscriptionArn);
      }
      return {};
    },
    ListSubscriptionsByTopic: (input: { TopicArn: string; NextToken?: string }) => {
      const { subscriptions: all, pending } = find(input.TopicArn);
      const subscriptions = [...all.values()].map((one) => ({
        ...one,
        ...(pending.has(one.SubscriptionArn) && { SubscriptionArn: 'PendingConfirmation' }),
      }));
      const { items, next } = pageOf(subscriptions, input.NextToken, PAGE, TOKENS);
      return { Subscriptions: items.map((subscription) => ({ ...subscription })), ...(next && { NextToken: next }) };
    },
    Publish: (input: PublishInput, _call: Call) => {
      if (input.PhoneNumber !== undefined) {
        throw new AwsError('NotImplemented', 'The local region sends no text messages');
      }
      const topic = find(input.TopicArn ?? input.TargetArn);
      if (topic.raw.size > 0 && input.MessageAttributes)
        throw notEmulated('attributes of messages that are delivered raw');
      const message = { ...checkedMessage(input), attributes: attributesOf(input) };
      return { MessageId: publish(topic, message, input.Subject) };
    },
  };
  kernel.receive(
    'arn:aws:sns:',
    (arn, payload) => void publish(find(arn), { message: payload, messages: {}, attributes: {} }, undefined),
  );
  return {
    name: 'sns',
    operations,
    published: () => published,
    confirm(topicArn, endpoint) {
      const topic = find(topicArn);
      const waits = [...topic.subscriptions.values()].find(
        (one) => one.Endpoint === endpoint && topic.pending.has(one.SubscriptionArn),
      );
      if (waits === undefined) throw new Error(`sns: no subscription of ${endpoint} waits at ${topicArn}`);
      topic.pending.delete(waits.SubscriptionArn);
    },
    policy: (arn) => topics.get(arn)?.policy,
    topicArns: () => [...topics.keys()],
    keyOf: (arn) => topics.get(arn)?.attributes.get('KmsMasterKeyId'),
  };
}

const policyIn = (text: string, known: ConditionKeys): PolicyDocument =>
  parseResourcePolicy(text, known, (reason) => invalidParameter(`Policy: ${reason}`));

function checkedMessage({
  Message: message = '',
  Subject: subject,
  MessageStructure: structure,
}: PublishInput): Pick<Published, 'message' | 'messages'> {
  if (message === '') throw invalidParameter('Empty message');
  if (Buffer.byteLength(message) > MESSAGE_BYTES_MAX) throw invalidParameter('Message too long');
  // Publish (API reference): no line breaks or control characters, and less than 100 characters long.
  if (subject !== undefined && (subject === '' || subject.length > 100 || /\p{Cc}|[\u2028\u2029]/u.test(subject))) {
    throw invalidParameter('Subject');
  }
  if (structure !== 'json') return { message, messages: {} };
  try {
    const said = JSON.parse(message) as Record<string, unknown> | null;
    // "Non-string values will cause the key to be ignored" (Publish, SNS API reference).
    const texts = Object.entries(said ?? {}).filter((entry): entry is [string, string] => typeof entry[1] === 'string');
    const { default: text, ...messages } = Object.fromEntries(texts);
    if (text !== undefined) return { message: text, messages };
  } catch {
    throw invalidParameter('Message Structure - JSON message body failed to parse');
  }
  throw invalidParameter('Message Structure - No default entry in JSON message body');
}

const attributesOf = ({ MessageAttributes = {} }: PublishInput): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(MessageAttributes).flatMap(([name, { DataType, StringValue }]) =>
      DataType === 'String' && StringValue !== undefined ? [[name, StringValue]] : [],
    ),
  );

/** The form that a subscriber gets ("Amazon SNS message and JSON formats"; "Invoking Lambda functions with Amazon SNS notifications"). */
function envelope(subscription: Subscription, entry: Published): string {
  const notification = {
    Type: 'Notification',
    MessageId: entry.messageId,
    TopicArn: entry.topicArn,
    ...(entry.subject === undefined ? {} : { Subject: entry.subject }),
    Message: messageFor(entry, subscription.Protocol),
    Timestamp: new Date(entry.atMs).toISOString(),
  };
  const attributes = Object.fromEntries(
    Object.entries(entry.attributes).map(([name, Value]) => [name, { Type: 'String', Value }]),
  );
  if (subscription.Protocol === 'sqs')
    return JSON.stringify({
      ...notification,
      ...(Object.keys(attributes).length > 0 && { MessageAttributes: attributes }),
    });
  const record = {
    EventVersion: '1.0',
    EventSubscriptionArn: subscription.SubscriptionArn,
    EventSource: 'aws:sns',
    Sns: { Subject: null, ...notification, MessageAttributes: attributes },
  };
  return JSON.stringify({ Records: [record] });
}

/** CreateTopic's attributes of standard topics (API reference), and those of FIFO topics, which are not emulated. */
const TOPIC_ATTRIBUTES: ReadonlySet<string> = new Set([
  ...['DeliveryPolicy', 'DisplayName', 'FifoTopic', 'Policy', 'SignatureVersion', 'TracingConfig', 'KmsMasterKeyId'],
  ...['ArchivePolicy', 'ContentBasedDeduplication', 'FifoThroughputScope', 'DataProtectionPolicy'],
  ...['HTTP', 'Firehose', 'Lambda', 'Application', 'SQS'].flatMap((protocol) => [
    `${protocol}SuccessFeedbackRoleArn`,
    `${protocol}SuccessFeedbackSampleRate`,
    `${protocol}FailureFeedbackRoleArn`,
  ]),
]);

/** "For a FIFO (first-in-first-out) topic, the name must end with the .fifo suffix" (CreateTopic, API reference). */
function checkTopicName(name: string, isFifo: boolean): void {
  if (isFifo && /^[A-Za-z0-9_-]{1,251}\.fifo$/.test(name)) throw notEmulated('FIFO topics');
  if (isFifo) {
    throw invalidParameter(
      'Fifo Topic names must end with .fifo and must be made up of only uppercase and lowercase ASCII letters, numbers, underscores, and hyphens, and must be between 1 and 256 characters long.',
    );
  }
  if (!/^[A-Za-z0-9_-]{1,256}$/.test(name)) throw invalidParameter('Topic Name');
}

// InvalidParameterException's wire code is "InvalidParameter"; the SDK names the exception after its shape.
const invalidParameter = (what: string): AwsError =>
  new AwsError('InvalidParameterException', `Invalid parameter: ${what}`);
