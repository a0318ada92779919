// Inputs for any operation, made from its schema: plausible ones, and the same with one hostile value somewhere.
import type { Enums } from '../../local/simulator/gateway/declarations.ts';
import { javaPattern, type Limit } from '../../local/simulator/gateway/limits.ts';
import type { ServiceModel } from '../../local/simulator/gateway/model.ts';

/** What every object in JavaScript has, although nobody put it there. */
const PROTOTYPE_WORDS = ['constructor', '__proto__', 'toString', 'hasOwnProperty', 'valueOf'] as const;

const TEXTS: readonly string[] = [
  ...PROTOTYPE_WORDS,
  '',
  ' ',
  '\u0000\u001b[2J',
  '\ud800',
  '\uffff\u202e',
  "';--",
  '../../etc/passwd',
  '%zz',
  '-1',
  '1e999',
  'null',
  'true',
  '{}',
  '[]',
  '{"__proto__":{"a":1},"constructor":null}',
  '['.repeat(5_000),
  '('.repeat(2_000),
  '{"a":'.repeat(1_500),
  'NOT '.repeat(1_000),
  'a'.repeat(300),
  'a'.repeat(70_000),
  `${'a'.repeat(40)}!`.repeat(40),
  '((a+)+)+$',
  '*'.repeat(60),
  'arn:aws:iam::aws:policy/AdministratorAccess',
  'arn:aws:sns:eu-west-1:111122223333:constructor',
  'cron(* * * * ? *)',
  'rate(0 minutes)',
  'at(9999-12-31T23:59)',
  'SELECT AVG(x) FROM y',
  'm1 + m1',
  'ALARM(a)',
  'P999999D',
];
const NUMBERS: readonly number[] = [0, -1, 0.5, 2 ** 31, 2 ** 53, -(2 ** 53), 1e308, Number.POSITIVE_INFINITY, 5e-324];
const DATES: readonly Date[] = [new Date(0), new Date(8.64e15), new Date(-8.64e15), new Date(Number.NaN)];
const encoder = new TextEncoder();
const BYTES: readonly Uint8Array[] = ['', '{', 'null', '\ud800', '['.repeat(20_000), 'a'.repeat(70_000)].map((text) =>
  encoder.encode(text),
);

export type Kind = 'text' | 'number' | 'time' | 'bytes' | 'other';

/** What can be tried at a place. */
export const HOSTILE: Readonly<Record<Kind, readonly unknown[]>> = {
  text: TEXTS,
  number: NUMBERS,
  time: DATES,
  bytes: BYTES,
  other: [null],
};

type Shape = ServiceModel['operations'] extends ReadonlyMap<string, { readonly input: infer S }> ? S : never;

/** Things that exist in the region under attack, by the name of the member that names them: "VolumeId", "TableName". */
export type Known = Readonly<Record<string, string>>;

export interface Position {
  /** Where a text stands: member names, `[]`, `{key}` and `{}`. */
  readonly path: string;
  readonly kind: Kind;
  /** An input that is plausible but for this one place. */
  with(hostile: unknown): unknown;
}

const DEPTH_MAX = 5;
const AT_MS = Date.UTC(2026, 0, 1, 12);

