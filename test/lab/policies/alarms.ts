// The owner's alarms, without chainmend: four on each node, as owners have them. Real alarms of CloudWatch, on metrics that a script writes each minute.
import type { Region } from '../../../local/region.ts';
import type { Sight } from './sight.ts';

/** As an Auto Scaling group waits for its members: "HealthCheckGracePeriod … default: 300 seconds" (CreateAutoScalingGroup of the console and AWS's examples). */
const GRACE_MS = 300_000;
/** The scripts have run for long when a storm begins: so many minutes of answers lie before it. */
const PAST_MINUTES = 5;
const NAMESPACE = 'Fleet';
const PREFIX = 'owner-';

/** What each alarm is about. */
export type AlarmKind = 'status' | 'answers' | 'stands-still' | 'disk';

export interface OwnAlarm {
  readonly name: string;
  readonly kind: AlarmKind;
  readonly instanceId: string;
}

const RULES: Readonly<Record<AlarmKind, object>> = {
  status: {
    ...{ Namespace: 'AWS/EC2', MetricName: 'StatusCheckFailed', Statistic: 'Maximum', Threshold: 1 },
    ...{ ComparisonOperator: 'GreaterThanOrEqualToThreshold', EvaluationPeriods: 2, TreatMissingData: 'missing' },
  },
  answers: {
    ...{ Namespace: NAMESPACE, MetricName: 'Answers', Statistic: 'Maximum', Threshold: 1 },
    ...{ ComparisonOperator: 'LessThanThreshold', EvaluationPeriods: 3, TreatMissingData: 'breaching' },
  },
  'stands-still': {
    ...{ Namespace: NAMESPACE, MetricName: 'StandsStill', Statistic: 'Maximum', Threshold: 1 },
    ...{ ComparisonOperator: 'GreaterThanOrEqualToThreshold', EvaluationPeriods: 1, TreatMissingData: 'notBreaching' },
  },
  disk: {
    ...{ Namespace: NAMESPACE, MetricName: 'DiskUsedPercent', Statistic: 'Maximum' },
    ...{ ComparisonOperator: 'GreaterThanOrEqualToThreshold', EvaluationPeriods: 1, TreatMissingData: 'notBreaching' },
  },
};
const KINDS = Object.keys(RULES) as readonly AlarmKind[];

export class OwnAlarms {
  readonly #region: Region;
  readonly #made = new Map<string, readonly OwnAlarm[]>();

  constructor(region: Region) {
    this.#region = region;
  }

  /** Writes the minute's measurements, and makes and removes alarms as instances come and go. */
  follow(sights: readonly Sight[], { isFirst }: { readonly isFirst: boolean }): void {
    const { cloudwatch, clock } = this.#region;
    const nowMs = clock.now();
    const write = (instanceId: string, name: string, value: number, atMs = nowMs): void =>
      cloudwatch.record(NAMESPACE, name, { InstanceId: instanceId }, value, atMs, 'None');
    if (isFirst)
      for (const { instanceId, height } of sights)
        for (let minute = 1; minute <= PAST_MINUTES; minute++)
          write(instanceId, 'Answers', height === undefined ? 0 : 1, nowMs - minute * 60_000);
    for (const { instanceId, isRunning, height, standsStill, volumes } of sights) {
      // A machine without power runs no script.
      if (!isRunning) continue;
      write(instanceId, 'Answers', height === undefined ? 0 : 1);
      write(instanceId, 'StandsStill', standsStill ? 1 : 0);
      if (volumes.length > 0)
        write(instanceId, 'DiskUsedPercent', Math.max(...volumes.map(({ usedPercent }) => usedPercent)));
    }
    const there = new Set(sights.map(({ instanceId }) => instanceId));
    const gone = [...this.#made].filter(([instanceId]) => !there.has(instanceId));
    for (const [instanceId, alarms] of gone) {
      this.#ask('DeleteAlarms', { AlarmNames: alarms.map(({ name }) => name) });
      this.#made.delete(instanceId);
    }
    for (const sight of sights)
      if (!this.#made.has(sight.instanceId) && (isFirst || nowMs - sight.launchedMs >= GRACE_MS)) this.#make(sight);
  }

  /** Those in ALARM now, as CloudWatch has them. */
  ringing(): readonly OwnAlarm[] {
    const ringing = new Set<string>();
    for (let NextToken: string | undefined; ; ) {
      const asked = { AlarmNamePrefix: PREFIX, StateValue: 'ALARM', MaxRecords: 100, ...(NextToken && { NextToken }) };
      const answer = this.#ask('DescribeAlarms', asked) as {
        readonly MetricAlarms?: readonly { readonly AlarmName?: string }[];
        readonly NextToken?: string;
      };
      for (const { AlarmName = '' } of answer.MetricAlarms ?? []) ringing.add(AlarmName);
      NextToken = answer.NextToken;
      if (NextToken === undefined) break;
    }
    return [...this.#made.values()].flat().filter(({ name }) => ringing.has(name));
  }

  #make({ instanceId, fleet, name, diskPercent }: Sight): void {
    const alarms = KINDS.map((kind) => ({ kind, instanceId, name: `${PREFIX}${fleet}-${name}-${kind}-${instanceId}` }));
    for (const { kind, name: AlarmName } of alarms)
      this.#ask('PutMetricAlarm', {
        ...{ AlarmName, Dimensions: [{ Name: 'InstanceId', Value: instanceId }], Period: 60 },
        ...RULES[kind],
        ...(kind === 'disk' && { Threshold: diskPercent }),
      });
    this.#made.set(instanceId, alarms);
  }

  /** The owner's own, made by nobody's rate limit. */
  #ask(operation: string, input: object): object {
    const { cloudwatch, clock } = this.#region;
    return (cloudwatch.operations[operation]?.(input, { at: clock.now(), actor: 'owner' }) as object | undefined) ?? {};
  }
}
