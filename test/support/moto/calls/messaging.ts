// SNS and SQS: topics, subscriptions, queues, messages.
import { callsOf, type MotoCall, slug } from './call.ts';

const sns = callsOf('sns');
const sqs = callsOf('sqs');

export const SNS: readonly MotoCall[] = [
  sns('CreateTopic', 'plain', { Name: 'pages' }, { topic: 'TopicArn' }),
  sns('CreateTopic', 'again', { Name: 'pages' }),
  sns('CreateTopic', 'with a name of strange characters', { Name: 'a b' }),
  sns('CreateTopic', 'with a name of 257 characters', { Name: 'a'.repeat(257) }),
  sns('CreateTopic', 'with an empty name', { Name: '' }),
  sns('CreateTopic', 'that ends in .fifo without being one', { Name: 'pages.fifo' }),
  sns('CreateTopic', 'that is FIFO without saying so in its name', {
    Name: 'other',
    Attributes: { FifoTopic: 'true' },
  }),
  sns('GetTopicAttributes', 'of one', ({ topic }) => ({ TopicArn: topic })),
  sns('GetTopicAttributes', 'of none', ({ topic }) => ({ TopicArn: `${topic}-nowhere` })),
  sns('GetTopicAttributes', 'of no ARN', { TopicArn: 'pages' }),
  sns('SetTopicAttributes', 'a display name', ({ topic }) => ({
    TopicArn: topic,
    AttributeName: 'DisplayName',
    AttributeValue: 'chainmend',
  })),
  sns('SetTopicAttributes', 'an unknown one', ({ topic }) => ({
    TopicArn: topic,
    AttributeName: 'constructor',
    AttributeValue: 'x',
  })),
  sns('SetTopicAttributes', 'of none', ({ topic }) => ({
    TopicArn: `${topic}-nowhere`,
    AttributeName: 'DisplayName',
    AttributeValue: 'x',
  })),
  sns('ListTopics', 'all', {}),
  sns('Subscribe', 'by mail', ({ topic }) => ({ TopicArn: topic, Protocol: 'email', Endpoint: 'a@b.example' })),
  sns(
    'Subscribe',
    'a queue',
    ({ topic, account }) => ({
      TopicArn: topic,
      Protocol: 'sqs',
      Endpoint: `arn:aws:sqs:eu-west-1:${account}:work`,
      ReturnSubscriptionArn: true,
    }),
    { subscription: 'SubscriptionArn' },
  ),
  sns('Subscribe', 'by an unknown protocol', ({ topic }) => ({ TopicArn: topic, Protocol: 'pigeon', Endpoint: 'x' })),
  sns('Subscribe', 'to no topic', ({ topic }) => ({
    TopicArn: `${topic}-nowhere`,
    Protocol: 'email',
    Endpoint: 'a@b.example',
  })),
  sns('Subscribe', 'without an endpoint', ({ topic }) => ({ TopicArn: topic, Protocol: 'email' })),
  sns('ListSubscriptionsByTopic', 'of one', ({ topic }) => ({ TopicArn: topic })),
  sns('ListSubscriptionsByTopic', 'of none', ({ topic }) => ({ TopicArn: `${topic}-nowhere` })),
  sns('Publish', 'plain', ({ topic }) => ({ TopicArn: topic, Message: 'm' })),
  sns('Publish', 'with a subject', ({ topic }) => ({ TopicArn: topic, Message: 'm', Subject: 's' })),
  sns('Publish', 'nothing', ({ topic }) => ({ TopicArn: topic, Message: '' })),
  sns('Publish', 'with a subject of two lines', ({ topic }) => ({ TopicArn: topic, Message: 'm', Subject: 'a\nb' })),
  sns('Publish', 'with a subject of 101 characters', ({ topic }) => ({
    TopicArn: topic,
    Message: 'm',
    Subject: 's'.repeat(101),
  })),
  sns('Publish', 'structured without a default', ({ topic }) => ({
    TopicArn: topic,
    Message: '{"email":"x"}',
    MessageStructure: 'json',
  })),
  sns('Publish', 'structured', ({ topic }) => ({
    TopicArn: topic,
    Message: '{"default":"x"}',
    MessageStructure: 'json',
  })),
  sns('Publish', 'structured and no JSON', ({ topic }) => ({
    TopicArn: topic,
    Message: '{',
    MessageStructure: 'json',
  })),
  sns('Publish', 'to none', ({ topic }) => ({ TopicArn: `${topic}-nowhere`, Message: 'm' })),
  sns('Publish', 'of more than 256 KiB', ({ topic }) => ({ TopicArn: topic, Message: 'm'.repeat(262_145) })),
  sns('Unsubscribe', 'one', ({ subscription }) => ({ SubscriptionArn: subscription })),
];

