// The user data of a node that `deploy:` makes: first-boot.sh behind the values of one node. Every value is quoted, so that the shell reads it as text; the
// owner's own lines to install the client are text as well, which the script writes to a file and runs.
import { gzipSync } from 'fflate/browser';
import type { NetworkChain, NetworkRole } from '../fleet/schema-network.ts';

/** "User data is limited to 16 KB, in raw form, before it is base64-encoded" ("Run commands at launch using instance user data", EC2 user guide). */
export const USER_DATA_BYTES_MAX = 16 * 1_024;

export interface FirstBoot {
  /** Of a volume that is there before the instance; undefined: the launch makes it. */
  readonly volumeId?: string;
  readonly mountPath: string;
  readonly filesystem: 'ext4' | 'xfs';
  /** How long the volume may take to be attached. */
  readonly waitSeconds: number;
  /** The unit that is started: "node@28.1". */
  readonly unit: string;
  readonly install: {
    /** A file that is fetched over https, and opened where its digest is right. */
    readonly file?: { readonly url: string; readonly sha256: string; readonly unpack?: string };
    /** The owner's own lines, for bash. */
    readonly lines: readonly string[];
  };
  /** Chain data for a volume that has none. */
  readonly bundle?: BundleBoot;
  /** CometBFT's state sync, in its place. */
  readonly stateSync?: StateSyncBoot;
  /** Of a node of a private network. */
  readonly network?: NetworkBoot;
  /** JSON for the CloudWatch agent, and what is appended where the agent knows the journal. */
  readonly agentConfig: string;
  readonly journalConfig: string;
  /** Of a node of its own whose volume may be made from a snapshot. */
  readonly copy?: CopyBoot;
  /** Of a member of a group. */
  readonly group?: GroupBoot;
}

export interface CopyBoot {
  /** The snapshot; empty where the volume is made empty. */
  readonly from: string;
  /** What is removed from a copy of another node's data. */
  readonly identity: readonly string[];
}

export interface BundleBoot {
  readonly url: string;
  readonly sha256: string;
  /** Where its contents go: the mount path, or a folder below it. */
  readonly into: string;
  /** What is removed from what somebody else has packed. */
  readonly identity: readonly string[];
}

export interface StateSyncBoot {
  /** Addresses of the RPC of two or more others, that have to agree. */
  readonly servers: readonly string[];
  readonly trustHours: number;
  /** Path of config.toml. */
  readonly configPath: string;
}

export interface NetworkBoot {
  /** Where its secrets are. */
  readonly region: string;
  readonly chain: NetworkChain;
  readonly node: string;
  readonly role: NetworkRole;
  /** Names of the secret with its own keys, and of that which all nodes read. */
  readonly secret: string;
  readonly record: string;
  /** The client's home, and its config.toml. */
  readonly home: string;
  readonly configPath: string;
  /** The zone of the nodes' names. */
  readonly zone: string;
  readonly port: number;
  /** By name: whom it dials, whom of these it begins with to find others, and whom it names to nobody. */
  readonly peers: readonly string[];
  readonly begins: readonly string[];
  readonly hides: readonly string[];
}

/** The files of an identity, below the client's home: what they are called in a secret, or what they begin with. */
export interface NetworkFiles {
  readonly own: readonly (readonly [key: string, path: string])[];
  readonly all: readonly (readonly [key: string, path: string])[];
  readonly begin: readonly (readonly [path: string, text: string])[];
}

export function networkFiles({ chain, role }: Pick<NetworkBoot, 'chain' | 'role'>): NetworkFiles {
  const makes = role === 'validator';
  return chain === 'cometbft'
    ? {
        own: [
          ['node_key', 'config/node_key.json'],
          ...(makes ? ([['validator_key', 'config/priv_validator_key.json']] as const) : []),
        ],
        all: [['genesis', 'config/genesis.json']],
        begin: makes ? [['data/priv_validator_state.json', '{"height":"0","round":0,"step":0}']] : [],
      }
    : {
        own: [
          ['node_key', 'geth/nodekey'],
          ...(makes
            ? ([
                ['sealer_key', 'keystore/sealer.json'],
                // geth takes no file with a dot in front for an account (nonKeyFile in accounts/keystore/file_cache.go).
                ['sealer_password', 'keystore/.password'],
                ['sealer_address', 'keystore/.address'],
              ] as const)
            : []),
        ],
        all: [['genesis', 'genesis.json']],
        begin: [],
      };
}

