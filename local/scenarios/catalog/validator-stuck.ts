// Scenario: a validator that hangs costs its owner little. A second one with its key, or an older signing state, costs the stake.

import { nothingDone, refusedFor } from '../checks/expectations.ts';
import type { Scenario } from '../scenario.ts';
import { passed } from '../world/ladder.ts';
import type { World } from '../world/world.ts';
import { consortium } from '../world/worlds.ts';

const HANGS_AT_MINUTES = 2;
const HANGS = 'validator2';

export const validatorStuck: Scenario = {
  name: 'validator-stuck',
  sentence: 'One of four validators hangs: it is neither restarted nor replaced, and a person is told what to do.',
  build: (world) => void consortium(world),
  people: (world) => world.at(HANGS_AT_MINUTES, () => world.find('irita', HANGS).machine.client.freeze()),
  done: (world) => passed(world, 20),
  hours: 4,
  expect: [
    { ...nothingDone, undisturbed: true },
    {
      sentence: 'no client was restarted, and nothing but a list of peers was written',
      holds: ({ nodes, heals }) =>
        nodes.every(({ clientStarts }) => clientStarts === 0) && heals.every(({ kind }) => kind === 'rotate-peers'),
    },
    // Whose commands come late is hardly ever heard of: that a node stands has to be seen without a gap.
    { ...refusedFor('validator', 'it was refused because it is a validator'), undisturbed: true },
    {
      undisturbed: true,
      sentence: 'a person was paged, and told what to do',
      holds: ({ pages }) =>
        pages.some(
          ({ code, node, sentence }) => code === 'validator' && node === HANGS && sentence.includes('restore'),
        ),
    },
    {
      sentence: 'no volume and no instance is new',
      holds: (_, { region, nodes }) => untouched({ region, nodes }),
    },
    {
      sentence: 'the chain goes on with the three others',
      holds: ({ nodes }) => nodes.every(({ node, state }) => (state === 'synced') === (node !== HANGS)),
    },
  ],
};

/** A root volume and a data volume each. */
const untouched = ({ region, nodes }: Pick<World, 'region' | 'nodes'>): boolean =>
  region.ec2.instances().length === nodes.length && region.ec2.volumes().length === 2 * nodes.length;
