// Which records of a fleet's zone a person may hand over to register-nodes, what it would make of each, and why the others cannot be handed over.
// Pure: the same zone and nodes give the same answer.
import {
  type DesiredNames,
  desiredNames,
  difference,
  type NameFacts,
  planNames,
  type RecordSetChange,
  recordSetOf,
  shortList,
} from '../../../functions/register-nodes/records.ts';
import {
  canonicalSrv,
  compareText,
  foreignRecordFault,
  isAdoptable,
  markedBy,
  markerOf,
  type Owner,
  type RecordSet,
  recordKey,
  sameAnswers,
  type Zone,
  type ZoneRecord,
} from '../../../functions/register-nodes/zone.ts';
import { markerName } from '../../../shared/fleet/resource-names.ts';

export interface AdoptionFacts {
  /** What register-nodes would see in its next run. */
  readonly names: NameFacts;
  /** Names of all fleets that have a file; null where a file cannot be read. */
  readonly fleets: ReadonlySet<string> | null;
}

export interface Adoption {
  /** Sorted by name. */
  readonly adoptable: readonly {
    /** The record as it is now. */
    readonly record: RecordSet;
    /** "stays as it is", or what register-nodes makes of it once the marker is there. */
    readonly afterwards: string;
  }[];
  /** One change for each: it is refused unless the record is as shown and has no marker. It changes no answer. */
  readonly changes: readonly RecordSetChange[];
  /** Records that cannot be handed over: "grafana.bitcoin.internal A 10.0.200.7: no node has this name". Sorted. */
  readonly others: readonly string[];
  /** Number of records that carry the fleet's marker already. */
  readonly kept: number;
}

/** The record as it is, deleted and created again with its marker: Route 53 refuses the batch if the record or the marker is different by then. */
export const adoptionOf = (owner: Owner, record: RecordSet): RecordSetChange => ({
  name: record.name,
  remove: [recordSetOf(record)],
  create: [recordSetOf(record), markerOf(owner, record)],
  sentence: `${record.name} ${record.type} is handed over`,
});

export function planAdoption({ names, fleets }: AdoptionFacts): Adoption {
  const { zone, region, fleet } = names;
  const owner = { suite: fleet.suite, fleet: fleet.name, region };
  const adoptableIn = ({ records, untouched }: DesiredNames): readonly ZoneRecord[] =>
    records
      .filter((record) => !untouched.has(record.name) && isAdoptable(record, zone))
      .flatMap((record) => zone.get(recordKey(record.name, record.type)) ?? []);
  const desiredWith = (adopted: readonly RecordSet[]): DesiredNames =>
    desiredNames({ ...names, zone: withMarkers(owner, zone, adopted) });
  // The SRV record leads only to nodes whose own records are the fleet's: what it would be is known when those are handed over.
  const desired = desiredWith(adoptableIn(desiredNames(names)));
  const records = adoptableIn(desired);
  const after = new Map(desiredWith(records).records.map((record) => [recordKey(record.name, record.type), record]));
  return {
    adoptable: records.map((record) => ({
      record,
      afterwards: afterwardsOf(record, after.get(recordKey(record.name, record.type))),
    })),
    changes: records.map((record) => adoptionOf(owner, record)),
    others: othersIn(owner, desired, { zone, fleets }),
    kept: [...zone.values()].flatMap((record) => {
      const of = markedBy(owner, record);
      return of && zone.has(recordKey(of.name, of.type)) ? [of] : [];
    }).length,
  };
}

function withMarkers(owner: Owner, zone: Zone, records: readonly RecordSet[]): Zone {
  const markers = records.map((record) => ({ ...markerOf(owner, record), plain: true }));
  return new Map([...zone, ...markers.map((marker) => [recordKey(marker.name, marker.type), marker] as const)]);
}

export const STAYS = 'stays as it is';

function afterwardsOf(now: RecordSet, then: RecordSet | undefined): string {
  if (!then || sameAnswers(now, then)) return STAYS;
  if (now.values.length === 1 && then.values.length === 1) return `becomes ${then.values[0]}, TTL ${then.ttlSeconds} s`;
  // A last dot and the case of a host are no difference.
  return difference(now.type === 'SRV' ? { ...now, values: now.values.map(canonicalSrv) } : now, then);
}

export const recordText = ({ name, type, ttlSeconds, values }: RecordSet): string =>
  `${name} ${type} ${shortList(values)}, TTL ${ttlSeconds} s`;

/** Records of other types are in nobody's way. */
const TYPES = ['A', 'CNAME', 'SRV'];

function othersIn(
  owner: Owner,
  desired: DesiredNames,
  { zone, fleets }: { readonly zone: Zone; readonly fleets: AdoptionFacts['fleets'] },
): readonly string[] {
  const others = new Map<string, string>();
  const wanted = new Map(desired.records.map((record) => [record.name, record]));
  // What register-nodes refuses and nobody can hand over: it may be a marker with no record beside it.
  const refused = new Set(planNames(owner, desired, zone, fleets).refusals.map(({ subject }) => subject));
  for (const record of wanted.values()) {
    const subject = recordKey(record.name, record.type);
    const stands = foreignRecordFault(owner, record, zone);
    if (stands === undefined || !refused.has(subject) || isAdoptable(record, zone)) continue;
    const now = zone.get(subject);
    others.set(record.name, `${subject}: ${now && !now.plain ? 'it is an alias or has a routing policy' : stands}`);
  }
  for (const record of zone.values()) {
    if (!TYPES.includes(record.type) || wanted.has(record.name) || others.has(record.name)) continue;
    const why = whyNobodys(owner, record, { zone, untouched: desired.untouched });
    if (why !== undefined) others.set(record.name, `${presentText(record)}: ${why}`);
  }
  return [...others.values()].sort(compareText);
}

const presentText = ({ name, type, values, plain }: ZoneRecord): string =>
  `${name} ${type} ${plain ? shortList(values) : '(an alias, or with a routing policy)'}`;

/** undefined: it is the fleet's own. */
function whyNobodys(
  owner: Owner,
  { name, type }: ZoneRecord,
  { zone, untouched }: { readonly zone: Zone; readonly untouched: ReadonlySet<string> },
): string | undefined {
  const marker = zone.get(recordKey(markerName(name), 'TXT'));
  if (marker && markedBy(owner, marker)?.type === type) return undefined;
  if (marker) return `${marker.name} says ${shortList(marker.values)}`;
  // Of a paused node, of two nodes with one name, of a node that EC2 does not list at the moment, or the pool while no node may be put into it.
  if (untouched.has(name)) return 'register-nodes leaves this name alone now: its node is paused, doubled or not found';
  return 'no node of the fleet has this name';
}
