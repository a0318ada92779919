// Route 53: hosted zones, their records, and the change batches that make them. Sources: the doc comments of @aws-sdk/client-route-53 and the Route
// 53 developer guide. Only simple records: weights, health checks, aliases and the like are refused.
import type {
  ChangeInfo,
  ChangeResourceRecordSetsRequest,
  ChangeTagsForResourceRequest,
  CreateHostedZoneRequest,
  GetChangeRequest,
  GetHostedZoneRequest,
  ListTagsForResourceRequest,
  ResourceRecordSet,
  Change as SdkChange,
} from '@aws-sdk/client-route-53';
import type { Kernel } from '../../simulator/kernel.ts';
import { AwsError, notEmulated, type Operation, type Service } from '../../simulator/service.ts';
import { VPC_ID } from '../ec2/service.ts';
import type { Change, RecordSet } from './batch.ts';
import { answer } from './dns.ts';
import { describeZone, invalidInput, listRecords, listZones, listZonesByName } from './list-operations.ts';
import { NameProblem, storedName } from './names.ts';
import { type SubmittedChange, type Zone, Zones } from './zones.ts';

export interface Route53 extends Service {
  /**
   * Records of the zone with this name as the API lists them, with NS and SOA; names without their last dot. Of several zones with one name, the
   * private one. Throws an Error without such a zone.
   */
  records(zoneName: string): readonly RecordSet[];
  /** The present DNS answer in a VPC, by default that of the region's instances: without changes that are still PENDING. */
  resolve(name: string, type: string, vpcId?: string): readonly string[];
  /** Makes a zone whose own records are in DNS immediately; returns its id. Public without `vpcId`. */
  addZone(zone: { readonly name: string; readonly private: boolean; readonly vpcId?: string }): string;
}

/** RFC 2181, section 8. */
const TTL_SECONDS_MAX = 2 ** 31 - 1;
/** "You can add a maximum of 10 tags to a health check or a hosted zone." (SDK) */
const TAGS_MAX = 10;
const ROUTING = [
  'SetIdentifier',
  'Weight',
  'Region',
  'GeoLocation',
  'Failover',
  'MultiValueAnswer',
  'AliasTarget',
  'HealthCheckId',
  'TrafficPolicyInstanceId',
  'CidrRoutingConfig',
  'GeoProximityLocation',
] as const;

