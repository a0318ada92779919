// EventBridge Scheduler: schedules that invoke a Lambda function or send to a queue, and one universal target; only UTC.

import type { Kernel, SlowSchedule, Timer } from '../../simulator/kernel.ts';
import { ownValue } from '../../simulator/own-properties.ts';
import { AwsError, type Call, notEmulated, type Operation, type Service } from '../../simulator/service.ts';
import { UPDATE_GROUP } from '../autoscaling/universal-target.ts';
import type { RecordMetric } from '../cloudwatch/series.ts';
import { createCourier, type DeadLetters, type RetryPolicy } from '../events/delivery.ts';
import { digits, pageOf, type Tokens } from '../pages.ts';
import { parseTiming, type Timing } from './expression.ts';

interface Target {
  readonly Arn: string;
  readonly RoleArn: string;
  readonly Input?: string;
  readonly RetryPolicy?: RetryPolicy;
  readonly DeadLetterConfig?: { readonly Arn?: string };
}

interface ScheduleInput {
  readonly Name: string;
  readonly GroupName?: string;
  readonly ScheduleExpression: string;
  readonly ScheduleExpressionTimezone?: string;
  readonly StartDate?: Date;
  readonly EndDate?: Date;
  readonly Description?: string;
  readonly State?: string;
  readonly Target: Target;
  readonly FlexibleTimeWindow: { readonly Mode: string; readonly MaximumWindowInMinutes?: number };
  readonly ActionAfterCompletion?: string;
}

interface Schedule {
  readonly arn: string;
  readonly input: ScheduleInput;
  readonly timing: Timing;
  readonly createdAtMs: number;
  readonly modifiedAtMs: number;
  /** Its offset within each minute: invocations have a precision of 60 s. */
  readonly phaseMs: number;
  readonly everyMs: number;
  /** When it fired last and was not left out, and when it fires next; infinite: never. */
  playedMs: number;
  nextMs: number;
  timer: Timer | undefined;
}

// "Quotas for EventBridge Scheduler": a million schedules; a run needs far fewer. ListSchedules: pages of at most 100.
const SCHEDULES_MAX = 10_000;
const PAGE_MAX = 100;
const TOKENS: Tokens = {
  ...digits(),
  refused: () => new AwsError('ValidationException', 'The NextToken value is not valid.'),
};
const GROUP = 'default';
// "EventBridge Scheduler … 60 second precision": at some offset within the minute, the same for each firing of a schedule.
const PRECISION_MS = 60_000;

/** Sweeps come every few minutes: each reads everything again. */
const FREQUENT_MS = 5 * 60_000;
/** Between its next two moments. */
const everyMsOf = ({ next }: Timing, afterMs: number): number => {
  const firstMs = next(afterMs);
  const secondMs = firstMs === undefined ? undefined : next(firstMs);
  return firstMs === undefined || secondMs === undefined ? Number.POSITIVE_INFINITY : secondMs - firstMs;
};

interface ListSchedulesInput {
  readonly GroupName?: string;
  readonly NamePrefix?: string;
  readonly State?: string;
  readonly MaxResults?: number;
  readonly NextToken?: string;
}

/** "The default retry policy … is 185 retries within 24 hours" ("Managing a schedule's retry policy", EventBridge Scheduler user guide). */
const RETRIES = { MaximumEventAgeInSeconds: 86_400, MaximumRetryAttempts: 185 } as const;

