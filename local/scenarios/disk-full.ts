// The first thing a newcomer sees: one data volume fills, and is grown before it is full.

import { healed, nobodyReplaced } from './expectations.ts';
import type { Scenario } from './scenario.ts';
import { exchange } from './worlds.ts';

export const diskFull: Scenario = {
  name: 'disk-full',
  sentence: 'The data volume of a bitcoin node fills up; it is grown while the client runs.',
  build: (world) => void exchange(world),
  done: (world) => healed(world, 1),
  hours: 12,
  expect: [
    {
      sentence: 'one heal, and it healed',
      holds: ({ heals }) => heals.filter(({ outcome }) => outcome === 'healed').length === 1,
    },
    { sentence: 'the volume is larger than 500 GiB', holds: ({ nodes }) => (nodes[1]?.volumes[0]?.sizeGiB ?? 0) > 500 },
    {
      sentence: 'the client was not stopped',
      holds: ({ heals }) => heals.every(({ outageSeconds }) => outageSeconds === 0),
    },
    nobodyReplaced,
  ],
};
