// Scenario: no snapshot fits, so none is tried. A person is paged, and finds the node as it was.

import {
  asFound,
  nothingReplacedBut,
  othersUntouched,
  sameInstances,
  shortOutage,
} from '../checks/ladder-expectations.ts';
import type { Scenario } from '../scenario.ts';
import { snapshotsOf } from '../world/fixtures.ts';
import { BAD, corruptNow, impatient, ladderHeals, pagedNow, SICK, smallFleet } from '../world/ladder.ts';

const BREAKS_AT_MINUTES = 3;

export const noGoodSnapshot: Scenario = {
  name: 'no-good-snapshot',
  sentence:
    'A node’s data are broken and its only snapshot is known to be bad: it is left as it was found, and people are told.',
  fleets: { bitcoin: impatient },
  build: (world) => {
    snapshotsOf(world, smallFleet(world), { hoursAgo: 8, snapshotId: BAD, quarantined: 'its client ended on it' });
  },
  people: (world) => world.at(BREAKS_AT_MINUTES, () => corruptNow(world)),
  done: (world) => pagedNow(world, 'no-good-snapshot'),
  hours: 8,
  expect: [
    {
      sentence: 'people were told that no snapshot fits',
      holds: ({ pages }) =>
        pages.some(
          ({ code, node, sentence }) =>
            code === 'no-good-snapshot' && node === SICK && sentence.includes('no good snapshot is left'),
        ),
    },
    {
      sentence: 'what was tried left the node as it was found',
      holds: (report) => ladderHeals(report).every(({ outcome }) => outcome === 'restored'),
      undisturbed: true,
    },
    asFound,
    {
      sentence: 'its client runs, as it did',
      holds: (_, world) => world.find('bitcoin', SICK).machine.client.state === 'running',
    },
    nothingReplacedBut(0),
    shortOutage,
    sameInstances,
    othersUntouched,
  ],
};
