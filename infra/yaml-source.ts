// Reads a YAML file that a person has written, with its limits, and knows the place of each field: file, line and column.
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
  type Pair,
  parseDocument,
  visit,
  type YAMLMap,
} from 'yaml';
import { type FleetProblem, showValue } from '../shared/fleet/problems.ts';
import { linesOf } from '../shared/text/lines.ts';

export interface YamlLimits {
  readonly characters: number;
  readonly lines: number;
}

export interface YamlSource {
  /** The file as plain values; undefined where `broken` has lines. */
  readonly value: unknown;
  /** A line for each error of YAML itself. */
  readonly broken: readonly string[];
  /** The place of a field: "infra/fleets/bitcoin.yaml:7:3". For a missing field, the place of the nearest existing one above it. */
  readonly at: (field: readonly string[], end?: 'key' | 'value') => string;
  /** The problems in the order of their places, a line each. */
  readonly told: (problems: readonly FleetProblem[], explain: (problem: FleetProblem) => string) => readonly string[];
}

/** More problems usually repeat one mistake. */
const MAXIMUM_PROBLEMS = 50;

/** What the YAML reader's own words leave open, by its codes. */
const PLAINLY: Readonly<Record<string, string>> = {
  MULTIPLE_DOCS: 'a second document begins after ---; expected one document in a file',
  TAB_AS_INDENT: 'a tab; expected blanks at the beginning of a line',
  MULTILINE_IMPLICIT_KEY: 'no key and value are here; expected for example mode: plan, with a blank after the colon',
  BLOCK_AS_IMPLICIT_KEY:
    'a second key is in the value of this one; expected each key in a line of its own, all equally far in',
};

/** @param path as in messages */
export function readYamlSource(path: string, text: string, limits: YamlLimits): YamlSource {
  const size = sizeProblem(text, limits);
  if (size !== undefined) return unreadable(path, size);
  const counter = new LineCounter();
  const yaml = isTooDeep(text) ? undefined : readYaml(text, counter);
  if (yaml === undefined) return unreadable(path, `the file is nested more than ${MAXIMUM_LEVELS} deep`);
  const pairsOf = pairsByKey();
  const place = (offset: number) => {
    const { line, col } = counter.linePos(offset);
    return `${path}:${line}:${col}`;
  };
  const broken = problemsOf(text, yaml);
  return {
    value: broken.length > 0 ? undefined : yaml.toJS(),
    broken: firstProblems(
      broken,
      path,
      ({ pos, code = '', message }) => `${place(pos[0])} ${Object.hasOwn(PLAINLY, code) ? PLAINLY[code] : message}`,
    ),
    at: (field, end = 'key') => place(offsetOf(yaml, pairsOf, field, end)),
    told: (problems, explain) =>
      firstProblems(
        problems
          .map((problem) => ({ problem, offset: offsetOf(yaml, pairsOf, problem.path, endOf(problem)) }))
          .sort((one, other) => one.offset - other.offset),
        path,
        ({ problem, offset }) => `${place(offset)} ${explain(problem)}`,
      ),
  };
}

function unreadable(path: string, why: string): YamlSource {
  const at = `${path}:1:1`;
  return { value: undefined, broken: [`${at} ${why}`], at: () => at, told: () => [] };
}

