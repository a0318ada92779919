// A disk of a large fleet: one alarm for all nodes names instance and path, and the agent's metrics have more dimensions than that.

import { everySeconds } from '../../../../local/nodes/rhythm.ts';
import { healed, planned, sizeGiB } from '../../../../local/scenarios/checks/expectations.ts';
import type { Scenario } from '../../../../local/scenarios/scenario.ts';
import { answerAsPaged } from '../../../../local/scenarios/world/answers.ts';
import type { World } from '../../../../local/scenarios/world/world.ts';
import { bitcoinChain, followers } from '../../../../local/scenarios/world/worlds.ts';
import { NODES_WITH_OWN_ALARMS } from '../../../../shared/fleet/resource-names.ts';
import type { Mode } from '../../../../shared/model/mode.ts';
import { invoke } from './case.ts';

const FULL = 'node2';
/** One more than the nodes with their own alarms. */
const COUNT = NODES_WITH_OWN_ALARMS + 1;

const fleet = (world: World, count: number): void => {
  bitcoinChain(world, 14, { clock: everySeconds(30) });
  followers(world, count, (at) => ({
    volumes: [
      at === 1
        ? { role: 'data', path: '/node-data', sizeGiB: 500, usedPercent: 90.95 }
        : { role: 'data', path: '/node-data', sizeGiB: 1_000, usedPercent: 46 },
    ],
  }));
};

const ENDS: Readonly<Record<Mode, (world: World) => boolean>> = {
  plan: planned,
  ask: (world) => healed(world, 1),
  act: (world) => healed(world, 1),
};

const scenarioOf = (mode: Mode): Scenario => ({
  name: `a full disk of a fleet with fleet-wide alarms in mode ${mode} gets what its own history asks for`,
  sentence: mode,
  fleets: { bitcoin: { mode } },
  build: (world) => fleet(world, COUNT),
  people: (world) => {
    // Peers ask for an approval as well, and nobody answers them.
    if (mode === 'ask')
      world.whenPaged('approval-wanted', 2, ({ node, approve = '' }) => node === FULL && answerAsPaged(world, approve));
  },
  done: ENDS[mode],
  hours: 3,
  expect: [
    {
      sentence: 'the node has no alarm of its own',
      holds: (_, { region }) => region.cloudwatch.alarmState(`chainmend-bitcoin-${FULL}-disk`) === undefined,
    },
    {
      sentence: 'nothing was refused',
      holds: ({ refusals }) => refusals.every(({ kind }) => kind !== 'resize-volume'),
    },
    {
      sentence: '500 → 900 GiB, by 14 GiB an hour',
      holds: (report) =>
        mode === 'act'
          ? sizeGiB(report, FULL) === 900
          : report.plans.some(({ node, would }) => node === FULL && would === 'grow 500 → 900 GiB'),
    },
    {
      sentence: mode === 'plan' ? 'nothing was touched' : 'it was grown to that',
      holds: (report) => sizeGiB(report, FULL) === (mode === 'plan' ? 500 : 900),
    },
  ],
});

/** A person names a node and a path; the agent also publishes metrics of the root filesystem. */
const byHand: Scenario = {
  name: 'a heal that a person asks for by the node’s name gets what the history asks for',
  sentence: 'a person has no alarm to show',
  fleets: { bitcoin: { mode: 'plan' } },
  build: (world) => fleet(world, 3),
  people: (world) => {
    const { instanceId } = world.find('bitcoin', FULL);
    // Its alarm is muted: only the person reports it.
    world.at(0, () =>
      world.region.call('monitoring', 'DeleteAlarms', { AlarmNames: [`chainmend-bitcoin-${FULL}-disk`] }),
    );
    world.at(1, () =>
      invoke(world, JSON.stringify({ kind: 'heal', fleet: 'bitcoin', instanceId, trigger: 'disk:data' })),
    );
  },
  done: planned,
  hours: 2,
  expect: [
    {
      sentence: '500 → 900 GiB, by 14 GiB an hour',
      holds: ({ plans }) => plans.some(({ node, would }) => node === FULL && would === 'grow 500 → 900 GiB'),
    },
  ],
};

export const SCENARIOS: readonly Scenario[] = [scenarioOf('plan'), scenarioOf('ask'), scenarioOf('act'), byHand];
