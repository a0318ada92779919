// Scenario: a delayed command arrives after everything is over. The node knows by its fence that the command is stale.

import { allHealedInTheEnd } from '../checks/expectations.ts';
import { allWell, namesRight, oldKept, othersUntouched, restoredFrom } from '../checks/ladder-expectations.ts';
import type { Scenario } from '../scenario.ts';
import { snapshotsOf } from '../world/fixtures.ts';
import {
  corruptNow,
  executionsOf,
  GOOD,
  impatient,
  incidentsEnded,
  ladderHeals,
  passed,
  requestOf,
  SICK,
  smallFleet,
} from '../world/ladder.ts';
import type { World } from '../world/world.ts';
import { QUICK_BLOCKS } from '../world/worlds.ts';

const BREAKS_AT_MINUTES = 3;
/** The number of client starts when the old command came; the swap left the client running. */
const starts = new WeakMap<World, number>();

export const lateCommand: Scenario = {
  name: 'late-command',
  sentence: 'A command of a heal that died fires after its successor has swapped the volume: the node refuses it.',
  fleets: { bitcoin: impatient },
  build: (world) => {
    snapshotsOf(world, smallFleet(world, { clock: QUICK_BLOCKS }), { hoursAgo: 8, snapshotId: GOOD });
  },
  people: (world) => {
    const { region } = world;
    world.at(BREAKS_AT_MINUTES, () => corruptNow(world));
    const restart = () => requestOf(world, 'SendCommand', 'restart-client');
    // The first heal is cut off after it sent its first command that changes anything.
    world.when(
      () => restart() !== undefined,
      () => region.lambda.timeOut(executionsOf(world)[0]?.arn ?? ''),
    );
    world.when(
      () => incidentsEnded(world, 'healed'),
      () => {
        starts.set(world, startsOf(world));
        return region.call('ssm', 'SendCommand', restart()?.input as object);
      },
    );
  },
  done: (world) => incidentsEnded(world, 'healed') && starts.has(world) && passed(world, 40),
  hours: 6,
  expect: [
    { sentence: 'the node refused it', holds: ({ fencedCommands }) => fencedCommands >= 1 },
    {
      sentence: 'its client was not started again after the swap',
      holds: (_, world) => starts.get(world) === startsOf(world),
    },
    {
      sentence: 'the first heal was cut off, and the next one healed by a swap',
      holds: (report) =>
        ladderHeals(report)
          .map(({ outcome, rung }) => rung ?? outcome)
          .join() === 'unfinished,swap',
      undisturbed: true,
    },
    restoredFrom(GOOD, 'its data come from the snapshot'),
    oldKept,
    othersUntouched,
    namesRight,
    allWell,
    allHealedInTheEnd,
  ],
};

const startsOf = (world: World): number => world.find('bitcoin', SICK).machine.report().clientStarts.length;
