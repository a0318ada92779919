// The fleet's zone in Route 53: which zone it is, what a record is, and which records it holds. A TXT record next to each of ours tells it from
// everybody else's. A zone is read completely or not at all.
import {
  type Change,
  GetHostedZoneCommand,
  ListHostedZonesByNameCommand,
  ListResourceRecordSetsCommand,
  type ListResourceRecordSetsRequest,
  type ResourceRecordSet,
  type Route53Client,
  type RRType,
} from '@aws-sdk/client-route-53';
import { MAX_NAME_CHARACTERS, markerName, plainName } from '../../shared/fleet/resource-names.ts';
import type { SubjectRefusal } from '../../shared/guardrails/names.ts';
import { nameOf } from '../../shared/model/suite.ts';
import { pacer } from '../../shared/reconcile/pace.ts';

/** One record set of a zone, whole. Names are in lower case, without a last dot. */
export interface RecordSet {
  readonly name: string;
  readonly type: string;
  readonly ttlSeconds: number;
  readonly values: readonly string[];
}

/** A record set as it is in a zone. */
export interface ZoneRecord extends RecordSet {
  /** false: an alias, or one of several under a routing policy. Only a person makes such a record. */
  readonly plain: boolean;
}

/** A zone's records by `recordKey`. */
export type Zone = ReadonlyMap<string, ZoneRecord>;

export const recordKey = (name: string, type: string): string => `${name} ${type}`;

const MARKER_TTL_SECONDS = 300;

/** The owner of a record. Zones are the same in every region and for every suite, and a fleet of one name may be in several. */
export interface Owner {
  readonly suite: string;
  readonly fleet: string;
  readonly region: string;
}

/** One form for every type of record. Quoted, as a TXT value is written. */
const markerValue = ({ suite, fleet, region }: Owner, type: string): string =>
  `"${heritageOf(suite)},fleet=${fleet},region=${region},type=${type}"`;

const heritageOf = (suite: string): string => {
  const name = nameOf(suite);
  return `heritage=chainmend${name === undefined ? '' : `,suite=${name}`}`;
};

export const markerOf = (owner: Owner, { name, type }: Pick<RecordSet, 'name' | 'type'>): RecordSet => ({
  name: markerName(name),
  type: 'TXT',
  ttlSeconds: MARKER_TTL_SECONDS,
  values: [markerValue(owner, type)],
});

/** The record that a fleet's marker marks: its name and type. undefined where a record is no marker of this fleet. */
export function markedBy(owner: Owner, record: ZoneRecord): Pick<RecordSet, 'name' | 'type'> | undefined {
  const [value, another] = record.values;
  if (!record.plain || record.type !== 'TXT' || another !== undefined) return undefined;
  if (!record.name.startsWith(markerName(''))) return undefined;
  const type = ['A', 'SRV'].find((candidate) => value === markerValue(owner, candidate));
  return type === undefined ? undefined : { name: record.name.slice(markerName('').length), type };
}

/** The changes of a batch as Route 53 takes them: what is deleted has to be there exactly so, and what is created must not be there. */
export const batchChanges = (
  changes: readonly { readonly remove: readonly RecordSet[]; readonly create: readonly RecordSet[] }[],
): Change[] =>
  changes.flatMap(({ remove, create }): Change[] => [
    ...remove.map((record) => ({ Action: 'DELETE' as const, ResourceRecordSet: wire(record) })),
    ...create.map((record) => ({ Action: 'CREATE' as const, ResourceRecordSet: wire(record) })),
  ]);

const wire = ({ name, type, ttlSeconds, values }: RecordSet): ResourceRecordSet => ({
  Name: `${name}.`,
  Type: type as RRType,
  TTL: ttlSeconds,
  ResourceRecords: values.map((Value) => ({ Value })),
});

const MARKED =
  /^"(heritage=chainmend(?:,suite=[a-z0-9-]{1,20})?),fleet=([a-z][a-z0-9-]{0,31}),region=([a-z0-9-]{1,30}),type=(?:A|SRV)"$/;

/** The fleet of this suite, in this region, that a marker names; undefined for any other record. */
export function fleetMarked(
  { suite, region }: Pick<Owner, 'suite' | 'region'>,
  { values }: ZoneRecord,
): string | undefined {
  const [, heritage, fleet, where] = MARKED.exec(values.length === 1 ? (values[0] ?? '') : '') ?? [];
  return where === region && heritage === heritageOf(suite) ? fleet : undefined;
}

