// The parameters of the command documents and the only forms that they may have: one source for SSM, for the functions that send them and for the
// script that receives them. So each pattern is valid in Java, JavaScript and POSIX (ERE) alike.

export interface ParameterRule {
  readonly description: string;
  /** Anchored, and without any character that a shell would interpret. */
  readonly pattern: string;
}

const wholeNumber = '(0|[1-9][0-9]{0,15})';
/** Never "." or "..", and never three or more dots alone. */
const pathPart = '\\.{0,2}[A-Za-z0-9_+@-][A-Za-z0-9._+@-]{0,63}';
/** Below a mount point, or that itself. */
const folder = `(\\.|${pathPart}(/${pathPart}){0,7})`;
const volume = `[a-z][a-z0-9-]{0,31}:(/${pathPart}){1,16}`;
/** The length is checked separately from the pattern: a matcher for POSIX expands every repetition. */
const base64 = '([A-Za-z0-9+/]+={0,2})?';

/** Maximum length of a base64 parameter. */
export const maximumBase64Characters = 30_000;

/** By name, in the order in which the script checks them. */
export const parameterRules = {
  OperationId: {
    description: '"<fence>.<ordinal>" of this command: what is below the highest that the node has seen is refused',
    pattern: '^(0|[1-9][0-9]{0,11})\\.(0|[1-9][0-9]{0,5})$',
  },
  StartBy: {
    description: 'Begins by then, in epoch seconds',
    pattern: `^${wholeNumber}$`,
  },
  RunLimitSeconds: {
    description: 'Its limit in seconds',
    pattern: '^[1-9][0-9]{0,3}$',
  },
  Path: {
    description: 'Where the filesystem is mounted',
    pattern: `^/(${pathPart}(/${pathPart}){0,15})?$`,
  },
  VolumeId: {
    description: 'The EBS volume that must carry that filesystem; empty to only ask which one does',
    pattern: '^(vol-[0-9a-f]{8,17})?$',
  },
  Source: {
    description: 'The EBS volume whose files are copied',
    pattern: '^vol-[0-9a-f]{8,17}$',
  },
  Runtime: {
    description: 'What runs the client',
    pattern: '^(systemd|docker|compose|commands|none)$',
  },
  Unit: {
    description:
      'The client: a systemd unit or "name@*", a container, "<compose file>#<service>", or "<start>#<stop>#<status>"; empty where Runtime is none',
    pattern: '^([A-Za-z0-9/][A-Za-z0-9/_.:+@#-]{0,249}(@\\*(\\.service)?)?)?$',
  },
  MinimumSizeBytes: {
    description: 'The size that the filesystem must reach; 0 asks for as far as it goes',
    pattern: `^${wholeNumber}$`,
  },
  StartClient: {
    description: 'Whether a client that is not running is started',
    pattern: '^(yes|no)$',
  },
  File: {
    description: "The client's configuration",
    pattern: `^(/${pathPart}){1,16}$`,
  },
  Sha256: {
    description: 'Of the file as it was read: any other file is left as it is',
    pattern: '^[0-9a-f]{64}$',
  },
  Edits: {
    description: 'Lines of "<first byte, from 0> <bytes that go> <bytes that come, in base64, or ->", in base64',
    pattern: `^${base64}$`,
  },
  Restart: {
    description: 'Whether the client is stopped and started again, to take the file',
    pattern: '^(yes|no)$',
  },
  StopGraceSeconds: {
    description: 'How long the client may take to stop cleanly',
    pattern: '^[1-9][0-9]{0,3}$',
  },
  Endpoint: {
    description: "The client's RPC, on this node's own loopback",
    pattern: '^https?://127\\.0\\.0\\.1:[1-9][0-9]{0,4}(/[A-Za-z0-9_.~/-]*)?$',
  },
  CredentialsFile: {
    description: 'A file on this node that holds "user:password" for the RPC; empty where it wants none',
    pattern: `^((/${pathPart}){1,16})?$`,
  },
  Requests: {
    description: 'Lines of "<GET or POST> <path, or -> <body in base64, or ->", in base64',
    pattern: `^${base64}$`,
  },
  Questions: {
    description:
      'Lines of "<what is kept> <most bytes> <GET or POST> <scheme> <port> <path> <body in base64, or ->", in base64',
    pattern: `^${base64}$`,
  },
  Volumes: {
    description: 'Volumes whose use is told, by role: "data:/data#ancient:/ancient#root:/"',
    pattern: `^(${volume}(#${volume}){0,14}(#root:/)?)?$`,
  },
  Clients: {
    description:
      'Lines of "<runtime> <unit> <seconds to stop in> <ERE of its log\'s last line in base64, or ->", and " ran"; in base64',
    pattern: `^${base64}$`,
  },
  Paths: {
    description: 'Lines of mount points that are told about, in base64',
    pattern: `^${base64}$`,
  },
  Places: {
    description: 'Lines of "<mount point> <EBS volume>", in base64',
    pattern: `^${base64}$`,
  },
  From: {
    description: 'Lines of "<mount point> <EBS volume>": what is mounted, and goes; in base64',
    pattern: `^${base64}$`,
  },
  To: {
    description: 'Lines of "<mount point> <EBS volume>": what comes, at the same mount points; in base64',
    pattern: `^${base64}$`,
  },
  Identity: {
    description: 'Lines of paths below these mount points that make a node itself, in base64',
    pattern: `^${base64}$`,
  },
  Carry: {
    description: 'Whose identity stays: see carry in node-command.ts',
    pattern: '^((ours|own)(-signed)?|theirs|unmounted)$',
  },
  KeepNewest: {
    description: 'Lines of paths of signing states, of which the one with the greater height stays, in base64',
    pattern: `^${base64}$`,
  },
  Scrub: {
    description: 'Lines of paths below these mount points that make another node itself, and go; in base64',
    pattern: `^${base64}$`,
  },
  Like: {
    description: 'Where the volume is mounted that this one is to stand in for',
    pattern: `^(/${pathPart}){1,16}$`,
  },
  Warm: {
    description:
      'Lines of "<MiB at most> <folder on the volume, or .> <name with *>": files that are read, the newest first; in base64, or empty',
    pattern: `^${base64}$`,
  },
  Cached: {
    description: 'Whether it is told of which folders below these mount points files are in memory',
    pattern: '^(yes|no)$',
  },
  Only: {
    description:
      'start: leaves what runs; restart: stops it first; switch: so, and starts Version; enable: starts nothing, enables Version alone where the client is masked; roll-back, reindex, prune: stops it, runs Own, starts all',
    pattern: '^(start|restart|switch|enable|roll-back|reindex|prune)$',
  },
  Unmount: {
    description: 'Whether the volumes are unmounted when the client has stopped',
    pattern: '^(yes|no)$',
  },
  Mask: {
    description: 'Whether the client is kept from starting, on disk, from now on',
    pattern: '^(yes|no)$',
  },
  Unmask: {
    description: 'Whether what keeps the client from starting is taken away',
    pattern: '^(yes|no)$',
  },
  Version: {
    description:
      'switch, enable: the instance of the client’s template unit, or the tag or digest of its image, that takes the place of the one before; else _',
    pattern: '^(_|[A-Za-z0-9][A-Za-z0-9_.+-]{0,63}|sha256:[0-9a-f]{64})$',
  },
  Own: {
    description: '_, or "<seconds that it may take>:<an executable of the owner, without arguments>"',
    pattern: `^(_|[1-9][0-9]{0,3}:(/${pathPart}){1,16})$`,
  },
  RequireClean: {
    description: 'Whether a client that did not end cleanly is started again, and all that is said to have failed',
    pattern: '^(yes|no)$',
  },
  Back: {
    description: 'After so many seconds a timer starts the clients again, unless another command comes; 0: none does',
    pattern: '^(0|[1-9][0-9]{0,3})$',
  },
} as const satisfies Readonly<Record<string, ParameterRule>>;