export function createScheduler(kernel: Kernel, deadLetters: DeadLetters, record: RecordMetric): Service {
  const schedules = new Map<string, Schedule>();
  const random = kernel.random('scheduler');
  const courier = createCourier(kernel, 'scheduler/delivery', deadLetters, record);

  const find = (input: { readonly Name: string; readonly GroupName?: string }): Schedule => {
    refuseOtherGroup(input.GroupName);
    const schedule = schedules.get(input.Name);
    if (!schedule)
      throw new AwsError('ResourceNotFoundException', `Schedule ${input.Name} does not exist.`, { statusCode: 404 });
    return schedule;
  };

  const install = (input: ScheduleInput, nowMs: number, before?: Schedule): Schedule => {
    refuseOtherGroup(input.GroupName);
    checkTarget(input.Target);
    checkWindow(input.FlexibleTimeWindow);
    const startMs = Math.max(input.StartDate?.getTime() ?? nowMs, nowMs);
    const timing = parseTiming(input.ScheduleExpression, startMs, input.ScheduleExpressionTimezone);
    const schedule: Schedule = {
      arn: `arn:aws:scheduler:${kernel.regionName}:${kernel.accountId}:schedule/${GROUP}/${input.Name}`,
      input: structuredClone(input),
      timing,
      createdAtMs: before?.createdAtMs ?? nowMs,
      modifiedAtMs: nowMs,
      phaseMs: before?.phaseMs ?? random.integer(0, PRECISION_MS - 1),
      everyMs: everyMsOf(timing, startMs - 1),
      playedMs: before?.playedMs ?? Number.NEGATIVE_INFINITY,
      nextMs: Number.POSITIVE_INFINITY,
      timer: undefined,
    };
    before?.timer?.cancel();
    schedules.set(input.Name, schedule);
    if (input.State !== 'DISABLED') plan(schedule, startMs - 1);
    return schedule;
  };

  const plan = (schedule: Schedule, afterMs: number): void => {
    const { input, timing, phaseMs } = schedule;
    const dueMs = timing.next(afterMs);
    schedule.nextMs = Number.POSITIVE_INFINITY;
    if (dueMs === undefined || dueMs > (input.EndDate?.getTime() ?? Number.POSITIVE_INFINITY)) {
      if (input.ActionAfterCompletion === 'DELETE') schedules.delete(input.Name);
      return;
    }
    const { Mode: mode, MaximumWindowInMinutes: minutes = 0 } = input.FlexibleTimeWindow;
    const windowMs = mode === 'FLEXIBLE' ? Math.floor(random.next() * minutes * 60_000) : phaseMs;
    schedule.nextMs = dueMs + windowMs;
    schedule.timer = kernel.clock.at(schedule.nextMs, () => {
      fire(schedule, dueMs);
      plan(schedule, dueMs);
    });
  };

  const slowSchedules = (): SlowSchedule[] =>
    [...schedules.values()]
      .filter(({ input, everyMs }) => input.State !== 'DISABLED' && everyMs > FREQUENT_MS)
      .map(({ input, everyMs, playedMs, nextMs }) => ({ schedule: input.Name, everyMs, playedMs, nextMs }));

  const leavesOut = (schedule: Schedule): boolean => {
    const { input, everyMs } = schedule;
    const firing = { schedule: input.Name, targetArn: input.Target.Arn, everyMs, slow: slowSchedules() };
    if (kernel.leavesOut(firing)) return true;
    schedule.playedMs = kernel.clock.now();
    return false;
  };

  const fire = (schedule: Schedule, dueMs: number): void => {
    const { Target: target, Name: name } = schedule.input;
    const executionId = random.uuid();
    const time = new Date(dueMs).toISOString().replace(/\.\d{3}Z$/, 'Z');
    courier.send({
      what: 'schedule delivery',
      isLeftOut: leavesOut(schedule),
      resources: [name],
      targetArn: target.Arn,
      sender: {
        roleArn: target.RoleArn,
        // "aws:SourceArn … the schedule group" ("Confused deputy prevention", EventBridge Scheduler guide).
        principal: {
          service: 'scheduler.amazonaws.com',
          sourceArn: `arn:aws:scheduler:${kernel.regionName}:${kernel.accountId}:schedule-group/${GROUP}`,
          sourceAccount: kernel.accountId,
        },
      },
      payload: (attempt) =>
        target.Input === undefined
          ? defaultPayload(kernel, schedule.arn, executionId, time)
          : withContext(target.Input, {
              'schedule-arn': schedule.arn,
              'scheduled-time': time,
              'execution-id': executionId,
              'attempt-number': String(attempt),
            }),
      retryPolicy: target.RetryPolicy,
      deadLetterArn: target.DeadLetterConfig?.Arn,
      // "Configuring a schedule's dead-letter queue" (user guide).
      attributes: ({ errorCode, errorMessage, retryAttempts, exhausted }) => ({
        SCHEDULE_ARN: schedule.arn,
        SCHEDULED_TIME: time,
        TARGET_ARN: target.Arn,
        EXECUTION_ID: executionId,
        ERROR_CODE: errorCode,
        ERROR_MESSAGE: errorMessage,
        RETRY_ATTEMPTS: String(retryAttempts),
        IS_PAYLOAD_TRUNCATED: 'false',
        ...(exhausted ? { EXHAUSTED_RETRY_CONDITION: exhausted } : {}),
      }),
      // "Monitoring Amazon EventBridge Scheduler with Amazon CloudWatch".
      metrics: {
        namespace: 'AWS/Scheduler',
        dimensions: { ScheduleGroup: GROUP },
        failed: 'InvocationDroppedCount',
        deadLettered: 'InvocationsSentToDeadLetterCount',
      },
    });
  };

  const operations: Record<string, Operation> = {
    CreateSchedule: (input: ScheduleInput, call: Call) => {
      if (schedules.has(input.Name)) {
        throw new AwsError('ConflictException', `Schedule ${input.Name} already exists.`, { statusCode: 409 });
      }
      if (schedules.size >= SCHEDULES_MAX) {
        throw new AwsError('ServiceQuotaExceededException', `More than ${SCHEDULES_MAX} schedules`, {
          statusCode: 402,
        });
      }
      return { ScheduleArn: install(input, call.at).arn };
    },
    // "UpdateSchedule uses all values … when you do not specify a value, the default replaces what was there".
    UpdateSchedule: (input: ScheduleInput, call: Call) => ({ ScheduleArn: install(input, call.at, find(input)).arn }),
    GetSchedule: (input: { Name: string; GroupName?: string }) => {
      const schedule = find(input);
      const { Target } = structuredClone(schedule.input);
      return {
        ...structuredClone(schedule.input),
        Target: { ...Target, RetryPolicy: { ...RETRIES, ...Target.RetryPolicy } },
        GroupName: GROUP,
        Arn: schedule.arn,
        State: schedule.input.State ?? 'ENABLED',
        ScheduleExpressionTimezone: schedule.input.ScheduleExpressionTimezone ?? 'UTC',
        CreationDate: new Date(schedule.createdAtMs),
        LastModificationDate: new Date(schedule.modifiedAtMs),
      };
    },
    ListSchedules: (input: ListSchedulesInput) => {
      const found = [...(input.GroupName === undefined || input.GroupName === GROUP ? schedules.values() : [])]
        .filter(
          ({ input: { Name, State = 'ENABLED' } }) =>
            Name.startsWith(input.NamePrefix ?? '') && State === (input.State ?? State),
        )
        .sort((a, b) => (a.input.Name < b.input.Name ? -1 : 1));
      const { items, next } = pageOf(found, input.NextToken, Math.min(input.MaxResults ?? PAGE_MAX, PAGE_MAX), TOKENS);
      return { Schedules: items.map(summary), ...(next && { NextToken: next }) };
    },
    DeleteSchedule: (input: { Name: string; GroupName?: string }) => {
      find(input).timer?.cancel();
      schedules.delete(input.Name);
      return {};
    },
  };
  return { name: 'scheduler', operations };
}

