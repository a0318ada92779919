// Reads metrics that come over OTLP: the body of POST /v1/metrics, protobuf or JSON (opentelemetry-proto, metrics/v1/metrics.proto; "OTLP/HTTP Request"). The
// region keeps gauges; other kinds of metrics are refused by name.
import { AwsError, notEmulated } from '../../simulator/service.ts';

/** One value of one time series. */
export interface OtlpPoint {
  readonly Name: string;
  readonly Unit: string;
  readonly Value: number;
  readonly Timestamp: Date;
  /** As PromQL sees them: attributes of the point by their names, those of the resource behind `@resource.`. */
  readonly Labels: Readonly<Record<string, string>>;
}

/** @throws `AwsError` for a body that is no metrics, or none that the region keeps */
export function readOtlp(body: Uint8Array, contentType: string): readonly OtlpPoint[] {
  const points = /^application\/json\b/.test(contentType)
    ? pointsOf(jsonRequest(body))
    : /^application\/x-protobuf\b/.test(contentType)
      ? pointsOf(protobufRequest(Buffer.from(body.buffer, body.byteOffset, body.byteLength)))
      : undefined;
  if (points === undefined)
    throw malformed(`the content type ${contentType || '(none)'}: application/x-protobuf or application/json expected`);
  return points;
}

interface Attribute {
  readonly key: string;
  readonly value: string;
}

interface DataPoint {
  readonly attributes: readonly Attribute[];
  readonly timeUnixNano: bigint;
  readonly value: number;
}

interface Metric {
  readonly name: string;
  readonly unit: string;
  readonly gauge: readonly DataPoint[];
}

/** The metrics of a resource, whatever their scopes. */
interface ResourceMetrics {
  readonly resource: readonly Attribute[];
  readonly metrics: readonly Metric[];
}

function pointsOf(request: readonly ResourceMetrics[]): readonly OtlpPoint[] {
  return request.flatMap(({ resource, metrics }) =>
    metrics.flatMap(({ name, unit, gauge }) =>
      gauge.map(({ attributes, timeUnixNano, value }) => {
        if (name === '') throw malformed('a metric without a name');
        const labels = [
          ...resource.map((one) => [`@resource.${one.key}`, one.value] as const),
          ...attributes.map((one) => [one.key, one.value] as const),
        ];
        const Timestamp = new Date(Number(timeUnixNano / 1_000_000n));
        return { Name: name, Unit: unit, Value: value, Timestamp, Labels: Object.fromEntries(labels) };
      }),
    ),
  );
}

// OTLP in JSON: names in lowerCamelCase, 64-bit numbers as text ("JSON Protobuf Encoding", OTLP specification). Unknown names are ignored.

type Json = Readonly<Record<string, unknown>>;

function jsonRequest(body: Uint8Array): readonly ResourceMetrics[] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(Buffer.from(body).toString('utf8'));
  } catch {
    throw malformed('the body is not JSON');
  }
  return objects(object(parsed, 'the body')['resourceMetrics'], 'resourceMetrics').map((resource) => ({
    resource: jsonAttributes(object(resource['resource'] ?? {}, 'resource')['attributes']),
    metrics: objects(resource['scopeMetrics'], 'scopeMetrics').flatMap((scope) =>
      objects(scope['metrics'], 'metrics').map(jsonMetric),
    ),
  }));
}

const OTHER_KINDS = ['sum', 'histogram', 'exponentialHistogram', 'summary'];

function jsonMetric(metric: Json): Metric {
  const name = String(metric['name'] ?? '');
  const other = OTHER_KINDS.find((kind) => metric[kind] !== undefined);
  if (other !== undefined) throw notEmulated(`OTLP metrics of the kind ${other} (${name})`);
  const gauge = objects(object(metric['gauge'] ?? {}, 'gauge')['dataPoints'], 'dataPoints').map(
    (point): DataPoint => ({
      attributes: jsonAttributes(point['attributes']),
      timeUnixNano: nanos(point['timeUnixNano']),
      value: Number(point['asDouble'] ?? point['asInt'] ?? Number.NaN),
    }),
  );
  return { name, unit: String(metric['unit'] ?? ''), gauge };
}

function jsonAttributes(value: unknown): readonly Attribute[] {
  return objects(value, 'attributes').map((attribute) => {
    const held = object(attribute['value'] ?? {}, 'value');
    const [text] = ['stringValue', 'boolValue', 'intValue', 'doubleValue'].flatMap((kind) => held[kind] ?? []);
    if (text === undefined) throw notEmulated('OTLP attributes that are no text, number or truth value');
    return { key: String(attribute['key'] ?? ''), value: String(text) };
  });
}

