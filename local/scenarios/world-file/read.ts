// Reads a world file: a scenario, or one line for each problem, with file, line and the nearest right word.
import { readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { dirname, join, resolve, sep } from 'node:path';
import { toJsonSchema } from '@valibot/to-json-schema';
import { FleetFilesError } from '../../../infra/fleet-files-error.ts';
import { explainedProblem, type FileSchema } from '../../../infra/fleet-suggestions.ts';
import { parseSource, readFleets, shortPath } from '../../../infra/fleets.ts';
import { nearest } from '../../../infra/nearest.ts';
import { readYamlSource, type YamlSource } from '../../../infra/yaml-source.ts';
import { checkedBy } from '../../../shared/fleet/parse.ts';
import { FleetFileError, type FleetProblem, sentenceOf } from '../../../shared/fleet/problems.ts';
import type { FleetDocument } from '../../../shared/fleet/schema.ts';
import { parseFleetDocument } from '../../../shared/fleet/whole.ts';
import type { Obstacle } from '../../../shared/node-commands/answer.ts';
import { parseJson } from '../../../shared/text/json.ts';
import { errorText, plainText } from '../../../shared/text/plain-text.ts';
import { type PostedAnswers, postedAnswersSchema } from '../../nodes/rpc/posted.ts';
import type { Scenario } from '../scenario.ts';
import { blockSecondsOf, namesOf, scenarioOf, type TimelineObserver, type WorldFleets, withoutNulls } from './build.ts';
import { LIST_NAMES, listsIn } from './expect.ts';
import { NODES_MAX } from './fields.ts';
import { type WorldDocument, worldDocumentSchema } from './schema.ts';
import type { Moment } from './timeline.ts';

/** One line per problem: "worlds/mine.yaml:7:3 unknown key "tmieline"; did you mean "timeline"?". */
export class WorldFileError extends Error {
  override readonly name = 'WorldFileError';

  constructor(lines: readonly string[]) {
    // Wrong values are quoted: each problem stays one line.
    super(lines.map((line) => plainText(line)).join('\n'));
  }
}

const LIMITS = { characters: 100_000, lines: 3_000 };

let known: FileSchema | undefined;
const fileSchema = (): FileSchema => {
  known ??= {
    root: toJsonSchema(worldDocumentSchema, { target: 'draft-07', errorMode: 'throw' }),
    schema: worldDocumentSchema,
  };
  return known;
};

/** @throws WorldFileError with every problem */
export function readWorld(path: string, observer?: TimelineObserver): Scenario {
  const name = shortPath(path);
  return worldIn(name, textOf(path, name), dirname(resolve(path)), observer);
}

/**
 * @param folder paths of fleet files and of posted answers are from there
 * @param observer hears of each entry of the timeline; without it one that cannot be done ends the run
 * @throws WorldFileError with every problem
 */
export function worldIn(path: string, text: string, folder: string, observer?: TimelineObserver): Scenario {
  const source = readYamlSource(path, text, LIMITS);
  if (source.broken.length > 0) throw new WorldFileError(source.broken);
  const { problems, output } = checkedBy(worldDocumentSchema, source.value);
  refuse(source, problems);
  const fleets = fleetsOf(output, source, folder);
  refuse(source, problemsTogether(output, fleets));
  return scenarioOf(output, { ...fleets, posted: postedIn(output, source, folder) }, observer);
}

/** The worlds of a folder, in the order of their names. */
export const worldsIn = (folder: string): readonly Scenario[] =>
  worldFilesIn(folder)
    .sort()
    .map((file) => worldOfFile(folder, file));

/** The world of a folder that has this name. */
export function worldNamed(folder: string, name: string, observer?: TimelineObserver): Scenario | undefined {
  const file = worldFilesIn(folder).find((one) => one === `${name}.yaml`);
  return file === undefined ? undefined : worldOfFile(folder, file, observer);
}

const worldFilesIn = (folder: string): string[] => readdirSync(folder).filter((name) => name.endsWith('.yaml'));

function worldOfFile(folder: string, file: string, observer?: TimelineObserver): Scenario {
  const scenario = readWorld(join(folder, file), observer);
  if (`${scenario.name}.yaml` === file) return scenario;
  throw new WorldFileError([`${file}:1:1 world is "${scenario.name}"; expected the file's own name`]);
}

function textOf(path: string, name: string): string {
  try {
    const { size } = statSync(path);
    if (size > LIMITS.characters * 4)
      throw new WorldFileError([`${name}:1:1 the file has ${size} bytes; expected fewer`]);
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof WorldFileError) throw error;
    const { code = 'no code' } = error as NodeJS.ErrnoException;
    throw new WorldFileError([`${name}: cannot be read (${code})`]);
  }
}

function refuse({ told }: YamlSource, problems: readonly FleetProblem[]): void {
  if (problems.length === 0) return;
  throw new WorldFileError(told(problems, (problem) => explainedProblem(problem, fileSchema())));
}

