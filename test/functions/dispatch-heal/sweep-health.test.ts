// Sick nodes and people's requests at the dispatcher: dispatch-heal reads a real region through AWS's own clients. No heal is deployed there, so a
// start of a heal fails loudly.
import type { PutMetricDataInput } from '@aws-sdk/client-cloudwatch';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { createHandler } from '../../../functions/dispatch-heal/handler.ts';
import { metricsClients as awsClients, type MetricsClients as Clients } from '../../../shared/aws/clients.ts';
import type { Health } from '../../../shared/fleet/observation.ts';
import type { IncidentRecord } from '../../../shared/heal/records.ts';
import { createStore, keys, type Store } from '../../../shared/heal/store.ts';
import { bitcoinFile, DEPLOYED, deployedOf } from '../../fixtures/builders/fleet.ts';
import { observedNode } from '../../fixtures/builders/observation.ts';
import { type WholeRegion, wholeRegion } from '../../fixtures/whole-region.ts';

const MINUTE = 60_000;
const TableName = 'chainmend';
const heal = (name: string): string => `arn:aws:lambda:eu-west-1:111122223333:function:chainmend-${name}:live`;
const ENVIRONMENT = {
  TABLE_NAME: TableName,
  TOPIC_ARN: 'arn:aws:sns:eu-west-1:111122223333:chainmend-pages',
  PARAMETER_PREFIX: '/chainmend',
  RESIZE_VOLUME_ARN: heal('resize-volume'),
  REPLACE_NODE_ARN: heal('replace-node'),
  SNAPSHOT_NODE_ARN: heal('snapshot-node'),
  AUDIT_SNAPSHOTS_ARN: heal('audit-snapshots'),
  PLAN_SNAPSHOTS_FUNCTION: 'chainmend-plan-snapshots',
};
const before = { ...process.env };

let whole: WholeRegion;
let clients: Clients;
let store: Store;
let version: number;

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
  await settings('a test');
});

afterEach(async () => {
  // What is still due would be due in the next test's region.
  await whole.following.stop();
  jest.restoreAllMocks();
  process.env = { ...before };
});

const settings = async (pause: string, more: object = {}): Promise<void> => {
  const fleet = bitcoinFile({ volumes: { data: '/node-data' }, ...more });
  const parameters = {
    '/chainmend/pause': pause,
    '/chainmend/fleets/bitcoin': JSON.stringify(fleet),
    [DEPLOYED]: deployedOf(fleet),
  };
  for (const [Name, Value] of Object.entries(parameters))
    await whole.region.call('ssm', 'PutParameter', { Name, Value, Type: 'String', Overwrite: true });
};
const node = (Name: string, tags: Readonly<Record<string, string>> = { Component: 'nodes/bitcoin' }): string =>
  whole.region.ec2.addInstance({ privateIp: '10.0.0.1', tags: { Name, ...tags } });

/** The observation as watch-fleet stores it. */
async function observe(
  nodes: Readonly<Record<string, readonly [instanceId: string, health: Health, minutes: number]>>,
) {
  const nowMs = whole.region.clock.now();
  const seen = Object.entries(nodes).map(([name, [instanceId, health, minutes]]) =>
    observedNode({ instanceId, name, health, reason: 'so it is', sinceMs: nowMs - minutes * MINUTE, height: 1 }),
  );
  version++;
  await store.replace(keys.observation('bitcoin', 0), { version, ...{ observedAtMs: nowMs, nodes: seen } });
}

const handle = (event: unknown): Promise<unknown> =>
  (createHandler({ clients }) as unknown as (event: unknown, context: object) => Promise<unknown>)(event, {});
const sweep = () => handle({ kind: 'sweep' });
const incidents = async (): Promise<readonly IncidentRecord[]> => (await store.readFleet('bitcoin')).incidents;
const open = async () => (await incidents()).filter(({ state }) => state === 'open');
const calls = (operation: string): number =>
  whole.region.gateway.trace.calls.filter((call) => call.operation === operation).length;

