// Composes a command's script from its parts. Pure: the parts' text is an argument, so the same parts give the same script.
import { linePatterns, type Operation, operationParameters, parameterRules, peerOperations } from './parameters.ts';

const NODE = ['path', 'client', 'space', 'device'] as const;
const COMMAND = ['answer', 'parameters', 'memory', ...NODE] as const;
const STATE = ['lines', 'journal', 'node-state'] as const;
/** Parts that read a node and change nothing. */
const LOOKING = [...COMMAND, ...STATE] as const;
/** Parts that stop and start clients. */
const ON_CLIENTS = [...COMMAND, 'start', 'stop', ...STATE, 'stop-clients'] as const;
/** Parts that mount other volumes under the clients. */
const ON_VOLUMES = [...ON_CLIENTS, 'volumes', 'places'] as const;
/** Parts that run under the node's lock, and are remembered. */
const MAIN = ['main', 'limit', 'run'] as const;
/** Parts that may run at any time. */
const LOOK = ['look', 'limit', 'run'] as const;

/** The parts of each script, in order; files of this folder, without `.sh`. */
export const scriptParts = {
  'observe-node': [...COMMAND, 'observe', 'observe-node', ...MAIN],
  'grow-filesystem': [
    ...COMMAND,
    ...['observe', 'grow', 'start', 'stop', 'journal', 'ended-inside', 'grow-filesystem'],
    ...MAIN,
  ],
  'read-config': ['answer', 'parameters', 'path', 'file', 'config-file', 'hide-secrets', 'read-config', ...LOOK],
  'write-config': [
    ...['answer', 'parameters', 'memory', 'path', 'file', 'client', 'start', 'stop', 'restart'],
    ...['config-file', 'edit-file', 'write-config'],
    ...MAIN,
  ],
  'ask-peers': ['answer', 'parameters', 'path', 'file', 'credentials', 'requests', 'change-peers', ...LOOK],
  'change-peers': [
    ...['answer', 'parameters', 'memory', 'path', 'file', 'credentials', 'requests', 'change-peers'],
    ...MAIN,
  ],
  'ask-node': ['answer', 'path', 'file', 'credentials', 'space', 'ask-node', 'run'],
  'see-clients': ['answer', 'parameters', ...NODE, ...STATE, 'installed', 'runs', 'see-clients', ...LOOK],
  'inspect-node': [...LOOKING, 'ticket', 'cached', 'installed', 'runs', 'mount-unit', 'inspect-node', ...MAIN],
  'restart-client': [
    ...ON_CLIENTS,
    'installed',
    'recreate',
    'override',
    'switch',
    'with-own',
    'restart-client',
    ...MAIN,
  ],
  'check-volume': [...LOOKING, 'volumes', 'warm', 'check-volume', ...MAIN],
  'fill-volume': [...LOOKING, 'volumes', 'format', 'fill-volume', ...MAIN],
  'swap-volumes': [...ON_VOLUMES, 'mount-unit', 'fstab', 'identity', 'swap-volumes', ...MAIN],
  'stop-client': [...ON_VOLUMES, 'mask', 'ticket', 'stop-client', 'back', ...MAIN],
  'start-client': [...ON_VOLUMES, 'mount-unit', 'fstab', 'identity', 'mask', 'ticket', 'start-client', ...MAIN],
} as const satisfies Readonly<Record<Operation, readonly string[]>>;

/**
 * One self-contained bash script (4.2 and later: Amazon Linux 2 has 4.2). `partText` gives the text of a part by its name. Throws where SSM would
 * read something in it as a parameter.
 */
export function composeScript(operation: Operation, partText: (part: string) => string): string {
  const parts = scriptParts[operation].map((part) => `${partText(part).trim()}\n`).join('\n');
  const script = withoutUnused([head(operation), parameterChecks(operation), parts].join('\n'));
  if (script.includes('{{'))
    throw new TypeError(`script ${operation}: contains "{{", expected none: SSM interpolates it`);
  return script;
}

