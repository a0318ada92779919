// Scenarios: the nodes of a fleet are deployed with data that somebody has packed. A node that reboots in the middle goes on, nothing else is opened
// than what the fleet file has the digest of, and nobody heals a node that loads.
import { markOf } from '../../nodes/first-boot.ts';
import { everySeconds } from '../../nodes/rhythm.ts';
import { nobodyPaged } from '../checks/expectations.ts';
import { allWell, namesRight } from '../checks/ladder-expectations.ts';
import type { Scenario } from '../scenario.ts';
import { pagedNow } from '../world/ladder.ts';
import type { World } from '../world/world.ts';
import { references } from '../world/worlds.ts';

const FLEET = 'bitcoin';
const COUNT = 3;
const HEIGHT = 30_000;
const BUNDLE_HEIGHT = 29_000;
const MIB = 2 ** 20;
const URL_OF_BUNDLE = 'https://bundles.example/bitcoin.tar.zst';
/** As in the fleet file. */
const SHA256 = '5d7f1c2e0a9b4c8d'.repeat(4);

function chainWithBundle(world: World, sha256: string): void {
  const chain = world.chain({
    ...{ name: FLEET, ...everySeconds(15), heightAtStart: HEIGHT, consensus: 'elsewhere' },
    ...{ bytesPerBlock: MIB, inodesPerBlock: 0.02 },
  });
  references(world, chain);
  packed(world, sha256);
}

/** What is at the bundle's address from now on. */
function packed(world: World, sha256: string): void {
  const bundle = { sha256, height: BUNDLE_HEIGHT, bytes: BUNDLE_HEIGHT * MIB };
  world.chains[0]?.bundles.set(URL_OF_BUNDLE, bundle);
}

const hasMark = (machine: World['nodes'][number]['machine'], name: string): boolean =>
  machine.volumes.some(({ volumeId }) => machine.readFile(markOf(volumeId, name)) !== undefined);

const isLoaded = ({ machine }: World['nodes'][number]): boolean => hasMark(machine, 'prepared');

/** It has begun, and its data are still to come. */
const loading = ({ current }: World, of: string) =>
  current.find(
    ({ name, machine }) => name === of && machine.cloudInit === 'running' && hasMark(machine, 'bundle-begun'),
  )?.machine;

const allSynced = ({ current }: World): boolean =>
  current.length === COUNT && current.every(({ machine }) => machine.report().state === 'synced');

export const bundleLoaded: Scenario = {
  name: 'bundle-loaded',
  sentence:
    'Three nodes are deployed with a bundle of chain data; one of them is rebooted while it loads. All go on from there.',
  deployedWith: new URL('../fleets-bundle', import.meta.url).pathname,
  build: (world) => chainWithBundle(world, SHA256),
  people: (world) => {
    world.at(1, () => world.deployNodes(FLEET));
    world.when(
      () => loading(world, 'node2') !== undefined,
      () => {
        const machine = loading(world, 'node2');
        machine?.powerOff();
        machine?.powerOn();
      },
    );
  },
  done: allSynced,
  hours: 12,
  expect: [
    {
      sentence: 'each node has loaded the bundle, once, and went on from it',
      holds: (_, { nodes }) => nodes.length === COUNT && nodes.every(isLoaded),
    },
    {
      sentence: 'no first boot refused anything',
      holds: (_, { nodes }) => nodes.every(({ machine }) => machine.bootRefusal === undefined),
    },
    namesRight,
    allWell,
    nobodyPaged,
  ],
};

export const bundleBadDigest: Scenario = {
  name: 'bundle-bad-digest',
  sentence:
    'Nodes are deployed with a bundle that somebody has exchanged: none opens it, and people are told. They put the right one back, and reboot the nodes.',
  deployedWith: new URL('../fleets-bundle', import.meta.url).pathname,
  build: (world) => chainWithBundle(world, '0b1d'.repeat(16)),
  people: (world) => {
    world.at(1, () => world.deployNodes(FLEET));
    world.when(
      () => pagedNow(world, 'client-unknown') && allRefused(world),
      () => {
        packed(world, SHA256);
        for (const { machine } of world.current) {
          machine.powerOff();
          machine.powerOn();
        }
      },
    );
  },
  done: (world) => allSynced(world) && world.current.every(isLoaded),
  hours: 12,
  expect: [
    {
      sentence: 'what nobody could vouch for was opened by nobody: each client started once, on the right data',
      holds: (_, { nodes }) =>
        nodes.length === COUNT &&
        nodes.every((node) => isLoaded(node) && node.machine.report().clientStarts.length === 1),
    },
    {
      sentence: 'people were told that the first boot has failed, and where it says why',
      holds: (_, { region }) =>
        region.sns.published().some(({ message }) => message.includes('the first boot has failed')),
    },
    {
      sentence: 'a heal of a node that had never run counts its outage from its launch',
      holds: ({ heals }) => heals.every(({ nodeOutageSeconds }) => nodeOutageSeconds < 12 * 3_600),
    },
    {
      sentence: 'nothing but the nodes themselves was made',
      holds: (_, { region }) => region.ec2.volumes().filter(({ tags }) => tags.length > 0).length === COUNT,
      undisturbed: true,
    },
    namesRight,
    allWell,
  ],
};

/** Each of them has found another digest, and no client runs. */
const allRefused = ({ current }: World): boolean =>
  current.length === COUNT &&
  current.every(
    ({ machine }) => machine.bootRefusal?.includes('it is not opened') === true && machine.client.state !== 'running',
  );
