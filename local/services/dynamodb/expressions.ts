// Parses condition, key condition, filter and projection expressions by recursive descent.
import { ownValue } from '../../simulator/own-properties.ts';
import { isReservedWord } from './reserved-words.ts';
import { type Token, tokenize } from './tokens.ts';
import { type AttributeValue, compareValues, readValue, typeOf, type ValueType, validation } from './values.ts';

/** A document path: attribute names and list indexes. */
export type Path = readonly (string | number)[];

export type Operand =
  | { readonly kind: 'path'; readonly path: Path }
  | { readonly kind: 'value'; readonly value: AttributeValue }
  | { readonly kind: 'size'; readonly of: Operand };

export type Comparator = '=' | '<>' | '<' | '<=' | '>' | '>=';
export type Predicate = 'attribute_exists' | 'attribute_not_exists' | 'attribute_type' | 'begins_with' | 'contains';

export type Condition =
  | { readonly kind: 'and' | 'or'; readonly parts: readonly Condition[] }
  | { readonly kind: 'not'; readonly of: Condition }
  | { readonly kind: 'compare'; readonly comparator: Comparator; readonly left: Operand; readonly right: Operand }
  | { readonly kind: 'between'; readonly of: Operand; readonly low: Operand; readonly high: Operand }
  | { readonly kind: 'in'; readonly of: Operand; readonly list: readonly Operand[] }
  | { readonly kind: 'predicate'; readonly predicate: Predicate; readonly arguments: readonly Operand[] };

/** The definitions in `ExpressionAttributeNames` and `ExpressionAttributeValues` for the expressions of one request. */
export interface Placeholders {
  name(placeholder: string, parameter: string): string;
  value(placeholder: string, parameter: string): AttributeValue;
  /** Throws if no expression used a definition, as AWS does. */
  allUsed(): void;
}

const PREDICATES: Readonly<Record<Predicate, number>> = {
  attribute_exists: 1,
  attribute_not_exists: 1,
  attribute_type: 2,
  begins_with: 2,
  contains: 2,
};
// "Expression operators" quotas (developer guide): IN takes at most 100 operands.
const IN_MAX = 100;
/** AWS publishes no limit of its own for them (December 2026: "Count expression operators" has 300 operators); a meaningful expression of 4 KB has far fewer. */
const GROUPS_WITHIN_GROUPS_MAX = 100;
const TYPES: readonly string[] = ['S', 'N', 'B', 'BOOL', 'NULL', 'M', 'L', 'SS', 'NS', 'BS'] satisfies ValueType[];

export function placeholders(
  names: Readonly<Record<string, string>> = {},
  values: Readonly<Record<string, unknown>> = {},
): Placeholders {
  const unusedNames = new Set(Object.keys(names));
  const unusedValues = new Set(Object.keys(values));
  const read = new Map<string, AttributeValue>();
  for (const [kind, keys, sign] of [
    ['Names', unusedNames, '#'],
    ['Values', unusedValues, ':'],
  ] as const) {
    for (const key of keys) {
      if (!new RegExp(`^${sign}[A-Za-z0-9_]+$`).test(key)) {
        throw validation(`ExpressionAttribute${kind} contains invalid key: Syntax error; key: "${key}"`);
      }
    }
  }
  for (const [key, value] of Object.entries(values)) {
    try {
      read.set(key, readValue(value));
    } catch (error) {
      throw validation(`ExpressionAttributeValues contains invalid value: ${(error as Error).message} for key ${key}`);
    }
  }
  return {
    name(placeholder, parameter) {
      const name = ownValue(names, placeholder);
      if (name === undefined) {
        throw validation(
          `Invalid ${parameter}: An expression attribute name used in the document path is not defined; attribute name: ${placeholder}`,
        );
      }
      unusedNames.delete(placeholder);
      return name;
    },
    value(placeholder, parameter) {
      const value = read.get(placeholder);
      if (value === undefined) {
        throw validation(
          `Invalid ${parameter}: An expression attribute value used in expression is not defined; attribute value: ${placeholder}`,
        );
      }
      unusedValues.delete(placeholder);
      return value;
    },
    allUsed() {
      if (unusedNames.size > 0) {
        throw validation(
          `Value provided in ExpressionAttributeNames unused in expressions: keys: {${[...unusedNames].join(', ')}}`,
        );
      }
      if (unusedValues.size > 0) {
        throw validation(
          `Value provided in ExpressionAttributeValues unused in expressions: keys: {${[...unusedValues].join(', ')}}`,
        );
      }
    },
  };
}

/** `parameter` is the request member of the expression: "ConditionExpression", "FilterExpression", … */
export function parseCondition(expression: string, parameter: string, defined: Placeholders): Condition {
  const reader = new Reader(expression, parameter, defined);
  const condition = readOr(reader);
  reader.end();
  return condition;
}

export function parseProjection(expression: string, defined: Placeholders): Path[] {
  const reader = new Reader(expression, 'ProjectionExpression', defined);
  const paths = [reader.path()];
  while (reader.take(',')) paths.push(reader.path());
  reader.end();
  refuseOverlap(paths, 'ProjectionExpression');
  return paths;
}

