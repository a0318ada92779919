// The sources of a filesystem's history: CloudWatch keeps each set of dimensions as a separate metric, and the agent's set is not the alarm's.
import { CloudWatchClient, CloudWatchServiceException, GetMetricStatisticsCommand } from '@aws-sdk/client-cloudwatch';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type Filesystem, readHistory } from '../../../functions/resize-volume/history.ts';
import { type Gauge, sendGauges } from '../../../functions/watch-fleet/otlp.ts';
import { growthBytesPerHour } from '../../../shared/growth/rate.ts';
import { type WholeRegion, wholeRegion } from '../../fixtures/whole-region.ts';

const HOUR_MS = 3_600_000;
const GIB = 2 ** 30;
const NODE = 'i-0123456789abcdef0';
const PATH = '/node-data';

let whole: WholeRegion;
let cloudwatch: CloudWatchClient;
let calls: () => readonly string[];

beforeEach(async () => {
  whole = await wholeRegion();
  cloudwatch = new CloudWatchClient(await whole.as());
  calls = () => whole.region.gateway.trace.calls.map(({ operation }) => operation);
});
afterEach(() => whole.following.stop());

const now = (): number => whole.region.clock.now();
/** Growth by so many GiB an hour for a day, up to a size; it ended so many hours ago. */
function published(
  dimensions: Readonly<Record<string, string>>,
  { upToGiB, gibPerHour = 10, endedHoursAgo = 0 }: { upToGiB: number; gibPerHour?: number; endedHoursAgo?: number },
): void {
  const end = now() - endedHoursAgo * HOUR_MS - 120_000;
  for (let hoursAgo = 24; hoursAgo >= 0; hoursAgo--) {
    const usedGiB = upToGiB - hoursAgo * gibPerHour;
    const at = end - hoursAgo * HOUR_MS;
    whole.region.cloudwatch.record('CWAgent', 'disk_used', dimensions, usedGiB * GIB, at);
    whole.region.cloudwatch.record('CWAgent', 'disk_used_percent', dimensions, usedGiB / 5, at);
  }
}
const about = (dimensions: Readonly<Record<string, string>>, path: string | undefined = PATH): Filesystem => ({
  alarm: { alarmName: 'chainmend-bitcoin-disk', namespace: 'CWAgent', dimensions },
  instanceId: NODE,
  path,
  metrics: 'classic',
  suite: 'chainmend',
});
const latestGiB = async (filesystem: Filesystem): Promise<number | undefined> => {
  const { used } = await readHistory(cloudwatch, filesystem, now());
  const last = used.at(-1);
  return last && Math.round(last.usedBytes / GIB);
};
const ofAgent = { InstanceId: NODE, path: PATH, fstype: 'xfs' };

describe('CloudWatch', () => {
  it('reads nothing by fewer dimensions than were published', async () => {
    published(ofAgent, { upToGiB: 455 });
    const read = async (dimensions: Readonly<Record<string, string>>) => {
      const { Datapoints = [] } = await cloudwatch.send(
        new GetMetricStatisticsCommand({
          ...{ Namespace: 'CWAgent', MetricName: 'disk_used_percent', Period: 3_600, Statistics: ['Maximum'] },
          ...{ StartTime: new Date(now() - 24 * HOUR_MS), EndTime: new Date(now()) },
          Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
        }),
      );
      return Datapoints.length;
    };
    expect(await read(ofAgent)).toBeGreaterThan(20);
    expect(await read({ InstanceId: NODE, path: PATH })).toBe(0);
    expect(await read({ ...ofAgent, device: 'nvme1n1' })).toBe(0);
  });
});

