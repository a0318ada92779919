// Scenario: the nodes of a CometBFT chain are deployed, and begin with the state of a block that two others tell alike. One of the two strays: then nobody
// is trusted, and no client starts.

import { markOf } from '../../nodes/first-boot.ts';
import { referenceHost } from '../../nodes/rpc/reference.ts';
import { allHealedInTheEnd } from '../checks/expectations.ts';
import { allWell } from '../checks/ladder-expectations.ts';
import type { Scenario } from '../scenario.ts';
import type { World } from '../world/world.ts';
import { CONSORTIUM_CLOCK, CONSORTIUM_START_HEIGHT } from '../world/worlds.ts';

const FLEET = 'irita';
const COUNT = 3;
/** The script asks each server for five minutes, and the person comes later. */
const LOOKED_AT_MINUTES = 25;

/** "HEIGHT HASH", as its root disk remembers it. */
const trustedBy = (machine: World['nodes'][number]['machine']): string =>
  machine.volumes.flatMap(({ volumeId }) => machine.readFile(markOf(volumeId, 'state-sync')) ?? []).join('');

export const stateSync: Scenario = {
  name: 'state-sync',
  sentence:
    'Three nodes of a CometBFT chain are deployed with state sync. One of the two servers follows a fork, so no node trusts either; then they agree.',
  deployedWith: new URL('../fleets-state-sync', import.meta.url).pathname,
  build: (world) => {
    const chain = world.chain({
      ...{ name: FLEET, heightAtStart: CONSORTIUM_START_HEIGHT, consensus: 'elsewhere', protocol: 'cometbft' },
      ...CONSORTIUM_CLOCK,
      ...{ bytesPerBlock: 20_000, inodesPerBlock: 0.02 },
    });
    const [straying, ...honest] = [referenceHost(chain), referenceHost(chain), referenceHost(chain)];
    world.region.network.attach('irita-c.example', 'internet', straying.host);
    for (const [at, { host }] of honest.entries())
      world.region.network.attach(`irita-${'ab'[at]}.example`, 'internet', host);
    straying.lie({ branch: chain.fork(CONSORTIUM_START_HEIGHT - 5_000) });
    world.at(LOOKED_AT_MINUTES, () => {
      straying.lie(undefined);
      // The person who has seen why runs the script once more.
      for (const { machine } of world.current) if (machine.bootRefusal !== undefined) machine.runFirstBootAgain();
    });
  },
  people: (world) => world.at(1, () => world.deployNodes(FLEET)),
  done: (world) => allSynced(world),
  hours: 6,
  expect: [
    {
      sentence: 'no first boot trusted a block of the fork, and each client started once',
      holds: (_, { nodes, chains: [chain] }) =>
        nodes.length === COUNT &&
        nodes.every(({ machine }) => {
          const [height, hash] = trustedBy(machine).trim().split(' ');
          return chain?.main.hash(Number(height)).toUpperCase() === hash && machine.report().clientStarts.length === 1;
        }),
    },
    {
      sentence: 'each node took the state of a block, and none of the blocks before it',
      holds: (_, { nodes }) =>
        nodes.every(({ machine }) => {
          const [height] = trustedBy(machine).split(' ');
          return Number(height) > CONSORTIUM_START_HEIGHT - 3_000 && (machine.volumes[0]?.usedBytes ?? 0) < 3 * 2 ** 30;
        }),
    },
    allWell,
    allHealedInTheEnd,
  ],
};

const allSynced = ({ current }: World): boolean =>
  current.length === COUNT && current.every(({ machine }) => machine.report().state === 'synced');
