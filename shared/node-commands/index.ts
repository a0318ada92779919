// Builds the SSM command documents that the stack deploys. Reads the scripts' parts from this folder: used at synth, never in a function.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { runLimitsSeconds } from './command.ts';
import { composeScript } from './compose.ts';
import { FIRST_BOOT_KINDS, type FirstBootKind, type FirstBootScripts, partsOf } from './first-boot.ts';
import { type Operation, operationParameters, parameterRules } from './parameters.ts';

export interface CommandDocument {
  readonly operation: Operation;
  /** `chainmend-<operation>-<hash8>`: named by its content, so that a function sends exactly the document that it was deployed with. */
  readonly name: string;
  /** Schema 2.2 ("Data elements and parameters", SSM user guide). */
  readonly content: CommandDocumentContent;
}

export interface CommandDocumentContent {
  readonly schemaVersion: '2.2';
  readonly description: string;
  readonly parameters: Readonly<Record<string, DocumentParameter>>;
  readonly mainSteps: readonly DocumentStep[];
}

interface DocumentStep {
  readonly action: 'aws:runShellScript';
  readonly name: string;
  readonly precondition: object;
  readonly inputs: { readonly timeoutSeconds: string; readonly runCommand: readonly string[] };
}

interface DocumentParameter {
  readonly type: 'String';
  readonly description: string;
  readonly allowedPattern: string;
  readonly interpolationType: 'ENV_VAR';
}

const descriptions: Readonly<Record<Operation, string>> = {
  'observe-node': 'Raises the fence of a node and tells its filesystem and client; changes nothing else.',
  'grow-filesystem': 'Grows the partition and the filesystem of one EBS volume, then starts a stopped client if asked.',
  'read-config': "Tells a client's configuration, secrets left out; changes nothing.",
  'write-config': "Edits a client's configuration if it still is what was read, then restarts the client if asked.",
  'ask-peers': 'Asks the client on its own loopback who it is connected to; changes nothing.',
  'ask-node': 'Asks the client on its own loopback where it stands, and how full its volumes are; changes nothing.',
  'see-clients': 'Tells whether the clients of a node run; changes nothing.',
  'change-peers': 'Asks the client on its own loopback, and tells it to dial peers or to leave them.',
  'inspect-node': 'Raises the fence of a node and tells its clients and volumes; changes nothing else.',
  'restart-client':
    'Stops the clients of a node with their grace, where asked, and starts them, or an installed version of one.',
  'check-volume':
    'Looks at an attached EBS volume, mounted read-only aside, whether it can stand in for a mounted one.',
  'fill-volume':
    'Formats an empty attached EBS volume and copies the files of another one onto it; what is mounted is left alone.',
  'swap-volumes':
    'Stops the clients of a node, mounts other EBS volumes in the place of its own, and starts them; puts back what fails.',
  'stop-client':
    'Stops the clients of a node with evidence of how they ended; unmounts volumes, and masks the clients, if asked.',
  'start-client': 'Mounts EBS volumes of a node at their places and starts its clients.',
};

export function commandDocuments(): {
  readonly observeNode: CommandDocument;
  readonly growFilesystem: CommandDocument;
  readonly readConfig: CommandDocument;
  readonly writeConfig: CommandDocument;
  readonly askPeers: CommandDocument;
  readonly changePeers: CommandDocument;
  readonly askNode: CommandDocument;
  readonly seeClients: CommandDocument;
  readonly inspectNode: CommandDocument;
  readonly restartClient: CommandDocument;
  readonly checkVolume: CommandDocument;
  readonly fillVolume: CommandDocument;
  readonly swapVolumes: CommandDocument;
  readonly stopClient: CommandDocument;
  readonly startClient: CommandDocument;
} {
  return {
    observeNode: commandDocument('observe-node'),
    growFilesystem: commandDocument('grow-filesystem'),
    readConfig: commandDocument('read-config'),
    writeConfig: commandDocument('write-config'),
    askPeers: commandDocument('ask-peers'),
    changePeers: commandDocument('change-peers'),
    askNode: commandDocument('ask-node'),
    seeClients: commandDocument('see-clients'),
    inspectNode: commandDocument('inspect-node'),
    restartClient: commandDocument('restart-client'),
    checkVolume: commandDocument('check-volume'),
    fillVolume: commandDocument('fill-volume'),
    swapVolumes: commandDocument('swap-volumes'),
    stopClient: commandDocument('stop-client'),
    startClient: commandDocument('start-client'),
  };
}

