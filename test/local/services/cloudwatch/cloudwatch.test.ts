import { beforeEach, describe, expect, it } from '@jest/globals';
import { type CloudWatch, createCloudWatch } from '../../../../local/services/cloudwatch/cloudwatch.ts';
import type { MetricId } from '../../../../local/services/cloudwatch/series.ts';
import { type TestKernel, testKernel } from '../../../fixtures/kernel.ts';

const MINUTE = 60_000;
let kernel: TestKernel;
let cloudwatch: CloudWatch;

const ask = (operation: string, input: object): Record<string, unknown> =>
  cloudwatch.operations[operation]?.(input, kernel.call()) as Record<string, unknown>;
const disk = { namespace: 'CWAgent', name: 'disk_used_percent', dimensions: { InstanceId: 'i-1', path: '/data' } };
const Dimensions = [
  { Name: 'path', Value: '/data' },
  { Name: 'InstanceId', Value: 'i-1' },
];
const use = (value: number, series: MetricId = disk) =>
  cloudwatch.record(series.namespace, series.name, series.dimensions, value, kernel.clock.now(), 'Percent');
const putDiskAlarm = (more: object = {}) =>
  ask('PutMetricAlarm', {
    AlarmName: 'chainmend-bitcoin-node2-disk',
    Namespace: 'CWAgent',
    MetricName: 'disk_used_percent',
    Dimensions,
    Statistic: 'Average',
    Period: 60,
    EvaluationPeriods: 1,
    Threshold: 90,
    ComparisonOperator: 'GreaterThanOrEqualToThreshold',
    ...more,
  });
const state = (name = 'chainmend-bitcoin-node2-disk') => cloudwatch.alarmState(name);
const changes = () => kernel.events.filter((event) => event['detail-type'] === 'CloudWatch Alarm State Change');
/** One minute for each value: the agent's report, or no report. */
const minutes = (...values: (number | undefined)[]) => {
  for (const value of values) {
    if (value !== undefined) use(value);
    kernel.advance(MINUTE);
  }
};

beforeEach(() => {
  kernel = testKernel();
  cloudwatch = createCloudWatch(kernel);
});