/** Two paths of one expression must not contain each other. */
export function refuseOverlap(paths: readonly Path[], parameter: string): void {
  paths.forEach((one, i) => {
    for (const two of paths.slice(i + 1)) {
      if (one.slice(0, two.length).every((part, at) => part === two[at])) {
        throw validation(
          `Invalid ${parameter}: Two document paths overlap with each other; must remove or rewrite one of these paths; ` +
            `path one: ${showPath(one)}, path two: ${showPath(two)}`,
        );
      }
    }
  });
}

const showPath = (path: Path): string =>
  `[${path.map((part) => (typeof part === 'number' ? `[${part}]` : part)).join(', ')}]`;

/** Reads the tokens of one expression; the update grammar uses it, too. */
export class Reader {
  readonly parameter: string;
  readonly #expression: string;
  readonly #tokens: readonly Token[];
  readonly #defined: Placeholders;
  #at = 0;
  #groups = 0;
  /** Where the last closed group began and ended. */
  #closed = { from: -1, to: -1 };

  constructor(expression: string, parameter: string, defined: Placeholders) {
    this.parameter = parameter;
    this.#expression = expression;
    this.#tokens = tokenize(expression, parameter);
    this.#defined = defined;
  }

  get next(): Token {
    return this.#tokens[Math.min(this.#at, this.#tokens.length - 1)] as Token;
  }

  /** Takes the next token if it is this sign or, in any case, this word. */
  take(text: string): boolean {
    if (!this.isNext(text)) return false;
    this.#at++;
    return true;
  }

  isNext(text: string): boolean {
    const { kind, text: found } = this.next;
    return kind === 'name' ? found.toUpperCase() === text : kind === 'sign' && found === text;
  }

  expect(text: string): void {
    if (!this.take(text)) this.unexpected();
  }

  end(): void {
    if (this.next.kind !== 'end') this.unexpected();
  }

  /** The name of a called function: a name followed by "(". */
  call(): string | undefined {
    const { kind, text } = this.next;
    const following = this.#tokens[this.#at + 1];
    if (kind !== 'name' || following?.text !== '(') return undefined;
    this.#at += 2;
    return text;
  }

