// Fleet-wide alarms at the dispatcher: dispatch-heal reads a real region's alarms and contributors through AWS's own clients.
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { createHandler } from '../../../functions/dispatch-heal/handler.ts';
import { pageIn } from '../../../local/scenarios/report/pages.ts';
import { metricsClients as awsClients, type MetricsClients as Clients } from '../../../shared/aws/clients.ts';
import { newNode } from '../../../shared/heal/lease.ts';
import type { IncidentRecord, Operation } from '../../../shared/heal/records.ts';
import { createStore, keys } from '../../../shared/heal/store.ts';
import { DEPLOYED, deployedOf } from '../../fixtures/builders/fleet.ts';
import { openIncidentRecord } from '../../fixtures/builders/incident.ts';
import { bitcoin } from '../../fixtures/fleet-documents.ts';
import { type WholeRegion, wholeRegion } from '../../fixtures/whole-region.ts';

const MINUTE = 60_000;
const TableName = 'chainmend';
const ENVIRONMENT = {
  TABLE_NAME: TableName,
  TOPIC_ARN: 'arn:aws:sns:eu-west-1:111122223333:chainmend',
  PARAMETER_PREFIX: '/chainmend',
  RESIZE_VOLUME_ARN: 'arn:aws:lambda:eu-west-1:111122223333:function:chainmend-resize-volume:live',
  REPLACE_NODE_ARN: 'arn:aws:lambda:eu-west-1:111122223333:function:chainmend-replace-node:live',
  SNAPSHOT_NODE_ARN: 'arn:aws:lambda:eu-west-1:111122223333:function:chainmend-snapshot-node:live',
  AUDIT_SNAPSHOTS_ARN: 'none',
  PLAN_SNAPSHOTS_FUNCTION: 'chainmend-plan-snapshots',
};
const FLEET = { ...bitcoin, volumes: { data: '/node-data' } };
const before = { ...process.env };

let whole: WholeRegion;
let clients: Clients;
/** Disk use in per cent by node, reported each minute. */
let disks: Map<string, number>;
let lines: string[];

beforeEach(async () => {
  whole = await wholeRegion();
  const { region } = whole;
  Object.assign(process.env, ENVIRONMENT);
  lines = [];
  for (const method of ['info', 'warn', 'error'] as const)
    jest.spyOn(console, method).mockImplementation((line: string) => void lines.push(line));
  jest.spyOn(Date, 'now').mockImplementation(() => region.clock.now());
  const config = await whole.as();
  clients = awsClients(() => ({ ...config }));
  await region.call('dynamodb', 'CreateTable', {
    TableName,
    KeySchema: ['pk', 'sk'].map((AttributeName, i) => ({ AttributeName, KeyType: i === 0 ? 'HASH' : 'RANGE' })),
    AttributeDefinitions: ['pk', 'sk'].map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
    BillingMode: 'PAY_PER_REQUEST',
  });
  // Everything is paused: each alarm becomes an incident with a refusal, and no heal is started.
  const parameters = {
    '/chainmend/pause': 'a test',
    '/chainmend/fleets/bitcoin': JSON.stringify(FLEET),
    [DEPLOYED]: deployedOf(FLEET),
  };
  for (const [Name, Value] of Object.entries(parameters))
    await region.call('ssm', 'PutParameter', { Name, Value, Type: 'String' });
  disks = new Map();
  const tick = (): void => {
    for (const [InstanceId, percent] of disks)
      region.cloudwatch.record('CWAgent', 'disk_used_percent', { InstanceId, ...DISK }, percent, region.clock.now());
    region.clock.after(MINUTE, tick);
  };
  tick();
});

afterEach(async () => {
  // What is still due would be due in the next test's region.
  await whole.following.stop();
  jest.restoreAllMocks();
  process.env = { ...before };
});

const DISK = { path: '/node-data', fstype: 'xfs' };
const QUERY =
  'SELECT MAX(disk_used_percent) FROM SCHEMA(CWAgent, InstanceId, "path", fstype) ' +
  'WHERE "path" = \'/node-data\' GROUP BY InstanceId, "path" ORDER BY MAX() DESC';

const put = (AlarmName = 'chainmend-bitcoin-disk', Expression = QUERY) =>
  whole.region.call('monitoring', 'PutMetricAlarm', {
    AlarmName,
    Metrics: [{ Id: 'q1', Expression, Period: 60 }],
    EvaluationPeriods: 1,
    Threshold: 90,
    ComparisonOperator: 'GreaterThanOrEqualToThreshold',
  });
const node = (tags: Readonly<Record<string, string>> = { Component: 'nodes/bitcoin' }): string =>
  whole.region.ec2.addInstance({ privateIp: '10.0.0.1', tags: { Name: 'node', ...tags } });
