// The possible members of a launch template, and their combination with a request. Pure. Sources: doc comments of RequestLaunchTemplateData and
// RunInstancesRequest in @aws-sdk/client-ec2.
import { gunzipSync } from 'node:zlib';
import type { RequestLaunchTemplateData, RunInstancesRequest } from '@aws-sdk/client-ec2';
import { AwsError, notEmulated } from '../../simulator/service.ts';

/** Members that have an effect here, or that no other behaviour contradicts. */
const KNOWN = [
  'BlockDeviceMappings',
  'CapacityReservationSpecification',
  'DisableApiStop',
  'DisableApiTermination',
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

/** "User data … must be base64-encoded", at most 16 KB before that ("Run commands at launch using instance user data"). */
const USER_DATA_BYTES_MAX = 16 * 1_024;

/** The launch parameters that templates and requests share. */
export type LaunchData = Pick<RunInstancesRequest, KnownField>;

/** Only in requests or only in templates. */
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

/** Throws EC2's error for invalid data, and NotImplemented for what is not modelled. */
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

/** The text inside base64, unpacked where it is packed: cloud-init does that (`decomp_gzip` of cloudinit/util.py), and EC2 counts packed bytes. */
export function userDataOf(encoded: string): string {
  const bytes = Buffer.from(encoded, 'base64');
  if (bytes.toString('base64').replace(/=+$/, '') !== encoded.replace(/\s/g, '').replace(/=+$/, '')) {
    throw new AwsError('InvalidUserData.Malformed', 'Invalid BASE64 encoding of user data.');
  }
  if (bytes.length > USER_DATA_BYTES_MAX) {
    throw new AwsError('InvalidParameterValue', `User data is limited to ${USER_DATA_BYTES_MAX} bytes`);
  }
  return (isPacked(bytes) ? gunzipSync(bytes, { maxOutputLength: UNPACKED_BYTES_MAX }) : bytes).toString('utf8');
}

const isPacked = (bytes: Buffer): boolean => bytes[0] === 0x1f && bytes[1] === 0x8b;
/** Many times more than fits. */
const UNPACKED_BYTES_MAX = 2 ** 20;

/**
 * "Any additional parameters that you specify for the new instance overwrite the corresponding parameters included in the launch template": whole
 * parameters, including tags. Block device mappings override each other by device name, as they override the image's ("you can override …"). AWS does
 * not say so for the template's.
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
