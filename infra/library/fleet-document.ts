// Written by `npm run schema`, of the schema in shared/fleet/schema.ts.

/** A fleet file, as an object. Texts have the patterns of the fleet file, which synthesis checks. */
export interface FleetDocument {
  /** The name of fleet and file: NAME.yaml. */
  readonly fleet: string;
  /** What the nodes run. */
  readonly chain: "bitcoin" | "litecoin" | "dogecoin" | "bitcoin-cash" | "dash" | "zcash" | "ethereum" | "bsc" | "polygon" | "avalanche" | "optimism" | "base" | "arbitrum" | "cometbft" | "cosmoshub" | "osmosis" | "celestia" | "stacks" | "solana" | "other";
  /** `plan` touches nothing, `ask` waits for approval, `act` heals. */
  readonly mode: "plan" | "ask" | "act";
  /** Which instances are nodes. */
  readonly nodes: {
    /** Nodes carry all of these tags: `{ Component: nodes/bitcoin }`. */
    readonly tag: { readonly [key: string]: string };
    /** The tag with a node's name. Group members that share one get the end of their instance id. */
    readonly nameTag?: string;
    /** Fewer nodes are paged. Default: the number of `deploy.nodes`. */
    readonly expected?: number;
  };
  /** Validators and unknown roles are never replaced. */
  readonly role?: "follower" | "validator" | "sentry" | "bootnode" | "unknown" | {
    /** The tag with the role. */
    readonly tag: string;
    /** What each value means: `{ sealer: validator }`. */
    readonly values?: { readonly [key: string]: "follower" | "validator" | "sentry" | "bootnode" | "unknown" };
  };
  /** Systemd unit; `node@*` is the running instance of a template. */
  readonly unit?: string;
  /** Instead of `unit`: the client's container. */
  readonly docker?: string;
  /** Instead of `unit`: a docker compose service. */
  readonly compose?: {
    /** The compose file. */
    readonly file: string;
    /** The client's service. */
    readonly service: string;
  };
  /** Instead of `unit`: executables on the node, without arguments. */
  readonly commands?: {
    /** Starts the client, and ends. */
    readonly start: string;
    /** Stops the client, and ends with 0 after a clean stop. */
    readonly stop: string;
    /** Exits with 0 while the client runs, 3 when stopped. */
    readonly status: string;
  };
  /** How long a clean stop may take. */
  readonly stopGraceSeconds?: number;
  /** Text of the last log line; `.*` is anything, `|` is or. `none`: the exit status counts. */
  readonly cleanLine?: string;
  /** `pruned` or `archive`. Snapshots of another kind are not used. */
  readonly dataMode?: string;
  /** Several clients: `{ execution: { unit: geth }, beacon: { docker: lighthouse } }`. A `beacon` or `consensus` at fault is restarted alone. */
  readonly units?: { readonly [key: string]: {
    /** Systemd unit; `node@*` is the running instance of a template. */
    readonly unit?: string;
    /** Instead of `unit`: the client's container. */
    readonly docker?: string;
    /** Instead of `unit`: a docker compose service. */
    readonly compose?: {
      /** The compose file. */
      readonly file: string;
      /** The client's service. */
      readonly service: string;
    };
    /** Instead of `unit`: executables on the node, without arguments. */
    readonly commands?: {
      /** Starts the client, and ends. */
      readonly start: string;
      /** Stops the client, and ends with 0 after a clean stop. */
      readonly stop: string;
      /** Exits with 0 while the client runs, 3 when stopped. */
      readonly status: string;
    };
    /** How long a clean stop may take. */
    readonly stopGraceSeconds?: number;
    /** Text of the last log line; `.*` is anything, `|` is or. `none`: the exit status counts. */
    readonly cleanLine?: string;
  } };
  /** What `chainmend upgrade` may install. */
  readonly client?: {
    /** Versions on each node: `28.1` is unit `node@28.1` or image `…:28.1`; or a digest. */
    readonly versions: ReadonlyArray<string>;
    /** Which of `units` is upgraded. */
    readonly unit?: string;
    /** The node upgraded first. Default: a follower. */
    readonly canary?: string;
    /** How long the first node must stay well. */
    readonly watchMinutes?: number;
    /** Followers of a zone upgraded at once. Default: one. */
    readonly zonePercent?: number;
    /** Try it first on a copy of a node's data (`drills`). */
    readonly rehearse?: boolean;
  };
  /** By role: `{ data: /node-data, ancient: { path: /ancient, tag: { Part: ancient } } }`. */
  readonly volumes?: { readonly [key: string]: string | {
    /** Where it is mounted. */
    readonly path: string;
    /** The EBS volume's own tags. */
    readonly tag?: { readonly [key: string]: string };
  } };
  /** Paths of keys, signing state and accounts. */
  readonly identity?: ReadonlyArray<string>;
  /** How volumes grow. */
  readonly disk?: {
    /** Volumes grow from this use of bytes or inodes. */
    readonly growAtPercent?: number;
    /** How long a new size must last. */
    readonly horizonHours?: number;
    /** The smallest growth. */
    readonly minimumStepPercent?: number;
    /** No volume grows beyond this. */
    readonly maximumSizeGiB?: number;
    /** What a month's growth may add to the monthly bill. */
    readonly maximumMonthlyIncreaseUsd?: number;
    /** Of a volume in 24 h. */
    readonly modificationsPerDay?: number;
    /** Your command that drops data of a follower near its ceiling. */
    readonly prune?: {
      /** Your executable, without arguments; root runs it while the client is stopped. */
      readonly command: string;
      /** How long it may take. */
      readonly minutes?: number;
      /** Prune only after a drill's trial passed. Needs `drills`. */
      readonly rehearse?: boolean;
      /** Other synced nodes in the pool meanwhile; 0 also prunes a single node. */
      readonly poolFloor?: number;
    };
  };
  /** What the nodes' owner allows. */
  readonly owner?: {
    /** What made the nodes. OpenTofu is `terraform`, a person or script `nobody`. */
    readonly by?: "terraform" | "cloudformation" | "cdk" | "pulumi" | "nobody";
    /** `true` allows other volumes and instances; `false` also forbids growth. */
    readonly acceptDrift?: boolean;
    /** Validators may be restarted. */
    readonly restartValidators?: boolean;
  };
  /** Limits for many sick nodes. */
  readonly breaker?: {
    /** With more unhealthy or unknown: a page, paced restarts, no swap or replacement. */
    readonly unhealthyPercent?: number;
    /** This many may always be unhealthy. */
    readonly unhealthyMinimum?: number;
    /** How much of the fleet and each zone restarts at once, after one node. */
    readonly restartPercent?: number;
  };
  /** How mode `ask` asks. */
  readonly ask?: {
    /** Later approvals are refused. */
    readonly expiresAfterHours?: number;
  };
  /** Which messages are sent. */
  readonly pages?: {
    /** Send a `told` message for each healed node. */
    readonly healed?: boolean;
    /** When an urgent page is repeated first. */
    readonly againAfterMinutes?: number;
    /** The interval after that. */
    readonly againEveryMinutes?: number;
    /** Most repetitions in 24 h; 0: none. */
    readonly againPerDay?: number;
    /** Check once a day whether heals would work, and page. */
    readonly readiness?: boolean;
  };
  /** How the client is asked. */
  readonly rpc?: {
    /** With `https` any certificate is accepted. */
    readonly scheme?: "http" | "https";
    /** The RPC port. */
    readonly port?: number;
    /** Prefix of each request's path. */
    readonly path?: string;
    /** `ssm:/NAME` (SecureString) or `secret:NAME` for a probe in the VPC; `file:/PATH` on the node for `probe: ssm`. */
    readonly credentials?: string;
    /** Of CometBFT's or geth's metrics. CometBFT's consensus checks need it. */
    readonly metricsPort?: number | "none";
    /** To see the beacon node's faults. */
    readonly beaconPort?: number;
    /** The same for other chains: heimdall (26657), op-node (9545), base-consensus. */
    readonly consensusPort?: number;
    /** For `chain: other`. */
    readonly paths?: {
      /** Requests by your own names. */
      readonly requests: { readonly [key: string]: {
        /** Path of a GET request. */
        readonly get?: string;
        /** Path of a POST request. */
        readonly post?: string;
        /** JSON of a POST request. */
        readonly body?: unknown;
      } };
      /** The height. */
      readonly height: string;
      /** The hash at that height. */
      readonly hash?: string;
      /** How to ask for any block's hash; `{height}` is its height. */
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
      /** The block's time. */
      readonly blockTime?: {
        /** Where that is. */
        readonly at: string;
        /** What it counts. */
        readonly as: "seconds" | "milliseconds" | "microseconds" | "nanoseconds" | "age-seconds" | "iso";
      };
      /** What says that it is synced. */
      readonly synced?: {
        /** Where that is. */
        readonly at: string;
        /** Values that mean synced. */
        readonly is: ReadonlyArray<string | number | boolean>;
      };
      /** The number of peers. */
      readonly peerCount?: string;
      /** The network's id. */
      readonly chainId?: string;
      /** The client's version. */
      readonly clientVersion?: string;
    };
  };
  /** Who asks the nodes. */
  readonly probe?: "ssm" | "unit" | "none" | {
    /** A function in this VPC asks over the network. */
    readonly vpc?: string;
    /** The function's subnets, one for each zone. */
    readonly subnets?: ReadonlyArray<string>;
    /** Your metric with each node's height. */
    readonly metric?: {
      /** Its namespace. */
      readonly namespace: string;
      /** Its name. */
      readonly height: string;
      /** The dimension with the instance id. */
      readonly dimension?: string;
      /** Its other dimensions. */
      readonly dimensions?: { readonly [key: string]: string };
      /** How often it is written. */
      readonly periodSeconds?: 60 | 120 | 300 | 600 | 900 | 1800 | 3600;
    };
  };
  /** Limits for synced, behind, stuck, forked and halted. */
  readonly health?: {
    /** Independent https endpoints, never believed alone. */
    readonly references?: ReadonlyArray<string>;
    /** Witnesses of a swap or replacement. `one-reference`: one, whose blocks continue those of a single node. */
    readonly trust?: "several" | "one-reference";
    /** So far behind still counts as synced. */
    readonly behindBlocks?: number;
    /** Without progress for this long, and three blocks behind (metric: `behindBlocks`), a node is stuck. */
    readonly stuckSeconds?: number;
    /** How long an unclear state may last before a page or a failed start. */
    readonly patienceSeconds?: number;
    /** Without progress anywhere for this long, the chain is halted. */
    readonly haltSeconds?: number;
    /** How long after its start a client may be silent, behind or replaying. */
    readonly startGraceSeconds?: number;
    /** Hashes are compared this far below the tip. */
    readonly confirmations?: number;
    /** Genesis hash (bitcoin, solana), quoted number (ethereum, stacks), or name (cometbft). */
    readonly chainId?: string;
  };
  /** In SRV records and peer lists. */
  readonly p2pPort?: number;
  /** How peer lists are kept. */
  readonly peers?: "none" | {
    /** Keep lists; `false` is `peers: none`. */
    readonly rotate?: boolean;
    /** External peers in the client's format; none for validators behind sentries. */
    readonly seeds?: ReadonlyArray<string>;
    /** Most entries of a list. */
    readonly maximum?: number;
    /** Fewer connections are trouble; in a small fleet, fewer than all others. */
    readonly minimum?: number;
    /** The client's file with the list; it is only edited. */
    readonly config?: string;
    /** Restart a client that takes a list no other way. */
    readonly restart?: boolean;
  };
  /** Where node names are kept. */
  readonly dns?: {
    /** The private Route 53 zone. */
    readonly zone: string;
    /** The record of all synced nodes. */
    readonly pool?: string;
    /** The records' TTL. */
    readonly ttlSeconds?: number;
  };
  /** `otlp` needs `probe: ssm`, and no CloudWatch agent. */
  readonly metrics?: "classic" | "otlp";
  /** Where new versions are looked for. */
  readonly releases?: {
    /** Atom (`https://github.com/OWNER/NAME/releases.atom`) or JSON of a registry's tags. */
    readonly feed?: string;
    /** The same for the consensus client. */
    readonly consensusFeed?: string;
    /** The version that must run at a height or time. */
    readonly upgradeBy?: {
      /** This version or a newer one. */
      readonly version: string;
      /** The height. */
      readonly height: number;
    } | {
      /** This version or a newer one. */
      readonly version: string;
      /** The day, or minute: `2027-01-31T14:00Z`. */
      readonly date: string;
    };
    /** Mode `act` installs patches that `client.versions` names. */
    readonly auto?: "patch";
  };
  /** The fleet's alarms, and yours. */
  readonly alarms?: {
    /** Your existing alarms; `*` is anything. */
    readonly namePatterns?: ReadonlyArray<string>;
    /** Your alarms, and what each reports. */
    readonly own?: ReadonlyArray<{
      /** The name of the alarm, or of several; `*` stands for anything. */
      readonly name: string;
      /** `stuck`, `unreachable`: the health of the node that it names is looked at, or of all nodes where it names none. `disk-full`: the disk of the node that it names. */
      readonly means: "stuck" | "unreachable" | "disk-full";
    }>;
    /** Topics that your alarms send to. */
    readonly topics?: ReadonlyArray<string>;
    /** `auto`: `node` up to 50 nodes. */
    readonly per?: "node" | "fleet" | "auto";
    /** Use of bytes or inodes in the alarm. */
    readonly diskPercent?: number;
  };
  /** `{}`: a Data Lifecycle Manager policy, with exactly one tag in `nodes.tag` or in each volume's `tag`. */
  readonly snapshots?: {
    /** Sets of a stopped node. Alone (`snapshots: { clean: {} }`): no policy. */
    readonly clean?: {
      /** How often. */
      readonly everyHours?: number;
      /** Earliest time of day in UTC: `03:00`. */
      readonly at?: string;
      /** No node is stopped later after `at`. */
      readonly withinHours?: number;
      /** Sets that are kept. */
      readonly keep?: number;
      /** Also stop a fleet's only node, or one of a pool at its floor. */
      readonly alone?: boolean;
      /** Synced nodes that stay in the pool meanwhile. */
      readonly poolFloor?: number;
    };
    /** How often. */
    readonly everyHours?: 1 | 2 | 3 | 4 | 6 | 8 | 12 | 24;
    /** Snapshots kept of each volume. */
    readonly keep?: number;
    /** Accounts that may use the snapshots. Refused while `identity` is on the volume. */
    readonly shareWith?: {
      /** Their ids. */
      readonly accounts: ReadonlyArray<string>;
      /** The volumes' customer key, which they may use. */
      readonly kmsKeyArn: string;
      /** `true`: the volumes hold no key, account or signing state. */
      readonly identityFree?: boolean;
    };
    /** Another region that gets a copy. */
    readonly copyTo?: {
      /** The region. */
      readonly region: string;
      /** How long copies are kept. */
      readonly keepDays?: number;
      /** A customer key of that region. */
      readonly kmsKeyArn?: string;
    };
    /** In a region or account without nodes: drills open the newest copy. */
    readonly copiesFrom?: {
      /** The nodes' region. */
      readonly region: string;
      /** The nodes' account, if it is another in the same region. */
      readonly account?: {
        /** Its id. */
        readonly id: string;
        /** The lifecycle policy there, which a snapshot's description names: its tags are not seen here. */
        readonly policy: string;
      };
      /** Older copies are paged. */
      readonly maxAgeHours?: number;
    };
  };
  /** How far a stuck node is healed. */
  readonly replace?: {
    /** What may be tried, in this order; `[]`: only a page. */
    readonly rungs?: ReadonlyArray<"restart" | "stop-start" | "swap" | "replace">;
    /** Your command that takes a stuck follower back some blocks. */
    readonly rollBack?: {
      /** Your executable, without arguments; root runs it while the client is stopped. */
      readonly command: string;
      /** How long it may take. */
      readonly minutes?: number;
      /** Run it only after a drill's trial passed. Needs `drills`. */
      readonly rehearse?: boolean;
    };
    /** Your command that rebuilds a follower's data from its blocks (bitcoin's family). */
    readonly reindex?: {
      /** Your executable, without arguments; root runs it while the client is stopped, at most two hours. */
      readonly command: string;
      /** How long it may take until the client is at the tip. */
      readonly minutes?: number;
    };
    /** A swap's data; `sibling`: a copy of a healthy node's volume in the zone. */
    readonly source?: "snapshot" | "sibling";
    /** A paid EBS initialization rate. */
    readonly initializationMiBps?: number;
    /** Read start files before the switch; not with `initializationMiBps`. */
    readonly warm?: boolean;
    /** A new instance's launch template. */
    readonly launchTemplate?: string;
    /** Your lifecycle policies whose untagged snapshots may be restored. */
    readonly lifecyclePolicies?: ReadonlyArray<string>;
    /** Heights at which the client changed: a newer client gets no older data. */
    readonly upgradeHeights?: ReadonlyArray<number>;
    /** More, in this order, if the node's own has no capacity. */
    readonly subnets?: ReadonlyArray<string>;
    /** How long an old volume or instance is kept. */
    readonly keepDays?: number;
    /** Members of an Auto Scaling group: left alone, or set aside at a lower capacity. */
    readonly autoScaling?: "refuse" | "standby";
    /** A public address that is not elastic. */
    readonly publicAddress?: "keep" | "may-change";
    /** The template's user data. Unset, such a template is refused. */
    readonly userData?: "run" | "ignore";
    /** Make a node again after its instance was terminated. */
    readonly terminated?: boolean;
    /** How long before an EC2 event a node is moved; 0: never. */
    readonly moveBeforeHours?: number;
    /** Of a node in 24 h. */
    readonly restartsPerDay?: number;
    /** Of all fleets in an hour. */
    readonly replacementsPerHour?: number;
    /** Of all fleets in 24 h. */
    readonly replacementsPerDay?: number;
    /** Until it was healthy for two hours. */
    readonly replacementsPerNode?: number;
  };
  /** Try the newest snapshot on a throw-away instance. */
  readonly drills?: {
    /** Its only group; lets nothing in, and out only Systems Manager and the chain's peers. */
    readonly securityGroup: string;
    /** Its subnet. Default: the imitated node's. */
    readonly subnet?: string;
    /** How often an untried set is looked for. */
    readonly everyHours?: number;
    /** An older proof is paged. */
    readonly maxAgeHours?: number;
    /** How long a client may catch up. */
    readonly hours?: number;
    /** Estimated cost; no drill exceeds it. */
    readonly dollarsPerMonth?: number;
  };
  /** For nodes in Auto Scaling groups. */
  readonly asg?: {
    /** New members start from the newest good snapshot. */
    readonly seed: "newest-good";
    /** `true`: the volume holds no identity, or the first boot removes it. */
    readonly identityFree?: boolean;
  };
  /** Nodes that chainmend makes. */
  readonly deploy?: {
    /** `single` instances, a group with a load balancer (`ha`), or a private `network`. */
    readonly kind: "single" | "ha" | "network";
    /** Not with `ha`: `{ node1: eu-west-1a }`. Another zone makes another node. */
    readonly nodes?: { readonly [key: string]: string };
    /** `ha`: the Auto Scaling group. */
    readonly group?: {
      /** Nodes, spread over `deploy.subnets`. */
      readonly size: number;
      /** Fewest that `chainmend scale` may leave; a heal may set one more aside. */
      readonly minimum?: number;
      /** Most that `chainmend scale` may set. */
      readonly maximum?: number;
      /** Says to the load balancer whether the node has caught up. */
      readonly healthPort?: number;
    };
    /** `cometbft` has validators and sentries, `ethereum` sealers and bootnodes (clique). */
    readonly network?: {
      /** The chain's id, for ever; with clique a quoted number. */
      readonly chainId: string;
      /** `cometbft`: the validators among `nodes`, for ever. */
      readonly validators?: ReadonlyArray<string>;
      /** `cometbft`: nodes between the validators and others. */
      readonly sentries?: ReadonlyArray<string>;
      /** `ethereum`: nodes of the genesis that seal blocks (clique). */
      readonly sealers?: ReadonlyArray<string>;
      /** `ethereum`: nodes by which others find the network. */
      readonly bootnodes?: ReadonlyArray<string>;
      /** `ethereum`: more of the genesis, for ever. */
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
    /** For each zone: `{ eu-west-1a: subnet-… }`. It decides on public addresses. */
    readonly subnets?: { readonly [key: string]: string };
    /** The instance type. */
    readonly instanceType: string;
    /** `single`: a larger instance until the first sync ends. */
    readonly boost?: {
      /** The type until then. */
      readonly instanceType: string;
    };
    /** An AMI with systemd and SSM agent, or `ssm:/NAME`, read at each deployment. */
    readonly image?: string;
    /** The root volume's size. */
    readonly rootGiB?: number;
    /** gp3, encrypted. `single` keeps it without the stack; `ha` deletes it with its instance. */
    readonly volume: {
      /** Its first size; heals grow it. */
      readonly sizeGiB: number;
      /** Its IOPS. */
      readonly iops?: number;
      /** Its throughput. */
      readonly throughputMiBps?: number;
      /** `single`: more speed for the first sync. */
      readonly boost?: {
        /** Its IOPS until then. */
        readonly iops: number;
        /** Its throughput until then. */
        readonly throughputMiBps: number;
      };
      /** Made while the volume is empty. */
      readonly filesystem?: "xfs" | "ext4";
      /** ARN of its key. */
      readonly kmsKeyId?: string;
    };
    /** What a new node starts with. */
    readonly data?: "newest-good" | "sync" | {
      /** `newest-good`, or a snapshot id of the fleet. `identity` is removed from the copy. */
      readonly snapshot?: string;
      /** Packed chain data. The volume must hold archive and content. */
      readonly bundle?: {
        /** An https address of a tar archive, compressed or not. It is fetched to the volume itself, and goes on where it broke off. */
        readonly url: string;
        /** Its SHA-256: it is compared before anything is opened. */
        readonly sha256: string;
        /** Where its contents go. */
        readonly into?: string;
      };
    };
    /** CometBFT: take a block's state from peers. */
    readonly stateSync?: {
      /** Two RPC addresses or more, which must agree. */
      readonly servers: ReadonlyArray<string>;
      /** How long a block is trusted: at most two thirds of the unbonding period. */
      readonly trustHours?: number;
    };
    /** How client and unit get onto the node, unless they are in the image. */
    readonly install?: {
      /** A tar archive with `unpack`, else a program run without arguments. */
      readonly url?: string;
      /** Its SHA-256, compared first. */
      readonly sha256?: string;
      /** Folder for the archive. */
      readonly unpack?: string;
      /** Your bash lines, run once as root after the mount. No secrets. */
      readonly lines?: ReadonlyArray<string>;
    };
    /** Instance of the template unit: "28.1" starts node@28.1. */
    readonly version?: string;
    /** Ports open to everybody. */
    readonly p2p?: ReadonlyArray<string>;
    /** Other open ports: `[{ name: rpc, port: 8545, from: sg-… }]`; `from: access` is an exported group. */
    readonly ports?: ReadonlyArray<{
      /** What it is called in outputs and by `endpoints`. A new name changes no rule. */
      readonly name: string;
      /** The TCP port of the client. */
      readonly port: number;
      /** Who may open it: one security group, or `access`, the members of the access group that the stack makes and exports. Never the world. */
      readonly from: string;
    }>;
    /** Group for the RPC port (with `ha` the load balancer's). */
    readonly rpcFrom?: string;
    /** ARNs of more managed policies for the nodes. */
    readonly policies?: ReadonlyArray<string>;
    /** Log files that go to the fleet's log group. */
    readonly logs?: ReadonlyArray<string>;
    /** How long they are kept. */
    readonly logDays?: 1 | 3 | 5 | 7 | 14 | 30 | 60 | 90 | 120 | 150 | 180 | 365;
  };
}
