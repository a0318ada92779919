// Launches one instance in the place of another, from the launch template of the old one. Sources: doc comments of RunInstancesRequest in
// @aws-sdk/client-ec2; "Ensuring idempotency in Amazon EC2 API requests" (EC2 developer guide).

import {
  DescribeInstancesCommand,
  DescribeLaunchTemplateVersionsCommand,
  DescribeSubnetsCommand,
  type EC2Client,
  type _InstanceType as InstanceType,
  type LaunchTemplateInstanceNetworkInterfaceSpecification,
  type LaunchTemplatePlacement,
  type LaunchTemplateTagSpecification,
  type ResponseLaunchTemplateData,
  RunInstancesCommand,
  type RunInstancesRequest,
  type TagSpecification,
  type VolumeType,
} from '@aws-sdk/client-ec2';
import type { OwnSnapshot } from '../fleet/membership.ts';
import { type UserData, userDataWithOwn } from '../node-commands/user-data.ts';
import { ROOT_DEVICES } from './instances.ts';
import { type Accepted, type AwsRefusal, catchDryRun, catchRefusal } from './refusals.ts';
import { type NewTags, tagsOfNew } from './tagging.ts';

export interface Launch {
  /** By id or by name; in the template's default version unless one is given. */
  readonly launchTemplate: ({ readonly id: string } | { readonly name: string }) & { readonly version?: string };
  readonly subnetId: string;
  /** Of the subnet. */
  readonly availabilityZone: string;
  readonly instanceType: string;
  /** Ours, as text: they take the place of the template's own. */
  readonly userData: string;
  /** The same as a program, where the template's own run after it. */
  readonly maskHook: string;
  /** What becomes of user data that the template has. undefined: nobody has said it, and such a template is refused. */
  readonly ownUserData: 'run' | 'ignore' | undefined;
  /** Added to the template's tags and stronger than them, on the instance and on the volumes that it is launched with. */
  readonly tags: Readonly<Record<string, string>>;
  /** Keys by which its fleet knows it: they go before the other tags, of which EC2 takes so many. */
  readonly firstTags: readonly string[];
  /** The same token never launches a second instance. */
  readonly token: string;
  /** Set for an instance that is to take nobody's place: it is launched with its data, alone, and leaves nothing behind. */
  readonly throwAway?: ThrowAway;
}

export interface ThrowAway {
  /** Instead of the template's groups. */
  readonly securityGroupId: string;
  /** Its data volumes. Of the template's own mappings the root's stays, and all of its volumes end with the instance. */
  readonly volumes: readonly LaunchedVolume[];
}

export interface LaunchedVolume {
  readonly device: string;
  readonly snapshot: OwnSnapshot;
  readonly sizeGiB: number;
  readonly type: string;
  readonly iops: number | null;
  readonly throughputMiBps: number | null;
}

/**
 * Launches one instance and does not wait for it: it is `pending`, then `running`, or `terminated` if the zone had no capacity after all. Its own
 * volumes live as long as the template says. IMDSv2 is required, because accounts may enforce it; other metadata options are the template's.
 *
 * @returns refused with InsufficientInstanceCapacity where the zone reports immediately that it has no capacity
 * @throws errors that leave the effect open, and throttling: repeating the same call is safe
 */
export async function launchReplacement(ec2: EC2Client, launch: Launch): Promise<Launched | AwsRefusal> {
  const asked = await requestOf(ec2, launch);
  if ('refused' in asked) return asked;
  const { request, leftOut } = asked;
  const run = await catchRefusal(async () => {
    const { Instances = [] } = await ec2.send(new RunInstancesCommand({ ...request, ClientToken: launch.token }));
    return launched(Instances[0]?.InstanceId, leftOut);
  });
  if (!('refused' in run) || run.code !== 'IdempotentParameterMismatch') return run;
  // The template's default version has changed since this token was first used: the instance that was launched then is the right one.
  const known = await launchedWith(ec2, launch.token);
  return known === null ? run : { instanceId: known, leftOut };
}

/**
 * Whether EC2 would launch it: "Checks whether you have the required permissions for the operation, without actually making the request" (DryRun).
 * Neither quotas nor capacity are part of that.
 * @param publicAddress the new instance needs a public address from the beginning
 * @throws errors that leave it open whether EC2 would
 */
