// The consortium's chain: validators and full nodes, containers without units. The stories next to this file play on it. It has two networks: the
// chain of one continues, the chain of the other is halted.
import {
  cometbftNode,
  generate,
  heightOf,
  idIn,
  install,
  type Member,
  peerEntry,
  peersOf,
} from '../chains/cometbft.ts';
import type { StoryGroup, StoryLog } from '../story.ts';
import type { RealWorld } from '../world.ts';
import { allDisksFull } from './cometbft/all-disks-full.ts';
import { dockerStopUnclean } from './cometbft/docker-stop-unclean.ts';
import { haltedChain } from './cometbft/halted-chain.ts';
import { watchSigning } from './cometbft/honest.ts';
import { peerListEmptied } from './cometbft/peer-list-emptied.ts';
import { personUpgradesContainer } from './cometbft/person-upgrades-container.ts';
import { signingState } from './cometbft/signing-state.ts';
import { stuckNode } from './cometbft/stuck-node.ts';
import { validatorWayBack } from './cometbft/validator-way-back.ts';

const VALIDATORS = 4;

const membersWith = (followers: number): readonly Member[] => [
  ...Array.from({ length: VALIDATORS }, (_, at): Member => ({ name: `validator${at + 1}`, role: 'validator' })),
  ...Array.from({ length: followers }, (_, at): Member => ({ name: `follower${at + 1}`, role: 'follower' })),
];

async function build(world: RealWorld, members: readonly Member[], { say, becomes }: StoryLog): Promise<void> {
  const directories = generate(world, members);
  const directoryOf = (name: string) => directories.get(name) ?? '';
  await Promise.all(members.map((member) => world.node(cometbftNode(world, member, directoryOf(member.name)))));
  say('cometbft', `${members.length} machines have booted, each with a data disk and no unit for its client`);
  // Each node has the validators in its configuration; none has the full nodes, which joined later.
  const validators = members.filter(({ role }) => role === 'validator').map(({ name }) => name);
  const peersBut = (but: string) =>
    validators.filter((name) => name !== but).map((name) => peerEntry(idIn(directoryOf(name)), world.find(name)));
  await Promise.all(members.map(({ name }) => install(world.find(name), peersBut(name))));
  say('cometbft', 'their containers were made by hand');
  watchSigning(world, validators);
  const seen = () =>
    Promise.all(
      members.map(async ({ name, role }) => {
        const node = world.find(name);
        return { name, role, height: await heightOf(node), peers: (await peersOf(node)).length };
      }),
    );
  await becomes(
    'the chain goes on, all follow it, and each is connected to all validators',
    180,
    async () =>
      (await seen()).every(
        ({ role, height, peers }) => height >= 5 && peers >= (role === 'validator' ? VALIDATORS - 1 : VALIDATORS),
      ),
    seen,
  );
}

/** The machines' containers are nested containers. */
const NEEDS = ['go', 'containers'] as const;

export const cometbft: StoryGroup = {
  name: 'cometbft',
  fleets: ['cometbft'],
  needs: NEEDS,
  build: (world, telling) => build(world, membersWith(2), telling),
  // A snapshot and a restore take the fleet's turn: the stories that want one do not begin together.
  lanes: [[peerListEmptied, dockerStopUnclean, validatorWayBack], [stuckNode, personUpgradesContainer], [signingState]],
};

export const cometbftHalted: StoryGroup = {
  name: 'cometbft-halted',
  fleets: ['cometbft'],
  needs: NEEDS,
  build: (world, telling) => build(world, membersWith(1), telling),
  // People are paged once for a halted chain, until it was well for a while: full disks may have paged them already.
  lanes: [[haltedChain, allDisksFull]],
};