  path(): Path {
    const path: (string | number)[] = [this.#attributeName()];
    for (;;) {
      if (this.take('.')) path.push(this.#attributeName());
      else if (this.take('[')) {
        if (this.next.kind !== 'index') this.unexpected();
        path.push(Number(this.#consume().text));
        this.expect(']');
      } else return path;
    }
  }

  value(): AttributeValue {
    if (this.next.kind !== ':value') this.unexpected();
    return this.#defined.value(this.#consume().text, this.parameter);
  }

  /** Reads the content of parentheses; the opening one has been taken. */
  group<T>(read: () => T): T {
    const from = this.#at - 1;
    if (++this.#groups > GROUPS_WITHIN_GROUPS_MAX) this.refuse('The expression is nested too deeply;');
    const inner = read();
    this.#groups--;
    const holdsOnlyAGroup = this.#closed.from === from + 1 && this.#closed.to === this.#at - 1;
    this.expect(')');
    if (holdsOnlyAGroup) this.refuse('The expression has redundant parentheses;');
    this.#closed = { from, to: this.#at - 1 };
    return inner;
  }

  unexpected(): never {
    const token = this.next;
    const before = this.#tokens[this.#at - 1] ?? token;
    const after = this.#tokens[this.#at + 1] ?? token;
    throw validation(
      `Invalid ${this.parameter}: Syntax error; token: "${token.text}", near: "${this.#expression.slice(before.from, after.to)}"`,
    );
  }

  refuse(message: string): never {
    throw validation(`Invalid ${this.parameter}: ${message}`);
  }

  #attributeName(): string {
    const { kind, text } = this.next;
    if (kind !== 'name' && kind !== '#name') this.unexpected();
    this.#at++;
    if (kind === '#name') return this.#defined.name(text, this.parameter);
    if (isReservedWord(text)) this.refuse(`Attribute name is a reserved keyword; reserved keyword: ${text}`);
    return text;
  }

  #consume(): Token {
    const token = this.next;
    this.#at++;
    return token;
  }
}

function readOr(reader: Reader): Condition {
  return readList(reader, 'or', readAnd);
}

function readAnd(reader: Reader): Condition {
  return readList(reader, 'and', readNot);
}

function readList(reader: Reader, kind: 'and' | 'or', readPart: (reader: Reader) => Condition): Condition {
  const first = readPart(reader);
  const parts = [first];
  while (reader.take(kind.toUpperCase())) parts.push(readPart(reader));
  return parts.length === 1 ? first : { kind, parts };
}

function readNot(reader: Reader): Condition {
  return reader.take('NOT') ? { kind: 'not', of: readPrimary(reader) } : readPrimary(reader);
}

function readPrimary(reader: Reader): Condition {
  if (reader.take('(')) return reader.group(() => readOr(reader));
  const called = reader.call();
  if (called !== undefined && called !== 'size') return readPredicate(reader, called);
  const left = called === 'size' ? readSize(reader) : readOperand(reader);
  if (reader.take('BETWEEN')) {
    const low = readOperand(reader);
    reader.expect('AND');
    const high = readOperand(reader);
    checkBounds(reader, low, high);
    return { kind: 'between', of: left, low, high };
  }
  if (reader.take('IN')) return { kind: 'in', of: left, list: readInList(reader) };
  const comparator = (['=', '<>', '<=', '>=', '<', '>'] as const).find((sign) => reader.take(sign));
  if (comparator === undefined) return reader.unexpected();
  const right = readOperand(reader);
  checkDistinct(reader, comparator, left, right);
  return { kind: 'compare', comparator, left, right };
}

/** A path must not be compared with itself; a value may be. */
function checkDistinct(reader: Reader, operator: string, left: Operand | undefined, right: Operand | undefined): void {
  if (left?.kind !== 'path' || right?.kind !== 'path' || showPath(left.path) !== showPath(right.path)) return;
  reader.refuse(
    'The first operand must be distinct from the remaining operands for this operator or function; ' +
      `operator: ${operator}, first operand: ${showPath(left.path)}`,
  );
}

function checkBounds(reader: Reader, low: Operand, high: Operand): void {
  if (low.kind !== 'value' || high.kind !== 'value') return;
  const shown = (value: AttributeValue): string => `AttributeValue: {${typeOf(value)}:${Object.values(value)[0]}}`;
  const operands = `lower bound operand: ${shown(low.value)}, upper bound operand: ${shown(high.value)}`;
  if (typeOf(low.value) !== typeOf(high.value)) {
    reader.refuse(`The BETWEEN operator requires same data type for lower and upper bounds; ${operands}`);
  }
  if ((compareValues(low.value, high.value) ?? 0) > 0) {
    reader.refuse(`The BETWEEN operator requires upper bound to be greater than or equal to lower bound; ${operands}`);
  }
}

function readInList(reader: Reader): Operand[] {
  reader.expect('(');
  const list = [readOperand(reader)];
  while (reader.take(',')) list.push(readOperand(reader));
  reader.expect(')');
  if (list.length > IN_MAX) {
    reader.refuse(
      `Invalid number of operands for operator or function; operator or function: IN, number of operands: ${list.length}`,
    );
  }
  return list;
}

function readPredicate(reader: Reader, name: string): Condition {
  if (!Object.hasOwn(PREDICATES, name)) return reader.refuse(`Invalid function name; function: ${name}`);
  const predicate = name as Predicate;
  const list = [readOperand(reader)];
  while (reader.take(',')) list.push(readOperand(reader));
  reader.expect(')');
  if (list.length !== PREDICATES[predicate]) {
    reader.refuse(
      `Incorrect number of operands for operator or function; operator or function: ${name}, number of operands: ${list.length}`,
    );
  }
  const [subject, argument] = list;
  if (predicate !== 'attribute_type') checkDistinct(reader, name, subject, argument);
  if (/^attribute_(not_)?exists$/.test(predicate) && subject?.kind !== 'path') {
    reader.refuse(`Operator or function requires a document path; operator or function: ${name}`);
  }
  if (predicate === 'begins_with') for (const operand of list) checkType(reader, name, operand, ['S', 'B']);
  if (predicate === 'attribute_type') {
    checkType(reader, name, argument, ['S']);
    const type = argument?.kind === 'value' && 'S' in argument.value ? argument.value.S : '';
    if (!TYPES.includes(type)) {
      reader.refuse(`Invalid attribute type name found; type: ${type}, valid types: {${TYPES.join(',')}}`);
    }
  }
  return { kind: 'predicate', predicate, arguments: list };
}

function readOperand(reader: Reader): Operand {
  if (reader.next.kind === ':value') return { kind: 'value', value: reader.value() };
  const called = reader.call();
  if (called === undefined) return { kind: 'path', path: reader.path() };
  if (called !== 'size') {
    return reader.refuse(
      Object.hasOwn(PREDICATES, called)
        ? `The function is not allowed to be used this way in an expression; function: ${called}`
        : `Invalid function name; function: ${called}`,
    );
  }
  return readSize(reader);
}

function readSize(reader: Reader): Operand {
  const of = readOperand(reader);
  reader.expect(')');
  checkType(reader, 'size', of, ['S', 'B', 'M', 'L', 'SS', 'NS', 'BS']);
  return { kind: 'size', of };
}

/** The type of an attribute is not known before the item; the type of a value or a size is. */
function checkType(reader: Reader, name: string, operand: Operand | undefined, allowed: readonly ValueType[]): void {
  const type = operand?.kind === 'value' ? typeOf(operand.value) : operand?.kind === 'size' ? 'N' : undefined;
  if (type !== undefined && !allowed.includes(type)) {
    reader.refuse(
      `Incorrect operand type for operator or function; operator or function: ${name}, operand type: ${type}`,
    );
  }
}