export async function requestLaunch(
  ec2: EC2Client,
  launch: Omit<Launch, 'token'>,
  { publicAddress = false }: { readonly publicAddress?: boolean } = {},
): Promise<Accepted | AwsRefusal> {
  const asked = await requestOf(ec2, launch);
  if ('refused' in asked) return asked;
  const { request } = asked;
  if (publicAddress && !(await assignsPublicAddress(ec2, request, launch)))
    return {
      refused: `neither it nor ${launch.subnetId} assigns a public address, and the old instance has one`,
      code: TEMPLATE_UNFIT,
    };
  return catchDryRun(() => ec2.send(new RunInstancesCommand({ ...request, DryRun: true })));
}

async function requestOf(
  ec2: EC2Client,
  launch: Omit<Launch, 'token'>,
): Promise<{ readonly request: RunInstancesRequest; readonly leftOut: readonly string[] } | AwsRefusal> {
  const template = await catchRefusal(() => readTemplate(ec2, launch.launchTemplate));
  if ('refused' in template) return template;
  const fault = templateFault(template, launch);
  if (fault !== null) return { refused: fault, code: TEMPLATE_UNFIT };
  const userData = userDataOf(launch, template);
  return 'fault' in userData
    ? { refused: userData.fault, code: TEMPLATE_UNFIT }
    : {
        request: runRequest(launch, template, userData.bytes),
        leftOut: tagsFor('instance', template.TagSpecifications, launch).leftOut,
      };
}

/** What is in the template's user data is never told: they may hold secrets. */
function userDataOf(
  { userData, maskHook, ownUserData }: Pick<Launch, 'userData' | 'maskHook' | 'ownUserData'>,
  template: ResponseLaunchTemplateData,
): UserData {
  const own = Buffer.from(template.UserData ?? '', 'base64');
  if (own.length === 0 || ownUserData === 'ignore') return { bytes: Buffer.from(userData) };
  return ownUserData === 'run' ? userDataWithOwn(maskHook, own) : { fault: UNSAID };
}

const UNSAID =
  'it has user data, and the fleet file does not say whether a new instance runs them. With replace.userData: run they run after the client is masked. With ignore they do not run, and the image must have all that the node needs';

/** "You can only assign a public IP address to the network interface for eth0 … the default depends on the subnet" (AssociatePublicIpAddress). */
async function assignsPublicAddress(
  ec2: EC2Client,
  { NetworkInterfaces = [] }: RunInstancesRequest,
  { subnetId }: Pick<Launch, 'subnetId'>,
): Promise<boolean> {
  const card = NetworkInterfaces.find(({ DeviceIndex = 0 }) => DeviceIndex === 0);
  if (card?.AssociatePublicIpAddress !== undefined) return card.AssociatePublicIpAddress;
  const { Subnets = [] } = await ec2.send(new DescribeSubnetsCommand({ SubnetIds: [subnetId] }));
  return Subnets[0]?.MapPublicIpOnLaunch ?? false;
}

export interface Launched {
  readonly instanceId: string;
  /** Tags for which EC2 had no room. */
  readonly leftOut: readonly string[];
}

function launched(instanceId: string | undefined, leftOut: readonly string[]): Launched {
  if (!instanceId) throw new Error('RunInstances was answered without an instance id');
  return { instanceId, leftOut };
}

/** The instance that was launched with one of these tokens; null where EC2 shows none, which is no proof that there is none. */
export async function launchedWith(ec2: EC2Client, ...tokens: readonly [string, ...string[]]): Promise<string | null> {
  const byToken = { Filters: [{ Name: 'client-token', Values: [...tokens] }] };
  const { Reservations = [] } = await ec2.send(new DescribeInstancesCommand(byToken));
  return Reservations[0]?.Instances?.[0]?.InstanceId ?? null;
}

const specification = ({ launchTemplate: { version, ...named } }: Pick<Launch, 'launchTemplate'>) => ({
  ...('id' in named ? { LaunchTemplateId: named.id } : { LaunchTemplateName: named.name }),
  Version: version ?? '$Default',
});

async function readTemplate(
  ec2: EC2Client,
  launchTemplate: Launch['launchTemplate'],
): Promise<ResponseLaunchTemplateData> {
  const { Version, ...named } = specification({ launchTemplate });
  const { LaunchTemplateVersions = [] } = await ec2.send(
    new DescribeLaunchTemplateVersionsCommand({ ...named, Versions: [Version] }),
  );
  const data = LaunchTemplateVersions[0]?.LaunchTemplateData;
  if (!data) throw new Error(`launch template ${JSON.stringify(named)} has no version ${Version}`);
  return data;
}

