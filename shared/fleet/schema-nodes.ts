// The part of the fleet file about the nodes: which instances they are, what runs on them and where their data are; and the checks of its
// contradictions.
import * as v from 'valibot';
import { otherChain } from '../chains/defaults.ts';
import type { Complaints } from './problems.ts';
import {
  about,
  choice,
  derived,
  map,
  object,
  optional,
  partName,
  path,
  tagKey,
  tags,
  tagValue,
  text,
  usually,
  whole,
} from './schema-fields.ts';

export const nodes = object('{ tag: { Component: nodes/bitcoin } }', {
  tag: about('Nodes carry all of these tags: `{ Component: nodes/bitcoin }`.', tags),
  nameTag: usually(
    "The tag with a node's name. Group members that share one get the end of their instance id.",
    tagKey,
    'Name',
  ),
  expected: optional('Fewer nodes are paged. Default: the number of `deploy.nodes`.', whole(1, 10_000, 'nodes', 4)),
});

export const roleName = choice(['follower', 'validator', 'sentry', 'bootnode', 'unknown'], 'a role');
export const role = v.union(
  [
    roleName,
    object('{ tag: Role }', {
      tag: about('The tag with the role.', tagKey),
      values: usually(
        'What each value means: `{ sealer: validator }`.',
        map('values of the tag with the roles they mean', '{ sealer: validator }', 20, tagValue, roleName),
        { follower: 'follower', validator: 'validator', sentry: 'sentry', bootnode: 'bootnode' },
      ),
    }),
  ],
  'expected a role, or the tag that tells it, for example follower or { tag: Role }',
);