describe('the history of a filesystem', () => {
  it('is read at once where the alarm names the whole series', async () => {
    published(ofAgent, { upToGiB: 455 });
    expect(await latestGiB(about(ofAgent))).toBe(455);
    expect(calls()).toEqual(['GetMetricData']);
  });

  it.each([
    ['a fleet-wide alarm, which is grouped by instance and path', { InstanceId: NODE, path: PATH }],
    ['one that is grouped by instance alone, of nodes with one volume', { InstanceId: NODE }],
    ['a person, who names no more', {}],
  ])('is found for %s', async (_, dimensions) => {
    published(ofAgent, { upToGiB: 455 });
    published({ ...ofAgent, path: '/' }, { upToGiB: 12 });
    published({ ...ofAgent, InstanceId: 'i-0aaaaaaaaaaaaaaaa' }, { upToGiB: 90 });
    expect(await latestGiB(about(dimensions))).toBe(455);
  });

  it('is that of the series which tells of now, and of several the plainest', async () => {
    published({ ...ofAgent, fstype: 'ext4' }, { upToGiB: 80, endedHoursAgo: 20 });
    published({ ...ofAgent, device: 'nvme1n1' }, { upToGiB: 454 });
    published(ofAgent, { upToGiB: 455 });
    expect(await latestGiB(about({ InstanceId: NODE, path: PATH }))).toBe(455);
  });

  it('is nothing where nothing is published, or nobody knows where the volume is mounted', async () => {
    expect(await latestGiB(about({ InstanceId: NODE, path: PATH }))).toBeUndefined();
    published(ofAgent, { upToGiB: 455 });
    expect(await latestGiB({ ...about({ InstanceId: NODE }), path: undefined })).toBeUndefined();
  });

  it('that CloudWatch does not let us read is unknown, with its words; what may be over soon is asked again', async () => {
    const answering = (name: string, httpStatusCode: number): CloudWatchClient => {
      cloudwatch.send = (async () => {
        throw new CloudWatchServiceException({ name, message: 'no', $fault: 'client', $metadata: { httpStatusCode } });
      }) as never;
      return cloudwatch;
    };
    expect(await readHistory(answering('AccessDenied', 403), about(ofAgent), now())).toEqual({
      ...{ used: [], percent: [], inodesPercent: undefined },
      unread: 'AccessDenied: no',
    });
    await expect(readHistory(answering('Throttling', 400), about(ofAgent), now())).rejects.toThrow('no');
  });
});

describe('the history of a filesystem whose fleet sends its metrics over OTLP', () => {
  const overOtlp = (path: string | undefined = PATH): Filesystem => ({ ...about({}, path), metrics: 'otlp' });
  /** Growth by one percent an hour for two days, as `watch-fleet` tells it. */
  const sent = async (labels: Readonly<Record<string, string>>, upToPercent: number): Promise<void> => {
    for (let hoursAgo = 48; hoursAgo >= 0; hoursAgo--) {
      const of = { unit: '%', labels: { Fleet: 'bitcoin', InstanceId: NODE, path: PATH, ...labels } };
      const gauges: readonly Gauge[] = [
        { ...of, name: 'chainmend_disk_used_percent', value: upToPercent - hoursAgo },
        { ...of, name: 'chainmend_inodes_used_percent', value: 7 },
      ];
      await sendGauges(cloudwatch, gauges, now() - hoursAgo * HOUR_MS - 60_000);
    }
  };
  const read = async (filesystem: Filesystem) => {
    const { percent, inodesPercent } = await readHistory(cloudwatch, filesystem, now());
    const used = percent.map((point) => ({ atMs: point.atMs, usedBytes: point.percent * GIB }));
    return {
      latest: percent.at(-1)?.percent,
      inodesPercent,
      gibPerHour: (growthBytesPerHour(used) ?? Number.NaN) / GIB,
    };
  };

  it('is read of two days, a day at a time, and tells how fast it fills', async () => {
    await sent({}, 91);
    await sent({ path: '/' }, 55);
    await sent({ InstanceId: 'i-0aaaaaaaaaaaaaaaa' }, 99);
    expect(await read(overOtlp())).toEqual({ latest: 91, inodesPercent: 7, gibPerHour: expect.closeTo(1, 1) });
    expect(calls().filter((operation) => operation === 'QueryMetrics').length).toBeLessThanOrEqual(6);
  });

  it('is the agent’s where nothing has come over OTLP, and nobody’s where nobody knows the path', async () => {
    published(ofAgent, { upToGiB: 455 });
    expect(await latestGiB(overOtlp())).toBe(455);
    expect(await latestGiB({ ...overOtlp(), path: undefined })).toBeUndefined();
  });

  it('has no way out of its query: a path is a text there', async () => {
    await sent({ path: '/a"} or chainmend_disk_used_percent{path="/' }, 44);
    await sent({ path: '/' }, 55);
    expect(await read(overOtlp('/a"} or chainmend_disk_used_percent{path="/'))).toMatchObject({ latest: 44 });
  });

  it.each([
    [403, 'not\nallowed', 'AccessDeniedException: HTTP 403, not allowed'],
    [200, '<html>', 'PromQL: an answer that is no matrix: <html>'],
  ])(
    'whose queries are answered with %i and nonsense is unknown, with its words, or is the agent’s',
    async (statusCode, text, unread) => {
      const { requestHandler } = cloudwatch.config;
      const handle = requestHandler.handle.bind(requestHandler);
      const headers = { 'x-amzn-errortype': 'AccessDeniedException' };
      requestHandler.handle = (async (request: { readonly path: string }) =>
        request.path === '/api/v1/query_range'
          ? { response: { statusCode, headers, body: [Buffer.from(text)] } }
          : handle(request as never)) as never;
      expect(await readHistory(cloudwatch, overOtlp(), now())).toMatchObject({ percent: [], unread });
      published(ofAgent, { upToGiB: 455 });
      expect(await latestGiB(overOtlp())).toBe(455);
    },
  );
});