describe('metric data', () => {
  it('come back per period, newest first unless asked otherwise', () => {
    minutes(10, 20, 30, 40);
    const query = (more: object = {}) =>
      ask('GetMetricData', {
        StartTime: new Date(kernel.clock.now() - 4 * MINUTE),
        EndTime: new Date(kernel.clock.now()),
        MetricDataQueries: [
          {
            Id: 'm1',
            MetricStat: {
              Metric: { Namespace: 'CWAgent', MetricName: 'disk_used_percent', Dimensions },
              Period: 120,
              Stat: 'Average',
            },
            ReturnData: false,
          },
          { Id: 'free', Expression: '100 - m1', Label: 'free' },
        ],
        ...more,
      });
    const [result] = query()['MetricDataResults'] as object[];
    expect(result).toMatchObject({ Id: 'free', Label: 'free', Values: [65, 85], StatusCode: 'Complete' });
    expect(query({ ScanBy: 'TimestampAscending', MaxDatapoints: 1 })).toMatchObject({
      MetricDataResults: [{ Values: [85], StatusCode: 'PartialData' }],
      NextToken: '1',
    });
    expect(query({ ScanBy: 'TimestampAscending', MaxDatapoints: 1, NextToken: '1' })).toMatchObject({
      MetricDataResults: [{ Values: [65], StatusCode: 'Complete' }],
    });
  });

  it('are put by anyone, with values, counts and statistic sets', () => {
    ask('PutMetricData', {
      Namespace: 'chainmend',
      MetricData: [
        { MetricName: 'lag', Values: [1, 2, 100], Counts: [5, 4, 1] },
        { MetricName: 'lag', Value: 3 },
        { MetricName: 'set', StatisticValues: { SampleCount: 2, Sum: 6, Minimum: 1, Maximum: 5 } },
      ],
    });
    const statistics = (MetricName: string, ExtendedStatistics: string[]) =>
      ask('GetMetricStatistics', {
        Namespace: 'chainmend',
        MetricName,
        StartTime: new Date(kernel.clock.now()),
        EndTime: new Date(kernel.clock.now() + MINUTE),
        Period: 60,
        Statistics: ['Average', 'SampleCount', 'Maximum'],
        ExtendedStatistics,
      })['Datapoints'];
    expect(statistics('lag', ['p50', 'p90'])).toMatchObject([
      { SampleCount: 11, Maximum: 100, ExtendedStatistics: { p50: 2, p90: 3 } },
    ]);
    expect(statistics('set', ['p50'])).toEqual([
      { Timestamp: new Date(kernel.clock.now()), Unit: 'None', Average: 3, SampleCount: 2, Maximum: 5 },
    ]);
    expect(ask('ListMetrics', { Namespace: 'chainmend', MetricName: 'lag' })).toEqual({
      Metrics: [{ Namespace: 'chainmend', MetricName: 'lag', Dimensions: [] }],
    });
  });

  it('are listed by those alone that had a value in the last three hours, where that is asked for', () => {
    const names = () =>
      (
        ask('ListMetrics', { Namespace: 'chainmend', RecentlyActive: 'PT3H' })['Metrics'] as { MetricName: string }[]
      ).map(({ MetricName }) => MetricName);
    const put = (MetricName: string) =>
      ask('PutMetricData', { Namespace: 'chainmend', MetricData: [{ MetricName, Value: 1 }] });
    put('old');
    kernel.advance(180 * MINUTE);
    put('new');
    expect(names()).toEqual(['old', 'new']);
    kernel.advance(MINUTE);
    expect(names()).toEqual(['new']);
    expect(ask('ListMetrics', { Namespace: 'chainmend' })['Metrics']).toHaveLength(2);
  });

  it.each([
    [
      { MetricData: [{ MetricName: 'a', Value: Number.NaN }] },
      'The value NaN for parameter MetricData.member.1.Value is invalid.',
    ],
    [
      { Namespace: 'AWS/EC2', MetricData: [{ MetricName: 'a', Value: 1 }] },
      'The value AWS/ for parameter Namespace is invalid.',
    ],
    [
      { MetricData: [{ MetricName: 'a' }] },
      'At least one of the parameters MetricData.member.1.Value and MetricData.member.1.StatisticValues must be',
    ],
    [
      { MetricData: [{ MetricName: 'a', Value: 1, Values: [1] }] },
      'are mutually exclusive and you have specified both',
    ],
    [
      { MetricData: [{ MetricName: 'a', Value: 1, Dimensions: [{ Name: 'd', Value: 'größe' }] }] },
      'MetricData.member.1.Dimensions.member.1.Value contains non-ASCII characters',
    ],
    [{ MetricData: [{ MetricName: 'a', Value: 1, Timestamp: new Date(0) }] }, 'within the past two weeks'],
    [{ MetricData: [] }, 'The parameter MetricData is required.'],
  ])('%j is refused', (input, message) => {
    expect(() => ask('PutMetricData', { Namespace: 'x', ...input })).toThrow(message);
  });

  it('of the past are written before a scenario begins, and read again', () => {
    const atMs = kernel.clock.now() - 86_400_000;
    cloudwatch.backfill({ ...disk, unit: 'Percent' }, [
      { atMs, value: 50 },
      { atMs: atMs + MINUTE, value: 51 },
    ]);
    expect(cloudwatch.seriesOf(disk)).toEqual([
      { atMs, value: 50 },
      { atMs: atMs + MINUTE, value: 51 },
    ]);
  });
});

