// Scenario: one data volume fills, and is grown before it is full. It is the first one for newcomers.
import {
  allHealedInTheEnd,
  clientUntouched,
  healed,
  healsEnd,
  nobodyPaged,
  nobodyReplaced,
  sizeGiB,
} from '../checks/expectations.ts';
import type { Scenario } from '../scenario.ts';
import { exchange, QUICK_BLOCKS } from '../world/worlds.ts';

export const diskFull: Scenario = {
  name: 'disk-full',
  sentence: 'The data volume of a bitcoin node fills up; it is grown while the client runs.',
  build: (world) => void exchange(world, {}, { clock: QUICK_BLOCKS }),
  done: (world) => healed(world, 1),
  hours: 12,
  expect: [
    healsEnd(1),
    allHealedInTheEnd,
    { sentence: 'the volume grew from 500 to 900 GiB', holds: (report) => sizeGiB(report, 'node2') === 900 },
    clientUntouched,
    nobodyPaged,
    nobodyReplaced,
  ],
};
