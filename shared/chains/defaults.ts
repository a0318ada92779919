// The defaults of a fleet by its chain: one row per client that chainmend knows. A fleet file can override every value; `npm run chainmend -- show NAME`
// shows which of them were taken from here.

/** Clients that are asked in the same words. */
export type Family = 'bitcoin' | 'ethereum' | 'cometbft' | 'stacks' | 'solana';

export interface ChainDefaults {
  /** The client beside the execution client, which gives it its blocks, and the key of `rpc` for its port. */
  readonly beside?: { readonly name: string; readonly key: 'beaconPort' | 'consensusPort' };
  /** Whose questions its client answers. */
  readonly family: Family;
  /** The usual time from one block to the next. */
  readonly blockSeconds: number;
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
  /** Where its RPC is below the port, if not at `/`. */
  readonly rpcPath?: string;
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
  /** For so long nothing is concluded from a standstill alone: minutes where blocks come by the clock, a gap of its blocks where by chance. */
  readonly patienceSeconds: number;
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

/** What every bitcoind has in common. */
const bitcoinFork = {
  family: 'bitcoin',
  stopGraceSeconds: 600,
  cleanLine: bitcoinCleanLine,
  identity: bitcoinIdentity,
  maximumSizeGiB: 1000,
} as const;

// The last line of BlockChain.Stop() in core/blockchain.go, after the state trie is written.
const gethCleanLine = 'Blockchain stopped';

// MAX_ADDNODE_CONNECTIONS of src/net.h: "Maximum number of addnode outgoing nodes", 8. bitcoin.conf is in the data directory unless the unit says
// -conf (doc/files.md); the forks name theirs after themselves.
const bitcoinPeers = { rotate: true, maximum: 8, form: '203.0.113.7:8333' } as const;

/** Nodes that find each other without help, or have no peers. */
const noPeers = { rotate: false, maximum: 8, config: undefined } as const;

// geth dials a third of its `--maxpeers`, 50 (defaultDialRatio of p2p/server.go): 16. It has no configuration unless started with --config.
const gethPeers = {
  rotate: true,
  maximum: 16,
  config: undefined,
  form: 'enode://PUBLIC-KEY-OF-128-DIGITS@203.0.113.7:30303',
} as const;

/** What every CometBFT node has in common. */
const cometbft = {
  family: 'cometbft',
  stopGraceSeconds: 120,
  // Node.OnStop() of node/node.go: libs/service logs each service that stops, then come the RPC listeners, and in newer versions the stores.
  cleanLine: 'service stop|Stopping .* service|Closing rpc listener|RPC HTTP server stopped|Closing .*store',
  identity: ['config/node_key.json', 'config/priv_validator_key.json', 'data/priv_validator_state.json'],
  ports: { rpc: 26657, p2p: 26656, metrics: 26660 },
  maximumSizeGiB: 2000,
  health: { behindBlocks: 5, patienceSeconds: 300, haltSeconds: 300, startGraceSeconds: 900, confirmations: 1 },
  peers: {
    rotate: true,
    maximum: 10,
    config: 'config/config.toml',
    form: 'ID-OF-40-DIGITS@203.0.113.7:26656',
  },
} as const;

export const chainDefaults = {
  // Path and unit: contrib/init/bitcoind.service of Bitcoin Core, whose TimeoutStopSec is 600; its forks follow it.
  // A block in 600 s (nPowTargetSpacing of chainparams.cpp): a gap of 3 h is e^-18 a block, once in a thousand years. After a crash the
  // chain state is rolled forward and 6 blocks are checked (-checkblocks). 6: what Bitcoin Core shows as confirmed.
  bitcoin: {
    family: 'bitcoin',
    blockSeconds: 600,
    dataPath: '/var/lib/bitcoind',
    unit: 'bitcoind',
    stopGraceSeconds: 600,
    cleanLine: bitcoinCleanLine,
    identity: bitcoinIdentity,
    ports: { rpc: 8332, p2p: 8333 },
    maximumSizeGiB: 2000,
    health: { behindBlocks: 3, patienceSeconds: 600, haltSeconds: 10_800, startGraceSeconds: 1800, confirmations: 6 },
    peers: { ...bitcoinPeers, config: 'bitcoin.conf' },
  },
  // A block in 150 s: an hour is e^-24.
  litecoin: {
    ...bitcoinFork,
    blockSeconds: 150,
    dataPath: '/var/lib/litecoind',
    unit: 'litecoind',
    ports: { rpc: 9332, p2p: 9333 },
    health: { behindBlocks: 4, patienceSeconds: 600, haltSeconds: 3600, startGraceSeconds: 1800, confirmations: 6 },
    peers: { ...bitcoinPeers, config: 'litecoin.conf' },
  },
  // A block in 60 s: half an hour is e^-30. Orphans of several blocks are normal at that pace.
  dogecoin: {
    ...bitcoinFork,
    blockSeconds: 60,
    dataPath: '/var/lib/dogecoind',
    unit: 'dogecoind',
    ports: { rpc: 22555, p2p: 22556 },
    health: { behindBlocks: 6, patienceSeconds: 600, haltSeconds: 1800, startGraceSeconds: 1800, confirmations: 12 },
    peers: { ...bitcoinPeers, config: 'dogecoin.conf' },
  },
  // Bitcoin Cash Node: bitcoin's own unit, ports and interval (contrib/init, chainparamsbase.cpp, chainparams.cpp). It takes no reorganization deeper than
  // 10 blocks (DEFAULT_MAX_REORG_DEPTH). Its genesis block is bitcoin's: only deeper blocks tell the two networks apart.
  'bitcoin-cash': {
    ...bitcoinFork,
    blockSeconds: 600,
    dataPath: '/var/lib/bitcoind',
    unit: 'bitcoind',
    ports: { rpc: 8332, p2p: 8333 },
    health: { behindBlocks: 3, patienceSeconds: 600, haltSeconds: 10_800, startGraceSeconds: 1800, confirmations: 10 },
    peers: { ...bitcoinPeers, config: 'bitcoin.conf' },
  },
  // Unit: contrib/init/dashd.service. nPowTargetSpacing is 150 s; "actual number of blocks per month is 200700 / 12" (nSuperblockCycle, both in
  // chainparams.cpp) makes 157 s. An hour is e^-23. A ChainLock makes a block final at once; 6 are for when there is none.
  dash: {
    ...bitcoinFork,
    blockSeconds: 157,
    dataPath: '/var/lib/dashd',
    unit: 'dashd',
    ports: { rpc: 9998, p2p: 9999 },
    health: { behindBlocks: 4, patienceSeconds: 600, haltSeconds: 3600, startGraceSeconds: 1800, confirmations: 6 },
    peers: { ...bitcoinPeers, config: 'dash.conf' },
  },
  // zebrad (zebrad/systemd/zebrad.service); zcashd answers the same calls, and is named with `unit`. POST_BLOSSOM_POW_TARGET_SPACING of zcashd's
  // consensus/params.h is 75 s: half an hour is e^-24. ZIP 315 waits for 10 confirmations. Zebra finds its peers itself: its addnode "is only supported
  // on regtest" (zebra-rpc/src/methods.rs). Neither client ends with a line of its own. The identity is zcashd's.
  zcash: {
    family: 'bitcoin',
    blockSeconds: 75,
    dataPath: '/var/lib/zebrad',
    unit: 'zebrad',
    stopGraceSeconds: 600,
    identity: ['wallet.dat', 'onion_private_key'],
    ports: { rpc: 8232, p2p: 8233 },
    maximumSizeGiB: 1000,
    health: { behindBlocks: 5, patienceSeconds: 600, haltSeconds: 1800, startGraceSeconds: 1800, confirmations: 10 },
    peers: { ...noPeers, form: '203.0.113.7:8233' },
  },
  // geth writes its state trie on exit; if it is killed before that, it rewinds for hours or stays stranded (go-ethereum#29156). A slot in 12 s
  // (SECONDS_PER_SLOT of the consensus specs). Two well nodes may be 4 blocks apart. The deepest reorganization since proof of stake is one of 7
  // blocks (25 May 2022).
  ethereum: {
    family: 'ethereum',
    blockSeconds: 12,
    dataPath: '/var/lib/geth',
    unit: 'geth',
    stopGraceSeconds: 300,
    cleanLine: gethCleanLine,
    identity: gethIdentity,
    ports: { rpc: 8545, p2p: 30303 },
    beside: { name: 'a beacon node', key: 'beaconPort' },
    maximumSizeGiB: 4000,
    health: { behindBlocks: 5, patienceSeconds: 300, haltSeconds: 600, startGraceSeconds: 1800, confirmations: 12 },
    peers: gethPeers,
  },
  // A block in 0.45 to 3 s, by the age of the network's last fork (BEP-520, BEP-524, BEP-619).
  bsc: {
    family: 'ethereum',
    blockSeconds: 3,
    dataPath: '/var/lib/bsc',
    unit: 'bsc',
    stopGraceSeconds: 600,
    cleanLine: gethCleanLine,
    identity: gethIdentity,
    ports: { rpc: 8545, p2p: 30311 },
    maximumSizeGiB: 8000,
    health: { behindBlocks: 45, patienceSeconds: 180, haltSeconds: 300, startGraceSeconds: 1800, confirmations: 45 },
    peers: { ...gethPeers, form: 'enode://PUBLIC-KEY-OF-128-DIGITS@203.0.113.7:30311' },
  },
  // bor, beside heimdall. Unit and path: packaging/templates/systemd/bor.service and builder/files/config.toml, where datadir is /var/lib/bor/data; a volume
  // may be mounted at either. "period" of builder/files/genesis-mainnet-v1.json is 2 s, its "sprint", the blocks of one producer, was 64.
  polygon: {
    family: 'ethereum',
    blockSeconds: 2,
    dataPath: '/var/lib/bor',
    unit: 'bor',
    stopGraceSeconds: 300,
    cleanLine: gethCleanLine,
    beside: { name: 'heimdall', key: 'consensusPort' },
    identity: ['bor/nodekey', 'keystore', 'data/bor/nodekey', 'data/keystore'],
    ports: { rpc: 8545, p2p: 30303 },
    maximumSizeGiB: 8000,
    health: { behindBlocks: 10, patienceSeconds: 180, haltSeconds: 600, startGraceSeconds: 1800, confirmations: 64 },
    peers: { ...gethPeers, config: 'config.toml' },
  },
  // The C-chain of avalanchego: ports and identity of config/flags.go, its last line of node/node.go, its interval of coreth's
  // plugin/evm/upgrade/ap4/cost.go (TargetBlockRate, 2 s). A block is final when it is accepted. Until it has bootstrapped, its RPC answers HTTP 503.
  avalanche: {
    family: 'ethereum',
    blockSeconds: 2,
    dataPath: '/var/lib/avalanchego',
    unit: 'avalanchego',
    stopGraceSeconds: 300,
    cleanLine: 'finished node shutdown',
    identity: ['staking/staker.key', 'staking/staker.crt', 'staking/signer.key'],
    ports: { rpc: 9650, p2p: 9651 },
    rpcPath: '/ext/bc/C/rpc',
    maximumSizeGiB: 4000,
    health: { behindBlocks: 15, patienceSeconds: 180, haltSeconds: 300, startGraceSeconds: 3600, confirmations: 1 },
    peers: { ...noPeers, form: '203.0.113.7:9651' },
  },
  // op-geth, beside op-node, which gives it its blocks: a block in 2 s (block_time of the superchain registry). A sequencer's blocks are seldom taken back.
  optimism: {
    family: 'ethereum',
    blockSeconds: 2,
    dataPath: '/var/lib/op-geth',
    unit: 'op-geth',
    beside: { name: 'op-node', key: 'consensusPort' },
    stopGraceSeconds: 300,
    cleanLine: gethCleanLine,
    identity: gethIdentity,
    ports: { rpc: 8545, p2p: 30303 },
    maximumSizeGiB: 8000,
    health: { behindBlocks: 10, patienceSeconds: 180, haltSeconds: 600, startGraceSeconds: 1800, confirmations: 30 },
    peers: { ...noPeers, form: gethPeers.form },
  },
  // base-reth, beside base-consensus (execution-entrypoint and docker-compose.yml of github.com/base/node). reth ends without a line of its own.
  base: {
    family: 'ethereum',
    blockSeconds: 2,
    dataPath: '/var/lib/base',
    unit: 'base-reth',
    beside: { name: 'base-consensus', key: 'consensusPort' },
    stopGraceSeconds: 300,
    identity: ['discovery-secret'],
    ports: { rpc: 8545, p2p: 30303 },
    maximumSizeGiB: 8000,
    health: { behindBlocks: 10, patienceSeconds: 180, haltSeconds: 600, startGraceSeconds: 1800, confirmations: 30 },
    peers: { ...noPeers, form: gethPeers.form },
  },
  // nitro: one process, which reads its blocks from the sequencer's feed and from Ethereum. Port 8547: cmd/genericconf/server.go. 9642 is what a node offers its
  // own feed on (--node.feed.output.port). MaxBlockSpeed of execution/gethexec/sequencer.go is 250 ms. A start replays what the feed had.
  arbitrum: {
    family: 'ethereum',
    blockSeconds: 0.25,
    dataPath: '/var/lib/nitro',
    unit: 'nitro',
    stopGraceSeconds: 600,
    identity: [],
    ports: { rpc: 8547, p2p: 9642 },
    maximumSizeGiB: 8000,
    health: { behindBlocks: 80, patienceSeconds: 180, haltSeconds: 600, startGraceSeconds: 3600, confirmations: 240 },
    peers: { ...noPeers, form: '203.0.113.7:9642' },
  },
  // priv_validator_state.json must never go back in time: an older one signs the same height twice. A block in 1 to 7 s, final immediately. Five
  // minutes without one is the consortium's own rule for "out of sync". `max_num_outbound_peers` is 10 in config.toml, where Prometheus listens on
  // :26660 (`prometheus_listen_addr`).
  cometbft: { ...cometbft, dataPath: '/var/lib/cometbft', unit: 'cometbft', blockSeconds: 5 },
  // The chains of the Cosmos SDK, each in the home that its own daemon makes (~/.gaia, ~/.osmosisd, ~/.celestia-app), here on a volume. Intervals follow from
  // timeout_commit: 5 s (gaia), 1.5 s (cmd/osmosisd/cmd/init.go), and 5.85 s for each precommit (pkg/appconsts/v8 of celestia-app; 2.1 s from v9 on).
  cosmoshub: { ...cometbft, dataPath: '/var/lib/gaia', unit: 'gaiad', blockSeconds: 6 },
  osmosis: {
    ...cometbft,
    dataPath: '/var/lib/osmosisd',
    unit: 'osmosisd',
    blockSeconds: 1.5,
    health: { ...cometbft.health, behindBlocks: 15 },
  },
  celestia: {
    ...cometbft,
    dataPath: '/var/lib/celestia-app',
    unit: 'celestia-appd',
    blockSeconds: 6,
    maximumSizeGiB: 8000,
  },
  // A stacks node's seed is a line of its configuration file, which is not on the data volume. A block in some seconds, with pauses where Bitcoin is
  // slow to give the next tenure. If a script posts the height to CloudWatch every 5 min, the height is that old.
  stacks: {
    family: 'stacks',
    blockSeconds: 30,
    dataPath: '/var/lib/stacks',
    unit: 'stacks',
    stopGraceSeconds: 600,
    // The end of RunLoop::start of testnet/stacks-node/src/run_loop/nakamoto.rs, after all of its threads have joined.
    cleanLine: 'Exiting stacks-node',
    identity: [],
    ports: { rpc: 20443, p2p: 20444 },
    maximumSizeGiB: 2000,
    health: { behindBlocks: 30, patienceSeconds: 1200, haltSeconds: 7200, startGraceSeconds: 1800, confirmations: 10 },
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
    family: 'solana',
    blockSeconds: 0.4,
    dataPath: '/var/lib/solana',
    unit: 'solana',
    stopGraceSeconds: 600,
    identity: [],
    ports: { rpc: 8899, p2p: 8001 },
    maximumSizeGiB: 4000,
    health: { behindBlocks: 128, patienceSeconds: 180, haltSeconds: 300, startGraceSeconds: 3600, confirmations: 32 },
    peers: { ...noPeers, form: '203.0.113.7:8001' },
  },
} as const satisfies Record<string, ChainDefaults>;

export type KnownChain = keyof typeof chainDefaults;

/** undefined where chainmend has no code for the chain. */
export function familyOf(chain: string): Family | undefined {
  return Object.hasOwn(chainDefaults, chain) ? chainDefaults[chain as KnownChain].family : undefined;
}

/** A client that chainmend has no code for: its owner writes the values that a chain would have, and may write how it is watched. */
export const otherChain = 'other';

export const chainNames = [...(Object.keys(chainDefaults) as KnownChain[]), otherChain] as const;

/** undefined for `other`, which has no defaults. */
export function defaultsOf(chain: KnownChain | typeof otherChain): ChainDefaults | undefined {
  return chain === otherChain ? undefined : chainDefaults[chain];
}
