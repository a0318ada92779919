// What a hostile or mistaken caller can do to a heal: invoke it by hand, with any payload.
import { incidentsOf } from '../../../../local/scenarios/report/records.ts';
import type { Scenario } from '../../../../local/scenarios/scenario.ts';
import type { PlacedNode, World } from '../../../../local/scenarios/world/world.ts';
import { consortium } from '../../../../local/scenarios/world/worlds.ts';
import { toItem } from '../../../../shared/aws/attributes.ts';
import type { IncidentRecord } from '../../../../shared/heal/records.ts';
import { keys } from '../../../../shared/heal/store.ts';
import type { ResizePayload } from '../../../../shared/model/payload.ts';
import {
  type Case,
  type Check,
  healedOnce,
  invoke,
  modifications,
  nobodyPaged,
  nothingModified,
  sample,
  scenarioOf,
} from './case.ts';

const HEAL = 'chainmend-resize-volume';
const DEAD_LETTERS = 'chainmend-failed';
const NOON_MS = Date.UTC(2026, 0, 1, 12);

const invokeHeal = (world: World, payload: unknown, DurableExecutionName?: string): Promise<unknown> =>
  world.region.call('lambda', 'Invoke', {
    FunctionName: `${HEAL}:live`,
    InvocationType: 'Event',
    ...(DurableExecutionName && { DurableExecutionName }),
    Payload: new Uint8Array(Buffer.from(typeof payload === 'string' ? payload : JSON.stringify(payload))),
  });

/** The payload that the dispatcher would have written for node2. */
const payloadFor = ({ instanceId }: PlacedNode, more: Partial<ResizePayload> = {}): ResizePayload => ({
  kind: 'resize-volume',
  fleet: 'bitcoin',
  node: 'node2',
  instanceId,
  trigger: 'disk:data',
  incidentId: 'feedbeef',
  attempt: 1,
  mode: 'act',
  onsetMs: NOON_MS,
  deadlineMs: NOON_MS + 8 * 60 * 60_000,
  alarm: {
    alarmName: 'chainmend-bitcoin-node2-disk',
    namespace: 'CWAgent',
    dimensions: { InstanceId: instanceId, path: '/node-data', fstype: 'xfs' },
  },
  ...more,
});

/** An attempt that the dispatcher has allocated and not invoked yet. */
function allocated(world: World, payload: ResizePayload): void {
  const { fleet, node, instanceId, trigger, incidentId, onsetMs, alarm, attempt } = payload;
  const record: IncidentRecord = {
    ...{ fleet, node, instanceId, trigger, incidentId, onsetMs, alarm, attempt, payload },
    ...{ failures: 0, notBeforeMs: 0, refusedCodes: [], pagedCodes: [], version: 1 },
    state: 'allocated',
    allocatedAtMs: NOON_MS,
  };
  const { pk, sk } = keys.incident(fleet, instanceId, trigger);
  const Item = { pk: { S: pk }, sk: { S: sk }, ...toItem(record) };
  world.beforehand(() =>
    world.region.call('dynamodb', 'PutItem', { TableName: world.tableName, Item }, 'dispatch-heal'),
  );
}

/** Calls of the heal: only its own checkpoints and one read of its incident. */
const onlyLookedAtItsIncident: Check = (_, world) =>
  world.region.gateway.trace.calls
    .filter(({ actor }) => actor.startsWith(HEAL))
    .every(({ operation }) =>
      ['GetItem', 'CheckpointDurableExecution', 'GetDurableExecutionState'].includes(operation),
    );

/** A forged event: the disk alarm of node2 is in ALARM, about an instance of the caller's choice. */
const eventAbout = (instanceId: string): string => sample('alarm').replaceAll('i-0b2c3d4e5f6071829', instanceId);

/** An alarm on an expression over all nodes, in ALARM. */
function fleetWideAlarm(world: World): void {
  const { region } = world;
  const tick = (): void => {
    region.cloudwatch.record('Fleet', 'disk_used_percent', {}, 97, region.clock.now(), 'Percent');
    region.clock.after(60_000, tick);
  };
  region.clock.after(60_000, tick);
  const Metric = { Namespace: 'Fleet', MetricName: 'disk_used_percent', Dimensions: [] };
  world.beforehand(() =>
    region.call('monitoring', 'PutMetricAlarm', {
      AlarmName: 'chainmend-bitcoin-disk',
      Metrics: [
        { Id: 'all', MetricStat: { Metric, Period: 60, Stat: 'Maximum' }, ReturnData: false },
        { Id: 'worst', Expression: 'all * 1', ReturnData: true },
      ],
      EvaluationPeriods: 1,
      Threshold: 90,
      ComparisonOperator: 'GreaterThanOrEqualToThreshold',
    }),
  );
}

const minutesIn =
  (minutes: number) =>
  (world: World): boolean =>
    world.region.clock.now() >= NOON_MS + minutes * 60_000;

