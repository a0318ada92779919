// CloudWatch: metrics (also over OTLP), alarms (also on Metrics Insights and PromQL queries), composite alarms and mute rules; no dashboards, logs, streams or
// anomaly detection.
import type { Kernel } from '../../simulator/kernel.ts';
import type { Service } from '../../simulator/service.ts';
import { alarmOperations } from './alarm-operations.ts';
import { createEngine } from './engine.ts';
import { metricOperations } from './metric-operations.ts';
import { createMutes } from './mutes.ts';
import { otlpOperations } from './otlp-endpoint.ts';
import { promqlOperations } from './promql-endpoint.ts';
import { type MetricId, type RecordMetric, SeriesStore, single } from './series.ts';

export interface CloudWatch extends Service {
  /** Adds a datapoint of an AWS service or of an agent on a node, without a request. */
  readonly record: RecordMetric;
  /** Writes history, oldest first, before a scenario begins. */
  backfill(
    series: MetricId & { readonly unit?: string },
    points: readonly { readonly atMs: number; readonly value: number }[],
  ): void;
  /** For scenarios and tests: the averages of a series by minute, oldest first; empty without such a series. */
  seriesOf(series: MetricId): readonly { readonly atMs: number; readonly value: number }[];
  /** The state of an alarm now; undefined without such an alarm. */
  alarmState(alarmName: string): 'OK' | 'ALARM' | 'INSUFFICIENT_DATA' | undefined;
  /** Whether an alarm is in state ALARM now. */
  anyInAlarm(): boolean;
  /** The tags of an alarm; empty without such an alarm. */
  alarmTags(alarmName: string): Readonly<Record<string, string>>;
}

export function createCloudWatch(kernel: Kernel): CloudWatch {
  const store = new SeriesStore();
  const mutes = createMutes(kernel);
  const otlp = new SeriesStore();
  const engine = createEngine(kernel, store, otlp, mutes);
  return {
    name: 'monitoring',
    operations: {
      ...metricOperations(store),
      ...otlpOperations(kernel, otlp),
      ...promqlOperations(otlp),
      ...alarmOperations(kernel, engine),
      ...mutes.operations,
    },
    record: (namespace, name, dimensions, value, atMs, unit) =>
      store.add({ namespace, name, dimensions }, atMs, single(value), unit),
    backfill: ({ unit, ...id }, points) => {
      for (const { atMs, value } of points) store.add(id, atMs, single(value), unit);
    },
    seriesOf: (id) => (store.find(id)?.buckets ?? []).map(({ atMs, sum, count }) => ({ atMs, value: sum / count })),
    alarmState: (alarmName) => engine.alarms.get(alarmName)?.state.value,
    anyInAlarm: () => [...engine.alarms.values()].some(({ state }) => state.value === 'ALARM'),
    alarmTags: (alarmName) => Object.fromEntries(engine.alarms.get(alarmName)?.tags ?? []),
  };
}
