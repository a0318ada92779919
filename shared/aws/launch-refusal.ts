// What a refused launch means: who or what refuses it, whether another subnet may still take it, and what a person does about it. Pure.
// Sources: "Error codes for the Amazon EC2 API"; doc comments of LaunchTemplateData in @aws-sdk/client-ec2.
import type { ResponseLaunchTemplateData } from '@aws-sdk/client-ec2';
import type { Refused } from './refused.ts';

/** `place`: one subnet or zone, or nobody knows better. */
export type LaunchCause = 'permission' | 'quota' | 'template' | 'place';

export interface LaunchFault {
  readonly cause: LaunchCause;
  /** AWS's own words, and what to do. */
  readonly reason: string;
}

/** The code of a launch that is not asked for, since its template cannot be used. */
export const TEMPLATE_UNFIT = 'LaunchTemplateUnfit';

const PERMISSION = new Set(['UnauthorizedOperation', 'AuthFailure', 'OptInRequired', 'PendingVerification', 'Blocked']);
const QUOTA = new Set([
  'VcpuLimitExceeded',
  'InstanceLimitExceeded',
  'MaxSpotInstanceCountExceeded',
  'VolumeLimitExceeded',
  'MaxIOPSLimitExceeded',
  'NetworkInterfaceLimitExceeded',
]);
const TEMPLATE = new Set([TEMPLATE_UNFIT, 'InvalidParameterCombination', 'MissingParameter', 'UnknownParameter']);
/** What templates name by id or by name; subnets and addresses are not among them. */
const NAMED_IN_TEMPLATE =
  /^Invalid(AMI|LaunchTemplate|KeyPair|Group|SecurityGroup|PlacementGroup|CapacityReservation|LicenseConfiguration|BlockDevice|Snapshot|NetworkInterface|UserData|IamInstanceProfile)/;

const WORDS_MAX = 400;

export function judgeLaunch({ refused, code }: Refused): LaunchFault {
  // The encoded message is for whoever may decode it (sts:DecodeAuthorizationMessage), and is longer than a page.
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
  return { cause: 'place', reason: words };
}

/** Whether every other subnet will refuse it, too. */
export const isEverywhere = ({ cause }: LaunchFault): boolean => cause !== 'place';

/** Why no instance can be launched from a template in the place of another one; null where it says nothing against that. */
export function templateFault({
  NetworkInterfaces = [],
  InstanceRequirements,
}: ResponseLaunchTemplateData): string | null {
  const card = NetworkInterfaces.find(({ NetworkInterfaceId }) => NetworkInterfaceId !== undefined);
  if (card)
    return `it names the network interface ${card.NetworkInterfaceId}, which is in one subnet and is the old instance's while that exists: leave NetworkInterfaceId out, or name another template in replace.launchTemplate`;
  if (InstanceRequirements !== undefined)
    return 'it has InstanceRequirements, which RunInstances does not take: name an InstanceType, or another template in replace.launchTemplate';
  return null;
}
