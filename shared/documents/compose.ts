// Puts a command's script together from its parts. Pure: the parts' text is an argument, so the same parts give the same script.
import { type Operation, operationParameters, parameterRules, peerOperations } from './parameters.ts';

const COMMAND = ['answer', 'parameters', 'memory', 'client', 'device'] as const;
const STATE = ['lines', 'journal', 'node-state'] as const;
/** What looks at a node and changes nothing. */
const LOOKING = [...COMMAND, ...STATE] as const;
/** What stops and starts clients. */
const ON_CLIENTS = [...COMMAND, 'start', 'stop', ...STATE, 'stop-clients'] as const;
/** What mounts other volumes under them. */
const ON_VOLUMES = [...ON_CLIENTS, 'volumes', 'places'] as const;

/** The parts of each script, in order; files of this folder, without `.sh`. */
export const scriptParts = {
  'observe-node': ['answer', 'parameters', 'memory', 'device', 'observe', 'client', 'observe-node', 'main'],
  'grow-filesystem': [
    'answer',
    'parameters',
    'memory',
    'device',
    'observe',
    'client',
    'grow',
    'start',
    'stop',
    'journal',
    'ended-inside',
    'grow-filesystem',
    'main',
  ],
  'read-config': ['answer', 'parameters', 'config-file', 'hide-secrets', 'read-config', 'look'],
  'write-config': [
    'answer',
    'parameters',
    'memory',
    'client',
    'start',
    'stop',
    'restart',
    'config-file',
    'edit-file',
    'write-config',
    'main',
  ],
  'ask-peers': ['answer', 'parameters', 'requests', 'change-peers', 'look'],
  'change-peers': ['answer', 'parameters', 'memory', 'requests', 'change-peers', 'main'],
  'ask-node': ['ask-node'],
  'inspect-node': [...LOOKING, 'inspect-node', 'main'],
  'restart-client': [...ON_CLIENTS, 'restart-client', 'main'],
  'check-volume': [...LOOKING, 'volumes', 'check-volume', 'main'],
  'swap-volumes': [...ON_VOLUMES, 'fstab', 'identity', 'swap-volumes', 'main'],
  'stop-client': [...ON_VOLUMES, 'mask', 'stop-client', 'main'],
  'start-client': [...ON_VOLUMES, 'fstab', 'identity', 'mask', 'start-client', 'main'],
} as const satisfies Readonly<Record<Operation, readonly string[]>>;

/**
 * One self-contained bash script (4.2 and later: Amazon Linux 2 has that one).
 * `partText` gives the text of a part by its name. Throws where SSM would take something in it for a parameter of its own.
 */
export function composeScript(operation: Operation, partText: (part: string) => string): string {
  const script = [
    head(operation),
    parameterChecks(operation),
    ...scriptParts[operation].map((part) => `${partText(part).trim()}\n`),
  ].join('\n');
  if (script.includes('{{'))
    throw new TypeError(`script ${operation}: contains "{{", expected none: SSM interpolates it`);
  return script;
}

/** The agent runs the script by its path, so that the first line picks the shell. */
function head(operation: Operation): string {
  return `#!/bin/bash
# chainmend ${operation}. The function that sends this command waits for one line of JSON on standard output.
# SSM sets the variables SSM_<parameter>; of what the parts tell and can do, each script uses some:
# shellcheck disable=SC2154,SC2034,SC2317
set -u -o pipefail
umask 077
export LC_ALL=C PATH="$PATH:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
exec 3>&1 1>&2 </dev/null
${memory(operation)}${linePatterns(operation)}`;
}

function memory(operation: Operation): string {
  if (!isRemembered(operation)) return '';
  return `# What heals have sent, and what was sent about peers, are remembered apart: neither makes the other stale.
readonly MEMORY=${isPeerOperation(operation) ? 'last-peers-command' : 'last-command'}
readonly OPERATION_ID_PATTERN=${quoted(parameterRules.OperationId.pattern)}
`;
}

/** The lines of what comes in base64 are checked on the node by the very patterns of single parameters. */
function linePatterns(operation: Operation): string {
  if (!scriptParts[operation].some((part) => part === 'lines')) return '';
  const { Like, VolumeId, Runtime, Unit, StopGraceSeconds } = parameterRules;
  const patterns = { PLACE: Like, VOLUME: VolumeId, RUNTIME: Runtime, UNIT: Unit, GRACE: StopGraceSeconds };
  const lines = Object.entries(patterns).map(([name, { pattern }]) => `readonly ${name}_PATTERN=${quoted(pattern)}\n`);
  return lines.join('');
}

/** What only reads is not: it may come twice, and late. */
const isRemembered = (operation: Operation): boolean => scriptParts[operation].some((part) => part === 'memory');

const isPeerOperation = (operation: Operation): boolean => peerOperations.some((one) => one === operation);

function parameterChecks(operation: Operation): string {
  const checks = operationParameters[operation].map(
    (name) => `  check ${name} ${quoted(parameterRules[name].pattern)}`,
  );
  return ['check_parameters() {', ...checks, '}', ''].join('\n');
}

function quoted(text: string): string {
  if (text.includes("'")) throw new TypeError(`pattern ${text}: contains a quote, expected none`);
  return `'${text}'`;
}
