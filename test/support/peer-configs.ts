// Configuration files of real clients for the tests of peer lists; where each is from is told in peer-configs/README.md.
import { readFileSync } from 'node:fs';
import type { ChainClient } from '../../shared/chains/client.ts';
import { chainClients } from '../../shared/chains/clients.ts';
import type { PeersFile } from '../../shared/peers/config.ts';

export const peerConfig = (name: string): string =>
  readFileSync(new URL(`peer-configs/${name}`, import.meta.url), 'utf8');

export function fileOf({ operations }: ChainClient): PeersFile {
  const { peersThatPersist } = operations;
  if (peersThatPersist.in === 'flag') throw new TypeError('this client has no file');
  return peersThatPersist;
}

/** Each client that keeps its peers in a file, and a file of it. */
export const configured = [
  { chain: 'cometbft', text: peerConfig('cometbft.toml') },
  { chain: 'ethereum', text: peerConfig('geth.toml') },
  { chain: 'litecoin', text: peerConfig('litecoin.conf') },
  { chain: 'stacks', text: peerConfig('stacks.toml') },
].map((sample) => {
  const client: ChainClient = chainClients[sample.chain as keyof typeof chainClients];
  return { ...sample, client, file: fileOf(client) };
});

/** How many hexadecimal digits an id has; 0 where a client has none. */
export const idDigits: Readonly<Record<string, number>> = { cometbft: 40, ethereum: 128, litecoin: 0, stacks: 66 };
