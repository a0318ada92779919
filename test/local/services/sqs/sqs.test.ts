import { beforeEach, describe, expect, it } from '@jest/globals';
import { createSqs, type Sqs } from '../../../../local/services/sqs/sqs.ts';
import { type TestKernel, testKernel } from '../../../fixtures/kernel.ts';

let kernel: TestKernel;
let sqs: Sqs;
let datapoints: { readonly name: string; readonly value: number }[];
const QueueUrl = 'https://sqs.eu-west-1.amazonaws.com/111122223333/work';

const ask = (operation: string, input: object): Record<string, unknown> =>
  sqs.operations[operation]?.({ QueueUrl, ...input }, kernel.call()) as Record<string, unknown>;
const measured = (metric: string) => datapoints.filter(({ name }) => name === metric).map(({ value }) => value);
const receive = (input: object = {}) =>
  (ask('ReceiveMessage', input)['Messages'] ?? []) as { Body: string; ReceiptHandle: string; MD5OfBody: string }[];

beforeEach(() => {
  kernel = testKernel();
  datapoints = [];
  sqs = createSqs(kernel, (_namespace, name, _dimensions, value) => void datapoints.push({ name, value }));
  ask('CreateQueue', { QueueName: 'dead' });
  ask('CreateQueue', {
    QueueName: 'work',
    Attributes: {
      RedrivePolicy: '{"deadLetterTargetArn":"arn:aws:sqs:eu-west-1:111122223333:dead","maxReceiveCount":2}',
    },
  });
});

describe('a queue', () => {
  it('hides a message while it is worked on, shows it again, and forgets it when deleted', () => {
    ask('SendMessage', { MessageBody: 'hello' });
    const [first] = receive();
    expect(first).toMatchObject({ Body: 'hello', MD5OfBody: '5d41402abc4b2a76b9719d911017c592' });
    expect(receive()).toEqual([]);
    kernel.advance(30_000);
    const [again] = receive();
    expect(again?.ReceiptHandle).not.toBe(first?.ReceiptHandle);
    ask('DeleteMessage', { ReceiptHandle: again?.ReceiptHandle });
    kernel.advance(30_000);
    expect(sqs.depth('work')).toBe(0);
  });

  it('hands out the attributes of a message that were asked for, with their digest, and no others', () => {
    const text = (StringValue: string) => ({ DataType: 'String', StringValue });
    const MessageAttributes = { kind: text('page'), 'fleet.name': text('bitcoin'), 'fleet.size': text('3') };
    ask('SendMessage', { MessageBody: 'hello', MessageAttributes });
    const shown = (MessageAttributeNames?: string[]) => {
      const [message] = receive({ VisibilityTimeout: 0, MessageAttributeNames }) as unknown as Record<string, object>[];
      return [Object.keys(message?.['MessageAttributes'] ?? {}), message?.['MD5OfMessageAttributes'] !== undefined];
    };
    expect(shown()).toEqual([[], false]);
    expect(shown(['fleet.*'])).toEqual([['fleet.name', 'fleet.size'], true]);
  });

  it.each([['All'], ['.*'], ['kind']])('hands out an attribute that is asked for by %s', (name) => {
    ask('SendMessage', { MessageBody: 'a', MessageAttributes: { kind: { DataType: 'String', StringValue: 'page' } } });
    expect(receive({ MessageAttributeNames: [name] })).toMatchObject([
      { MessageAttributes: { kind: { StringValue: 'page' } } },
    ]);
  });

  it('is listed page by page where pages are asked for, and has an address in its own account alone', () => {
    const [dead, work] = [QueueUrl.replace('work', 'dead'), QueueUrl];
    expect(ask('ListQueues', {})).toEqual({ QueueUrls: [dead, work] });
    const first = ask('ListQueues', { MaxResults: 1 });
    expect(first).toEqual({ QueueUrls: [dead], NextToken: expect.any(String) });
    expect(ask('ListQueues', { MaxResults: 1, NextToken: first['NextToken'] })).toEqual({ QueueUrls: [work] });
    expect(() => ask('ListQueues', { NextToken: 'x' })).toThrow('The specified token is not valid.');
    const urlIn = (QueueOwnerAWSAccountId: string) => ask('GetQueueUrl', { QueueName: 'work', QueueOwnerAWSAccountId });
    expect(urlIn('111122223333')).toEqual({ QueueUrl: work });
    expect(() => urlIn('444455556666')).toThrow('The specified queue does not exist.');
  });

  it('gives up on a message that was received too often', () => {
    ask('SendMessage', { MessageBody: 'poison' });
    for (let n = 0; n < 3; n++) {
      receive();
      kernel.advance(30_000);
    }
    expect([sqs.depth('work'), sqs.messages('dead').map(({ body }) => body)]).toEqual([0, ['poison']]);
  });

  it('tells how deep it is, to people and each minute to CloudWatch, and what came', () => {
    sqs.accept('arn:aws:sqs:eu-west-1:111122223333:work', 'a', { ERROR_CODE: 'x' });
    kernel.deliver('arn:aws:sqs:eu-west-1:111122223333:work', 'b');
    kernel.advance(60_000);
    expect(measured('ApproximateNumberOfMessagesVisible')).toEqual([0, 2]);
    expect(measured('NumberOfMessagesSent')).toEqual([1, 1]);
    expect(ask('GetQueueAttributes', { AttributeNames: ['ApproximateNumberOfMessages', 'QueueArn'] })).toEqual({
      Attributes: {
        ApproximateNumberOfMessages: '2',
        QueueArn: 'arn:aws:sqs:eu-west-1:111122223333:work',
      },
    });
  });

  it('answers a long poll when a message comes, or when its time is over', async () => {
    const waiting = sqs.operations['ReceiveMessage']?.({ QueueUrl, WaitTimeSeconds: 20 }, kernel.call());
    kernel.advance(5_000);
    ask('SendMessage', { MessageBody: 'late' });
    kernel.advance(0);
    expect(await waiting).toMatchObject({ Messages: [{ Body: 'late' }] });
    const empty = sqs.operations['ReceiveMessage']?.({ QueueUrl, WaitTimeSeconds: 20 }, kernel.call());
    kernel.advance(20_000);
    expect(await empty).toEqual({});
  });

  it('refuses what AWS refuses', () => {
    expect(() => ask('SendMessage', { QueueUrl: `${QueueUrl}x`, MessageBody: 'a' })).toThrow(
      'The specified queue does not exist.',
    );
    expect(() => ask('ReceiveMessage', { MaxNumberOfMessages: 11 })).toThrow('Must be between 1 and 10');
    expect(() => ask('CreateQueue', { QueueName: 'work', Attributes: { DelaySeconds: '1' } })).toThrow(
      'A queue already exists with the same name and a different value for attribute DelaySeconds',
    );
  });
});