const handle = (event: unknown): Promise<unknown> =>
  (createHandler({ clients }) as unknown as (event: unknown, context: object) => Promise<unknown>)(event, {});
const sweep = () => handle({ kind: 'sweep' });
const incidents = async (): Promise<readonly IncidentRecord[]> =>
  (await createStore(clients.dynamodb, TableName).readFleet('bitcoin')).incidents;
const openOn = async () =>
  (await incidents()).filter(({ state }) => state === 'open').map(({ instanceId }) => instanceId);
const contributorEvent = async (InstanceId: string) => {
  const input = { AlarmName: 'chainmend-bitcoin-disk' };
  const { AlarmContributors = [] } = (await whole.region.call('monitoring', 'DescribeAlarmContributors', input)) as {
    AlarmContributors: { ContributorId: string; ContributorAttributes: Record<string, string> }[];
  };
  const found = AlarmContributors.find((one) => one.ContributorAttributes['InstanceId'] === InstanceId);
  return {
    source: 'aws.cloudwatch',
    'detail-type': 'CloudWatch Alarm Contributor State Change',
    detail: {
      ...{ alarmName: 'chainmend-bitcoin-disk', configuration: { metrics: [{ expression: QUERY }] } },
      alarmContributor: { id: found?.ContributorId, attributes: found?.ContributorAttributes },
      state: { value: 'ALARM', timestamp: new Date(whole.region.clock.now()).toISOString() },
    },
  };
};

describe('the sweep', () => {
  it('finds each full node of a fleet-wide alarm, though every event was lost', async () => {
    const [full, well, another] = [node(), node(), node()];
    disks = new Map([
      [full, 95],
      [well, 50],
      [another, 97],
    ]);
    await put();
    await whole.virtually(3 * MINUTE);
    await sweep();
    expect((await openOn()).sort()).toEqual([full, another].sort());
    const [incident] = await incidents();
    expect(incident).toMatchObject({
      trigger: 'disk:data',
      alarm: { alarmName: 'chainmend-bitcoin-disk', namespace: 'CWAgent', dimensions: { path: '/node-data' } },
    });
  });

  it('closes the incident of a node that is well again, while the alarm goes on for another', async () => {
    const [one, other] = [node(), node()];
    disks = new Map([
      [one, 95],
      [other, 97],
    ]);
    await put();
    await whole.virtually(3 * MINUTE);
    await sweep();
    disks.set(one, 40);
    await whole.virtually(3 * MINUTE);
    await sweep();
    expect(await openOn()).toEqual([other]);
    expect(whole.region.cloudwatch.alarmState('chainmend-bitcoin-disk')).toBe('ALARM');
  });

  it('leaves a stranger’s machine alone that an alarm groups by chance', async () => {
    disks = new Map([[node({ Component: 'jenkins' }), 95]]);
    await put();
    await whole.virtually(3 * MINUTE);
    await sweep();
    expect(await incidents()).toEqual([]);
    expect(lines.join()).toContain('an instance with the tags of one fleet');
  });

  it('asks nothing of fleet-wide alarms that no heal takes', async () => {
    const InstanceId = node();
    const now = whole.region.clock.now();
    whole.region.cloudwatch.record('chainmend', 'HeightLag', { Fleet: 'bitcoin', Node: 'x' }, 95, now);
    disks = new Map([[InstanceId, 95]]);
    await put('chainmend-bitcoin-lag', 'SELECT MAX(HeightLag) FROM SCHEMA(chainmend, Fleet, Node) GROUP BY Node');
    await put('somebody-elses-disks');
    await whole.virtually(3 * MINUTE);
    await sweep();
    expect(await incidents()).toEqual([]);
    const asked = whole.region.gateway.trace.calls.map(({ operation }) => operation);
    expect(asked).not.toContain('DescribeAlarmContributors');
  });
});

