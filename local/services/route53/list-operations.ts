// The list operations of Route 53: each begins at a name or a marker, has no filter, and returns where the next page begins. Sources: doc comments of
// ListResourceRecordSetsCommand, ListHostedZonesByNameCommand and ListHostedZonesCommand in @aws-sdk/client-route-53.
import type {
  HostedZone,
  ListHostedZonesByNameRequest,
  ListHostedZonesByNameResponse,
  ListHostedZonesRequest,
  ListHostedZonesResponse,
  ListResourceRecordSetsRequest,
  ListResourceRecordSetsResponse,
  ResourceRecordSet,
  RRType,
} from '@aws-sdk/client-route-53';
import { AwsError, notEmulated } from '../../simulator/service.ts';
import { type RecordSet, recordKey } from './batch.ts';
import { inOrder, NameProblem, sortKey, storedName } from './names.ts';
import type { Zone, Zones } from './zones.ts';

/** "returns up to 300 resource record sets at a time"; "Route 53 returns up to 100 items in each response". */
const RECORDS_PAGE = 300;
const ZONES_PAGE = 100;

export function listRecords(zones: Zones, input: ListResourceRecordSetsRequest): ListResourceRecordSetsResponse {
  const zone = zones.find(input.HostedZoneId);
  const { StartRecordName: name, StartRecordType: type, StartRecordIdentifier: identifier } = input;
  if (identifier !== undefined)
    throw notEmulated('StartRecordIdentifier: records of a routing policy other than simple');
  // "If you specify Type but not Name: Amazon Route 53 returns the InvalidInput error."
  if (type !== undefined && name === undefined) throw invalidInput('The input is not valid: type without name');
  const keys = zones.orderedKeys(zone);
  const start = name === undefined ? '' : recordKey(validName(name), type ?? '');
  const from = keys.findIndex((key) => key >= start);
  const MaxItems = pageSize(input.MaxItems, RECORDS_PAGE);
  const rest = from === -1 ? [] : keys.slice(from, from + MaxItems + 1).flatMap((key) => zone.records.get(key) ?? []);
  const next = rest[MaxItems];
  return {
    ResourceRecordSets: rest.slice(0, MaxItems).map(describeRecord),
    IsTruncated: next !== undefined,
    ...(next && { NextRecordName: next.name, NextRecordType: next.type as RRType }),
    MaxItems,
  };
}

/** Begins at `DNSName`, which need not exist: a caller that looks for one zone must compare the first result with it. */
export function listZonesByName(zones: Zones, input: ListHostedZonesByNameRequest): ListHostedZonesByNameResponse {
  const { DNSName, HostedZoneId } = input;
  if (HostedZoneId !== undefined && DNSName === undefined) {
    throw invalidInput('The input is not valid: hostedzoneid without dnsname');
  }
  const name = DNSName === undefined ? '' : sortKey(validName(DNSName));
  const id = bareId(HostedZoneId ?? '');
  const isReached = (zone: Zone): boolean => (inOrder(sortKey(zone.name), name) || inOrder(zone.id, id)) >= 0;
  const MaxItems = pageSize(input.MaxItems, ZONES_PAGE);
  const rest = zones.all().filter(isReached);
  const next = rest[MaxItems];
  return {
    HostedZones: rest.slice(0, MaxItems).map(describeZone),
    ...(DNSName !== undefined && { DNSName }),
    ...(HostedZoneId !== undefined && { HostedZoneId }),
    IsTruncated: next !== undefined,
    ...(next && { NextDNSName: next.name, NextHostedZoneId: next.id }),
    MaxItems,
  };
}

/** In the order of ids; AWS does not document an order. */
export function listZones(zones: Zones, input: ListHostedZonesRequest): ListHostedZonesResponse {
  const { Marker, DelegationSetId, HostedZoneType } = input;
  if (DelegationSetId !== undefined) throw notEmulated('reusable delegation sets of Route 53');
  const MaxItems = pageSize(input.MaxItems, ZONES_PAGE);
  const rest = zones
    .all()
    .filter(({ id, vpc }) => id >= bareId(Marker ?? '') && (HostedZoneType === undefined || vpc !== undefined))
    .sort((a, b) => inOrder(a.id, b.id));
  const next = rest[MaxItems];
  return {
    HostedZones: rest.slice(0, MaxItems).map(describeZone),
    Marker: Marker ?? '',
    IsTruncated: next !== undefined,
    ...(next && { NextMarker: next.id }),
    MaxItems,
  };
}

export const describeZone = ({ id, name, callerReference, comment, vpc, records }: Zone): HostedZone => ({
  Id: `/hostedzone/${id}`,
  Name: name,
  CallerReference: callerReference,
  Config: { ...(comment !== undefined && { Comment: comment }), PrivateZone: vpc !== undefined },
  ResourceRecordSetCount: records.size,
});

const describeRecord = ({ name, type, ttlSeconds, values }: RecordSet): ResourceRecordSet => ({
  Name: name,
  Type: type as RRType,
  TTL: ttlSeconds,
  ResourceRecords: values.map((Value) => ({ Value })),
});

export const invalidInput = (message: string): AwsError => new AwsError('InvalidInput', message);

const bareId = (id: string): string => id.replace(/^\/?hostedzone\//, '');

function validName(given: string): string {
  try {
    return storedName(given);
  } catch (error) {
    if (error instanceof NameProblem) throw invalidInput(error.message);
    throw error;
  }
}

/** A size above the page limit is reduced to it. */
function pageSize(asked: number | undefined, most: number): number {
  if (asked === undefined) return most;
  if (!Number.isInteger(asked) || asked < 1)
    throw invalidInput(`MaxItems: expected a whole number above 0, found ${asked}`);
  return Math.min(asked, most);
}
