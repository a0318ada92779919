// Scenario: siblings fill up together, and their chain halts, although all processes still answer. A breaker must not stop this heal, or the chain
// never continues. A process that answers must not count as a client that works.
import { healed, healsEnd, nobodyPaged, nobodyReplaced } from '../checks/expectations.ts';
import type { Scenario } from '../scenario.ts';
import type { World } from '../world/world.ts';
import { consortium } from '../world/worlds.ts';

const GIB = 2 ** 30;
const BURST_MINUTES = 2.5;
/** The height at which the disks were full; the chain may have made one more block. */
const fullAt = new WeakMap<World, number>();

export const allDisksFull: Scenario = {
  name: 'all-disks-full',
  sentence: 'Four validators fill up at once and their chain halts; all are grown, started again, and it goes on.',
  build: (world) => void consortium(world),
  people: (world) =>
    world.at(BURST_MINUTES, () => {
      // A burst of transactions, indexed on each of the nodes.
      fullAt.set(world, world.chains[0]?.height() ?? 0);
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
    {
      sentence: 'each client was started again: it ran, and its consensus had ended',
      holds: (_, world) => world.nodes.every(({ machine }) => machine.report().clientStarts.length > 0),
    },
    {
      sentence: 'no other guardrail stood in the way',
      holds: ({ refusals }) =>
        refusals.every(({ guardrail }) => ['staggered', 'busy', 'disk-full-first'].includes(guardrail)),
      undisturbed: true,
    },
    {
      sentence: 'every client runs again and the chain goes on',
      holds: ({ nodes }, world) =>
        nodes.every(
          ({ state, height }) => state === 'synced' && height > (fullAt.get(world) ?? Number.POSITIVE_INFINITY) + 1,
        ),
    },
    // All four sign nothing for minutes, but none for longer than its heal takes.
    nobodyPaged,
    // rotate-peers counts as a heal, too: while growing waits, it changes the lists of peers of processes that answer.
    {
      ...nobodyReplaced,
      holds: ({ heals }) => heals.every(({ kind }) => ['resize-volume', 'rotate-peers'].includes(kind)),
    },
  ],
};
