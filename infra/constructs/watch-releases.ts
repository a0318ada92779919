// watch-releases: once a day it reads the feeds of releases that fleet files name, and tells people. It is part of the stack only where a fleet has one.
import { Duration } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import type { HealProps } from './durable-heal.ts';
import { Schedule } from './schedule.ts';
import { SuiteFunction } from './suite-function.ts';
import { suiteNames } from './suite-names.ts';

/** The function works for 80 s; the rest is for the fleet that it has begun. */
const TIMEOUT_SECONDS = 120;

export class WatchReleases extends Construct {
  readonly suiteFunction: SuiteFunction;

  constructor(scope: Construct, id: string, { bundles, state, pages, settings }: HealProps) {
    super(scope, id);
    this.suiteFunction = new SuiteFunction(this, 'WatchReleases', {
      functionName: suiteNames(this).functions.watchReleases,
      description: 'Looks once a day whether a newer release of a client is out.',
      bundles,
      environment: {
        TABLE_NAME: state.table.tableName,
        TOPIC_ARN: pages.topic.topicArn,
        PARAMETER_PREFIX: suiteNames(this).parameterPrefix,
      },
      grants: [
        ...state.grants('watch-releases'),
        ...pages.grants(),
        settings.grantAll(),
        {
          sid: 'Measure',
          actions: ['cloudwatch:PutMetricData'],
          resources: ['*'],
          conditions: { StringEquals: { 'cloudwatch:namespace': suiteNames(this).metricNamespace } },
          wildcard: 'Metrics are no resources; the condition names the namespace.',
        },
      ],
      timeoutSeconds: TIMEOUT_SECONDS,
    });
    this.suiteFunction.keepFailedEvents({ retryAttempts: 2, maxEventAge: Duration.hours(1) });
    new Schedule(this, 'Sweep', {
      name: suiteNames(this).functions.watchReleases,
      description: 'Has the feeds of releases read.',
      mayDo: 'What the schedule of watch-releases may do.',
      every: { dailyAtUtc: { hour: 7, minute: 17 } },
      target: this.suiteFunction,
      sweeps: this.suiteFunction.takeSweeps({ maxEventAge: Duration.hours(1) }),
      input: { kind: 'releases' },
    });
  }
}
