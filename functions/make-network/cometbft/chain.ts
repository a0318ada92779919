// CometBFT: ed25519 keys, and a genesis that names its validators.
import { parseJson } from '../../../shared/text/json.ts';
import type { ChainMaker } from '../chain.ts';
import { genesisFile } from './genesis.ts';
import { keyPair, nodeIdOf, nodeKeyFile, SEED_BYTES, validatorKeyFile } from './keys.ts';

export const cometbft: ChainMaker = {
  maker: 'validator',
  publicKeyBytes: 32,
  nodeKeyBytes: SEED_BYTES,
  makerKeyBytes: SEED_BYTES,
  nodeKey: (random) => {
    const key = keyPair(random);
    return { publicKey: key.publicKey, files: { node_key: nodeKeyFile(key) } };
  },
  makerKey: (random) => {
    const key = keyPair(random);
    return { publicKey: key.publicKey, files: { validator_key: validatorKeyFile(key) } };
  },
  peerIdOf: nodeIdOf,
  record: ({ ChainId: chainId }, validators, atMs) => ({ genesis: genesisFile({ chainId, atMs, validators }) }),
  read: ({ genesis }) => {
    const { chain_id, validators } = parseJson(genesis) as Written;
    return {
      ...{ chainId: chain_id, makers: validators.map(({ name }) => name).sort() },
      makersKeys: JSON.stringify(validators),
    };
  },
  genesisFault: () => undefined,
  outputs: () => ({}),
};

interface Written {
  readonly chain_id: string;
  readonly validators: readonly { readonly name: string }[];
}
