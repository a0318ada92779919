// What a fleet and its nodes are, once every default has been filled in. Pure types: the schema in `schema.ts` makes them.

/** plan: writes plans and touches nothing. ask: waits for a person's approval. act: heals. */
export type Mode = 'plan' | 'ask' | 'act';

export type Role = 'follower' | 'validator' | 'sentry' | 'bootnode' | 'unknown';

/** What starts and stops a client on its node. */
export type Runtime =
  | { readonly kind: 'systemd'; readonly unit: string }
  | { readonly kind: 'docker'; readonly container: string }
  | { readonly kind: 'compose'; readonly file: string; readonly service: string };

export interface Unit {
  /** execution, beacon, …; `node` where a node has only one. */
  readonly name: string;
  readonly runtime: Runtime;
  /** How long this client may take to stop cleanly. */
  readonly stopGraceSeconds: number;
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
  /** Alarms that the fleet has already, by name (`*` matches anything); ours are known by their tags. */
  readonly alarms: { readonly namePatterns: readonly string[] };
  readonly dns: { readonly zone: string } | undefined;
}
