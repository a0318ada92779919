// Fleet-wide alarms as AWS's own client makes and reads them: one alarm, one contributor for each node.
import {
  CloudWatchClient,
  DeleteAlarmsCommand,
  DescribeAlarmContributorsCommand,
  DescribeAlarmHistoryCommand,
  DescribeAlarmsCommand,
  GetMetricDataCommand,
  ListTagsForResourceCommand,
  PutMetricAlarmCommand,
  type PutMetricAlarmCommandInput,
  ResourceNotFoundException,
  TagResourceCommand,
} from '@aws-sdk/client-cloudwatch';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type CloudWatch, createCloudWatch } from '../../../../local/services/cloudwatch/cloudwatch.ts';
import { parseInsights } from '../../../../local/services/cloudwatch/insights-syntax.ts';
import type { ClockFollower } from '../../../../local/simulator/clock.ts';
import { parseContributor } from '../../../../shared/events/alarm.ts';
import { type GatewayRegion, gatewayRegion } from '../../../fixtures/gateway-region.ts';
import { inProcessHandler } from '../../../fixtures/in-process-handler.ts';
import { type TestKernel, testKernel } from '../../../fixtures/kernel.ts';

const MINUTE = 60_000;
const QUERY =
  'SELECT MAX(disk_used_percent) FROM SCHEMA(CWAgent, InstanceId, "path", fstype) ' +
  'WHERE "path" = \'/node-data\' GROUP BY InstanceId, "path" ORDER BY MAX() DESC LIMIT 500';

let region: GatewayRegion;
let following: ClockFollower;
let kernel: TestKernel;
let cloudwatch: CloudWatch;
let client: CloudWatchClient;
/** Disk use in per cent by instance, reported each minute; an instance that is not in it reports nothing. */
let disks: Map<string, number>;

/** `speed`: virtual time to wall time. */
async function open(speed: number): Promise<void> {
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
  disks = new Map();
  const tick = (): void => {
    for (const [InstanceId, percent] of disks) report(InstanceId, percent);
    region.clock.after(MINUTE, tick);
  };
  tick();
  following = region.clock.follow({ speed });
}

afterEach(() => following.stop());

const report = (InstanceId: string, percent: number, path = '/node-data'): void =>
  cloudwatch.record('CWAgent', 'disk_used_percent', { InstanceId, path, fstype: 'xfs' }, percent, region.clock.now());
const pass = (minutes: number): Promise<void> =>
  new Promise((resolve) => void region.clock.after(minutes * MINUTE, resolve));
const put = (more: Partial<PutMetricAlarmCommandInput> = {}, Expression = QUERY) =>
  client.send(
    new PutMetricAlarmCommand({
      AlarmName: 'chainmend-bitcoin-disk',
      Metrics: [{ Id: 'q1', Expression, Period: 60, ReturnData: true }],
      EvaluationPeriods: 1,
      Threshold: 90,
      ComparisonOperator: 'GreaterThanOrEqualToThreshold',
      ...more,
    }),
  );
const alarm = async () => (await client.send(new DescribeAlarmsCommand({}))).MetricAlarms?.[0];
const contributors = async () => {
  const input = { AlarmName: 'chainmend-bitcoin-disk' };
  return (await client.send(new DescribeAlarmContributorsCommand(input))).AlarmContributors ?? [];
};
const told = (detailType: string) => kernel.events.filter((event) => event['detail-type'] === detailType);
const turns = () => told('CloudWatch Alarm Contributor State Change');