const cases: Readonly<Record<string, Case>> = {
  'a heal is invoked by hand with a payload that nobody allocated: it ends, and touches nothing': {
    volume: { usedPercent: 50 },
    people: (world, node) => {
      world.at(1, () => invokeHeal(world, payloadFor(node)));
      world.at(2, () => invokeHeal(world, payloadFor(node, { attempt: 99, mode: 'ask' }), 'resize-volume-by-hand'));
      world.at(3, () => invokeHeal(world, payloadFor(node, { fleet: 'no-such-fleet' })));
    },
    done: minutesIn(10),
    expect: {
      'it ran three times': (_, world) => world.region.lambda.executions().length === 3,
      'nothing but its incident was looked at': onlyLookedAtItsIncident,
      'nothing was modified': nothingModified,
      'nobody was paged': nobodyPaged,
    },
  },
  'a heal is invoked by hand with what is no payload: it fails by name, and touches nothing': {
    volume: { usedPercent: 50 },
    people: (world, node) =>
      world.at(1, async () => {
        for (const wrong of [
          '"grow everything"',
          '{}',
          { ...payloadFor(node), instanceId: '$(reboot)' },
          { ...payloadFor(node), trigger: 'disk:data; rm -rf /' },
          { ...payloadFor(node), volumeId: 'vol-0123456789abcdef0' },
        ])
          await invokeHeal(world, wrong);
      }),
    done: minutesIn(10),
    expect: {
      'every one of them failed': (_, world) =>
        world.region.lambda
          .executions()
          .map(({ status }) => status)
          .join() === 'FAILED,FAILED,FAILED,FAILED,FAILED',
      'nothing was looked at': onlyLookedAtItsIncident,
      'nothing was modified': nothingModified,
      'each is kept in the dead-letter queue': (_, world) => world.region.sqs.depth(DEAD_LETTERS) === 5,
    },
  },
  'an event names an alarm that is in ALARM, and another node: only the alarm’s own node is looked at': {
    people: (world, { instanceId }) => {
      world.at(0, () => world.setPause('until the event is there'));
      world.at(5, () => invoke(world, eventAbout(world.find('bitcoin', 'node1').instanceId)));
      world.at(10, () => invoke(world, eventAbout(instanceId)));
      world.at(15, () => world.setPause('off'));
    },
    expect: {
      'one heal, and it healed': healedOnce,
      'the other node was never an incident': (_, world) => incidentsOf(world).every(({ node }) => node === 'node2'),
    },
  },
  'a person names a fleet, and an instance that is another’s: refused by name, and kept': {
    also: (world) => void consortium(world),
    people: (world) => {
      const { instanceId } = world.find('irita', 'validator1');
      world.at(1, () => invoke(world, JSON.stringify({ kind: 'heal', fleet: 'bitcoin', instanceId })));
    },
    volume: { usedPercent: 50 },
    fleet: { volumes: { data: '/data' } },
    done: minutesIn(10),
    expect: {
      'no node was an incident': ({ heals, refusals }) => heals.length + refusals.length === 0,
      'the event is kept, and says whose node it is': (_, world) => {
        const [kept, another] = world.region.sqs.messages(DEAD_LETTERS);
        return !another && kept?.body.includes('field fleet') === true && kept.body.includes('irita');
      },
    },
  },
  'a fleet-wide alarm as a whole tells of no node, and is no error': {
    volume: { usedPercent: 50 },
    also: fleetWideAlarm,
    people: (world) => world.at(1, () => invoke(world, sample('alarm-metrics-insights'))),
    done: minutesIn(15),
    expect: {
      'nothing was modified': nothingModified,
      'none of its events failed': (_, world) => world.region.sqs.depth(DEAD_LETTERS) === 0,
      'nobody was paged': nobodyPaged,
    },
  },
  'an allocated attempt cannot be had with a payload of somebody’s own: the true one heals': {
    people: (world, node) =>
      world.at(0.1, async () => {
        await invokeHeal(world, payloadFor(node, { mode: 'ask' }));
        await invokeHeal(world, payloadFor(node, { incidentId: 'badc0ffe' }));
        await invokeHeal(world, payloadFor(node, { alarm: { alarmName: '', namespace: 'Mine', dimensions: {} } }));
      }),
    also: (world, node) => allocated(world, payloadFor(node)),
    expect: {
      'one heal, and it healed': healedOnce,
      'the volume was modified once': (_, world) => modifications(world).length === 1,
      'everything in the journal is of the true incident': ({ heals }) =>
        heals.map(({ incident }) => incident).join() === 'feedbeef',
      'nobody was paged': nobodyPaged,
    },
  },
};

export const SCENARIOS: readonly Scenario[] = Object.entries(cases).map(([name, told]) => scenarioOf(name, told));
