// IAM checks from the same page of the Service Authorization Reference as permissions.ts: launches, templates, addresses, attributes. A launch is
// checked on each of its resources, including those in its template ("Example policies: Launch templates", EC2 user guide).
import type { RunInstancesRequest } from '@aws-sdk/client-ec2';
import type { RegionIdentity } from '../../simulator/kernel.ts';
import { ownValue } from '../../simulator/own-properties.ts';
import { type Check, type Keys, type Mappings, type Region, type Resource, requestTagKeys } from '../iam/check.ts';
import { kindArn } from './arn.ts';
import type { LaunchPlan } from './launch-plan.ts';
import { creation, type Ec2Facts, type Ec2Mapping, onIds, type TagSpecification, tagged } from './permissions.ts';

const RUN = 'ec2:RunInstances';

interface TemplateIdentity {
  readonly LaunchTemplateId?: string;
  readonly LaunchTemplateName?: string;
}

const runInstances: Ec2Mapping = (input: RunInstancesRequest, region) => {
  const plan = region.service.planOf(input);
  const { template, data, subnet } = plan;
  const templateArn = template && kindArn(region, 'launch-template', template.of.launchTemplateId);
  const place: Keys = {
    'ec2:Vpc': kindArn(region, 'vpc', subnet.vpcId),
  };
  /** `ec2:LaunchTemplate` is on every resource of a launch from a template. A second key says whether the resource is as in the template. */
  const launching = (resource: Resource, fromTemplate: boolean): Resource => ({
    ...resource,
    keys: {
      ...resource.keys,
      'ec2:IsLaunchTemplateResource': String(templateArn !== undefined && fromTemplate),
      ...(templateArn !== undefined && { 'ec2:LaunchTemplate': templateArn }),
    },
  });
  const own = (member: keyof RunInstancesRequest): boolean => input[member] === undefined;
  const withKeys = (id: string, keys: Keys): Resource => {
    const resource = tagged(region, id);
    return { ...resource, keys: { ...resource.keys, ...keys } };
  };
  const instanceKeys: Keys = {
    ...place,
    'ec2:InstanceType': plan.instanceType,
    'ec2:MetadataHttpTokens': plan.httpTokens,
    ...(plan.instanceProfileArn !== undefined && { 'ec2:InstanceProfile': plan.instanceProfileArn }),
  };
  const fresh = (kind: string, keys: Keys): Resource => ({ arn: kindArn(region, kind, '*'), keys });
  const named: Resource[] = [
    launching(tagged(region, plan.imageId), own('ImageId')),
    // An existing interface already has its subnet and its groups.
    ...(plan.interfaceId === undefined
      ? [launching(withKeys(subnet.subnetId, place), own('SubnetId') && own('NetworkInterfaces'))]
      : []),
    ...(plan.interfaceId === undefined ? plan.securityGroupIds : []).map((id) =>
      launching(
        withKeys(id, { 'ec2:Vpc': place['ec2:Vpc'] ?? '' }),
        own('SecurityGroupIds') && own('NetworkInterfaces'),
      ),
    ),
    ...snapshotsOf(plan).map((id) => launching(tagged(region, id), own('BlockDeviceMappings'))),
    ...(data.KeyName === undefined
      ? []
      : [launching({ arn: kindArn(region, 'key-pair', data.KeyName) }, own('KeyName'))]),
    ...(plan.placementGroup === undefined
      ? []
      : [launching({ arn: kindArn(region, 'placement-group', plan.placementGroup) }, own('Placement'))]),
    ...(plan.capacityReservationId === undefined
      ? []
      : [
          launching(
            { arn: kindArn(region, 'capacity-reservation', plan.capacityReservationId) },
            own('CapacityReservationSpecification'),
          ),
        ]),
    ...plan.licenseArns.map((arn) => launching({ arn }, own('LicenseSpecifications'))),
    ...(template ? [launching(tagged(region, template.of.launchTemplateId), false)] : []),
  ];
  const subnetKey: Keys = { 'ec2:Subnet': kindArn(region, 'subnet', subnet.subnetId) };
  const fromTemplate = own('NetworkInterfaces') && own('SubnetId');
  const { interfaceId } = plan;
  const card =
    interfaceId === undefined
      ? fresh('network-interface', { ...place, ...subnetKey })
      : withKeys(interfaceId, { 'ec2:NetworkInterfaceID': interfaceId });
  return [
    { action: RUN, resources: named },
    { action: RUN, resources: [launching(card, fromTemplate)] },
    {
      action: RUN,
      resources: [launching(fresh('instance', instanceKeys), own('InstanceType'))],
      keys: requestTagKeys(plan.tags.instance),
    },
    // The keys of a new volume (its size, type, encryption) are not modelled.
    ...plan.volumes.map(
      (): Check => ({
        action: RUN,
        resources: [launching(fresh('volume', {}), own('BlockDeviceMappings'))],
        keys: requestTagKeys(plan.tags.volume),
      }),
    ),
    ...tagging(plan, region),
    ...passRole(plan, region),
  ];
};

