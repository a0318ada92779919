// Scenario: a snapshot that a person made in the console has no tags. Chainmend may not use it, says so, and heals with another one.

import { allHealedInTheEnd, nobodyPaged } from '../checks/expectations.ts';
import { goodSwap } from '../checks/ladder-expectations.ts';
import { readJournal } from '../report/journal.ts';
import type { Scenario } from '../scenario.ts';
import { lifecyclePolicy, snapshotsOf } from '../world/fixtures.ts';
import { corruptNow, GOOD, impatient, incidentsEnded, SICK, smallFleet } from '../world/ladder.ts';
import type { World } from '../world/world.ts';

const BREAKS_AT_MINUTES = 3;
/** Newer than the policy's snapshots, so that it would be the first choice. */
const UNTAGGED = 'snap-0000000000000c005';

export const untaggedSnapshot: Scenario = {
  name: 'untagged-snapshot',
  sentence:
    'A person made a snapshot in the console, which copies no tags: the node is restarted and restored without it, and the journal says why.',
  fleets: { bitcoin: impatient },
  build: (world) => {
    snapshotsOf(world, smallFleet(world), { hoursAgo: 2, snapshotId: UNTAGGED, by: 'console' });
    lifecyclePolicy(world, 'bitcoin', [{ node: SICK, hoursAgo: 9, snapshotId: GOOD }]);
  },
  people: (world) => world.at(BREAKS_AT_MINUTES, () => corruptNow(world)),
  done: (world) => incidentsEnded(world, 'healed'),
  hours: 6,
  expect: [
    ...goodSwap(GOOD, 'its data come from the snapshot of the lifecycle policy'),
    {
      sentence: 'the restart came first: its client was started twice',
      holds: (_, world) => world.find('bitcoin', SICK).machine.report().clientStarts.length === 2,
      undisturbed: true,
    },
    {
      sentence: 'the journal names the untagged snapshot, and the command that makes it usable',
      holds: (_, world) => isNotified(world),
    },
    {
      sentence: 'nothing was made of the untagged snapshot, and nothing written on it',
      holds: (_, { region }) =>
        region.ec2.volumes().every(({ snapshotId }) => snapshotId !== UNTAGGED) &&
        Object.keys(region.ec2.tags(UNTAGGED)).length === 0,
    },
    allHealedInTheEnd,
    nobodyPaged,
  ],
};

const isNotified = ({ region, tableName }: World): boolean =>
  readJournal(region, tableName).some(({ sentence }) =>
    sentence.includes(`aws ec2 create-tags --resources ${UNTAGGED} --tags Key=chainmend:fleet,Value=bitcoin`),
  );
