// Reads the metrics of a fleet that go over OTLP, in PromQL: GetMetricData does not see them. Each period has its largest value, as the classic ones have.
import type { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { promqlText, queryRange, RANGE_SERIES_MAX } from '../../../shared/aws/query-range.ts';
import type { Fleet } from '../../../shared/fleet/model.ts';
import { otlpName } from '../../../shared/fleet/resource-names.ts';
import type { Samples } from '../../report/facts.ts';

/** The label that tells whose value it is: a disk is an instance's, whatever it is called. */
const LABELS = {
  ...{ Health: 'Node', HeightLag: 'Node', Peers: 'Node' },
  ...{ DiskUsedPercent: 'InstanceId', Tip: 'Fleet', Halted: 'Fleet' },
} as const;

export type ToldMetric = keyof typeof LABELS;

export interface OtlpMetrics {
  /** Nothing where nothing was sent; of a disk, the fullest volume. */
  readonly of: (
    metric: ToldMetric,
    about: { readonly node?: string | undefined; readonly instanceId?: string | undefined },
  ) => Samples;
  /** What was left out, in a sentence. */
  readonly note: string | undefined;
}

export interface Stretch {
  readonly fromMs: number;
  readonly toMs: number;
  /** Seconds. */
  readonly period: number;
}

/** @throws what `queryRange` does */
export async function readOverOtlp(
  cloudwatch: CloudWatchClient,
  { suite, name: fleet }: Pick<Fleet, 'suite' | 'name'>,
  metrics: readonly ToldMetric[],
  asked: Stretch,
): Promise<OtlpMetrics> {
  const periodMs = asked.period * 1_000;
  // A value at the end of a period is the largest since its beginning. The last period ends now, and none in the future.
  const firstEndMs = asked.toMs - (Math.ceil((asked.toMs - asked.fromMs) / periodMs) - 1) * periodMs;
  const found = new Map<ToldMetric, ReadonlyMap<string, Samples>>();
  let isCut = false;
  for (const metric of metrics) {
    const label = LABELS[metric];
    const of = `${otlpName(suite, metric)}{Fleet=${promqlText(fleet)}}[${asked.period}s]`;
    const answer = await queryRange(cloudwatch, {
      query: `max by (${label}) (max_over_time(${of}))`,
      ...{ fromMs: firstEndMs, toMs: asked.toMs, stepSeconds: asked.period },
    });
    isCut ||= answer.isCut;
    const begun = (points: Samples): Samples => points.map(([atMs, value]) => [atMs - periodMs, value]);
    found.set(metric, new Map(answer.series.map(({ labels, points }) => [labels[label] ?? '', begun(points)])));
  }
  return {
    of: (metric, { node, instanceId }) => {
      const whose = { Node: node, InstanceId: instanceId, Fleet: fleet }[LABELS[metric]];
      return whose === undefined ? [] : (found.get(metric)?.get(whose) ?? []);
    },
    note: isCut
      ? `Of the nodes of ${fleet} at most ${RANGE_SERIES_MAX} are known: a query in PromQL is answered with no more series.`
      : undefined,
  };
}