/** Why we may not write a name: a record that this fleet's marker does not mark is there. undefined where nothing is in the way. */
export function foreignRecordFault(owner: Owner, { name, type }: Pick<RecordSet, 'name' | 'type'>, zone: Zone) {
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

/**
 * Whether a person may hand over the record that is in the way of ours: a plain one without any marker (`npm run chainmend -- names adopt`). Nothing else can be:
 * a CNAME, an alias, a record with a routing policy, and one with a marker have another owner.
 */
export function isAdoptable({ name, type }: Pick<RecordSet, 'name' | 'type'>, zone: Zone): boolean {
  const marker = recordKey(markerName(name), 'TXT');
  return zone.get(recordKey(name, type))?.plain === true && !zone.has(recordKey(name, 'CNAME')) && !zone.has(marker);
}

/** Whether two records give the same answer: values in any order, TTL included. */
export function sameAnswers(a: RecordSet, b: RecordSet): boolean {
  return a.ttlSeconds === b.ttlSeconds && canonicalValues(a) === canonicalValues(b);
}

const canonicalValues = ({ type, values }: RecordSet): string =>
  JSON.stringify(values.map((value) => (type === 'SRV' ? canonicalSrv(value) : value)).sort());

/** Names in an SRV value may be written with a last dot and in any case. */
export const canonicalSrv = (value: string): string =>
  value.trim().replace(/\s+/g, ' ').replace(/\.$/, '').toLowerCase();

export const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** "10,000 records in a hosted zone" (Route 53 quotas, raised on request), 300 a page (ListResourceRecordSets). */
const MAX_RECORD_PAGES = 100;
/** "Five requests per second per AWS account" (Route 53 quotas); 5,000 nodes are 34 pages. */
const GAP_MS = 210;
/** Zones of one name: a private one for each group of VPCs. */
const MAX_ZONE_PAGES = 3;
const ZONES_A_PAGE = 100;

/** @param vpcIds of the fleet's nodes */
export async function findZone(
  route53: Route53Client,
  name: string,
  vpcIds: ReadonlySet<string>,
): Promise<{ readonly zoneId: string } | SubjectRefusal> {
  const ids = await privateZones(route53, name);
  const [only, ...others] = ids;
  if (only === undefined) {
    const [vpc = 'vpc-…'] = [...vpcIds].sort();
    const reason =
      `there is no private hosted zone ${name} in this account: aws route53 create-hosted-zone --name ${name} ` +
      `--vpc VPCRegion=${process.env['AWS_REGION'] ?? '…'},VPCId=${vpc} --caller-reference ${name}`;
    return { refuse: 'zone-missing', subject: name, reason, page: true };
  }
  if (others.length === 0) return { zoneId: only };
  const near: string[] = [];
  for (const Id of ids) {
    const { VPCs = [] } = await route53.send(new GetHostedZoneCommand({ Id }));
    if (VPCs.some(({ VPCId }) => VPCId !== undefined && vpcIds.has(VPCId))) near.push(Id);
  }
  const [nearest, another] = near;
  if (nearest !== undefined && another === undefined) return { zoneId: nearest };
  const reason = `the private zones ${ids.join(', ')} are all called ${name}, and ${near.length} of them belong to a VPC of the nodes: one is expected`;
  return { refuse: 'zone-ambiguous', subject: name, reason, page: true };
}

/** The list begins at the name, which need not exist, and continues with others. */
async function privateZones(route53: Route53Client, name: string): Promise<readonly string[]> {
  const ids: string[] = [];
  let from: { readonly DNSName: string; readonly HostedZoneId?: string } = { DNSName: name };
  for (let page = 0; page < MAX_ZONE_PAGES; page++) {
    const read = await route53.send(new ListHostedZonesByNameCommand({ ...from, MaxItems: ZONES_A_PAGE }));
    const { HostedZones = [], IsTruncated, NextDNSName, NextHostedZoneId } = read;
    const same = HostedZones.filter((zone) => plainName(zone.Name ?? '') === name);
    for (const { Id = '', Config } of same) if (Config?.PrivateZone) ids.push(Id.replace(/^.*\//, ''));
    if (!IsTruncated || NextDNSName === undefined || plainName(NextDNSName) !== name) return ids;
    from = { DNSName: NextDNSName, ...(NextHostedZoneId !== undefined && { HostedZoneId: NextHostedZoneId }) };
  }
  throw new Error(
    `more than ${MAX_ZONE_PAGES * ZONES_A_PAGE} zones are called ${name}: half-read selections are refused`,
  );
}

/** @throws when the zone has more pages than `MAX_RECORD_PAGES` */
export async function readZone(route53: Route53Client, HostedZoneId: string): Promise<Zone> {
  const zone = new Map<string, ZoneRecord>();
  const pace = pacer(GAP_MS);
  let from: Omit<ListResourceRecordSetsRequest, 'HostedZoneId'> = {};
  for (let page = 0; page < MAX_RECORD_PAGES; page++) {
    await pace();
    const read = await route53.send(new ListResourceRecordSetsCommand({ HostedZoneId, ...from }));
    for (const set of read.ResourceRecordSets ?? []) {
      const record = recordOf(set);
      const key = recordKey(record.name, record.type);
      zone.set(key, { ...record, plain: record.plain && !zone.has(key) });
    }
    if (!read.IsTruncated || read.NextRecordName === undefined) return zone;
    from = {
      StartRecordName: read.NextRecordName,
      ...(read.NextRecordType !== undefined && { StartRecordType: read.NextRecordType }),
      ...(read.NextRecordIdentifier !== undefined && { StartRecordIdentifier: read.NextRecordIdentifier }),
    };
  }
  throw new Error(`zone ${HostedZoneId} has more than ${MAX_RECORD_PAGES} pages: half-read selections are refused`);
}

function recordOf({ Name = '', Type, TTL, ResourceRecords, SetIdentifier, ...more }: ResourceRecordSet): ZoneRecord {
  return {
    name: plainName(Name),
    type: Type ?? '',
    ttlSeconds: TTL ?? 0,
    values: (ResourceRecords ?? []).map(({ Value = '' }) => Value),
    // Health checks decide whether a record answers. To delete such a record, its check would have to be named, too.
    plain: SetIdentifier === undefined && more.AliasTarget === undefined && more.HealthCheckId === undefined,
  };
}
