// Metrics over OTLP and alarms on PromQL, as AWS's own client and OpenTelemetry's own encoder send them.
import {
  CloudWatchClient,
  DescribeAlarmContributorsCommand,
  DescribeAlarmsCommand,
  PutMetricAlarmCommand,
  type PutMetricAlarmCommandInput,
} from '@aws-sdk/client-cloudwatch';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { encodeGauges, type Gauge, refusedPoints, sendGauges } from '../../../../functions/watch-fleet/otlp.ts';
import { type CloudWatch, createCloudWatch } from '../../../../local/services/cloudwatch/cloudwatch.ts';
import { readOtlp } from '../../../../local/services/cloudwatch/otlp.ts';
import { permissions } from '../../../../local/services/cloudwatch/permissions.ts';
import { compilePromql, OTLP_NAMESPACE } from '../../../../local/services/cloudwatch/promql.ts';
import { SeriesStore, single } from '../../../../local/services/cloudwatch/series.ts';
import type { ClockFollower } from '../../../../local/simulator/clock.ts';
import { handleWireRequest } from '../../../../local/simulator/gateway/http.ts';
import { TokenBuckets } from '../../../../local/simulator/gateway/rate-limits.ts';
import { type GatewayRegion, gatewayRegion } from '../../../fixtures/gateway-region.ts';
import { inProcessHandler } from '../../../fixtures/in-process-handler.ts';
import { type TestKernel, testKernel } from '../../../fixtures/kernel.ts';

const MINUTE = 60_000;
const AT = Date.UTC(2026, 0, 1, 12);
const QUERY = 'max by (Node) (chainmend_health{Fleet="bitcoin"}) >= 5';

const health = (node: string, value: number, fleet = 'bitcoin'): Gauge => ({
  name: 'chainmend_health',
  unit: '1',
  value,
  labels: { Fleet: fleet, Node: node },
});

/**
 * What OpenTelemetry's own encoders (@opentelemetry/otlp-transformer 0.301.1) make of the two gauges of `gauges` at `AT`, from a resource whose
 * `service.name` is chainmend.
 */
const ENCODED_PROTOBUF = Buffer.from(
  'Ct4BCh8KGwoMc2VydmljZS5uYW1lEgsKCWNoYWlubWVuZBAAEroBCgIKABJZChBjaGFpbm1lbmRfaGVhbHRoGgExKkIKQBEAAAAA' +
    'AAAAABkAgKE2nJmGGCEAAAAAAAAYQDoSCgVGbGVldBIJCgdiaXRjb2luOg8KBE5vZGUSBwoFbm9kZTESWQoQY2hhaW5tZW5kX2hl' +
    'YWx0aBoBMSpCCkARAAAAAAAAAAAZAIChNpyZhhghAAAAAAAA4D86EgoFRmxlZXQSCQoHYml0Y29pbjoPCgROb2RlEgcKBW5vZGUy',
  'base64',
);
const ENCODED_JSON = Buffer.from(
  JSON.stringify({
    resourceMetrics: [
      {
        resource: {
          attributes: [{ key: 'service.name', value: { stringValue: 'chainmend' } }],
          droppedAttributesCount: 0,
        },
        scopeMetrics: [{ scope: { name: '' }, metrics: [encodedMetric('node1', 6), encodedMetric('node2', 0.5)] }],
      },
    ],
  }),
);

function encodedMetric(node: string, asDouble: number) {
  const attributes = [
    { key: 'Fleet', value: { stringValue: 'bitcoin' } },
    { key: 'Node', value: { stringValue: node } },
  ];
  const dataPoints = [{ attributes, startTimeUnixNano: '0', timeUnixNano: '1767268800000000000', asDouble }];
  return { name: 'chainmend_health', description: '', unit: '1', gauge: { dataPoints } };
}

describe('a body of OTLP', () => {
  const gauges = [health('node1', 6), health('node2', 0.5)];
  const points = gauges.map(({ name, unit, value, labels }) => ({
    ...{ Name: name, Unit: unit, Value: value, Timestamp: new Date(AT), Labels: labels },
  }));

  it('that OpenTelemetry encodes is read, as protobuf and as JSON, with the attributes of its resource', () => {
    const wanted = points.map((point) => ({
      ...point,
      Labels: { '@resource.service.name': 'chainmend', ...point.Labels },
    }));
    expect(readOtlp(ENCODED_PROTOBUF, 'application/x-protobuf')).toEqual(wanted);
    expect(readOtlp(ENCODED_JSON, 'application/json')).toEqual(wanted);
  });

  it('that we encode says what OpenTelemetry’s says', () => {
    expect(readOtlp(encodeGauges(gauges, AT), 'application/x-protobuf')).toEqual(points);
  });

  it('that is cut off, is no protobuf, or is of another kind is refused with a sentence', () => {
    const whole = encodeGauges(gauges, AT);
    for (let length = 1; length < whole.length; length += 7)
      expect(() => readOtlp(whole.subarray(0, length), 'application/x-protobuf')).toThrow(/OTLP: .*in the middle/);
    expect(() => readOtlp(Buffer.from('{'), 'application/json')).toThrow('OTLP: the body is not JSON');
    expect(() => readOtlp(whole, 'text/plain')).toThrow('the content type text/plain');
    const sum = { resourceMetrics: [{ scopeMetrics: [{ metrics: [{ name: 'a', sum: {} }] }] }] };
    expect(() => readOtlp(Buffer.from(JSON.stringify(sum)), 'application/json')).toThrow('the kind sum (a)');
  });
});

