import { beforeEach, describe, expect, it } from '@jest/globals';
import { nextCron, parseCron } from '../../../../local/services/scheduler/cron.ts';
import { createScheduler } from '../../../../local/services/scheduler/scheduler.ts';
import { createSqs, type Sqs } from '../../../../local/services/sqs/sqs.ts';
import { AwsError, type Service } from '../../../../local/simulator/service.ts';
import { START_MS, type TestKernel, testKernel } from '../../../fixtures/kernel.ts';

const FUNCTION = 'arn:aws:lambda:eu-west-1:111122223333:function:chainmend-dispatch-heal';
let kernel: TestKernel;
let sqs: Sqs;
let scheduler: Service;
let received: { atMs: number; payload: Record<string, unknown> }[];

const ask = (operation: string, input: object): Record<string, unknown> =>
  scheduler.operations[operation]?.(input, kernel.call()) as Record<string, unknown>;
const schedule = (more: object = {}, target: object = {}) =>
  ask('CreateSchedule', {
    Name: 'sweep',
    ScheduleExpression: 'rate(1 minute)',
    FlexibleTimeWindow: { Mode: 'OFF' },
    Target: { Arn: FUNCTION, RoleArn: 'arn:aws:iam::111122223333:role/sweep', Input: '{"kind":"sweep"}', ...target },
    ...more,
  });

beforeEach(() => {
  kernel = testKernel();
  received = [];
  sqs = createSqs(kernel, () => undefined);
  sqs.operations['CreateQueue']?.({ QueueName: 'dead' }, kernel.call());
  scheduler = createScheduler(kernel, sqs, () => undefined);
  kernel.receive('arn:aws:lambda:', (_arn, payload) => {
    received.push({ atMs: kernel.clock.now(), payload: JSON.parse(payload) });
  });
});

describe('schedules', () => {
  it('fire every minute, at the same second of each', () => {
    schedule();
    kernel.advance(10 * 60_000);
    expect(received.length).toBeGreaterThanOrEqual(9);
    expect(received[0]?.payload).toEqual({ kind: 'sweep' });
    const gaps = received.slice(1).map(({ atMs }, i) => atMs - (received[i]?.atMs ?? 0));
    for (const gap of gaps) expect(Math.abs(gap - 60_000)).toBeLessThan(1_000);
  });

  it('stop when disabled or deleted, and start again when updated', () => {
    schedule({ State: 'DISABLED' });
    kernel.advance(5 * 60_000);
    expect(received).toEqual([]);
    const { Arn: _, CreationDate, LastModificationDate, ...stored } = ask('GetSchedule', { Name: 'sweep' });
    expect(CreationDate).toEqual(LastModificationDate);
    ask('UpdateSchedule', { ...stored, State: 'ENABLED' });
    kernel.advance(3 * 60_000);
    const count = received.length;
    expect(count).toBeGreaterThan(1);
    ask('DeleteSchedule', { Name: 'sweep' });
    kernel.advance(3 * 60_000);
    expect(received.length).toBeLessThanOrEqual(count + 1);
    expect(() => ask('GetSchedule', { Name: 'sweep' })).toThrow('Schedule sweep does not exist.');
  });

  it('say when they were due, and fire once with at()', () => {
    schedule(
      { ScheduleExpression: 'at(2026-01-01T13:00:00)', ActionAfterCompletion: 'DELETE' },
      { Input: '{"due":"<aws.scheduler.scheduled-time>","try":"<aws.scheduler.attempt-number>"}' },
    );
    kernel.advance(3 * 3_600_000);
    expect(received.map(({ payload }) => payload)).toEqual([{ due: '2026-01-01T13:00:00Z', try: '1' }]);
    expect(ask('ListSchedules', {})).toEqual({ Schedules: [] });
  });

  it('stay within a flexible window', () => {
    schedule({
      ScheduleExpression: 'rate(1 hour)',
      FlexibleTimeWindow: { Mode: 'FLEXIBLE', MaximumWindowInMinutes: 15 },
    });
    kernel.advance(5 * 3_600_000 - 1);
    expect(received).toHaveLength(5);
    received.forEach(({ atMs }, n) => {
      const lateMs = atMs - START_MS - n * 3_600_000;
      expect(lateMs).toBeGreaterThan(0);
      expect(lateMs).toBeLessThan(15 * 60_000 + 1_000);
    });
  });

  it('put what cannot be delivered into the dead-letter queue', () => {
    kernel.receive('arn:aws:lambda:', () => {
      throw new AwsError('ServiceException', 'broken', { fault: 'server' });
    });
    schedule(
      { ScheduleExpression: 'at(2026-01-01T13:00:00)' },
      {
        DeadLetterConfig: { Arn: 'arn:aws:sqs:eu-west-1:111122223333:dead' },
        RetryPolicy: { MaximumEventAgeInSeconds: 60 },
      },
    );
    kernel.advance(2 * 3_600_000);
    expect(sqs.messages('dead')[0]).toMatchObject({
      body: '{"kind":"sweep"}',
      attributes: { ERROR_CODE: 'ServiceException', EXHAUSTED_RETRY_CONDITION: 'MaximumEventAgeInSeconds' },
    });
  });

  it.each([
    [{ ScheduleExpression: 'rate(1 minutes)' }, 'Invalid Schedule Expression rate(1 minutes).'],
    [{ ScheduleExpression: 'cron(0 12 * * * *)' }, 'Invalid Schedule Expression cron(0 12 * * * *).'],
    [{ ScheduleExpression: 'every minute' }, 'Invalid Schedule Expression every minute.'],
    [{ ScheduleExpressionTimezone: 'Europe/Dublin' }, 'The local region schedules in UTC only, not in Europe/Dublin'],
    [{ FlexibleTimeWindow: { Mode: 'FLEXIBLE' } }, 'FlexibleTimeWindow: MaximumWindowInMinutes must be from 1 to 1440'],
  ])('%j is refused', (more, message) => {
    expect(() => schedule(more)).toThrow(message);
  });
});

describe('cron', () => {
  it.each([
    ['0 10 * * ? *', '2026-01-02T10:00:00Z'],
    ['15 12 * * ? *', '2026-01-01T12:15:00Z'],
    ['0/15 * * * ? *', '2026-01-01T12:15:00Z'],
    ['0 18 ? * MON-FRI *', '2026-01-01T18:00:00Z'],
    ['0 8 1 * ? *', '2026-02-01T08:00:00Z'],
    ['0 8 L * ? *', '2026-01-31T08:00:00Z'],
    ['0 8 31W * ? *', '2026-01-30T08:00:00Z'],
    ['0 8 ? * 2#1 *', '2026-01-05T08:00:00Z'],
    ['0 8 ? * 6L *', '2026-01-30T08:00:00Z'],
    ['0 0 29 2 ? *', '2028-02-29T00:00:00Z'],
    ['0 0 1 1 ? 2025', undefined],
  ])('%s comes next at %s', (fields, expected) => {
    const cron = parseCron(fields);
    const next = cron && nextCron(cron, START_MS);
    expect(next && new Date(next).toISOString().replace('.000', '')).toBe(expected);
  });
});