export function createRoute53(kernel: Kernel): Route53 {
  const zones = new Zones(kernel);

  const info = ({ id, submittedAtMs, inSyncAtMs, comment }: SubmittedChange): ChangeInfo => ({
    Id: `/change/${id}`,
    Status: kernel.clock.now() < inSyncAtMs ? 'PENDING' : 'INSYNC',
    SubmittedAt: new Date(submittedAtMs),
    ...(comment !== undefined && { Comment: comment }),
  });

  const operations: Record<string, Operation> = {
    CreateHostedZone: (input: CreateHostedZoneRequest) => {
      const { zone, change } = zones.create(newZone(input, kernel));
      return {
        HostedZone: describeZone(zone),
        ChangeInfo: info(change),
        DelegationSet: { NameServers: [...zone.nameServers] },
        ...(zone.vpc && { VPC: zone.vpc }),
        Location: `https://route53.amazonaws.com/2013-04-01/hostedzone/${zone.id}`,
      };
    },
    GetHostedZone: (input: GetHostedZoneRequest) => {
      const zone = zones.find(input.Id);
      return {
        HostedZone: describeZone(zone),
        ...(zone.vpc ? { VPCs: [zone.vpc] } : { DelegationSet: { NameServers: [...zone.nameServers] } }),
      };
    },
    ListHostedZones: (input) => listZones(zones, input),
    ListHostedZonesByName: (input) => listZonesByName(zones, input),
    ListResourceRecordSets: (input) => listRecords(zones, input),
    ChangeResourceRecordSets: (input: ChangeResourceRecordSetsRequest) => {
      const zone = zones.find(input.HostedZoneId);
      const changes = input.ChangeBatch?.Changes ?? [];
      if (changes.length === 0) throw invalidInput('Invalid request: Expected at least one Change in the ChangeBatch');
      return { ChangeInfo: info(zones.change(zone, changes.map(simpleChange), input.ChangeBatch?.Comment)) };
    },
    GetChange: (input: GetChangeRequest) => {
      const id = (input.Id ?? '').replace(/^\/?change\//, '');
      const change = zones.submitted(id);
      if (change) return { ChangeInfo: info(change) };
      throw new AwsError('NoSuchChange', `Could not find resource with ID: ${id}`, { statusCode: 404 });
    },
    ListTagsForResource: (input: ListTagsForResourceRequest) => {
      const { id, tags } = tagged(zones, input);
      const Tags = [...tags].map(([Key, Value]) => ({ Key, Value }));
      return { ResourceTagSet: { ResourceType: 'hostedzone', ResourceId: id, Tags } };
    },
    ChangeTagsForResource: (input: ChangeTagsForResourceRequest) => {
      const { tags } = tagged(zones, input);
      const added = (input.AddTags ?? []).map(({ Key = '', Value = '' }): [string, string] => [Key, Value]);
      const removed = new Set(input.RemoveTagKeys ?? []);
      const after = new Map([...tags, ...added].filter(([key]) => !removed.has(key)));
      if (after.size > TAGS_MAX) throw invalidInput(`A hosted zone has at most ${TAGS_MAX} tags`);
      tags.clear();
      for (const [key, value] of after) tags.set(key, value);
      return {};
    },
  };

  const zoneNamed = (name: string): Zone => {
    const named = zones.all().filter((zone) => zone.name === storedName(name));
    const zone = named.find(({ vpc }) => vpc !== undefined) ?? named[0];
    if (zone) return zone;
    throw new Error(`route53: there is no hosted zone ${name}`);
  };

  return {
    name: 'route53',
    operations,
    records: (zoneName) => {
      const zone = zoneNamed(zoneName);
      const sets = zones.orderedKeys(zone).flatMap((key) => zone.records.get(key) ?? []);
      return sets.map((set) => ({ ...set, name: set.name.slice(0, -1) }));
    },
    resolve: (name, type, vpcId = VPC_ID) => {
      const served = zones.all().map((zone) => ({ zone, served: zones.served(zone) }));
      return answer(served, vpcId, name, type);
    },
    addZone: ({ name, private: isPrivate, vpcId = VPC_ID }) => {
      const vpc = isPrivate ? { VPCId: vpcId, VPCRegion: kernel.regionName } : undefined;
      const callerReference = `world/${zones.all().length}`;
      const { zone } = zones.create({ name: storedName(name), callerReference, comment: undefined, vpc });
      for (const [key, set] of zone.records) zone.served.set(key, set);
      return zone.id;
    },
  };
}

function newZone(input: CreateHostedZoneRequest, { regionName }: Kernel): Parameters<Zones['create']>[0] {
  const { VPC, HostedZoneConfig: config, DelegationSetId, Name = '', CallerReference: callerReference = '' } = input;
  if (DelegationSetId !== undefined) throw notEmulated('reusable delegation sets of Route 53');
  if (config?.PrivateZone === true && VPC === undefined) throw invalidInput('A private hosted zone needs a VPC');
  if (config?.PrivateZone === false && VPC !== undefined) throw invalidInput('A public hosted zone has no VPC');
  return { name: zoneName(Name), callerReference, comment: config?.Comment, vpc: VPC && checkedVpc(VPC, regionName) };
}

function zoneName(given: string): string {
  try {
    return storedName(given);
  } catch (error) {
    if (error instanceof NameProblem) throw new AwsError('InvalidDomainName', error.message);
    throw error;
  }
}

/** "If you are associating a VPC with a hosted zone with this request, the paramaters VPCId and VPCRegion are also required." (SDK) */
function checkedVpc({ VPCId = '', VPCRegion }: NonNullable<CreateHostedZoneRequest['VPC']>, regionName: string) {
  if (!/^vpc-[0-9a-f]{1,17}$/.test(VPCId)) throw new AwsError('InvalidVPCId', `The VPC ID is invalid: ${VPCId}`);
  if (VPCRegion === undefined) throw invalidInput('VPCRegion is required together with VPCId');
  if (VPCRegion !== regionName) throw notEmulated(`VPCs of ${VPCRegion}; it is ${regionName}`);
  return { VPCId, VPCRegion };
}

function simpleChange({ Action = 'UPSERT', ResourceRecordSet: set = {} as ResourceRecordSet }: SdkChange): Change {
  const { Name = '', Type = 'A', TTL, ResourceRecords: records = [] } = set;
  const where = `Change with [Action=${Action}, Name=${Name}, Type=${Type}, SetIdentifier=${set.SetIdentifier ?? 'null'}]`;
  const routing = ROUTING.find((member) => set[member] !== undefined);
  if (routing !== undefined) throw notEmulated(`${routing} of a Route 53 record, in ${where}`);
  if (TTL === undefined || records.length === 0) {
    const expected =
      'Expected exactly one of [AliasTarget, all of [TTL, and ResourceRecords], or TrafficPolicyInstanceId]';
    throw invalidInput(`Invalid request: ${expected}, but found none in ${where}`);
  }
  if (!Number.isInteger(TTL) || TTL < 0 || TTL > TTL_SECONDS_MAX) {
    throw invalidInput(`Invalid request: expected a TTL of 0 to ${TTL_SECONDS_MAX}, found ${TTL} in ${where}`);
  }
  const values = records.map(({ Value = '' }) => Value);
  return { action: Action, name: Name, type: Type, ttlSeconds: TTL, values };
}

function tagged(zones: Zones, { ResourceType, ResourceId }: ListTagsForResourceRequest): Zone {
  if (ResourceType !== 'hostedzone') throw notEmulated('health checks of Route 53');
  return zones.find(ResourceId);
}
