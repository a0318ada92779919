// Scenario: a consortium's chain is deployed from its file: keys and genesis are made once, each node gets its own, and the chain begins. Then a validator's
// disk fills, and a sentry's instance dies: its volume keeps its identity.
import { createHash } from 'node:crypto';
import { allHealedInTheEnd, nobodyPaged } from '../checks/expectations.ts';
import type { Scenario } from '../scenario.ts';
import { allFollow, eachHasItsOwnKeys, fullVolumeGrew, itsVolumeLivesOn, storyOf } from '../world/deployed-network.ts';
import type { PlacedNode } from '../world/world.ts';
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

const NETWORK = {
  ...{ fleet: FLEET, nodes: NODES, full: FULL, dead: DEAD },
  genesisOf: (node: PlacedNode) => fileOf(node, 'config/genesis.json'),
  idOf: (node: PlacedNode) => idOf(node),
} as const;

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
  ...storyOf(NETWORK),
  expect: [
    eachHasItsOwnKeys(NETWORK),
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
    fullVolumeGrew(NETWORK),
    itsVolumeLivesOn(NETWORK, (world, now) =>
      fileOf(world.find(FLEET, 'validator1'), 'config/config.toml').includes(`${idOf(now)}@${DEAD}.`),
    ),
    allFollow(NETWORK),
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
