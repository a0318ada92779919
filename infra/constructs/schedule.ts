// A schedule of EventBridge Scheduler that invokes a function at an interval, with its own role.
import { Stack } from 'aws-cdk-lib';
import { ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { Alias } from 'aws-cdk-lib/aws-lambda';
import { CfnSchedule } from 'aws-cdk-lib/aws-scheduler';
import { Construct } from 'constructs';
import { roleOf } from './grants.ts';
import { type SuiteFunction, SWEEPS } from './suite-function.ts';
import { arn } from './suite-names.ts';

export interface ScheduleProps {
  readonly name: string;
  readonly description: string;
  /** The description of its role: "What the schedule of watch-fleet may do." */
  readonly mayDo: string;
  /** The time between two of them, from the deployment on; or a time of each day. */
  readonly every:
    | { readonly minutes: number }
    | { readonly dailyAtUtc: { readonly hour: number; readonly minute: number } };
  readonly target: SuiteFunction;
  /** The alias of its target that takes sweeps. */
  readonly sweeps: Alias;
  /** The event, as JSON. */
  readonly input: object;
}

/** What comes as often as this is not retried. */
const FREQUENT_MINUTES = 5;

export class Schedule extends Construct {
  constructor(scope: Construct, id: string, props: ScheduleProps) {
    super(scope, id);
    const { name, description, every, input, target, sweeps } = props;
    // Only schedules of this account: the service acts for every account ("Confused deputy prevention", EventBridge Scheduler guide).
    const principal = new ServicePrincipal('scheduler.amazonaws.com', {
      conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } },
    });
    const role = roleOf(this, principal, props.mayDo, [
      {
        sid: 'Sweep',
        actions: ['lambda:InvokeFunction'],
        resources: [arn(this, 'lambda', `function:${target.functionName}:${SWEEPS}`)],
      },
    ]);
    new CfnSchedule(this, 'Schedule', {
      name,
      description,
      scheduleExpression: expressionOf(every),
      flexibleTimeWindow: { mode: 'OFF' },
      target: {
        arn: sweeps.functionArn,
        roleArn: role.roleArn,
        input: JSON.stringify(input),
        // What could not be handed over is not kept: the next one is the same. Only where that is far off, it is tried again.
        retryPolicy:
          'minutes' in every && every.minutes <= FREQUENT_MINUTES
            ? { maximumEventAgeInSeconds: 60, maximumRetryAttempts: 0 }
            : { maximumEventAgeInSeconds: 3_600, maximumRetryAttempts: 3 },
      },
    });
  }
}

/** "rate(…)" begins with the deployment; "cron(…)" is in UTC unless a time zone is given ("Schedule types in EventBridge Scheduler"). */
function expressionOf(every: ScheduleProps['every']): string {
  if ('minutes' in every) return every.minutes === 1 ? 'rate(1 minute)' : `rate(${every.minutes} minutes)`;
  const { hour, minute } = every.dailyAtUtc;
  return `cron(${minute} ${hour} * * ? *)`;
}
