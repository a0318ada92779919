// What a DNS record is here, and how ours are told from everybody else's: by a TXT record beside each. Pure.
import { MAX_NAME_CHARACTERS, markerName } from '../../shared/fleet/naming.ts';

/** One record set of a zone, whole. Names are in lower case, without a last dot. */
export interface RecordSet {
  readonly name: string;
  readonly type: string;
  readonly ttlSeconds: number;
  readonly values: readonly string[];
}

/** A record set as it stands in a zone. */
export interface ZoneRecord extends RecordSet {
  /** false: an alias, or one of several under a routing policy. Nobody but a person made such a thing. */
  readonly plain: boolean;
}

/** A zone's records by `recordKey`. */
export type Zone = ReadonlyMap<string, ZoneRecord>;

export const recordKey = (name: string, type: string): string => `${name} ${type}`;

const MARKER_TTL_SECONDS = 300;

/** Whose a record is. Zones are the same in every region, and a fleet of one name may be in several: each has its own suite. */
export interface Owner {
  readonly fleet: string;
  readonly region: string;
}

/** One form for every kind of record. Quoted, as a TXT value is written. */
const markerValue = ({ fleet, region }: Owner, type: string): string =>
  `"heritage=chainmend,fleet=${fleet},region=${region},type=${type}"`;

export const markerOf = (owner: Owner, { name, type }: Pick<RecordSet, 'name' | 'type'>): RecordSet => ({
  name: markerName(name),
  type: 'TXT',
  ttlSeconds: MARKER_TTL_SECONDS,
  values: [markerValue(owner, type)],
});

/** What a fleet's marker marks: the record's name and type. undefined where a record is no marker of this fleet. */
export function markedBy(owner: Owner, record: ZoneRecord): Pick<RecordSet, 'name' | 'type'> | undefined {
  const [value, another] = record.values;
  if (!record.plain || record.type !== 'TXT' || another !== undefined) return undefined;
  if (!record.name.startsWith(markerName(''))) return undefined;
  const type = ['A', 'SRV'].find((candidate) => value === markerValue(owner, candidate));
  return type === undefined ? undefined : { name: record.name.slice(markerName('').length), type };
}

/** Why a name cannot be ours to write: what stands there that this fleet's marker does not mark. undefined where nothing is in the way. */
export function standsThere(owner: Owner, { name, type }: Pick<RecordSet, 'name' | 'type'>, zone: Zone) {
  const now = zone.get(recordKey(name, type));
  const marker = zone.get(recordKey(markerName(name), 'TXT'));
  const ours = marker !== undefined && markedBy(owner, marker)?.type === type;
  const says = (record: RecordSet): string => record.values.join(', ').slice(0, MAX_NAME_CHARACTERS);
  if (zone.has(recordKey(name, 'CNAME'))) return `${name} is a CNAME that chainmend did not make`;
  if (marker && !ours) return `${markerName(name)} says ${says(marker)}`;
  if (now && !ours) return `it is ${says(now)} and not marked as chainmend’s`;
  if (now && !now.plain) return 'it is an alias or has a routing policy';
  return undefined;
}

/** Whether two records answer the same: values in whatever order, TTL included. */
export function sameAnswers(a: RecordSet, b: RecordSet): boolean {
  return a.ttlSeconds === b.ttlSeconds && canonicalValues(a) === canonicalValues(b);
}

const canonicalValues = ({ type, values }: RecordSet): string =>
  JSON.stringify(values.map((value) => (type === 'SRV' ? canonicalSrv(value) : value)).sort());

/** Names in an SRV value may be written with a last dot and in any case. */
export const canonicalSrv = (value: string): string =>
  value.trim().replace(/\s+/g, ' ').replace(/\.$/, '').toLowerCase();

export const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
