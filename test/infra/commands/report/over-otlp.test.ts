// What a report reads of a fleet whose metrics go over OTLP: in PromQL, from the region's own endpoint.
import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { type Gauge, sendGauges } from '../../../../functions/watch-fleet/otlp.ts';
import { readOverOtlp } from '../../../../infra/commands/report/over-otlp.ts';
import { type WholeRegion, wholeRegion } from '../../../fixtures/whole-region.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const METRICS = ['Health', 'HeightLag', 'DiskUsedPercent', 'Tip'] as const;
const HEALTH = 'chainmend_health';
const DISK = 'chainmend_disk_used_percent';

let whole: WholeRegion;
let cloudwatch: CloudWatchClient;
let toMs: number;

beforeEach(async () => {
  whole = await wholeRegion();
  cloudwatch = new CloudWatchClient(await whole.as());
  toMs = whole.region.clock.now();
});
afterEach(() => whole.following.stop());

const send = (minutesAgo: number, gauges: readonly (readonly [string, object, number])[]): Promise<void> =>
  sendGauges(
    cloudwatch,
    gauges.map(([name, labels, value]): Gauge => ({ name, unit: '1', value, labels: { Fleet: 'bitcoin', ...labels } })),
    toMs - minutesAgo * MINUTE_MS,
  );
const read = (hours: number, period: number) =>
  readOverOtlp(cloudwatch, { suite: 'chainmend', name: 'bitcoin' }, METRICS, {
    fromMs: toMs - hours * HOUR_MS,
    toMs,
    period,
  });
const ago = (samples: readonly (readonly [number, number])[]) =>
  samples.map(([atMs, value]) => [(toMs - atMs) / MINUTE_MS, value]);

it('each period has its worst value, of each node, by the moment at which it began', async () => {
  await send(58, [[HEALTH, { Node: 'node1' }, 0]]);
  await send(32, [[HEALTH, { Node: 'node1' }, 6]]);
  await send(31, [[HEALTH, { Node: 'node1' }, 0]]);
  await send(1, [
    [HEALTH, { Node: 'node1' }, 1],
    [HEALTH, { Node: 'node2' }, 5],
    ['chainmend_tip', {}, 931_000],
  ]);
  const { of, note } = await read(1, 900);
  expect(ago(of('Health', { node: 'node1' }))).toEqual([
    [60, 0],
    [45, 6],
    [15, 1],
  ]);
  expect(ago(of('Health', { node: 'node2' }))).toEqual([[15, 5]]);
  expect(ago(of('Tip', {}))).toEqual([[15, 931_000]]);
  expect(of('HeightLag', { node: 'node1' })).toEqual([]);
  expect(note).toBeUndefined();
});

it('a disk is the fullest volume of an instance, whatever its node is called, and no other fleet’s', async () => {
  await send(1, [
    [DISK, { InstanceId: 'i-1', path: '/data' }, 71],
    [DISK, { InstanceId: 'i-1', path: '/ancient' }, 93],
    [DISK, { InstanceId: 'i-2', path: '/data', Fleet: 'litecoin' }, 99],
  ]);
  const { of } = await read(1, 900);
  expect(ago(of('DiskUsedPercent', { instanceId: 'i-1' }))).toEqual([[15, 93]]);
  expect(of('DiskUsedPercent', { instanceId: 'i-2' })).toEqual([]);
  expect(of('DiskUsedPercent', { node: 'node1' })).toEqual([]);
});

it('a week is asked for a day at a time, and no moment twice', async () => {
  for (let day = 0; day < 7; day++) await send(day * 24 * 60 + 5, [[HEALTH, { Node: 'node1' }, day]]);
  const { of } = await read(7 * 24, 3_600);
  const days = Array.from({ length: 7 }, (_, day) => day).toReversed();
  expect(ago(of('Health', { node: 'node1' }))).toEqual(days.map((day) => [day * 24 * 60 + 60, day]));
  const asked = whole.region.gateway.trace.calls.filter(({ operation }) => operation === 'QueryMetrics');
  expect(asked).toHaveLength(4 * 7);
});

it('of more than 500 nodes it is said that some are not drawn', async () => {
  const nodes = Array.from({ length: 501 }, (_, at) => [HEALTH, { Node: `node${at}` }, 0] as const);
  await send(1, nodes);
  const { note } = await read(1, 900);
  expect(note).toBe(
    'Of the nodes of bitcoin at most 500 are known: a query in PromQL is answered with no more series.',
  );
});
