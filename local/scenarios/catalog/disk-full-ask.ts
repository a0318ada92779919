// Scenario: the mode `ask`. A person is asked, and acts by copying a line from the page.
import { clientUntouched, healed, healsEnd, nobodyReplaced, pagedFor, sizeGiB } from '../checks/expectations.ts';
import type { Scenario } from '../scenario.ts';
import { answerAsPaged } from '../world/answers.ts';
import { exchange, QUICK_BLOCKS } from '../world/worlds.ts';

const THINKING_MINUTES = 6;

export const diskFullAsk: Scenario = {
  name: 'disk-full-ask',
  sentence: 'The fleet is in mode ask: a person reads the page, approves the plan, and then the volume is grown.',
  fleets: { bitcoin: { mode: 'ask' } },
  build: (world) => void exchange(world, {}, { clock: QUICK_BLOCKS }),
  people: (world) =>
    world.whenPaged('approval-wanted', THINKING_MINUTES, ({ approve = '' }) => answerAsPaged(world, approve)),
  done: (world) => healed(world, 1),
  hours: 12,
  expect: [
    pagedFor('approval-wanted', 'a person was asked, and paged for nothing else'),
    {
      sentence: 'the plan was to grow the volume to 900 GiB',
      holds: ({ plans }) => plans.length === 1 && plans[0]?.would === 'grow 500 → 900 GiB',
    },
    healsEnd(1),
    {
      sentence: 'it was healed after the approval, not before',
      holds: ({ heals }) =>
        heals.every(({ alarmToHealedSeconds }) => (alarmToHealedSeconds ?? 0) > THINKING_MINUTES * 60),
    },
    { sentence: 'the volume grew to what was approved', holds: (report) => sizeGiB(report, 'node2') === 900 },
    clientUntouched,
    nobodyReplaced,
  ],
};
