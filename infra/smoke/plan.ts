// What a run would make and what that costs, in sentences. Pure. Prices: us-east-1, on demand, from the pages of EC2, EBS and CloudWatch.
import { LARGEST_GIB } from './fleet.ts';
import { VOLUME_GIB } from './user-data.ts';

export const INSTANCE_TYPE = 't3.small';
const INSTANCE_USD_PER_HOUR = 0.0208;
/** A public IPv4 address, which the subnet may give it, is $0.005 an hour more; the root volume has 8 GiB. */
const ADDRESS_USD_PER_HOUR = 0.005;
const GP3_USD_PER_GIB_MONTH = 0.08;
const ROOT_GIB = 8;
/** Five metrics of the CloudWatch agent at $0.30 a month, and four alarms at $0.10; both are counted by the hour. */
const WATCHED_USD_PER_MONTH = 5 * 0.3 + 4 * 0.1;
const HOURS_PER_MONTH = 730;
const HOURS = 0.5;

const perHourUsd =
  INSTANCE_USD_PER_HOUR +
  ADDRESS_USD_PER_HOUR +
  ((ROOT_GIB + LARGEST_GIB) * GP3_USD_PER_GIB_MONTH + WATCHED_USD_PER_MONTH) / HOURS_PER_MONTH;

export const costText = (): string =>
  `About $${(perHourUsd * HOURS).toFixed(2)} for half an hour in us-east-1; forgotten, it would cost some $${Math.round(perHourUsd * HOURS_PER_MONTH)} a month.`;

export interface Wish {
  readonly subnetId: string;
  readonly profile: string;
  readonly stackIsDeployed: boolean;
  readonly securityGroupId: string | undefined;
}

export function planText({ subnetId, profile, stackIsDeployed, securityGroupId }: Wish): string {
  const group = securityGroupId ?? "the VPC's default one";
  return [
    ...(stackIsDeployed
      ? ['The stack that is deployed stays as it is; its fleet "smoke" gets a node for half an hour.']
      : ['1. cdk deploy: the stack, with a fleet of its own and no other.']),
    `${stackIsDeployed ? '1' : '2'}. A gp3 volume of ${VOLUME_GIB} GiB, and one ${INSTANCE_TYPE} of Amazon Linux 2023 in ${subnetId}, with the instance profile ${profile} and the security group ${group}.`,
    `${stackIsDeployed ? '2' : '3'}. The node makes a filesystem on that volume and fills it; chainmend has to grow it, to ${LARGEST_GIB} GiB at most, and to prove it.`,
    `${stackIsDeployed ? '3' : '4'}. Everything is removed${stackIsDeployed ? ', but the stack and its journal' : ': the stack too, its table with the journal, its documents. CDK keeps the bundles in its own bucket'}.`,
    costText(),
  ].join('\n');
}
