import { beforeEach, describe, expect, it } from '@jest/globals';
import { createEvents, type Events } from '../../../../local/services/events/events.ts';
import { compilePattern, type Json } from '../../../../local/services/events/pattern.ts';
import { createSqs, type Sqs } from '../../../../local/services/sqs/sqs.ts';
import { AwsError } from '../../../../local/simulator/service.ts';
import { type TestKernel, testKernel } from '../../../fixtures/kernel.ts';

const FUNCTION = 'arn:aws:lambda:eu-west-1:111122223333:function:chainmend-dispatch-heal';
const DLQ = 'arn:aws:sqs:eu-west-1:111122223333:dead';

describe('event patterns', () => {
  const event = {
    source: 'aws.cloudwatch',
    resources: ['arn:aws:cloudwatch:eu-west-1:1:alarm:chainmend-a-disk'],
    detail: {
      alarmName: 'chainmend-a-disk',
      state: { value: 'ALARM' },
      previousState: { value: 'OK', actionsSuppressedBy: null },
      ip: '10.1.2.3',
      used: 91.5,
      path: '/data/node*1',
      tags: ['disk', 'data'],
      volumes: [
        { role: 'data', sizeGiB: 500 },
        { role: 'ancient', sizeGiB: 900 },
      ],
    },
  };
  it.each<[object, boolean]>([
    [{ source: ['aws.ec2', 'aws.cloudwatch'] }, true],
    [{ source: ['aws.ec2'] }, false],
    [{ detail: { state: { value: ['ALARM'] }, alarmName: [{ prefix: 'chainmend-' }] } }, true],
    [{ detail: { alarmName: [{ prefix: { 'equals-ignore-case': 'CHAINMEND' } }] } }, true],
    [{ detail: { alarmName: [{ suffix: '-disk' }] } }, true],
    [{ detail: { alarmName: [{ wildcard: 'chainmend-*-disk' }] } }, true],
    [{ detail: { path: [{ wildcard: '/data/*\\*1' }] } }, true],
    [{ detail: { alarmName: [{ wildcard: 'chainmend-*-height' }] } }, false],
    [{ detail: { alarmName: [{ 'equals-ignore-case': 'Chainmend-A-Disk' }] } }, true],
    [{ detail: { alarmName: [{ 'anything-but': ['a', 'b'] }] } }, true],
    [{ detail: { alarmName: [{ 'anything-but': { prefix: 'chainmend-' } }] } }, false],
    [{ detail: { alarmName: [{ 'anything-but': { suffix: ['-height', '-disk'] } }] } }, false],
    [{ detail: { alarmName: [{ 'anything-but': { wildcard: '*-x-*' } }] } }, true],
    [{ detail: { nothing: [{ 'anything-but': 'x' }] } }, false],
    [{ detail: { state: { actionsSuppressedBy: [{ exists: false }] } } }, true],
    [{ detail: { state: [{ exists: true }] } }, false],
    [{ detail: { used: [{ numeric: ['>', 90, '<=', 91.5] }] } }, true],
    [{ detail: { used: [{ numeric: ['=', 91] }] } }, false],
    [{ detail: { ip: [{ cidr: '10.1.0.0/16' }] } }, true],
    [{ detail: { ip: [{ cidr: '10.2.0.0/16' }] } }, false],
    [{ detail: { tags: ['data'] } }, true],
    [{ detail: { previousState: { actionsSuppressedBy: [null] } } }, true],
    [{ detail: { volumes: { role: ['data'], sizeGiB: [{ numeric: ['<', 600] }] } } }, true],
    [{ detail: { volumes: { role: ['data'], sizeGiB: [900] } } }, false],
    [{ detail: { $or: [{ used: [1] }, { ip: [{ prefix: '10.' }] }] } }, true],
    [{ $or: [{ source: ['x'] }, { detail: { used: [{ numeric: ['<', 1] }] } }] }, false],
  ])('%j: %s', (pattern, expected) => {
    expect(compilePattern(JSON.stringify(pattern))(event as { [name: string]: Json })).toBe(expected);
  });

  it.each([
    ['no JSON', '{', /not a JSON document/],
    ['a value without its list', '{"source":"aws.ec2"}', /"source" must be an object or an array/],
    ['an unknown operator', '{"source":[{"like":"x"}]}', /Unrecognized match type like/],
    ['an empty list', '{"source":[]}', /Empty arrays are not allowed/],
    ['a strange range', '{"detail":{"n":[{"numeric":[">","x"]}]}}', /must be numeric/],
  ])('%s is refused', (_what, pattern, message) => {
    expect(() => compilePattern(pattern)).toThrow(message);
  });
});

