// Scenario: a pause holds everything back. Its end needs no second alarm: troubles are checked again each minute.
import {
  clientUntouched,
  healed,
  healsEnd,
  nobodyPaged,
  nobodyReplaced,
  refusedFor,
  sizeGiB,
} from '../checks/expectations.ts';
import type { Scenario } from '../scenario.ts';
import { exchange, QUICK_BLOCKS } from '../world/worlds.ts';

const RESUMED_MINUTES = 60;

export const diskFullPaused: Scenario = {
  name: 'disk-full-paused',
  sentence: 'A person has paused the fleet: refused for an hour, healed as soon as the pause ends.',
  build: (world) => {
    exchange(world, {}, { clock: QUICK_BLOCKS });
    world.beforehand(() => world.setPause('Anna moves the explorer’s database, until one o’clock', 'bitcoin'));
  },
  people: (world) => world.at(RESUMED_MINUTES, () => world.setPause('off', 'bitcoin')),
  done: (world) => healed(world, 1),
  hours: 12,
  expect: [
    refusedFor('paused', 'it was refused while the pause was set'),
    healsEnd(1),
    {
      sentence: 'nothing was begun before the pause ended',
      holds: ({ heals }) => heals.every(({ startedAtSeconds }) => startedAtSeconds >= RESUMED_MINUTES * 60),
    },
    { sentence: 'the volume is larger than 500 GiB', holds: (report) => sizeGiB(report, 'node2') > 500 },
    clientUntouched,
    nobodyPaged,
    nobodyReplaced,
  ],
};