describe('the sweep', () => {
  it('finds a sick node without any alarm, and no node that is only unknown, starting or lately sick', async () => {
    const ids = ['a', 'b', 'c', 'd', 'e'].map((name) => node(name));
    const [a = '', b = '', c = '', d = '', e = ''] = ids;
    await observe({
      ...{ a: [a, 'stuck', 5], b: [b, 'unknown', 60], c: [c, 'starting', 60], d: [d, 'unreachable', 1] },
      e: [e, 'forked', 60],
    });
    await sweep();
    expect(await open()).toMatchObject([
      { instanceId: a, trigger: 'node:health', refusedCodes: ['paused'], alarm: { alarmName: '' } },
    ]);
  });

  it('helps who is seen to be sick, and closes nothing, while the alarms cannot be read', async () => {
    const [a, b] = [node('a'), node('b')];
    await observe({ a: [a, 'stuck', 5], b: [b, 'stuck', 5] });
    await sweep();
    await observe({ a: [a, 'stuck', 6], b: [b, 'synced', 5] });
    const { send } = clients.cloudwatch;
    clients.cloudwatch.send = (async (command: { constructor: { name: string } }) => {
      if (command.constructor.name !== 'DescribeAlarmsCommand')
        return (send as (command: unknown) => Promise<unknown>).call(clients.cloudwatch, command);
      throw new Error('AccessDenied: not authorized to perform cloudwatch:DescribeAlarms');
    }) as never;
    const c = node('c');
    await observe({ a: [a, 'stuck', 6], b: [b, 'synced', 5], c: [c, 'stuck', 5] });
    // The error reaches the function's errors, and with them an alarm, after everything else had its turn.
    await expect(sweep()).rejects.toThrow('the sweep went on, but: AccessDenied');
    const seen = new Map((await incidents()).map(({ instanceId, state }) => [instanceId, state]));
    expect(seen).toEqual(
      new Map([
        [a, 'open'],
        [b, 'open'],
        [c, 'open'],
      ]),
    );
  });

  it('does nothing for what was seen too long ago', async () => {
    await observe({ a: [node('a'), 'stuck', 60] });
    await whole.virtually(4 * MINUTE);
    await sweep();
    expect(await incidents()).toEqual([]);
  });

  it('closes the incident when the node is synced again', async () => {
    const a = node('a');
    await observe({ a: [a, 'stuck', 5] });
    await sweep();
    await observe({ a: [a, 'synced', 2] });
    await sweep();
    expect(await incidents()).toMatchObject([{ instanceId: a, state: 'healed' }]);
  });

  it('leaves an instance alone that has given up its place, or is about to take one', async () => {
    const tags = { Component: 'nodes/bitcoin' };
    const [gone, coming] = [
      node('a', { ...tags, 'chainmend:retired': '2026-01-01' }),
      node('b', { ...tags, 'chainmend:joining': 'f00' }),
    ];
    await observe({ a: [gone, 'unreachable', 5], b: [coming, 'unreachable', 5] });
    await sweep();
    expect(await incidents()).toEqual([]);
  });

  it('leaves the nodes of a fleet to people whose file allows no rung', async () => {
    await settings('off', { replace: { rungs: [] } });
    await observe({ a: [node('a'), 'stuck', 5], b: [node('b'), 'synced', 60] });
    await sweep();
    expect(await incidents()).toEqual([]);
  });

  it('lets one node in while half of the fleet is sick: the oldest trouble; the others wait', async () => {
    await settings('off');
    const [a = '', b = '', c = '', d = ''] = ['a', 'b', 'c', 'd'].map((name) => node(name));
    await observe({ a: [a, 'stuck', 5], b: [b, 'stuck', 7], c: [c, 'synced', 60], d: [d, 'stuck', 6] });
    // No heal is deployed here.
    await expect(sweep()).rejects.toThrow('chainmend-replace-node');
    const now = (await incidents()).map(({ node: name, state, waitsFor }) => [name, state, waitsFor]);
    expect(now.toSorted()).toEqual([
      ['a', 'open', 'restarts-paced'],
      ['b', 'allocated', undefined],
      ['d', 'open', 'restarts-paced'],
    ]);
    // It was let in, and has not yet taken its place: nobody follows it.
    await whole.virtually(MINUTE);
    await observe({ a: [a, 'stuck', 6], b: [b, 'stuck', 8], c: [c, 'synced', 60], d: [d, 'stuck', 7] });
    await expect(sweep()).rejects.toThrow('chainmend-replace-node');
    expect((await open()).map(({ node: name }) => name).toSorted()).toEqual(['a', 'd']);
  });

  it('starts no swap while half of the fleet is sick, and pages that once', async () => {
    await settings('off', { replace: { rungs: ['swap'] } });
    const ids = ['a', 'b', 'c', 'd'].map((name) => node(name));
    const [a = '', b = '', c = '', d = ''] = ids;
    await observe({ a: [a, 'stuck', 5], b: [b, 'stuck', 5], c: [c, 'synced', 60], d: [d, 'synced', 60] });
    await sweep();
    await sweep();
    expect((await open()).map(({ refusedCodes }) => refusedCodes)).toEqual([['breaker-open'], ['breaker-open']]);
    // What others are refused for the same cause belongs into the page.
    expect([calls('Invoke'), calls('Publish')]).toEqual([0, 0]);
    await whole.virtually(MINUTE);
    await sweep();
    expect([calls('Invoke'), calls('Publish')]).toEqual([0, 1]);
    // The node that was paged is well again; the page has told people of the other one too.
    await observe({ a: [a, 'synced', 2], b: [b, 'stuck', 9], c: [c, 'stuck', 9], d: [d, 'synced', 60] });
    await sweep();
    await whole.virtually(6 * MINUTE);
    await observe({ a: [a, 'synced', 9], b: [b, 'stuck', 15], c: [c, 'stuck', 15], d: [d, 'synced', 60] });
    await sweep();
    expect([calls('Invoke'), calls('Publish')]).toEqual([0, 1]);
  });

  it('takes an instance whose checks fail, and pages where its volumes are out of reach for a quarter of an hour', async () => {
    await settings('off');
    const [sick, cut, stranger] = [node('a'), node('b'), node('c', { Component: 'jenkins' })];
    await observe({ a: [sick, 'unknown', 1], b: [cut, 'unknown', 1] });
    const tick = (): void => {
      const { cloudwatch, clock } = whole.region;
      for (const InstanceId of [sick, cut, stranger])
        cloudwatch.record('AWS/EC2', 'StatusCheckFailed', { InstanceId }, 1, clock.now());
      clock.after(MINUTE, tick);
    };
    tick();
    whole.region.ec2.impair(sick, 'instance', 'nothing');
    whole.region.ec2.impair(cut, 'attachedEbs', 'nothing');
    whole.region.ec2.impair(stranger, 'instance', 'nothing');
    await alarmOnChecks();
    await whole.virtually(3 * MINUTE);
    await observe({ a: [sick, 'unknown', 1], b: [cut, 'unknown', 1] });
    await sweep();
    expect((await open()).map(({ node: name, refusedCodes }) => [name, refusedCodes]).sort()).toEqual([
      ['a', ['breaker-open']],
      ['b', ['ebs-impaired']],
    ]);
    await whole.virtually(MINUTE);
    await sweep();
    expect(calls('Publish')).toBe(1);
    // Most stalls of EBS pass: one that lasts is told.
    for (let minutes = 0; minutes < 25; minutes += 5) {
      await whole.virtually(5 * MINUTE);
      await observe({ a: [sick, 'unknown', 1], b: [cut, 'unknown', 1] });
      await sweep();
    }
    expect(calls('Publish')).toBe(2);
  });

  it('takes a stopped instance for no well one, although it fails no check: EC2 has to say that its checks have passed', async () => {
    const { ec2, cloudwatch, clock } = whole.region;
    const [a, well] = [node('a'), node('b')];
    let failed = 1;
    const tick = (): void => {
      cloudwatch.record('AWS/EC2', 'StatusCheckFailed', { InstanceId: well }, 0, clock.now());
      if (failed >= 0) cloudwatch.record('AWS/EC2', 'StatusCheckFailed', { InstanceId: a }, failed, clock.now());
      clock.after(MINUTE, tick);
    };
    tick();
    ec2.impair(a, 'instance', 'stop-start');
    await alarmOnChecks();
    const later = async (minutes: number) => {
      await whole.virtually(minutes * MINUTE);
      await observe({ a: [a, 'unknown', 1], b: [well, 'synced', 60] });
      await sweep();
      return (await incidents()).map(({ state }) => state);
    };
    expect(await later(3)).toEqual(['open']);
    // It is stopped: nobody publishes its checks, and the alarm has nobody to tell of.
    failed = -1;
    await whole.region.call('ec2', 'StopInstances', { InstanceIds: [a] });
    expect(await later(10)).toEqual(['open']);
    expect(cloudwatch.alarmState('chainmend-bitcoin-status-check')).toBe('OK');
    await whole.region.call('ec2', 'StartInstances', { InstanceIds: [a] });
    failed = 0;
    expect(await later(10)).toEqual(['healed']);
  });
});

