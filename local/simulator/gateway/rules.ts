// AWS's checks of a request's members before it uses them: enums, lengths, sizes, ranges, patterns.
import type { NormalizedSchema } from '@smithy/core/schema';
import type { Declarations, Enums } from './declarations.ts';
import { javaPattern, type Limit, type Limits } from './limits.ts';

export type Constraint =
  | { readonly kind: 'enum'; readonly values: ReadonlySet<string> }
  | { readonly kind: 'least' | 'most'; readonly of: Limit['of']; readonly bound: number }
  | { readonly kind: 'pattern'; readonly pattern: string };

export interface Violation {
  /** Members, positions in lists (from 0) and keys of maps. */
  readonly path: readonly (string | number)[];
  readonly value: unknown;
  /** The violated constraint; for a simple list's elements, or a map's keys or values, all of their constraints. */
  readonly constraints: readonly Constraint[];
  /** What the constraints are about: the member itself, or its contents, which have no path of their own in AWS's errors. */
  readonly of: 'member' | 'elements' | 'keys' | 'values';
}

/** The violations of an input; empty: none. */
export type Checker = (input: unknown) => readonly Violation[];

/** The source of one service's rules. */
export interface Rules {
  readonly limits: Limits;
  readonly enums: Declarations;
}

/** More violations than this are not useful. */
const VIOLATIONS_MAX = 10;

/** `path` is one array for the whole input, which grows and shrinks: nearly all inputs have no violation. */
type Check = (value: unknown, path: (string | number)[], found: Violation[]) => void;

/** A checker for the input of one operation. Its rules are read at its first use. */
export function compileChecker(input: NormalizedSchema, rules: () => Rules): Checker {
  let check: Check | undefined;
  return (value) => {
    check ??= new Compiler(rules()).ofShape(input) ?? (() => {});
    const found: Violation[] = [];
    check(value, [], found);
    return found;
  };
}

class Compiler {
  readonly #rules: Rules;
  /** Structures may contain themselves. */
  readonly #structures = new Map<unknown, Check>();

  constructor(rules: Rules) {
    this.#rules = rules;
  }

  /** Undefined if there is nothing to check. */
  ofShape(shape: NormalizedSchema): Check | undefined {
    return this.#ofMember(shape, '', undefined);
  }

