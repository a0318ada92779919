// Scenario: a consortium's chain is deployed from its file: keys and genesis are made once, each node gets its own, and the chain begins. Then a validator's
// disk fills, and a sentry's instance dies: its volume keeps its identity.
import { createHash } from 'node:crypto';
import { allHealedInTheEnd, healed, nobodyPaged, seenNow, sizeGiB } from '../checks/expectations.ts';
import type { Scenario } from '../scenario.ts';
import { dataVolumes, incidentsEnded, killed, ladderHeals } from '../world/ladder.ts';
import type { PlacedNode, World } from '../world/world.ts';
import { CONSORTIUM_CLOCK } from '../world/worlds.ts';

const FLEET = 'irita';
const VALIDATORS = ['validator1', 'validator2', 'validator3', 'validator4'];
const SENTRIES = ['sentry1', 'sentry2'];
const NODES = [...VALIDATORS, ...SENTRIES];
/** Its disk fills. */
const FULL = 'validator2';
/** Its instance dies. */
const DEAD = 'sentry1';
const HOME = '/data/node/irita';
const GIB = 2 ** 30;

export const deployConsortium: Scenario = {
  name: 'deploy-consortium',
  sentence:
    'A private chain of four validators behind two sentries is deployed, keys and genesis included; then a validator’s disk fills, and a sentry’s instance dies.',
  deployedWith: new URL('../fleets-network', import.meta.url).pathname,
  build: (world) =>
    void world.chain({
      ...{ name: FLEET, heightAtStart: 0, needsPeers: true, consensus: 'here', protocol: 'cometbft' },
      ...CONSORTIUM_CLOCK,
      ...{ bytesPerBlock: 20_000, inodesPerBlock: 0.02 },
    }),
  people: (world) => {
    world.at(1, () => world.deployNodes(FLEET));
    world.when(
      () => allSynced(world),
      () => {
        // What another instance opens: data that this client was writing.
        world.find(FLEET, DEAD).machine.disks.data.copiesOpen = 'opens';
        const { machine } = world.find(FLEET, FULL);
        machine.write('/data', 91 * GIB - (machine.volumes[0]?.usedBytes ?? 0));
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
      sentence: 'seven secrets were made, and each node has keys that no other has, with the same genesis',
      holds: (_, world) => {
        const made = world.region.gateway.trace.calls.filter(
          ({ service, operation, outcome }) =>
            service === 'secretsmanager' && operation === 'CreateSecret' && outcome === 'ok',
        );
        const current = NODES.map((name) => world.find(FLEET, name));
        const [genesis, ...others] = current.map((node) => fileOf(node, 'config/genesis.json'));
        return (
          new Set(made.map(({ input }) => (input as { readonly Name: string }).Name)).size === NODES.length + 1 &&
          new Set(current.map(idOf)).size === NODES.length &&
          genesis !== '' &&
          others.every((other) => other === genesis)
        );
      },
    },
    {
      sentence: 'the validators of the genesis are those of the file, each with the key on its own volume',
      holds: (_, world) => {
        const { validators, chain_id } = JSON.parse(fileOf(world.find(FLEET, FULL), 'config/genesis.json')) as {
          readonly chain_id: string;
          readonly validators: readonly { readonly name: string; readonly address: string }[];
        };
        return (
          chain_id === 'irita-1' &&
          validators.map(({ name }) => name).join() === VALIDATORS.join() &&
          validators.every(({ name, address }) =>
            fileOf(world.find(FLEET, name), 'config/priv_validator_key.json').includes(address),
          )
        );
      },
    },
    {
      sentence: 'validators are named by id and DNS name to each other, and by sentries to nobody',
      holds: (_, world) => {
        const ids = new Map(NODES.map((name) => [name, idOf(world.find(FLEET, name))]));
        const [validator, sentry] = ['validator1', 'sentry2'].map((name) =>
          fileOf(world.find(FLEET, name), 'config/config.toml'),
        );
        return (
          NODES.filter((name) => name !== 'validator1').every((name) =>
            validator?.includes(`${ids.get(name)}@${name}.irita.internal:26656`),
          ) &&
          /^pex = false$/m.test(validator ?? '') &&
          (sentry?.includes(`private_peer_ids = "${VALIDATORS.map((name) => ids.get(name)).join()}"`) ?? false)
        );
      },
    },
    {
      sentence: 'no first boot refused anything, and the full volume grew',
      holds: (report, { nodes }) =>
        nodes.every(({ machine }) => machine.bootRefusal === undefined) && (sizeGiB(report, FULL) ?? 0) > 100,
    },
    {
      sentence: 'another instance has the dead sentry’s own volume and its identity, and got no keys a second time',
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
          fileOf(world.find(FLEET, 'validator1'), 'config/config.toml').includes(`${idOf(now)}@${DEAD}.`)
        );
      },
      undisturbed: true,
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

const fileOf = ({ machine }: PlacedNode, path: string): string => machine.readFile(`${HOME}/${path}`) ?? '';

/** By its own key, as its peers know it. */
function idOf(node: PlacedNode): string {
  const [, key = ''] = /"value":"([A-Za-z0-9+/=]+)"/.exec(fileOf(node, 'config/node_key.json')) ?? [];
  return createHash('sha256').update(Buffer.from(key, 'base64').subarray(32)).digest('hex').slice(0, 40);
}

const allSynced = (world: World): boolean =>
  world.current.length === NODES.length && world.current.every(({ machine }) => machine.report().state === 'synced');
