// What a launch template may say, and what comes of it together with a request. Pure. Sources: doc comments of RequestLaunchTemplateData and
// RunInstancesRequest in @aws-sdk/client-ec2.
import type { RequestLaunchTemplateData, RunInstancesRequest } from '@aws-sdk/client-ec2';
import { AwsError, notEmulated } from '../../simulator/service.ts';

/** Members that mean something here, or that nothing here could contradict. */
const KNOWN = [
  'BlockDeviceMappings',
  'CapacityReservationSpecification',
  'EbsOptimized',
  'IamInstanceProfile',
  'ImageId',
  'InstanceInitiatedShutdownBehavior',
  'InstanceType',
  'KeyName',
  'LicenseSpecifications',
  'MetadataOptions',
  'Monitoring',
  'NetworkInterfaces',
  'Placement',
  'SecurityGroupIds',
  'TagSpecifications',
  'UserData',
] as const;
type KnownField = (typeof KNOWN)[number];

/** "User data … must be base64-encoded", 16 KB before that ("Run commands at launch using instance user data"). */
const USER_DATA_BYTES_MAX = 16 * 1_024;

/** The parameters of a launch that templates and requests have in common. */
export type LaunchData = Pick<RunInstancesRequest, KnownField>;

/** In requests or in templates, but not in both. */
const ONE_SIDED: ReadonlySet<string> = new Set([
  'ClientToken',
  'DryRun',
  'InstanceRequirements',
  'LaunchTemplate',
  'MaxCount',
  'MinCount',
  'PrivateIpAddress',
  'SubnetId',
]);

/** Throws what EC2 answers for data that it refuses, and NotImplemented for what is not modelled. */
export function checkData(data: RequestLaunchTemplateData | RunInstancesRequest, of: string): void {
  const set = Object.entries(data).filter(([, value]) => value !== undefined);
  const strange = set.find(([name, value]) => !isKnown(name) && !ONE_SIDED.has(name) && value !== false);
  if (strange) throw notEmulated(`${strange[0]} of ${of}`);
  if (data.ImageId?.startsWith('resolve:ssm:')) throw notEmulated('SSM parameters as ImageId');
  if (data.UserData !== undefined) userDataOf(data.UserData);
  const [first, ...others] = data.NetworkInterfaces ?? [];
  if (others.length > 0) throw notEmulated('more than one network interface of an instance');
  if (first && (first.DeviceIndex ?? 0) !== 0) throw notEmulated('network interfaces that are not the primary one');
  if (data.InstanceInitiatedShutdownBehavior === 'terminate')
    throw notEmulated('InstanceInitiatedShutdownBehavior terminate');
}

/** The text behind base64. */
export function userDataOf(encoded: string): string {
  const bytes = Buffer.from(encoded, 'base64');
  if (bytes.toString('base64').replace(/=+$/, '') !== encoded.replace(/\s/g, '').replace(/=+$/, '')) {
    throw new AwsError('InvalidUserData.Malformed', 'Invalid BASE64 encoding of user data.');
  }
  if (bytes.length > USER_DATA_BYTES_MAX) {
    throw new AwsError('InvalidParameterValue', `User data is limited to ${USER_DATA_BYTES_MAX} bytes`);
  }
  return bytes.toString('utf8');
}

/**
 * "Any additional parameters that you specify for the new instance overwrite the corresponding parameters included in the launch template":
 * whole parameters, tags included. Block device mappings are laid over each other by device name, as over the image's ("you can override
 * …"): that the template's are so, too, AWS does not say.
 */
export function merged(template: RequestLaunchTemplateData, request: RunInstancesRequest): LaunchData {
  const given = (data: object) => Object.entries(data).filter(([name, value]) => isKnown(name) && value !== undefined);
  const devices = new Map(
    [...(template.BlockDeviceMappings ?? []), ...(request.BlockDeviceMappings ?? [])].map((one) => [
      one.DeviceName,
      one,
    ]),
  );
  return {
    ...(Object.fromEntries([...given(template), ...given(request)]) as LaunchData),
    ...(devices.size > 0 && { BlockDeviceMappings: [...devices.values()] }),
  };
}

const isKnown = (name: string): name is KnownField => KNOWN.some((known) => known === name);
