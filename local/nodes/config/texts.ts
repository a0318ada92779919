// The other clients' configuration files, with their owners' comments: an editor of these files must keep them.

/** bitcoin.conf: share/examples/bitcoin.conf of github.com/bitcoin/bitcoin, shortened; its forks read the same format. */
export const bitcoinConfig = (name: string, rpcPort: number, addnode: readonly string[]): string => `##
## ${name}.conf configuration file. Lines beginning with # are comments.
##

# Network-related settings:

# Maximum number of inbound + outbound connections (default: 125). This option
# applies only if inbound connections are enabled.
#maxconnections=125

# Use as many addnode= settings as you like to connect to specific peers
#addnode=69.164.218.197
${addnode.map((peer) => `addnode=${peer}\n`).join('')}
# server=1 tells ${name}d to accept JSON-RPC commands
server=1
rpcport=${rpcPort}
rpcallowip=10.0.0.0/8

# Index of all transactions: our wallet service asks for old ones
txindex=1
dbcache=4096
`;

/** Output of `geth dumpconfig`, shortened. */
export const gethConfig = (p2pPort: number, staticNodes: readonly string[]): string => `# geth --config, version 1.16
[Eth]
NetworkId = 1
SyncMode = "snap"
DatabaseCache = 2048 # MiB

[Node]
DataDir = "/var/lib/geth"
HTTPHost = "0.0.0.0"
HTTPPort = 8545
HTTPModules = ["net", "web3", "eth"]

[Node.P2P]
MaxPeers = 50
NoDiscovery = false
BootstrapNodes = []
ListenAddr = ":${p2pPort}"
# dialled again whenever they are lost
StaticNodes = [${staticNodes.map((node) => JSON.stringify(node)).join(', ')}]
TrustedNodes = []

[Metrics]
Enabled = true
HTTP = "0.0.0.0"
Port = 6060
`;

/** Output of `bor dumpconfig`, shortened. */
export const borConfig = (p2pPort: number, staticNodes: readonly string[]): string => `chain = "mainnet" # or "amoy"
datadir = "/var/lib/bor/data"
syncmode = "full"

[p2p]
  maxpeers = 50
  port = ${p2pPort}
  [p2p.discovery]
    v4disc = true
    bootnodes = []
    # dialled again whenever they are lost
    static-nodes = [${staticNodes.map((node) => JSON.stringify(node)).join(', ')}]
    trusted-nodes = []

[jsonrpc]
  [jsonrpc.http]
    enabled = true
    port = 8545
    host = "0.0.0.0"
    api = ["eth", "net", "web3", "txpool", "bor"]
`;

/** sample/conf/mainnet-follower-conf.toml of github.com/stacks-network/stacks-core. */
export const stacksConfig = (bootstrapNode: string): string => `[node]
# working_dir = "/dir/to/save/chainstate" # defaults to: /tmp/stacks-node-[0-9]*
rpc_bind = "0.0.0.0:20443"
p2p_bind = "0.0.0.0:20444"
bootstrap_node = ${JSON.stringify(bootstrapNode)} # comma separated: public key@host:port
prometheus_bind = "0.0.0.0:9153"

[burnchain]
mode = "mainnet"
peer_host = "127.0.0.1" # our own bitcoind
`;
