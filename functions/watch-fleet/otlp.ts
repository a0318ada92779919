// Sends gauges to CloudWatch over OTLP, in protobuf ("Send metrics using OpenTelemetry", user guide).
import type { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import pMap from 'p-map';
import { sendPlain, UnreadableAnswer } from '../../shared/aws/signed-request.ts';

/** One value of one time series. */
export interface Gauge {
  readonly name: string;
  /** In UCUM, as OpenTelemetry writes units: "%", "s", "1", "{block}". */
  readonly unit: string;
  readonly value: number;
  readonly labels: Readonly<Record<string, string>>;
}

/**
 * "Maximum datapoint count: 1,000 … a sum across ResourceMetrics, ScopeMetrics and Metrics", and "Maximum request size: 1 MB … uncompressed" ("OTLP Endpoints",
 * user guide). It also limits each point: 150 labels of together 40 KB, and a time between 14 days ago and ten minutes ahead. What breaks these CloudWatch refuses
 * and counts in its answer.
 */
const POINTS_A_CALL = 1_000;
const BYTES_A_CALL = 1_000_000;
/** "Maximum TPS: 500 … per account" (the same page): four at once reach it only where each takes less than 8 ms. */
const CALLS_AT_ONCE = 4;
/** An ExportMetricsServiceResponse says little more than how many points were refused. */
const ANSWER_BYTES_MAX = 64 * 1024;

/** @throws an `Error` with CloudWatch's own sentence, when points were refused or did not arrive; the other parts are sent all the same */
export async function sendGauges(cloudwatch: CloudWatchClient, gauges: readonly Gauge[], atMs: number): Promise<void> {
  const parts = partsOf(gauges);
  const failures: unknown[] = [];
  const send = async (part: readonly Gauge[]): Promise<void> => {
    try {
      const answer = await sendPlain(cloudwatch, {
        path: '/v1/metrics',
        contentType: 'application/x-protobuf',
        body: encodeGauges(part, atMs),
        answerBytesMax: ANSWER_BYTES_MAX,
      });
      const { points, why } = refusedPoints(answer);
      if (points > 0) throw new Error(`${points} of ${part.length} points refused: ${why}`);
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

/** In order, each as large as CloudWatch takes it. A point that is too large alone is a part of its own: CloudWatch says why it refuses it. */
function partsOf(gauges: readonly Gauge[]): readonly (readonly Gauge[])[] {
  const parts: Gauge[][] = [];
  let bytes = 0;
  for (const gauge of gauges) {
    const size = bytesAtMost(gauge);
    const part = parts.at(-1);
    const fits = part !== undefined && part.length < POINTS_A_CALL && bytes + size <= BYTES_A_CALL;
    if (fits) part.push(gauge);
    else parts.push([gauge]);
    bytes = fits ? bytes + size : size;
  }
  return parts;
}

/** Tags, lengths, time and value of a point and of all messages around it, and of a label. In what fits, no length has more than three bytes. */
const POINT_BYTES = 46;
const LABEL_BYTES = 16;

/** Not less than the gauge is in a request, also where it is the first of its metric. */
const bytesAtMost = ({ name, unit, labels }: Gauge): number =>
  Object.entries(labels).reduce(
    (sum, [key, label]) => sum + LABEL_BYTES + Buffer.byteLength(key) + Buffer.byteLength(label),
    POINT_BYTES + Buffer.byteLength(name) + Buffer.byteLength(unit),
  );

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

// The message ExportMetricsServiceResponse: "partial_success" (1) with "rejected_data_points" (1) and "error_message" (2). It is empty on full success.

/**
 * How many points CloudWatch left out of a request that it took, and its sentence on one line.
 *
 * @throws `UnreadableAnswer` for one that is no such message
 */
export function refusedPoints(answer: Buffer): { readonly points: number; readonly why: string } {
  let points = 0;
  let why = '';
  for (const [field, success] of fieldsOf(answer))
    if (field === 1 && typeof success !== 'number')
      for (const [inner, value] of fieldsOf(success))
        if (inner === 1 && typeof value === 'number') points = value;
        else if (inner === 2 && typeof value !== 'number') why = value.toString('utf8').replace(/[^ -~]/g, ' ');
  return { points, why };
}

/** Numbers and texts of a message by the numbers of its fields; other sizes are skipped. */
function fieldsOf(message: Buffer): readonly (readonly [field: number, value: number | Buffer])[] {
  const fields: (readonly [number, number | Buffer])[] = [];
  let at = 0;
  const number = (): number => {
    let value = 0;
    for (let place = 1; place < 2 ** 70; place *= 128) {
      const byte = message[at++];
      if (byte === undefined) break;
      value += (byte % 128) * place;
      if (byte < 128) return value;
    }
    throw new UnreadableAnswer('OTLP: an answer that is no protobuf message');
  };
  while (at < message.length) {
    const key = number();
    const type = key % 8;
    if (type === 0) fields.push([Math.floor(key / 8), number()]);
    else {
      const length = type === LENGTH_DELIMITED ? number() : FIXED_BYTES.get(type);
      if (length === undefined || length > message.length - at)
        throw new UnreadableAnswer('OTLP: an answer that is no protobuf message');
      if (type === LENGTH_DELIMITED) fields.push([Math.floor(key / 8), message.subarray(at, at + length)]);
      at += length;
    }
  }
  return fields;
}

const FIXED_BYTES: ReadonlyMap<number, number> = new Map([
  [FIXED64, 8],
  [5, 4],
]);