/** @returns null where AWS refuses to tell it, or the template names none */
export async function instanceTypeIn(ec2: EC2Client, launchTemplate: Launch['launchTemplate']): Promise<string | null> {
  const template = await catchRefusal(() => readTemplate(ec2, launchTemplate));
  return 'refused' in template ? null : (template.InstanceType ?? null);
}

/**
 * "Any additional parameters that you specify for the new instance overwrite the corresponding parameters included in the launch template". They
 * overwrite it completely, so the request repeats the template's other members.
 */
export function runRequest(
  launch: Omit<Launch, 'token'>,
  template: ResponseLaunchTemplateData,
  userData: Uint8Array,
): RunInstancesRequest {
  const { NetworkInterfaces = [], Placement, TagSpecifications = [], MetadataOptions } = template;
  const { State: _, ...metadata } = MetadataOptions ?? {};
  return {
    LaunchTemplate: specification(launch),
    MinCount: 1,
    MaxCount: 1,
    InstanceType: launch.instanceType as InstanceType,
    // "Network interfaces and an instance-level subnet ID may not be specified on the same request."
    ...(NetworkInterfaces.length === 0
      ? { SubnetId: launch.subnetId }
      : { NetworkInterfaces: NetworkInterfaces.map((card) => interfaceOf(card, launch)) }),
    ...(launch.throwAway && {
      ...(NetworkInterfaces.length === 0 && { SecurityGroupIds: [launch.throwAway.securityGroupId] }),
      BlockDeviceMappings: throwAwayVolumes(template, launch.throwAway),
      // Whatever the template says: it is ours to remove.
      ...(template.DisableApiStop === true && { DisableApiStop: false }),
      ...(template.DisableApiTermination === true && { DisableApiTermination: false }),
    }),
    ...(Placement !== undefined && placementOf(Placement, launch.availabilityZone)),
    UserData: Buffer.from(userData).toString('base64'),
    MetadataOptions: { ...metadata, HttpTokens: 'required' },
    TagSpecifications: [
      ...TagSpecifications.filter(({ ResourceType }) => ResourceType !== 'instance' && ResourceType !== 'volume').map(
        ({ ResourceType, Tags = [] }) => ({ ResourceType, Tags }),
      ),
      ...tagSpecificationsOf('instance', TagSpecifications, launch),
      ...tagSpecificationsOf('volume', TagSpecifications, launch),
    ],
  };
}

/** A volume of the template's own that is not the root's would be empty, and would be paid for: it is left out. */
function throwAwayVolumes(
  { BlockDeviceMappings = [] }: ResponseLaunchTemplateData,
  { volumes }: ThrowAway,
): NonNullable<RunInstancesRequest['BlockDeviceMappings']> {
  const ours = new Set(volumes.map(({ device }) => device));
  const own = BlockDeviceMappings.filter(({ DeviceName = '' }) => DeviceName !== '' && !ours.has(DeviceName));
  return [
    ...own.map(({ DeviceName, Ebs }) =>
      ROOT_DEVICES.has(DeviceName ?? '')
        ? { DeviceName, Ebs: { ...Ebs, DeleteOnTermination: true } }
        : { DeviceName, NoDevice: '' },
    ),
    ...volumes.map(({ device, snapshot, sizeGiB, type, iops, throughputMiBps }) => ({
      DeviceName: device,
      Ebs: {
        ...{
          SnapshotId: snapshot.snapshotId,
          VolumeSize: sizeGiB,
          VolumeType: type as VolumeType,
          DeleteOnTermination: true,
        },
        ...(iops !== null && { Iops: iops }),
        ...(throughputMiBps !== null && { Throughput: throughputMiBps }),
      },
    })),
  ];
}

/** A throw-away instance has one group, on each of its interfaces, and no address that anybody could know. */
function interfaceOf(
  card: LaunchTemplateInstanceNetworkInterfaceSpecification,
  { subnetId, throwAway }: Omit<Launch, 'token'>,
): NonNullable<RunInstancesRequest['NetworkInterfaces']>[number] {
  const there = interfaceIn(card, subnetId);
  return throwAway === undefined ? there : { ...there, Groups: [throwAway.securityGroupId] };
}