function summary(schedule: Schedule): object {
  return {
    Arn: schedule.arn,
    Name: schedule.input.Name,
    GroupName: GROUP,
    State: schedule.input.State ?? 'ENABLED',
    CreationDate: new Date(schedule.createdAtMs),
    LastModificationDate: new Date(schedule.modifiedAtMs),
    Target: { Arn: schedule.input.Target.Arn },
  };
}

/** "Adding context attributes in EventBridge Scheduler" (user guide). */
function withContext(input: string, values: Readonly<Record<string, string>>): string {
  return input.replace(/<aws\.scheduler\.([a-z-]+)>/g, (keyword, name: string) => ownValue(values, name) ?? keyword);
}

function defaultPayload(kernel: Kernel, scheduleArn: string, executionId: string, time: string): string {
  return JSON.stringify({
    version: '0',
    id: executionId,
    'detail-type': 'Scheduled Event',
    source: 'aws.scheduler',
    account: kernel.accountId,
    time,
    region: kernel.regionName,
    resources: [scheduleArn],
    detail: '{}',
  });
}

function checkTarget(target: Target): void {
  if (target.Arn.startsWith('arn:aws:scheduler:::')) {
    if (target.Arn === UPDATE_GROUP) return;
    throw notEmulated(`the universal target ${target.Arn}`);
  }
  if (!/^arn:aws:(lambda|sqs|sns):/.test(target.Arn)) {
    throw new AwsError('ValidationException', `Provided Arn is not in correct format: ${target.Arn}`);
  }
}

function checkWindow({ Mode: mode, MaximumWindowInMinutes: minutes }: ScheduleInput['FlexibleTimeWindow']): void {
  const fits = mode === 'FLEXIBLE' ? minutes !== undefined && minutes >= 1 && minutes <= 1440 : minutes === undefined;
  if (!fits) {
    throw new AwsError(
      'ValidationException',
      'FlexibleTimeWindow: MaximumWindowInMinutes must be from 1 to 1440 in mode FLEXIBLE and absent in mode OFF.',
    );
  }
}

function refuseOtherGroup(name = GROUP): void {
  if (name !== GROUP) {
    throw new AwsError('ResourceNotFoundException', `Schedule group ${name} does not exist.`, { statusCode: 404 });
  }
}