/** One alarm for the checks of all instances, with a contributor for each that fails. */
const alarmOnChecks = () =>
  whole.region.call('monitoring', 'PutMetricAlarm', {
    AlarmName: 'chainmend-bitcoin-status-check',
    Metrics: [
      {
        Id: 'q1',
        Expression: 'SELECT MAX("StatusCheckFailed") FROM SCHEMA("AWS/EC2", "InstanceId") GROUP BY "InstanceId"',
        Period: 60,
      },
    ],
    EvaluationPeriods: 1,
    Threshold: 1,
    ComparisonOperator: 'GreaterThanOrEqualToThreshold',
  });

describe('an event of a node’s health', () => {
  const stuck = (Node: string) => ({
    source: 'aws.cloudwatch',
    'detail-type': 'CloudWatch Alarm State Change',
    detail: {
      alarmName: `chainmend-bitcoin-${Node}-stuck`,
      configuration: {
        metrics: [{ metricStat: { metric: { namespace: 'chainmend', name: 'Health', dimensions: DIMENSIONS(Node) } } }],
      },
      state: { value: 'ALARM', timestamp: new Date(whole.region.clock.now()).toISOString() },
      previousState: { value: 'OK' },
    },
  });
  const DIMENSIONS = (Node: string) => ({ Fleet: 'bitcoin', Node });
  const alarmed = async (Node: string): Promise<void> => {
    const { region } = whole;
    region.cloudwatch.record('chainmend', 'Health', DIMENSIONS(Node), 5, region.clock.now());
    await region.call('monitoring', 'PutMetricAlarm', {
      ...{ AlarmName: `chainmend-bitcoin-${Node}-stuck`, Namespace: 'chainmend', MetricName: 'Health' },
      Dimensions: Object.entries(DIMENSIONS(Node)).map(([Name, Value]) => ({ Name, Value })),
      ...{ Period: 60, EvaluationPeriods: 1, Threshold: 5, Statistic: 'Maximum' },
      ComparisonOperator: 'GreaterThanOrEqualToThreshold',
    });
    await whole.virtually(2 * MINUTE);
  };

  it('opens an incident at once, since the observation says the same; a sweep finds no second one', async () => {
    const a = node('a');
    await alarmed('a');
    await observe({ a: [a, 'stuck', 2] });
    await handle(stuck('a'));
    await sweep();
    expect(await incidents()).toMatchObject([
      { instanceId: a, trigger: 'node:health', alarm: { alarmName: 'chainmend-bitcoin-a-stuck' } },
    ]);
    const [incident] = await incidents();
    expect(incident?.onsetMs).toBeLessThan(whole.region.clock.now() - 2 * MINUTE);
  });

  it('is only a hint: a node that is starting by now is left alone', async () => {
    await alarmed('a');
    await observe({ a: [node('a'), 'starting', 1] });
    await handle(stuck('a'));
    expect(await incidents()).toEqual([]);
  });
});