/** Fleets as they are deployed; each is checked as `npm run chainmend -- check` does, and again with the keys that are replaced. */
function fleetsOf({ fleets }: WorldDocument, source: YamlSource, folder: string): WorldFleets {
  const written = (source.value as { readonly fleets: readonly unknown[] }).fleets;
  const problems: FleetProblem[] = [];
  const pushed: Record<string, Partial<FleetDocument>> = {};
  const deployed = fleets.flatMap((entry, at): readonly FleetDocument[] => {
    const place = ['fleets', String(at)];
    const document =
      'file' in entry
        ? fromFile(entry.file, folder, source.at([...place, 'file'], 'value'))
        : parsed(written[at], place, problems);
    if (document === undefined) return [];
    if ('file' in entry && entry.but !== undefined) {
      const but = withoutNulls(entry.but);
      pushed[document.fleet] = but as Partial<FleetDocument>;
      parsed(JSON.parse(JSON.stringify({ ...document, ...but })), [...place, 'but'], problems);
    }
    return [document];
  });
  if (problems.length > 0) throw new WorldFileError(source.told(problems, (problem) => sentenceOf(problem)));
  const beside = besides(fleets, folder, deployed);
  return beside ? { ...beside, pushed } : { deployed, folder: undefined, pushed };
}

/** All fleet files of the folder where the named ones are: a deployment takes them all. Undefined where a file there is none. */
function besides(
  fleets: WorldDocument['fleets'],
  folder: string,
  deployed: readonly FleetDocument[],
): Omit<WorldFleets, 'pushed'> | undefined {
  const folders = new Set(fleets.map((entry) => ('file' in entry ? dirname(join(folder, entry.file)) : '')));
  const [first = ''] = folders;
  if (first === '' || folders.size > 1) return undefined;
  try {
    const all = readFleets(first).map(({ document }) => document);
    const names = new Set(all.map(({ fleet }) => fleet));
    return deployed.every(({ fleet }) => names.has(fleet)) ? { deployed: all, folder: first } : undefined;
  } catch (error) {
    if (error instanceof FleetFilesError) return undefined;
    throw error;
  }
}

/** The files of answers that the timeline names, beside the world file. */
function postedIn(
  { timeline = [] }: WorldDocument,
  source: YamlSource,
  folder: string,
): ReadonlyMap<string, PostedAnswers> {
  const posted = new Map<string, PostedAnswers>();
  for (const [at, moment] of (timeline as readonly { readonly do: string; readonly answers?: unknown }[]).entries()) {
    const { answers } = moment;
    if (moment.do !== 'rpc' || typeof answers !== 'string' || !answers.endsWith('.json') || posted.has(answers))
      continue;
    const place = `${source.at(['timeline', String(at), 'answers'], 'value')} ${shortPath(join(folder, answers))}`;
    posted.set(answers, answersOf(answers, folder, place));
  }
  return posted;
}

/** @param place in front of what is wrong with it */
function answersOf(file: string, folder: string, place: string): PostedAnswers {
  let text: string;
  try {
    const path = realpathSync(join(folder, file));
    if (!path.startsWith(`${realpathSync(folder)}${sep}`))
      throw new WorldFileError([`${place} is a link to elsewhere; expected a file beside the world file`]);
    const { size } = statSync(path);
    if (size > LIMITS.characters)
      throw new WorldFileError([`${place} has ${size} bytes; expected at most ${LIMITS.characters}`]);
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof WorldFileError) throw error;
    throw new WorldFileError([
      `${place} cannot be read (${(error as NodeJS.ErrnoException).code}); expected a file of answers`,
    ]);
  }
  let value: unknown;
  try {
    value = parseJson(text);
  } catch (error) {
    throw new WorldFileError([`${place} is no JSON: ${errorText(error)}`]);
  }
  const { problems, output } = checkedBy(postedAnswersSchema, value);
  if (problems.length > 0) throw new WorldFileError(problems.map((problem) => `${place}: ${sentenceOf(problem)}`));
  return output;
}

function fromFile(file: string, folder: string, at: string): FleetDocument {
  const path = join(folder, file);
  const name = shortPath(path);
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new WorldFileError([
      `${at} ${name} cannot be read (${(error as NodeJS.ErrnoException).code}); expected a fleet file`,
    ]);
  }
  const { document, lines } = parseSource(name, text);
  if (document === undefined || lines.length > 0) throw new WorldFileError(new FleetFilesError(lines).lines);
  return document;
}

function parsed(value: unknown, place: readonly string[], problems: FleetProblem[]): FleetDocument | undefined {
  try {
    return parseFleetDocument(value);
  } catch (error) {
    if (!(error instanceof FleetFileError)) throw error;
    problems.push(...error.problems.map((problem) => ({ ...problem, path: [...place, ...problem.path] })));
    return undefined;
  }
}

type Layout = { readonly filesystem: string; readonly partitioned: boolean };
const onPartition = ({ partitioned }: Layout): boolean => partitioned;

