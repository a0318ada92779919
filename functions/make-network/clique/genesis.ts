// The beginning of a clique chain, as `geth init` takes it (EIP-225; core/genesis.go of go-ethereum). The last geth with clique is 1.13.
import { parseJson } from '../../../shared/text/json.ts';

export interface CliqueGenesis {
  /** Its digits. */
  readonly chainId: string;
  readonly periodSeconds: number;
  readonly epochBlocks: number;
  /** Of accounts, without 0x. */
  readonly sealers: readonly string[];
  /** In wei, by address with 0x. */
  readonly alloc: Readonly<Record<string, string>>;
}

/** A sealer's free text comes first in the extra data, its signature last. */
const VANITY = '0'.repeat(64);
const NO_SIGNATURE = '0'.repeat(130);
/** Where geth's own sealers go by themselves (`--miner.gaslimit`). */
const GAS_LIMIT = '30000000';

/** All that there was before blocks came from a beacon chain. */
const FORKS = [
  ...['homestead', 'eip150', 'eip155', 'eip158', 'byzantium', 'constantinople', 'petersburg', 'istanbul'],
  ...['berlin', 'london'],
];

/** The same sealers and accounts make the same text. */
export const genesisFile = ({ chainId, periodSeconds, epochBlocks, sealers, alloc }: CliqueGenesis): string =>
  JSON.stringify({
    config: {
      chainId: Number(chainId),
      ...Object.fromEntries(FORKS.map((fork) => [`${fork}Block`, 0])),
      clique: { period: periodSeconds, epoch: epochBlocks },
    },
    difficulty: '1',
    gasLimit: GAS_LIMIT,
    extraData: extraDataOf(sealers),
    alloc: Object.fromEntries(
      Object.keys(alloc)
        .sort()
        .map((address) => [address, { balance: alloc[address] }]),
    ),
  });

/** "ascending order": the bytes of addresses as their digits. */
const extraDataOf = (sealers: readonly string[]): string => `0x${VANITY}${sealers.toSorted().join('')}${NO_SIGNATURE}`;

export interface WrittenGenesis {
  readonly config: {
    readonly chainId: number;
    readonly clique: { readonly period: number; readonly epoch: number };
  };
  readonly extraData: string;
  readonly alloc: Readonly<Record<string, { readonly balance: string }>>;
}

export const genesisIn = (text: string): WrittenGenesis => parseJson(text) as WrittenGenesis;
