// The alarms that owners have themselves, at the dispatcher: each way by which one comes, and what each names. It is a report: our own look decides.
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { AlarmStatus } from '../../../functions/dispatch-heal/facts.ts';
import { createHandler } from '../../../functions/dispatch-heal/handler.ts';
import {
  contradictionOf,
  namedBy,
  reportsOf,
  takersOf,
  whySilent,
} from '../../../functions/dispatch-heal/own-alarms.ts';
import { pageIn } from '../../../local/scenarios/report/pages.ts';
import { metricsClients as awsClients, type MetricsClients as Clients } from '../../../shared/aws/clients.ts';
import type { OwnAlarm } from '../../../shared/fleet/model.ts';
import type { Health } from '../../../shared/fleet/observation.ts';
import type { IncidentRecord } from '../../../shared/heal/records.ts';
import { createStore, keys, type Store } from '../../../shared/heal/store.ts';
import { bitcoinFile, bitcoinFleet, DEPLOYED, deployedOf } from '../../fixtures/builders/fleet.ts';
import { INSTANCE } from '../../fixtures/builders/node.ts';
import { observedNode } from '../../fixtures/builders/observation.ts';
import { NOON_MS } from '../../fixtures/builders/time.ts';
import { type WholeRegion, wholeRegion } from '../../fixtures/whole-region.ts';

const MINUTE = 60_000;
const own: { name: string; means: OwnAlarm['means'] }[] = [
  { name: 'bitcoin-*-height', means: 'stuck' },
  { name: 'bitcoin-*-silent', means: 'unreachable' },
  { name: 'bitcoin-*-full', means: 'disk-full' },
];

const ringing = (alarmName: string, more: Partial<AlarmStatus> = {}): AlarmStatus => ({
  fact: { alarmName, namespace: 'AWS/EC2', dimensions: { InstanceId: INSTANCE } },
  ...{ about: 'node', metricName: 'BlockHeight', sinceMs: NOON_MS, actionsEnabled: true, ...more },
});

