// The client of each chain that a fleet file may name; watch-fleet and rotate-peers look it up here.
import { beaconClient } from './beacon.ts';
import { bitcoinClient } from './bitcoin.ts';
import type { ChainClient } from './client.ts';
import { cometbftClient } from './cometbft.ts';
import { chainDefaults, type KnownChain } from './defaults.ts';
import { ethereumClient } from './ethereum.ts';
import { opNodeClient } from './op-node.ts';
import { solanaClient } from './solana.ts';
import { stacksClient } from './stacks.ts';

const grace = (chain: KnownChain) => chainDefaults[chain].stopGraceSeconds;

/** `other` is missing: it has a client only where its fleet file gives the paths (http-json.ts). */
export const chainClients = {
  bitcoin: bitcoinClient('bitcoin', grace('bitcoin')),
  litecoin: bitcoinClient('litecoin', grace('litecoin')),
  // It kept the configuration of Bitcoin Core 0.14, where a key in a section is another key.
  dogecoin: bitcoinClient('dogecoin', grace('dogecoin'), { sections: false }),
  'bitcoin-cash': bitcoinClient('bitcoin-cash', grace('bitcoin-cash')),
  dash: bitcoinClient('dash', grace('dash')),
  zcash: withoutPeers(bitcoinClient('zcash', grace('zcash')), 'zebrad finds its peers itself'),
  ethereum: ethereumClient('ethereum', grace('ethereum')),
  bsc: ethereumClient('bsc', grace('bsc')),
  // static-nodes of the table [p2p.discovery], internal/cli/server/config.go of bor.
  polygon: ethereumClient('polygon', grace('polygon'), {
    staticPeers: { table: 'p2p.discovery', key: 'static-nodes', signs: ['p2p.discovery', 'datadir', 'chain'] },
  }),
  // internal/ethapi/api.go of coreth: Syncing is false and PeerCount 0, whatever avalanchego does.
  avalanche: withoutPeers(
    ethereumClient('avalanche', grace('avalanche'), { answersConstants: true }),
    'avalanchego finds its peers among the validators',
  ),
  optimism: withoutPeers(ethereumClient('optimism', grace('optimism')), 'op-node gives it its blocks'),
  base: withoutPeers(ethereumClient('base', grace('base')), 'base-consensus gives it its blocks'),
  arbitrum: withoutPeers(ethereumClient('arbitrum', grace('arbitrum')), 'nitro has no peers but the feed'),
  cometbft: cometbftClient('cometbft', grace('cometbft')),
  cosmoshub: cometbftClient('cosmoshub', grace('cosmoshub')),
  osmosis: cometbftClient('osmosis', grace('osmosis')),
  celestia: cometbftClient('celestia', grace('celestia')),
  stacks: stacksClient(grace('stacks')),
  solana: solanaClient(grace('solana')),
} as const satisfies Record<KnownChain, ChainClient>;

/** Whether the client of a chain tells the hash of the block below one; false of `other`, whose paths name no such thing. */
export const tellsParents = (chain: string): boolean =>
  Object.hasOwn(chainClients, chain) && chainClients[chain as KnownChain].tellsParents;

/** The same client, whose peers are neither asked nor changed. @param reason why that is not needed */
function withoutPeers(client: ChainClient, reason: string): ChainClient {
  return {
    ...client,
    peers: undefined,
    operations: {
      ...client.operations,
      peersAtRunTime: { by: 'nothing', reason },
      peersThatPersist: { in: 'flag', flag: undefined, takesEffect: 'restart' },
    },
  };
}

/** No beacon node documents how long it may take to stop. */
export const beacon: ChainClient = beaconClient(120);

/** The clients beside the execution client of a chain, which are in no list of chains. */
const opNode = opNodeClient(120);
const beside: Readonly<Partial<Record<string, ChainClient>>> = {
  ethereum: beacon,
  // heimdalld is a CometBFT node.
  polygon: cometbftClient('heimdall', 120),
  optimism: opNode,
  base: opNode,
};

/** The consensus client of a chain whose nodes run two clients; undefined for all others. */
export const consensusClientOf = (chain: string): ChainClient | undefined =>
  Object.hasOwn(beside, chain) ? beside[chain] : undefined;
