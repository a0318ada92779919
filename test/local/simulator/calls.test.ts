import { describe, expect, it } from '@jest/globals';
import type { Region } from '../../../local/region.ts';
import { callsOfDispatch, callsOfExecution, countCalls, isMutation } from '../../../local/scenarios/report/calls.ts';
import type { InvocationSpan } from '../../../local/simulator/lambda-runtime/sandboxes.ts';
import type { CallRecord } from '../../../local/simulator/trace.ts';
import { ME, OTHER } from '../../fixtures/builders/incident.ts';
import { DATA_VOLUME, INSTANCE } from '../../fixtures/builders/node.ts';
import { NOON_MS } from '../../fixtures/builders/time.ts';

const HEAL = 'chainmend-resize-volume/1';
const DISPATCH = 'chainmend-dispatch-heal/1';

const call = (name: string, input: object = {}, more: Partial<CallRecord> = {}): CallRecord => {
  const [service = '', operation = ''] = name.split('.');
  return { at: NOON_MS, actor: HEAL, service, operation, input, outcome: 'ok', ...more };
};
const counts = (...calls: CallRecord[]) => {
  const { apiCalls, guardCalls, pollCalls, stateCalls } = countCalls(calls);
  return { api: apiCalls, guard: guardCalls, poll: pollCalls, state: stateCalls };
};

describe('the calls of a heal are counted', () => {
  it('as calls to AWS where they ask or change something', () => {
    const asked = [
      'ec2.DescribeVolumes',
      'ec2.ModifyVolume',
      'ssm.SendCommand',
      'monitoring.GetMetricData',
      'sns.Publish',
      'lambda.Invoke',
    ];
    expect(counts(...asked.map((name) => call(name)))).toEqual({ api: 6, guard: 0, poll: 0, state: 0 });
  });

  it('as polls where the same is read again, and only then', () => {
    const look = call('ec2.DescribeVolumesModifications', { Filters: [{ Name: 'volume-id', Values: [DATA_VOLUME] }] });
    const other = call('ec2.DescribeVolumesModifications', { Filters: [] });
    expect(counts(look, look, other, look)).toEqual({ api: 2, guard: 0, poll: 2, state: 0 });
  });

  it('as calls, however often, where they change something', () => {
    const send = call('ssm.SendCommand', { InstanceIds: [INSTANCE] });
    expect(counts(send, send)).toEqual({ api: 2, guard: 0, poll: 0, state: 0 });
  });

  it('as guards where pauses and fleet file are read again, and the node’s pause tag', () => {
    const switches = call('ssm.GetParameters', { Names: ['/chainmend/pause'] });
    const tag = call('ec2.DescribeTags', { Filters: [] });
    expect(counts(switches, switches, tag, switches, tag)).toEqual({ api: 1, guard: 4, poll: 0, state: 0 });
  });

  it('as state where they are records and checkpoints', () => {
    const state = [
      'dynamodb.GetItem',
      'dynamodb.PutItem',
      'lambda.CheckpointDurableExecution',
      'lambda.GetDurableExecution',
    ];
    expect(counts(...state.map((name) => call(name)))).toEqual({ api: 0, guard: 0, poll: 0, state: 4 });
  });

  it('not at all where nobody would ask: logs, other services', () => {
    expect(counts(call('logs.PutLogEvents'), call('sts.GetCallerIdentity'))).toEqual({
      api: 0,
      guard: 0,
      poll: 0,
      state: 0,
    });
  });

  it('for each function by itself: what the dispatcher read, the heal has not', () => {
    const look = call('ec2.DescribeInstances', { InstanceIds: [INSTANCE] });
    expect(counts({ ...look, actor: DISPATCH }, look, { ...look, actor: 'chainmend-resize-volume/2' })).toMatchObject({
      api: 2,
      poll: 1,
    });
  });

  it('only where they were served', () => {
    for (const outcome of [
      'RequestLimitExceeded',
      'ThrottlingException',
      'RequestThrottledException',
      'caller killed before',
    ])
      expect(counts(call('ec2.ModifyVolume', {}, { outcome }))).toMatchObject({ api: 0 });
    for (const outcome of ['ok', 'answer lost', 'caller killed after', 'IncorrectModificationState'])
      expect(counts(call('ec2.ModifyVolume', {}, { outcome }))).toMatchObject({ api: 1 });
  });
});