describe('an owner’s own alarm', () => {
  const fleet = bitcoinFleet({ volumes: { data: '/node-data' }, alarms: { own } });
  const litecoin = {
    ...bitcoinFleet({ alarms: { own: [{ name: '*-height', means: 'unreachable' }] } }),
    name: 'litecoin',
  };

  it.each<[string, readonly (readonly [string, string])[]]>([
    [
      'bitcoin-node2-height',
      [
        ['bitcoin', 'stuck'],
        ['litecoin', 'unreachable'],
      ],
    ],
    ['bitcoin-node2-full', [['bitcoin', 'disk-full']]],
    ['litecoin-node1-height', [['litecoin', 'unreachable']]],
    ['bitcoin-node2', []],
    ['chainmend-bitcoin-node2-height', []],
    ['chainmend/blind-height', []],
  ])('%s is taken in by %j', (alarmName, expected) => {
    expect(takersOf([fleet, litecoin], alarmName).map((one) => [one.fleet.name, one.means])).toEqual(expected);
  });

  it('names the instances of its metrics, and nothing else is taken for a name', () => {
    const about = (dimensions: Readonly<Record<string, string>>, instanceIds?: readonly string[]) =>
      namedBy(
        ringing('x', { fact: { alarmName: 'x', namespace: 'n', dimensions }, ...(instanceIds && { instanceIds }) }),
      );
    expect(about({ InstanceId: INSTANCE, path: '/data' })).toMatchObject([{ instanceId: INSTANCE, path: '/data' }]);
    expect(about({ InstanceId: INSTANCE }, [INSTANCE, 'i-2']).map(({ instanceId }) => instanceId)).toEqual([
      INSTANCE,
      'i-2',
    ]);
    for (const dimensions of [{}, { Node: 'node2' }, { Coin: 'bitcoin' }] as Readonly<Record<string, string>>[])
      expect(about(dimensions)).toEqual([]);
  });

  it.each<[string, Partial<AlarmStatus>, string | null, string | null]>([
    ['rings', {}, null, null],
    ['is muted', {}, 'rule-7', 'muted by rule-7'],
    ['has its actions disabled', { actionsEnabled: false }, null, 'without enabled actions'],
    ['is suppressed', { suppressedBy: 'Alarm' }, null, 'suppressed by Alarm'],
  ])('that %s', (_, more, mutedBy, expected) => {
    expect(whySilent(ringing('x', more), mutedBy)).toBe(expected);
  });

  const named = (instanceId: string, path?: string) => ({ instanceId, path, sinceMs: NOON_MS });
  const of = (alarmName: string, names: Parameters<typeof reportsOf>[2], fleets = [fleet]) =>
    reportsOf(ringing(alarmName), takersOf(fleets, alarmName), names, (instanceId) =>
      instanceId === INSTANCE ? fleet : { reason: 'no such instance exists here' },
    );

  it('on a node is about that node, in no namespace of its owner’s: EC2’s own word counts for more than a report', () => {
    expect(of('bitcoin-node2-height', [named(INSTANCE)])).toMatchObject({
      reports: [
        {
          fact: { alarmName: 'bitcoin-node2-height', namespace: 'chainmend', dimensions: { InstanceId: INSTANCE } },
          ...{ about: 'contributor', own: { fleet: 'bitcoin', means: 'stuck' }, metricName: undefined },
        },
      ],
      unplaced: [],
    });
  });

  it('on a disk is about its path, or about the only volume', () => {
    for (const path of [undefined, '/node-data'])
      expect(of('bitcoin-node2-full', [named(INSTANCE, path)]).reports).toMatchObject([
        { fact: { namespace: 'CWAgent', dimensions: { InstanceId: INSTANCE, path: '/node-data' } } },
      ]);
  });

  it('that names no node is about all of its fleets, and never about their disks', () => {
    expect(of('bitcoin-any-height', [], [fleet, litecoin]).reports.map((one) => [one.about, one.own])).toEqual([
      ['fleet', { fleet: 'bitcoin', means: 'stuck' }],
      ['fleet', { fleet: 'litecoin', means: 'unreachable' }],
    ]);
    expect(of('bitcoin-any-full', [])).toMatchObject({
      reports: [],
      unplaced: [{ fleet: 'bitcoin', sentence: expect.stringContaining('names no node') }],
    });
  });

  it.each<[string, string, ReturnType<typeof named>, string]>([
    ['nobody’s instance', 'bitcoin-x-height', named('i-2'), 'no such instance exists here'],
    ['another path', 'bitcoin-x-full', named(INSTANCE, '/'), 'expected /node-data'],
  ])('that names %s begins nothing, and says why', (_, alarmName, names, sentence) => {
    expect(of(alarmName, [names])).toMatchObject({
      reports: [],
      unplaced: [{ fleet: 'bitcoin', instanceId: names.instanceId, sentence: expect.stringContaining(sentence) }],
    });
  });

  it('that names a node of another fleet begins nothing, unless that fleet takes it in, too', () => {
    expect(of('litecoin-x-height', [named(INSTANCE)], [litecoin])).toMatchObject({
      reports: [],
      unplaced: [{ fleet: 'litecoin', sentence: expect.stringContaining('it is a node of bitcoin') }],
    });
    expect(of('bitcoin-x-height', [named(INSTANCE)], [litecoin, fleet]).unplaced).toEqual([]);
  });

  it.each<[string, Health, string | null]>([
    ['agrees', 'stuck', null],
    ['agrees in another word', 'unreachable', null],
    ['says that it is well', 'synced', 'it is synced (so it is)'],
    ['does not know', 'unknown', 'it is unknown (so it is)'],
  ])('and our own look %s', (_, health, expected) => {
    const [report] = of('bitcoin-node2-height', [named(INSTANCE)]).reports;
    const said = report && contradictionOf(report, [observedNode({ health, reason: 'so it is' })]);
    if (expected === null) expect(said).toBeNull();
    else expect(said?.sentence).toContain(expected);
  });

  it('on a node that nobody has looked at says so', () => {
    const [report] = of('bitcoin-node2-height', [named(INSTANCE)]).reports;
    expect(report && contradictionOf(report, [])?.sentence).toContain('nobody has looked at it lately');
  });
});