describe('a person', () => {
  it('is told at once that what was asked for is refused, and under which incident it stays for an hour', async () => {
    const a = node('a');
    await observe({ a: [a, 'synced', 60] });
    const answer = await handle({ kind: 'restore', fleet: 'bitcoin', node: 'a' });
    const [incident] = await open();
    expect(answer).toEqual({
      ...{ fleet: 'bitcoin', node: 'a', instanceId: a, trigger: 'request:restore', attempt: 0 },
      ...{ incidentId: incident?.incidentId, onsetMs: incident?.onsetMs },
      ...{ executionName: expect.stringMatching(/^replace-node-\w{40}$/), did: 'refused', code: 'paused' },
      reason: 'everything is paused: a test',
    });
    await whole.virtually(61 * MINUTE);
    await observe({ a: [a, 'synced', 60] });
    await sweep();
    expect(await incidents()).toMatchObject([{ state: 'healed' }]);
  });

  it('who names no node of the fleet is told so', async () => {
    node('a');
    node('a', { Component: 'nodes/other' });
    await expect(handle({ kind: 'undo', fleet: 'bitcoin', node: 'b' })).rejects.toThrow('none has it');
    await expect(handle({ kind: 'undo', fleet: 'bitcoins', node: 'a' })).rejects.toThrow('expected one of bitcoin');
    expect(await handle({ kind: 'undo', fleet: 'bitcoin', node: 'a' })).toMatchObject({ trigger: 'request:undo' });
  });
});