export interface GroupBoot extends Pick<CopyBoot, 'identity'> {
  /** Where it answers whether it has caught up. */
  readonly healthPort: number;
  readonly asks: { readonly url: string; readonly body: string; readonly pattern: string; readonly most: number };
  /** Path of the file with the credentials of its RPC; empty without. */
  readonly credentials: string;
}

/** first-boot.sh as it is shipped, with first-boot-group.sh for a member of a group, and with what the data come from. */
export type FirstBootScripts = Readonly<Record<FirstBootKind, string>>;

export const FIRST_BOOT_KINDS = [
  ...(['single', 'single-bundle', 'single-statesync', 'single-network-cometbft', 'single-network-clique'] as const),
  ...(['single-copy', 'single-copy-bundle', 'single-copy-statesync'] as const),
  ...(['group', 'group-bundle', 'group-statesync'] as const),
];

/** The files of more steps, first-boot-*.sh, and what their lines in first-boot.sh begin with. */
export const FIRST_BOOT_PARTS = [
  'volume',
  'copy',
  'group',
  'bundle',
  'statesync',
  'network',
  'cometbft',
  'clique',
] as const;

/** All but the plain one write to the volume. */
export const partsOf = (kind: FirstBootKind): readonly (typeof FIRST_BOOT_PARTS)[number][] =>
  FIRST_BOOT_PARTS.filter((part) => {
    if (part === 'volume') return kind !== 'single';
    // What a group launches may come with a snapshot at any time.
    return kind.split('-').includes(part) || (part === 'copy' && kind.startsWith('group'));
  });

export type FirstBootKind = (typeof FIRST_BOOT_KINDS)[number];

/** Between two attempts to fetch it; there are 30. */
const BUNDLE_WAIT_SECONDS = 60;

/** Peers keep a snapshot of each thousandth block or so, and of several back ("snapshot-interval", "snapshot-keep-recent", Cosmos SDK's app.toml). */
const SYNC_BEHIND_BLOCKS = 2_000;

export function firstBootUserData(
  {
    volumeId,
    mountPath,
    filesystem,
    waitSeconds,
    unit,
    install,
    bundle,
    stateSync,
    network,
    agentConfig,
    journalConfig,
    copy,
    group,
  }: FirstBoot,
  scripts: FirstBootScripts,
): string {
  const { file, lines } = install;
  const values = {
    ...(volumeId !== undefined && { VOLUME: volumeId }),
    MOUNT_PATH: mountPath,
    FILESYSTEM: filesystem,
    WAIT_SECONDS: String(waitSeconds),
    UNIT: unit,
    URL: file?.url ?? '',
    SHA256: file?.sha256 ?? '',
    UNPACK: file?.unpack ?? '',
    INSTALL: lines.join('\n'),
    AGENT_CONFIG: agentConfig,
    JOURNAL_CONFIG: journalConfig,
  };
  return [
    '#!/bin/bash',
    '# chainmend first-boot. A step that fails refuses, whichever it is:',
    '# shellcheck disable=SC2015',
    'set -u -o pipefail',
    'umask 022',
    'export LC_ALL=C PATH="$PATH:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"',
    ...Object.entries(values).map(([name, value]) => `readonly ${name}=${quoted(value)}`),
    ...(group ? groupValues(group) : copy ? copyValues(copy) : []),
    ...(bundle ? bundleValues(bundle) : []),
    ...(stateSync ? stateSyncValues(stateSync) : []),
    ...(network ? networkValues(network) : []),
    scriptOf(
      scripts,
      network
        ? `single-network-${network.chain}`
        : `${group ? 'group' : copy ? 'single-copy' : 'single'}${bundle ? '-bundle' : stateSync ? '-statesync' : ''}`,
    ),
  ].join('\n');
}

/** The plain one can be read as it is: the others would leave an owner's own lines no room. */
const scriptOf = (scripts: FirstBootScripts, kind: FirstBootKind): string =>
  kind === 'single' ? scripts.single : packed(scripts, kind);