  #ofMember(shape: NormalizedSchema, name: string, enums: Enums | undefined): Check | undefined {
    if (shape.isUnitSchema()) return undefined;
    if (shape.isStructSchema()) return this.#ofStructure(shape);
    const own = this.#own(name, enums);
    const inner = shape.isListSchema()
      ? this.#ofElements(shape.getValueSchema(), `${name}[]`, enums?.element)
      : shape.isMapSchema()
        ? this.#ofEntries(shape, name, enums)
        : undefined;
    if (own.length === 0) return inner;
    return (value, path, found) => {
      for (const constraint of own) {
        if (!holds(constraint, value)) report(found, { path, value, constraints: [constraint], of: 'member' });
      }
      inner?.(value, path, found);
    };
  }

  #ofStructure(shape: NormalizedSchema): Check | undefined {
    const schema = shape.getSchema();
    const known = this.#structures.get(schema);
    if (known !== undefined) return known;
    const members: [string, Check][] = [];
    const check: Check = (value, path, found) => {
      const source = value as Readonly<Record<string, unknown>>;
      for (const [name, inner] of members) {
        const item = source[name];
        if (item === undefined) continue;
        path.push(name);
        inner(item, path, found);
        path.pop();
      }
    };
    this.#structures.set(schema, check);
    const structure = String((schema as unknown as readonly unknown[])[2]);
    const enums = this.#rules.enums(structure);
    for (const [name, member] of shape.structIterator()) {
      const inner = this.#ofMember(member, `${structure}.${name}`, enums.get(name));
      if (inner !== undefined) members.push([name, inner]);
    }
    return members.length > 0 ? check : undefined;
  }

  #ofElements(element: NormalizedSchema, name: string, enums: Enums | undefined): Check | undefined {
    if (isSimple(element)) {
      const own = this.#own(name, enums);
      return own.length > 0 ? ofContents(own, 'elements', (value) => value as readonly unknown[]) : undefined;
    }
    const inner = this.#ofMember(element, name, enums);
    if (inner === undefined) return undefined;
    return (value, path, found) => {
      for (const [index, item] of (value as readonly unknown[]).entries()) {
        path.push(index);
        inner(item, path, found);
        path.pop();
      }
    };
  }

  #ofEntries(map: NormalizedSchema, name: string, enums: Enums | undefined): Check | undefined {
    const valueShape = map.getValueSchema();
    const keys = this.#own(`${name}{key}`, enums?.key);
    const values = isSimple(valueShape) ? this.#own(`${name}{}`, enums?.value) : [];
    const checks: Check[] = [];
    if (keys.length > 0) checks.push(ofContents(keys, 'keys', (value) => Object.keys(value as object)));
    if (values.length > 0) checks.push(ofContents(values, 'values', (value) => Object.values(value as object)));
    const inner = isSimple(valueShape) ? undefined : this.#ofMember(valueShape, `${name}{}`, enums?.value);
    if (inner !== undefined) {
      checks.push((value, path, found) => {
        for (const [key, item] of Object.entries(value as object)) {
          path.push(key);
          inner(item, path, found);
          path.pop();
        }
      });
    }
    if (checks.length === 0) return undefined;
    return (value, path, found) => {
      for (const check of checks) check(value, path, found);
    };
  }

  #own(name: string, enums: Enums | undefined): Constraint[] {
    const { of, least, most, pattern } = this.#rules.limits.get(name) ?? {};
    const constraints: Constraint[] = [];
    if (enums?.values) constraints.push({ kind: 'enum', values: enums.values });
    if (of && most !== undefined) constraints.push({ kind: 'most', of, bound: most });
    if (of && least !== undefined) constraints.push({ kind: 'least', of, bound: least });
    if (pattern !== undefined) constraints.push({ kind: 'pattern', pattern });
    return constraints;
  }
}

function ofContents(
  constraints: readonly Constraint[],
  of: 'elements' | 'keys' | 'values',
  contents: (value: unknown) => readonly unknown[],
): Check {
  return (value, path, found) => {
    const isFine = contents(value).every((item) => constraints.every((constraint) => holds(constraint, item)));
    if (!isFine) report(found, { path, value, constraints, of });
  };
}

const isSimple = (shape: NormalizedSchema): boolean =>
  !shape.isStructSchema() && !shape.isListSchema() && !shape.isMapSchema();

function report(found: Violation[], violation: Violation): void {
  if (found.length < VIOLATIONS_MAX) found.push({ ...violation, path: [...violation.path] });
}

const expressions = new Map<string, RegExp>();
/** A text longer than any that AWS allows is not matched with a pattern, so that no match takes long. */
const MATCHED_LENGTH_MAX = 131_072;

function holds(constraint: Constraint, value: unknown): boolean {
  switch (constraint.kind) {
    case 'enum':
      return typeof value !== 'string' || constraint.values.has(value);
    case 'least':
      return !(measure(value) < constraint.bound);
    case 'most':
      return !(measure(value) > constraint.bound);
    case 'pattern': {
      if (typeof value !== 'string') return true;
      if (value.length > MATCHED_LENGTH_MAX) return false;
      const expression = expressions.get(constraint.pattern) ?? javaPattern(constraint.pattern);
      expressions.set(constraint.pattern, expression);
      return expression.test(value);
    }
  }
}

function measure(value: unknown): number {
  if (typeof value === 'number') return value;
  if (typeof value === 'string' || Array.isArray(value)) return value.length;
  if (ArrayBuffer.isView(value)) return value.byteLength;
  return typeof value === 'object' && value !== null ? Object.keys(value).length : Number.NaN;
}
