// Scenario: the mildest rung comes first. Most clients that hang only need a restart.
import { allHealedInTheEnd, nobodyPaged } from '../checks/expectations.ts';
import {
  alarmsRight,
  allWell,
  fewCalls,
  healedBy,
  namesRight,
  othersUntouched,
  sameInstances,
  shortOutage,
} from '../checks/ladder-expectations.ts';
import type { Scenario } from '../scenario.ts';
import { dataVolumes, impatient, incidentsEnded, SICK, smallFleet } from '../world/ladder.ts';
import { QUICK_BLOCKS } from '../world/worlds.ts';

const HANGS_AT_MINUTES = 3;

export const stuckNode: Scenario = {
  name: 'stuck-node',
  sentence: 'A node hangs at a height while its siblings go on: its client is restarted in place, and follows again.',
  fleets: { bitcoin: impatient },
  build: (world) => void smallFleet(world, { clock: QUICK_BLOCKS }),
  people: (world) =>
    world.at(HANGS_AT_MINUTES, () => world.find('bitcoin', SICK).machine.client.freeze({ untilRestart: true })),
  done: (world) => incidentsEnded(world, 'healed'),
  hours: 4,
  expect: [
    healedBy('restart', 'one heal, and the restart healed'),
    {
      sentence: 'its client was started once',
      holds: (_, world) => world.find('bitcoin', SICK).machine.report().clientStarts.length === 1,
      undisturbed: true,
    },
    { sentence: 'it has the volume that it had', holds: (_, world) => dataVolumes(world).length === 1 },
    shortOutage,
    fewCalls,
    sameInstances,
    othersUntouched,
    namesRight,
    alarmsRight,
    allWell,
    allHealedInTheEnd,
    nobodyPaged,
  ],
};