/** undefined for a file that is nested too deep: the YAML reader calls itself for each level and runs out of stack. */
function readYaml(text: string, lineCounter: LineCounter): Document.Parsed | undefined {
  try {
    // The reader compares each key with all before it in its map: `notPlain` does with a set what it would do in quadratic time.
    return parseDocument(text, { lineCounter, version: '1.2', prettyErrors: false, uniqueKeys: false });
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** Our files need some ten levels. The YAML reader's time grows with the square of the levels. */
const MAXIMUM_LEVELS = 50;

/** Whether nested brackets, or marks in one line that each open a level, are more than any file of ours has. */
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

function sizeProblem(text: string, { characters, lines: linesMax }: YamlLimits): string | undefined {
  if (text.length > characters) return `the file has ${text.length} characters; expected at most ${characters}`;
  const lines = linesOf(text).length;
  return lines > linesMax ? `the file has ${lines} lines; expected at most ${linesMax}` : undefined;
}

function firstProblems<One>(
  problems: readonly One[],
  path: string,
  lineOf: (problem: One) => string,
): readonly string[] {
  const more = problems.length - MAXIMUM_PROBLEMS;
  const lines = problems.slice(0, MAXIMUM_PROBLEMS).map(lineOf);
  return more > 0 ? [...lines, `${path} and ${more} more problems`] : lines;
}

/** A reader that has lost its way calls each word behind the first mistake wrong. */
function problemsOf(text: string, yaml: Document.Parsed): readonly Problem[] {
  const [first] = yaml.errors;
  if (first === undefined) return [...yaml.warnings, ...notPlain(yaml)];
  const reference = referenceIn(lineAt(text, first.pos[0]));
  if (reference === undefined) return [first];
  const message = `${showValue(reference)} is a reference of another tool, such as Terraform; expected its value, or the file as that tool writes it`;
  return [{ pos: first.pos, message }];
}

function lineAt(text: string, offset: number): string {
  const end = text.indexOf('\n', offset);
  return text.slice(text.lastIndexOf('\n', offset - 1) + 1, end < 0 ? undefined : end);
}

/** `${var.name}` of Terraform, `{{ .Values.name }}` of Helm. */
function referenceIn(line: string): string | undefined {
  const [begin] = ['${', '{{'].map((open) => line.indexOf(open)).filter((at) => at >= 0);
  if (begin === undefined) return undefined;
  const end = line.indexOf('}', begin);
  return line.slice(begin, end < 0 ? undefined : end + 1);
}

interface Problem {
  readonly pos: readonly [number, ...number[]];
  readonly code?: string;
  readonly message: string;
}

/**
 * Refuses two features of YAML: an alias can make a file that contains itself, and a key can be a map. Our files need neither. And a key that is there
 * twice, since YAML does not say which value counts.
 */
function notPlain(yaml: Document): Problem[] {
  const problems: Problem[] = [];
  visit(yaml, {
    Map: (_, { items }) => {
      const keys = new Set<string>();
      for (const { key } of items) {
        if (!isScalar(key)) continue;
        const name = String(key.value);
        if (keys.has(name))
          problems.push({ pos: [startOf(key) ?? 0], message: `key ${showValue(name)} is there twice` });
        keys.add(name);
      }
    },
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

function endOf({ kind }: FleetProblem): 'key' | 'value' {
  return kind === 'unknown-key' || kind === 'wrong-key' ? 'key' : 'value';
}

type Pairs = ReadonlyMap<string, Pair>;

/** The pairs of each map by their keys: of a file with a thousand problems, each has its place without a search. */
function pairsByKey(): (map: YAMLMap) => Pairs {
  const known = new WeakMap<YAMLMap, Pairs>();
  return (map) => {
    const pairs =
      known.get(map) ??
      new Map(map.items.flatMap((pair) => (isScalar(pair.key) ? [[String(pair.key.value), pair] as const] : [])));
    known.set(map, pairs);
    return pairs;
  };
}

function offsetOf(
  yaml: Document,
  pairsOf: (map: YAMLMap) => Pairs,
  field: readonly string[],
  end: 'key' | 'value',
): number {
  let node: unknown = yaml.contents;
  let offset = startOf(node) ?? 0;
  for (const [depth, key] of field.entries()) {
    const last = depth === field.length - 1;
    const item = isMap(node) ? pairsOf(node).get(key) : isSeq(node) ? node.items[Number(key)] : undefined;
    if (item === undefined) break;
    node = isPair(item) ? item.value : item;
    offset = (isPair(item) && (!last || end === 'key') ? startOf(item.key) : startOf(node)) ?? offset;
  }
  return offset;
}

function startOf(node: unknown): number | undefined {
  return isNode(node) ? node.range?.[0] : undefined;
}
