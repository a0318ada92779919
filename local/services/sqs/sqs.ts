// SQS: standard queues, as far as dead letters, people who read them, and alarms on their depth need it.
import type { ConditionKeys, Kernel, Timer } from '../../simulator/kernel.ts';
import { ownValue } from '../../simulator/own-properties.ts';
import { AwsError, type Call, notEmulated, type Operation, type Service } from '../../simulator/service.ts';
import type { RecordMetric } from '../cloudwatch/series.ts';
import type { PolicyDocument } from '../iam/policy.ts';
import { parseResourcePolicy } from '../iam/resource-policy.ts';
import { opaque, pageOf, type Tokens } from '../pages.ts';
import {
  attributesMd5,
  type Message,
  type MessageAttribute,
  md5,
  type ReceiveMessageInput,
  received,
  type Wanted,
} from './messages.ts';

export interface Sqs extends Service {
  /** Puts a message into the queue of an ARN, as other services do; throws `QueueDoesNotExist`. */
  accept(queueArn: string, body: string, attributes?: Readonly<Record<string, string>>): void;
  /** For scenarios and tests: visible messages of a queue, oldest first, with their text attributes; empty without such a queue. */
  messages(
    queueName: string,
  ): readonly { readonly body: string; readonly attributes: Readonly<Record<string, string>> }[];
  /** A queue's own policy; undefined without one. */
  policy(queueArn: string): PolicyDocument | undefined;
  queueArns(): readonly string[];
  /** How many messages a consumer could receive now. */
  depth(queueName: string): number;
  /**
   * Sets the origin at which the region is served ("http://127.0.0.1:41231"), for queue URLs. The JavaScript SDK ignores AWS_ENDPOINT_URL and sends
   * its requests to the host of the queue's URL. With AWS's own host they would leave this machine.
   */
  servedAt(origin: string): void;
}

interface Queue {
  readonly name: string;
  readonly arn: string;
  readonly createdAtMs: number;
  readonly attributes: Map<string, string>;
  policy: PolicyDocument | undefined;
  messages: Message[];
  readonly waiters: Set<() => void>;
}

// "Amazon SQS message quotas": 120,000 in flight. A queue has no limit on AWS; here it is more than a run needs. Messages up to 1 MiB.
const MESSAGES_MAX = 120_000;
const MESSAGE_BYTES_MAX = 1024 * 1024;
const QUEUES_MAX = 1_000;
const RECEIVE_MAX = 10;
// CreateQueue (API reference): defaults of the attributes, in seconds.
const DEFAULTS: Readonly<Record<string, string>> = {
  VisibilityTimeout: '30',
  MessageRetentionPeriod: '345600',
  DelaySeconds: '0',
  ReceiveMessageWaitTimeSeconds: '0',
  MaximumMessageSize: '1048576',
};
const METRIC_PERIOD_MS = 60_000;
/** ListQueues: "the maximum number of results … is 1,000". */
const LIST_MAX = 1_000;
const TOKENS: Tokens = {
  ...opaque('sqs', 'base64'),
  refused: () => new AwsError('InvalidParameterValue', 'The specified token is not valid.'),
};

type Range = readonly [least: number, most: number];
/** CreateQueue (API reference): "Valid values: An integer from … to …". */
const RANGES = {
  DelaySeconds: [0, 900],
  MaximumMessageSize: [1_024, 1_048_576],
  MessageRetentionPeriod: [60, 1_209_600],
  ReceiveMessageWaitTimeSeconds: [0, 20],
  VisibilityTimeout: [0, 43_200],
  KmsDataKeyReusePeriodSeconds: [60, 86_400],
} as const satisfies Record<string, Range>;
/** SendMessage (API reference): "#x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF". */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what it is about
const NOT_IN_MESSAGES = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/;
/** A queue's attributes that cannot be set. */
const READ_ONLY = /^(All|Approximate.*|CreatedTimestamp|LastModifiedTimestamp|QueueArn)$/;

