// Which series of a filesystem its alarm watches, where CloudWatch lists several: those that ended are listed for hours.
import {
  CloudWatchClient,
  type GetMetricDataCommand,
  type GetMetricDataCommandInput,
  type ListMetricsCommand,
} from '@aws-sdk/client-cloudwatch';
import { describe, expect, it, jest } from '@jest/globals';
import { readSeries } from '../../../functions/register-nodes/alarm-facts.ts';
import { idOf } from '../../fixtures/register-facts.ts';

type Series = Readonly<Record<string, string>>;
const listOf = (series: Series) => Object.entries(series).map(([Name, Value]) => ({ Name, Value }));
const of = (index: number, more: Series = {}): Series => ({
  InstanceId: idOf(index),
  path: '/data',
  fstype: 'xfs',
  ...more,
});

/** CloudWatch with these series, and when each has its last value, in minutes ago. */
function cloudWatchWith(series: readonly { readonly of: Series; readonly minutesAgo: number }[]) {
  const asked: GetMetricDataCommandInput[] = [];
  const client = new CloudWatchClient({ region: 'eu-west-1' });
  const nowMs = Date.now();
  jest.spyOn(client, 'send').mockImplementation((async (command: ListMetricsCommand | GetMetricDataCommand) => {
    const { input } = command;
    if (!('MetricDataQueries' in input))
      return { Metrics: series.map((one) => ({ MetricName: input.MetricName, Dimensions: listOf(one.of) })) };
    asked.push(input);
    const MetricDataResults = (input.MetricDataQueries ?? []).map(({ Id, MetricStat }) => {
      const known = series.find(
        (one) => JSON.stringify(listOf(one.of)) === JSON.stringify(MetricStat?.Metric?.Dimensions),
      );
      return { Id, Timestamps: [new Date(nowMs - (known?.minutesAgo ?? 0) * 60_000)] };
    });
    return { MetricDataResults };
  }) as never);
  return { client, asked };
}

const watched = async (client: CloudWatchClient) =>
  [...(await readSeries(client, '/data')).values()].map(({ dimensions }) => dimensions);

describe('of several series of one filesystem, its alarm watches', () => {
  it.each([
    ['nvme1n1', 'nvme2n1'],
    ['nvme2n1', 'nvme1n1'],
  ])('the one that is still published: the device was %s and is %s', async (dead, live) => {
    const { client } = cloudWatchWith([
      { of: of(1, { device: dead }), minutesAgo: 90 },
      { of: of(1, { device: live }), minutesAgo: 1 },
    ]);
    expect(await watched(client)).toEqual([of(1, { device: live })]);
  });

  it.each([1, 6])(
    'the one that outlives a swap, where both are published, its own value %s min ago',
    async (minutesAgo) => {
      const { client } = cloudWatchWith([
        { of: of(1, { device: 'nvme1n1' }), minutesAgo: 1 },
        { of: of(1), minutesAgo },
      ]);
      expect(await watched(client)).toEqual([of(1)]);
    },
  );

  it('asks for no values where each has one', async () => {
    const { client, asked } = cloudWatchWith([
      { of: of(1), minutesAgo: 1 },
      { of: of(2), minutesAgo: 1 },
    ]);
    expect(await watched(client)).toEqual([of(1), of(2)]);
    expect(asked).toEqual([]);
  });

  it('asks for 500 at a time after all nodes of a large fleet were rebooted', async () => {
    const renamed = Array.from({ length: 300 }, (_, index) => [
      { of: of(index, { device: 'nvme1n1' }), minutesAgo: 60 },
      { of: of(index, { device: 'nvme2n1' }), minutesAgo: 2 },
    ]).flat();
    const { client, asked } = cloudWatchWith(renamed);
    expect((await watched(client)).map(({ device }) => device)).toEqual(Array(300).fill('nvme2n1'));
    expect(asked.map(({ MetricDataQueries = [] }) => MetricDataQueries.length)).toEqual([500, 100]);
  });
});