const snapshotsOf = ({ volumes }: LaunchPlan): string[] => volumes.flatMap(({ snapshotId }) => snapshotId ?? []);

/** "If tags are specified in the resource-creating action", in a template, too, it "must also have … ec2:CreateTags". */
function tagging({ tags }: LaunchPlan, region: RegionIdentity): Check[] {
  return (['instance', 'volume'] as const)
    .filter((kind) => tags[kind].length > 0)
    .map((kind) => ({
      action: 'ec2:CreateTags',
      resources: [{ arn: kindArn(region, kind, '*') }],
      keys: { ...requestTagKeys(tags[kind]), 'ec2:CreateAction': 'RunInstances' },
    }));
}

/**
 * "To launch an instance with a role, the caller must have iam:PassRole" on the role of the profile. The region has no instance profiles: the role
 * has the name of its profile, as the console makes it.
 */
function passRole({ instanceProfileArn }: LaunchPlan, { accountId }: RegionIdentity): Check[] {
  if (instanceProfileArn === undefined) return [];
  const role = instanceProfileArn.slice(instanceProfileArn.indexOf('instance-profile/') + 'instance-profile/'.length);
  return [
    {
      action: 'iam:PassRole',
      resources: [{ arn: `arn:aws:iam::${accountId}:role/${role}` }],
      keys: { 'iam:PassedToService': 'ec2.amazonaws.com' },
    },
  ];
}

const templateNamed = ({ service }: Region<Ec2Facts>, { LaunchTemplateName }: TemplateIdentity): string | undefined =>
  service.launchTemplates().find(({ name }) => name === (LaunchTemplateName ?? ''))?.launchTemplateId;

/** The allocation id of an elastic address, by its association. */
const addressOf = ({ service }: Region<Ec2Facts>, { AssociationId }: { AssociationId?: string }): string | undefined =>
  service.addresses().find(({ association }) => association?.associationId === (AssociationId ?? ''))?.allocationId;

/** A template given by name is checked by its id; one that does not exist has no owner. */
const onTemplate =
  (action: string): Ec2Mapping =>
  (input: TemplateIdentity, region) => [
    {
      action,
      resources: [tagged(region, input.LaunchTemplateId ?? templateNamed(region, input) ?? 'lt-*')],
    },
  ];

const NO_ATTRIBUTES: ReadonlySet<string> = new Set(['InstanceId', 'Attribute', 'Value', 'DryRun']);
/** Attributes whose name differs from the request's member, as real policies for these two have it. */
const ATTRIBUTES: Readonly<Record<string, string>> = { BlockDeviceMappings: 'BlockDeviceMapping', Groups: 'GroupId' };

/**
 * "ec2:Attribute … Filters access by an attribute being set on a resource", and ec2:Attribute/Name by its value ("Example policies", EC2 user guide:
 * "ec2:Attribute/InstanceType"). Volumes are a resource type of it if their mapping changes; if the mapping names only devices, these are the volumes
 * attached there. Groups are a resource type, too.
 */
