// A chain of one validator of somebody else's, and three full nodes of ours with a command that takes their last block back. The story next to this file
// plays on it.
import { generate, heightOf, idIn, type Member, peerEntry } from '../chains/cometbft.ts';
import { nameAppVersion, rollingBackNode } from '../chains/rolling-back.ts';
import { begin, programBefore } from '../chains/upgrading.ts';
import type { StoryGroup } from '../story.ts';
import { IMAGE, NODES, ROLL_BACK_FLEET, rollBack, VALIDATOR } from './cometbft/roll-back.ts';
import { madeFromTemplate } from './fleet.ts';

const MEMBERS: readonly Member[] = [
  { name: VALIDATOR, role: 'validator' },
  ...NODES.map((name): Member => ({ name, role: 'follower' })),
];

export const cometbftRollback: StoryGroup = {
  name: 'cometbft-rollback',
  fleets: [ROLL_BACK_FLEET],
  needs: ['go'],
  sweepsOften: true,
  build: async (world, { say, becomes }) => {
    const directories = generate(world, MEMBERS, programBefore(world));
    const directoryOf = (name: string) => directories.get(name) ?? '';
    for (const { name } of MEMBERS) nameAppVersion(directoryOf(name));
    await Promise.all(
      MEMBERS.map((member) => {
        const fleet = member.role === 'validator' ? undefined : ROLL_BACK_FLEET;
        const of = { fleet, directory: directoryOf(member.name), image: IMAGE };
        return world.node(rollingBackNode(world, member, of));
      }),
    );
    const validator = world.find(VALIDATOR);
    await begin(validator, []);
    await Promise.all(
      NODES.map((name) => begin(world.find(name), [peerEntry(idIn(directoryOf(VALIDATOR)), validator)])),
    );
    await madeFromTemplate(world, ROLL_BACK_FLEET);
    say(
      ROLL_BACK_FLEET,
      `${MEMBERS.map(({ name }) => name).join(', ')} have booted, each with its client and a data disk`,
    );
    const heights = () => Promise.all(MEMBERS.map(({ name }) => heightOf(world.find(name))));
    await becomes(
      'the chain goes on, and all follow it',
      180,
      async () => (await heights()).every((one) => one >= 5),
      heights,
    );
    const observed = () => world.observed(ROLL_BACK_FLEET);
    await becomes(
      'chainmend has seen each node of ours synced',
      180,
      () => observed().length === NODES.length && observed().every(({ health }) => health === 'synced'),
      observed,
    );
  },
  lanes: [[rollBack]],
};
