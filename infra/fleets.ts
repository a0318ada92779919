// Reads the fleet files that people write. It reports an error as an editor or a compiler would: file, line, column, what was found, what was
// expected, and the nearest right word.
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import {
  CST,
  type Document,
  isMap,
  isNode,
  isPair,
  isScalar,
  isSeq,
  Lexer,
  LineCounter,
  parseDocument,
  visit,
} from 'yaml';
import { checkWithClient } from '../shared/fleet/client-checks.ts';
import type { Fleet } from '../shared/fleet/model.ts';
import { fleetParameterValue } from '../shared/fleet/parameter.ts';
import { parseFleetDocument } from '../shared/fleet/parse.ts';
import { FleetFileError, type FleetProblem, sentenceOf } from '../shared/fleet/problems.ts';
import { resolveFleet } from '../shared/fleet/resolve.ts';
import type { FleetDocument } from '../shared/fleet/schema.ts';
import { linesOf } from '../shared/text/lines.ts';
import { plainText } from '../shared/text/plain-text.ts';
import { suggestionFor } from './fleet-suggestions.ts';

export const fleetsDirectory = join(import.meta.dirname, 'fleets');

export interface FleetFile {
  readonly path: string;
  readonly document: FleetDocument;
  readonly fleet: Fleet;
}

/** One line per problem: "infra/fleets/bitcoin.yaml:7:3 unknown key "voulmes"; did you mean "volumes"?". */
export class FleetFilesError extends Error {
  override readonly name = 'FleetFilesError';
  readonly lines: readonly string[];

  constructor(lines: readonly string[]) {
    // Wrong values are quoted: each problem stays one line.
    const plain = lines.map((line) => plainText(line));
    super(plain.join('\n'));
    this.lines = plain;
  }
}

/**
 * Every fleet file of a directory, in the order of their names.
 * @throws FleetFilesError with the problems of all files
 */
export function readFleets(directory = fleetsDirectory): FleetFile[] {
  return readFleetFiles(fleetPathsIn(directory));
}

/** Paths of the files in a directory that end in *.yaml, or in *.yml, so that no file is ignored silently. */
export function fleetPathsIn(directory: string): string[] {
  const names = readdirSync(directory).filter((name) => /\.ya?ml$/.test(name));
  return names.sort().map((name) => join(directory, name));
}

