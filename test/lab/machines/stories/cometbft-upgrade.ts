// A chain that stops for an upgrade: two validators and two full nodes of ours, and two validators of other operators. The story next to this file plays
// on it.
import { generate, heightOf, idIn, type Member, peerEntry, peersOf } from '../chains/cometbft.ts';
import { begin, programBefore, upgradingNode } from '../chains/upgrading.ts';
import type { StoryGroup } from '../story.ts';
import { watchSigning } from './cometbft/honest.ts';
import { ALL, FOREIGN, FULL_NODES, UPGRADE_FLEET, upgradeAtHeight, VALIDATORS } from './cometbft/upgrade-at-height.ts';

const MEMBERS: readonly Member[] = [
  ...VALIDATORS.map((name): Member => ({ name, role: 'validator' })),
  ...FULL_NODES.map((name): Member => ({ name, role: 'follower' })),
];

export const cometbftUpgrade: StoryGroup = {
  name: 'cometbft-upgrade',
  fleets: [UPGRADE_FLEET],
  needs: ['go'],
  sweepsOften: true,
  build: async (world, { say, becomes }) => {
    const directories = generate(world, MEMBERS, programBefore(world));
    const directoryOf = (name: string) => directories.get(name) ?? '';
    await Promise.all(
      MEMBERS.map((member) => {
        const fleet = FOREIGN.includes(member.name) ? undefined : UPGRADE_FLEET;
        return world.node(upgradingNode(world, member, { fleet, directory: directoryOf(member.name) }));
      }),
    );
    const peersBut = (but: string) =>
      VALIDATORS.filter((name) => name !== but).map((name) => peerEntry(idIn(directoryOf(name)), world.find(name)));
    await Promise.all(ALL.map((name) => begin(world.find(name), peersBut(name))));
    say(UPGRADE_FLEET, `${ALL.join(', ')} have booted, each with both versions, of which the first one runs`);
    watchSigning(world, VALIDATORS);
    const seen = () =>
      Promise.all(
        ALL.map(async (name) => {
          const node = world.find(name);
          return { name, height: await heightOf(node), peers: (await peersOf(node)).length };
        }),
      );
    await becomes(
      'the chain goes on, all follow it, and each is connected to three or more',
      180,
      async () => (await seen()).every(({ height, peers }) => height >= 5 && peers >= 3),
      seen,
    );
    const observed = () => world.observed(UPGRADE_FLEET);
    await becomes(
      'chainmend has seen each node of ours synced',
      180,
      () => observed().length === ALL.length - FOREIGN.length && observed().every(({ health }) => health === 'synced'),
      observed,
    );
  },
  lanes: [[upgradeAtHeight]],
};
