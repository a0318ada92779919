import { beforeEach, describe, expect, it } from '@jest/globals';
import { createSns, isPage, mailOf, messageFor, type Sns } from '../../../../local/services/sns/sns.ts';
import { type TestKernel, testKernel } from '../../../fixtures/kernel.ts';

let kernel: TestKernel;
let sns: Sns;
const TopicArn = 'arn:aws:sns:eu-west-1:111122223333:pages';
const FUNCTION = 'arn:aws:lambda:eu-west-1:111122223333:function:pager';

const ask = (operation: string, input: object): Record<string, unknown> =>
  sns.operations[operation]?.(input, kernel.call()) as Record<string, unknown>;

beforeEach(() => {
  kernel = testKernel();
  sns = createSns(kernel);
  ask('CreateTopic', { Name: 'pages' });
});

describe('a topic', () => {
  it('keeps what was published for people to read', () => {
    const { MessageId } = ask('Publish', { TopicArn, Subject: 'disk full', Message: '{"node":"node2"}' });
    kernel.deliver(TopicArn, 'from an alarm');
    expect(sns.published()).toMatchObject([
      { messageId: MessageId, subject: 'disk full', message: '{"node":"node2"}', atMs: kernel.clock.now() },
      { subject: undefined, message: 'from an alarm' },
    ]);
  });

  it('hands messages to functions in the form of SNS, and records other subscribers', () => {
    const received: string[] = [];
    kernel.receive('arn:aws:lambda:', (_arn, payload) => void received.push(payload));
    ask('Subscribe', { TopicArn, Protocol: 'lambda', Endpoint: FUNCTION });
    ask('Subscribe', { TopicArn, Protocol: 'email', Endpoint: 'someone@example.org' });
    const counts = () => ask('GetTopicAttributes', { TopicArn })['Attributes'];
    expect(counts()).toMatchObject({ SubscriptionsConfirmed: '1', SubscriptionsPending: '1' });
    expect(ask('ListSubscriptionsByTopic', { TopicArn })['Subscriptions']).toMatchObject([
      { SubscriptionArn: expect.stringContaining(TopicArn) },
      { SubscriptionArn: 'PendingConfirmation' },
    ]);
    sns.confirm(TopicArn, 'someone@example.org');
    expect(counts()).toMatchObject({ SubscriptionsConfirmed: '2', SubscriptionsPending: '0' });
    expect(() => sns.confirm(TopicArn, 'someone@example.org')).toThrow('no subscription of someone@example.org waits');
    ask('Publish', { TopicArn, Message: 'hello', Subject: 'a page' });
    kernel.advance(0);
    expect(received.map((payload) => JSON.parse(payload))).toMatchObject([
      { Records: [{ EventSource: 'aws:sns', Sns: { Message: 'hello', Subject: 'a page', TopicArn } }] },
    ]);
    expect(ask('ListSubscriptionsByTopic', { TopicArn })['Subscriptions']).toMatchObject([
      { Protocol: 'lambda' },
      { Protocol: 'email', Endpoint: 'someone@example.org' },
    ]);
    expect(ask('ListTopics', {})).toEqual({ Topics: [{ TopicArn }] });
  });

  it('has subscriptions without filters: they are not emulated, by their name', () => {
    const subscribe = (Attributes: object) =>
      ask('Subscribe', { TopicArn, Protocol: 'lambda', Endpoint: FUNCTION, Attributes });
    expect(() => subscribe({ FilterPolicy: '{"severity":["page"]}' })).toThrow(
      'The local region does not emulate FilterPolicy of a subscription',
    );
    expect(() => subscribe({ RawMessageDelivery: 'true' })).toThrow('[lambda] does not support raw message delivery');
    const RedrivePolicy = '{"deadLetterTargetArn":"arn:aws:sqs:eu-west-1:111122223333:lost"}';
    expect(subscribe({ RawMessageDelivery: 'false', RedrivePolicy })).toHaveProperty('SubscriptionArn');
  });

  it('hands a queue the message alone where it is delivered raw', () => {
    const received: string[] = [];
    kernel.receive('arn:aws:sqs:', (_arn, payload) => void received.push(payload));
    const Endpoint = 'arn:aws:sqs:eu-west-1:111122223333:raw';
    const { SubscriptionArn } = ask('Subscribe', {
      ...{ TopicArn, Protocol: 'sqs', Endpoint, Attributes: { RawMessageDelivery: 'true' } },
    });
    ask('Publish', { TopicArn, Message: 'hello', Subject: 'a page' });
    kernel.advance(0);
    expect(received).toEqual(['hello']);
    const MessageAttributes = { severity: { DataType: 'String', StringValue: 'told' } };
    const publish = () => ask('Publish', { TopicArn, Message: 'hello', MessageAttributes });
    expect(publish).toThrow('does not emulate attributes of messages that are delivered raw');
    ask('Unsubscribe', { SubscriptionArn });
    expect(publish()).toHaveProperty('MessageId');
  });

  it('hands the attributes of a message to functions, and tells pages from other messages', () => {
    const received: string[] = [];
    kernel.receive('arn:aws:lambda:', (_arn, payload) => void received.push(payload));
    ask('Subscribe', { TopicArn, Protocol: 'lambda', Endpoint: FUNCTION });
    const MessageAttributes = { severity: { DataType: 'String', StringValue: 'told' } };
    ask('Publish', { TopicArn, Message: '{"severity":"told"}', MessageAttributes });
    for (const Message of ['{"severity":"page"}', '{"AlarmName":"chainmend/failing"}', 'in words'])
      ask('Publish', { TopicArn, Message });
    kernel.advance(0);
    expect(JSON.parse(received[0] ?? '')).toMatchObject({
      Records: [{ Sns: { MessageAttributes: { severity: { Type: 'String', Value: 'told' } } } }],
    });
    expect(sns.published().map(isPage)).toEqual([false, true, true, true]);
  });

  it('gives each protocol its own text of a message of structure json, and the default to all others', () => {
    const received: string[] = [];
    kernel.receive('arn:aws:lambda:', (_arn, payload) => void received.push(payload));
    ask('Subscribe', { TopicArn, Protocol: 'lambda', Endpoint: FUNCTION });
    const Message = JSON.stringify({ default: 'to read', lambda: '{"code":"paused"}', sqs: { not: 'a text' } });
    ask('Publish', { TopicArn, Message, MessageStructure: 'json', Subject: 'a page' });
    kernel.advance(0);
    expect(JSON.parse(received[0] ?? '')).toMatchObject({ Records: [{ Sns: { Message: '{"code":"paused"}' } }] });
    const [published] = sns.published();
    if (!published) throw new Error('nothing was published');
    expect(['lambda', 'email', 'sqs', 'toString'].map((protocol) => messageFor(published, protocol))).toEqual([
      '{"code":"paused"}',
      'to read',
      'to read',
      'to read',
    ]);
    expect(mailOf(published, `${TopicArn}:1`, 'oncall@example.com')).toMatch(
      /^to read\n\n--\nIf you wish to stop receiving notifications from this topic/,
    );
  });

  it.each([
    [{ Message: '' }, 'Invalid parameter: Empty message'],
    [{ Message: 'x', Subject: 'two\nlines' }, 'Invalid parameter: Subject'],
    [{ Message: 'x', Subject: 'x'.repeat(101) }, 'Invalid parameter: Subject'],
    [{ Message: 'x'.repeat(262_145) }, 'Invalid parameter: Message too long'],
    [{ Message: 'x', TopicArn: `${TopicArn}x` }, 'Topic does not exist'],
    [{ Message: '{}', MessageStructure: 'json' }, 'No default entry in JSON message body'],
    [{ Message: 'null', MessageStructure: 'json' }, 'No default entry in JSON message body'],
    [{ Message: '{"default":1}', MessageStructure: 'json' }, 'No default entry in JSON message body'],
    [{ Message: '{', MessageStructure: 'json' }, 'JSON message body failed to parse'],
  ])('refuses %j', (input, message) => {
    expect(() => ask('Publish', { TopicArn, ...input })).toThrow(message);
  });
});