/** All places of an operation's input that take a scalar, each in an input that has else only what is required. */
export function positionsOf(service: ServiceModel, operation: string, known: Known): Position[] {
  const input = service.operations.get(operation)?.input;
  if (input === undefined) throw new Error(`${service.name} has no operation ${operation}`);
  const { limits, enums } = service.rules();

  const scalar = (shape: Shape, name: string, allowed: Enums | undefined): unknown => {
    if (shape.isBooleanSchema()) return false;
    const limit = limits.get(name);
    if (shape.isNumericSchema()) return Math.max(limit?.least ?? 1, Math.min(1, limit?.most ?? 1));
    if (shape.isTimestampSchema()) return new Date(AT_MS);
    if (shape.isBlobSchema()) return new TextEncoder().encode('{}');
    if (allowed?.values) return [...allowed.values][0];
    return known[name.split('.').at(-1)?.replace(/\W+$/, '') ?? ''] ?? fitting(limit);
  };

  /** A plausible value; at the place of `target` what `hostile` says. */
  const build = (shape: Shape, name: string, allowed: Enums | undefined, path: string, target: Target): unknown => {
    if (path === target.path) return target.hostile;
    if (shape.isUnitSchema()) return {};
    if (shape.isStructSchema()) {
      const structure = structureName(shape);
      const made: Record<string, unknown> = {};
      for (const [member, inner] of shape.structIterator()) {
        const at = path === '' ? member : `${path}.${member}`;
        const wanted =
          target.path === at || (/^[.[{]/.test(target.path.slice(at.length)) && target.path.startsWith(at));
        if (!wanted && !requiredMembers(shape).has(member)) continue;
        if (at.split(/[.[{]/).length > 2 * DEPTH_MAX) continue;
        made[member] = build(inner, `${structure}.${member}`, enums(structure).get(member), at, target);
      }
      return made;
    }
    if (shape.isListSchema())
      return [build(shape.getValueSchema(), `${name}[]`, allowed?.element, `${path}[]`, target)];
    if (shape.isMapSchema()) {
      const key = build(shape.getKeySchema(), `${name}{key}`, allowed?.key, `${path}{key}`, target);
      const value = build(shape.getValueSchema(), `${name}{}`, allowed?.value, `${path}{}`, target);
      return Object.fromEntries([[String(key), value]]);
    }
    return scalar(shape, name, allowed);
  };

  const positions: Position[] = [];
  const visit = (shape: Shape, path: string, within: readonly string[]): void => {
    if (shape.isUnitSchema()) return;
    if (shape.isStructSchema()) {
      const structure = structureName(shape);
      if (within.includes(structure) || within.length >= DEPTH_MAX) return;
      for (const [member, inner] of shape.structIterator())
        visit(inner, path === '' ? member : `${path}.${member}`, [...within, structure]);
    } else if (shape.isListSchema()) visit(shape.getValueSchema(), `${path}[]`, within);
    else if (shape.isMapSchema()) {
      visit(shape.getKeySchema(), `${path}{key}`, within);
      visit(shape.getValueSchema(), `${path}{}`, within);
    } else
      positions.push({
        path,
        kind: kindOf(shape),
        with: (hostile) => build(input, '', undefined, '', { path, hostile }),
      });
  };
  visit(input, '', []);
  // With nothing hostile in it: what is plausible.
  positions.push({
    path: '(nothing)',
    kind: 'other',
    with: () => build(input, '', undefined, '', { path: '(nothing)', hostile: undefined }),
  });
  return positions;
}

/** All places of an input that a service has accepted, with something else there; keys of maps among them. */
export function placesOf(input: object): Position[] {
  const places: Position[] = [];
  const visit = (value: unknown, path: string, put: (hostile: unknown) => unknown): void => {
    if (Array.isArray(value)) {
      for (const [at, item] of value.entries())
        visit(item, `${path}[${at}]`, (hostile) => put(value.with(at, hostile)));
    } else if (typeof value === 'object' && value !== null && !(value instanceof Date) && !ArrayBuffer.isView(value)) {
      for (const [name, item] of Object.entries(value)) {
        const others = Object.entries(value).filter(([other]) => other !== name);
        const at = path === '' ? name : `${path}.${name}`;
        visit(item, at, (hostile) => put(Object.fromEntries([...others, [name, hostile]])));
        const renamed = (hostile: unknown): unknown => put(Object.fromEntries([...others, [String(hostile), item]]));
        places.push({ path: `${at}{key}`, kind: 'text', with: renamed });
      }
    } else places.push({ path, kind: kindOfValue(value), with: put });
  };
  visit(input, '', (hostile) => hostile);
  return places;
}

function kindOfValue(value: unknown): Kind {
  if (typeof value === 'string') return 'text';
  if (typeof value === 'number') return 'number';
  if (value instanceof Date) return 'time';
  return ArrayBuffer.isView(value) ? 'bytes' : 'other';
}

interface Target {
  readonly path: string;
  readonly hostile: unknown;
}

function kindOf(shape: Shape): Kind {
  if (shape.isStringSchema()) return 'text';
  if (shape.isNumericSchema()) return 'number';
  if (shape.isTimestampSchema()) return 'time';
  return shape.isBlobSchema() ? 'bytes' : 'other';
}

const structureName = (shape: Shape): string => String((shape.getSchema() as unknown as readonly unknown[])[2]);

function requiredMembers(shape: Shape): ReadonlySet<string> {
  const schema = shape.getSchema() as unknown as readonly unknown[];
  return new Set((schema[4] as string[]).slice(0, (schema[6] as number | undefined) ?? 0));
}

const CANDIDATES = [
  'chainmend',
  'aaaaaaaaaaaaaaaaaaaaaaaa',
  'a',
  '1',
  '/a/',
  '12:00',
  '111122223333',
  'i-0123456789abcdef0',
  'subnet-0123456789abcdef0',
  'ami-0123456789abcdef0',
  'policy-0123456789abcdef0',
  'o-0123456789',
  'lambda:InvokeFunction',
  'arn:aws:iam::111122223333:role/chainmend',
  'arn:aws:sqs:eu-west-1:111122223333:chainmend',
  'arn:aws:lambda:eu-west-1:111122223333:function:f:1/durable-execution/n/u',
  'arn:aws:kms:eu-west-1:111122223333:key/0',
  '11111111-2222-3333-4444-555555555555',
  'cron(0 12 * * ? *)',
  '{"source":["a"]}',
];

function fitting(limit: Limit | undefined): string {
  if (limit === undefined) return 'chainmend';
  const pattern = limit.pattern === undefined ? undefined : javaPattern(limit.pattern);
  return (
    CANDIDATES.find(
      (text) =>
        text.length >= (limit.least ?? 0) &&
        text.length <= (limit.most ?? Number.POSITIVE_INFINITY) &&
        (pattern?.test(text) ?? true),
    ) ?? 'a'.repeat(limit.least ?? 1)
  );
}