export function createSqs(kernel: Kernel, record: RecordMetric): Sqs {
  const queues = new Map<string, Queue>();
  const ids = kernel.random('sqs/ids');
  const now = (): number => kernel.clock.now();
  let origin = `https://sqs.${kernel.regionName}.amazonaws.com`;
  const urlOf = ({ name }: Queue): string => `${origin}/${kernel.accountId}/${name}`;

  const find = (urlOrArn: string): Queue => {
    const queue = queues.get(urlOrArn.slice(Math.max(urlOrArn.lastIndexOf('/'), urlOrArn.lastIndexOf(':')) + 1));
    if (!queue) throw new AwsError('QueueDoesNotExist', 'The specified queue does not exist.');
    return queue;
  };

  const visible = (queue: Queue): Message[] => {
    const retentionMs = setting(queue, 'MessageRetentionPeriod') * 1000;
    queue.messages = queue.messages.filter(({ sentAtMs }) => sentAtMs > now() - retentionMs);
    return queue.messages.filter(({ visibleAtMs }) => visibleAtMs <= now());
  };

  const send = (queue: Queue, body: string, attributes: Message['attributes'], delaySeconds?: number): Message => {
    if (body === '') throw new AwsError('MissingParameter', 'The request must contain the parameter MessageBody.');
    if (Buffer.byteLength(body) > Math.min(MESSAGE_BYTES_MAX, setting(queue, 'MaximumMessageSize'))) {
      throw new AwsError(
        'InvalidParameterValue',
        `One or more parameters are invalid. Reason: Message must be shorter than ${setting(queue, 'MaximumMessageSize')} bytes.`,
      );
    }
    if (queue.messages.length >= MESSAGES_MAX)
      throw new AwsError('OverLimit', `Too many messages in queue ${queue.name}`, { statusCode: 403 });
    const delayMs = (delaySeconds ?? setting(queue, 'DelaySeconds')) * 1000;
    const message: Message = {
      id: ids.uuid(),
      body,
      attributes,
      sentAtMs: now(),
      visibleAtMs: now() + delayMs,
      receiptHandle: undefined,
      receives: 0,
      firstReceivedAtMs: undefined,
    };
    queue.messages.push(message);
    // Also what another service sends; a redrive of SQS itself is not counted ("Available CloudWatch metrics for Amazon SQS").
    record('AWS/SQS', 'NumberOfMessagesSent', { QueueName: queue.name }, 1, now(), 'Count');
    for (const wake of queue.waiters) kernel.clock.after(delayMs, wake);
    return message;
  };

  const receive = (queue: Queue, count: number, visibilitySeconds: number, wanted: Wanted): object => {
    const taken: object[] = [];
    for (const message of visible(queue)) {
      if (taken.length === count) break;
      if (redriven(queue, message)) continue;
      message.receives++;
      message.firstReceivedAtMs ??= now();
      message.visibleAtMs = now() + visibilitySeconds * 1000;
      message.receiptHandle = ids.hex(64);
      taken.push(received(message, kernel.accountId, wanted));
    }
    return taken.length > 0 ? { Messages: taken } : {};
  };

  /** Moves a message that was received too often to the queue's dead-letter queue. */
  const redriven = (queue: Queue, message: Message): boolean => {
    const policy = queue.attributes.get('RedrivePolicy');
    // An empty policy removes it.
    if (!policy) return false;
    const { maxReceiveCount, deadLetterTargetArn } = JSON.parse(policy) as {
      maxReceiveCount: number;
      deadLetterTargetArn: string;
    };
    if (message.receives < Number(maxReceiveCount)) return false;
    queue.messages.splice(queue.messages.indexOf(message), 1);
    find(deadLetterTargetArn).messages.push({ ...message, receiptHandle: undefined, visibleAtMs: now() });
    return true;
  };

  const receiveMessage = (input: ReceiveMessageInput): object | Promise<object> => {
    const queue = find(input.QueueUrl);
    const count = input.MaxNumberOfMessages ?? 1;
    if (count < 1 || count > RECEIVE_MAX) {
      throw new AwsError(
        'InvalidParameterValue',
        `Value ${count} for parameter MaxNumberOfMessages is invalid. Reason: Must be between 1 and ${RECEIVE_MAX}, if provided.`,
      );
    }
    checkSeconds('WaitTimeSeconds', input.WaitTimeSeconds, RANGES.ReceiveMessageWaitTimeSeconds);
    checkSeconds('VisibilityTimeout', input.VisibilityTimeout, RANGES.VisibilityTimeout);
    const visibility = input.VisibilityTimeout ?? setting(queue, 'VisibilityTimeout');
    const wanted = [...(input.AttributeNames ?? []), ...(input.MessageSystemAttributeNames ?? [])];
    const named = { system: wanted, own: input.MessageAttributeNames ?? [] };
    const take = (): object => receive(queue, count, visibility, named);
    const waitMs = (input.WaitTimeSeconds ?? setting(queue, 'ReceiveMessageWaitTimeSeconds')) * 1000;
    return waitMs === 0 || visible(queue).length > 0 ? take() : longPoll(queue, take, waitMs);
  };

  const longPoll = (queue: Queue, take: () => object, waitMs: number): Promise<object> =>
    new Promise((resolve) => {
      let timer: Timer | undefined;
      const finish = (): void => {
        if (!queue.waiters.delete(finish)) return;
        timer?.cancel();
        resolve(take());
      };
      queue.waiters.add(finish);
      timer = kernel.clock.after(waitMs, finish);
    });

  const reportDepths = (): void => {
    for (const queue of queues.values()) {
      record(
        'AWS/SQS',
        'ApproximateNumberOfMessagesVisible',
        { QueueName: queue.name },
        visible(queue).length,
        now(),
        'Count',
      );
    }
    kernel.clock.after(METRIC_PERIOD_MS, reportDepths);
  };

  const createQueue = (input: { QueueName: string; Attributes?: Record<string, string> }, call: Call): object => {
    if (input.Attributes?.['FifoQueue'] === 'true') throw notEmulated('FIFO queues');
    if (!/^[A-Za-z0-9_-]{1,80}$/.test(input.QueueName)) {
      throw new AwsError(
        'InvalidParameterValue',
        'Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length',
      );
    }
    const given = Object.entries(input.Attributes ?? {});
    checkAttributes(given, (arn) => queues.has(arn.split(':').at(-1) ?? ''));
    const known = queues.get(input.QueueName);
    if (known) {
      const other = given.find(([name, value]) => known.attributes.get(name) !== value);
      if (other) {
        throw new AwsError(
          'QueueNameExists',
          `A queue already exists with the same name and a different value for attribute ${other[0]}`,
        );
      }
      return { QueueUrl: urlOf(known) };
    }
    if (queues.size >= QUEUES_MAX) throw new AwsError('OverLimit', 'Too many queues', { statusCode: 403 });
    if (queues.size === 0) kernel.clock.after(METRIC_PERIOD_MS, reportDepths);
    const queue: Queue = {
      name: input.QueueName,
      arn: `arn:aws:sqs:${kernel.regionName}:${kernel.accountId}:${input.QueueName}`,
      createdAtMs: call.at,
      attributes: new Map([...Object.entries(DEFAULTS), ...given]),
      policy: undefined,
      messages: [],
      waiters: new Set(),
    };
    queues.set(queue.name, queue);
    return { QueueUrl: urlOf(queue) };
  };

  const operations: Record<string, Operation> = {
    CreateQueue: createQueue,
    GetQueueUrl: ({ QueueName, QueueOwnerAWSAccountId: owner = kernel.accountId }: GetQueueUrlInput) => ({
      // Queues of other accounts are not here.
      QueueUrl: urlOf(find(owner === kernel.accountId ? QueueName : '')),
    }),
    ListQueues: (input: { QueueNamePrefix?: string; MaxResults?: number; NextToken?: string }) => {
      const { QueueNamePrefix: prefix = '', MaxResults: size } = input;
      const urls = [...queues.values()].filter(({ name }) => name.startsWith(prefix)).map(urlOf);
      const { items, next } = pageOf(urls, input.NextToken, Math.min(size ?? LIST_MAX, LIST_MAX), TOKENS);
      // "You must set MaxResults to receive a value for NextToken in the response."
      const more = size === undefined ? undefined : next;
      return { ...(items.length > 0 && { QueueUrls: items }), ...(more !== undefined && { NextToken: more }) };
    },
    GetQueueAttributes: (input: { QueueUrl: string; AttributeNames?: readonly string[] }) => {
      const queue = find(input.QueueUrl);
      const all = attributesOf(queue, visible(queue).length, now());
      const names = input.AttributeNames ?? [];
      const picked = Object.entries(all).filter(([name]) => names.includes('All') || names.includes(name));
      return picked.length > 0 ? { Attributes: Object.fromEntries(picked) } : {};
    },
    SetQueueAttributes: (input: { QueueUrl: string; Attributes: Record<string, string> }) => {
      const queue = find(input.QueueUrl);
      const given = Object.entries(input.Attributes);
      checkAttributes(given, (arn) => queues.has(arn.split(':').at(-1) ?? ''));
      const { Policy } = input.Attributes;
      if (Policy !== undefined) queue.policy = policyIn(Policy, kernel.conditionKeys);
      for (const [name, value] of given) queue.attributes.set(name, value);
      return {};
    },
    SendMessage: (input: SendMessageInput) => {
      const queue = find(input.QueueUrl);
      checkSeconds('DelaySeconds', input.DelaySeconds, RANGES.DelaySeconds);
      if (NOT_IN_MESSAGES.test(input.MessageBody) || !input.MessageBody.isWellFormed()) {
        const message =
          'Invalid characters were found. Valid unicode characters are #x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF';
        throw new AwsError('InvalidMessageContents', message);
      }
      const message = send(queue, input.MessageBody, input.MessageAttributes ?? {}, input.DelaySeconds);
      return { MessageId: message.id, MD5OfMessageBody: md5(message.body), ...attributesMd5(message.attributes) };
    },
    ReceiveMessage: receiveMessage,
    DeleteMessage: (input: { QueueUrl: string; ReceiptHandle: string }) => {
      const queue = find(input.QueueUrl);
      if (!/^[0-9a-f]{64}$/.test(input.ReceiptHandle)) {
        throw new AwsError('ReceiptHandleIsInvalid', 'The input receipt handle is invalid.');
      }
      queue.messages = queue.messages.filter(({ receiptHandle }) => receiptHandle !== input.ReceiptHandle);
      return {};
    },
  };

  const accept: Sqs['accept'] = (queueArn, body, attributes = {}) => {
    const texts = Object.entries(attributes).map(([name, value]) => [name, { DataType: 'String', StringValue: value }]);
    send(find(queueArn), body, Object.fromEntries(texts));
  };
  kernel.receive('arn:aws:sqs:', (arn, payload) => accept(arn, payload));

  return {
    name: 'sqs',
    operations,
    accept,
    queueArns: () => [...queues.values()].map(({ arn }) => arn),
    policy: (queueArn) => queues.get(queueArn.split(':').at(-1) ?? '')?.policy,
    messages: (queueName) => {
      const queue = queues.get(queueName);
      return (queue ? visible(queue) : []).map(({ body, attributes }) => ({
        body,
        attributes: Object.fromEntries(
          Object.entries(attributes).map(([name, { StringValue }]) => [name, StringValue ?? '']),
        ),
      }));
    },
    depth: (queueName) => {
      const queue = queues.get(queueName);
      return queue ? visible(queue).length : 0;
    },
    servedAt: (served) => {
      origin = served;
    },
  };
}

