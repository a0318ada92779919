// A node that is down while a heal works on it: nobody is paged for what heals itself, but only for that time.

import { everySeconds } from '../../../../local/nodes/rhythm.ts';
import { seenNow } from '../../../../local/scenarios/checks/expectations.ts';
import type { Scenario } from '../../../../local/scenarios/scenario.ts';
import type { World } from '../../../../local/scenarios/world/world.ts';
import { bitcoinChain, followers, references } from '../../../../local/scenarios/world/worlds.ts';
import { toItem } from '../../../../shared/aws/attributes.ts';
import type { IncidentRecord } from '../../../../shared/heal/records.ts';
import { keys } from '../../../../shared/heal/store.ts';
import type { HealPayload } from '../../../../shared/model/payload.ts';
import type { Check } from './case.ts';

const NOON_MS = Date.UTC(2026, 0, 1, 12);
const EXECUTION = 'arn:aws:lambda:eu-west-1:111122223333:function:chainmend-resize-volume:1/durable-execution/other/1';
const DOWN_AT_MINUTES = 2;

/** A slow heal of node2's disk: no function looks after its incident. */
function underHeal(world: World, mode: 'act' | 'ask'): void {
  const { instanceId } = world.find('bitcoin', 'node2');
  const subject = { fleet: 'bitcoin', node: 'node2', instanceId, trigger: 'disk:data', incidentId: 'feedbeef' };
  const alarm = { alarmName: 'chainmend-bitcoin-node2-disk', namespace: 'CWAgent', dimensions: {} };
  const payload: HealPayload = {
    ...{ ...subject, alarm, mode, kind: 'resize-volume', attempt: 1, onsetMs: NOON_MS },
    deadlineMs: NOON_MS + 8 * 60 * 60_000,
  };
  const record: IncidentRecord = {
    ...{ ...subject, alarm, onsetMs: NOON_MS, attempt: 1, failures: 0, notBeforeMs: 0 },
    ...{ refusedCodes: [], pagedCodes: [], version: 1 },
    ...{ state: 'claimed', payload, execution: EXECUTION },
  };
  const { pk, sk } = keys.incident('bitcoin', instanceId, 'disk:data');
  const Item = { pk: { S: pk }, sk: { S: sk }, ...toItem(record) };
  world.beforehand(async () => {
    await world.region.call('scheduler', 'DeleteSchedule', { Name: 'chainmend-sweep' });
    await world.region.call('dynamodb', 'PutItem', { TableName: world.tableName, Item }, 'dispatch-heal');
  });
}

const pages =
  (count: number): Check =>
  (report) =>
    report.pages.filter(({ code, node }) => code === 'node-unreachable' && node === 'node2').length === count &&
    report.pages.every(({ code }) => code === 'node-unreachable' || code === 'suite-alarm');

function scenarioOf(name: string, mode: 'act' | 'ask', minutes: number, told: number): Scenario {
  return {
    name,
    sentence: name,
    build: (world) => {
      references(world, bitcoinChain(world, 1, { clock: everySeconds(30) }));
      followers(world, 3);
      underHeal(world, mode);
    },
    people: (world) => world.at(DOWN_AT_MINUTES, () => world.find('bitcoin', 'node2').machine.rpc.misbehave('dead')),
    done: ({ region }) => region.clock.now() >= NOON_MS + minutes * 60_000,
    hours: 1,
    expect: [
      {
        sentence: 'it was seen to be unreachable',
        holds: (_, world) => seenNow(world, world.find('bitcoin', 'node2').instanceId) === 'unreachable',
      },
      { sentence: `people were told ${told} times`, holds: pages(told) },
    ],
  };
}

export const SCENARIOS: readonly Scenario[] = [
  // Every run continues for ten minutes after its end.
  scenarioOf('people are not told of a node that is down while it is healed', 'act', 15, 0),
  scenarioOf('people are told, once, when it is still down after half an hour', 'act', 35, 1),
  scenarioOf('people are told at once of one whose heal waits for their answer', 'ask', 6, 1),
];
