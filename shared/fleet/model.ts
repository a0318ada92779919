// What a fleet and its nodes are, once every default has been filled in. Pure types: the schema in `schema.ts` makes them.
import type { HttpJsonPaths } from '../chains/http-json.ts';
import type { Mode } from '../model/mode.ts';
import type { Rung } from '../model/rungs.ts';

export type Role = 'follower' | 'validator' | 'sentry' | 'bootnode' | 'unknown';

/** What starts and stops a client on its node. */
export type Runtime =
  | { readonly kind: 'systemd'; readonly unit: string }
  | { readonly kind: 'docker'; readonly container: string }
  | { readonly kind: 'compose'; readonly file: string; readonly service: string }
  /**
   * Executables on the node, without arguments. `status` exits with 0 while the client runs, with 3 when it has stopped, with anything
   * else when it cannot tell.
   */
  | { readonly kind: 'commands'; readonly start: string; readonly stop: string; readonly status: string };

export interface Unit {
  /** execution, beacon, …; `node` where a node has only one. */
  readonly name: string;
  readonly runtime: Runtime;
  /** How long this client may take to stop cleanly. */
  readonly stopGraceSeconds: number;
  /** What the client's last line matches when it has ended cleanly (an ERE); undefined: its exit status alone is the evidence. */
  readonly cleanLine: string | undefined;
}

/** One volume that every node of a fleet has. */
export interface VolumeRole {
  /** data, ancient, … */
  readonly role: string;
  /** Where it is mounted on the node; the alarm's `path` dimension. */
  readonly path: string;
  /** Tags that the EBS volume itself carries; the nodes' own tags unless given. */
  readonly tags: Readonly<Record<string, string>>;
}

export interface DiskPolicy {
  /** Below this use (bytes or inodes) nothing is grown, whatever an alarm says. */
  readonly growAtPercent: number;
  /** A new size must last so long at the observed rate; more than the 24 h of EBS's rolling budget. */
  readonly horizonHours: number;
  /** Never less than this much growth in one modification. */
  readonly minimumStepPercent: number;
  readonly maximumSizeGiB: number;
  /** What growing may add to the fleet's monthly bill within a calendar month. */
  readonly maximumMonthlyIncreaseUsd: number;
  /** Modifications of one volume that we make in 24 h; EBS allows four and the last is kept for a person. */
  readonly modificationsPerDay: number;
}

/** How a node's client is asked; the same for all nodes of a fleet. */
export interface RpcPolicy {
  readonly scheme: 'http' | 'https';
  readonly port: number;
  /** In front of every request's own path: "/ext/bc/C/rpc". Empty for most. */
  readonly path: string;
  readonly credentials: CredentialsSource | undefined;
  /** CometBFT's or geth's own metrics; undefined where they are not read. */
  readonly metricsPort: number | undefined;
  /** Of the beacon node beside an ethereum execution client; undefined where none is asked. */
  readonly beaconPort: number | undefined;
  /** For a chain that has no client here: what to ask, and where the facts are. */
  readonly paths: HttpJsonPaths | undefined;
}

/**
 * parameter: an SSM SecureString; secret: one of Secrets Manager; both hold {"user","password"} or {"token"} as JSON, and are read by
 * whoever asks over the network. file: "user:password" on the node itself (bitcoind's .cookie), read there and never sent anywhere.
 */
export type CredentialsSource =
  | { readonly kind: 'parameter'; readonly name: string }
  | { readonly kind: 'secret'; readonly name: string }
  | { readonly kind: 'file'; readonly path: string };

/** Who asks the nodes. */
export type Probe =
  /** A function in the nodes' VPC, over the network. */
  | { readonly by: 'vpc'; readonly vpcId: string; readonly subnetIds: readonly string[] }
  /** A command on the node, where RPC listens on its loopback only. */
  | { readonly by: 'ssm' }
  /** Nobody: a metric that exists already tells the height. */
  | {
      readonly by: 'metric';
      readonly namespace: string;
      readonly heightMetric: string;
      /** Dimension whose value is the instance's id. */
      readonly instanceDimension: string;
      readonly dimensions: Readonly<Record<string, string>>;
      readonly periodSeconds: number;
    };

export interface HealthPolicy {
  /** So many blocks behind the fleet's tip a node is still synced. */
  readonly behindBlocks: number;
  /** A node that is behind and has not advanced for so long is stuck. */
  readonly stuckSeconds: number;
  /** When no node and no reference has advanced for so long, the chain stands still. */
  readonly haltSeconds: number;
  /** After its start a client may be silent, behind or replaying for so long. */
  readonly startGraceSeconds: number;
  /** Hashes are compared so many blocks below the tip: nearer to it, nodes may differ for a moment and be right. */
  readonly confirmations: number;
  /** Independent endpoints of the same chain; they are compared and never believed alone. */
  readonly references: readonly string[];
  /** What the nodes must say their network is; what most of them say unless given. */
  readonly chainId: string | undefined;
}

export interface DnsPolicy {
  readonly zone: string;
  /** Label of the record that holds all synced nodes: `pool` makes pool.bitcoin.internal. */
  readonly pool: string;
  readonly ttlSeconds: number;
  /** Of the P2P port, for the SRV record. */
  readonly p2pPort: number;
}

