// Finds the request members with enum values, and the filters that AWS documents. The SDK's schemas do not have them; its type declarations, which are in the same package, do.
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

/** The possible values of a member, or of its contents. */
export interface Enums {
  readonly values?: ReadonlySet<string>;
  /** Of the elements of a list. */
  readonly element?: Enums;
  /** Of the keys of a map. */
  readonly key?: Enums;
  /** Of the values of a map. */
  readonly value?: Enums;
}

/** The members of a structure that have enums, by name. */
export type Declarations = (structure: string) => ReadonlyMap<string, Enums>;

type Module = Readonly<Record<string, unknown>>;

const BEGIN = '\nexport interface ';
// The SDK's generator writes one line a member: `    StateValue: StateValue | undefined;`.
const MEMBER = /^ {4}(\w+)\??: (.+?)(?: \| undefined)?;$/gm;

/**
 * The declarations of a client package such as "@aws-sdk/client-cloudwatch", whose exports (`module`) have the values. EC2's are 3 MB, so only
 * requested structures are parsed.
 */
export function readDeclarations(packageName: string, module: Module): Declarations {
  let places: ReadonlyMap<string, TextPosition> | undefined;
  const parsed = new Map<string, ReadonlyMap<string, Enums>>();
  return (structure) => {
    places ??= findStructures(packageName);
    const known = parsed.get(structure) ?? parse(places.get(structure), module);
    parsed.set(structure, known);
    return known;
  };
}

/** Whether the comment on the member `Filters` of an input names a filter: `<li> <p> <code>key-name</code> - The name …`. */
export function documentsFilter(packageName: string, structure: string, filter: string): boolean {
  const place = findStructures(packageName).get(structure);
  if (place === undefined) return false;
  const body = bodyAt(place);
  const comment = body.slice(0, Math.max(0, body.search(/^ {4}Filters\??:/m)));
  const names = comment.slice(comment.lastIndexOf('/**')).matchAll(/<li>[\s*]*<p>[\s*]*<code>([\w.-]+)<\/code>/g);
  return [...names].some(([, name]) => name === filter);
}

interface TextPosition {
  readonly text: string;
  readonly from: number;
}

function findStructures(packageName: string): Map<string, TextPosition> {
  const folder = join(createRequire(import.meta.url).resolve(packageName), '../../dist-types/models');
  const places = new Map<string, TextPosition>();
  for (const file of readdirSync(folder)) {
    if (!/^models_\d+\.d\.ts$/.test(file)) continue;
    // Names and types are ASCII; comments may not be, but are not read.
    const text = readFileSync(join(folder, file), 'latin1');
    for (let at = text.indexOf(BEGIN); at !== -1; at = text.indexOf(BEGIN, at + 1)) {
      const from = at + BEGIN.length;
      places.set(text.slice(from, text.indexOf(' ', from)), { text, from });
    }
  }
  return places;
}

const bodyAt = ({ text, from }: TextPosition): string => text.slice(from, text.indexOf('\n}\n', from));

function parse(place: TextPosition | undefined, module: Module): ReadonlyMap<string, Enums> {
  const members = new Map<string, Enums>();
  if (place === undefined) return members;
  const body = bodyAt(place);
  for (const [, member = '', type = ''] of body.matchAll(MEMBER)) {
    const enums = enumsOf(type, module);
    if (enums !== undefined) members.set(member, enums);
  }
  return members;
}

/** `AlarmType[]`, `Partial<Record<QueueAttributeName, string>>`, `StateValue`. */
function enumsOf(type: string, module: Module): Enums | undefined {
  const [, element] = /^(.+)\[\]$/.exec(type) ?? [];
  if (element !== undefined) {
    const inner = enumsOf(element, module);
    return inner && { element: inner };
  }
  const [, key, value] = /^(?:Partial<)?Record<(\w+), (.+?)>+$/.exec(type) ?? [];
  if (key !== undefined && value !== undefined) {
    const [keys, values] = [enumsOf(key, module), enumsOf(value, module)];
    return keys || values ? { ...(keys && { key: keys }), ...(values && { value: values }) } : undefined;
  }
  const values = Object.hasOwn(module, type) ? valuesOf(module[type]) : undefined;
  return values && { values };
}

/** Enums are exported as records of texts; classes and schemas are exported as well. */
function valuesOf(exported: unknown): ReadonlySet<string> | undefined {
  if (typeof exported !== 'object' || exported === null || Array.isArray(exported)) return undefined;
  const values: unknown[] = Object.values(exported);
  return values.length > 0 && values.every((value) => typeof value === 'string') ? new Set(values) : undefined;
}