const TableName = 'chainmend';
const heal = (name: string): string => `arn:aws:lambda:eu-west-1:111122223333:function:chainmend-${name}:live`;
const ENVIRONMENT = {
  TABLE_NAME: TableName,
  TOPIC_ARN: 'arn:aws:sns:eu-west-1:111122223333:chainmend-pages',
  PARAMETER_PREFIX: '/chainmend',
  RESIZE_VOLUME_ARN: heal('resize-volume'),
  REPLACE_NODE_ARN: heal('replace-node'),
  SNAPSHOT_NODE_ARN: heal('snapshot-node'),
  AUDIT_SNAPSHOTS_ARN: 'none',
  PLAN_SNAPSHOTS_FUNCTION: 'chainmend-plan-snapshots',
};
const before = { ...process.env };

describe('the dispatcher', () => {
  let whole: WholeRegion;
  let clients: Clients;
  let store: Store;
  let version: number;
  const ask = (operation: string, input: object) => whole.region.call('monitoring', operation, input);

  beforeEach(async () => {
    whole = await wholeRegion();
    const { region } = whole;
    Object.assign(process.env, ENVIRONMENT);
    for (const method of ['info', 'warn', 'error'] as const)
      jest.spyOn(console, method).mockImplementation(() => undefined);
    jest.spyOn(Date, 'now').mockImplementation(() => region.clock.now());
    const config = await whole.as();
    clients = awsClients(() => ({ ...config }));
    store = createStore(clients.dynamodb, TableName);
    version = 0;
    await region.call('dynamodb', 'CreateTable', {
      TableName,
      KeySchema: ['pk', 'sk'].map((AttributeName, i) => ({ AttributeName, KeyType: i === 0 ? 'HASH' : 'RANGE' })),
      AttributeDefinitions: ['pk', 'sk'].map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
      BillingMode: 'PAY_PER_REQUEST',
    });
    await region.call('sns', 'CreateTopic', { Name: 'chainmend-pages' });
    const fleet = bitcoinFile({ volumes: { data: '/node-data' }, alarms: { own } });
    // All is paused: what would begin is an incident with a refusal.
    for (const [Name, Value] of Object.entries({
      '/chainmend/pause': 'a test',
      '/chainmend/fleets/bitcoin': JSON.stringify(fleet),
      [DEPLOYED]: deployedOf(fleet),
    }))
      await region.call('ssm', 'PutParameter', { Name, Value, Type: 'String' });
  });

  afterEach(async () => {
    // What is still due would be due in the next test's region.
    await whole.following.stop();
    jest.restoreAllMocks();
    process.env = { ...before };
  });

  const node = (Name: string, tags: Readonly<Record<string, string>> = { Component: 'nodes/bitcoin' }): string =>
    whole.region.ec2.addInstance({ privateIp: '10.0.0.1', tags: { Name, ...tags } });

  /** Sick for a minute: without an alarm nothing would begin for three more. */
  async function observe(nodes: Readonly<Record<string, Health>>): Promise<void> {
    const nowMs = whole.region.clock.now();
    const seen = Object.entries(nodes).map(([instanceId, health]) =>
      observedNode({ instanceId, name: instanceId, health, reason: 'so it is', sinceMs: nowMs - MINUTE, height: 1 }),
    );
    version++;
    await store.replace(keys.observation('bitcoin', 0), { version, ...{ observedAtMs: nowMs, nodes: seen } });
  }

  const put = (AlarmName: string, what: object) =>
    ask('PutMetricAlarm', {
      ...{ AlarmName, EvaluationPeriods: 1, Threshold: 1, ComparisonOperator: 'LessThanThreshold', ...what },
    });
  const onMetric = (InstanceId?: string, more: Readonly<Record<string, string>> = {}) => ({
    ...{ Namespace: 'Exchange', MetricName: 'Blocks', Statistic: 'Minimum', Period: 60 },
    Dimensions: Object.entries({ ...(InstanceId && { InstanceId }), ...more }).map(([Name, Value]) => ({
      Name,
      Value,
    })),
  });
  const set = (AlarmName: string, StateValue = 'ALARM') =>
    ask('SetAlarmState', { AlarmName, StateValue, StateReason: 'a test' });
  const ring = async (AlarmName: string, what: object): Promise<void> => {
    await put(AlarmName, what);
    await set(AlarmName);
  };

  const TIME = '2026-01-01T12:00:00.000+0000';
  const action = (alarmName: string, value = 'ALARM', more: object = {}) => ({
    ...{ source: 'aws.cloudwatch', alarmArn: `arn:aws:cloudwatch:eu-west-1:111122223333:alarm:${alarmName}` },
    alarmData: { alarmName, state: { value, timestamp: TIME }, previousState: { value: 'OK' }, ...more },
  });
  const notification = (AlarmName: string) => ({
    Records: [
      {
        EventSource: 'aws:sns',
        Sns: {
          Message: JSON.stringify({ AlarmName, NewStateValue: 'ALARM', OldStateValue: 'OK', StateChangeTime: TIME }),
        },
      },
    ],
  });
  const event = (alarmName: string) => ({
    ...{ source: 'aws.cloudwatch', 'detail-type': 'CloudWatch Alarm State Change' },
    detail: {
      alarmName,
      state: { value: 'ALARM', timestamp: TIME },
      previousState: { value: 'OK' },
      configuration: {},
    },
  });
  const handle = (sent: unknown): Promise<unknown> =>
    (createHandler({ clients }) as unknown as (event: unknown, context: object) => Promise<unknown>)(sent, {});
  const incidents = async (): Promise<readonly IncidentRecord[]> => (await store.readFleet('bitcoin')).incidents;
  const begun = async () =>
    (await incidents()).map(({ instanceId, trigger, alarm }) => [instanceId, trigger, alarm.alarmName]);
  const pages = () => whole.region.sns.published().map((one) => pageIn(one)['sentence'] ?? '');
  const notes = () =>
    whole.region.dynamodb.items(TableName).filter((item) => JSON.stringify(item).includes('"not-confirmed"')).length;

  const WAYS: readonly [string, (alarmName: string) => object][] = [
    ['an event', event],
    ['its Lambda action', action],
    ['a topic', notification],
    ['the sweep alone', () => ({ kind: 'sweep' })],
  ];

  it.each(WAYS)('begins with the sick node that an alarm names, by %s, however often it comes', async (_, sent) => {
    const [sick, other] = [node('a'), node('b')];
    await observe({ [sick]: 'stuck', [other]: 'stuck' });
    await ring('bitcoin-a-height', onMetric(sick));
    for (let time = 0; time < 2; time++) await handle(sent('bitcoin-a-height'));
    expect(await begun()).toEqual([[sick, 'node:health', 'bitcoin-a-height']]);
    expect([pages(), notes()]).toEqual([[], 0]);
  });

  it.each(WAYS)('begins nothing for a well node, and says so once, by %s', async (_, sent) => {
    const well = node('a');
    await observe({ [well]: 'synced' });
    await ring('bitcoin-a-height', onMetric(well));
    for (let time = 0; time < 3; time++) await handle(sent('bitcoin-a-height'));
    expect([await begun(), pages(), notes()]).toEqual([[], [], 1]);
  });

  it('begins nothing by an alarm that is over, that is no alarm, or that nobody takes in', async () => {
    const sick = node('a');
    await observe({ [sick]: 'stuck' });
    await put('bitcoin-a-height', onMetric(sick));
    await set('bitcoin-a-height', 'OK');
    await ring('litecoin-a-height', onMetric(sick));
    for (const name of ['bitcoin-a-height', 'bitcoin-forged-height', 'litecoin-a-height'])
      for (const sent of [event(name), action(name), notification(name)]) await handle(sent);
    await handle(action('bitcoin-a-height', 'OK'));
    await handle({ kind: 'sweep' });
    expect([await begun(), pages(), notes()]).toEqual([[], [], 0]);
  });

  it('hears nothing from an alarm whose actions a person has disabled, and heals its node by our own look alone', async () => {
    const sick = node('a');
    await observe({ [sick]: 'stuck' });
    await ring('bitcoin-a-height', { ...onMetric(sick), ActionsEnabled: false });
    for (const sent of [action('bitcoin-a-height'), { kind: 'sweep' }]) await handle(sent);
    expect([await begun(), notes()]).toEqual([[], 0]);
  });

  it('begins with each sick node of the fleet where an alarm names none', async () => {
    const [a, b, c] = [node('a'), node('b'), node('c')];
    await observe({ [a]: 'stuck', [b]: 'unreachable', [c]: 'synced' });
    await ring('bitcoin-any-silent', onMetric(undefined, { Coin: 'bitcoin' }));
    await handle(action('bitcoin-any-silent'));
    expect((await begun()).map(([instanceId]) => instanceId).toSorted()).toEqual([a, b].toSorted());
  });

  it('looks below a composite alarm for whom it names', async () => {
    const [a, b] = [node('a'), node('b')];
    await observe({ [a]: 'stuck', [b]: 'stuck' });
    await ring('exchange-a', onMetric(a));
    await put('exchange-b', onMetric(b));
    const AlarmRule = 'ALARM("exchange-a") OR ALARM("exchange-b")';
    await ask('PutCompositeAlarm', { AlarmName: 'bitcoin-any-height', AlarmRule });
    await set('bitcoin-any-height');
    await handle(notification('bitcoin-any-height'));
    await handle({ kind: 'sweep' });
    expect(await begun()).toEqual([[a, 'node:health', 'bitcoin-any-height']]);
  });

  it('reads whom the series of a Metrics Insights alarm name', async () => {
    const [a, b] = [node('a'), node('b')];
    const { region } = whole;
    const write = (): void => {
      for (const InstanceId of [a, b])
        region.cloudwatch.record('Exchange', 'Blocks', { InstanceId }, InstanceId === a ? 0 : 5, region.clock.now());
      region.clock.after(MINUTE, write);
    };
    write();
    const Expression = 'SELECT MIN(Blocks) FROM SCHEMA(Exchange, InstanceId) GROUP BY InstanceId';
    await put('bitcoin-heights-height', { Metrics: [{ Id: 'q1', Expression, Period: 60 }] });
    await whole.virtually(3 * MINUTE);
    await observe({ [a]: 'stuck', [b]: 'stuck' });
    const { AlarmContributors } = (await ask('DescribeAlarmContributors', { AlarmName: 'bitcoin-heights-height' })) as {
      AlarmContributors: readonly { readonly ContributorId: string }[];
    };
    const id = AlarmContributors[0]?.ContributorId;
    const sent = (ofSeries: string | undefined) =>
      action('bitcoin-heights-height', 'ALARM', { alarmContributor: { id: ofSeries, attributes: { InstanceId: b } } });
    await handle(sent('0000000000000000'));
    expect(await begun()).toEqual([]);
    await handle(sent(id));
    await handle({ kind: 'sweep' });
    expect(await begun()).toEqual([[a, 'node:health', 'bitcoin-heights-height']]);
  });

  it('looks at the disk that an alarm names, and tells once where it is not known which is meant', async () => {
    const [a, b] = [node('a'), node('b')];
    await observe({ [a]: 'synced', [b]: 'synced' });
    await ring('bitcoin-a-full', onMetric(a));
    await ring('bitcoin-b-full', onMetric(b, { path: '/var' }));
    for (let time = 0; time < 2; time++)
      for (const name of ['bitcoin-a-full', 'bitcoin-b-full']) await handle(action(name));
    await handle({ kind: 'sweep' });
    expect(await begun()).toEqual([[a, 'disk:data', 'bitcoin-a-full']]);
    expect(pages()).toEqual([expect.stringContaining(`disk-full of ${b}, and its dimension path is /var`)]);
  });

  it('tells people once of an instance that is nobody’s, however often the alarm goes off', async () => {
    const stranger = node('jenkins', { Component: 'jenkins' });
    await observe({ [node('a')]: 'stuck' });
    for (let time = 0; time < 2; time++) {
      await ring('bitcoin-x-height', onMetric(stranger));
      await handle(action('bitcoin-x-height'));
      await handle({ kind: 'sweep' });
      await set('bitcoin-x-height', 'OK');
    }
    expect(await begun()).toEqual([]);
    expect(pages()).toEqual([expect.stringContaining(`names ${stranger}, which is no node there`)]);
  });

  it('closes the incident of a disk once the composite alarm that opened it is over', async () => {
    const a = node('a');
    await observe({ [a]: 'synced' });
    await ring('exchange-a', onMetric(a));
    await ask('PutCompositeAlarm', { AlarmName: 'bitcoin-any-full', AlarmRule: 'ALARM("exchange-a")' });
    await set('bitcoin-any-full');
    await handle({ kind: 'sweep' });
    const open = async () => (await incidents()).filter(({ state }) => state === 'open').length;
    expect(await open()).toBe(1);
    await handle({ kind: 'sweep' });
    expect(await open()).toBe(1);
    await set('bitcoin-any-full', 'OK');
    await handle({ kind: 'sweep' });
    expect(await open()).toBe(0);
  });
});
