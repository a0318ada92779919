// config.toml as `cometbft init` and `cometbft testnet` write it, shortened to what a fleet's owner reads. Source of keys and comments:
// config/toml.go of github.com/cometbft/cometbft, version 0.38.

export interface CometbftSettings {
  readonly moniker: string;
  readonly persistentPeers: string;
  readonly rpcUnsafe: boolean;
  readonly metricsNamespace: string;
  /** false if peers have private addresses. */
  readonly strictAddresses: boolean;
}

export const cometbftConfig = (settings: CometbftSettings): string => `# This is a TOML config file.
# For more information, see https://github.com/toml-lang/toml

# NOTE: Any path below can be absolute (e.g. "/var/myawesomeapp/data") or
# relative to the home directory (e.g. "data").

# The version of the CometBFT binary that created or
# last modified the config file. Do not modify this.
version = "0.38.17"

#######################################################################
###                   Main Base Config Options                      ###
#######################################################################

# TCP or UNIX socket address of the ABCI application,
# or the name of an ABCI application compiled in with the CometBFT binary
proxy_app = "tcp://127.0.0.1:26658"

# A custom human readable name for this node
moniker = ${JSON.stringify(settings.moniker)}

# Database backend: goleveldb | cleveldb | boltdb | rocksdb | badgerdb
db_backend = "goleveldb"

#######################################################
###       RPC Server Configuration Options          ###
#######################################################
[rpc]

# TCP or UNIX socket address for the RPC server to listen on
laddr = "tcp://0.0.0.0:26657"

# Activate unsafe RPC commands like /dial_seeds and /unsafe_flush_mempool
unsafe = ${settings.rpcUnsafe}

#######################################################
###           P2P Configuration Options             ###
#######################################################
[p2p]

# Address to listen for incoming connections
laddr = "tcp://0.0.0.0:26656"

# Comma separated list of seed nodes to connect to
seeds = ""

# Comma separated list of nodes to keep persistent connections to
persistent_peers = ${JSON.stringify(settings.persistentPeers)}

# Set true for strict address routability rules
# Set false for private or local networks
addr_book_strict = ${settings.strictAddresses}

# Maximum number of inbound peers
max_num_inbound_peers = 40

# Maximum number of outbound peers to connect to, excluding persistent peers
max_num_outbound_peers = 10

# Set true to enable the peer-exchange reactor
pex = true

# Seed mode, in which node constantly crawls the network and looks for
# peers. If another node asks it for addresses, it responds and disconnects.
seed_mode = false

# Comma separated list of peer IDs to keep private (will not be gossiped to other peers)
private_peer_ids = ""

#######################################################
###       State Sync Configuration Options          ###
#######################################################
[statesync]
enable = false
rpc_servers = "" # two of them at least, comma separated
trust_height = 0

#######################################################
###       Instrumentation Configuration Options     ###
#######################################################
[instrumentation]

# When true, Prometheus metrics are served under /metrics on
# PrometheusListenAddr.
prometheus = true

# Address to listen for Prometheus collector(s) connections
prometheus_listen_addr = ":26660"

# Instrumentation namespace
namespace = ${JSON.stringify(settings.metricsNamespace)}
`;
