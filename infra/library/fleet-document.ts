// Written by `npm run schema`, of the schema in shared/fleet/schema.ts.

/** A fleet file, as an object. Texts have the patterns of the fleet file, which synthesis checks. */
export interface FleetDocument {
  /** The fleet's name; its file is called NAME.yaml. */
  readonly fleet: string;
  /** What the nodes run; it gives the defaults. `other`: a client that chainmend does not know, whose disks it grows. */
  readonly chain: "bitcoin" | "litecoin" | "dogecoin" | "bitcoin-cash" | "dash" | "zcash" | "ethereum" | "bsc" | "polygon" | "avalanche" | "optimism" | "base" | "arbitrum" | "cometbft" | "cosmoshub" | "osmosis" | "celestia" | "stacks" | "solana" | "other";
  /** `plan`: writes plans and touches nothing. `ask`: waits for a person's approval. `act`: heals. */
  readonly mode: "plan" | "ask" | "act";
  /** Which instances are nodes of this fleet. */
  readonly nodes: {
    /** A node is an instance that carries all of these tags: `{ Component: nodes/bitcoin }`. */
    readonly tag: { readonly [key: string]: string };
    /** The tag that holds a node's name. Members of an Auto Scaling group that share one have the end of their instance's id behind it. */
    readonly nameTag?: string;
    /** How many nodes there should be; with fewer a person is told. Without it, those that `deploy.nodes` names. */
    readonly expected?: number;
  };
  /** What the nodes do, or the tag of each node that tells it. Validators and nodes of unknown role are never replaced. */
  readonly role?: "follower" | "validator" | "sentry" | "bootnode" | "unknown" | {
    /** The tag of each node that tells the node's role. */
    readonly tag: string;
    /** What each value of the tag means: `{ sealer: validator }`. A value that is not here is an unknown role. */
    readonly values?: { readonly [key: string]: "follower" | "validator" | "sentry" | "bootnode" | "unknown" };
  };
  /** The systemd unit that runs the client; `node@*` is whatever instance of a template unit runs. */
  readonly unit?: string;
  /** Instead of `unit`: the name of the container that runs the client. */
  readonly docker?: string;
  /** Instead of `unit`: the docker compose service that runs the client. */
  readonly compose?: {
    /** The compose file on the node. */
    readonly file: string;
    /** The client's service in it. */
    readonly service: string;
  };
  /** Instead of `unit`, where nothing of that runs the client: executables on the node, without arguments. */
  readonly commands?: {
    /** Starts the client, and ends. */
    readonly start: string;
    /** Stops the client cleanly, and ends when it has ended, with 0 if that was clean. */
    readonly stop: string;
    /** Exits with 0 while the client runs, with 3 when it has stopped, else with anything. */
    readonly status: string;
  };
  /** How long the client may take to stop cleanly. */
  readonly stopGraceSeconds?: number;
  /** What the client's last line has in it when it ended cleanly: words, `.*` for anything, `|` between alternatives. `none`: its exit status alone is the evidence. */
  readonly cleanLine?: string;
  /** How the clients keep their data, in a word: `pruned`, `archive`. A snapshot of another kind is never used. */
  readonly dataMode?: string;
  /** Instead of `unit`, where each node runs several clients: `{ execution: { unit: geth }, beacon: { docker: lighthouse } }`. A unit named `beacon` or `consensus` is the consensus client: it alone is restarted where it is at fault. */
  readonly units?: { readonly [key: string]: {
    /** The systemd unit that runs the client; `node@*` is whatever instance of a template unit runs. */
    readonly unit?: string;
    /** Instead of `unit`: the name of the container that runs the client. */
    readonly docker?: string;
    /** Instead of `unit`: the docker compose service that runs the client. */
    readonly compose?: {
      /** The compose file on the node. */
      readonly file: string;
      /** The client's service in it. */
      readonly service: string;
    };
    /** Instead of `unit`, where nothing of that runs the client: executables on the node, without arguments. */
    readonly commands?: {
      /** Starts the client, and ends. */
      readonly start: string;
      /** Stops the client cleanly, and ends when it has ended, with 0 if that was clean. */
      readonly stop: string;
      /** Exits with 0 while the client runs, with 3 when it has stopped, else with anything. */
      readonly status: string;
    };
    /** How long the client may take to stop cleanly. */
    readonly stopGraceSeconds?: number;
    /** What the client's last line has in it when it ended cleanly: words, `.*` for anything, `|` between alternatives. `none`: its exit status alone is the evidence. */
    readonly cleanLine?: string;
  } };
  /** Versions of the client that `chainmend upgrade` may have a node run. Without it no node is upgraded. */
  readonly client?: {
    /** The versions that a node may be told to run: "28.1" is the unit `node@28.1`, or the image `…:28.1` of a container, which the owner has put on each node. A digest of an image is one, too. No other is ever started. */
    readonly versions: ReadonlyArray<string>;
    /** Which of `units` is upgraded: one whose unit is a template, such as `node@*`, or a container (`docker`). */
    readonly unit?: string;
    /** The name of the node that is upgraded first. Any other follower unless given. */
    readonly canary?: string;
    /** How long the first node has to be seen well after its proof, before the others follow. */
    readonly watchMinutes?: number;
    /** So much of the followers of one Availability Zone is upgraded at once after the first node, one at least; never more than `breaker.restartPercent` of the fleet, than the breaker allows, or than the pool can spare. One node after the other unless given. */
    readonly zonePercent?: number;
    /** Whether a version is tried on a copy of the first node’s data, on a throw-away instance of `drills`, before any node gets it. Not where it comes at a height, beside the nodes, or to a validator. */
    readonly rehearse?: boolean;
  };
  /** The volumes of each node by their role: `{ data: /node-data, ancient: { path: /ancient, tag: { Part: ancient } } }`. */
  readonly volumes?: { readonly [key: string]: string | {
    /** Where the volume is mounted on each node. */
    readonly path: string;
    /** Tags that the EBS volume itself carries. */
    readonly tag?: { readonly [key: string]: string };
  } };
  /** Paths that make a node itself: node key, validator keys, signing state, accounts. */
  readonly identity?: ReadonlyArray<string>;
  /** When and how far volumes are grown. */
  readonly disk?: {
    /** Below this use (of bytes or of inodes) nothing is grown. */
    readonly growAtPercent?: number;
    /** How long a new size has to last at the observed rate. EBS's budget of modifications takes 24 h to come back. */
    readonly horizonHours?: number;
    /** The least that a volume is grown by. */
    readonly minimumStepPercent?: number;
    /** A volume is never grown beyond this. */
    readonly maximumSizeGiB?: number;
    /** What growing may add to the fleet's monthly bill within a calendar month. */
    readonly maximumMonthlyIncreaseUsd?: number;
    /** Modifications of one volume in 24 h. EBS allows four; the last is kept for a person. */
    readonly modificationsPerDay?: number;
    /** Before the ceiling is reached: the owner’s own command that has the client drop data which it need not keep, on a follower whose growth, and one least step more, would not fit under the ceiling. */
    readonly prune?: {
      /** It is run as root while the client is stopped, and ends with 0 where the client may be started on what is left: `geth snapshot prune-state`, for example. */
      readonly command: string;
      /** How long the owner’s pruning may take. */
      readonly minutes?: number;
      /** Whether a node is pruned only after the command has come through on a copy: each drill tries it on the newest set. Needs `drills`. */
      readonly rehearse?: boolean;
      /** So many other synced nodes stay in the pool while one is pruned; 0 lets a node prune that stands alone. */
      readonly poolFloor?: number;
    };
  };
  /** What the owner of the nodes agrees to. */
  readonly owner?: {
    /** What made the nodes and their volumes, and would find a change of them: OpenTofu is `terraform`, a person or a script is `nobody`. */
    readonly by?: "terraform" | "cloudformation" | "cdk" | "pulumi" | "nobody";
    /** Whether the owner may find what a heal has changed: `true` for other volumes and another instance; `false` refuses to grow a volume, too. */
    readonly acceptDrift?: boolean;
    /** A validator may be restarted where it is. */
    readonly restartValidators?: boolean;
  };
  /** With more nodes in trouble than this, restarts are paced; swaps and replacements are refused, and a person is paged. */
  readonly breaker?: {
    /** With more of the nodes unhealthy or unknown, restarts are paced; swaps and replacements are refused, and a person is paged. */
    readonly unhealthyPercent?: number;
    /** So many may be unhealthy in any case, however small the fleet. */
    readonly unhealthyMinimum?: number;
    /** So much of the fleet, and of each of its zones, is restarted at once; one node at least. Of many that are sick at once one goes first. */
    readonly restartPercent?: number;
  };
  /** How mode `ask` asks. */
  readonly ask?: {
    /** An approval that comes later is refused. */
    readonly expiresAfterHours?: number;
  };
  /** What people are told, and how often. */
  readonly pages?: {
    /** People are told of each node that was healed: by a message of severity `told`. */
    readonly healed?: boolean;
    /** A page that wants something now is sent again after so long, until somebody has acknowledged it or its cause is over. */
    readonly againAfterMinutes?: number;
    /** And then this often. */
    readonly againEveryMinutes?: number;
    /** No page is repeated more often in 24 h; 0: never. */
    readonly againPerDay?: number;
    /** Whether `check-readiness` looks once a day that heals would work now, and people are told of what no longer would. */
    readonly readiness?: boolean;
  };
  /** How a node's client is asked. */
  readonly rpc?: {
    /** The scheme of its RPC. With `https` any certificate is taken: a node is asked by its private address. */
    readonly scheme?: "http" | "https";
    /** The RPC port. */
    readonly port?: number;
    /** In front of every request's own path: `/ext/bc/C/rpc`. */
    readonly path?: string;
    /** `ssm:/NAME` of a SecureString or `secret:NAME` of Secrets Manager, for a probe in the VPC; `file:/PATH` on the node, such as bitcoind's `.cookie`, for `probe: ssm`. */
    readonly credentials?: string;
    /** Port of CometBFT's or geth's own metrics; the consensus rules of a CometBFT chain need it. `none`: they are not read. */
    readonly metricsPort?: number | "none";
    /** Port of the beacon node beside an ethereum execution client: it tells when the beacon node is why the client stands still. */
    readonly beaconPort?: number;
    /** The same for other chains whose nodes run two clients: port of heimdall beside bor (26657), of op-node beside op-geth (9545), of base-consensus. */
    readonly consensusPort?: number;
    /** For `chain: other`: what a node is asked, and where in its answers the facts are. */
    readonly paths?: {
      /** What a node is asked, by names of your own. */
      readonly requests: { readonly [key: string]: {
        /** Path of a GET request. */
        readonly get?: string;
        /** Path of a POST request. */
        readonly post?: string;
        /** JSON of a POST request. */
        readonly body?: unknown;
      } };
      /** Where its height is. */
      readonly height: string;
      /** Where the hash of the block at that height is. */
      readonly hash?: string;
      /** How the hash of any block is asked: `{height}` stands for its height. */
      readonly hashAt?: {
        /** The request. */
        readonly request: {
          /** Path of a GET request. */
          readonly get?: string;
          /** Path of a POST request. */
          readonly post?: string;
          /** JSON of a POST request. */
          readonly body?: unknown;
        };
        /** Keys to the hash in its answer; empty where the answer is the hash. */
        readonly at: string;
      };
      /** When that block was made. */
      readonly blockTime?: {
        /** Where that is. */
        readonly at: string;
        /** What it counts. */
        readonly as: "seconds" | "milliseconds" | "microseconds" | "nanoseconds" | "age-seconds" | "iso";
      };
      /** What tells that it is synced. */
      readonly synced?: {
        /** Where that is. */
        readonly at: string;
        /** Values that mean synced. */
        readonly is: ReadonlyArray<string | number | boolean>;
      };
      /** Where the number of its peers is. */
      readonly peerCount?: string;
      /** Where the network's id is. */
      readonly chainId?: string;
      /** Where the client's version is. */
      readonly clientVersion?: string;
    };
  };
  /** Who asks the nodes: a command on each (`ssm`), a function in their VPC, a metric, a command that only looks whether the client runs (`unit`), or nobody (`none`). */
  readonly probe?: "ssm" | "unit" | "none" | {
    /** The nodes' VPC: a function in it asks them over the network. */
    readonly vpc?: string;
    /** Where that function stands; one for each AZ. */
    readonly subnets?: ReadonlyArray<string>;
    /** A metric that exists already and tells the height of each node. */
    readonly metric?: {
      /** The metric's namespace. */
      readonly namespace: string;
      /** The metric's name. */
      readonly height: string;
      /** The dimension that holds an instance's id. */
      readonly dimension?: string;
      /** What other dimensions it has. */
      readonly dimensions?: { readonly [key: string]: string };
      /** How often it is written. */
      readonly periodSeconds?: 60 | 120 | 300 | 600 | 900 | 1800 | 3600;
    };
  };
  /** When a node is synced, behind, stuck or forked, and when the chain stands still. */
  readonly health?: {
    /** Up to five https URLs of independent endpoints of the same chain; compared, never believed alone. */
    readonly references?: ReadonlyArray<string>;
    /** What other data or another instance may rest on: `several` voices, or `one-reference` whose blocks follow on those of a node without siblings. */
    readonly trust?: "several" | "one-reference";
    /** So many blocks behind the tip a node is still synced. */
    readonly behindBlocks?: number;
    /** A node that has not advanced for so long is stuck, once others were seen to have three blocks more. Of a height that a metric tells, that is `behindBlocks` more. */
    readonly stuckSeconds?: number;
    /** For so long a state that is no verdict may last before people are told, or before a heal counts a start as failed: busy, behind with too few witnesses, without progress. */
    readonly patienceSeconds?: number;
    /** When no node and no reference has advanced for so long, the chain stands still. */
    readonly haltSeconds?: number;
    /** For so long after its start a client may be silent, behind or replaying. */
    readonly startGraceSeconds?: number;
    /** Hashes are compared so many blocks below the tip. */
    readonly confirmations?: number;
    /** What every node must say its network is: the genesis hash (bitcoin, solana), a number in quotes (ethereum, stacks), a name (cometbft). */
    readonly chainId?: string;
  };
  /** The port in the SRV record and in peers' lists. */
  readonly p2pPort?: number;
  /** How the lists of peers are kept; `none`: they are left alone. */
  readonly peers?: "none" | {
    /** Whether each node's list is kept alive and diverse; `false` does what `peers: none` does. */
    readonly rotate?: boolean;
    /** External peers that belong into every list, as the client writes them; a validator behind sentries gets none. */
    readonly seeds?: ReadonlyArray<string>;
    /** Entries of one node's list; bitcoind takes 8. */
    readonly maximum?: number;
    /** Fewer connections are trouble; in a fleet of four it is the three others. */
    readonly minimum?: number;
    /** The client's configuration on the node, where a list is written; it is edited, never made. */
    readonly config?: string;
    /** A client may be restarted where its list takes effect no other way, and no heal is at work. */
    readonly restart?: boolean;
  };
  /** Where the nodes' names are kept. In lists of peers a node may be named so, too. */
  readonly dns?: {
    /** The private Route 53 zone of the nodes' names: `node1.bitcoin.internal`. One label is a zone, too: `internal`. */
    readonly zone: string;
    /** Label of the record that holds all synced nodes: `pool.bitcoin.internal`. */
    readonly pool?: string;
    /** How long a resolver may keep an answer. */
    readonly ttlSeconds?: number;
  };
  /** How its metrics go to CloudWatch. `classic`: each is a metric with a price. `otlp`: over OTLP, by the gigabyte, with PromQL alarms for the whole fleet and no CloudWatch agent; only with `probe: ssm`. */
  readonly metrics?: "classic" | "otlp";
  /** Where new releases of the clients are told, and by when one has to run: `watch-releases` looks once a day and tells people. It upgrades nothing. */
  readonly releases?: {
    /** Where releases of the client are told: Atom, as `https://github.com/OWNER/NAME/releases.atom`, or the JSON of a registry’s tags. */
    readonly feed?: string;
    /** The same of the consensus client beside it. */
    readonly consensusFeed?: string;
    /** The version that has to run, and when: at a height, or at a time in UTC. People are told two weeks, one week, three days and one day before. */
    readonly upgradeBy?: {
      /** The version that has to run, or a newer one. */
      readonly version: string;
      /** The height of the chain by which it has to run. */
      readonly height: number;
    } | {
      /** The version that has to run, or a newer one. */
      readonly version: string;
      /** The day, or the minute, in UTC by which it has to run. */
      readonly date: string;
    };
    /** `patch`: a release of the feed that differs from what runs in its last number alone, and that `client.versions` names, is upgraded to without a person, in mode act. */
    readonly auto?: "patch";
  };
  /** The fleet's alarms, and those that it has already. */
  readonly alarms?: {
    /** Alarms that you have already, by name; `*` stands for anything. Chainmend's own are known by their tags. */
    readonly namePatterns?: ReadonlyArray<string>;
    /** Your own alarms on whatever metric, and what each says: a report, never a verdict. */
    readonly own?: ReadonlyArray<{
      /** The name of the alarm, or of several; `*` stands for anything. */
      readonly name: string;
      /** `stuck`, `unreachable`: the health of the node that it names is looked at, or of all nodes where it names none. `disk-full`: the disk of the node that it names. */
      readonly means: "stuck" | "unreachable" | "disk-full";
    }>;
    /** Your topics to which your alarms already send: the suite subscribes to them. */
    readonly topics?: ReadonlyArray<string>;
    /** `node`: an alarm for each node and kind. `fleet`: one for each kind. `auto`: `node` up to 50 nodes. */
    readonly per?: "node" | "fleet" | "auto";
    /** Use (of bytes or of inodes) at which the alarms go off. */
    readonly diskPercent?: number;
  };
  /** Snapshots of the volumes. `{}` is enough (without `clean`, or with another key beside it): a policy of Data Lifecycle Manager, made at the deployment. It takes volumes that carry any of several tags, so that `nodes.tag`, or the `tag` of each volume, must be one tag. */
  readonly snapshots?: {
    /** Clean sets: one node at a time is stopped cleanly, and all of its volumes are snapshotted at one moment. `{}` is enough. Alone (`snapshots: { clean: {} }`) it makes no policy of Data Lifecycle Manager. */
    readonly clean?: {
      /** How often one node is stopped for a clean set. */
      readonly everyHours?: number;
      /** The time of day, in UTC, from which on a node may be stopped; any time by default. Rounds are an hour apart. */
      readonly at?: string;
      /** With `at`: nobody is stopped later than this after it; what has not begun by then waits for the next time. */
      readonly withinHours?: number;
      /** How many sets are kept. */
      readonly keep?: number;
      /** Whether the only node of a fleet, or one of a pool at its floor, is stopped, too. */
      readonly alone?: boolean;
      /** So many synced nodes stay in the pool while one is stopped. */
      readonly poolFloor?: number;
    };
    /** How often a snapshot of each volume is made. */
    readonly everyHours?: 1 | 2 | 3 | 4 | 6 | 8 | 12 | 24;
    /** How many of each volume are kept. Data Lifecycle Manager deletes the oldest: 24 hourly ones are gone a day after a fault. */
    readonly keep?: number;
    /** Accounts that may use the snapshots. A snapshot is of a whole volume: refused while `identity` lies on it. */
    readonly shareWith?: {
      /** Their ids. */
      readonly accounts: ReadonlyArray<string>;
      /** The customer key that the volumes are encrypted with, which those accounts may use. */
      readonly kmsKeyArn: string;
      /** `true`: no key, account or signing state lies on the volumes, whatever the chain's clients usually keep there. */
      readonly identityFree?: boolean;
    };
    /** Another region that each snapshot is copied to. */
    readonly copyTo?: {
      /** The region. */
      readonly region: string;
      /** How long a copy is kept. */
      readonly keepDays?: number;
      /** A customer key of that region. */
      readonly kmsKeyArn?: string;
    };
    /** In the file of a second region or account, where the fleet has no nodes: here are copies of its snapshots, by `snapshots.copyTo` or `snapshots.shareWith` of its first file. Drills open the newest one here. Alone in `snapshots`; needs `drills` with a `subnet`, `replace.launchTemplate`, and two `health.references`. */
    readonly copiesFrom?: {
      /** The region of its nodes. */
      readonly region: string;
      /** The account of its nodes, where that is another one in the same region. */
      readonly account?: {
        /** Its id. */
        readonly id: string;
        /** The lifecycle policy there, which a snapshot's description names: its tags are not seen here. */
        readonly policy: string;
      };
      /** People are told when the newest copy is older. */
      readonly maxAgeHours?: number;
    };
  };
  /** How far a node is helped that does not advance any more. */
  readonly replace?: {
    /** What may be tried, mildest first; `[]` for nothing but a page. */
    readonly rungs?: ReadonlyArray<"restart" | "stop-start" | "swap" | "replace">;
    /** Before other data are tried: the owner’s own command that takes the client’s data back by some blocks, on a follower that stands at a block which a restart does not pass. */
    readonly rollBack?: {
      /** It is run as root while the client is stopped, and ends with 0 where the data may be started on again: `cometbft rollback`, for example. */
      readonly command: string;
      /** How long the owner’s roll-back may take. */
      readonly minutes?: number;
      /** Whether it is done to a node only after it has come through on a copy: each drill tries it on the newest set. Needs `drills`. */
      readonly rehearse?: boolean;
    };
    /** Before other data are tried, and only where it is measured to be quicker than those: the owner’s own command by which a client of bitcoin’s family builds its data again from the blocks on its disk, on a follower whose client names its data as it ends. */
    readonly reindex?: {
      /** It is run as root while the client is stopped, and ends with 0 where the client may be started: `bitcoind -reindex-chainstate -stopafterblockimport`, for example. It may take two hours, and no more than `minutes`. */
      readonly command: string;
      /** How long a node may take at most, from its start until its client is at the tip again; and the command itself. */
      readonly minutes?: number;
    };
    /** Where the data of a swap come from: a snapshot, or a copy of a healthy sibling's volume in the same AZ. */
    readonly source?: "snapshot" | "sibling";
    /** The rate at which EBS is paid to initialize a volume from its snapshot; without it blocks come as they are read. */
    readonly initializationMiBps?: number;
    /** Whether the files that the client reads at its start are read from a restored volume before the exchange; not with `initializationMiBps`. */
    readonly warm?: boolean;
    /** Id or name of the launch template of a new instance; an instance that was launched from one has it in its tags. */
    readonly launchTemplate?: string;
    /** Ids of your lifecycle policies whose snapshots carry no tags of the volumes. Their snapshots may be restored all the same. */
    readonly lifecyclePolicies?: ReadonlyArray<string>;
    /** Heights at which the chain changed its client: data from below one that it has passed are not restored under the client of after it. */
    readonly upgradeHeights?: ReadonlyArray<number>;
    /** Further subnets, tried in this order where the node's own has no capacity. */
    readonly subnets?: ReadonlyArray<string>;
    /** How long an old volume or instance is kept. */
    readonly keepDays?: number;
    /** Members of an Auto Scaling group: `refuse` leaves them alone, `standby` sets one aside with a lower capacity before anything is done to it. */
    readonly autoScaling?: "refuse" | "standby";
    /** A public address that is not elastic goes with a stop: `keep` refuses to stop or replace an instance that has one, `may-change` has it get another. */
    readonly publicAddress?: "keep" | "may-change";
    /** What becomes of user data of the launch template on a new instance: `run` after the client is masked, or `ignore`. Without a word a template that has some is refused. */
    readonly userData?: "run" | "ignore";
    /** Whether a node whose instance somebody has terminated is made again, from its launch template and the data that are left. */
    readonly terminated?: boolean;
    /** So long before EC2 retires, stops or reboots an instance, or maintains its host, a node that its fleet can spare is moved to other hardware, by a stop and a start; 0 for never. */
    readonly moveBeforeHours?: number;
    /** Restarts of one node in 24 h. */
    readonly restartsPerDay?: number;
    /** Replacements in the account in an hour, all fleets together. */
    readonly replacementsPerHour?: number;
    /** Replacements in the account in 24 h, all fleets together. */
    readonly replacementsPerDay?: number;
    /** Replacements of one node until it has been healthy for two hours. */
    readonly replacementsPerNode?: number;
  };
  /** Proofs that a node comes back from its snapshots: `audit-snapshots` opens the newest one on a throw-away instance, once a day, and removes it again. `{ securityGroup: sg-… }` is enough. Without it none is proved. */
  readonly drills?: {
    /** The only security group of the throw-away instance: nothing may come in, and out only what Systems Manager and the peers of the chain need. */
    readonly securityGroup: string;
    /** Its subnet. That of the node that is imitated unless given. */
    readonly subnet?: string;
    /** How often a set that has not been tried is looked for. */
    readonly everyHours?: number;
    /** People are told when nobody has proved for so long that a node comes back from a snapshot. */
    readonly maxAgeHours?: number;
    /** How long a client may take to catch up; the instance is removed then. */
    readonly hours?: number;
    /** What drills may cost in a calendar month, by our own estimate; one that would cost more is removed before. */
    readonly dollarsPerMonth?: number;
  };
  /** What is done for the Auto Scaling groups that the nodes are members of. */
  readonly asg?: {
    /** What a group launches gets the newest good snapshot as its data volume, by a new version of its launch template: it catches up, and does not sync from the first block. */
    readonly seed: "newest-good";
    /** `true`: no key, account or signing state lies on the volume, or the first boot removes it before the client starts: each new member gets a copy. */
    readonly identityFree?: boolean;
  };
  /** Nodes that chainmend makes itself, in a stack of their own: `npm run deploy:nodes`. Without it all nodes are made by others. */
  readonly deploy?: {
    /** `single`: instances of their own. `ha`: an Auto Scaling group behind a load balancer. `network`: instances of their own that are a private chain. */
    readonly kind: "single" | "ha" | "network";
    /** `single` and `network`: the nodes by name, each with its Availability Zone: `{ node1: eu-west-1a }`. To change a zone makes another node. */
    readonly nodes?: { readonly [key: string]: string };
    /** `ha`: the Auto Scaling group. */
    readonly group?: {
      /** How many nodes the group keeps, spread over the zones of `deploy.subnets`. */
      readonly size: number;
      /** How few nodes `chainmend scale` may leave. One fewer is there while a heal has one aside. */
      readonly minimum?: number;
      /** How many nodes `chainmend scale` may have the group keep. */
      readonly maximum?: number;
      /** The port on which each node answers whether it has caught up. The load balancer alone may open it. */
      readonly healthPort?: number;
    };
    /** `network`: the chain. Its genesis and the keys of its nodes are made once. */
    readonly network?: {
      /** The id of the chain, which its genesis says for ever; of a clique chain a number, quoted. */
      readonly chainId: string;
      /** `cometbft`: which of `nodes` are its validators, for ever: the genesis names them. */
      readonly validators?: ReadonlyArray<string>;
      /** `cometbft`: which of `nodes` stand between the validators and all others. Without them the others dial the validators. */
      readonly sentries?: ReadonlyArray<string>;
      /** `ethereum`: which of `nodes` seal its blocks (clique). The genesis names them; the chain itself takes others. */
      readonly sealers?: ReadonlyArray<string>;
      /** `ethereum`: which of `nodes` others begin with to find the network. They seal nothing. */
      readonly bootnodes?: ReadonlyArray<string>;
      /** `ethereum`: what the genesis says besides, for ever. */
      readonly clique?: {
        /** The least time from one block to the next. */
        readonly periodSeconds?: number;
        /** After so many blocks the votes about sealers begin again. */
        readonly epochBlocks?: number;
        /** What accounts have at the beginning, by address, in wei. Their keys are yours. */
        readonly alloc?: { readonly [key: string]: string };
      };
    };
    /** Their VPC. */
    readonly vpc?: string;
    /** The subnet of each zone: `{ eu-west-1a: subnet-… }`. Whether a node has a public address is as the subnet says. */
    readonly subnets?: { readonly [key: string]: string };
    /** The type of the instances. */
    readonly instanceType: string;
    /** `single`: what the instances are made with for the first sync. Once its node has caught up, chainmend stops each, gives it `instanceType`, and starts it. */
    readonly boost?: {
      /** Their type until then. */
      readonly instanceType: string;
    };
    /** Their image, with systemd and an SSM agent: its id, or `ssm:/NAME` of a public parameter, which is read at each deployment. */
    readonly image?: string;
    /** Size of the root volume. */
    readonly rootGiB?: number;
    /** The data volume of each node: gp3 and encrypted. With `single` it is kept whatever becomes of the stack, with `ha` it goes with its instance. */
    readonly volume: {
      /** Its size at the beginning; heals let it grow. */
      readonly sizeGiB: number;
      /** Its IOPS. */
      readonly iops?: number;
      /** Its throughput. */
      readonly throughputMiBps?: number;
      /** `single`: what it is made with for the first sync. Once its node has caught up, chainmend takes it back to the figures above. */
      readonly boost?: {
        /** Its IOPS until then. */
        readonly iops: number;
        /** Its throughput until then. */
        readonly throughputMiBps: number;
      };
      /** What is made on it while it is empty. */
      readonly filesystem?: "xfs" | "ext4";
      /** ARN of the key that it is encrypted with; it is encrypted in any case. */
      readonly kmsKeyId?: string;
    };
    /** What a new node begins with: `newest-good`, the snapshot that a heal would restore it from, where there is one; `sync`, nothing; or as below. Where there is none it begins with the bundle or the state sync of the file, and syncs from nothing without these. */
    readonly data?: "newest-good" | "sync" | {
      /** The snapshot: `newest-good`, or the id of one of the fleet. The paths of `identity` are removed from the copy before the client starts. */
      readonly snapshot?: string;
      /** Chain data that somebody has packed, where it begins with no snapshot: the volume needs room for the archive and for what is in it. The paths of `identity` are left out of it. */
      readonly bundle?: {
        /** An https address of a tar archive, compressed or not. It is fetched to the volume itself, and goes on where it broke off. */
        readonly url: string;
        /** Its SHA-256: it is compared before anything is opened. */
        readonly sha256: string;
        /** Where its contents go. */
        readonly into?: string;
      };
    };
    /** Of a CometBFT chain: a new node takes the state of a block from its peers in the place of all blocks before. It is written into `peers.config`, CometBFT's config.toml, which `install` makes. */
    readonly stateSync?: {
      /** RPC addresses of others of the chain, two at least: what all of them say of one block is trusted, as CometBFT's own `rpc_servers`. */
      readonly servers: ReadonlyArray<string>;
      /** For how long such a block may be trusted: two thirds of the unbonding period or less. */
      readonly trustHours?: number;
    };
    /** How the client and its unit come to the node. Without it both are in the image. */
    readonly install?: {
      /** An https address of the client, fetched once: a tar archive where `unpack` is given, else a program that is run without arguments. */
      readonly url?: string;
      /** The SHA-256 of what is at `url`: it is compared before anything is opened or run. */
      readonly sha256?: string;
      /** The folder that the archive is unpacked to. */
      readonly unpack?: string;
      /** Your own lines of bash, run once as root at the first boot, behind the mounted volume (`set -eu`): chainmend does not read them. No secrets: they are in the template. */
      readonly lines?: ReadonlyArray<string>;
    };
    /** The instance of the template unit that is started: "28.1" starts node@28.1. */
    readonly version?: string;
    /** What the whole world may open. */
    readonly p2p?: ReadonlyArray<string>;
    /** The ports of the client that are open: `[{ name: rpc, port: 8545, from: sg-… }, { name: ws, port: 8546, from: access }]`. `from` is one security group, or `access`, the members of the group that the stack exports; with `ha` the load balancer has a listener for each. No other port is open. */
    readonly ports?: ReadonlyArray<{
      /** What it is called in outputs and by `endpoints`. A new name changes no rule. */
      readonly name: string;
      /** The TCP port of the client. */
      readonly port: number;
      /** Who may open it: one security group, or `access`, the members of the access group that the stack makes and exports. Never the world. */
      readonly from: string;
    }>;
    /** The same for the RPC port alone: the one security group that may open it; with `ha` that of the load balancer. Nobody may without it. */
    readonly rpcFrom?: string;
    /** ARNs of managed policies: what a node may do besides being managed by Systems Manager and telling its metrics and logs. */
    readonly policies?: ReadonlyArray<string>;
    /** Log files that are forwarded to the log group of the fleet. */
    readonly logs?: ReadonlyArray<string>;
    /** For how long they are kept. */
    readonly logDays?: 1 | 3 | 5 | 7 | 14 | 30 | 60 | 90 | 120 | 150 | 180 | 365;
  };
}
