// Parses update expressions (SET, REMOVE, ADD and DELETE), and applies them to an item in one step.
import { valueAt } from './evaluate.ts';
import { type Path, type Placeholders, Reader, refuseOverlap } from './expressions.ts';
import { addDecimals, formatDecimal, negated, parseDecimal } from './numbers.ts';
import { type AttributeValue, elements, type Item, setOf, typeOf, validation } from './values.ts';

type Term =
  | { readonly kind: 'path'; readonly path: Path }
  | { readonly kind: 'value'; readonly value: AttributeValue }
  | { readonly kind: 'if_not_exists'; readonly path: Path; readonly otherwise: Term }
  | { readonly kind: 'list_append'; readonly first: Term; readonly second: Term }
  | { readonly kind: '+' | '-'; readonly left: Term; readonly right: Term };

type Action =
  | { readonly kind: 'SET'; readonly path: Path; readonly term: Term }
  | { readonly kind: 'REMOVE'; readonly path: Path }
  | { readonly kind: 'ADD' | 'DELETE'; readonly path: Path; readonly value: AttributeValue };

export interface Update {
  readonly paths: readonly Path[];
  readonly actions: readonly Action[];
}

const CLAUSES = ['SET', 'REMOVE', 'ADD', 'DELETE'] as const;
const TYPE_NAMES: Readonly<Record<string, string>> = {
  S: 'STRING', N: 'NUMBER', B: 'BINARY', BOOL: 'BOOLEAN', NULL: 'NULL', M: 'MAP', L: 'LIST',
  SS: 'STRING_SET', NS: 'NUMBER_SET', BS: 'BINARY_SET',
}; // biome-ignore format: one table

export function parseUpdate(expression: string, defined: Placeholders): Update {
  const reader = new Reader(expression, 'UpdateExpression', defined);
  const actions: Action[] = [];
  const seen = new Set<string>();
  do {
    const clause = CLAUSES.find((word) => reader.take(word));
    if (clause === undefined) return reader.unexpected();
    if (seen.has(clause)) {
      reader.refuse(`The "${clause}" section can only be used once in an update expression;`);
    }
    seen.add(clause);
    do actions.push(readAction(reader, clause));
    while (reader.take(','));
  } while (reader.next.kind !== 'end');
  const paths = actions.map(({ path }) => path);
  refuseOverlap(paths, 'UpdateExpression');
  return { paths, actions };
}

/** The item after the update; every operand is read from the item as it was before. Throws `ValidationException`. */
export function applyUpdate(item: Item, update: Update): Item {
  const writes = update.actions.map((action) => ({ path: action.path, value: newValue(item, action) }));
  // New elements join a list in the order of their indexes, and indexes to remove are those before any removal.
  const sets = writes.filter(({ value }) => value !== undefined).sort((a, b) => lastIndex(a.path) - lastIndex(b.path));
  const removals = writes
    .filter(({ value }) => value === undefined)
    .sort((a, b) => lastIndex(b.path) - lastIndex(a.path));
  let root: AttributeValue = { M: item };
  for (const { path, value } of [...sets, ...removals]) root = written(root, path, value);
  return (root as { M: Item }).M;
}

function readAction(reader: Reader, clause: (typeof CLAUSES)[number]): Action {
  const path = reader.path();
  if (clause === 'REMOVE') return { kind: clause, path };
  if (clause === 'SET') {
    reader.expect('=');
    const left = readTerm(reader);
    const sign = (['+', '-'] as const).find((candidate) => reader.take(candidate));
    const term: Term = sign === undefined ? left : { kind: sign, left, right: readTerm(reader) };
    return { kind: clause, path, term };
  }
  const value = reader.value();
  const type = typeOf(value);
  if (elements(value) === undefined && !(clause === 'ADD' && type === 'N')) {
    reader.refuse(
      `Incorrect operand type for operator or function; operator: ${clause}, operand type: ${TYPE_NAMES[type]}, ` +
        `typeSet: ALLOWED_FOR_${clause}_OPERAND`,
    );
  }
  return { kind: clause, path, value };
}