export const bundleValues = ({ url, sha256, into, identity }: BundleBoot): string[] => [
  `readonly BUNDLE_IDENTITY=(${identity.map(quoted).join(' ')})`,
  `readonly BUNDLE_WAIT_SECONDS=${BUNDLE_WAIT_SECONDS}`,
  ...Object.entries({ BUNDLE_URL: url, BUNDLE_SHA256: sha256, BUNDLE_INTO: into }).map(
    ([name, value]) => `readonly ${name}=${quoted(value)}`,
  ),
];

export const stateSyncValues = ({ servers, trustHours, configPath }: StateSyncBoot): string[] => [
  `readonly SYNC_SERVERS=(${servers.map(quoted).join(' ')})`,
  `readonly SYNC_TRUST_HOURS=${trustHours} SYNC_BEHIND=${SYNC_BEHIND_BLOCKS}`,
  `readonly SYNC_CONFIG=${quoted(configPath)}`,
];

export function networkValues(network: NetworkBoot): string[] {
  const { own, all, begin } = networkFiles(network);
  const pairs = (files: readonly (readonly [string, string])[]): string =>
    files.map((pair) => quoted(pair.join(' '))).join(' ');
  const words = (names: readonly string[]): string => names.map(quoted).join(' ');
  return [
    ...Object.entries({
      ...{ NETWORK_REGION: network.region, NETWORK_NODE: network.node, NETWORK_ROLE: network.role },
      ...{ NETWORK_SECRET: network.secret, NETWORK_RECORD: network.record, NETWORK_HOME: network.home },
      ...{ NETWORK_CONFIG: network.configPath, NETWORK_ZONE: network.zone, NETWORK_PORT: String(network.port) },
    }).map(([name, value]) => `readonly ${name}=${quoted(value)}`),
    `readonly NETWORK_PEERS=(${words(network.peers)})`,
    ...(network.chain === 'cometbft'
      ? [
          // A validator tells nobody of others, and asks nobody for more.
          `readonly NETWORK_PEX=${quoted(String(network.role !== 'validator'))}`,
          `readonly NETWORK_PRIVATE=(${words(network.hides)})`,
        ]
      : [`readonly NETWORK_FIRST=(${words(network.begins)})`]),
    `readonly NETWORK_OWN=(${pairs(own)})`,
    `readonly NETWORK_ALL=(${pairs(all)})`,
    `readonly NETWORK_NEW=(${pairs(begin)})`,
    'SECRET=',
  ];
}

export const copyValues = ({ from, identity }: CopyBoot): string[] => [
  `readonly COPY=${quoted(from)}`,
  `readonly IDENTITY=(${identity.map(quoted).join(' ')})`,
];

export function groupValues({ identity, healthPort, asks, credentials }: GroupBoot): string[] {
  const values = {
    ...{ HEALTH_PORT: String(healthPort), URL_SYNCED: asks.url, BODY_SYNCED: asks.body, SYNCED: asks.pattern },
    ...{ MOST: String(asks.most), CREDENTIALS: credentials },
  };
  return [
    // own_volume finds it.
    'VOLUME=',
    ...copyValues({ from: 'its launch', identity }),
    ...Object.entries(values).map(([name, value]) => `readonly ${name}=${quoted(value)}`),
  ];
}

/** The script in a third of its room, for bash. fflate makes the same bytes on every machine, so that nothing but a change of the script makes another version of a launch template. */
export const packed = (scripts: FirstBootScripts, kind: Exclude<FirstBootKind, 'single'>): string => {
  const script = Buffer.from(gzipSync(Buffer.from(scripts[kind]), { level: 9, mtime: 0 })).toString('base64');
  const besides = partsOf(kind)
    .map((part) => `first-boot-${part}.sh`)
    .join(' and ');
  return [
    `# first-boot.sh with ${besides}: base64 -d | gzip -d shows it.`,
    `SCRIPT=$(base64 -d <<<'${script}' | gzip -d) && eval "$SCRIPT"`,
    'exit 1',
    '',
  ].join('\n');
};

/** One word for any shell. */
export const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
