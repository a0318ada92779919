// Sends gauges to CloudWatch over OTLP, in protobuf ("Send metrics using OpenTelemetry", user guide).
import type { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import pMap from 'p-map';
import { sendPlain } from '../../shared/aws/signed-request.ts';

/** One value of one time series. */
export interface Gauge {
  readonly name: string;
  /** In UCUM, as OpenTelemetry writes units: "%", "s", "1", "{block}". */
  readonly unit: string;
  readonly value: number;
  readonly labels: Readonly<Record<string, string>>;
}

/** What AWS's own example of a collector sends at once ("send_batch_size: 200", "Send metrics using OpenTelemetry"); it publishes no limit of points. */
const POINTS_A_CALL = 200;
const CALLS_AT_ONCE = 4;
/** An ExportMetricsServiceResponse says little more than how many points were refused. */
const ANSWER_BYTES_MAX = 64 * 1024;

/** @throws an `Error` with CloudWatch's own sentence, when a part was refused or did not arrive; the other parts are sent all the same */
export async function sendGauges(cloudwatch: CloudWatchClient, gauges: readonly Gauge[], atMs: number): Promise<void> {
  const parts: Gauge[][] = [];
  for (let from = 0; from < gauges.length; from += POINTS_A_CALL) parts.push(gauges.slice(from, from + POINTS_A_CALL));
  const failures: unknown[] = [];
  const send = async (part: readonly Gauge[]): Promise<void> => {
    try {
      const body = encodeGauges(part, atMs);
      await sendPlain(cloudwatch, {
        path: '/v1/metrics',
        contentType: 'application/x-protobuf',
        ...{ body, answerBytesMax: ANSWER_BYTES_MAX },
      });
    } catch (error) {
      failures.push(error);
    }
  };
  await pMap(parts, send, { concurrency: CALLS_AT_ONCE });
  const [first] = failures;
  if (first === undefined) return;
  const which = `${failures.length} of ${parts.length} requests`;
  throw new Error(`metrics over OTLP: ${which} failed: ${first instanceof Error ? first.message : String(first)}`, {
    cause: first,
  });
}

// The message ExportMetricsServiceRequest (opentelemetry-proto, collector/metrics/v1, metrics/v1, common/v1; the numbers are its fields'). A library for it would
// be a quarter of the function's bundle. A test holds these bytes against OpenTelemetry's own.

/** @param atMs the moment of the values, ms since the epoch */
export function encodeGauges(gauges: readonly Gauge[], atMs: number): Uint8Array {
  const byMetric = new Map<string, { readonly unit: string; readonly points: Buffer[] }>();
  for (const { name, unit, value, labels } of gauges) {
    const metric = byMetric.get(name) ?? { unit, points: [] };
    metric.points.push(dataPoint(value, labels, atMs));
    byMetric.set(name, metric);
  }
  const metrics = [...byMetric].map(([name, { unit, points }]) => {
    const gauge = Buffer.concat(points.map((point) => bytes(1, point)));
    return bytes(2, Buffer.concat([text(1, name), text(3, unit), bytes(5, gauge)]));
  });
  // ExportMetricsServiceRequest.resource_metrics, ResourceMetrics.scope_metrics: neither a resource nor a scope has anything to say.
  return bytes(1, bytes(2, Buffer.concat(metrics)));
}

function dataPoint(value: number, labels: Gauge['labels'], atMs: number): Buffer {
  const time = Buffer.alloc(9);
  time[0] = tag(3, FIXED64);
  time.writeBigUInt64LE(BigInt(atMs) * 1_000_000n, 1);
  const double = Buffer.alloc(9);
  double[0] = tag(4, FIXED64);
  double.writeDoubleLE(value, 1);
  const attributes = Object.entries(labels).map(([key, label]) =>
    bytes(7, Buffer.concat([text(1, key), bytes(2, text(1, label))])),
  );
  return Buffer.concat([time, double, ...attributes]);
}

const FIXED64 = 1;
const LENGTH_DELIMITED = 2;

const tag = (field: number, type: number): number => (field << 3) | type;

const text = (field: number, value: string): Buffer => bytes(field, Buffer.from(value, 'utf8'));

const bytes = (field: number, content: Buffer): Buffer =>
  Buffer.concat([Buffer.from([tag(field, LENGTH_DELIMITED), ...varint(content.length)]), content]);

function varint(value: number): readonly number[] {
  const parts: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return [...parts, rest];
    parts.push((rest % 128) | 128);
  }
}
