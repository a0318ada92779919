// What a fleet of a chain looks like when its owner says nothing else: one row per client that chainmend knows.
// Every value can be overridden in a fleet file; `npm run fleets -- show NAME` tells which of them were taken from here.

export interface ChainDefaults {
  /** Where the client keeps its data, mounted from a volume of its own: the usual unit file's data directory. */
  readonly dataPath: string;
  /** The usual systemd unit. */
  readonly unit: string;
  /** How long a clean stop may take: killed before it has flushed its state, a client may never start again. */
  readonly stopGraceSeconds: number;
  /** Keys, signing state and accounts, relative to the data path. */
  readonly identity: readonly string[];
  readonly ports: { readonly rpc: number; readonly p2p: number };
  /** A volume is never grown beyond this. */
  readonly maximumSizeGiB: number;
}

// A wallet lies in wallets/ or, in an old data directory, beside the blocks (Bitcoin Core, doc/files.md).
const bitcoinIdentity = ['wallets', 'wallet.dat', 'onion_v3_private_key'];

const gethIdentity = ['geth/nodekey', 'keystore'];

export const chainDefaults = {
  // Path and unit: contrib/init/bitcoind.service of Bitcoin Core, whose TimeoutStopSec is 600; its forks follow it.
  bitcoin: {
    dataPath: '/var/lib/bitcoind',
    unit: 'bitcoind',
    stopGraceSeconds: 600,
    identity: bitcoinIdentity,
    ports: { rpc: 8332, p2p: 8333 },
    maximumSizeGiB: 2000,
  },
  litecoin: {
    dataPath: '/var/lib/litecoind',
    unit: 'litecoind',
    stopGraceSeconds: 600,
    identity: bitcoinIdentity,
    ports: { rpc: 9332, p2p: 9333 },
    maximumSizeGiB: 1000,
  },
  dogecoin: {
    dataPath: '/var/lib/dogecoind',
    unit: 'dogecoind',
    stopGraceSeconds: 600,
    identity: bitcoinIdentity,
    ports: { rpc: 22555, p2p: 22556 },
    maximumSizeGiB: 1000,
  },
  // geth writes its state trie on exit; killed before that, it rewinds for hours or stays stranded (go-ethereum#29156).
  ethereum: {
    dataPath: '/var/lib/geth',
    unit: 'geth',
    stopGraceSeconds: 300,
    identity: gethIdentity,
    ports: { rpc: 8545, p2p: 30303 },
    maximumSizeGiB: 4000,
  },
  bsc: {
    dataPath: '/var/lib/bsc',
    unit: 'bsc',
    stopGraceSeconds: 600,
    identity: gethIdentity,
    ports: { rpc: 8545, p2p: 30311 },
    maximumSizeGiB: 8000,
  },
  // priv_validator_state.json must never go back in time: an older one signs the same height twice.
  cometbft: {
    dataPath: '/var/lib/cometbft',
    unit: 'cometbft',
    stopGraceSeconds: 120,
    identity: ['config/node_key.json', 'config/priv_validator_key.json', 'data/priv_validator_state.json'],
    ports: { rpc: 26657, p2p: 26656 },
    maximumSizeGiB: 2000,
  },
  // A stacks node's seed is a line of its configuration file, which is not on the data volume.
  stacks: {
    dataPath: '/var/lib/stacks',
    unit: 'stacks',
    stopGraceSeconds: 600,
    identity: [],
    ports: { rpc: 20443, p2p: 20444 },
    maximumSizeGiB: 2000,
  },
  // The tower file is named after the identity's public key, so its owner has to name it.
  solana: {
    dataPath: '/var/lib/solana',
    unit: 'solana',
    stopGraceSeconds: 600,
    identity: [],
    ports: { rpc: 8899, p2p: 8001 },
    maximumSizeGiB: 4000,
  },
} as const satisfies Record<string, ChainDefaults>;

export type KnownChain = keyof typeof chainDefaults;

/** A client that chainmend cannot talk to: its disks can be grown, and its owner writes what a chain would have told. */
export const otherChain = 'other';

export const chainNames = [...(Object.keys(chainDefaults) as KnownChain[]), otherChain] as const;

/** undefined for `other`, which has no defaults. */
export function defaultsOf(chain: KnownChain | typeof otherChain): ChainDefaults | undefined {
  return chain === otherChain ? undefined : chainDefaults[chain];
}
