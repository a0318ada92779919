// geth with clique: each node has a key of its own, each sealer an account besides, and the genesis names the sealers by their addresses alone.
import type { ChainMaker } from '../chain.ts';
import type { Network } from '../request.ts';
import { type CliqueGenesis, genesisFile, genesisIn } from './genesis.ts';
import { addressOf, enodeIdOf, nodeKeyFile, PRIVATE_KEY_BYTES, PUBLIC_KEY_BYTES, publicKeyOf } from './keys.ts';
import { KEYSTORE_RANDOM_BYTES, keystoreFile } from './keystore.ts';

const PASSWORD_BYTES = 32;

export const clique: ChainMaker = {
  maker: 'sealer',
  publicKeyBytes: PUBLIC_KEY_BYTES,
  nodeKeyBytes: PRIVATE_KEY_BYTES,
  makerKeyBytes: PRIVATE_KEY_BYTES + PASSWORD_BYTES + KEYSTORE_RANDOM_BYTES,
  nodeKey: (random) => ({ publicKey: publicKeyOf(random), files: { node_key: nodeKeyFile(random) } }),
  makerKey: (random) => {
    const privateKey = random.subarray(0, PRIVATE_KEY_BYTES);
    const password = Buffer.from(random.subarray(PRIVATE_KEY_BYTES, PRIVATE_KEY_BYTES + PASSWORD_BYTES)).toString(
      'hex',
    );
    const publicKey = publicKeyOf(privateKey);
    return {
      publicKey,
      files: {
        sealer_key: keystoreFile({ privateKey, password, random: random.subarray(-KEYSTORE_RANDOM_BYTES) }),
        sealer_password: `${password}\n`,
        sealer_address: `0x${addressOf(publicKey)}\n`,
      },
    };
  },
  peerIdOf: enodeIdOf,
  record: (network, sealers) => {
    const addresses = sealers.map(({ name, publicKey }) => [name, addressOf(publicKey)] as const);
    return {
      genesis: genesisFile({ ...wantedOf(network), sealers: addresses.map(([, address]) => address) }),
      makers: Object.fromEntries(addresses.map(([name, address]) => [name, `0x${address}`])),
    };
  },
  read: ({ genesis, makers = {} }) => {
    const { config, extraData } = genesisIn(genesis);
    return { chainId: String(config.chainId), makers: Object.keys(makers).sort(), makersKeys: extraData };
  },
  genesisFault: ({ genesis }, network) => {
    const { config, alloc } = genesisIn(genesis);
    const { periodSeconds, epochBlocks, alloc: now } = wantedOf(network);
    const there = Object.fromEntries(Object.entries(alloc).map(([address, { balance }]) => [address, balance]));
    const faults = [
      ...(config.clique.period === periodSeconds
        ? []
        : [`a block every ${config.clique.period} s, and the fleet file says ${periodSeconds}`]),
      ...(config.clique.epoch === epochBlocks
        ? []
        : [`epochs of ${config.clique.epoch} blocks, and the fleet file says ${epochBlocks}`]),
      ...(isSame(there, now) ? [] : ['other accounts than the fleet file']),
    ];
    return faults.length === 0 ? undefined : `the genesis has ${faults.join('; ')}: it is made once`;
  },
  outputs: ({ Clique }, ids) => ({
    Enodes: (Clique?.Introducers ?? [])
      .flatMap((name) => (ids[name] === undefined ? [] : [enodeOf(ids[name], `${name}.${Clique?.Zone}`, Clique?.Port)]))
      .join(),
  }),
};

const enodeOf = (id: string, host: string, port = ''): string => `enode://${id}@${host}:${port}`;

function wantedOf({ ChainId, Clique }: Network): Omit<CliqueGenesis, 'sealers'> {
  if (!Clique) throw new Error('the network has no clique');
  return {
    chainId: ChainId,
    periodSeconds: Number(Clique.PeriodSeconds),
    epochBlocks: Number(Clique.EpochBlocks),
    alloc: Object.fromEntries((Clique.Alloc ?? []).map(({ Address, Wei }) => [Address, Wei])),
  };
}

const isSame = (one: Readonly<Record<string, string>>, other: Readonly<Record<string, string>>): boolean =>
  JSON.stringify(Object.entries(one).sort()) === JSON.stringify(Object.entries(other).sort());
