// What one kind of chain makes of random bytes, and what it reads in what is there: what is made once is the same for all of them. Pure.
import type { Network } from './request.ts';

export interface ChainMaker {
  /** How its owners call those who make its blocks. */
  readonly maker: 'validator' | 'sealer';
  /** Of each public key that it has. */
  readonly publicKeyBytes: number;
  /** How many random bytes the key of a node takes, and how many that of a maker of blocks. */
  readonly nodeKeyBytes: number;
  readonly makerKeyBytes: number;
  nodeKey(random: Uint8Array): MadeKey;
  makerKey(random: Uint8Array): MadeKey;
  /** How other nodes name one, by its public key. */
  peerIdOf(nodeKey: Uint8Array): string;
  record(network: Network, makers: readonly Maker[], nowMs: number): ChainRecord;
  /** What a record says: names in their order, and a text that is the same where the makers have the same keys. */
  read(record: ChainRecord): {
    readonly chainId: string;
    readonly makers: readonly string[];
    readonly makersKeys: string;
  };
  /** Why the genesis is not that of the fleet file, beyond its chain and its makers; undefined where it is. */
  genesisFault(record: ChainRecord, network: Network): string | undefined;
  /** What the stack may know besides: nobody's secret. */
  outputs(network: Network, ids: Readonly<Record<string, string>>): Readonly<Record<string, string>>;
}

export interface MadeKey {
  readonly publicKey: Uint8Array;
  /** Texts of files by their names in the secret. */
  readonly files: Readonly<Record<string, string>>;
}

/** Of a chain's blocks. */
export interface Maker {
  readonly name: string;
  readonly publicKey: Uint8Array;
}

export interface ChainRecord {
  /** The text of genesis.json. */
  readonly genesis: string;
  /** Who makes its blocks, by name, where the genesis has no names. */
  readonly makers?: Readonly<Record<string, string>>;
}

export const base64 = (bytes: Uint8Array | string): string => Buffer.from(bytes).toString('base64');

/** @throws RangeError */
export function expectBytes(bytes: Uint8Array, expected: number, what: string): void {
  if (bytes.length !== expected) throw new RangeError(`${what} of ${bytes.length} bytes, expected ${expected}`);
}