describe('a mutation', () => {
  it.each([
    ['ec2.ModifyVolume', {}, true],
    ['ec2.TerminateInstances', {}, true],
    ['ec2.DescribeVolumes', {}, false],
    ['ec2.GetConsoleOutput', {}, false],
    ['ssm.SendCommand', { DocumentName: 'chainmend-grow-filesystem-0a1b2c3d' }, true],
    ['ssm.SendCommand', { DocumentName: 'AWS-RunShellScript' }, true],
    ['ssm.SendCommand', { DocumentName: 'chainmend-observe-node-0a1b2c3d' }, false],
    ['ssm.GetParameters', {}, false],
    ['dynamodb.PutItem', {}, false],
    ['sns.Publish', {}, false],
  ])('changes a node, a volume or an instance: %s %j is one: %s', (name, input, expected) => {
    expect(isMutation(call(name, input))).toBe(expected);
  });

  it('is one although its answer was lost, and none where it was refused or never sent', () => {
    const modify = (outcome: string | undefined) => isMutation(call('ec2.ModifyVolume', {}, { outcome }));
    expect(['ok', 'answer lost', 'caller killed after'].map(modify)).toEqual([true, true, true]);
    expect(
      ['IncorrectModificationState', 'RequestLimitExceeded', 'caller killed before', undefined].map(modify),
    ).toEqual([false, false, false, false]);
  });
});

describe('whose calls they are', () => {
  const span = (actor: string, event: unknown, fromCall: number, toCall?: number): InvocationSpan =>
    ({ actor, functionName: actor.split('/')[0], event, fromCall, toCall }) as InvocationSpan;
  const region = (calls: readonly CallRecord[], spans: readonly InvocationSpan[]): Region =>
    ({ gateway: { trace: { calls } }, spans }) as unknown as Region;
  const by = (actor: string, label: string) => call(`ec2.${label}`, {}, { actor });
  const labels = (calls: readonly CallRecord[]) => calls.map(({ operation }) => operation);

  it('is told by the execution that a sandbox ran, among others’ at the same time', () => {
    const calls = [
      by(HEAL, 'A'),
      by(DISPATCH, 'B'),
      by(HEAL, 'C'),
      by('chainmend-resize-volume/2', 'D'),
      by(HEAL, 'E'),
    ];
    const spans = [
      span(HEAL, { DurableExecutionArn: ME }, 0, 3),
      span(HEAL, { DurableExecutionArn: OTHER }, 4, 5),
      span('chainmend-resize-volume/2', { DurableExecutionArn: ME }, 3, 4),
    ];
    expect(labels(callsOfExecution(region(calls, spans), ME))).toEqual(['A', 'C', 'D']);
    expect(labels(callsOfExecution(region(calls, spans), OTHER))).toEqual(['E']);
  });

  it('ends for a sandbox that was killed where its next invocation begins, or with the run', () => {
    const calls = [by(HEAL, 'A'), by(HEAL, 'B'), by(HEAL, 'C')];
    const killed = [span(HEAL, { DurableExecutionArn: ME }, 0), span(HEAL, { DurableExecutionArn: OTHER }, 2)];
    expect(labels(callsOfExecution(region(calls, killed), ME))).toEqual(['A', 'B']);
    expect(labels(callsOfExecution(region(calls, killed), OTHER))).toEqual(['C']);
  });

  it('of the dispatcher: all of the event that started the attempt, of a sweep the invocation alone', () => {
    const invoke = (incidentId: string, attempt: number) =>
      call('lambda.Invoke', { Payload: Buffer.from(JSON.stringify({ incidentId, attempt })) }, { actor: DISPATCH });
    const calls = [by(DISPATCH, 'A'), invoke('x', 1), by(DISPATCH, 'B'), invoke('x', 2), invoke('y', 1)];
    const started = [
      span(DISPATCH, { 'detail-type': 'CloudWatch Alarm State Change' }, 0, 2),
      span(DISPATCH, { kind: 'sweep' }, 2, 5),
    ];
    expect(labels(callsOfDispatch(region(calls, started), 'x', 1))).toEqual(['A', 'Invoke']);
    expect(labels(callsOfDispatch(region(calls, started), 'x', 2))).toEqual(['Invoke']);
    expect(labels(callsOfDispatch(region(calls, started), 'y', 2))).toEqual([]);
  });
});
