// Scenario: a person has grown the volume but not its filesystem. No EC2 call is needed.
import { clientUntouched, healed, healsEnd, nobodyPaged, nobodyReplaced, sizeGiB } from '../checks/expectations.ts';
import type { Scenario } from '../scenario.ts';
import { exchange, QUICK_BLOCKS } from '../world/worlds.ts';

export const diskFullGrownBefore: Scenario = {
  name: 'disk-full-grown-before',
  sentence: 'A person grew the volume yesterday and forgot the filesystem; only the filesystem is grown.',
  build: (world) => {
    const node = exchange(world, { sizeGiB: 900, filesystemGiB: 500 }, { clock: QUICK_BLOCKS });
    world.grownBefore(node, 'data', 'a person', [{ hoursAgo: 22, fromGiB: 500, toGiB: 900 }]);
  },
  done: (world) => healed(world, 1),
  hours: 12,
  expect: [
    healsEnd(1),
    { sentence: 'the volume was not modified', holds: (report) => sizeGiB(report, 'node2') === 900 },
    {
      sentence: 'the filesystem has the volume’s size',
      holds: ({ nodes }) => nodes.every(({ volumes }) => volumes.every(({ usedPercent }) => usedPercent < 60)),
    },
    clientUntouched,
    nobodyPaged,
    nobodyReplaced,
  ],
};