describe('the endpoint for metrics over OTLP', () => {
  let region: GatewayRegion;
  let following: ClockFollower;

  beforeEach(async () => {
    region = await gatewayRegion([], { limits: new TokenBuckets() }, ['monitoring']);
    region.gateway.serve(createCloudWatch(Object.assign(testKernel(), { clock: region.clock as never })));
    following = region.clock.follow({ speed: 10_000 });
  });
  afterEach(() => following.stop());

  const post = async (body: Uint8Array, contentType = 'application/x-protobuf') => {
    const authorization = 'AWS4-HMAC-SHA256 Credential=AKIATEST/20260101/eu-west-1/monitoring/aws4_request';
    const headers = { authorization, 'content-type': contentType };
    const request = { method: 'POST', path: '/v1/metrics', headers, body } as const;
    const answer = await handleWireRequest(region.gateway, request, { actor: 'test' });
    return { statusCode: answer.statusCode, body: Buffer.from(answer.body) };
  };
  const labelled = (labels: Record<string, string>): Gauge => ({ ...health('node1', 1), labels });
  const labels = (count: number): Record<string, string> =>
    Object.fromEntries(Array.from({ length: count }, (_, at) => [`l${at}`, 'x']));
  const send = (gauges: readonly Gauge[], aheadMs = 0) => post(encodeGauges(gauges, region.clock.now() + aheadMs));

  const DAY = 24 * 60 * MINUTE;
  it.each<[string, (fits: boolean) => [readonly Gauge[], number?], string]>([
    ['1,000 points', (fits) => [Array(fits ? 1_000 : 1_001).fill(health('a', 1))], 'per request exceeded: 1000.'],
    ['150 labels of a point', (fits) => [[labelled(labels(fits ? 150 : 151))]], 'has 151 labels'],
    ['40 KB of labels', (fits) => [[labelled({ path: 'x'.repeat(fits ? 40_900 : 40_960) })]], 'have 40964 bytes'],
    ['1 MB', (fits) => [Array(30).fill(labelled({ path: 'x'.repeat(fits ? 33_000 : 36_000) }))], 'The request has'],
    ['14 days in the past', (fits) => [[health('a', 1)], -14 * DAY + (fits ? MINUTE : -MINUTE)], 'more than 14 days'],
    ['10 minutes in the future', (fits) => [[health('a', 1)], (fits ? 9 : 11) * MINUTE], 'more than 10 minutes'],
  ])('takes %s, and refuses more', async (_name, of, why) => {
    expect(await send(...of(true))).toEqual({ statusCode: 200, body: Buffer.alloc(0) });
    const { statusCode, body } = await send(...of(false));
    expect(statusCode).toBe(400);
    expect(body.toString()).toContain(why);
  });

  it('takes the good points of a request and says how many others it left out', async () => {
    const gauges = [health('node1', 1), ...Array<Gauge>(300).fill(labelled(labels(151))), health('node2', 2)];
    const { statusCode, body } = await send(gauges);
    expect(statusCode).toBe(200);
    const why = 'A point has 151 labels: at most 150.';
    expect(refusedPoints(body)).toEqual({ points: 300, why });
    const attributes = Object.entries(labels(151)).map(([key, stringValue]) => ({ key, value: { stringValue } }));
    const timeUnixNano = `${region.clock.now()}000000`;
    const dataPoints = [
      { timeUnixNano, asDouble: 1 },
      { timeUnixNano, asDouble: 1, attributes },
    ];
    const metrics = [{ name: 'a', gauge: { dataPoints } }];
    const inJson = await post(
      Buffer.from(JSON.stringify({ resourceMetrics: [{ scopeMetrics: [{ metrics }] }] })),
      'application/json',
    );
    expect(JSON.parse(`${inJson.body}`)).toEqual({ partialSuccess: { rejectedDataPoints: '1', errorMessage: why } });
  });

  it('takes 500 requests in a second, and answers more with 429', async () => {
    const answers = await Promise.all(Array.from({ length: 510 }, (_, value) => send([health('a', value)])));
    expect(answers.filter(({ statusCode }) => statusCode === 200)).toHaveLength(500);
    expect(answers.filter(({ statusCode }) => statusCode === 429)).toHaveLength(10);
  });
});

