// The defaults of a fleet by its chain: one row per client that chainmend knows. A fleet file can override every value; `npm run fleets -- show NAME`
// shows which of them were taken from here.

export interface ChainDefaults {
  /** Where the client keeps its data, mounted from a volume of its own: the usual unit file's data directory. */
  readonly dataPath: string;
  /** The usual systemd unit. */
  readonly unit: string;
  /** How long a clean stop may take: if a client is killed before it has flushed its state, it may never start again. */
  readonly stopGraceSeconds: number;
  /** The pattern of its last line after a clean end (an ERE); undefined: its exit status alone proves it. */
  readonly cleanLine?: string;
  /** Keys, signing state and accounts, relative to the data path. */
  readonly identity: readonly string[];
  /** `metrics` where chainmend reads them by default. */
  readonly ports: { readonly rpc: number; readonly p2p: number; readonly metrics?: number };
  /** A volume is never grown beyond this. */
  readonly maximumSizeGiB: number;
  readonly health: ChainHealth;
  readonly peers: ChainPeers;
}

/** See `HealthPolicy`. Each row of the table states how fast its chain is: the numbers follow from that. */
export interface ChainHealth {
  /**
   * Blocks of some 20 s where they come every few seconds, because nodes are not all asked at the same moment; a few blocks where they come slowly.
   */
  readonly behindBlocks: number;
  readonly stuckSeconds: number;
  /** Where blocks are found by chance, a gap that is rarer than once a year; where they come by the clock, minutes. */
  readonly haltSeconds: number;
  /** Until the RPC answers correctly again after a stop that was not clean. */
  readonly startGraceSeconds: number;
  readonly confirmations: number;
}

export interface ChainPeers {
  /** false: its clients find each other without help, and nothing has to be written. */
  readonly rotate: boolean;
  /** Entries of one node's list. */
  readonly maximum: number;
  /** The client's configuration, relative to the data path; undefined where it has none by default. */
  readonly config: string | undefined;
  /** How the client writes a peer, for messages. */
  readonly form: string;
}

// A wallet is in wallets/ or, in an old data directory, next to the blocks (Bitcoin Core, doc/files.md).
const bitcoinIdentity = ['wallets', 'wallet.dat', 'onion_v3_private_key'];

// The last line of Shutdown() in src/init.cpp; dogecoin's older copy of it has the same.
const bitcoinCleanLine = 'Shutdown: done';

const gethIdentity = ['geth/nodekey', 'keystore'];

// The last line of BlockChain.Stop() in core/blockchain.go, after the state trie is written.
const gethCleanLine = 'Blockchain stopped';

// MAX_ADDNODE_CONNECTIONS of src/net.h: "Maximum number of addnode outgoing nodes", 8. bitcoin.conf is in the data directory unless the unit says
// -conf (doc/files.md); the forks name theirs after themselves.
const bitcoinPeers = { rotate: true, maximum: 8, form: '203.0.113.7:8333' } as const;

// geth dials a third of its `--maxpeers`, 50 (defaultDialRatio of p2p/server.go): 16. It has no configuration unless started with --config.
const gethPeers = {
  rotate: true,
  maximum: 16,
  config: undefined,
  form: 'enode://PUBLIC-KEY-OF-128-DIGITS@203.0.113.7:30303',
} as const;