const Attributes = { VisibilityTimeout: '30' };

export const SQS: readonly MotoCall[] = [
  sqs('CreateQueue', 'plain', { QueueName: 'dead' }, { dead: 'QueueUrl' }),
  sqs('CreateQueue', 'with attributes', { QueueName: 'work', Attributes }, { queue: 'QueueUrl' }),
  sqs('CreateQueue', 'again', { QueueName: 'work', Attributes }),
  sqs('CreateQueue', 'again with other attributes', { QueueName: 'work', Attributes: { VisibilityTimeout: '31' } }),
  sqs('CreateQueue', 'with a name of strange characters', { QueueName: 'a b' }),
  sqs('CreateQueue', 'with a name of 81 characters', { QueueName: 'a'.repeat(81) }),
  sqs('CreateQueue', 'that ends in .fifo without being one', { QueueName: 'work.fifo' }),
  sqs('CreateQueue', 'with an unknown attribute', {
    QueueName: slug('with an unknown attribute'),
    Attributes: { constructor: '1' },
  }),
  sqs('CreateQueue', 'with a delay of 901 s', {
    QueueName: slug('with a delay of 901 s'),
    Attributes: { DelaySeconds: '901' },
  }),
  sqs('CreateQueue', 'with a retention of 59 s', {
    QueueName: slug('with a retention of 59 s'),
    Attributes: { MessageRetentionPeriod: '59' },
  }),
  sqs('CreateQueue', 'with a wait of 21 s', {
    QueueName: slug('with a wait of 21 s'),
    Attributes: { ReceiveMessageWaitTimeSeconds: '21' },
  }),
  sqs('CreateQueue', 'with a visibility of 43,201 s', {
    QueueName: slug('with a visibility of 43,201 s'),
    Attributes: { VisibilityTimeout: '43201' },
  }),
  sqs('CreateQueue', 'with a wait that is no number', {
    QueueName: slug('with a wait that is no number'),
    Attributes: { ReceiveMessageWaitTimeSeconds: 'x' },
  }),
  sqs('CreateQueue', 'with a redrive policy that is no JSON', {
    QueueName: slug('with a redrive policy that is no JSON'),
    Attributes: { RedrivePolicy: '{' },
  }),
  sqs('CreateQueue', 'with a redrive policy to no queue', ({ account }) => ({
    QueueName: slug('with a redrive policy to no queue'),
    Attributes: {
      RedrivePolicy: `{"deadLetterTargetArn":"arn:aws:sqs:eu-west-1:${account}:nowhere","maxReceiveCount":3}`,
    },
  })),
  sqs('GetQueueUrl', 'of one', { QueueName: 'work' }),
  sqs('GetQueueUrl', 'of none', { QueueName: 'nowhere' }),
  sqs('ListQueues', 'all', {}),
  sqs('ListQueues', 'by prefix', { QueueNamePrefix: 'wo' }),
  sqs('ListQueues', 'by a prefix that none has', { QueueNamePrefix: 'zzz' }),
  sqs('GetQueueAttributes', 'all', ({ queue }) => ({ QueueUrl: queue, AttributeNames: ['All'] })),
  sqs('GetQueueAttributes', 'one', ({ queue }) => ({ QueueUrl: queue, AttributeNames: ['QueueArn'] })),
  sqs('GetQueueAttributes', 'an unknown one', ({ queue }) => ({ QueueUrl: queue, AttributeNames: ['BANANA'] })),
  sqs('GetQueueAttributes', 'of none', ({ queue }) => ({ QueueUrl: `${queue}-nowhere`, AttributeNames: ['All'] })),
  sqs('SetQueueAttributes', 'visibility', ({ queue }) => ({ QueueUrl: queue, Attributes: { VisibilityTimeout: '5' } })),
  sqs('SetQueueAttributes', 'a redrive policy', ({ queue, account }) => ({
    QueueUrl: queue,
    Attributes: {
      RedrivePolicy: `{"deadLetterTargetArn":"arn:aws:sqs:eu-west-1:${account}:dead","maxReceiveCount":3}`,
    },
  })),
  sqs('SendMessage', 'plain', ({ queue }) => ({ QueueUrl: queue, MessageBody: 'b' })),
  sqs('SendMessage', 'with an attribute', ({ queue }) => ({
    QueueUrl: queue,
    MessageBody: 'b',
    MessageAttributes: { a: { DataType: 'String', StringValue: 'x' } },
  })),
  sqs('SendMessage', 'with a delay of 901 s', ({ queue }) => ({
    QueueUrl: queue,
    MessageBody: 'b',
    DelaySeconds: 901,
  })),
  sqs('SendMessage', 'with a delay below zero', ({ queue }) => ({
    QueueUrl: queue,
    MessageBody: 'b',
    DelaySeconds: -1,
  })),
  sqs('SendMessage', 'nothing', ({ queue }) => ({ QueueUrl: queue, MessageBody: '' })),
  sqs('SendMessage', 'with a character that no message may have', ({ queue }) => ({
    QueueUrl: queue,
    MessageBody: 'a\u0000b',
  })),
  sqs('SendMessage', 'to none', ({ queue }) => ({ QueueUrl: `${queue}-nowhere`, MessageBody: 'b' })),
  sqs('ReceiveMessage', 'one', ({ queue }) => ({ QueueUrl: queue, MessageSystemAttributeNames: ['All'] }), {
    receipt: 'Messages.0.ReceiptHandle',
  }),
  sqs('ReceiveMessage', '11', ({ queue }) => ({ QueueUrl: queue, MaxNumberOfMessages: 11 })),
  sqs('ReceiveMessage', 'none', ({ queue }) => ({ QueueUrl: queue, MaxNumberOfMessages: 0 })),
  sqs('ReceiveMessage', 'with a wait of 21 s', ({ queue }) => ({ QueueUrl: queue, WaitTimeSeconds: 21 })),
  sqs('ReceiveMessage', 'with a wait below zero', ({ queue }) => ({ QueueUrl: queue, WaitTimeSeconds: -1 })),
  sqs('ReceiveMessage', 'with a visibility of 43,201 s', ({ queue }) => ({
    QueueUrl: queue,
    VisibilityTimeout: 43_201,
  })),
  sqs('ReceiveMessage', 'with an unknown system attribute', ({ queue }) => ({
    QueueUrl: queue,
    MessageSystemAttributeNames: ['BANANA'],
  })),
  sqs('ReceiveMessage', 'from an empty queue', ({ dead }) => ({ QueueUrl: dead })),
  sqs('SetQueueAttributes', 'a delay of 901 s', ({ dead }) => ({
    QueueUrl: dead,
    Attributes: { DelaySeconds: '901' },
  })),
  sqs('DeleteMessage', 'one', ({ queue, receipt }) => ({ QueueUrl: queue, ReceiptHandle: receipt })),
  sqs('DeleteMessage', 'of no receipt', ({ queue }) => ({ QueueUrl: queue, ReceiptHandle: 'x' })),
];
