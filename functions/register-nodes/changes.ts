// From the records that there are to the records that there should be: changes that each hold together, and what is refused. Pure.
import { createHash } from 'node:crypto';
import { markerName } from '../../shared/fleet/naming.ts';
import type { SubjectRefusal } from '../../shared/guardrails/names.ts';
import type { DesiredNames, DesiredRecord } from './desired.ts';
import {
  compareText,
  markedBy,
  markerOf,
  type Owner,
  type RecordSet,
  recordKey,
  sameAnswers,
  standsThere,
  type Zone,
  type ZoneRecord,
} from './records.ts';

/**
 * What happens to one name: these record sets go, exactly as they were read, and those come, in one atomic batch. Route 53 refuses the
 * whole if anybody changed one of them in between. It never overwrites.
 */
export interface Change {
  readonly name: string;
  readonly remove: readonly RecordSet[];
  readonly create: readonly RecordSet[];
  /** For a person: "node1.bitcoin.internal A 10.0.0.10 → 10.0.0.11". */
  readonly sentence: string;
}

export interface NamePlan {
  /** Sorted by name. */
  readonly changes: readonly Change[];
  readonly refusals: readonly SubjectRefusal[];
  /** Nodes' names that carry our marker now, but those of nodes that have ended. */
  readonly owned: number;
  /** How many of them would go for good. */
  readonly gone: number;
  /** Names the changes, and nothing but the changes: an approval is bound to it. */
  readonly hash: string;
}

export function planNames(owner: Owner, desired: DesiredNames, zone: Zone): NamePlan {
  const changes: Change[] = [];
  const refusals: SubjectRefusal[] = [...desired.refusals];
  for (const record of desired.records) {
    if (desired.untouched.has(record.name)) continue;
    const result = settle(owner, record, zone);
    if (result && 'refuse' in result) refusals.push(result);
    else if (result) changes.push(result);
  }
  const wanted = new Set([...desired.records.map(({ name }) => name), ...desired.untouched]);
  let owned = 0;
  let gone = 0;
  for (const marker of zone.values()) {
    const marked = markedBy(owner, marker);
    if (!marked) continue;
    const record = zone.get(recordKey(marked.name, marked.type));
    const goes = !wanted.has(marked.name);
    if (goes) changes.push(farewell(marker, record));
    if (!record?.plain || marked.type !== 'A' || desired.shared.has(marked.name) || desired.ended.has(marked.name))
      continue;
    owned++;
    if (goes) gone++;
  }
  changes.sort((a, b) => compareText(a.name, b.name));
  return { changes, refusals, owned, gone, hash: hashOf(changes) };
}

/** Twelve digits: short enough to type, and nobody approves a plan that somebody else has forged. */
export const hashOf = (changes: readonly Change[]): string =>
  createHash('sha256')
    .update(JSON.stringify(changes.map(({ name, remove, create }) => [name, remove.map(listed), create.map(listed)])))
    .digest('hex')
    .slice(0, 12);

const listed = ({ name, type, ttlSeconds, values }: RecordSet) => [name, type, ttlSeconds, ...values];

function settle(owner: Owner, record: DesiredRecord, zone: Zone): Change | SubjectRefusal | undefined {
  const { name, type, node } = record;
  const stands = standsThere(owner, record, zone);
  if (stands !== undefined) {
    const reason = `${name} ${type} should be ${short(record.values)}, but ${stands}: it is left as it is. Delete it, and it is made`;
    return { refuse: 'record-foreign', subject: `${name} ${type}`, ...(node && { node }), reason, page: true };
  }
  const now = zone.get(recordKey(name, type));
  if (now && sameAnswers(now, record)) return undefined;
  const marked = zone.has(recordKey(markerName(name), 'TXT'));
  const create = marked ? [bare(record)] : [bare(record), markerOf(owner, record)];
  const sentence = now
    ? `${name} ${type} ${difference(now, record)}`
    : `${name} ${type} ${short(record.values)} is made`;
  return { name, remove: now ? [bare(now)] : [], create, sentence };
}

/** A marker without its record goes alone; a record that became an alias or got a routing policy is a person's by now. */
function farewell(marker: ZoneRecord, record: ZoneRecord | undefined): Change {
  const remove = [...(record?.plain ? [bare(record)] : []), bare(marker)];
  const name = marker.name.slice(marker.name.indexOf('.') + 1);
  const sentence = record?.plain
    ? `${name} ${record.type} ${short(record.values)} goes: no node has it any more`
    : `the marker of ${name} goes: there is nothing beside it`;
  return { name, remove, create: [], sentence };
}

const bare = ({ name, type, ttlSeconds, values }: RecordSet): RecordSet => ({ name, type, ttlSeconds, values });

const MAX_SHOWN = 4;

function difference(before: RecordSet, after: RecordSet): string {
  if (before.values.length === 1 && after.values.length === 1 && before.values[0] !== after.values[0])
    return `${before.values[0]} → ${after.values[0]}`;
  const gained = after.values.filter((value) => !before.values.includes(value));
  const lost = before.values.filter((value) => !after.values.includes(value));
  const parts = [
    gained.length > 0 ? `gains ${short(gained)}` : '',
    lost.length > 0 ? `loses ${short(lost)}` : '',
    before.ttlSeconds === after.ttlSeconds ? '' : `TTL ${before.ttlSeconds} → ${after.ttlSeconds} s`,
  ].filter((part) => part !== '');
  return `${parts.join(', ') || 'is written anew'} (${after.values.length} in all)`;
}

function short(values: readonly string[]): string {
  const shown = values.slice(0, MAX_SHOWN).join(', ');
  return values.length > MAX_SHOWN ? `${shown} and ${values.length - MAX_SHOWN} more` : shown;
}

/** "1,000 ResourceRecord elements, 32,000 characters of values" a request (Route 53 quotas); with room to spare. */
const BATCH_CHANGES = 100;
const BATCH_VALUES = 900;
const BATCH_CHARACTERS = 30_000;

/** Changes in batches that Route 53 takes; a name's changes are never torn apart. */
export function inBatches(changes: readonly Change[]): readonly (readonly Change[])[] {
  const batches: Change[][] = [];
  let batch: Change[] = [];
  let values = 0;
  let characters = 0;
  for (const change of changes) {
    const all = [...change.remove, ...change.create].flatMap((record) => record.values);
    const length = all.reduce((sum, value) => sum + value.length, 0);
    const full =
      batch.length >= BATCH_CHANGES || values + all.length > BATCH_VALUES || characters + length > BATCH_CHARACTERS;
    if (batch.length > 0 && full) {
      batches.push(batch);
      [batch, values, characters] = [[], 0, 0];
    }
    batch.push(change);
    values += all.length;
    characters += length;
  }
  return batch.length > 0 ? [...batches, batch] : batches;
}
