// Scenario: an Auto Scaling group replaces its members itself. Chainmend leaves members to the group, unless the owner configures otherwise.

import { asFound, nothingReplacedBut, othersUntouched, sameInstances } from '../checks/ladder-expectations.ts';
import type { Scenario } from '../scenario.ts';
import { launchTemplate, scalingGroup, snapshotsOf } from '../world/fixtures.ts';
import { corruptNow, GOOD, impatient, ladderHeals, pagedNow, SICK, smallFleet } from '../world/ladder.ts';
import { QUICK_BLOCKS } from '../world/worlds.ts';

const BREAKS_AT_MINUTES = 3;

export const asgOwned: Scenario = {
  name: 'asg-owned',
  sentence: 'A broken node belongs to an Auto Scaling group: it is restarted, and all else is refused and told.',
  fleets: { bitcoin: impatient },
  build: (world) => {
    const sick = smallFleet(world, { clock: QUICK_BLOCKS });
    launchTemplate(world, 'bitcoin');
    snapshotsOf(world, sick, { hoursAgo: 8, snapshotId: GOOD });
    scalingGroup(world, 'bitcoin-nodes', world.nodes);
  },
  people: (world) => world.at(BREAKS_AT_MINUTES, () => corruptNow(world)),
  done: (world) => pagedNow(world, 'asg-owned'),
  hours: 4,
  expect: [
    {
      sentence: 'it was refused because of the group, and people were told',
      holds: ({ refusals, pages }) =>
        refusals.some(({ guardrail, node }) => guardrail === 'asg-owned' && node === SICK) &&
        pages.some(({ code }) => code === 'asg-owned'),
    },
    {
      sentence: 'the restart that came before left the node as it was found',
      holds: (report) => ladderHeals(report).every(({ outcome }) => outcome === 'restored'),
      undisturbed: true,
    },
    {
      sentence: 'the group has the members that it had, all in service',
      holds: (_, { region, nodes }) => {
        const { members, desired, activities } = region.autoscaling.group('bitcoin-nodes');
        const inService = [...members.values()].filter(({ lifecycle }) => lifecycle === 'InService');
        return inService.length === nodes.length && desired === nodes.length && activities.length === 0;
      },
    },
    asFound,
    nothingReplacedBut(0),
    sameInstances,
    othersUntouched,
  ],
};