/** @throws FleetFilesError with the problems of all files, alone and together */
export function readFleetFiles(paths: readonly string[]): FleetFile[] {
  const sources = paths.map((path) => parseSource(shortPath(path), readFileSync(path, 'utf8')));
  const lines = sources.flatMap(({ lines }) => lines);
  if (lines.length === 0) lines.push(...problemsTogether(sources));
  if (lines.length > 0) throw new FleetFilesError(lines);
  return sources.flatMap(({ path, document }) => (document ? [{ path, document, fleet: resolveFleet(document) }] : []));
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
const MAXIMUM_CHARACTERS = 24_000;
const MAXIMUM_LINES = 1_000;
/** More problems usually repeat one mistake. */
const MAXIMUM_PROBLEMS = 50;

/** A fleet file, or one line for each error in it. @param path as in messages */
export function parseSource(path: string, text: string): Source {
  const size = sizeProblem(text);
  if (size !== undefined) return { path, document: undefined, lines: [`${path}:1:1 ${size}`], at: () => `${path}:1:1` };
  const counter = new LineCounter();
  const yaml = isTooDeep(text) ? undefined : readYaml(text, counter);
  if (yaml === undefined)
    return { path, document: undefined, lines: [`${path}:1:1 the file is nested too deep`], at: () => `${path}:1:1` };
  const place = (offset: number) => {
    const { line, col } = counter.linePos(offset);
    return `${path}:${line}:${col}`;
  };
  const at: Source['at'] = (field, end = 'key') => place(offsetOf(yaml, field, end));
  const broken = [...yaml.errors, ...yaml.warnings, ...notPlain(yaml)].map(
    ({ pos, message }) => `${place(pos[0])} ${message}`,
  );
  if (broken.length > 0) return { path, document: undefined, lines: firstProblem(broken, path), at };

  try {
    const document = parseFleetDocument(yaml.toJS());
    checkWithClient(document);
    fleetParameterValue(document);
    return { path, document, lines: nameProblems(path, document, at), at };
  } catch (error) {
    if (!(error instanceof FleetFileError)) throw error;
    const problems = error.problems.map((problem) => ({
      problem,
      offset: offsetOf(yaml, problem.path, endOf(problem)),
    }));
    problems.sort((one, other) => one.offset - other.offset);
    const lines = problems.map(({ problem, offset }) => `${place(offset)} ${explain(problem)}`);
    return { path, document: undefined, lines: firstProblem(lines, path), at };
  }
}

/** undefined for a file that is nested too deep: the YAML reader calls itself for each level and runs out of stack. */
function readYaml(text: string, lineCounter: LineCounter): Document.Parsed | undefined {
  try {
    return parseDocument(text, { lineCounter, version: '1.2', prettyErrors: false });
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** A fleet file needs some ten levels. The YAML reader's time grows with the square of the levels. */
const MAXIMUM_LEVELS = 50;

/** Whether nested brackets, or marks in one line that each open a level, are more than any fleet file has. */
function isTooDeep(text: string): boolean {
  let brackets = 0;
  let inLine = 0;
  for (const token of new Lexer().lex(text)) {
    switch (CST.tokenType(token)) {
      case 'flow-map-start':
      case 'flow-seq-start':
        brackets++;
        break;
      case 'flow-map-end':
      case 'flow-seq-end':
        brackets--;
        break;
      case 'newline':
        inLine = 0;
        break;
      case 'map-value-ind':
        // Between brackets, a mark is one more key of the same level.
        if (brackets === 0) inLine++;
        break;
      case 'anchor':
      case 'explicit-key-ind':
      case 'seq-item-ind':
      case 'tag':
        inLine++;
        break;
    }
    if (brackets > MAXIMUM_LEVELS || inLine > MAXIMUM_LEVELS) return true;
  }
  return false;
}

function sizeProblem(text: string): string | undefined {
  if (text.length > MAXIMUM_CHARACTERS)
    return `the file has ${text.length} characters; expected at most ${MAXIMUM_CHARACTERS}`;
  const lines = linesOf(text).length;
  return lines > MAXIMUM_LINES ? `the file has ${lines} lines; expected at most ${MAXIMUM_LINES}` : undefined;
}

function firstProblem(lines: readonly string[], path: string): readonly string[] {
  const more = lines.length - MAXIMUM_PROBLEMS;
  return more > 0 ? [...lines.slice(0, MAXIMUM_PROBLEMS), `${path} and ${more} more problems`] : lines;
}

/** Refuses two features of YAML: an alias can make a file that contains itself, and a key can be a map. A fleet file needs neither. */
function notPlain(yaml: Document): { pos: readonly [number, ...number[]]; message: string }[] {
  const problems: { pos: readonly [number, ...number[]]; message: string }[] = [];
  visit(yaml, {
    Alias: (_, alias) => {
      problems.push({ pos: [startOf(alias) ?? 0], message: `alias "*${alias.source}"; expected the value itself` });
    },
    Pair: (_, { key }) => {
      if (!isScalar(key))
        problems.push({ pos: [startOf(key) ?? 0], message: 'this key is a list or a map; expected a word' });
    },
  });
  return problems;
}

function nameProblems(path: string, { fleet }: FleetDocument, at: Source['at']): string[] {
  if (basename(path) === `${fleet}.yaml`) return [];
  return [
    `${at(['fleet'], 'value')} fleet is "${fleet}"; expected the file's own name, or call the file ${fleet}.yaml`,
  ];
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
      if (!overlap(one.document.nodes.tag, other.document.nodes.tag)) return [];
      const expected = `expected a tag value that tells its nodes from those of fleet "${other.document.fleet}", ${other.at(['nodes', 'tag'])}`;
      return [`${one.at(['nodes', 'tag'])} nodes.tag is ${JSON.stringify(one.document.nodes.tag)}; ${expected}`];
    }),
  );
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

function explain(problem: FleetProblem): string {
  const suggestion = suggestionFor(problem);
  if (!suggestion) return sentenceOf(problem);
  const expected = suggestion.expected ?? problem.expected;
  return sentenceOf({ ...problem, expected: `did you mean "${suggestion.word}"? ${expected.replace(/^e/, 'E')}` });
}

function endOf({ kind }: FleetProblem): 'key' | 'value' {
  return kind === 'unknown-key' || kind === 'wrong-key' ? 'key' : 'value';
}

function offsetOf(yaml: Document, field: readonly string[], end: 'key' | 'value'): number {
  let node: unknown = yaml.contents;
  let offset = startOf(node) ?? 0;
  for (const [depth, key] of field.entries()) {
    const last = depth === field.length - 1;
    const item = isMap(node)
      ? node.items.find((pair) => isPair(pair) && isScalar(pair.key) && String(pair.key.value) === key)
      : isSeq(node)
        ? node.items[Number(key)]
        : undefined;
    if (item === undefined) break;
    node = isPair(item) ? item.value : item;
    offset = (isPair(item) && (!last || end === 'key') ? startOf(item.key) : startOf(node)) ?? offset;
  }
  return offset;
}

function startOf(node: unknown): number | undefined {
  return isNode(node) ? node.range?.[0] : undefined;
}