const modifyInstance: Ec2Mapping = (
  input: {
    InstanceId?: string;
    Attribute?: string;
    Value?: string;
    BlockDeviceMappings?: { Ebs?: { VolumeId?: string } }[];
    Groups?: string[];
  },
  region,
) => {
  const members = Object.entries(input).filter(([name, value]) => value !== undefined && !NO_ATTRIBUTES.has(name));
  const pascal = (name: string): string => name.slice(0, 1).toUpperCase() + name.slice(1);
  const values = members.flatMap(([name, value]): [string, string][] => {
    const { Value } = (typeof value === 'object' && value !== null ? value : {}) as { readonly Value?: unknown };
    return ['string', 'boolean'].includes(typeof Value) ? [[`ec2:Attribute/${name}`, String(Value)]] : [];
  });
  const named = [
    ...members.map(([name]) => ownValue(ATTRIBUTES, name) ?? name),
    ...(input.Attribute === undefined ? [] : [pascal(input.Attribute)]),
  ];
  const others = [...(input.BlockDeviceMappings ?? []).map(({ Ebs }) => Ebs?.VolumeId), ...(input.Groups ?? [])];
  const action = 'ec2:ModifyInstanceAttribute';
  const keys: Keys = { ...(named.length > 0 && { 'ec2:Attribute': named }), ...Object.fromEntries(values) };
  const instance = tagged(region, input.InstanceId ?? '');
  return [
    { action, resources: [{ ...instance, keys: { ...instance.keys, ...keys } }] },
    { action, resources: others.flatMap((id) => (id === undefined ? [] : [tagged(region, id)])) },
  ];
};

const interfaces = (action: string): Ec2Mapping =>
  onIds(action, (input: { NetworkInterfaceId?: string }) => [input.NetworkInterfaceId]);

export const launchPermissions: Mappings<Ec2Facts> = {
  RunInstances: runInstances,
  CreateLaunchTemplate: (input: { TagSpecifications?: TagSpecification[] }, region) =>
    creation('CreateLaunchTemplate', 'launch-template', input, region),
  CreateLaunchTemplateVersion: onTemplate('ec2:CreateLaunchTemplateVersion'),
  ModifyLaunchTemplate: onTemplate('ec2:ModifyLaunchTemplate'),
  DescribeInstanceAttribute: onIds('ec2:DescribeInstanceAttribute', (input: { InstanceId?: string }) => [
    input.InstanceId,
  ]),
  ModifyInstanceAttribute: modifyInstance,
  // Lambda's calls for a function in a VPC.
  CreateNetworkInterface: (
    input: { SubnetId?: string; Groups?: string[]; TagSpecifications?: TagSpecification[] },
    region,
  ) => [
    ...creation('CreateNetworkInterface', 'network-interface', input, region),
    {
      action: 'ec2:CreateNetworkInterface',
      resources: [input.SubnetId ?? '', ...(input.Groups ?? [])].map((id) => tagged(region, id)),
    },
  ],
  DeleteNetworkInterface: interfaces('ec2:DeleteNetworkInterface'),
  AssignPrivateIpAddresses: interfaces('ec2:AssignPrivateIpAddresses'),
  UnassignPrivateIpAddresses: interfaces('ec2:UnassignPrivateIpAddresses'),
  AllocateAddress: (input: { TagSpecifications?: TagSpecification[] }, region) =>
    creation('AllocateAddress', 'elastic-ip', input, region),
  AssociateAddress: onIds(
    'ec2:AssociateAddress',
    (input: { AllocationId?: string; InstanceId?: string; NetworkInterfaceId?: string }) => [
      input.AllocationId,
      input.InstanceId,
      input.NetworkInterfaceId,
    ],
  ),
  DisassociateAddress: onIds('ec2:DisassociateAddress', (input: { AssociationId?: string }, region) => [
    addressOf(region, input) ?? 'eipalloc-*',
  ]),
};
