// Reads the fleet files that people write. It reports an error as an editor or a compiler would: file, line, column, what was found, what was
// expected, and the nearest right word.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { checkWithClient } from '../shared/fleet/client-checks.ts';
import { deployedOf, neighboursOf } from '../shared/fleet/membership.ts';
import type { Fleet } from '../shared/fleet/model.ts';
import { fleetParameterValue } from '../shared/fleet/parameter.ts';
import { FleetFileError, type FleetProblem } from '../shared/fleet/problems.ts';
import { resolveFleet } from '../shared/fleet/resolve.ts';
import type { FleetDocument } from '../shared/fleet/schema.ts';
import { parseFleetDocument } from '../shared/fleet/whole.ts';
import { DEFAULT_SUITE } from '../shared/model/suite.ts';
import { FleetFilesError } from './fleet-files-error.ts';
import { explainedProblem } from './fleet-suggestions.ts';
import { fleetsDirectory } from './fleets-directory.ts';
import { readYamlSource, type YamlLimits } from './yaml-source.ts';

export interface FleetFile {
  readonly path: string;
  readonly document: FleetDocument;
  readonly fleet: Fleet;
}

/**
 * Every fleet file of a directory, in the order of their names.
 * @throws FleetFilesError with the problems of all files
 */
export function readFleets(directory = fleetsDirectory): FleetFile[] {
  return readFleetFiles(fleetPathsIn(directory));
}

/**
 * Paths of the files in a directory that end in *.yaml, or in *.yml, so that no file is ignored silently.
 * @throws FleetFilesError where it is no directory
 */
export function fleetPathsIn(directory: string): string[] {
  if (!statSync(directory, { throwIfNoEntry: false })?.isDirectory())
    throw new FleetFilesError([`${shortPath(directory)}: expected a folder with fleet files, and there is none`]);
  const names = readdirSync(directory).filter((name) => /\.ya?ml$/.test(name));
  return names.sort().map((name) => join(directory, name));
}

/** @throws FleetFilesError with the problems of all files, alone and together */
export function readFleetFiles(paths: readonly string[]): FleetFile[] {
  return fleetsOfSources(paths.map((path) => parseSource(shortPath(path), readFileSync(path, 'utf8'))));
}

/**
 * The fleets that a program has written, in its order. Messages name a place as the program would: "fleets[0].disk.growAtPercent".
 * @throws FleetFilesError with the problems of all, alone and together
 */
export function fleetsOfDocuments(documents: readonly unknown[]): FleetFile[] {
  return fleetsOfSources(documents.map((document, index) => documentSource(`fleets[${index}]`, document)));
}

function documentSource(path: string, written: unknown): Source {
  const at = (field: readonly string[]) => [path, ...field].join('.');
  try {
    // A key without a value is a key that is not there, as in JSON.
    const document = checkedDocument(JSON.parse(JSON.stringify(written) ?? 'null'));
    return { path, document, lines: [], at };
  } catch (error) {
    if (!(error instanceof FleetFileError)) throw error;
    return { path, document: undefined, lines: error.problems.map((problem) => `${path} ${told(problem)}`), at };
  }
}

/** A token stands for what only the deployment will know. */
function told(problem: FleetProblem): string {
  const { value, path } = problem;
  if (typeof value !== 'string' || !value.includes('${Token[')) return explainedProblem(problem);
  return `${path.join('.')} is a token, known at the deployment only; ${problem.expected}`;
}

function fleetsOfSources(sources: readonly Source[]): FleetFile[] {
  const lines = sources.flatMap(({ lines }) => lines);
  if (lines.length === 0) lines.push(...problemsTogether(sources));
  if (lines.length > 0) throw new FleetFilesError(lines);
  const deployed = deployedOf(sources.flatMap(({ document }) => document ?? []));
  return sources.flatMap(({ path, document }) =>
    document
      ? [{ path, document, fleet: resolveFleet(document, DEFAULT_SUITE, neighboursOf(document.fleet, deployed)) }]
      : [],
  );
}

/** The path as a person in the working directory would type it. */
export function shortPath(path: string): string {
  const inside = relative('', path);
  return inside.startsWith('..') ? path : inside;
}

export interface Source {
  readonly path: string;
  /** undefined where `lines` has errors. */
  readonly document: FleetDocument | undefined;
  readonly lines: readonly string[];
  /** The place of a field: "infra/fleets/bitcoin.yaml:7:3". For a missing field, the place of the nearest existing one above it. */
  readonly at: (field: readonly string[], end?: 'key' | 'value') => string;
}

