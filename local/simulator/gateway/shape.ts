// Validates values with the SDK's schemas while copying them, so that no two parties ever share an object.
import { isDate } from 'node:util/types';
import type { NormalizedSchema } from '@smithy/core/schema';
import { setOwnValue } from '../own-properties.ts';

/** Makes the containers of a copy: in this realm, or in a `node:vm` context, whose code tests `instanceof Date`. */
export interface Realm {
  object(): Record<string, unknown>;
  array(length: number): unknown[];
  date(timeMs: number): Date;
}

export const HOST_REALM: Realm = {
  object: () => ({}),
  array: (length) => new Array(length),
  date: (timeMs) => new Date(timeMs),
};

export interface CopyContext {
  readonly realm: Realm;
  /** Collects absent members that the SDK fills in during serialization (idempotency tokens). */
  readonly absentTokens?: ((token: string) => void)[];
}

/** Copies a value or throws `ShapeProblem`. */
export type Copier = (value: unknown, context: CopyContext) => unknown;

export type Problem = { readonly missing: string } | { readonly expected: string };

/** The fault of a value, and its place: `MetricData.0.MetricName`. */
export class ShapeProblem extends Error {
  readonly problem: Problem;
  path: string;

  constructor(problem: Problem) {
    super('missing' in problem ? `${problem.missing} is missing` : `expected ${problem.expected}`);
    this.problem = problem;
    this.path = 'missing' in problem ? problem.missing : '';
  }

  within(member: string | number): this {
    this.path = this.path === '' ? String(member) : `${member}.${this.path}`;
    return this;
  }
}

export interface CopyRules {
  /** ec2Query cannot write an empty list in a request. */
  readonly emptyLists: 'kept' | 'dropped';
}

/** A copier for a shape. Shapes are recursive, so each is compiled at its first use. */
export function compileCopier(shape: NormalizedSchema, rules: CopyRules): Copier {
  const compiled = compiledByRules.get(rules) ?? new Map();
  compiledByRules.set(rules, compiled);
  return copierFor(shape, rules, compiled);
}

type CopierCache = Map<unknown, Copier>;
const compiledByRules = new Map<CopyRules, CopierCache>();

function copierFor(shape: NormalizedSchema, rules: CopyRules, compiled: CopierCache): Copier {
  const key = shape.getSchema();
  const known = compiled.get(key);
  if (known !== undefined) return known;
  let copier: Copier | undefined;
  const lazy: Copier = (value, context) => {
    copier ??= compile(shape, rules, compiled);
    return copier(value, context);
  };
  compiled.set(key, lazy);
  return lazy;
}

function compile(shape: NormalizedSchema, rules: CopyRules, compiled: CopierCache): Copier {
  if (shape.isUnitSchema()) return (_value, { realm }) => realm.object();
  if (shape.isStructSchema()) return structCopier(shape, rules, compiled);
  if (shape.isListSchema()) return listCopier(shape, rules, compiled);
  if (shape.isMapSchema()) return mapCopier(shape, rules, compiled);
  if (shape.isStringSchema()) return scalar((value) => typeof value === 'string', 'a string');
  if (shape.isNumericSchema()) return scalar((value) => typeof value === 'number' && !Number.isNaN(value), 'a number');
  if (shape.isBooleanSchema()) return scalar((value) => typeof value === 'boolean', 'true or false');
  if (shape.isTimestampSchema()) return copyDate;
  if (shape.isBlobSchema()) return copyBytes;
  if (shape.isDocumentSchema()) return (value, { realm }) => copyDocument(value, realm);
  return (value) => value; // big numbers, which are immutable
}

interface MemberRule {
  readonly copy: Copier;
  readonly dropEmpty: boolean;
}

