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

const isJson = (contentType: string): boolean => contentType.startsWith('application/json');

export const OTLP_METRICS: PlainEndpoint = {
  method: 'POST',
  path: '/v1/metrics',
  operation: [9, SHAPES, 'ExportOtlpMetrics', 0, () => input, () => output],
  readInput: ({ body, headers }) => ({ Points: readOtlp(body, headers['content-type'] ?? '') }),
  // "The response body MUST be a Protobuf-encoded ExportMetricsServiceResponse message", which is empty on full success; in JSON "{}" (OTLP specification).
  writeOutput: ({ headers }) => {
    const contentType = headers['content-type'] ?? '';
    return { contentType, body: isJson(contentType) ? '{}' : '' };
  },
};

export const otlpOperations = (region: RegionIdentity, store: SeriesStore): Record<string, Operation> => ({
  ExportOtlpMetrics: ({ Points = [] }: { Points?: readonly Partial<OtlpPoint>[] }) => {
    for (const { Name: name, Unit = '', Value, Timestamp, Labels } of Points) {
      // The endpoint's reader gives all of them; a caller without wire may not.
      if (name === undefined || Value === undefined || Timestamp === undefined)
        throw new AwsError('ValidationException', 'A point needs its name, its value and its time.');
      const dimensions = { ...Labels, '@aws.account': region.accountId, '@aws.region': region.regionName };
      // A value that comes twice is one value: the point of a series at one moment.
      const id = { namespace: OTLP_NAMESPACE, name, dimensions };
      store.put(id, Timestamp.getTime(), single(Value), Unit, 1_000);
    }
    return {};
  },
});
