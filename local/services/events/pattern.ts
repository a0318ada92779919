// Event patterns: which events a rule matches ("Amazon EventBridge event patterns" and its operators, user guide).
import { BlockList, isIP } from 'node:net';
import { compileGlob, type Glob } from '../../simulator/glob.ts';
import { AwsError } from '../../simulator/service.ts';

export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };
type JsonObject = { readonly [name: string]: Json };
type Test = (value: Json | undefined) => boolean;
export type EventTest = (event: JsonObject) => boolean;

// "Amazon EventBridge quotas": an event pattern has at most 2,048 characters, which also limits its nesting.
const PATTERN_LENGTH_MAX = 2_048;

/** Compiles a pattern once, for many events; throws `InvalidEventPatternException`. */
export function compilePattern(text: string): EventTest {
  if (text.length > PATTERN_LENGTH_MAX) throw invalid(`Event pattern is longer than ${PATTERN_LENGTH_MAX} characters`);
  let pattern: unknown;
  try {
    pattern = JSON.parse(text);
  } catch (error) {
    throw invalid(`Event pattern is not a JSON document: ${(error as Error).message}`);
  }
  if (!isObject(pattern as Json)) throw invalid('Filter is not an object');
  const test = objectTest(pattern as JsonObject, '');
  return (event) => test(event);
}

/** Every name of the pattern must match. Elements of an array of objects are matched one by one, and all names must match in the same element. */
function objectTest(pattern: JsonObject, path: string): Test {
  const names = Object.entries(pattern);
  if (names.length === 0) throw invalid(`Empty objects are not allowed${path && `: ${path}`}`);
  const tests = names.map(([name, wanted]) => memberTest(name, wanted, path ? `${path}.${name}` : name));
  const matches: Test = (value) => {
    if (Array.isArray(value)) return value.some(matches);
    const members: JsonObject = isObject(value) ? value : {};
    return tests.every((test) => test(members));
  };
  return matches;
}

function memberTest(name: string, wanted: Json, path: string): (members: JsonObject) => boolean {
  if (name === '$or' && Array.isArray(wanted)) {
    if (wanted.length < 2) throw invalid('There must have at least 2 Objects in $or relationship');
    const alternatives = wanted.map((alternative) => {
      if (!isObject(alternative)) throw invalid('Only JSON object is allowed in array of $or relationship');
      return objectTest(alternative, path);
    });
    return (members) => alternatives.some((test) => test(members));
  }
  const inner = isObject(wanted) ? objectTest(wanted, path) : leafTest(wanted, path);
  return (members) => inner(Object.hasOwn(members, name) ? members[name] : undefined);
}

/** A leaf's list: one of its values or operators must match, for any element if the event has an array. */
function leafTest(wanted: Json, path: string): Test {
  if (!Array.isArray(wanted)) throw invalid(`"${path}" must be an object or an array`);
  if (wanted.length === 0) throw invalid('Empty arrays are not allowed');
  const tests = wanted.map((value: Json) => (isObject(value) ? operatorTest(value, path) : exactly(value, path)));
  return (value) => tests.some((test) => test(value));
}

function exactly(wanted: Json, path: string): Test {
  if (Array.isArray(wanted)) throw invalid(`Match value must be String, number, true, false, or null: ${path}`);
  return anyElement((value) => value === wanted);
}

function operatorTest(operator: JsonObject, path: string): Test {
  const entries = Object.entries(operator);
  const [entry] = entries;
  if (!entry || entries.length > 1) throw invalid(`Only one key allowed in match expression: ${path}`);
  const [name, argument] = entry;
  switch (name) {
    case 'exists':
      if (typeof argument !== 'boolean') throw invalid(`exists match pattern must be either true or false: ${path}`);
      // "exists" works only on leaf nodes: an object never exists.
      return (value) => (value !== undefined && !isObject(value)) === argument;
    case 'anything-but':
      return anythingBut(argument, path);
    case 'numeric':
      return anyElement(numeric(argument, path));
    case 'cidr':
      return anyElement(cidr(argument, path));
    default:
      return anyElement(textTest(name, argument, path));
  }
}