export interface PeersPolicy {
  /** false: rotate-peers leaves this fleet alone. */
  readonly rotate: boolean;
  /** External peers that belong into every list but a validator's behind sentries, as the client writes them. */
  readonly seeds: readonly string[];
  /** Entries of one node's list. */
  readonly maximum: number;
  /** Fewer connections than this are trouble. */
  readonly minimum: number;
  /** The client's configuration on the node; undefined where the list is kept at run time only. */
  readonly configPath: string | undefined;
  /** Whether a client may be restarted where a new list takes effect no other way, one node at a time. */
  readonly restart: boolean;
  readonly p2pPort: number;
}

export interface AlarmsPolicy {
  /** Alarms that the fleet has already, by name (`*` matches anything); ours are known by their tags. */
  readonly namePatterns: readonly string[];
  /** node: one alarm per node and kind. fleet: one per kind. auto: node up to 50 nodes. */
  readonly per: 'node' | 'fleet' | 'auto';
  /** Use at which the alarms of disks and of inodes go off. */
  readonly diskPercent: number;
}

/** The DLM policy that the stack makes for a fleet. */
export interface SnapshotPolicy {
  readonly everyHours: 1 | 2 | 3 | 4 | 6 | 8 | 12 | 24;
  readonly keep: number;
  readonly shareWith:
    | {
        readonly accounts: readonly string[];
        readonly kmsKeyArn: string;
        /** The owner says that no key, account or signing state lies on the volumes, whatever the chain's clients usually keep there. */
        readonly identityFree: boolean;
      }
    | undefined;
  readonly copyTo:
    | { readonly region: string; readonly keepDays: number; readonly kmsKeyArn: string | undefined }
    | undefined;
}

/** How far a stuck node may be helped by more than a larger disk. */
export interface ReplacePolicy {
  /** What may be tried, in the order of the ladder; none: a person is paged at once. */
  readonly rungs: readonly Rung[];
  /** Where the data of a swap come from: a snapshot, or a copy of a healthy sibling's volume in the same AZ. */
  readonly source: 'snapshot' | 'sibling';
  /** Lifecycle policies whose snapshots carry no tags of the fleet, and which its owner trusts with its nodes' data all the same. */
  readonly lifecyclePolicies: readonly string[];
  /** What EBS is paid to initialize a new volume at; undefined: its blocks come as they are read. */
  readonly initializationMiBps: number | undefined;
  /** Id or name; undefined: the one that the instance itself was launched from, which its tags tell. */
  readonly launchTemplate: string | undefined;
  /** Tried in this order where the node's own subnet has no capacity. */
  readonly subnetIds: readonly string[];
  /** How long a volume or an instance is kept after it was replaced. */
  readonly keepDays: number;
  /** standby: a member of an Auto Scaling group is set aside, with a lower capacity, before anything is done to it. */
  readonly autoScaling: 'refuse' | 'standby';
  /** Restarts in place of one node. */
  readonly restartsPerDay: number;
  /** Of the account: the fleets' replacements count together. */
  readonly replacementsPerHour: number;
  readonly replacementsPerDay: number;
  /** Of one node, until it has been healthy for two hours. */
  readonly replacementsPerNode: number;
}

/** Snapshots for which a client is stopped, one node at a time. */
export interface CleanSnapshotPolicy {
  readonly everyHours: number;
  /** Sets: all volumes of one node at one moment. */
  readonly keep: number;
  /** Whether the only node of a fleet is stopped, or one of a pool that is at its floor. */
  readonly alone: boolean;
  /** So many synced nodes must remain in the pool. */
  readonly poolFloor: number;
}

export interface Fleet {
  readonly name: string;
  readonly chain: string;
  readonly mode: Mode;
  /** A node is an instance that carries all of these tags. */
  readonly nodes: { readonly tags: Readonly<Record<string, string>>; readonly nameTag: string };
  /** `values` says which role each value of the tag means; a value that is not in it is an unknown role. */
  readonly role:
    | { readonly fixed: Role }
    | { readonly fromTag: string; readonly values: Readonly<Record<string, Role>> };
  readonly volumes: readonly VolumeRole[];
  readonly units: readonly Unit[];
  /** Paths that make a node itself: keys, signing state, accounts. */
  readonly identityPaths: readonly string[];
  readonly owner: { readonly acceptDrift: boolean; readonly restartValidators: boolean };
  readonly disk: DiskPolicy;
  readonly breaker: { readonly unhealthyPercent: number; readonly unhealthyMinimum: number };
  readonly ask: { readonly expiresAfterHours: number };
  readonly alarms: AlarmsPolicy;
  readonly rpc: RpcPolicy | undefined;
  /** undefined: nobody asks, and every node is of unknown health. */
  readonly probe: Probe | undefined;
  readonly health: HealthPolicy;
  readonly peers: PeersPolicy | undefined;
  readonly snapshots: SnapshotPolicy | undefined;
  readonly dns: DnsPolicy | undefined;
  readonly replace: ReplacePolicy;
  /** undefined: no client is stopped for a snapshot. */
  readonly cleanSnapshots: CleanSnapshotPolicy | undefined;
  /** pruned, archive, index…: snapshots of another kind are not for this fleet. undefined: all of its nodes and snapshots are alike. */
  readonly dataMode: string | undefined;
}