export type ParameterName = keyof typeof parameterRules;

/** One line of a base64 parameter: a path, a volume at its mount point, a client with its runtime, grace and last line, files to be read. */
export const linePatterns = {
  path: `^(/${pathPart}){1,16}$`,
  place: `^(/${pathPart}){1,16} vol-[0-9a-f]{8,17}$`,
  // A systemd unit becomes part of a file's name. The owner's own commands are three: start, stop, status.
  client: `^(systemd [A-Za-z0-9][A-Za-z0-9_.:+@-]{0,249}(@\\*(\\.service)?)?|(docker|compose) [A-Za-z0-9/][A-Za-z0-9/_.:+@#-]{0,249}|commands (/[A-Za-z0-9/_.:+@-]{1,120}#){2}/[A-Za-z0-9/_.:+@-]{1,120}) [1-9][0-9]{0,3} (-|[A-Za-z0-9+/]+={0,2})( ran)?$`,
  // Folder and name never go to a shell: `find -name` reads the * itself.
  folder: `^${folder}$`,
  warm: `^[1-9][0-9]{0,4} ${folder} [A-Za-z0-9_*][A-Za-z0-9._*-]{0,63}$`,
} as const;

/** The parameters of each operation; SSM refuses a parameter that its document does not declare. */
export const operationParameters = {
  'observe-node': ['OperationId', 'StartBy', 'RunLimitSeconds', 'Path', 'VolumeId', 'Runtime', 'Unit'],
  'grow-filesystem': [
    'OperationId',
    'StartBy',
    'RunLimitSeconds',
    'Path',
    'VolumeId',
    'Runtime',
    'Unit',
    'MinimumSizeBytes',
    'StartClient',
  ],
  'read-config': ['OperationId', 'StartBy', 'RunLimitSeconds', 'File'],
  'write-config': [
    'OperationId',
    'StartBy',
    'RunLimitSeconds',
    'Runtime',
    'Unit',
    'File',
    'Sha256',
    'Edits',
    'Restart',
    'StopGraceSeconds',
  ],
  'ask-peers': ['OperationId', 'StartBy', 'RunLimitSeconds', 'Endpoint', 'CredentialsFile', 'Requests'],
  'change-peers': ['OperationId', 'StartBy', 'RunLimitSeconds', 'Endpoint', 'CredentialsFile', 'Requests'],
  // Only reads: it has no fence, no start-by and no memory.
  'ask-node': ['RunLimitSeconds', 'Questions', 'CredentialsFile', 'Volumes'],
  // Only reads, too: its number says nothing, and it has no memory.
  'see-clients': ['OperationId', 'StartBy', 'RunLimitSeconds', 'Clients'],
  'inspect-node': ['OperationId', 'StartBy', 'RunLimitSeconds', 'Clients', 'Paths', 'Cached'],
  'restart-client': ['OperationId', 'StartBy', 'RunLimitSeconds', 'Clients', 'Paths', 'Only', 'Version', 'Own'],
  'check-volume': ['OperationId', 'StartBy', 'RunLimitSeconds', 'Path', 'VolumeId', 'Like', 'Warm'],
  'fill-volume': ['OperationId', 'StartBy', 'RunLimitSeconds', 'VolumeId', 'Source', 'Like'],
  'swap-volumes': [
    'OperationId',
    'StartBy',
    'RunLimitSeconds',
    'Clients',
    'From',
    'To',
    'Identity',
    'Carry',
    'KeepNewest',
  ],
  'stop-client': [
    'OperationId',
    'StartBy',
    'RunLimitSeconds',
    'Clients',
    'Places',
    'Unmount',
    'Mask',
    'RequireClean',
    'Back',
  ],
  'start-client': ['OperationId', 'StartBy', 'RunLimitSeconds', 'Clients', 'Places', 'Unmask', 'Scrub'],
} as const satisfies Readonly<Record<string, readonly ParameterName[]>>;

export type Operation = keyof typeof operationParameters;

/** Operations on a client's peers: without a lease, with a memory of their own on the node (docs/adr/0007). */
export const peerOperations = [
  'read-config',
  'write-config',
  'ask-peers',
  'change-peers',
] as const satisfies readonly Operation[];
export type PeerOperation = (typeof peerOperations)[number];

/** Operations of heals of class restart and replace: on a node's clients and volumes, under the same fences as growing. */
export const nodeOperations = [
  'inspect-node',
  'restart-client',
  'check-volume',
  'fill-volume',
  'swap-volumes',
  'stop-client',
  'start-client',
] as const satisfies readonly Operation[];
export type NodeOperation = (typeof nodeOperations)[number];