describe('an alarm', () => {
  it('tells the bus in the documented shape; its first state has no reasonData', () => {
    putDiskAlarm({ AlarmDescription: 'full soon' });
    minutes(95, 95);
    const [event] = changes();
    expect(event).toMatchObject({
      source: 'aws.cloudwatch',
      resources: ['arn:aws:cloudwatch:eu-west-1:111122223333:alarm:chainmend-bitcoin-node2-disk'],
      detail: {
        alarmName: 'chainmend-bitcoin-node2-disk',
        configuration: {
          description: 'full soon',
          metrics: [
            {
              metricStat: {
                metric: {
                  namespace: 'CWAgent',
                  name: 'disk_used_percent',
                  dimensions: { InstanceId: 'i-1', path: '/data' },
                },
                period: 60,
                stat: 'Average',
              },
              returnData: true,
            },
          ],
        },
        previousState: {
          value: 'INSUFFICIENT_DATA',
          reason: 'Unchecked: Initial alarm creation',
          timestamp: '2026-01-01T12:00:00.000+0000',
        },
        state: {
          value: 'ALARM',
          reason:
            'Threshold Crossed: 1 datapoint [95.0 (01/01/26 12:00:00)] was greater than or equal to the threshold (90.0).',
        },
      },
    });
    const detail = event?.detail as { previousState: object; state: { reasonData: string } };
    expect(detail.previousState).not.toHaveProperty('reasonData');
    expect(JSON.parse(detail.state.reasonData)).toMatchObject({
      version: '1.0',
      startDate: '2026-01-01T12:00:00.000+0000',
      statistic: 'Average',
      period: 60,
      recentDatapoints: [95],
      threshold: 90,
    });
  });

  it('words M out of N as AWS does', () => {
    putDiskAlarm({ EvaluationPeriods: 3, DatapointsToAlarm: 2 });
    minutes(80, 95, 85, 96.5, 85);
    expect(changes().map(({ detail }) => (detail['state'] as { reason: string }).reason)).toEqual([
      expect.stringMatching(
        /^Threshold Crossed: 1 out of the last 3 datapoints \[80\.0 .* \(minimum 2 datapoints for ALARM -> OK/,
      ),
      'Threshold Crossed: 2 out of the last 3 datapoints [96.5 (01/01/26 12:03:00), 95.0 (01/01/26 12:01:00)] were greater than ' +
        'or equal to the threshold (90.0) (minimum 2 datapoints for OK -> ALARM transition).',
    ]);
  });

  it('carries its tags in events when they are to be propagated', () => {
    const Tags = [
      { Key: 'chainmend:fleet', Value: 'bitcoin' },
      { Key: 'cost', Value: 'x' },
    ];
    putDiskAlarm({ Tags, ActionConfiguration: { AlarmTagsPropagation: { Enabled: true, ExcludedTagKeys: ['cost'] } } });
    minutes(95, 95);
    expect(changes()[0]?.detail).toMatchObject({
      alarmTags: { 'chainmend:fleet': 'bitcoin' },
      alarmTagsStatus: 'SUCCESS',
    });
    const ResourceARN = changes()[0]?.resources[0] ?? '';
    ask('TagResource', { ResourceARN, Tags: [{ Key: 'chainmend:node', Value: 'node2' }] });
    ask('UntagResource', { ResourceARN, TagKeys: ['cost'] });
    expect(ask('ListTagsForResource', { ResourceARN })).toEqual({
      Tags: [Tags[0], { Key: 'chainmend:node', Value: 'node2' }],
    });
  });

  it('acts once for each change: a topic and a function get their own forms', () => {
    const delivered: string[] = [];
    kernel.receive('arn:aws:sns:', (_arn, payload) => void delivered.push(payload));
    kernel.receive('arn:aws:lambda:', (_arn, payload) => void delivered.push(payload));
    putDiskAlarm({
      AlarmActions: ['arn:aws:sns:eu-west-1:1:pages', 'arn:aws:lambda:eu-west-1:1:function:f', 'arn:aws:swf:gone'],
    });
    minutes(95, 95, 95);
    expect(delivered.map((payload) => JSON.parse(payload))).toMatchObject([
      {
        AlarmName: 'chainmend-bitcoin-node2-disk',
        NewStateValue: 'ALARM',
        OldStateValue: 'INSUFFICIENT_DATA',
        Region: 'EU (Ireland)',
      },
      { source: 'aws.cloudwatch', alarmData: { state: { value: 'ALARM' } } },
    ]);
    expect(
      ask('DescribeAlarmHistory', { HistoryItemType: 'Action', ScanBy: 'TimestampAscending' })['AlarmHistoryItems'],
    ).toMatchObject([
      { HistorySummary: 'Successfully executed action arn:aws:sns:eu-west-1:1:pages' },
      { HistorySummary: 'Successfully executed action arn:aws:lambda:eu-west-1:1:function:f' },
      { HistorySummary: 'Failed to execute action arn:aws:swf:gone' },
    ]);
  });

  it('watches a ratio of two metrics', () => {
    const metric = (Id: string, MetricName: string) => ({
      Id,
      ReturnData: false,
      MetricStat: { Metric: { Namespace: 'n', MetricName }, Period: 60, Stat: 'Sum' },
    });
    ask('PutMetricAlarm', {
      AlarmName: 'ratio',
      Metrics: [
        { Id: 'e1', Expression: '100 * errors / (errors + fine)' },
        metric('errors', 'errors'),
        metric('fine', 'fine'),
      ],
      EvaluationPeriods: 1,
      Threshold: 10,
      ComparisonOperator: 'GreaterThanThreshold',
    });
    const report = (errors: number, fine: number) => {
      cloudwatch.record('n', 'errors', {}, errors, kernel.clock.now());
      cloudwatch.record('n', 'fine', {}, fine, kernel.clock.now());
      kernel.advance(MINUTE);
    };
    report(1, 19);
    kernel.advance(MINUTE);
    expect(state('ratio')).toBe('OK');
    report(5, 15);
    kernel.advance(MINUTE);
    expect(state('ratio')).toBe('ALARM');
  });

  it('keeps its state and tags when its configuration changes, and is gone when deleted', () => {
    putDiskAlarm({ Tags: [{ Key: 'a', Value: '1' }] });
    minutes(95, 95);
    putDiskAlarm({ Threshold: 99, Tags: [{ Key: 'a', Value: '2' }] });
    expect(state()).toBe('ALARM');
    minutes(95, 95);
    expect(state()).toBe('OK');
    expect(
      kernel.events.filter((event) => event['detail-type'] === 'CloudWatch Alarm Configuration Change'),
    ).toMatchObject([
      { detail: { operation: 'create' } },
      { detail: { operation: 'update', configuration: { threshold: 99 }, previousConfiguration: { threshold: 90 } } },
    ]);
    ask('DeleteAlarms', { AlarmNames: ['chainmend-bitcoin-node2-disk'] });
    expect(state()).toBeUndefined();
  });

  it('is deleted beside a wrong name, which is told', () => {
    for (let n = 0; n < 3; n++) putDiskAlarm({ AlarmName: `a-${n}` });
    expect(() => ask('DeleteAlarms', { AlarmNames: ['a-0', 'none', 'a-1'] })).toThrow('Alarm none does not exist');
    expect([state('a-0'), state('a-1'), state('a-2')]).toEqual([undefined, undefined, 'INSUFFICIENT_DATA']);
    const AlarmNames = Array.from({ length: 101 }, (_, n) => `a-${n}`);
    expect(() => ask('DeleteAlarms', { AlarmNames })).toThrow('AlarmNames has more than 100 elements');
    for (const AlarmName of ['all-1', 'all-2']) ask('PutCompositeAlarm', { AlarmName, AlarmRule: 'FALSE' });
    expect(() => ask('DeleteAlarms', { AlarmNames: ['all-1', 'all-2'] })).toThrow('Only one composite alarm');
  });

  it('is put back to what the data say after a person set its state', () => {
    putDiskAlarm();
    minutes(50, 50);
    ask('SetAlarmState', { AlarmName: 'chainmend-bitcoin-node2-disk', StateValue: 'ALARM', StateReason: 'testing' });
    expect(state()).toBe('ALARM');
    minutes(50, 50);
    expect(state()).toBe('OK');
  });

  it('is evaluated at the same second of a minute however many others there are', () => {
    const wentOffAt = (others: number): unknown => {
      kernel = testKernel();
      cloudwatch = createCloudWatch(kernel);
      for (let n = 0; n < others; n++) putDiskAlarm({ AlarmName: `other-${n}` });
      putDiskAlarm();
      minutes(95, 95);
      const answer = ask('DescribeAlarms', { AlarmNames: ['chainmend-bitcoin-node2-disk'] });
      const [alarm] = answer['MetricAlarms'] as { StateUpdatedTimestamp: Date }[];
      return alarm?.StateUpdatedTimestamp.toISOString();
    };
    const alone = wentOffAt(0);
    expect(alone).toBeDefined();
    expect([1, 2, 7].map(wentOffAt)).toEqual([alone, alone, alone]);
  });

  it('sees data that come after a long silence', () => {
    putDiskAlarm();
    minutes(...Array<undefined>(30).fill(undefined));
    expect(state()).toBe('INSUFFICIENT_DATA');
    minutes(95, undefined);
    expect(state()).toBe('ALARM');
    minutes(...Array<undefined>(5).fill(undefined));
    expect(state()).toBe('INSUFFICIENT_DATA');
  });

  it.each([
    [{ ComparisonOperator: 'GreaterThanUpperThreshold' }, 'does not emulate the comparison operator'],
    [{ DatapointsToAlarm: 2 }, 'DatapointsToAlarm must be from 1 to EvaluationPeriods'],
    [{ TreatMissingData: 'good' }, 'Option good is not supported for TreatMissingData'],
    [{ Period: 45 }, 'Period must be 10, 20, 30 or a multiple of 60'],
    [{ Period: 300, EvaluationPeriods: 300 }, 'Metrics cannot be checked across more than a day'],
    [{ Statistic: undefined }, 'Statistic or ExtendedStatistic are required'],
    [{ AlarmActions: ['pages'] }, 'Invalid arn syntax: pages'],
    [{ Tags: [{ Key: 'aws:x', Value: '' }] }, 'Tag keys must not start with aws:'],
  ])('is refused with %j', (more, message) => {
    expect(() => putDiskAlarm(more)).toThrow(message);
  });

  it('is described page by page, by state, prefix and type', () => {
    for (let n = 0; n < 5; n++) putDiskAlarm({ AlarmName: `a-${n}` });
    putDiskAlarm({ AlarmName: 'b' });
    ask('PutCompositeAlarm', { AlarmName: 'a-all', AlarmRule: 'ALARM("a-1")' });
    ask('SetAlarmState', { AlarmName: 'a-1', StateValue: 'ALARM', StateReason: 'x' });
    const names = (input: object) => {
      const answer = ask('DescribeAlarms', input);
      const list = [...(answer['MetricAlarms'] as object[]), ...(answer['CompositeAlarms'] as object[])];
      return [...list.map((alarm) => (alarm as { AlarmName: string }).AlarmName), answer['NextToken']];
    };
    expect(names({ AlarmNamePrefix: 'a-', MaxRecords: 3 })).toEqual(['a-0', 'a-1', 'a-2', '3']);
    expect(names({ AlarmNamePrefix: 'a-', MaxRecords: 3, NextToken: '3' })).toEqual(['a-3', 'a-4', undefined]);
    expect(names({ StateValue: 'ALARM' })).toEqual(['a-1', undefined]);
    expect(names({ AlarmTypes: ['CompositeAlarm'] })).toEqual(['a-all', undefined]);
    const changed = (AlarmTypes?: string[]) =>
      (
        ask('DescribeAlarmHistory', { AlarmTypes, MaxRecords: 100 })['AlarmHistoryItems'] as { AlarmName: string }[]
      ).map(({ AlarmName }) => AlarmName);
    expect(changed()).not.toContain('a-all');
    expect(new Set(changed(['CompositeAlarm']))).toEqual(new Set(['a-all']));
    expect(changed(['MetricAlarm', 'CompositeAlarm'])).toEqual(expect.arrayContaining(['a-all', 'a-0']));
    expect(names({ AlarmNames: ['b', 'none'] })).toEqual(['b', undefined]);
    expect(() => ask('DescribeAlarms', { MaxRecords: 101 })).toThrow('MaxRecords must be from 1 to 100');
  });
});

describe('composite alarms', () => {
  const composite = (more: object = {}) => {
    for (const AlarmName of ['first', 'second', 'maintenance'])
      putDiskAlarm({ AlarmName, Namespace: 'none', TreatMissingData: 'ignore' });
    ask('PutCompositeAlarm', {
      AlarmName: 'all',
      AlarmRule: '(ALARM(first) OR ALARM("second")) AND NOT INSUFFICIENT_DATA(maintenance)',
      AlarmActions: ['arn:aws:sns:eu-west-1:1:pages'],
      ...more,
    });
    kernel.advance(0);
  };
  const set = (AlarmName: string, StateValue: string) => {
    ask('SetAlarmState', { AlarmName, StateValue, StateReason: 'test' });
    kernel.advance(0);
  };
  let pages: string[];
  beforeEach(() => {
    pages = [];
    kernel.receive('arn:aws:sns:', (_arn, payload) => void pages.push(JSON.parse(payload).NewStateValue));
  });

  it('follow their rule, and say which alarm moved them', () => {
    composite();
    expect(state('all')).toBe('OK');
    set('maintenance', 'OK');
    set('second', 'ALARM');
    expect(state('all')).toBe('ALARM');
    expect(changes().at(-1)?.detail).toMatchObject({
      alarmName: 'all',
      configuration: { alarmRule: '(ALARM(first) OR ALARM("second")) AND NOT INSUFFICIENT_DATA(maintenance)' },
      state: {
        reason: expect.stringMatching(/alarm:second transitioned to ALARM at Thursday 01 January, 2026 12:00:00 UTC$/),
      },
    });
    expect(changes().at(-1)?.detail['configuration']).not.toHaveProperty('metrics');
    expect(pages).toEqual(['ALARM']);
  });

  it('hold their actions back while a suppressor speaks, and a while before and after', () => {
    composite({
      AlarmRule: 'ALARM(first)',
      ActionsSuppressor: 'maintenance',
      ActionsSuppressorWaitPeriod: 120,
      ActionsSuppressorExtensionPeriod: 180,
    });
    set('first', 'ALARM');
    expect(changes().at(-1)?.detail['state']).toMatchObject({
      value: 'ALARM',
      actionsSuppressedBy: 'WaitPeriod',
      actionsSuppressedReason: 'Actions suppressed by WaitPeriod',
    });
    kernel.advance(20_000);
    set('maintenance', 'ALARM');
    const described = () =>
      (ask('DescribeAlarms', { AlarmTypes: ['CompositeAlarm'] })['CompositeAlarms'] as object[])[0];
    expect(described()).toMatchObject({ ActionsSuppressedBy: 'Alarm' });
    expect(pages).toEqual([]);
    set('maintenance', 'OK');
    expect(described()).toMatchObject({ ActionsSuppressedBy: 'ExtensionPeriod' });
    kernel.advance(180_000);
    expect(pages).toEqual(['ALARM']);
    expect(described()).not.toHaveProperty('ActionsSuppressedBy');
  });

  it.each([
    ['ALARM(first', 'at column 1 is not understood'],
    ['ALARM(first) AND', '"the end" is not expected'],
    ['(ALARM(first)', 'a closing parenthesis is missing'],
    ['ALARM(all)', 'must not depend on itself'],
    ['', 'AlarmRule must not be empty'],
  ])('with the rule %j are refused', (AlarmRule, message) => {
    expect(() => composite({ AlarmRule })).toThrow(message);
  });
});

describe('mute rules', () => {
  it('let an alarm change state and tell so, and hold its actions until the window ends', () => {
    const pages: string[] = [];
    kernel.receive('arn:aws:sns:', (_arn, payload) => void pages.push(payload));
    putDiskAlarm({ AlarmActions: ['arn:aws:sns:eu-west-1:1:pages'] });
    ask('PutAlarmMuteRule', {
      Name: 'maintenance',
      Rule: { Schedule: { Expression: 'cron(0 12 * * *)', Duration: 'PT1H' } },
      MuteTargets: { AlarmNames: ['chainmend-bitcoin-node2-disk'] },
    });
    minutes(95, 95);
    expect(changes()[0]?.detail).toMatchObject({
      state: { value: 'ALARM' },
      muteDetail: {
        mutedByArn: 'arn:aws:cloudwatch:eu-west-1:111122223333:alarm-mute-rule:maintenance',
        muteWindowStart: '2026-01-01T12:00:00.000+0000',
        muteWindowEnd: '2026-01-01T13:00:00.000+0000',
      },
    });
    expect([pages.length, ask('GetAlarmMuteRule', { AlarmMuteRuleName: 'maintenance' })['Status']]).toEqual([
      0,
      'ACTIVE',
    ]);
    minutes(...Array<number>(60).fill(95));
    expect([pages.length, ask('GetAlarmMuteRule', { AlarmMuteRuleName: 'maintenance' })['Status']]).toEqual([
      1,
      'SCHEDULED',
    ]);
  });

  it('are refused with a duration that is none', () => {
    const Rule = { Schedule: { Expression: 'at(2026-01-01T13:00)', Duration: 'one hour' } };
    expect(() => ask('PutAlarmMuteRule', { Name: 'x', Rule })).toThrow(
      'must be an ISO 8601 duration from PT1M to P15D',
    );
  });
});

it('watches five thousand nodes, and finds the one that is full', () => {
  const nodes = Array.from({ length: 5_000 }, (_, n) => `i-${n}`);
  for (const node of nodes) putDiskAlarm({ AlarmName: node, Dimensions: [{ Name: 'InstanceId', Value: node }] });
  for (let minute = 0; minute < 20; minute++) {
    for (const node of nodes)
      use(minute === 10 && node === 'i-7' ? 95 : 50, { ...disk, dimensions: { InstanceId: node } });
    kernel.advance(MINUTE);
  }
  const alarmed = changes().filter(({ detail }) => (detail['state'] as { value: string }).value === 'ALARM');
  expect(alarmed.map(({ detail }) => detail['alarmName'])).toEqual(['i-7']);
});

describe('an alarm in its warm-up period', () => {
  const put = (WarmUpConfiguration?: object) =>
    putDiskAlarm({
      TreatMissingData: 'breaching',
      EvaluationPeriods: 3,
      ...(WarmUpConfiguration && { WarmUpConfiguration }),
    });
  const evaluation = () =>
    (ask('DescribeAlarms', {})['MetricAlarms'] as { EvaluationState?: string }[])[0]?.EvaluationState;

  it('is not evaluated: without one, silence before the first datapoint is an alarm at once', () => {
    put();
    kernel.advance(2 * MINUTE);
    expect(state()).toBe('ALARM');
    ask('DeleteAlarms', { AlarmNames: ['chainmend-bitcoin-node2-disk'] });
    put({ WarmUpPeriodDurationInMinutes: 10 });
    kernel.advance(9 * MINUTE);
    expect([state(), evaluation(), changes().length]).toEqual(['INSUFFICIENT_DATA', 'IN_WARM_UP', 1]);
    kernel.advance(2 * MINUTE);
    expect([state(), evaluation()]).toEqual(['ALARM', undefined]);
  });

  it('ends it as soon as its window is full, unless it is to wait', () => {
    put({ WarmUpPeriodDurationInMinutes: 60 });
    minutes(95, 95);
    expect(evaluation()).toBe('IN_WARM_UP');
    minutes(95, undefined);
    expect([state(), evaluation()]).toEqual(['ALARM', undefined]);
    ask('DeleteAlarms', { AlarmNames: ['chainmend-bitcoin-node2-disk'] });
    put({ WarmUpPeriodDurationInMinutes: 10, OnlyStartEvaluatingAfterWarmUpPeriodEnds: true });
    minutes(95, 95, 95, 95);
    expect([state(), evaluation()]).toEqual(['INSUFFICIENT_DATA', 'IN_WARM_UP']);
  });

  it('does not begin again where it has ended', () => {
    put({ WarmUpPeriodDurationInMinutes: 1 });
    minutes(undefined, undefined);
    put({ WarmUpPeriodDurationInMinutes: 60 });
    expect(evaluation()).toBeUndefined();
    expect(() => put({ WarmUpPeriodDurationInMinutes: 2_881 })).toThrow('from 1 to 2880');
  });
});
