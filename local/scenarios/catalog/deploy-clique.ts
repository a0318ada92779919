// Scenario: a private geth chain is deployed from its file: keys, accounts and genesis are made once, each node gets its own, and the sealers begin. Then a
// sealer's disk fills, and a client's instance dies: its volume keeps its identity.
import { createECDH } from 'node:crypto';
import { NETWORK_TAGS } from '../../../shared/model/network-tags.ts';
import { everySeconds } from '../../nodes/rhythm.ts';
import { allHealedInTheEnd, nobodyPaged, refusedFor } from '../checks/expectations.ts';
import type { Scenario } from '../scenario.ts';
import {
  allFollow,
  allSynced,
  eachHasItsOwnKeys,
  fullVolumeGrew,
  itsVolumeLivesOn,
  storyOf,
} from '../world/deployed-network.ts';
import { killed, ladderHeals, passed } from '../world/ladder.ts';
import type { PlacedNode, World } from '../world/world.ts';

const FLEET = 'clique';
const SEALERS = ['sealer1', 'sealer2', 'sealer3'];
const NODES = ['bootnode1', ...SEALERS, 'client1', 'client2'];
/** Its disk fills. */
const FULL = 'sealer2';
/** Its instance dies. */
const DEAD = 'client1';
const HOME = '/data';

const NETWORK = {
  ...{ fleet: FLEET, nodes: NODES, full: FULL, dead: DEAD },
  genesisOf: (node: PlacedNode) => fileOf(node, 'genesis.json'),
  idOf: (node: PlacedNode) => idOf(node),
} as const;

const OF_NOTHING = {
  deployedWith: new URL('../fleets-deploy-clique', import.meta.url).pathname,
  build: (world: World) =>
    void world.chain({
      ...{ name: FLEET, heightAtStart: 0, needsPeers: true, consensus: 'here', protocol: 'ethereum', chainId: '1337' },
      ...everySeconds(5),
      ...{ bytesPerBlock: 20_000, inodesPerBlock: 0.02 },
    }),
} as const;

export const deployClique: Scenario = {
  name: 'deploy-clique',
  sentence:
    'A private geth chain of three sealers, a bootnode and two clients is deployed, keys, accounts and genesis included; then a sealer’s disk fills, and a client’s instance dies.',
  ...OF_NOTHING,
  ...storyOf(NETWORK),
  expect: [
    eachHasItsOwnKeys(NETWORK),
    {
      sentence:
        'the sealers of the genesis are those of the file, in ascending order, each with the account on its own volume alone',
      holds: (_, world) => {
        const { extraData, config } = JSON.parse(fileOf(world.find(FLEET, FULL), 'genesis.json')) as {
          readonly extraData: string;
          readonly config: { readonly chainId: number; readonly clique: { readonly period: number } };
        };
        const accounts = NODES.map((name) => fileOf(world.find(FLEET, name), 'keystore/.address').trim());
        const sealers = accounts.filter((account) => account !== '').map((account) => account.slice(2));
        return (
          config.chainId === 1337 &&
          config.clique.period === 5 &&
          NODES.filter((_name, at) => accounts[at] !== '').join() === SEALERS.join() &&
          extraData === `0x${'0'.repeat(64)}${sealers.sort().join('')}${'0'.repeat(130)}` &&
          SEALERS.every((name, at) =>
            fileOf(world.find(FLEET, name), 'keystore/sealer.json').includes(accounts[at + 1]?.slice(2) ?? '?'),
          )
        );
      },
    },
    {
      sentence: 'sealers and the bootnode are dialled by id and address, and others are found by the bootnode',
      holds: (_, world) => {
        const [client, sealer] = ['client2', 'sealer1'].map((name) => fileOf(world.find(FLEET, name), 'config.toml'));
        const enode = (name: string): string => {
          const node = world.find(FLEET, name);
          return `"enode://${idOf(node)}@${node.machine.privateIp}:30303"`;
        };
        return (
          (client?.includes(`StaticNodes = [${[...SEALERS, 'bootnode1'].map(enode).join(', ')}]`) ?? false) &&
          (sealer?.includes(`StaticNodes = [${['sealer2', 'sealer3', 'bootnode1'].map(enode).join(', ')}]`) ?? false) &&
          [client, sealer].every((text) => text?.includes(`BootstrapNodes = [${enode('bootnode1')}]`))
        );
      },
    },
    fullVolumeGrew(NETWORK),
    itsVolumeLivesOn(NETWORK, (world, now) => idOf(now) !== '' && idOf(now) === madeFor(world, DEAD)),
    {
      sentence: 'no sealer has another instance than it began with',
      holds: (_, world) => SEALERS.every((name) => world.nodes.filter((node) => node.name === name).length === 1),
    },
    allFollow(NETWORK),
    allHealedInTheEnd,
    nobodyPaged,
  ],
};

/** Its instance dies, and with it the only machine that may seal with its account. */
const DEAD_SEALER = 'sealer3';

export const sealerDead: Scenario = {
  name: 'sealer-dead',
  sentence:
    'The instance of one of three sealers dies: no other one is launched with its account, two go on, and a person is told.',
  ...OF_NOTHING,
  people: (world) => {
    world.at(1, () => world.deployNodes(FLEET));
    world.when(
      () => allSynced(world, NETWORK),
      () => killed(world, world.find(FLEET, DEAD_SEALER)),
    );
  },
  done: (world) => passed(world, 60),
  hours: 4,
  expect: [
    { sentence: 'nothing was restarted, swapped or replaced', holds: (report) => ladderHeals(report).length === 0 },
    { ...refusedFor('validator', 'it was refused because it is a sealer'), undisturbed: true },
    {
      sentence: 'a person was paged about it',
      holds: ({ pages }) => pages.some(({ code, node }) => code === 'validator' && node === DEAD_SEALER),
      undisturbed: true,
    },
    {
      sentence: 'no instance is new, and no other node has its account',
      holds: (_, world) => {
        const account = fileOf(world.find(FLEET, DEAD_SEALER), 'keystore/.address');
        return (
          world.region.ec2.instances().length === NODES.length &&
          account !== '' &&
          world.nodes.filter((node) => fileOf(node, 'keystore/.address') === account).length === 1
        );
      },
    },
    {
      sentence: 'the chain goes on with the two others',
      holds: ({ nodes }) => nodes.every(({ node, state }) => (state === 'synced') === (node !== DEAD_SEALER)),
    },
  ],
};

const fileOf = ({ machine }: PlacedNode, path: string): string => machine.readFile(`${HOME}/${path}`) ?? '';

/** By its own key, as its peers know it; empty without one. */
function idOf(node: PlacedNode): string {
  const key = fileOf(node, 'geth/nodekey');
  if (!/^[0-9a-f]{64}$/.test(key)) return '';
  const pair = createECDH('secp256k1');
  pair.setPrivateKey(key, 'hex');
  return pair.getPublicKey('hex').slice('04'.length);
}

/** The id that its secret says, as it was made. */
function madeFor({ region }: World, node: string): string {
  const made = region.gateway.trace.calls
    .filter(({ service, operation }) => service === 'secretsmanager' && operation === 'CreateSecret')
    .map(({ input }) => input as { readonly Name: string; readonly Tags?: readonly { Key: string; Value: string }[] })
    .find(({ Name }) => Name.endsWith(`/${node}`));
  const key = made?.Tags?.find(({ Key }) => Key === NETWORK_TAGS.nodeKey)?.Value;
  return Buffer.from(key ?? '', 'base64').toString('hex');
}