describe('a PromQL query', () => {
  const store = new SeriesStore();
  const add = (name: string, dimensions: Record<string, string>, minutes: number, value: number): void =>
    store.put({ namespace: OTLP_NAMESPACE, name, dimensions }, AT + minutes * MINUTE, single(value), '1', 1_000);
  add('disk', { Node: 'a', path: '/data' }, 0, 90);
  add('disk', { Node: 'a', path: '/data' }, 1, 80);
  add('disk', { Node: 'a', path: '/ancient' }, 1, 70);
  add('disk', { Node: 'b' }, 0, 60);
  add('inodes', { Node: 'b' }, 1, 99);
  const asked = (query: string, minutes = 1) => compilePromql(query)(store, AT + minutes * MINUTE);
  const values = (query: string, minutes?: number) => asked(query, minutes).map(({ value }) => value);

  it.each([
    ['disk', [80, 70, 60]],
    ['{"disk", Node="a"}', [80, 70]],
    ['disk{Node!="a"}', [60]],
    ['disk{path=""}', [60]],
    ['disk >= 70', [80, 70]],
    ['disk == 60', [60]],
    ['max by (Node) (disk)', [80, 60]],
    ['count(disk)', [3]],
    ['sum by (path) (disk{path!=""})', [80, 70]],
    ['max_over_time(disk{path="/data"}[5m])', [90]],
    ['last_over_time(disk{path="/data"}[90s])', [80]],
    ['max by (Node) (disk) > 50 and max by (Node) (inodes) > 50', [60]],
    ['max by (Node) (disk) unless max by (Node) (inodes)', [80]],
    ['max by (Node) (disk > 75) or max by (Node) (inodes)', [80, 99]],
    ['(disk) < 65', [60]],
    ['nothing_of_this_name', []],
  ] as const)('%s gives %j', (query, wanted) => {
    expect(values(query)).toEqual(wanted);
  });

  it('keeps the labels by which it groups, and sees no value that is older than five minutes', () => {
    expect(asked('max by (Node) (disk)')).toEqual([
      { labels: { Node: 'a' }, value: 80 },
      { labels: { Node: 'b' }, value: 60 },
    ]);
    expect(values('disk', 5)).toEqual([80, 70]);
    expect(values('disk', 6)).toEqual([]);
  });

  it.each([
    ['disk >=', 'parse error at character 8'],
    ['', 'PromQL'],
    ['1', '1 is no instant vector'],
    ['disk[5m]', 'MatrixSelector'],
    ['rate(disk[5m])', 'its functions are max_over_time, last_over_time'],
    ['topk(1, disk)', 'its aggregations are max, min, sum, count'],
    ['disk > inodes', 'a comparison with anything but a number'],
    ['disk and on (Node) inodes', 'it compares with a number'],
    ['disk{Node=~"a.*"}', 'it knows = and !='],
    ['{Node="a"}', 'does not name exactly one metric'],
    ['max without (path) (disk)', 'without (path)'],
    ['disk offset 5m', 'OffsetExpr'],
    [`${'('.repeat(60)}disk${')'.repeat(60)}`, 'more than 40 levels'],
  ])('%j is refused: %s', (query, why) => {
    expect(() => compilePromql(query)).toThrow(why);
  });
});