// `*` means any instance of the template that runs: node@0.20.0 today, node@0.21.0 after an upgrade.
const unitName = text(
  /^[A-Za-z0-9][A-Za-z0-9_.:-]{0,127}(@(\*|[A-Za-z0-9_.:-]{1,127}))?$/,
  'a systemd unit of letters, digits and _.:-, with @VERSION or @* where it is a template',
  'node@*',
);
const containerName = text(
  /^[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$/,
  "a container's name of at most 128 letters, digits and _.-",
  'node',
);
// All three together fit into one parameter of a command.
export const executable = text(
  /^(?=.{1,80}$)(\/(?!\.{1,2}(\/|$))[A-Za-z0-9_.+@-]{1,64}){1,16}$/,
  'the absolute path of an executable, of at most 80 letters, digits and _.+@-, without arguments',
  '/opt/node/start',
);

// It goes to the node unchanged, and grep -E reads it there: words, `.`, `.*` and `|`, and no other special character.
const words = '[A-Za-z0-9]([A-Za-z0-9 _:/-]|\\.\\*?)*';
const cleanLinePattern = new RegExp(`^(?=.{3,120}$)${words}(\\|${words})*$`);

/** The value for a client whose last line proves nothing. */
export const NO_LINE = 'none';

/** How one client runs. */
export const runtime = {
  unit: derived('Systemd unit; `node@*` is the running instance of a template.', 'from the chain', unitName),
  docker: optional("Instead of `unit`: the client's container.", containerName),
  compose: optional(
    'Instead of `unit`: a docker compose service.',
    object('{ file: /opt/node/compose.yaml, service: geth }', {
      file: about('The compose file.', path),
      service: about("The client's service.", containerName),
    }),
  ),
  commands: optional(
    'Instead of `unit`: executables on the node, without arguments.',
    object('{ start: /opt/node/start, stop: /opt/node/stop, status: /opt/node/status }', {
      start: about('Starts the client, and ends.', executable),
      stop: about('Stops the client, and ends with 0 after a clean stop.', executable),
      status: about('Exits with 0 while the client runs, 3 when stopped.', executable),
    }),
  ),
};

/** How one client ends. */
export const ending = {
  stopGraceSeconds: derived('How long a clean stop may take.', 'from the chain', whole(1, 3600, 'seconds', 600)),
  cleanLine: derived(
    'Text of the last log line; `.*` is anything, `|` is or. `none`: the exit status counts.',
    'from the chain',
    text(
      cleanLinePattern,
      'none, or words of letters, digits, blanks and _.:/-, .* for anything and | between alternatives',
      'Shutdown: done',
    ),
  ),
};

export const unit = object('{ unit: geth }', { ...runtime, ...ending });

export const units = map(
  'units by name',
  '{ execution: { unit: geth }, beacon: { docker: lighthouse } }',
  8,
  partName,
  unit,
);

const volume = v.union(
  [
    path,
    object('{ path: /node-data }', {
      path: about('Where it is mounted.', path),
      tag: derived("The EBS volume's own tags.", '`nodes.tag`', tags),
    }),
  ],
  'expected where it is mounted, for example /node-data or { path: /node-data }',
);

export const volumes = map('volumes by role', '{ data: /node-data }', 8, partName, volume);

export const dataMode = text(
  /^[a-z][a-z0-9-]{0,31}$/,
  'a word of at most 32 lower-case letters, digits and -, a letter first',
  'pruned',
);

type Unit = v.InferInput<typeof unit>;

/** The fields as a person writes them. */
interface WrittenNodeFields extends Unit {
  readonly chain: string;
  readonly units?: Readonly<Record<string, Unit>>;
  readonly volumes?: v.InferInput<typeof volumes>;
}

/** Problems of a file that fits the schema. @param mounts the volumes' paths by role, including the chain's defaults */
export function checkNodes(
  file: WrittenNodeFields,
  mounts: Readonly<Record<string, { readonly path: string }>>,
  complaints: Complaints,
): void {
  checkRuntimes(file, complaints);
  checkMounts(mounts, complaints);
  if (file.chain === otherChain) checkOther(file, complaints);
}

const kinds = ['unit', 'docker', 'compose', 'commands'] as const;

const waysIn = (file: WrittenNodeFields) => ([...kinds, 'units'] as const).filter((key) => file[key] !== undefined);

function checkRuntimes(file: WrittenNodeFields, { conflict }: Complaints): void {
  const [first, ...others] = waysIn(file);
  for (const way of others) {
    const expected = `expected one of unit, docker, compose, commands or units; ${first} is there already`;
    conflict([way], file[way], expected);
  }
  for (const key of ['stopGraceSeconds', 'cleanLine'] as const)
    if (file.units && file[key] !== undefined) conflict([key], file[key], 'expected it in each of units instead');
  for (const [name, unit] of Object.entries(file.units ?? {})) {
    if (kinds.filter((key) => unit[key] !== undefined).length !== 1)
      conflict(['units', name], unit, 'expected one of unit, docker, compose or commands, for example { unit: geth }');
  }
}

function checkMounts(mounts: Readonly<Record<string, { readonly path: string }>>, { conflict }: Complaints): void {
  const taken = new Map<string, string>();
  for (const [role, { path }] of Object.entries(mounts)) {
    const other = taken.get(path);
    if (other) conflict(['volumes', role], path, `expected a path of its own; volume ${other} is mounted there`);
    taken.set(path, role);
  }
}

function checkOther(file: WrittenNodeFields, { missing }: Complaints): void {
  if (!file.volumes) missing(['volumes'], 'expected for chain other, for example { data: /node-data }');
  if (waysIn(file).length === 0)
    missing(['unit'], 'expected unit, docker, compose, commands or units for chain other, for example node@*');
  const clients: [string[], Unit][] = file.units
    ? Object.entries(file.units).map(([name, unit]) => [['units', name], unit])
    : [[[], file]];
  for (const [at, { stopGraceSeconds }] of clients) {
    const expected = 'expected for chain other: seconds that a clean stop may take, for example 600';
    if (stopGraceSeconds === undefined) missing([...at, 'stopGraceSeconds'], expected);
  }
}
