// Applies a change batch of Route 53, as a pure function: the zone's new records, or all faults of the batch. Sources: doc comment of
// ChangeResourceRecordSetsCommand in @aws-sdk/client-route-53; "Quotas" (Route 53 developer guide).
import { inOrder, isWithin, NameProblem, sortKey, storedName } from './names.ts';
import { comparable, SINGLE_VALUE, valueProblem } from './values.ts';

export interface RecordSet {
  /** Stored form: lower case, escaped, with its trailing dot. */
  readonly name: string;
  readonly type: string;
  readonly ttlSeconds: number;
  /** As the creator wrote them. */
  readonly values: readonly string[];
}

export interface Change {
  readonly action: 'CREATE' | 'DELETE' | 'UPSERT';
  /** As the caller wrote it. */
  readonly name: string;
  readonly type: string;
  readonly ttlSeconds: number;
  readonly values: readonly string[];
}

/** Record sets by `recordKey`. */
export type Records = ReadonlyMap<string, RecordSet>;

export type BatchResult =
  /** The new record set of each touched key; undefined if it was deleted. */
  | { readonly touched: ReadonlyMap<string, RecordSet | undefined> }
  /** Messages, one for each fault; nothing is changed. */
  | { readonly refused: readonly string[] };

// "Quotas": ResourceRecord elements and characters of all Value elements in a request; "When the value of the Action element is
// UPSERT, each … is counted twice". Records in a record set: 400. Records in a hosted zone: 10,000.
const RECORDS_MAX = 1_000;
const CHARACTERS_MAX = 32_000;
const VALUES_MAX = 400;
const RECORD_SETS_MAX = 10_000;

/** A key that sorts as ListResourceRecordSets lists: by reversed labels, then by type. */
export const recordKey = (name: string, type: string): string => `${sortKey(name)}\0${type}`;

export function applyBatch(zone: string, records: Records, changes: readonly Change[]): BatchResult {
  const tooMuch = beyondLimits(changes);
  if (tooMuch.length > 0) return { refused: tooMuch };
  const after = new Map(records);
  const done = new Map<string, Change['action'][]>();
  const refused: string[] = [];
  for (const change of changes) {
    const set = readable(change, zone);
    if (typeof set === 'string') {
      refused.push(set);
      continue;
    }
    const problems = setProblems(change, set);
    const key = recordKey(set.name, set.type);
    const before = done.get(key) ?? [];
    done.set(key, [...before, change.action]);
    // Deleting twice is refused in the SDK's words; users report that other repetitions are refused, too. DELETE, then CREATE replaces.
    if (before.length > 1 || (before.length === 1 && !(before[0] === 'DELETE' && change.action !== 'DELETE'))) {
      problems.push(
        `The request contains an invalid set of changes for a resource record set '${set.type} ${set.name}'`,
      );
    } else problems.push(...perform(change, set, after.get(key)));
    refused.push(...problems);
    if (problems.length > 0) continue;
    if (change.action === 'DELETE') after.delete(key);
    else after.set(key, set);
  }
  if (refused.length === 0) refused.push(...zoneProblems(zone, after, [...done.keys()]));
  if (refused.length > 0) return { refused };
  return { touched: new Map([...done.keys()].map((key) => [key, after.get(key)])) };
}

function beyondLimits(changes: readonly Change[]): string[] {
  const counted = (count: (change: Change) => number): number =>
    changes.reduce((sum, change) => sum + count(change) * (change.action === 'UPSERT' ? 2 : 1), 0);
  const problems: string[] = [];
  if (counted(({ values }) => values.length) > RECORDS_MAX) {
    problems.push(`Number of records limit of ${RECORDS_MAX} exceeded.`);
  }
  if (counted(({ values }) => values.join('').length) > CHARACTERS_MAX) {
    problems.push(`Number of characters limit of ${CHARACTERS_MAX} exceeded.`);
  }
  return problems;
}

/** The record set of a change, or why its name cannot be in this zone. */
function readable({ name, type, ttlSeconds, values }: Change, zone: string): RecordSet | string {
  try {
    const stored = storedName(name);
    if (!isWithin(stored, zone)) return `RRSet with DNS name ${stored} is not permitted in zone ${zone}`;
    return { name: stored, type, ttlSeconds, values };
  } catch (error) {
    if (error instanceof NameProblem) return error.message;
    throw error;
  }
}

function setProblems({ action }: Change, { name, type, values }: RecordSet): string[] {
  if (action === 'DELETE') return []; // it must match the existing record set, which was valid
  const problems = values.flatMap((value) => valueProblem(type, value) ?? []);
  const repeated = values.filter((value, index) => values.indexOf(value) !== index);
  problems.push(...[...new Set(repeated)].map((value) => `Duplicate Resource Record: '${value}'`));
  if (values.length > VALUES_MAX) problems.push(`Number of records in a record set limit of ${VALUES_MAX} exceeded.`);
  if (SINGLE_VALUE.has(type) && values.length > 1) {
    problems.push(`RRSet of type ${type} with DNS name ${name} must have exactly one record.`);
  }
  // "You can't use the * wildcard for resource records sets that have a type of NS." (SDK)
  if (type === 'NS' && name.startsWith('\\052.'))
    problems.push(`RRSet of type NS with DNS name ${name} is not permitted.`);
  return problems;
}

function perform({ action }: Change, set: RecordSet, present: RecordSet | undefined): string[] {
  const named = `resource record set [name='${set.name}', type='${set.type}']`;
  if (action === 'CREATE') return present ? [`Tried to create ${named} but it already exists`] : [];
  if (action === 'UPSERT') return [];
  if (present === undefined) return [`Tried to delete ${named} but it was not found`];
  return same(set, present) ? [] : [`Tried to delete ${named} but the values provided do not match the current values`];
}

function same(a: RecordSet, b: RecordSet): boolean {
  const values = ({ type, values }: RecordSet): string =>
    JSON.stringify(values.map((value) => comparable(type, value)).sort());
  return a.ttlSeconds === b.ttlSeconds && values(a) === values(b);
}

/** Faults of the zone after the batch. */
function zoneProblems(zone: string, after: Records, touched: readonly string[]): string[] {
  const problems: string[] = [];
  if (!after.has(recordKey(zone, 'SOA'))) problems.push('A HostedZone must contain exactly one SOA record.');
  if (!after.has(recordKey(zone, 'NS'))) {
    problems.push('A HostedZone must contain at least one NS record for the zone itself.');
  }
  if (after.size > RECORD_SETS_MAX)
    problems.push(`Number of records in zone ${zone} limit of ${RECORD_SETS_MAX} exceeded.`);
  const sets = touched.flatMap((key) => after.get(key) ?? []);
  for (const { name, type } of sets.toSorted((a, b) => inOrder(a.name, b.name))) {
    if (type === 'CNAME' && name === zone) {
      problems.push(`RRSet of type CNAME with DNS name ${name} is not permitted at apex in zone ${zone}`);
    } else if (type === 'CNAME' ? hasOtherThanCname(name, after) : after.has(recordKey(name, 'CNAME'))) {
      problems.push(
        `RRSet of type ${type} with DNS name ${name} is not permitted as it conflicts with other records with the same DNS name in zone ${zone}`,
      );
    }
  }
  return problems;
}

const OTHER_TYPES = ['A', 'AAAA', 'MX', 'NS', 'PTR', 'SOA', 'SPF', 'SRV', 'TXT'];
const hasOtherThanCname = (name: string, records: Records): boolean =>
  OTHER_TYPES.some((type) => records.has(recordKey(name, type)));
