// The parameters of the command documents and the only shapes that they may have: one source for SSM, for the functions that
// send them and for the script that receives them. So each pattern is valid in Java, JavaScript and POSIX (ERE) alike.

export interface ParameterRule {
  readonly description: string;
  /** Anchored, and without a single character that a shell would interpret in the value's place. */
  readonly pattern: string;
}

const wholeNumber = '(0|[1-9][0-9]{0,15})';
/** Never "." or "..", nor three dots and more. */
const pathPart = '\\.{0,2}[A-Za-z0-9_+@-][A-Za-z0-9._+@-]{0,63}';

/** By name, in the order in which the script checks them. */
export const parameterRules = {
  OperationId: {
    description:
      'Fence and ordinal of this command, "<fence>.<ordinal>": the node refuses what is below the highest it has seen',
    pattern: '^(0|[1-9][0-9]{0,11})\\.(0|[1-9][0-9]{0,5})$',
  },
  StartBy: {
    description: 'Epoch seconds after which the node refuses to begin',
    pattern: `^${wholeNumber}$`,
  },
  RunLimitSeconds: {
    description: 'The script ends itself after so many seconds',
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
  Runtime: {
    description: 'What runs the client',
    pattern: '^(systemd|docker|compose|none)$',
  },
  Unit: {
    description:
      'The client: a systemd unit or "name@*", a container, or "<compose file>#<service>"; empty where Runtime is none',
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
} as const satisfies Readonly<Record<string, ParameterRule>>;

export type ParameterName = keyof typeof parameterRules;

/** What each operation takes; SSM refuses a parameter that its document does not declare. */
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
} as const satisfies Readonly<Record<string, readonly ParameterName[]>>;

export type Operation = keyof typeof operationParameters;
