// A schedule of EventBridge Scheduler that invokes a function at an interval, with its own role.
import { Stack } from 'aws-cdk-lib';
import { ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { CfnSchedule } from 'aws-cdk-lib/aws-scheduler';
import { Construct } from 'constructs';
import type { DeadLetters } from './dead-letters.ts';
import { roleOf } from './grants.ts';
import type { SuiteFunction } from './suite-function.ts';

export interface ScheduleProps {
  readonly name: string;
  readonly description: string;
  /** The description of its role: "What the schedule of watch-fleet may do." */
  readonly mayDo: string;
  readonly everyMinutes: number;
  readonly target: SuiteFunction;
  /** The event, as JSON. */
  readonly input: object;
  /** For events that never reach the function. */
  readonly undelivered: DeadLetters;
}

export class Schedule extends Construct {
  constructor(scope: Construct, id: string, props: ScheduleProps) {
    super(scope, id);
    const { name, description, everyMinutes, input, undelivered } = props;
    const { functionArn } = props.target.function;
    const { queueArn } = undelivered.queue;
    // Only schedules of this account: the service acts for every account ("Confused deputy prevention", EventBridge Scheduler guide).
    const principal = new ServicePrincipal('scheduler.amazonaws.com', {
      conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } },
    });
    const role = roleOf(this, principal, props.mayDo, [
      { sid: 'Sweep', actions: ['lambda:InvokeFunction'], resources: [functionArn] },
      { sid: 'KeepUndelivered', actions: ['sqs:SendMessage'], resources: [queueArn] },
    ]);
    new CfnSchedule(this, 'Schedule', {
      name,
      description,
      scheduleExpression: everyMinutes === 1 ? 'rate(1 minute)' : `rate(${everyMinutes} minutes)`,
      flexibleTimeWindow: { mode: 'OFF' },
      target: {
        arn: functionArn,
        roleArn: role.roleArn,
        input: JSON.stringify(input),
        // An event that is late by its own interval is the same as the next one.
        retryPolicy: { maximumEventAgeInSeconds: 60 * everyMinutes, maximumRetryAttempts: 3 },
        deadLetterConfig: { arn: queueArn },
      },
    });
  }
}