describe('a fleet-wide alarm', () => {
  beforeEach(() => open(10_000));

  it('tells of each node that is full, in the documented shape, and of no other', async () => {
    disks = new Map([
      ['i-0b2c3d4e5f6071829', 91],
      ['i-2', 50],
      ['i-3', 95],
    ]);
    await put({
      AlarmDescription: 'a data volume is filling',
      Tags: [
        { Key: 'chainmend:fleet', Value: 'bitcoin' },
        { Key: 'chainmend:kind', Value: 'disk' },
      ],
      ActionConfiguration: { AlarmTagsPropagation: { Enabled: true } },
    });
    await pass(3);
    expect(await alarm()).toMatchObject({
      StateValue: 'ALARM',
      StateReason: '2 out of 3 time series evaluated to ALARM',
    });
    expect(turns()).toHaveLength(2);
    const event = turns().find(({ detail }) => JSON.stringify(detail).includes('i-0b2c3d4e5f6071829'));
    expect(event).toMatchObject({
      source: 'aws.cloudwatch',
      resources: ['arn:aws:cloudwatch:eu-west-1:111122223333:alarm:chainmend-bitcoin-disk'],
      detail: {
        alarmContributor: {
          id: expect.stringMatching(/^[0-9a-f]{16}$/),
          attributes: { InstanceId: 'i-0b2c3d4e5f6071829', path: '/node-data' },
        },
        state: {
          value: 'ALARM',
          reason: expect.stringMatching(
            /^Threshold Crossed: 1 datapoint was greater than or equal to the threshold \(90\.0\)\. The most recent datapoint which crossed the threshold: \[91\.0 \(01\/01\/26 \d\d:\d\d:00\)\]\.$/,
          ),
        },
        configuration: {
          description: 'a data volume is filling',
          metrics: [{ id: 'q1', expression: QUERY, returnData: true, period: 60 }],
        },
        alarmTags: { 'chainmend:fleet': 'bitcoin', 'chainmend:kind': 'disk' },
        alarmTagsStatus: 'SUCCESS',
      },
    });
    expect(event?.detail).not.toHaveProperty('previousState');
    expect(event?.detail['state']).not.toHaveProperty('reasonData');
    expect(parseContributor(event)).toMatchObject({ kind: 'contributor', tags: { fleet: 'bitcoin', kind: 'disk' } });
    expect(await contributors()).toMatchObject([
      { ContributorAttributes: { InstanceId: 'i-3' }, StateTransitionedTimestamp: expect.any(Date) },
      { ContributorAttributes: { InstanceId: 'i-0b2c3d4e5f6071829' } },
    ]);
  });

  it('is in ALARM while any node is, and OK when the last one is well', async () => {
    disks = new Map([
      ['i-1', 91],
      ['i-2', 95],
    ]);
    await put();
    await pass(3);
    disks.set('i-1', 50);
    await pass(3);
    expect(await alarm()).toMatchObject({ StateValue: 'ALARM' });
    expect((await contributors()).map((one) => one.ContributorAttributes?.['InstanceId'])).toEqual(['i-2']);
    disks.set('i-2', 50);
    await pass(3);
    expect(await alarm()).toMatchObject({ StateValue: 'OK', StateReason: '0 out of 2 time series evaluated to ALARM' });
    expect(turns().map(({ detail }) => (detail['state'] as { value: string }).value)).toEqual([
      'ALARM',
      'ALARM',
      'OK',
      'OK',
    ]);
    const { AlarmHistoryItems } = await client.send(
      new DescribeAlarmHistoryCommand({ HistoryItemType: 'AlarmContributorStateUpdate' }),
    );
    expect(AlarmHistoryItems?.[0]).toMatchObject({ AlarmContributorAttributes: { InstanceId: 'i-2' } });
  });

  it('forgets a node that reports nothing, which is never INSUFFICIENT_DATA', async () => {
    disks = new Map([
      ['i-1', 91],
      ['i-2', 50],
    ]);
    await put();
    await pass(3);
    disks.delete('i-1');
    await pass(6);
    expect(await contributors()).toEqual([]);
    expect(await alarm()).toMatchObject({ StateValue: 'OK', StateReason: '0 out of 1 time series evaluated to ALARM' });
    disks.clear();
    await pass(6);
    expect(await alarm()).toMatchObject({ StateValue: 'INSUFFICIENT_DATA' });
    expect(JSON.stringify(turns())).not.toContain('INSUFFICIENT_DATA');
  });

  it('sees a node that came after it, and leaves out another path', async () => {
    disks = new Map([['i-1', 50]]);
    await put();
    await pass(2);
    disks.set('i-new', 97);
    report('i-1', 99, '/');
    await pass(3);
    expect((await contributors()).map((one) => one.ContributorAttributes)).toEqual([
      { InstanceId: 'i-new', path: '/node-data' },
    ]);
  });

  it('has at most a hundred nodes in ALARM, the fullest first, told page by page', async () => {
    disks = new Map(Array.from({ length: 120 }, (_, n) => [`i-${n}`, 90 + n / 100]));
    await put();
    await pass(3);
    expect(await alarm()).toMatchObject({ StateReason: '100+ time series evaluated to ALARM' });
    expect(turns()).toHaveLength(100);
    const names: (string | undefined)[] = [];
    let NextToken: string | undefined;
    do {
      const input = { AlarmName: 'chainmend-bitcoin-disk', ...(NextToken && { NextToken }) };
      const page = await client.send(new DescribeAlarmContributorsCommand(input));
      names.push(...(page.AlarmContributors ?? []).map((one) => one.ContributorAttributes?.['InstanceId']));
      expect(page.AlarmContributors?.length).toBeLessThanOrEqual(50);
      NextToken = page.NextToken;
    } while (NextToken);
    expect(new Set(names).size).toBe(100);
    expect(names[0]).toBe('i-119');
    expect(names).not.toContain('i-19');
    disks.set('i-119', 10);
    await pass(3);
    expect((await contributors()).length).toBe(50);
    expect(turns()).toHaveLength(102);
  });

  it('says when it sees only a part, unless its query asked for no more', async () => {
    disks = new Map(Array.from({ length: 501 }, (_, n) => [`i-${n}`, n === 500 ? 99 : 50]));
    await put({}, QUERY.replace(' LIMIT 500', ''));
    await put({ AlarmName: 'top' }, QUERY.replace('500', '10'));
    await pass(3);
    const { MetricAlarms } = await client.send(new DescribeAlarmsCommand({}));
    expect(MetricAlarms).toMatchObject([
      { EvaluationState: 'PARTIAL_DATA', StateReason: '1 out of 500 time series evaluated to ALARM' },
      { StateReason: '1 out of 10 time series evaluated to ALARM' },
    ]);
    expect(MetricAlarms?.[1]).not.toHaveProperty('EvaluationState');
  });

  it('acts once for each node, not as a whole', async () => {
    const pages: { AlarmContributorAttributes?: object; NewStateValue?: string }[] = [];
    kernel.receive('arn:aws:sns:', (_arn, payload) => void pages.push(JSON.parse(payload)));
    disks = new Map([
      ['i-1', 91],
      ['i-2', 95],
    ]);
    await put({ AlarmActions: ['arn:aws:sns:eu-west-1:1:pages'] });
    await pass(3);
    expect(pages).toMatchObject([
      { AlarmContributorAttributes: { InstanceId: 'i-2' }, OldStateValue: 'OK', NewStateValue: 'ALARM' },
      { AlarmContributorAttributes: { InstanceId: 'i-1' }, OldStateValue: 'OK', NewStateValue: 'ALARM' },
    ]);
  });

  it('is an alarm like any other where its query does not group', async () => {
    disks = new Map([
      ['i-1', 50],
      ['i-2', 95],
    ]);
    await put({}, 'SELECT MAX(disk_used_percent) FROM CWAgent');
    await pass(3);
    expect(await alarm()).toMatchObject({ StateValue: 'ALARM', StateReason: expect.stringContaining('[95.0 (') });
    expect(await contributors()).toEqual([]);
    disks.clear();
    await pass(6);
    expect(await alarm()).toMatchObject({ StateValue: 'INSUFFICIENT_DATA' });
  });

  it.each<[string, Partial<PutMetricAlarmCommandInput>, string]>([
    ['reaches back further than three hours', { EvaluationPeriods: 181 }, 'across the last three hours only'],
    ['has no period', { Metrics: [{ Id: 'q1', Expression: QUERY }] }, 'must have a Period'],
    [
      'is used in an expression',
      {
        Metrics: [
          { Id: 'q1', Expression: QUERY, Period: 60, ReturnData: false },
          { Id: 'e1', Expression: 'FILL(q1, 0)' },
        ],
      },
      'does not emulate metric math on the result',
    ],
  ])('is refused where its query %s', async (_, more, message) => {
    await expect(put(more)).rejects.toThrow(message);
  });

  it('is one of two hundred in a region', async () => {
    for (let n = 0; n < 200; n++)
      cloudwatch.operations['PutMetricAlarm']?.(
        {
          AlarmName: `fleet-${n}`,
          Metrics: [{ Id: 'q1', Expression: QUERY, Period: 60 }],
          EvaluationPeriods: 1,
          Threshold: 90,
          ComparisonOperator: 'GreaterThanThreshold',
        },
        kernel.call(),
      );
    await expect(put()).rejects.toThrow('More than 200 alarms on Metrics Insights queries');
    await put({ AlarmName: 'fleet-7', Threshold: 95 });
  });

  it('takes its tags when it is made, and by TagResource later', async () => {
    const tag = (Value: string) => [{ Key: 'chainmend:fleet', Value }];
    await put({ Tags: tag('bitcoin') });
    await put({ Tags: tag('ignored') });
    const ResourceARN = (await alarm())?.AlarmArn;
    expect((await client.send(new ListTagsForResourceCommand({ ResourceARN }))).Tags).toEqual(tag('bitcoin'));
    await client.send(new TagResourceCommand({ ResourceARN, Tags: tag('litecoin') }));
    expect((await client.send(new ListTagsForResourceCommand({ ResourceARN }))).Tags).toEqual(tag('litecoin'));
  });

  it('that is gone has no contributors to be asked for', async () => {
    await put();
    await client.send(new DeleteAlarmsCommand({ AlarmNames: ['chainmend-bitcoin-disk'] }));
    await expect(contributors()).rejects.toBeInstanceOf(ResourceNotFoundException);
  });
});

