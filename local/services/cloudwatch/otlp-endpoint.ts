// CloudWatch's endpoint for metrics over OTLP, which no operation of the SDK describes: "https://monitoring.REGION.amazonaws.com/v1/metrics" ("Send metrics using
// OpenTelemetry", user guide).
import type { PlainEndpoint } from '../../simulator/gateway/service-interface.ts';
import type { RegionIdentity } from '../../simulator/kernel.ts';
import { AwsError, type Operation } from '../../simulator/service.ts';
import { type OtlpPoint, readOtlp } from './otlp.ts';
import { OTLP_NAMESPACE } from './promql.ts';
import { type SeriesStore, single } from './series.ts';

const SHAPES = 'com.amazonaws.cloudwatch';
const text = 0;
const decimal = 1;
const timestamp = 4;
const texts = 128;
const point = [
  3,
  SHAPES,
  'OtlpPoint',
  0,
  ['Name', 'Unit', 'Value', 'Timestamp', 'Labels'],
  [text, text, decimal, timestamp, texts],
];
const points = [1, SHAPES, 'OtlpPoints', 0, [() => point, 0]];
const input = [3, SHAPES, 'ExportOtlpMetricsInput', 0, ['Points'], [() => points]];
const output = [3, SHAPES, 'ExportOtlpMetricsOutput', 0, [], []];

/** "Endpoint limits and restrictions … for metrics" ("OTLP Endpoints", user guide, November 2026). The rate is in `service.ts`; new series are not counted. */
const REQUEST_BYTES_MAX = 1024 * 1024;
const POINTS_MAX = 1_000;
const LABELS_MAX = 150;
const LABEL_BYTES_MAX = 40 * 1024;
const PAST_MS = 14 * 24 * 60 * 60_000;
const FUTURE_MS = 10 * 60_000;

const isJson = (contentType: string): boolean => contentType.startsWith('application/json');

export const OTLP_METRICS: PlainEndpoint = {
  method: 'POST',
  path: '/v1/metrics',
  operation: [9, SHAPES, 'ExportOtlpMetrics', 0, () => input, () => output],
  readInput: ({ body, headers }) => {
    if (body.length > REQUEST_BYTES_MAX)
      throw invalid(`The request has ${body.length} bytes: at most ${REQUEST_BYTES_MAX}.`);
    return { Points: readOtlp(body, headers['content-type'] ?? '') };
  },
  // "The response body MUST be a Protobuf-encoded ExportMetricsServiceResponse message", which is empty on full success; in JSON "{}" (OTLP specification).
  writeOutput: ({ headers }, output) => {
    const contentType = headers['content-type'] ?? '';
    const { refused, why } = output as Taken;
    const said = refused === 0 ? {} : { partialSuccess: { rejectedDataPoints: `${refused}`, errorMessage: why } };
    return {
      contentType,
      body: isJson(contentType) ? JSON.stringify(said) : refused === 0 ? '' : partialSuccess(refused, why),
    };
  },
};

interface Taken {
  /** How many points, at most `POINTS_MAX`. */
  readonly refused: number;
  /** Why the first of them: ASCII, shorter than 128 characters. */
  readonly why: string;
}

/** ExportMetricsServiceResponse.partial_success: "rejected_data_points" (1), "error_message" (2). */
function partialSuccess(refused: number, why: string): Uint8Array {
  const inner = Buffer.concat([Buffer.from([0x08, ...varint(refused), 0x12, why.length]), Buffer.from(why)]);
  return Buffer.concat([Buffer.from([0x0a, ...varint(inner.length)]), inner]);
}

/** Of a number below 16,384. */
const varint = (value: number): readonly number[] =>
  value < 128 ? [value] : [(value % 128) + 128, Math.floor(value / 128)];

export const otlpOperations = (region: RegionIdentity, store: SeriesStore): Record<string, Operation> => ({
  ExportOtlpMetrics: ({ Points = [] }: { Points?: readonly Partial<OtlpPoint>[] }, { at }): Taken => {
    // AWS's own words (fluent/fluent-bit#12247); those of its other limits are not known.
    if (Points.length > POINTS_MAX) throw invalid(`Maximum number of datapoints per request exceeded: ${POINTS_MAX}.`);
    const points = Points.map((point) => pointOf(point, at));
    const refusals = points.flatMap(({ Labels }) => refusalOf(Labels) ?? []);
    const [why = ''] = refusals;
    // "400 - all metrics in the requests are invalid; 200 - … partially invalid".
    if (refusals.length > 0 && refusals.length === points.length) throw invalid(why);
    for (const { Name: name, Unit, Value, Timestamp, Labels } of points) {
      if (refusalOf(Labels) !== undefined) continue;
      const dimensions = { ...Labels, '@aws.account': region.accountId, '@aws.region': region.regionName };
      // A value that comes twice is one value: the point of a series at one moment.
      store.put({ namespace: OTLP_NAMESPACE, name, dimensions }, Timestamp.getTime(), single(Value), Unit, 1_000);
    }
    return { refused: refusals.length, why };
  },
});

/** The endpoint's reader gives all members; a caller without wire may not. */
function pointOf({ Name, Unit = '', Value, Timestamp, Labels = {} }: Partial<OtlpPoint>, nowMs: number): OtlpPoint {
  if (Name === undefined || Value === undefined || Timestamp === undefined)
    throw invalid('A point needs its name, its value and its time.');
  const ageMs = nowMs - Timestamp.getTime();
  if (ageMs > PAST_MS || ageMs < -FUTURE_MS)
    throw invalid('The time of a point is more than 14 days in the past, or more than 10 minutes in the future.');
  return { Name, Unit, Value, Timestamp, Labels };
}

function refusalOf(labels: OtlpPoint['Labels']): string | undefined {
  const entries = Object.entries(labels);
  if (entries.length > LABELS_MAX) return `A point has ${entries.length} labels: at most ${LABELS_MAX}.`;
  const bytes = entries.reduce((sum, [key, value]) => sum + Buffer.byteLength(key) + Buffer.byteLength(value), 0);
  return bytes > LABEL_BYTES_MAX ? `The labels of a point have ${bytes} bytes: at most ${LABEL_BYTES_MAX}.` : undefined;
}

const invalid = (message: string): AwsError => new AwsError('ValidationException', message);
