// The client of each chain that a fleet file may name; watch-fleet and rotate-peers look it up here.
import { beaconClient } from './beacon.ts';
import { bitcoinClient } from './bitcoin.ts';
import type { ChainClient } from './client.ts';
import { cometbftClient } from './cometbft.ts';
import { chainDefaults, type KnownChain } from './defaults.ts';
import { ethereumClient } from './ethereum.ts';
import { solanaClient } from './solana.ts';
import { stacksClient } from './stacks.ts';

const grace = (chain: KnownChain) => chainDefaults[chain].stopGraceSeconds;

/** `other` is missing: it has a client only where its fleet file gives the paths (http-json.ts). */
export const chainClients = {
  bitcoin: bitcoinClient('bitcoin', grace('bitcoin')),
  litecoin: bitcoinClient('litecoin', grace('litecoin')),
  dogecoin: bitcoinClient('dogecoin', grace('dogecoin')),
  ethereum: ethereumClient('ethereum', grace('ethereum')),
  bsc: ethereumClient('bsc', grace('bsc')),
  cometbft: cometbftClient(grace('cometbft')),
  stacks: stacksClient(grace('stacks')),
  solana: solanaClient(grace('solana')),
} as const satisfies Record<KnownChain, ChainClient>;

/** The companion of an ethereum execution client, which is in no list of chains. No beacon node documents how long it may take to stop. */
export const beacon: ChainClient = beaconClient(120);