/**
 * A zone that the template sets is the zone of the template's own subnet. Its placement group, tenancy and host stay. They count as the template's
 * own (`ec2:IsLaunchTemplateResource`) only if no part of the placement is overwritten.
 */
function placementOf(
  placement: LaunchTemplatePlacement,
  AvailabilityZone: string,
): Pick<RunInstancesRequest, 'Placement'> {
  const { AvailabilityZone: byName = AvailabilityZone, AvailabilityZoneId: byId, ...rest } = placement;
  return byName === AvailabilityZone && byId === undefined ? {} : { Placement: { ...rest, AvailabilityZone } };
}

/**
 * Fixed addresses of the template belong to the original instance and its subnet: the same number of other addresses is requested. "You cannot
 * specify both" an address and a count of its kind.
 */
function interfaceIn(
  card: LaunchTemplateInstanceNetworkInterfaceSpecification,
  subnetId: string,
): NonNullable<RunInstancesRequest['NetworkInterfaces']>[number] {
  const { SubnetId: _subnet, PrivateIpAddress: _ip, EnaSrdSpecification: _srd, ...kept } = card;
  const { PrivateIpAddresses = [], Ipv6Addresses = [], Ipv4Prefixes = [], Ipv6Prefixes = [], ...rest } = kept;
  const secondary = PrivateIpAddresses.filter(({ Primary }) => Primary !== true).length;
  return {
    ...rest,
    ...(secondary > 0 && { SecondaryPrivateIpAddressCount: secondary }),
    ...(Ipv6Addresses.length > 0 && { Ipv6AddressCount: Ipv6Addresses.length }),
    ...(Ipv4Prefixes.length > 0 && { Ipv4PrefixCount: Ipv4Prefixes.length }),
    ...(Ipv6Prefixes.length > 0 && { Ipv6PrefixCount: Ipv6Prefixes.length }),
    SubnetId: subnetId,
  };
}

/** None is given where there is none, because a specification without tags is refused. */
function tagSpecificationsOf(
  ResourceType: 'instance' | 'volume',
  ofTemplate: readonly LaunchTemplateTagSpecification[],
  launch: Pick<Launch, 'tags' | 'firstTags'>,
): TagSpecification[] {
  const { Tags } = tagsFor(ResourceType, ofTemplate, launch);
  return Tags.length === 0 ? [] : [{ ResourceType, Tags }];
}

/** Stronger than the template's own tags, which go before those of the old instance where not all fit. */
function tagsFor(
  ResourceType: 'instance' | 'volume',
  ofTemplate: readonly LaunchTemplateTagSpecification[] = [],
  { tags, firstTags }: Pick<Launch, 'tags' | 'firstTags'>,
): NewTags {
  const own = ofTemplate.filter((one) => one.ResourceType === ResourceType).flatMap(({ Tags = [] }) => Tags);
  return tagsOfNew({ ...Object.fromEntries(own.map(({ Key = '', Value = '' }) => [Key, Value])), ...tags }, firstTags);
}

/** `capacity`: one subnet or zone has too little of something, for now. `place`: only one is affected, or the cause is not known. */
export type LaunchCause = 'permission' | 'quota' | 'template' | 'tags' | 'key' | 'capacity' | 'place';

export interface LaunchFault {
  readonly cause: LaunchCause;
  /** AWS's own words, and what to do. */
  readonly reason: string;
}

/** The code of a launch that is not requested, because its template cannot be used. */
const TEMPLATE_UNFIT = 'LaunchTemplateUnfit';