export const chainDefaults = {
  // Path and unit: contrib/init/bitcoind.service of Bitcoin Core, whose TimeoutStopSec is 600; its forks follow it.
  // A block in 600 s (nPowTargetSpacing of chainparams.cpp): a gap of 3 h is e^-18 a block, once in a thousand years. After a crash the
  // chain state is rolled forward and 6 blocks are checked (-checkblocks). 6: what Bitcoin Core shows as confirmed.
  bitcoin: {
    dataPath: '/var/lib/bitcoind',
    unit: 'bitcoind',
    stopGraceSeconds: 600,
    cleanLine: bitcoinCleanLine,
    identity: bitcoinIdentity,
    ports: { rpc: 8332, p2p: 8333 },
    maximumSizeGiB: 2000,
    health: { behindBlocks: 3, stuckSeconds: 600, haltSeconds: 10_800, startGraceSeconds: 1800, confirmations: 6 },
    peers: { ...bitcoinPeers, config: 'bitcoin.conf' },
  },
  // A block in 150 s: an hour is e^-24.
  litecoin: {
    dataPath: '/var/lib/litecoind',
    unit: 'litecoind',
    stopGraceSeconds: 600,
    cleanLine: bitcoinCleanLine,
    identity: bitcoinIdentity,
    ports: { rpc: 9332, p2p: 9333 },
    maximumSizeGiB: 1000,
    health: { behindBlocks: 4, stuckSeconds: 600, haltSeconds: 3600, startGraceSeconds: 1800, confirmations: 6 },
    peers: { ...bitcoinPeers, config: 'litecoin.conf' },
  },
  // A block in 60 s: half an hour is e^-30. Orphans of several blocks are normal at that pace.
  dogecoin: {
    dataPath: '/var/lib/dogecoind',
    unit: 'dogecoind',
    stopGraceSeconds: 600,
    cleanLine: bitcoinCleanLine,
    identity: bitcoinIdentity,
    ports: { rpc: 22555, p2p: 22556 },
    maximumSizeGiB: 1000,
    health: { behindBlocks: 6, stuckSeconds: 600, haltSeconds: 1800, startGraceSeconds: 1800, confirmations: 12 },
    peers: { ...bitcoinPeers, config: 'dogecoin.conf' },
  },
  // geth writes its state trie on exit; if it is killed before that, it rewinds for hours or stays stranded (go-ethereum#29156). A slot in 12 s
  // (SECONDS_PER_SLOT of the consensus specs). Two well nodes may be 4 blocks apart. The deepest reorganization since proof of stake is one of 7
  // blocks (25 May 2022).
  ethereum: {
    dataPath: '/var/lib/geth',
    unit: 'geth',
    stopGraceSeconds: 300,
    cleanLine: gethCleanLine,
    identity: gethIdentity,
    ports: { rpc: 8545, p2p: 30303 },
    maximumSizeGiB: 4000,
    health: { behindBlocks: 5, stuckSeconds: 300, haltSeconds: 600, startGraceSeconds: 1800, confirmations: 12 },
    peers: gethPeers,
  },
  // A block in 0.45 to 3 s, by the age of the network's last fork (BEP-520, BEP-524, BEP-619).
  bsc: {
    dataPath: '/var/lib/bsc',
    unit: 'bsc',
    stopGraceSeconds: 600,
    cleanLine: gethCleanLine,
    identity: gethIdentity,
    ports: { rpc: 8545, p2p: 30311 },
    maximumSizeGiB: 8000,
    health: { behindBlocks: 45, stuckSeconds: 180, haltSeconds: 300, startGraceSeconds: 1800, confirmations: 45 },
    peers: { ...gethPeers, form: 'enode://PUBLIC-KEY-OF-128-DIGITS@203.0.113.7:30311' },
  },
  // priv_validator_state.json must never go back in time: an older one signs the same height twice. A block in 1 to 7 s, final immediately. Five
  // minutes without one is the consortium's own rule for "out of sync". `max_num_outbound_peers` is 10 in config.toml, where Prometheus listens on
  // :26660 (`prometheus_listen_addr`).
  cometbft: {
    dataPath: '/var/lib/cometbft',
    unit: 'cometbft',
    stopGraceSeconds: 120,
    // Node.OnStop() of node/node.go: libs/service logs each service that stops, then come the RPC listeners, and in newer versions the stores.
    cleanLine: 'service stop|Stopping .* service|Closing rpc listener|RPC HTTP server stopped|Closing .*store',
    identity: ['config/node_key.json', 'config/priv_validator_key.json', 'data/priv_validator_state.json'],
    ports: { rpc: 26657, p2p: 26656, metrics: 26660 },
    maximumSizeGiB: 2000,
    health: { behindBlocks: 5, stuckSeconds: 300, haltSeconds: 300, startGraceSeconds: 900, confirmations: 1 },
    peers: {
      rotate: true,
      maximum: 10,
      config: 'config/config.toml',
      form: 'ID-OF-40-DIGITS@203.0.113.7:26656',
    },
  },
  // A stacks node's seed is a line of its configuration file, which is not on the data volume. A block in some seconds, with pauses where Bitcoin is
  // slow to give the next tenure. If a script posts the height to CloudWatch every 5 min, the height is that old.
  stacks: {
    dataPath: '/var/lib/stacks',
    unit: 'stacks',
    stopGraceSeconds: 600,
    // The end of RunLoop::start of testnet/stacks-node/src/run_loop/nakamoto.rs, after all of its threads have joined.
    cleanLine: 'Exiting stacks-node',
    identity: [],
    ports: { rpc: 20443, p2p: 20444 },
    maximumSizeGiB: 2000,
    health: { behindBlocks: 30, stuckSeconds: 1200, haltSeconds: 7200, startGraceSeconds: 1800, confirmations: 10 },
    peers: {
      rotate: true,
      maximum: 8,
      config: 'Config.toml',
      form: 'PUBLIC-KEY-OF-66-DIGITS@203.0.113.7:20444',
    },
  },
  // The tower file is named after the identity's public key, so its owner has to name it.
  // A slot in 0.4 s. getHealth calls a node well within 128 slots (DELINQUENT_VALIDATOR_SLOT_DISTANCE); finalized is 32 votes deep.
  // A start unpacks a snapshot and replays from it.
  solana: {
    dataPath: '/var/lib/solana',
    unit: 'solana',
    stopGraceSeconds: 600,
    identity: [],
    ports: { rpc: 8899, p2p: 8001 },
    maximumSizeGiB: 4000,
    health: { behindBlocks: 128, stuckSeconds: 180, haltSeconds: 300, startGraceSeconds: 3600, confirmations: 32 },
    peers: { rotate: false, maximum: 8, config: undefined, form: '203.0.113.7:8001' },
  },
} as const satisfies Record<string, ChainDefaults>;

export type KnownChain = keyof typeof chainDefaults;

/** A client that chainmend has no code for: its owner writes the values that a chain would have, and may write how it is watched. */
export const otherChain = 'other';

export const chainNames = [...(Object.keys(chainDefaults) as KnownChain[]), otherChain] as const;

/** undefined for `other`, which has no defaults. */
export function defaultsOf(chain: KnownChain | typeof otherChain): ChainDefaults | undefined {
  return chain === otherChain ? undefined : chainDefaults[chain];
}