function textTest(name: string, argument: Json | undefined, path: string): Test {
  if ((name === 'prefix' || name === 'suffix') && isObject(argument)) {
    const lower = text(argument['equals-ignore-case'], `${name}.equals-ignore-case`, path).toLowerCase();
    return (value) => typeof value === 'string' && ends(name, value.toLowerCase(), lower);
  }
  const wanted = text(argument, name, path);
  switch (name) {
    case 'prefix':
    case 'suffix':
      return (value) => typeof value === 'string' && ends(name, value, wanted);
    case 'equals-ignore-case':
      return (value) => typeof value === 'string' && value.toLowerCase() === wanted.toLowerCase();
    case 'wildcard': {
      const expression = wildcard(wanted, path);
      return (value) => typeof value === 'string' && expression.test(value);
    }
    default:
      throw invalid(`Unrecognized match type ${name}`);
  }
}

const ends = (which: 'prefix' | 'suffix', value: string, wanted: string): boolean =>
  which === 'prefix' ? value.startsWith(wanted) : value.endsWith(wanted);

/** Present, and not one of these; for an array one element that is none of them is enough. */
function anythingBut(argument: Json | undefined, path: string): Test {
  const tests: Test[] = [];
  if (isObject(argument)) {
    const [entry, ...more] = Object.entries(argument);
    if (!entry || more.length > 0) throw invalid(`Only one key allowed in match expression: ${path}`);
    for (const value of list(entry[1])) tests.push(textTest(entry[0], value, path));
  } else {
    for (const value of list(argument)) {
      if (typeof value !== 'string' && typeof value !== 'number') {
        throw invalid(`Inside anything-but list, start|null|boolean is not supported: ${path}`);
      }
      tests.push((candidate) => candidate === value);
    }
  }
  if (tests.length === 0) throw invalid(`Empty arrays are not allowed: ${path}`);
  return anyElement((value) => value !== undefined && !tests.some((test) => test(value)));
}

function numeric(argument: Json | undefined, path: string): Test {
  const parts = Array.isArray(argument) ? argument : [];
  const tests: ((value: number) => boolean)[] = [];
  for (let i = 0; i + 1 < parts.length; i += 2) {
    const [sign, bound] = [parts[i], parts[i + 1]];
    if (typeof bound !== 'number') throw invalid(`Value of ${String(sign)} must be numeric: ${path}`);
    if (sign === '=') tests.push((value) => value === bound);
    else if (sign === '<') tests.push((value) => value < bound);
    else if (sign === '<=') tests.push((value) => value <= bound);
    else if (sign === '>') tests.push((value) => value > bound);
    else if (sign === '>=') tests.push((value) => value >= bound);
    else throw invalid(`Unrecognized numeric range operator: ${String(sign)}`);
  }
  if (tests.length === 0 || tests.length > 2 || parts.length % 2 !== 0) {
    throw invalid(`Invalid number of elements in numeric match expression: ${path}`);
  }
  return (value) => typeof value === 'number' && tests.every((test) => test(value));
}

function cidr(argument: Json | undefined, path: string): Test {
  const [network = '', bits] = text(argument, 'cidr', path).split('/');
  const family = isIP(network);
  if (family === 0 || !/^\d{1,3}$/.test(bits ?? '') || Number(bits) > (family === 4 ? 32 : 128)) {
    throw invalid(`Malformed CIDR, one '/' required: ${path}`);
  }
  const range = new BlockList();
  range.addSubnet(network, Number(bits), family === 4 ? 'ipv4' : 'ipv6');
  return (value) => {
    if (typeof value !== 'string' || isIP(value) !== family) return false;
    return range.check(value, family === 4 ? 'ipv4' : 'ipv6');
  };
}

/** "*" matches any text; a backslash makes a star or a backslash literal. */
function wildcard(pattern: string, path: string): Glob {
  if (/(?<!\\)\*\*/.test(pattern))
    throw invalid(`Consecutive wildcard characters at pos ${pattern.indexOf('**')}: ${path}`);
  if (/(?<!\\)(\\\\)*\\([^*\\]|$)/.test(pattern))
    throw invalid(`Invalid escape character at pos ${pattern.indexOf('\\')}: ${path}`);
  return compileGlob(pattern, { one: false, escapes: true });
}

const anyElement =
  (test: Test): Test =>
  (value) =>
    Array.isArray(value) ? value.some((element: Json) => test(element)) : test(value);

const list = (value: Json | undefined): readonly Json[] =>
  Array.isArray(value) ? value : value === undefined ? [] : [value];

function text(value: Json | undefined, operator: string, path: string): string {
  if (typeof value !== 'string') throw invalid(`${operator} match pattern must be a string: ${path}`);
  return value;
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const invalid = (reason: string): AwsError =>
  new AwsError('InvalidEventPatternException', `Event pattern is not valid. Reason: ${reason}`);