function checkAttributes(given: readonly (readonly [string, string])[], exists: (queueArn: string) => boolean): void {
  for (const [name, value] of given) {
    if (READ_ONLY.test(name)) throw new AwsError('InvalidAttributeName', `Unknown Attribute ${name}.`);
    if (name === 'FifoQueue') throw notEmulated('FIFO queues');
    const range: Range | undefined = ownValue<Range>(RANGES, name);
    const number = Number(value);
    if (range && !(/^\d{1,9}$/.test(value) && number >= range[0] && number <= range[1])) {
      throw invalidValue(`Invalid value for the parameter ${name}.`);
    }
    if (name === 'RedrivePolicy' && value !== '') checkRedrivePolicy(value, exists);
  }
}

/** "Amazon SQS dead-letter queues": both members, an existing queue, and 1 to 1,000 receives. */
function checkRedrivePolicy(text: string, exists: (queueArn: string) => boolean): void {
  const invalid = (reason: string): AwsError =>
    invalidValue(`Value ${text} for parameter RedrivePolicy is invalid. Reason: ${reason}`);
  let policy: unknown;
  try {
    policy = JSON.parse(text);
  } catch {
    throw invalid('Redrive policy is not a valid JSON map.');
  }
  if (typeof policy !== 'object' || policy === null || Array.isArray(policy)) {
    throw invalid('Redrive policy is not a valid JSON map.');
  }
  const { deadLetterTargetArn: arn, maxReceiveCount } = policy as Readonly<Record<string, unknown>>;
  if (typeof arn !== 'string')
    throw invalid('Redrive policy does not contain mandatory attribute: deadLetterTargetArn.');
  const count = Number(maxReceiveCount);
  if (!(Number.isInteger(count) && count >= 1 && count <= 1_000)) {
    throw invalid('Invalid value for maxReceiveCount: valid values are from 1 to 1000 both inclusive.');
  }
  if (!exists(arn)) throw invalid('Dead letter target does not exist.');
}