/** Three times what a parameter holds as JSON, and the same for comments. A YAML reader is slow on much larger files. */
const LIMITS: YamlLimits = { characters: 24_000, lines: 1_000 };

/** A fleet file, or one line for each error in it. @param path as in messages */
export function parseSource(path: string, text: string): Source {
  const { value, broken, at, told } = readYamlSource(path, text, LIMITS);
  if (broken.length > 0) return { path, document: undefined, lines: broken, at };
  try {
    const document = checkedDocument(value);
    return { path, document, lines: [...nameProblems(path, document, at), ...tagProblems(document, at)], at };
  } catch (error) {
    if (!(error instanceof FleetFileError)) throw error;
    return { path, document: undefined, lines: told(error.problems, (problem) => explainedProblem(problem)), at };
  }
}

/** @throws FleetFileError */
function checkedDocument(value: unknown): FleetDocument {
  const document = parseFleetDocument(value);
  checkWithClient(document);
  fleetParameterValue(document);
  return document;
}

function nameProblems(path: string, { fleet }: FleetDocument, at: Source['at']): string[] {
  if (basename(path) === `${fleet}.yaml`) return [];
  return [
    `${at(['fleet'], 'value')} fleet is "${fleet}"; expected the file's own name, or call the file ${fleet}.yaml`,
  ];
}

/** AWS's own form of one tag would be two tags here, which no node has. */
function tagProblems({ nodes: { tag } }: FleetDocument, at: Source['at']): string[] {
  const { Key: key, Value: value, ...others } = tag;
  if (key === undefined || value === undefined || Object.keys(others).length > 0) return [];
  return [`${at(['nodes', 'tag'], 'value')} nodes.tag is a tag in AWS’s form; expected { ${key}: ${value} }`];
}

/** Errors that no file shows alone: a name that is taken, and an instance that would be a node of two fleets. */
function problemsTogether(sources: readonly Source[]): string[] {
  return sources.flatMap((one, index) =>
    sources.slice(0, index).flatMap((other) => {
      if (!one.document || !other.document) return [];
      if (one.document.fleet === other.document.fleet) {
        return [
          `${one.at(['fleet'], 'value')} fleet is "${one.document.fleet}"; expected a name of its own, ${other.at(['fleet'])} has it`,
        ];
      }
      const records = recordsTogether(one, one.document, other, other.document);
      if (!overlap(one.document.nodes.tag, other.document.nodes.tag)) return records;
      const expected = `expected a tag value that tells its nodes from those of fleet "${other.document.fleet}", ${other.at(['nodes', 'tag'])}`;
      return [
        `${one.at(['nodes', 'tag'])} nodes.tag is ${JSON.stringify(one.document.nodes.tag)}; ${expected}`,
        ...records,
      ];
    }),
  );
}

/** Records of one zone that two fleets would have: the first one to write them would keep them, and the other one would have none. */
function recordsTogether(one: Source, { dns, chain }: FleetDocument, other: Source, theirs: FleetDocument): string[] {
  if (!dns || dns.zone !== theirs.dns?.zone) return [];
  const has = `fleet "${theirs.fleet}" has`;
  const { pool = 'pool' } = dns;
  return [
    ...(pool === (theirs.dns.pool ?? 'pool')
      ? [
          `${one.at(['dns', 'zone'])} dns.pool is "${pool}"; expected another label in this zone, or another zone: ${has} ${pool}.${dns.zone}, ${other.at(['dns', 'zone'])}`,
        ]
      : []),
    ...(chain === theirs.chain
      ? [
          `${one.at(['dns', 'zone'])} dns.zone is "${dns.zone}"; expected another zone than that of a fleet of the same chain: ${has} _${chain}-p2p._tcp.${dns.zone}, ${other.at(['dns', 'zone'])}`,
        ]
      : []),
  ];
}

/**
 * Whether every instance with all tags of one selector has all tags of the other. Instances that match two selectors by accident are found at run
 * time.
 */
function overlap(one: Readonly<Record<string, string>>, other: Readonly<Record<string, string>>): boolean {
  const within = (inner: typeof one, outer: typeof one) =>
    Object.entries(inner).every(([key, value]) => Object.hasOwn(outer, key) && outer[key] === value);
  return within(one, other) || within(other, one);
}
