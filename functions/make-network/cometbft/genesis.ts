// The beginning of a CometBFT chain, as genesis.json has it. Source: types/genesis.go. Parameters of consensus are left out: each version has its own, and
// fills them in.
import { publicKeyJson, validatorAddressOf } from './keys.ts';

export interface GenesisValidator {
  readonly name: string;
  readonly publicKey: Uint8Array;
}

export interface Genesis {
  readonly chainId: string;
  readonly atMs: number;
  readonly validators: readonly GenesisValidator[];
}

/** Each has the same: more than two thirds of them make a block. */
const POWER = 10;

/** Validators in the order of their names: the same ones make the same text. */
export const genesisFile = ({ chainId, atMs, validators }: Genesis): string =>
  JSON.stringify({
    genesis_time: new Date(atMs).toISOString(),
    chain_id: chainId,
    initial_height: '1',
    validators: validators
      .toSorted((one, other) => (one.name < other.name ? -1 : 1))
      .map(({ name, publicKey }) => ({
        ...{ address: validatorAddressOf(publicKey), pub_key: publicKeyJson(publicKey) },
        ...{ power: String(POWER), name },
      })),
    app_hash: '',
  });
