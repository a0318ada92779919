// Reads the height of each node from a metric that already exists: up to 500 metrics a call.
import { type CloudWatchClient, GetMetricDataCommand, type MetricDataResult } from '@aws-sdk/client-cloudwatch';
import { UNSAID } from '../../../shared/chains/client.ts';
import type { Probe } from '../../../shared/fleet/model.ts';
import type { FleetNode } from '../../../shared/fleet/nodes.ts';
import { metricValidMs } from '../../../shared/probe/metric-age.ts';
import type { NodeReading } from '../context.ts';
import { duration } from '../phrases.ts';
import { type ProbeResult, probeInBatches, runningNodes } from './probe.ts';

export type MetricProbe = Probe & { readonly by: 'metric' };

/** "You can include up to 500 MetricDataQuery structures" (GetMetricDataInput, @aws-sdk/client-cloudwatch). */
const METRICS_A_CALL = 500;
const MAX_PAGES = 10;
const CALLS_AT_ONCE = 8;
/** A page usually takes a second at most. */
const TAKES_MS = 10_000;

/** @param untilMs when all must be over */
export function probeMetric(
  cloudwatch: CloudWatchClient,
  probe: MetricProbe,
  nodes: readonly FleetNode[],
  nowMs: number,
  untilMs: number,
): Promise<ProbeResult> {
  const portions = { size: METRICS_A_CALL, atOnce: CALLS_AT_ONCE, beginUntilMs: untilMs - TAKES_MS };
  return probeInBatches(runningNodes(nodes), portions, (portion) => read(cloudwatch, probe, portion, nowMs));
}

async function read(
  cloudwatch: CloudWatchClient,
  probe: MetricProbe,
  portion: readonly FleetNode[],
  nowMs: number,
): Promise<ReadonlyMap<string, NodeReading>> {
  const { namespace, heightMetric, instanceDimension, dimensions, periodSeconds } = probe;
  const validMs = metricValidMs(probe);
  const others = Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value }));
  const MetricDataQueries = portion.map(({ instanceId }, at) => ({
    Id: `m${at}`,
    MetricStat: {
      Metric: {
        Namespace: namespace,
        MetricName: heightMetric,
        Dimensions: [...others, { Name: instanceDimension, Value: instanceId }],
      },
      Period: periodSeconds,
      Stat: 'Maximum',
    },
  }));
  const newest = new Map<string, { atMs: number; value: number }>();
  let NextToken: string | undefined;
  for (let page = 0; page === 0 || NextToken; page++) {
    if (page === MAX_PAGES)
      throw new Error(`more than ${MAX_PAGES} pages of ${heightMetric}: half-read selections are refused`);
    const found = await cloudwatch.send(
      new GetMetricDataCommand({
        MetricDataQueries,
        StartTime: new Date(nowMs - validMs),
        EndTime: new Date(nowMs),
        ScanBy: 'TimestampDescending',
        ...(NextToken && { NextToken }),
      }),
    );
    for (const result of found.MetricDataResults ?? []) keepNewest(newest, result);
    NextToken = found.NextToken;
  }
  return new Map(
    portion.map(({ instanceId }, at) => [instanceId, readingOf(instanceId, probe, newest.get(`m${at}`), validMs)]),
  );
}

function keepNewest(
  newest: Map<string, { atMs: number; value: number }>,
  { Id = '', Timestamps, Values }: MetricDataResult,
): void {
  const [at] = Timestamps ?? [];
  const [value] = Values ?? [];
  if (at === undefined || value === undefined) return;
  const known = newest.get(Id);
  if (known === undefined || known.atMs < at.getTime()) newest.set(Id, { atMs: at.getTime(), value });
}

function readingOf(
  instanceId: string,
  { heightMetric, instanceDimension, dimensions }: MetricProbe,
  found: { readonly value: number } | undefined,
  validMs: number,
): NodeReading {
  if (found === undefined)
    return {
      kind: 'unasked',
      reason: unwritten(heightMetric, [...Object.keys(dimensions), instanceDimension], validMs),
      silent: true,
    };
  const { value: height } = found;
  if (!Number.isSafeInteger(height) || height < 0)
    return { kind: 'unasked', reason: `its metric ${heightMetric} is ${height}, expected a height` };
  return { kind: 'read', reading: { instanceId, status: { kind: 'ok', facts: { ...UNSAID, height, hashes: [] } } } };
}

/** CloudWatch keeps each set of dimensions as a metric of its own: one more dimension makes another metric. */
const unwritten = (metric: string, dimensions: readonly string[], validMs: number): string =>
  `its metric ${metric} has not been written for ${duration(validMs)} with exactly the dimensions ${dimensions.join(', ')}`;