/** Of what a node's own word of an obstacle can be, as `obstacle` of observe.sh sees it; of any layout unless it is here. */
const SEEN_ON: { readonly [Each in Obstacle]?: (layout: Layout) => boolean } = {
  errors: ({ filesystem }) => filesystem === 'ext4',
  'several-devices': ({ filesystem }) => filesystem === 'btrfs',
  frozen: ({ filesystem }) => filesystem !== 'btrfs',
  'logical-partition': onPartition,
  'partition-behind': onPartition,
  'no-partition-tool': onPartition,
};

/** What the schema cannot say: names that there are, and one way where two are offered. */
function problemsTogether(document: WorldDocument, { deployed, pushed }: WorldFleets): readonly FleetProblem[] {
  const fleets = new Map(deployed.map((fleet) => [fleet.fleet, { ...fleet, ...pushed[fleet.fleet] }]));
  const refs = document.nodes.flatMap((group) => namesOf(group).map((name) => `${group.fleet}/${name}`));
  const hosts = [...fleets.values()].flatMap(({ health }) =>
    (health?.references ?? []).map((url) => new URL(url).hostname),
  );
  const problems: FleetProblem[] = [];
  const one = (path: readonly (string | number)[], value: unknown, there: readonly string[], what: string): void => {
    if (typeof value !== 'string' || there.includes(value)) return;
    const near = nearest(value, there);
    const expected = `${near ? `did you mean "${near}"? E` : 'e'}xpected ${what}: ${there.slice(0, 20).join(', ') || 'there is none'}`;
    problems.push({ kind: 'wrong-value', path: path.map(String), value, expected });
  };
  const conflict = (path: readonly (string | number)[], value: unknown, expected: string): void =>
    void problems.push({ kind: 'conflict', path: path.map(String), value, expected });
  for (const [at, node] of document.nodes.entries()) {
    one(['nodes', at, 'fleet'], node.fleet, [...fleets.keys()], 'a fleet of this world');
    if (namesOf(node).length === 0) conflict(['nodes', at], null, 'expected name or names');
    for (const [index, { obstacle, filesystem = 'xfs', partitioned = false }] of (node.volumes ?? []).entries()) {
      const seenOn = obstacle && SEEN_ON[obstacle];
      if (obstacle === undefined || seenOn === undefined || seenOn({ filesystem, partitioned })) continue;
      conflict(
        ['nodes', at, 'volumes', index, 'obstacle'],
        obstacle,
        `expected ${seenOn === onPartition ? 'partitioned: true' : 'a filesystem that has it'} beside it: a node tells no such obstacle of ${partitioned ? 'a partition with ' : ''}${filesystem}`,
      );
    }
    const chain = fleets.get(node.fleet)?.chain;
    const rate = node.client?.catchUpBlocksPerSecond;
    const blockSeconds = chain === undefined ? undefined : blockSecondsOf(document, node.fleet, chain);
    if (rate !== undefined && blockSeconds !== undefined && rate * blockSeconds <= 1)
      conflict(
        ['nodes', at, 'client', 'catchUpBlocksPerSecond'],
        rate,
        `expected more than ${1 / blockSeconds}: its chain has a block each ${blockSeconds} s, and a slower client never catches up`,
      );
  }
  if (refs.length > NODES_MAX) conflict(['nodes'], refs.length, `expected at most ${NODES_MAX} nodes`);
  const twice = refs.find((ref, at) => refs.indexOf(ref) !== at);
  if (twice !== undefined) conflict(['nodes'], twice, 'expected each name once in a fleet');
  for (const name of Object.keys(document.chains ?? {}))
    one(['chains', name], name, [...fleets.keys()], 'a fleet of this world');
  const told = document.nodes
    .filter(({ volumes = [] }) => volumes.every(({ lvm }) => !lvm))
    .flatMap((group) => namesOf(group).map((name) => `${group.fleet}/${name}`));
  for (const [at, { of }] of (document.snapshots ?? []).entries())
    one(['snapshots', at, 'of'], of, told, 'a node of this world whose volumes are not on LVM');
  for (const [at, { node }] of (document.before?.grown ?? []).entries())
    one(['before', 'grown', at, 'node'], node, told, 'a node of this world whose volumes are not on LVM');
  for (const [at, moment] of (
    (document.timeline ?? []) as readonly (Moment & Readonly<Record<string, unknown>>)[]
  ).entries()) {
    one(['timeline', at, 'node'], moment['node'], refs, 'a node of this world');
    if (typeof moment.at === 'object' && 'node' in moment.at)
      one(['timeline', at, 'at', 'node'], moment.at.node, refs, 'a node of this world');
    for (const key of ['fleet', 'chain'])
      one(['timeline', at, key], moment[key], [...fleets.keys()], 'a fleet of this world');
    if (moment.do === 'reference')
      one(['timeline', at, 'reference'], moment['reference'], hosts, 'a reference of a fleet file');
    if (moment.do === 'approve' && typeof moment.at === 'number')
      conflict(
        ['timeline', at, 'at'],
        moment.at,
        'expected a page, for example { paged: approval-wanted, minutes: 6 }',
      );
  }
  for (const [at, expected] of document.expect.entries())
    if (listsIn(expected).length !== 1)
      conflict(['expect', at], listsIn(expected), `expected one of ${LIST_NAMES.join(', ')}`);
  return problems;
}