function nanos(value: unknown): bigint {
  const text = String(value ?? '0');
  if (!/^\d{1,19}$/.test(text)) throw malformed(`the time ${JSON.stringify(text.slice(0, 30))}`);
  return BigInt(text);
}

function object(value: unknown, name: string): Json {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Json;
  throw malformed(`${name}: an object expected`);
}

function objects(value: unknown, name: string): readonly Json[] {
  if (value === undefined) return [];
  if (!Array.isArray(value)) throw malformed(`${name}: a list expected`);
  return value.map((one) => object(one, name));
}

// OTLP in protobuf. The numbers are those of the .proto files; unknown fields are skipped, as protobuf asks.

const protobufRequest = (body: Buffer): readonly ResourceMetrics[] =>
  messages(fieldsOf(body), 1).map((resource) => ({
    resource: messages(resource, 1).flatMap((one) => attributesIn(one, 1)),
    metrics: messages(resource, 2).flatMap((scope) => messages(scope, 2).map(protobufMetric)),
  }));

function protobufMetric(metric: readonly Field[]): Metric {
  const name = textIn(metric, 1);
  const other = metric.find(({ number }) => OTHER_NUMBERS.has(number));
  if (other) throw notEmulated(`OTLP metrics of the kind ${OTHER_NUMBERS.get(other.number)} (${name})`);
  const gauge = messages(metric, 5).flatMap((one) => messages(one, 1).map(protobufPoint));
  return { name, unit: textIn(metric, 3), gauge };
}

const OTHER_NUMBERS: ReadonlyMap<number, string> = new Map([
  [7, 'sum'],
  [9, 'histogram'],
  [10, 'exponentialHistogram'],
  [11, 'summary'],
]);

function protobufPoint(point: readonly Field[]): DataPoint {
  const double = fixed(point, 4)?.readDoubleLE();
  const whole = fixed(point, 6)?.readBigInt64LE();
  return {
    attributes: attributesIn(point, 7),
    timeUnixNano: fixed(point, 3)?.readBigUInt64LE() ?? 0n,
    value: double ?? Number(whole ?? Number.NaN),
  };
}

const attributesIn = (fields: readonly Field[], number: number): readonly Attribute[] =>
  messages(fields, number).map((attribute) => {
    const [held = []] = messages(attribute, 2);
    const text = held.find((field) => field.number === 1)?.bytes;
    const [whole] = held.flatMap((field) => (field.number === 2 || field.number === 3 ? (field.varint ?? []) : []));
    const double = fixed(held, 4)?.readDoubleLE();
    const value = text?.toString('utf8') ?? whole ?? double;
    if (value === undefined) throw notEmulated('OTLP attributes that are no text, number or truth value');
    return { key: textIn(attribute, 1), value: String(value) };
  });

interface Field {
  readonly number: number;
  readonly varint?: bigint;
  /** Of a message, a text, or a number of fixed size. */
  readonly bytes?: Buffer;
  readonly size: 'varint' | 'fixed64' | 'bytes' | 'fixed32';
}

const SIZES = new Map([
  [0, 'varint'],
  [1, 'fixed64'],
  [2, 'bytes'],
  [5, 'fixed32'],
] as const);

function fieldsOf(buffer: Buffer): readonly Field[] {
  const fields: Field[] = [];
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = buffer[at++];
      if (byte === undefined) throw malformed('the protobuf message ends in the middle');
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    throw malformed('a number of the protobuf message is too long');
  };
  const take = (length: number): Buffer => {
    if (length > buffer.length - at) throw malformed('the protobuf message ends in the middle');
    at += length;
    return buffer.subarray(at - length, at);
  };
  while (at < buffer.length) {
    const key = varint();
    const number = Number(key >> 3n);
    const size = SIZES.get(Number(key & 7n) as 0);
    if (size === undefined || number === 0) throw malformed('the body is no protobuf message');
    if (size === 'varint') fields.push({ number, size, varint: varint() });
    else fields.push({ number, size, bytes: take(size === 'bytes' ? Number(varint()) : size === 'fixed64' ? 8 : 4) });
  }
  return fields;
}

const messages = (fields: readonly Field[], number: number): readonly (readonly Field[])[] =>
  fields.flatMap((field) =>
    field.number === number && field.size === 'bytes' ? [fieldsOf(field.bytes as Buffer)] : [],
  );

const textIn = (fields: readonly Field[], number: number): string =>
  fields.findLast((field) => field.number === number && field.size === 'bytes')?.bytes?.toString('utf8') ?? '';

const fixed = (fields: readonly Field[], number: number): Buffer | undefined =>
  fields.findLast((field) => field.number === number && field.size === 'fixed64')?.bytes;

const malformed = (what: string): AwsError => new AwsError('SerializationException', `OTLP: ${what}.`);