function checkSeconds(name: string, value: number | undefined, [least, most]: Range): void {
  if (value === undefined || (Number.isInteger(value) && value >= least && value <= most)) return;
  throw invalidValue(
    `Value ${value} for parameter ${name} is invalid. Reason: Must be >= ${least} and <= ${most}, if provided.`,
  );
}

const invalidValue = (message: string): AwsError => new AwsError('InvalidParameterValue', message);

interface SendMessageInput {
  readonly QueueUrl: string;
  readonly MessageBody: string;
  readonly DelaySeconds?: number;
  readonly MessageAttributes?: Readonly<Record<string, MessageAttribute>>;
}

interface GetQueueUrlInput {
  readonly QueueName: string;
  readonly QueueOwnerAWSAccountId?: string;
}

const setting = (queue: Queue, name: string): number => Number(queue.attributes.get(name) ?? DEFAULTS[name]);

function attributesOf(queue: Queue, visibleCount: number, nowMs: number): Record<string, string> {
  const inFlight = queue.messages.filter(({ visibleAtMs, receives }) => visibleAtMs > nowMs && receives > 0).length;
  return {
    ...Object.fromEntries(queue.attributes),
    QueueArn: queue.arn,
    CreatedTimestamp: String(Math.floor(queue.createdAtMs / 1000)),
    ApproximateNumberOfMessages: String(visibleCount),
    ApproximateNumberOfMessagesNotVisible: String(inFlight),
    ApproximateNumberOfMessagesDelayed: String(queue.messages.length - visibleCount - inFlight),
  };
}

const policyIn = (text: string, known: ConditionKeys): PolicyDocument =>
  parseResourcePolicy(
    text,
    known,
    (reason) => new AwsError('InvalidAttributeValue', `Invalid value for the parameter Policy. ${reason}`),
  );