describe('an event', () => {
  it('of a contributor leads to its node, and is only a hint', async () => {
    const [one, other] = [node(), node()];
    disks = new Map([
      [one, 95],
      [other, 97],
    ]);
    await put();
    await whole.virtually(3 * MINUTE);
    const event = await contributorEvent(one);
    await handle(event);
    expect(await openOn()).toEqual([one]);
    const late = await contributorEvent(other);
    disks.set(other, 40);
    await whole.virtually(3 * MINUTE);
    await handle(late);
    expect(await openOn()).toEqual([one]);
    expect(lines.join()).toContain('chainmend-bitcoin-disk is not in ALARM any more for this node');
  });

  it.each([
    ['halted', 'chainmend', 'Halted', { Fleet: 'bitcoin' }],
    ['consensus-halted', 'chainmend', 'ConsensusRounds', { Fleet: 'irita' }],
    ['busy', 'AWS/EC2', 'CPUUtilization', { InstanceId: 'i-0b2c3d4e5f6071829' }],
  ])('of kind %s is left with one line and two reads, and does not fail', async (kind, namespace, name, dimensions) => {
    const alarmName = `chainmend-bitcoin-node2-${kind}`;
    const metrics = [{ metricStat: { metric: { namespace, name, dimensions } } }];
    await whole.region.call('monitoring', 'PutMetricAlarm', {
      ...{ AlarmName: alarmName, Namespace: namespace, MetricName: name, Statistic: 'Maximum', Period: 60 },
      ...{ EvaluationPeriods: 1, Threshold: 1, ComparisonOperator: 'GreaterThanOrEqualToThreshold' },
      Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
    });
    await whole.region.call('monitoring', 'SetAlarmState', {
      ...{ AlarmName: alarmName, StateValue: 'ALARM', StateReason: 'a test' },
    });
    const state = { value: 'ALARM', timestamp: '2026-01-01T12:00:00.000+0000' };
    const alarmTags = { 'chainmend:fleet': 'bitcoin', 'chainmend:kind': kind };
    const detail = { alarmName, configuration: { metrics }, state, previousState: { value: 'OK' }, alarmTags };
    const calls = whole.region.gateway.trace.calls.length;
    await handle({ source: 'aws.cloudwatch', 'detail-type': 'CloudWatch Alarm State Change', detail });
    const made = whole.region.gateway.trace.calls.slice(calls).map(({ operation }) => operation);
    expect(made.toSorted()).toEqual(['DescribeAlarms', 'GetParametersByPath']);
    const left = lines.map((line) => JSON.parse(line)).filter((line) => line.left);
    expect(left).toEqual([{ level: 'info', left: `no heal takes ${alarmName}: it is about ${namespace} ${name}` }]);
  });
});

describe('a node on which something was left open under the name of a fleet that has no file any more', () => {
  const leave = async (tags?: Readonly<Record<string, string>>) => {
    const instanceId = node(tags);
    const store = createStore(clients.dynamodb, TableName);
    const memory = { restoredVolumes: {}, replacement: null };
    const operation = { kind: 'replace', phase: 'preparing', incidentId: 'aaaa1111', memory } as unknown as Operation;
    const held = { ...newNode('litecoin', instanceId), operation, version: 1 };
    const of = { fleet: 'litecoin', instanceId, trigger: 'node:health', incidentId: 'aaaa1111' } as const;
    const left = openIncidentRecord({ ...of, attempt: 2, version: 1 });
    await whole.region.call('sns', 'CreateTopic', { Name: 'chainmend' });
    await store.replace(keys.node(instanceId), held);
    await store.replace(keys.incident('litecoin', instanceId, 'node:health'), left);
    return instanceId;
  };
  const pages = () => whole.region.sns.published().map((one) => pageIn(one)['code']);

  it('goes on with its incident under the name that its instance has now', async () => {
    const instanceId = await leave();
    await sweep();
    expect(await incidents()).toMatchObject([{ instanceId, incidentId: 'aaaa1111', attempt: 2, state: 'open' }]);
    expect(pages()).toEqual([]);
  });

  it('is told once where the instance is no fleet’s', async () => {
    await leave({ Component: 'jenkins' });
    await sweep();
    await sweep();
    expect(await incidents()).toEqual([]);
    expect(pages()).toEqual(['node-unknown']);
  });
});

describe('what an upgrade has failed by', () => {
  const escalatedOn = (instanceId: string): IncidentRecord => {
    const { state: _, ...read } = openIncidentRecord({ instanceId, trigger: 'request:upgrade', version: 1 });
    const askedAtMs = whole.region.clock.now();
    const person = { alarmName: '', namespace: 'person', dimensions: {} };
    return { ...read, alarm: person, onsetMs: askedAtMs, state: 'escalated', endedAtMs: askedAtMs };
  };
  const upgrade = (state: 'under-way' | 'ended', version: number) =>
    ({ to: '28.1', askedAtMs: 0, state, version }) as const;

  it('is known for as long as a pause keeps the upgrade from ending, and closed an hour later otherwise', async () => {
    const store = createStore(clients.dynamodb, TableName);
    const incident = escalatedOn(node());
    await store.replace(keys.incident('bitcoin', incident.instanceId, incident.trigger), incident);
    await store.replace(keys.upgrade('bitcoin'), upgrade('under-way', 1));
    await whole.virtually(61 * MINUTE);
    await sweep();
    expect((await incidents()).map(({ state }) => state)).toEqual(['escalated']);
    await store.replace(keys.upgrade('bitcoin'), upgrade('ended', 2));
    await sweep();
    expect((await incidents()).map(({ state }) => state)).toEqual(['healed']);
  });
});