describe('the bus', () => {
  let kernel: TestKernel;
  let events: Events;
  let sqs: Sqs;
  let received: { atMs: number; payload: Record<string, unknown> }[];
  let recorded: string[];

  const ask = (operation: string, input: object): Record<string, unknown> =>
    events.operations[operation]?.(input, kernel.call()) as Record<string, unknown>;
  const rule = (target: object = {}) => {
    ask('PutRule', { Name: 'alarms', EventPattern: '{"source":["aws.cloudwatch"]}' });
    ask('PutTargets', { Rule: 'alarms', Targets: [{ Id: 'heal', Arn: FUNCTION, ...target }] });
  };
  const emit = (value = 'ALARM') =>
    events.emit({
      source: 'aws.cloudwatch',
      'detail-type': 'State',
      resources: [],
      detail: { value, quoted: 'say "x"' },
    });

  beforeEach(() => {
    kernel = testKernel();
    received = [];
    recorded = [];
    const record = (_namespace: string, name: string) => void recorded.push(name);
    sqs = createSqs(kernel, () => undefined);
    sqs.operations['CreateQueue']?.({ QueueName: 'dead' }, kernel.call());
    events = createEvents(kernel, sqs, record);
    kernel.receive('arn:aws:lambda:', (_arn, payload) => {
      received.push({ atMs: kernel.clock.now(), payload: JSON.parse(payload) });
    });
  });

  it('delivers an event whole within a second, and says that it was AWS that took the time', () => {
    rule();
    const from = kernel.clock.now();
    emit();
    kernel.advance(1_000);
    expect(received).toHaveLength(1);
    expect(received[0]?.payload).toMatchObject({
      version: '0',
      account: '111122223333',
      region: 'eu-west-1',
      time: '2026-01-01T12:00:00Z',
      detail: { value: 'ALARM' },
    });
    expect(kernel.works).toEqual([{ what: 'event delivery', resources: ['alarms'], from, to: received[0]?.atMs }]);
  });

  it('delivers nothing of a disabled rule, nor what its pattern does not want', () => {
    rule();
    events.emit({ source: 'aws.ec2', 'detail-type': 'x', resources: [], detail: {} });
    ask('PutRule', { Name: 'alarms', EventPattern: '{"source":["aws.cloudwatch"]}', State: 'DISABLED' });
    emit();
    kernel.advance(10_000);
    expect(received).toEqual([]);
  });

  it('gives targets a part, a constant, or a text made of parts', () => {
    rule({
      InputTransformer: {
        InputPathsMap: { value: '$.detail.value', quoted: '$.detail.quoted', gone: '$.detail.gone' },
        InputTemplate:
          '{"kind":"<value>","text":"it is <quoted><gone>","value":<value>,"rule":"<aws.events.rule-name>"}',
      },
    });
    emit();
    kernel.advance(1_000);
    expect(received[0]?.payload).toEqual({ kind: 'ALARM', text: 'it is say "x"', value: 'ALARM', rule: 'alarms' });
    expect(() => rule({ InputPath: 'detail' })).toThrow('JSON path detail is not valid.');
  });

  it('delivers twice, minutes late and out of order under its faults', () => {
    rule();
    kernel.faults.add('duplicate-events').add('delayed-events');
    for (let n = 0; n < 10; n++) emit(String(n));
    kernel.advance(60_000);
    expect(received).toEqual([]);
    kernel.advance(20 * 60_000);
    expect(received).toHaveLength(20);
    const order = received.map(({ payload }) => (payload['detail'] as { value: string }).value);
    expect(order).not.toEqual([...order].sort());
  });

  it('never delivers what is lost, and delivers hours later what is that late', () => {
    rule();
    kernel.faults.add('lost-events');
    emit('lost');
    kernel.faults.delete('lost-events');
    kernel.faults.add('hours-late-events');
    emit('late');
    kernel.advance(59 * 60_000);
    expect(received).toEqual([]);
    kernel.advance(3 * 3_600_000);
    expect(received.map(({ payload }) => (payload['detail'] as { value: string }).value)).toEqual(['late']);
  });

  it('retries what fails for a while, with growing pauses, and delivers it once', () => {
    rule();
    let failures = 0;
    kernel.receive('arn:aws:lambda:', (_arn, payload) => {
      if (failures++ < 5) throw new AwsError('TooManyRequestsException', 'slow down', { statusCode: 429 });
      received.push({ atMs: kernel.clock.now(), payload: JSON.parse(payload) });
    });
    emit();
    kernel.advance(60_000);
    expect([failures, received.length, recorded]).toEqual([6, 1, []]);
  });

  it('puts what cannot be delivered into the dead-letter queue, with the reason, and counts it', () => {
    rule({ DeadLetterConfig: { Arn: DLQ }, RetryPolicy: { MaximumRetryAttempts: 2 } });
    kernel.receive('arn:aws:lambda:', () => {
      throw new AwsError('TooManyRequestsException', 'slow down');
    });
    emit();
    kernel.advance(60_000);
    const [letter] = sqs.messages('dead');
    expect(JSON.parse(letter?.body ?? '')).toMatchObject({ detail: { value: 'ALARM' } });
    expect(letter?.attributes).toMatchObject({
      RULE_ARN: 'arn:aws:events:eu-west-1:111122223333:rule/alarms',
      TARGET_ARN: FUNCTION,
      ERROR_CODE: 'TooManyRequestsException',
      RETRY_ATTEMPTS: '2',
      EXHAUSTED_RETRY_CONDITION: 'MaximumRetryAttempts',
    });
    expect(recorded).toEqual(['FailedInvocations', 'InvocationsSentToDlq']);
  });

  it('does not retry where the target is gone', () => {
    rule({ DeadLetterConfig: { Arn: DLQ } });
    kernel.receive('arn:aws:lambda:', () => {
      throw new AwsError('ResourceNotFoundException', 'Function not found');
    });
    emit();
    kernel.advance(1_000);
    expect(sqs.messages('dead')[0]?.attributes).toMatchObject({ RETRY_ATTEMPTS: '0' });
  });

  it('lists, describes and deletes rules as AWS does', () => {
    rule();
    expect(ask('ListRules', { NamePrefix: 'al' })['Rules']).toMatchObject([
      { Name: 'alarms', State: 'ENABLED', EventBusName: 'default' },
    ]);
    expect(ask('ListTargetsByRule', { Rule: 'alarms' })).toEqual({ Targets: [{ Id: 'heal', Arn: FUNCTION }] });
    expect(() => ask('DeleteRule', { Name: 'alarms' })).toThrow("Rule can't be deleted since it has targets.");
    ask('RemoveTargets', { Rule: 'alarms', Ids: ['heal'] });
    ask('DeleteRule', { Name: 'alarms' });
    expect(() => ask('DescribeRule', { Name: 'alarms' })).toThrow('Rule alarms does not exist on EventBus default.');
  });

  it('takes events of people, refuses those in the name of AWS, and tests patterns', () => {
    const answer = ask('PutEvents', {
      Entries: [
        { Source: 'me', DetailType: 'x', Detail: '{}' },
        { Source: 'aws.ec2', DetailType: 'x', Detail: '{}' },
        { Source: 'me', DetailType: 'x', Detail: '{' },
      ],
    });
    expect(answer).toMatchObject({
      FailedEntryCount: 2,
      Entries: [{}, { ErrorCode: 'NotAuthorizedForSource' }, { ErrorCode: 'MalformedDetail' }],
    });
    expect(ask('TestEventPattern', { EventPattern: '{"a":[1]}', Event: '{"a":1}' })).toEqual({ Result: true });
  });
});
