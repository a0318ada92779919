// Scenario: the mode `plan`, in which a fleet begins. It says what it would do, and changes nothing.
import { clientUntouched, nobodyPaged, planned, sizeGiB } from '../checks/expectations.ts';
import type { Scenario } from '../scenario.ts';
import { exchange, QUICK_BLOCKS } from '../world/worlds.ts';

export const diskFullPlan: Scenario = {
  name: 'disk-full-plan',
  sentence: 'The fleet is in mode plan: what would be done is written down, and nothing is touched.',
  fleets: { bitcoin: { mode: 'plan' } },
  build: (world) => void exchange(world, {}, { clock: QUICK_BLOCKS }),
  done: planned,
  hours: 12,
  expect: [
    {
      sentence: 'one plan, to grow the volume to 900 GiB',
      holds: ({ plans }) => plans.length === 1 && plans[0]?.would === 'grow 500 → 900 GiB',
    },
    { sentence: 'nothing was healed', holds: ({ heals }) => heals.length === 0 },
    { sentence: 'the volume is as it was', holds: (report) => sizeGiB(report, 'node2') === 500 },
    clientUntouched,
    nobodyPaged,
  ],
};