describe('the round of clean snapshots', () => {
  it('asks nobody where no fleet has them, or where it is paused, which is told once a day', async () => {
    await handle({ kind: 'snapshots' });
    await settings('a test', { snapshots: { clean: {} } });
    await handle({ kind: 'snapshots' });
    await handle({ kind: 'snapshots' });
    expect(calls('Invoke')).toBe(0);
    const lines = whole.region.dynamodb.items(TableName).filter((item) => JSON.stringify(item).includes('JOURNAL#'));
    expect(lines).toHaveLength(1);
    expect(JSON.stringify(lines)).toContain('everything is paused: a test');
  });

  it('of a minute counts as a sweep only where it saw something', async () => {
    const told = () =>
      whole.region.gateway.trace.calls
        .filter(({ operation }) => operation === 'PutMetricData')
        .map(({ input }) => (input as Pick<PutMetricDataInput, 'MetricData'>).MetricData ?? [])
        .at(-1) ?? [];
    const counted = () => told().find(({ MetricName }) => MetricName === 'Sweeps')?.Value;
    const openOf = () => told().find(({ MetricName }) => MetricName === 'OpenIncidents');
    await handle({ kind: 'sweep' });
    expect(counted()).toBe(1);
    expect(openOf()).toMatchObject({ Value: 0, Dimensions: [{ Name: 'Fleet', Value: 'bitcoin' }] });
    clients.dynamodb.send = (() => Promise.reject(new Error('no table'))) as unknown as typeof clients.dynamodb.send;
    await expect(handle({ kind: 'sweep' })).rejects.toThrow(/no table/);
    expect(counted()).toBe(0);
    // Of a fleet that could not be read nothing is known.
    expect(openOf()).toBeUndefined();
  });

  it('fails loudly where nobody can say who would give one', async () => {
    await settings('off', { snapshots: { clean: {} } });
    await expect(handle({ kind: 'snapshots' })).rejects.toThrow(/^fleet bitcoin: /);
  });

  it('leaves a fleet to the next round where Lambda has no room to ask', async () => {
    await settings('off', { snapshots: { clean: {} } });
    const asked = jest.fn(async () => {
      throw Object.assign(new Error('Rate Exceeded.'), { name: 'TooManyRequestsException' });
    });
    clients.lambdaOnce.send = asked as unknown as typeof clients.lambdaOnce.send;
    jest.spyOn(globalThis, 'setTimeout').mockImplementation(((work: () => void) => setImmediate(work)) as never);
    await handle({ kind: 'snapshots' });
    expect(asked).toHaveBeenCalledTimes(7);
  });
});
