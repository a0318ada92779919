// Sends gauges to CloudWatch over OTLP: protobuf to the region's own endpoint, signed as every request to CloudWatch is. "Authentication uses standard Amazon
// SigV4 signing. The service name is monitoring" ("Send metrics using OpenTelemetry", user guide). The SDK has no operation for it.
import { setTimeout } from 'node:timers/promises';
import type { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import pMap from 'p-map';

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

/** Another attempt after these waits: a point that comes twice is one point, since series and moment are the same. */
const WAITS_MS = [200, 800];

/** @throws an `Error` with CloudWatch's own sentence, when a part was refused or did not arrive; the other parts are sent all the same */
export async function sendGauges(cloudwatch: CloudWatchClient, gauges: readonly Gauge[], atMs: number): Promise<void> {
  const parts: Gauge[][] = [];
  for (let from = 0; from < gauges.length; from += POINTS_A_CALL) parts.push(gauges.slice(from, from + POINTS_A_CALL));
  const failures: unknown[] = [];
  const send = async (part: readonly Gauge[]): Promise<void> => {
    try {
      await sendPart(cloudwatch, encodeGauges(part, atMs));
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

async function sendPart(cloudwatch: CloudWatchClient, body: Uint8Array): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    const waitMs = WAITS_MS[attempt];
    const failed = await post(cloudwatch, body).catch((error: unknown): Failure => ({ repeat: true, error }));
    if (failed === undefined) return;
    if (!failed.repeat || waitMs === undefined) throw failed.error;
    await setTimeout(waitMs);
  }
}

interface Failure {
  readonly repeat: boolean;
  readonly error: unknown;
}

/** @returns undefined: CloudWatch has taken the points */
async function post({ config }: CloudWatchClient, body: Uint8Array): Promise<Failure | undefined> {
  const region = await config.region();
  const { url } = config.endpointProvider({ Region: region, UseDualStack: false, UseFIPS: false });
  const headers = { host: url.hostname, 'content-type': 'application/x-protobuf', 'content-length': `${body.length}` };
  const request = requestOf(url.hostname, headers, body);
  const signer = await config.signer();
  const signingDate = new Date(Date.now() + config.systemClockOffset);
  const signed = await signer.sign(request, { signingDate });
  const { response } = await config.requestHandler.handle(requestOf(url.hostname, signed.headers, body));
  const { statusCode } = response;
  const text = await answerText(response.body);
  if (statusCode >= 200 && statusCode < 300) return undefined;
  // "429, 502, 503, 504 … The requests that receive a retryable response SHOULD be retried" (OTLP specification, "Failures"); AWS also says 500.
  const error = new Error(`HTTP ${statusCode}${text === '' ? '' : `, ${text}`}`);
  return { repeat: statusCode === 429 || statusCode >= 500, error };
}

interface SdkRequest {
  readonly method: 'POST';
  readonly protocol: 'https:';
  readonly hostname: string;
  readonly path: string;
  readonly query: Record<string, string>;
  readonly headers: Record<string, string>;
  readonly body: Uint8Array;
  clone(): SdkRequest;
}

const requestOf = (hostname: string, headers: Record<string, string>, body: Uint8Array): SdkRequest => ({
  method: 'POST',
  protocol: 'https:',
  hostname,
  path: '/v1/metrics',
  query: {},
  headers,
  body,
  clone: () => requestOf(hostname, { ...headers }, body),
});

const ANSWER_CHARACTERS_MAX = 500;

async function answerText(body: unknown): Promise<string> {
  let text = '';
  for await (const chunk of body as AsyncIterable<Uint8Array>) {
    text += Buffer.from(chunk).toString('utf8');
    // Leaving the loop closes the body: an answer without an end holds up nobody.
    if (text.length >= ANSWER_CHARACTERS_MAX) break;
  }
  return text.slice(0, ANSWER_CHARACTERS_MAX).replace(/[^ -~]/g, ' ');
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
