// Siblings fill up together, and with them their chain stands still: a breaker that stopped the cure would stop it for ever.
import { readJournal } from '../run/journal.ts';
import type { World } from '../run/world.ts';
import { healed, healsEnd, nobodyPaged, nobodyReplaced } from './expectations.ts';
import type { Scenario } from './scenario.ts';
import { CONSORTIUM_BLOCK_MS, CONSORTIUM_START_HEIGHT, consortium } from './worlds.ts';

const GIB = 2 ** 30;
const BURST_MINUTES = 2.5;
const HALTED_HEIGHT = CONSORTIUM_START_HEIGHT + (BURST_MINUTES * 60_000) / CONSORTIUM_BLOCK_MS + 1;

export const allDisksFull: Scenario = {
  name: 'all-disks-full',
  sentence:
    'Four validators fill up at once and their chain halts; one is grown first, then the others, and it goes on.',
  build: (world) => void consortium(world),
  people: (world) =>
    world.at(BURST_MINUTES, () => {
      // A burst of transactions, indexed on each of them.
      for (const { machine } of world.nodes) machine.write('/data', 100 * GIB);
    }),
  done: (world) => healed(world, 4),
  hours: 12,
  expect: [
    healsEnd(4),
    {
      sentence: 'all four volumes were grown',
      holds: ({ nodes }) => nodes.every(({ volumes }) => volumes.every((volume) => volume.sizeGiB > 100)),
    },
    { sentence: 'one was grown and proved before the next was begun', holds: (_, world) => oneFirst(world) },
    {
      sentence: 'no other guardrail stood in the way',
      holds: ({ refusals }) =>
        refusals.every(({ guardrail }) => ['staggered', 'busy', 'disk-full-first'].includes(guardrail)),
      undisturbed: true,
    },
    {
      sentence: 'every client runs again and the chain goes on',
      holds: ({ nodes }) => nodes.every(({ state, height }) => state === 'synced' && height > HALTED_HEIGHT),
    },
    // All four are down for minutes, and none for longer than its heal takes.
    nobodyPaged,
    nobodyReplaced,
  ],
};

function oneFirst({ region, tableName }: World): boolean {
  const journal = readJournal(region, tableName);
  const proof = journal.findIndex(({ kind }) => kind === 'proof');
  const begun = journal.slice(0, proof).filter(({ kind, act = '' }) => kind === 'intent' && act.startsWith('Modify'));
  return new Set(begun.map(({ node }) => node)).size === 1;
}