function structCopier(shape: NormalizedSchema, rules: CopyRules, compiled: CopierCache): Copier {
  const members = new Map<string, MemberRule>();
  const tokens: string[] = [];
  for (const [name, member] of shape.structIterator()) {
    const dropEmpty = rules.emptyLists === 'dropped' && member.isListSchema();
    members.set(name, { copy: copierFor(member, rules, compiled), dropEmpty });
    if (member.isIdempotencyToken()) tokens.push(name);
  }
  const required = requiredMembers(shape).filter((name) => !tokens.includes(name));

  return (value, context) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw expected('a structure', value);
    const source = value as Record<string, unknown>;
    const copy = context.realm.object();
    for (const name in source) {
      const item = source[name];
      if (item === undefined || item === null) continue;
      const member = members.get(name);
      if (member === undefined) {
        // Every wire has dropped it by now: here it is a typing error, of our own code or of one of our services.
        if (name !== '$metadata') throw expected('no such member', item).within(name);
        continue;
      }
      if (member.dropEmpty && Array.isArray(item) && item.length === 0) continue;
      try {
        copy[name] = member.copy(item, context);
      } catch (problem) {
        throw problem instanceof ShapeProblem ? problem.within(name) : problem;
      }
    }
    for (const name of required) if (copy[name] === undefined) throw new ShapeProblem({ missing: name });
    for (const name of tokens) {
      if (copy[name] !== undefined) continue;
      context.absentTokens?.push((token) => {
        copy[name] = token;
      });
    }
    return copy;
  };
}

/** The seventh element of a static structure schema counts its required members, which come first (@smithy/core/schema). */
function requiredMembers(shape: NormalizedSchema): string[] {
  const schema = shape.getSchema() as unknown as readonly unknown[];
  return (schema[4] as string[]).slice(0, (schema[6] as number | undefined) ?? 0);
}

function listCopier(shape: NormalizedSchema, rules: CopyRules, compiled: CopierCache): Copier {
  const copyItem = copierFor(shape.getValueSchema(), rules, compiled);
  return (value, context) => {
    if (!Array.isArray(value)) throw expected('a list', value);
    const copy = context.realm.array(value.length);
    for (let i = 0; i < value.length; i++) {
      try {
        copy[i] = copyItem(value[i], context);
      } catch (problem) {
        throw problem instanceof ShapeProblem ? problem.within(i) : problem;
      }
    }
    return copy;
  };
}

function mapCopier(shape: NormalizedSchema, rules: CopyRules, compiled: CopierCache): Copier {
  const copyItem = copierFor(shape.getValueSchema(), rules, compiled);
  return (value, context) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw expected('a map', value);
    const copy = context.realm.object();
    for (const [key, item] of Object.entries(value)) {
      if (item === undefined || item === null) continue;
      try {
        setOwnValue(copy, key, copyItem(item, context));
      } catch (problem) {
        throw problem instanceof ShapeProblem ? problem.within(key) : problem;
      }
    }
    return copy;
  };
}

const scalar =
  (fits: (value: unknown) => boolean, name: string): Copier =>
  (value) => {
    if (!fits(value)) throw expected(name, value);
    return value;
  };

/** Dates of other realms are not `instanceof Date`. */
const copyDate: Copier = (value, { realm }) => {
  if (!isDate(value) || Number.isNaN(value.getTime())) throw expected('a timestamp', value);
  return realm.date(value.getTime());
};

const copyBytes: Copier = (value) => {
  if (typeof value === 'string') return new TextEncoder().encode(value);
  if (ArrayBuffer.isView(value))
    return new Uint8Array(value.buffer.slice(value.byteOffset, value.byteOffset + value.byteLength));
  throw expected('bytes', value);
};

function copyDocument(value: unknown, realm: Realm): unknown {
  if (Array.isArray(value)) {
    const copy = realm.array(value.length);
    for (let i = 0; i < value.length; i++) copy[i] = copyDocument(value[i], realm);
    return copy;
  }
  if (typeof value !== 'object' || value === null) return value;
  const copy = realm.object();
  for (const [key, item] of Object.entries(value)) setOwnValue(copy, key, copyDocument(item, realm));
  return copy;
}

function expected(what: string, found: unknown): ShapeProblem {
  const shown =
    typeof found === 'string' ? JSON.stringify(found.slice(0, 40)) : Array.isArray(found) ? 'a list' : typeof found;
  return new ShapeProblem({ expected: `${what}, found ${shown}` });
}
