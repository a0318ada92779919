// What the region asks of the members of requests, beside what botocore's models ask of the same: whether they exist, must be there, and their values. Pure.
import type { NormalizedSchema } from '@smithy/core/schema';
import type { ServiceModel } from '../../../local/simulator/gateway/model.ts';

/** What `models.py` prints of a service. */
export interface ModelLine {
  /** botocore's name. */
  readonly service: string;
  readonly operations: readonly string[];
  /** By "Structure.Member"; with [] an element of a list. */
  readonly members: Readonly<Record<string, Asked>>;
}

interface Asked {
  readonly required?: boolean;
  readonly least?: number;
  readonly most?: number;
  readonly pattern?: string;
  readonly enum?: readonly string[];
}

/** The SDK and botocore name the structure of an input differently. */
const plainName = (member: string): string => member.replace(/^(\w+?)(?:Request|Input)?\./, '$1.');

/** @returns a sentence for each member of ours that botocore's models have otherwise, and how many were compared */
export function compareModel(model: ServiceModel, { service, operations, members }: ModelLine) {
  const theirs = new Map(Object.entries(members).map(([name, asked]) => [plainName(name), asked]));
  const ours = new Map<string, Asked>();
  for (const operation of operations) {
    const input = model.operations.get(operation)?.input;
    if (input !== undefined && !input.isUnitSchema()) read(input, model, ours, new Set());
  }
  const differences = [...ours].flatMap(([name, asked]) => {
    const other = theirs.get(plainName(name));
    const why = other === undefined ? 'botocore has no such member' : difference(asked, other);
    return why === undefined ? [] : [`${service} ${name}: ${why}`];
  });
  return { differences, compared: ours.size };
}

/** Sentences: a difference that nobody has judged, and a judgement without a difference. By "service Structure.Member". */
export function unjudgedMembers(
  differences: readonly string[],
  judged: Readonly<Record<string, string>>,
): readonly string[] {
  const isOf = (sentence: string, name: string): boolean => sentence.startsWith(`${name}: `);
  const names = Object.keys(judged);
  return [
    ...differences.filter((sentence) => !names.some((name) => isOf(sentence, name))),
    ...names
      .filter((name) => !differences.some((sentence) => isOf(sentence, name)))
      .map((name) => `${name} differs no more: take it out of differences.ts`),
  ];
}

function read(shape: NormalizedSchema, model: ServiceModel, found: Map<string, Asked>, seen: Set<unknown>): void {
  if (shape.isListSchema() || shape.isMapSchema()) read(shape.getValueSchema(), model, found, seen);
  if (!shape.isStructSchema()) return;
  // A static schema: [kind, namespace, name, traits, names of members, members, how many of them are required].
  const schema = shape.getSchema() as unknown as readonly unknown[];
  if (seen.has(schema)) return;
  seen.add(schema);
  const { limits, enums } = model.rules();
  const structure = String(schema[2]);
  const required = (schema[4] as readonly string[]).slice(0, (schema[6] as number | undefined) ?? 0);
  const asked = (name: string, values: ReadonlySet<string> | undefined, isRequired: boolean): void => {
    const { least, most, pattern } = limits.get(name) ?? {};
    found.set(name, {
      required: isRequired,
      ...(least !== undefined && { least }),
      ...(most !== undefined && { most }),
      ...(pattern !== undefined && { pattern }),
      ...(values && { enum: [...values] }),
    });
  };
  for (const [name, member] of shape.structIterator()) {
    const known = enums(structure).get(name);
    asked(`${structure}.${name}`, known?.values, required.includes(name));
    if (member.isListSchema()) asked(`${structure}.${name}[]`, known?.element?.values, false);
    read(member, model, found, seen);
  }
}

/** A value that only botocore knows is younger than the SDK's client: the product cannot send it. */
function difference(ours: Asked, theirs: Asked): string | undefined {
  for (const name of ['required', 'least', 'most', 'pattern'] as const)
    if (ours[name] !== theirs[name])
      return `${name} is ${theirs[name] ?? 'not said'}, here ${ours[name] ?? 'not said'}`;
  if ((ours.enum === undefined) !== (theirs.enum === undefined))
    return `only ${ours.enum ? 'the region' : 'botocore'} has an enumeration`;
  const unknown = ours.enum?.filter((value) => theirs.enum?.includes(value) === false) ?? [];
  return unknown.length > 0 ? `botocore does not have ${unknown.join(', ')}` : undefined;
}