function commandDocument(operation: Operation): CommandDocument {
  const content = documentContent(operation);
  const hash = createHash('sha256').update(JSON.stringify(content)).digest('hex').slice(0, 8);
  return { operation, name: `chainmend-${operation}-${hash}`, content };
}

/** As user data contain it. */
export const firstBootScripts = (): FirstBootScripts =>
  Object.fromEntries(FIRST_BOOT_KINDS.map((kind) => [kind, shipped(firstBootScript(kind))])) as FirstBootScripts;

/** As it is written. */
export function firstBootScript(kind: FirstBootKind): string {
  const read = (name: string): string => readFileSync(new URL(`${name}.sh`, import.meta.url), 'utf8');
  return partsOf(kind).reduce(
    (text, part) => `${read(`first-boot-${part}`)}\n${enable(text, part)}`,
    read('first-boot'),
  );
}

const enable = (text: string, part: string): string =>
  text
    .split('\n')
    .map((line) => (line.trimStart().startsWith(`#${part} `) ? line.replace(`#${part} `, '') : line))
    .join('\n');

/** The script in the document. */
export function script(operation: Operation): string {
  return composeScript(operation, (part) => readFileSync(new URL(`${part}.sh`, import.meta.url), 'utf8'));
}

/** Where a line ends so, bash reads on. */
const GOES_ON = /(^|[\s)])(\{|then|do|else|in|&&|\|\|)$/;
/** What such a line closes is over with it. */
const CLOSES = /^(fi|done|esac|\})$/;

/**
 * The script as a document contains it: "The size limit of a document is 64 KB" (CreateDocument), and a node does not need our comments, empty lines,
 * indentation and the ends of lines that go on. Quoted text, such as a program of awk, stays as it is.
 */
export function shipped(text: string): string {
  const [head = '', ...lines] = text.split('\n');
  let quote = '';
  const kept = lines.flatMap((line) => {
    const before = quote;
    const { code, after } = readLine(line, before);
    quote = after;
    const rest = before === '' ? code.trimStart() : code;
    return rest === '' && before === '' ? [] : [{ rest, isQuoted: quote !== '' }];
  });
  const ends = kept.map(({ rest, isQuoted }, at) => `${rest}${isQuoted ? '\n' : endOf(rest, kept[at + 1]?.rest)}`);
  return `${head}\n${ends.join('')}`;
}

/** The end of a line of code, as short as JSON allows: the end of a line is two characters in it. */
function endOf(line: string, next = ''): string {
  if (line.endsWith(';;')) return '';
  if (GOES_ON.test(line)) return ' ';
  return next !== '' && CLOSES.test(line) && !next.startsWith(';;') ? ';' : '\n';
}

/** A line of bash without the comment at its end, and the quote that is still open after it: `'`, `"` or none. */
function readLine(line: string, before: string): { readonly code: string; readonly after: string } {
  let quote = before;
  for (let at = 0; at < line.length; at++) {
    const character = line[at];
    if (character === '\\' && quote !== "'") at++;
    else if (quote === '' && character === '#' && /(^|\s)$/.test(line.slice(0, at)))
      return { code: line.slice(0, at).trimEnd(), after: quote };
    else if (quote === '' && (character === "'" || character === '"')) quote = character;
    else if (character === quote) quote = '';
  }
  return { code: line, after: quote };
}

function documentContent(operation: Operation): CommandDocumentContent {
  return {
    schemaVersion: '2.2',
    description: descriptions[operation],
    parameters: Object.fromEntries(operationParameters[operation].map((name) => [name, documentParameter(name)])),
    mainSteps: [
      {
        action: 'aws:runShellScript',
        name: operation.replaceAll('-', ''),
        precondition: { StringEquals: ['platformType', 'Linux'] },
        inputs: {
          // The script ends itself at its run limit; the agent's own limit is a second protection.
          timeoutSeconds: String(runLimitsSeconds[operation] + 30),
          // One element: in JSON, and in a template with its indentation, a list of lines is longer than its text.
          runCommand: [shipped(script(operation))],
        },
      },
    ],
  };
}

function documentParameter(name: keyof typeof parameterRules): DocumentParameter {
  const { description, pattern } = parameterRules[name];
  return { type: 'String', description, allowedPattern: pattern, interpolationType: 'ENV_VAR' };
}