describe('a Metrics Insights query', () => {
  const ask = async (Expression: string, Label?: string) => {
    const now = region.clock.now();
    const { MetricDataResults = [] } = await client.send(
      new GetMetricDataCommand({
        StartTime: new Date(now - 60 * MINUTE),
        EndTime: new Date(now + MINUTE),
        MetricDataQueries: [{ Id: 'q1', Expression, Period: 3600, ...(Label && { Label }) }],
      }),
    );
    return MetricDataResults.map((one) => [one.Label, ...(one.Values ?? [])]);
  };

  beforeEach(async () => {
    await open(1);
    report('i-2', 40);
    report('i-1', 60);
    report('i-1', 80, '/ancient');
    cloudwatch.record('CWAgent', 'disk_used_percent', { host: 'x' }, 5, region.clock.now());
  });

  it.each<[string, unknown]>([
    ['SELECT AVG(disk_used_percent) FROM SCHEMA(CWAgent, InstanceId, path, fstype)', [['disk_used_percent', 60]]],
    ['select count(disk_used_percent) from "CWAgent"', [['disk_used_percent', 4]]],
    [
      'SELECT SUM(disk_used_percent) FROM SCHEMA(CWAgent, path, fstype, InstanceId) GROUP BY InstanceId',
      [
        ['i-1', 140],
        ['i-2', 40],
      ],
    ],
    [
      'SELECT MIN(disk_used_percent) FROM CWAgent GROUP BY InstanceId ORDER BY MIN() ASC LIMIT 2',
      [
        ['Other', 5],
        ['i-2', 40],
      ],
    ],
    [
      "SELECT MAX(disk_used_percent) FROM CWAgent WHERE InstanceId != 'i-2' AND path = '/ancient' GROUP BY path",
      [['/ancient', 80]],
    ],
    ['SELECT MAX(disk_used_percent) FROM SCHEMA(CWAgent)', []],
    ['SELECT MAX(nothing) FROM CWAgent GROUP BY InstanceId', []],
  ])('%s', async (query, expected) => {
    expect(await ask(query)).toEqual(expected);
  });

  it('labels each series', async () => {
    expect(
      await ask(
        'SELECT MAX(disk_used_percent) FROM SCHEMA(CWAgent, InstanceId, path, fstype) GROUP BY InstanceId, path',
        'used',
      ),
    ).toEqual([
      ['used i-1 /ancient', 80],
      ['used i-1 /node-data', 60],
      ['used i-2 /node-data', 40],
    ]);
  });

  it.each([
    ['SELECT MEDIAN(a) FROM n', 'AVG, COUNT, MAX, MIN or SUM expected instead of "MEDIAN"'],
    ['SELECT MAX(a) FROM AWS/EC2', '"/EC2" is not understood'],
    ['SELECT MAX(LIMIT) FROM n', 'a metric name (in double quotation marks, if it is a keyword) expected'],
    ['SELECT MAX(a) FROM n WHERE b = "c"', 'a label value in single quotation marks expected instead of "c"'],
    ["SELECT MAX(a) FROM n WHERE b = 'c' OR d = 'e'", 'the end expected instead of "OR"'],
    ["SELECT MAX(a) FROM n WHERE b > 'c'", '"> \'c\'" is not understood'],
    ['SELECT MAX(a) FROM n LIMIT 501', 'a number from 1 to 500 expected instead of "501"'],
    ['SELECT MAX(a) FROM n ORDER BY MAX DESC', '"(" expected instead of "DESC"'],
    ["SELECT MAX(a) FROM n WHERE tag.Name = 'x'", 'does not emulate tags and accounts'],
    ['SELECT MAX(a)', '"FROM" expected instead of the end'],
  ])('is refused where it is wrong: %s', (query, message) => {
    expect(() => parseInsights(query)).toThrow(message);
  });

  it('reads quoted names with quotes in them', () => {
    expect(
      parseInsights(`SELECT SUM("Bytes\\"Input\\"") FROM SCHEMA("My/Space", "LIMIT") WHERE "LIMIT" = 'it\\'s'`),
    ).toMatchObject({
      metricName: 'Bytes"Input"',
      namespace: 'My/Space',
      schema: ['LIMIT'],
      where: [{ label: 'LIMIT', equal: true, value: "it's" }],
    });
  });
});