const PERMISSION = new Set(['UnauthorizedOperation', 'AuthFailure', 'OptInRequired', 'PendingVerification', 'Blocked']);
const QUOTA = new Set([
  'VcpuLimitExceeded',
  'InstanceLimitExceeded',
  'MaxSpotInstanceCountExceeded',
  'VolumeLimitExceeded',
  'MaxIOPSLimitExceeded',
  'NetworkInterfaceLimitExceeded',
]);
/** "InsufficientInstanceCapacity", "InsufficientHostCapacity", "InsufficientFreeAddressesInSubnet", … ("Error codes for the Amazon EC2 API"). */
const CAPACITY = /^Insufficient/;
const TEMPLATE = new Set([
  ...[TEMPLATE_UNFIT, 'InvalidParameterCombination', 'MissingParameter', 'UnknownParameter'],
  'EncryptedVolumesNotSupported',
]);
/** Of the template's tags with ours: too many (50), not of the organization's policy, or of characters that IMDS does not take. */
const TAGS = /^(TagLimitExceeded|TagPolicyViolation|InvalidTag)/;
const TAGS_IN_WORDS = /\btag (key|value)/i;
/** "InvalidKMSKey.InvalidState", "InvalidKmsKeyId", … ("Error codes for the Amazon EC2 API"). */
const KEY = /^(InvalidKms|KMS)/i;
/** Resources that templates name by id or by name; subnets and addresses are not among them. */
const NAMED_IN_TEMPLATE =
  /^Invalid(AMI|LaunchTemplate|KeyPair|Group|SecurityGroup|PlacementGroup|CapacityReservation|LicenseConfiguration|BlockDevice|Snapshot|NetworkInterface|UserData|IamInstanceProfile)/;

const WORDS_MAX = 400;

export function judgeLaunch({ refused, code }: AwsRefusal): LaunchFault {
  // The encoded message is only for people who may decode it (sts:DecodeAuthorizationMessage), and is longer than a page.
  const words = refused.split('Encoded authorization failure message:', 1).join('').trimEnd().slice(0, WORDS_MAX);
  if (PERMISSION.has(code)) {
    const remedy = words.includes('iam:PassRole')
      ? '. Deploy again with the ARN of that role in -c nodeRoles=… (docs/fleet-files.md)'
      : '';
    return { cause: 'permission', reason: `AWS does not permit the launch: ${words}${remedy}` };
  }
  if (QUOTA.has(code))
    return { cause: 'quota', reason: `a quota of the account is reached: ${words} (Service Quotas raises it)` };
  if (TEMPLATE.has(code) || NAMED_IN_TEMPLATE.test(code))
    return { cause: 'template', reason: `the launch template cannot be used: ${words}` };
  if (TAGS.test(code) || (code === 'InvalidParameterValue' && TAGS_IN_WORDS.test(words)))
    return { cause: 'tags', reason: `the instance cannot have the tags of its template and its fleet: ${words}` };
  if (KEY.test(code)) return { cause: 'key', reason: `the key of its volumes cannot be used: ${words}` };
  return { cause: CAPACITY.test(code) ? 'capacity' : 'place', reason: words };
}

/** Whether every other subnet would refuse it, too. */
export const isFaultOfEveryZone = ({ cause }: LaunchFault): boolean => cause !== 'place' && cause !== 'capacity';

/** What AWS has too little of, for now; null where only a person can change the cause, or it is not known. */
export const shortOf = ({ cause }: Pick<LaunchFault, 'cause'>): 'capacity' | 'quota' | null =>
  cause === 'capacity' || cause === 'quota' ? cause : null;

/**
 * The same of an instance that EC2 has accepted and then not launched.
 *
 * @param stateReason EC2's own words, which begin with their code: "Server.InsufficientInstanceCapacity: …", "Client.VolumeLimitExceeded: …" (StateReason,
 *   @aws-sdk/client-ec2)
 */
export function shortOfIn(stateReason: string): 'capacity' | 'quota' | null {
  const [, code = ''] = /^(?:Server|Client)\.(\w+)/.exec(stateReason) ?? [];
  return shortOf(judgeLaunch({ refused: stateReason, code }));
}

/** Why no replacement can be launched from a template; null where the template allows it. */
export function templateFault(
  { NetworkInterfaces = [], InstanceRequirements, DisableApiStop }: ResponseLaunchTemplateData,
  { throwAway }: Pick<Launch, 'throwAway'> = {},
): string | null {
  const card = NetworkInterfaces.find(({ NetworkInterfaceId }) => NetworkInterfaceId !== undefined);
  if (card)
    return `it names the network interface ${card.NetworkInterfaceId}, which is in one subnet and is the old instance's while that exists: leave NetworkInterfaceId out, or name another template in replace.launchTemplate`;
  if (InstanceRequirements !== undefined)
    return 'it has InstanceRequirements, which RunInstances does not take: name an InstanceType, or another template in replace.launchTemplate';
  // The request says otherwise for what is thrown away.
  if (DisableApiStop === true && !throwAway)
    return 'it protects its instances against a stop (DisableApiStop), so chainmend could not put away one that does not come up: leave DisableApiStop out, or name another template in replace.launchTemplate';
  return null;
}
