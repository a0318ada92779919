// Reads requests of the query protocols (Action=…&Filter.1.Name=…): SDK clients only write these.
import type { NormalizedSchema } from '@smithy/core/schema';
import { setOwnValue } from '../own-properties.ts';
import { readScalar } from './body.ts';

export type QueryDialect = 'ec2' | 'aws';

/** The input of an operation from the form's parameters. Unknown parameters are ignored, as on AWS for most of them. */
export function readQueryInput(shape: NormalizedSchema, form: URLSearchParams, dialect: QueryDialect): object {
  if (shape.isUnitSchema()) return {};
  return read(shape, nest(form), dialect) as object;
}

/** Values by dotted name: `Filter.1.Value.2` becomes a path of four nodes. */
interface Node {
  value?: string;
  readonly children: Map<string, Node>;
}

const DEPTH_MAX = 32;

function nest(form: URLSearchParams): Node {
  const root: Node = { children: new Map() };
  for (const [name, value] of form) {
    const steps = name.split('.');
    if (steps.length > DEPTH_MAX) continue;
    let node = root;
    for (const step of steps) {
      const next: Node = node.children.get(step) ?? { children: new Map() };
      node.children.set(step, next);
      node = next;
    }
    node.value = value;
  }
  return root;
}

function read(shape: NormalizedSchema, node: Node, dialect: QueryDialect): unknown {
  if (shape.isStructSchema()) return readStructure(shape, node, dialect);
  if (shape.isListSchema()) return readList(shape, node, dialect);
  if (shape.isMapSchema()) return readMap(shape, node, dialect);
  if (node.value === undefined) return undefined;
  return readScalar(shape, node.value);
}

function readStructure(shape: NormalizedSchema, node: Node, dialect: QueryDialect): object {
  const structure: Record<string, unknown> = {};
  for (const [name, member] of shape.structIterator()) {
    const child = node.children.get(memberKey(name, member, dialect));
    const value = child && read(member, child, dialect);
    if (value !== undefined) structure[name] = value;
  }
  return structure;
}

/** Smithy, "AWS EC2 query protocol", Query key resolution: ec2QueryName, else the capitalized xmlName, else the capitalized name. */
function memberKey(name: string, member: NormalizedSchema, dialect: QueryDialect): string {
  const traits = member.getMergedTraits();
  if (dialect === 'ec2' && traits.ec2QueryName) return String(traits.ec2QueryName);
  const key = traits.xmlName ?? name;
  return dialect === 'ec2' ? key.charAt(0).toUpperCase() + key.slice(1) : key;
}

function readList(shape: NormalizedSchema, node: Node, dialect: QueryDialect): unknown[] {
  const item = shape.getValueSchema();
  const flat = dialect === 'ec2' || shape.getMergedTraits().xmlFlattened;
  const items = flat ? node : node.children.get(item.getMergedTraits().xmlName ?? 'member');
  return items ? numbered(items).map((child) => read(item, child, dialect)) : [];
}

function readMap(shape: NormalizedSchema, node: Node, dialect: QueryDialect): object {
  const value = shape.getValueSchema();
  const keyName = shape.getKeySchema().getMergedTraits().xmlName ?? 'key';
  const valueName = value.getMergedTraits().xmlName ?? 'value';
  const entries = shape.getMergedTraits().xmlFlattened ? node : node.children.get('entry');
  const map: Record<string, unknown> = {};
  for (const entry of entries ? numbered(entries) : []) {
    const key = entry.children.get(keyName)?.value;
    const child = entry.children.get(valueName);
    if (key !== undefined && child !== undefined) setOwnValue(map, key, read(value, child, dialect));
  }
  return map;
}

const numbered = (node: Node): Node[] =>
  [...node.children]
    .filter(([step]) => /^\d+$/.test(step))
    .sort(([a], [b]) => Number(a) - Number(b))
    .map(([, child]) => child);