describe('an alarm on a PromQL query', () => {
  let region: GatewayRegion;
  let following: ClockFollower;
  let kernel: TestKernel;
  let cloudwatch: CloudWatch;
  let client: CloudWatchClient;
  /** The health of each node, sent each minute over the wire. */
  let nodes: Map<string, number>;

  beforeEach(async () => {
    region = await gatewayRegion([], {}, ['monitoring']);
    kernel = Object.assign(testKernel(), { clock: region.clock as unknown as TestKernel['clock'] });
    cloudwatch = createCloudWatch(kernel);
    region.gateway.serve(cloudwatch);
    client = new CloudWatchClient({
      region: 'eu-west-1',
      credentials: { accessKeyId: 'AKIATEST', secretAccessKey: 'test' },
      maxAttempts: 1,
      requestHandler: inProcessHandler(region.gateway),
    });
    nodes = new Map();
    const tick = (): void => {
      const gauges = [...nodes].map(([node, value]) => health(node, value));
      if (gauges.length > 0) void sendGauges(client, gauges, region.clock.now());
      region.clock.after(MINUTE, tick);
    };
    tick();
    following = region.clock.follow({ speed: 10_000 });
  });
  afterEach(() => following.stop());

  const pass = (minutes: number): Promise<void> =>
    new Promise((resolve) => void region.clock.after(minutes * MINUTE, resolve));
  const put = (
    criteria: { PendingPeriod?: number; RecoveryPeriod?: number } = {},
    more: Partial<PutMetricAlarmCommandInput> = {},
  ) =>
    client.send(
      new PutMetricAlarmCommand({
        AlarmName: 'chainmend-bitcoin-unwell',
        EvaluationCriteria: { PromQLCriteria: { Query: QUERY, ...criteria } },
        EvaluationInterval: 60,
        ...more,
      }),
    );
  const alarm = async () => (await client.send(new DescribeAlarmsCommand({}))).MetricAlarms?.[0];
  const inAlarm = async () =>
    (
      (await client.send(new DescribeAlarmContributorsCommand({ AlarmName: 'chainmend-bitcoin-unwell' })))
        .AlarmContributors ?? []
    ).map(({ ContributorAttributes }) => ContributorAttributes);
  const turns = () =>
    kernel.events
      .filter((event) => event['detail-type'] === 'CloudWatch Alarm Contributor State Change')
      .map(({ detail }) => {
        const { alarmContributor, state } = detail as unknown as {
          alarmContributor: { attributes: object };
          state: { value: string };
        };
        return [alarmContributor.attributes, state.value];
      });

  it('tells of each node that is unwell for long enough, of no other, and when it is well again', async () => {
    nodes = new Map([
      ['node1', 0],
      ['node2', 6],
    ]);
    await put({ PendingPeriod: 120 });
    expect((await alarm())?.StateValue).toBe('OK');
    await pass(2);
    expect(turns()).toEqual([]);
    await pass(3);
    expect(turns()).toEqual([[{ Node: 'node2' }, 'ALARM']]);
    expect(await inAlarm()).toEqual([{ Node: 'node2' }]);
    expect(await alarm()).toMatchObject({
      StateValue: 'ALARM',
      EvaluationCriteria: { PromQLCriteria: { Query: QUERY, PendingPeriod: 120 } },
      EvaluationInterval: 60,
    });
    nodes.set('node2', 0);
    await pass(3);
    expect(turns().at(-1)).toEqual([{ Node: 'node2' }, 'OK']);
    expect(await inAlarm()).toEqual([]);
    expect((await alarm())?.StateValue).toBe('OK');
  });

  it('waits its recovery period, and one that comes back meanwhile never left', async () => {
    nodes = new Map([['node2', 6]]);
    await put({ RecoveryPeriod: 300 });
    await pass(2);
    nodes.set('node2', 0);
    await pass(3);
    expect(await inAlarm()).toEqual([{ Node: 'node2' }]);
    nodes.set('node2', 6);
    await pass(2);
    expect(turns()).toEqual([[{ Node: 'node2' }, 'ALARM']]);
  });

  it('cannot have what other alarms have, nor lack what it needs', async () => {
    await expect(put({}, { Threshold: 5 })).rejects.toThrow(
      'Threshold cannot be given together with EvaluationCriteria',
    );
    await expect(put({}, { TreatMissingData: 'missing' })).rejects.toThrow('TreatMissingData cannot be given');
    await expect(put({}, { EvaluationInterval: 45 })).rejects.toThrow('multiple of 60');
    const Query = 'chainmend_health{';
    await expect(put({}, { EvaluationCriteria: { PromQLCriteria: { Query } } })).rejects.toThrow('parse error');
  });

  it('sees nothing of metrics that came another way, and they nothing of its own', async () => {
    nodes = new Map([['node2', 6]]);
    cloudwatch.record(OTLP_NAMESPACE, 'chainmend_health', { Fleet: 'bitcoin', Node: 'node3' }, 6, region.clock.now());
    await put();
    await pass(2);
    expect(await inAlarm()).toEqual([{ Node: 'node2' }]);
    expect(
      cloudwatch.seriesOf({ namespace: OTLP_NAMESPACE, name: 'chainmend_health', dimensions: { Node: 'node2' } }),
    ).toEqual([]);
  });
});

it('metrics over OTLP need PutMetricData without a condition on a namespace: they have none', () => {
  const region = { accountId: '111122223333', regionName: 'eu-west-1', service: undefined, tagsOf: () => ({}) };
  expect(permissions['ExportOtlpMetrics']?.({ Points: [] }, region)).toEqual([
    { action: 'cloudwatch:PutMetricData', resources: [{ arn: '*' }] },
  ]);
});
