// Scenario: a private geth chain is deployed from its file: keys, accounts and genesis are made once, each node gets its own, and the sealers begin. Then a
// sealer's disk fills, and a client's instance dies: its volume keeps its identity.
import { createECDH } from 'node:crypto';
import { everySeconds } from '../../nodes/rhythm.ts';
import { allHealedInTheEnd, healed, nobodyPaged, refusedFor, seenNow, sizeGiB } from '../checks/expectations.ts';
import type { Scenario } from '../scenario.ts';
import { dataVolumes, incidentsEnded, killed, ladderHeals, passed } from '../world/ladder.ts';
import type { PlacedNode, World } from '../world/world.ts';

const FLEET = 'clique';
const SEALERS = ['sealer1', 'sealer2', 'sealer3'];
const NODES = ['bootnode1', ...SEALERS, 'client1', 'client2'];
/** Its disk fills. */
const FULL = 'sealer2';
/** Its instance dies. */
const DEAD = 'client1';
const HOME = '/data';
const GIB = 2 ** 30;

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
  people: (world) => {
    world.at(1, () => world.deployNodes(FLEET));
    world.when(
      () => allSynced(world),
      () => {
        // What another instance opens: data that this client was writing.
        world.find(FLEET, DEAD).machine.disks.data.copiesOpen = 'opens';
        const { machine } = world.find(FLEET, FULL);
        machine.write(HOME, 91 * GIB - (machine.volumes[0]?.usedBytes ?? 0));
      },
    );
    world.when(
      () => healed(world, 1),
      () => killed(world, world.find(FLEET, DEAD)),
    );
  },
  done: (world) => healed(world, 1) && incidentsEnded(world, 'healed') && allSynced(world),
  hours: 12,
  expect: [
    {
      sentence: 'seven secrets were made, and each node has a key that no other has, with the same genesis',
      holds: (_, world) => {
        const made = world.region.gateway.trace.calls.filter(
          ({ service, operation, outcome }) =>
            service === 'secretsmanager' && operation === 'CreateSecret' && outcome === 'ok',
        );
        const current = NODES.map((name) => world.find(FLEET, name));
        const [genesis, ...others] = current.map((node) => fileOf(node, 'genesis.json'));
        return (
          new Set(made.map(({ input }) => (input as { readonly Name: string }).Name)).size === NODES.length + 1 &&
          new Set(current.map(idOf)).size === NODES.length &&
          genesis !== '' &&
          others.every((other) => other === genesis)
        );
      },
    },
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
    {
      sentence: 'no first boot refused anything, and the full volume grew',
      holds: (report, { nodes }) =>
        nodes.every(({ machine }) => machine.bootRefusal === undefined) && (sizeGiB(report, FULL) ?? 0) > 100,
    },
    {
      sentence: 'another instance has the dead client’s own volume and its identity, and got no keys a second time',
      holds: (report, world) => {
        const [first] = world.nodes.filter(({ name }) => name === DEAD);
        const now = world.find(FLEET, DEAD);
        const [volume, ...more] = dataVolumes(world, DEAD);
        return (
          ladderHeals(report).some(
            ({ node, rung, outcome }) => node === DEAD && rung === 'replace' && outcome === 'healed',
          ) &&
          first !== now &&
          more.length === 0 &&
          now.volumeIds.get('data') === volume?.volumeId &&
          now.machine.readFile('/var/lib/chainmend/identity') === undefined &&
          idOf(now) !== ''
        );
      },
      undisturbed: true,
    },
    {
      sentence: 'no sealer has another instance than it began with',
      holds: (_, world) => SEALERS.every((name) => world.nodes.filter((node) => node.name === name).length === 1),
    },
    {
      sentence: 'every node follows the chain, with peers, and is seen to',
      holds: ({ nodes }, world) =>
        nodes.length === NODES.length &&
        nodes.every(
          ({ state, peers, instanceId }) => state === 'synced' && peers >= 3 && seenNow(world, instanceId) === 'synced',
        ),
      undisturbed: true,
    },
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
      () => allSynced(world),
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

const allSynced = (world: World): boolean =>
  world.current.length === NODES.length && world.current.every(({ machine }) => machine.report().state === 'synced');