/** A function of a part: on one line, or up to the first line with only a bracket; with the comment right above it. */
const FUNCTION = /^(?:#.*\n)*([a-z_]+)\(\) (?:[{(].*[})]|[{(]\n[\s\S]*?\n[})].*)\n\n?/gm;

/** Removes the functions whose name nothing else in the text mentions: each script uses only some functions of its parts. */
export function withoutUnused(text: string): string {
  // Comments mention no function. They stay as blanks, so that a place in the text is the same place in the code.
  const code = text.replace(/^ *#.*$/gm, (comment) => ' '.repeat(comment.length));
  const mentioned = wordCounts(code);
  const used = text.replace(FUNCTION, (whole, name: string, at: number) => {
    const within = wordCounts(code.slice(at, at + whole.length)).get(name);
    return mentioned.get(name) === within ? '' : whole;
  });
  return used === text ? text : withoutUnused(used);
}

function wordCounts(code: string): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const [word] of code.matchAll(/[\w-]+/g)) counts.set(word, (counts.get(word) ?? 0) + 1);
  return counts;
}

/** The agent runs the script by its path, so that the first line chooses the shell. */
function head(operation: Operation): string {
  return `#!/bin/bash
# chainmend ${operation}. The function that sends this command waits for one line of JSON on standard output.
# SSM sets the variables SSM_<parameter>; of what the parts tell, each script uses some:
# shellcheck disable=SC2154,SC2034,SC2317
set -u -o pipefail
umask 077
export LC_ALL=C PATH="$PATH:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
exec 3>&1 </dev/null
# What tools say of a node is read by people: nothing in it moves a terminal, and there is not too much of it.
if [ -z "\${CHAINMEND_LIMITED-}" ]; then exec 2> >(exec 3>&-; { head -c 65536; cat >/dev/null; } | tr -c '[:print:]\\n' ' ' >&2); fi
exec 1>&2
${memory(operation)}${lines(operation)}`;
}

function memory(operation: Operation): string {
  if (!isRemembered(operation)) return '';
  return `# What heals have sent, and what was sent about peers, are remembered apart: neither makes the other stale.
readonly MEMORY=${isPeerOperation(operation) ? 'last-peers-command' : 'last-command'}
`;
}

/** Patterns of lines that one part alone reads. */
const USED_BY: Readonly<Record<string, string>> = { warm: 'warm', folder: 'cached' };

/** The node also checks the lines of base64 parameters. */
function lines(operation: Operation): string {
  if (!scriptParts[operation].some((part) => part === 'lines')) return '';
  const isRead = (name: string): boolean => scriptParts[operation].some((part) => part === USED_BY[name]);
  return Object.entries(linePatterns)
    .filter(([name]) => USED_BY[name] === undefined || isRead(name))
    .map(([name, pattern]) => `readonly ${name.toUpperCase()}_LINE=${quoted(pattern)}\n`)
    .join('');
}

/** A command that only reads is not remembered: it may come twice, and late. */
const isRemembered = (operation: Operation): boolean => scriptParts[operation].some((part) => part === 'memory');

const isPeerOperation = (operation: Operation): boolean => peerOperations.some((one) => one === operation);

function parameterChecks(operation: Operation): string {
  const patterns = operationParameters[operation].map((name) => [name, parameterRules[name].pattern] as const);
  const checks = patterns.map(
    ([name, pattern]) => `  check ${name} ${pattern === PACKED ? '"$PACKED"' : quoted(pattern)}`,
  );
  const packed = patterns.some(([, pattern]) => pattern === PACKED) ? [`readonly PACKED=${quoted(PACKED)}`] : [];
  return [...packed, 'check_parameters() {', ...checks, '}', ''].join('\n');
}

/** Most parameters are lines in base64. */
const { pattern: PACKED } = parameterRules.Clients;

function quoted(text: string): string {
  if (text.includes("'")) throw new TypeError(`pattern ${text}: contains a quote, expected none`);
  return `'${text}'`;
}