function readTerm(reader: Reader): Term {
  if (reader.next.kind === ':value') return { kind: 'value', value: reader.value() };
  const called = reader.call();
  if (called === undefined) return { kind: 'path', path: reader.path() };
  if (called === 'if_not_exists') {
    const path = reader.path();
    reader.expect(',');
    const otherwise = readTerm(reader);
    reader.expect(')');
    return { kind: called, path, otherwise };
  }
  if (called === 'list_append') {
    const first = readTerm(reader);
    reader.expect(',');
    const second = readTerm(reader);
    reader.expect(')');
    return { kind: called, first, second };
  }
  return reader.refuse(`Invalid function name; function: ${called}`);
}

/** The value at an action's path after it; undefined: none. */
function newValue(item: Item, action: Action): AttributeValue | undefined {
  if (action.kind === 'REMOVE') return undefined;
  if (action.kind === 'SET') return termValue(item, action.term);
  const present = valueAt(item, action.path);
  if (present === undefined) return action.kind === 'ADD' ? action.value : undefined;
  if (typeOf(present) !== typeOf(action.value)) return incorrectType();
  if ('N' in present && 'N' in action.value) {
    return { N: formatDecimal(addDecimals(parseDecimal(present.N), parseDecimal(action.value.N))) };
  }
  const members = elements(present) ?? new Map();
  for (const [identity, member] of elements(action.value) ?? []) {
    if (action.kind === 'ADD') members.set(identity, member);
    else members.delete(identity);
  }
  return members.size === 0 ? undefined : setOf(typeOf(present) as 'SS' | 'NS' | 'BS', members.values());
}

function termValue(item: Item, term: Term): AttributeValue {
  switch (term.kind) {
    case 'value':
      return term.value;
    case 'path': {
      const value = valueAt(item, term.path);
      if (value === undefined)
        throw validation('The provided expression refers to an attribute that does not exist in the item');
      return value;
    }
    case 'if_not_exists':
      return valueAt(item, term.path) ?? termValue(item, term.otherwise);
    case 'list_append': {
      const first = termValue(item, term.first);
      const second = termValue(item, term.second);
      return 'L' in first && 'L' in second ? { L: [...first.L, ...second.L] } : incorrectType();
    }
    default: {
      const left = termValue(item, term.left);
      const right = termValue(item, term.right);
      if (!('N' in left && 'N' in right)) return incorrectType();
      const operand = parseDecimal(right.N);
      return { N: formatDecimal(addDecimals(parseDecimal(left.N), term.kind === '+' ? operand : negated(operand))) };
    }
  }
}

/** A copy of `container` with `value` (or nothing) at `path`; the path's parents must exist. */
function written(container: AttributeValue, path: Path, value: AttributeValue | undefined): AttributeValue {
  const [part, ...rest] = path;
  if (typeof part === 'string' && 'M' in container) {
    const inner = Object.hasOwn(container.M, part) ? container.M[part] : undefined;
    const { [part]: _, ...others } = container.M;
    const replaced = rest.length === 0 ? value : inner === undefined ? invalidPath() : written(inner, rest, value);
    return { M: replaced === undefined ? others : { ...container.M, [part]: replaced } };
  }
  if (typeof part === 'number' && 'L' in container) {
    const inner = container.L[part];
    const replaced = rest.length === 0 ? value : inner === undefined ? invalidPath() : written(inner, rest, value);
    const list = [...container.L];
    if (replaced === undefined) list.splice(part, 1);
    else list[Math.min(part, list.length)] = replaced;
    return { L: list };
  }
  return invalidPath();
}

function lastIndex(path: Path): number {
  const last = path.at(-1);
  return typeof last === 'number' ? last : -1;
}

const invalidPath = (): never => {
  throw validation('The document path provided in the update expression is invalid for update');
};
const incorrectType = (): never => {
  throw validation('An operand in the update expression has an incorrect data type');
};
