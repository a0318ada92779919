// What a run would make and its cost, in sentences. Pure. Prices: us-east-1, on demand, from the pages of EC2, EBS and CloudWatch.
import { LARGEST_GIB } from './fleet.ts';
import { standingFleet } from './names.ts';
import { VOLUME_GIB } from './user-data.ts';

export const INSTANCE_TYPE = 't3.small';
const INSTANCE_USD_PER_HOUR = 0.0208;
/** A public IPv4 address, which the subnet may assign, costs $0.005 an hour more; the root volume has 8 GiB. */
const ADDRESS_USD_PER_HOUR = 0.005;
const GP3_USD_PER_GIB_MONTH = 0.08;
const ROOT_GIB = 8;
/** Five metrics of the CloudWatch agent at $0.30 a month, and four alarms at $0.10; AWS bills both by the hour. */
const WATCHED_USD_PER_MONTH = 5 * 0.3 + 4 * 0.1;
const HOURS_PER_MONTH = 730;
const HOURS = 0.5;

/** With --ladder: the node's own metrics and the fleet's, alarms of the fleet, and three snapshots of less than a GiB each. */
const LADDER_WATCHED_USD_PER_MONTH = 12 * 0.3 + 6 * 0.1;
const SNAPSHOTS_USD_PER_MONTH = 3 * 0.05;
const LADDER_HOURS = 2.5;

const perHourUsd = (isLadder: boolean): number =>
  INSTANCE_USD_PER_HOUR +
  ADDRESS_USD_PER_HOUR +
  ((ROOT_GIB + (isLadder ? 2 : 1) * LARGEST_GIB) * GP3_USD_PER_GIB_MONTH +
    WATCHED_USD_PER_MONTH +
    (isLadder ? LADDER_WATCHED_USD_PER_MONTH + SNAPSHOTS_USD_PER_MONTH : 0)) /
    HOURS_PER_MONTH;

function costText(isLadder = false): string {
  const perHour = perHourUsd(isLadder);
  const [hours, words] = isLadder ? [LADDER_HOURS, 'two and a half hours'] : [HOURS, 'half an hour'];
  return `About $${(perHour * hours).toFixed(2)} for ${words} in us-east-1; forgotten, it would cost some $${Math.round(perHour * HOURS_PER_MONTH)} a month.`;
}

export interface SmokeOptions {
  readonly subnetId: string;
  readonly profile: string;
  readonly stackIsDeployed: boolean;
  readonly securityGroupId: string | undefined;
  /** One restart and one swap in addition to the disk heal. */
  readonly isLadder: boolean;
}

export function planText({ subnetId, profile, stackIsDeployed, securityGroupId, isLadder }: SmokeOptions): string {
  const group = securityGroupId ?? "the VPC's default one";
  const fleet = standingFleet(isLadder);
  const hours = isLadder ? 'two hours or three' : 'half an hour';
  const steps = [
    ...(stackIsDeployed
      ? []
      : [
          isLadder
            ? 'cdk deploy: the stack, with a fleet of its own, and one without nodes that is asked from your subnet. cdk destroy, and cdk deploy once more over what that keeps.'
            : 'cdk deploy: the stack, with a fleet of its own and no other.',
        ]),
    `A gp3 volume of ${VOLUME_GIB} GiB, and one ${INSTANCE_TYPE} of Amazon Linux 2023 in ${subnetId}, with the instance profile ${profile} and the security group ${group}${isLadder ? ', from a launch template of its own' : ''}.`,
    `The node makes a filesystem on that volume and fills it; chainmend has to grow it, to ${LARGEST_GIB} GiB at most, and to prove it.`,
    ...(isLadder
      ? [
          'Three snapshots of the volume: one that carries no tag of chainmend’s, one that a lifecycle policy takes within an hour, and one that chainmend takes of the stopped client.',
          'The client is made to hang (SIGSTOP, by Run Command): chainmend has to restart it. Then chainmend is asked to restore it from its best snapshot, and has to swap the volume.',
          'What only an account can tell is looked at, and told line by line.',
        ]
      : []),
    `Everything is removed${stackIsDeployed ? ', but the stack and its journal' : ': the stack too, its table with the journal, its documents. CDK keeps the bundles in its own bucket'}.`,
  ];
  return [
    ...(stackIsDeployed
      ? [`The stack that is deployed stays as it is; its fleet "${fleet}" gets a node for ${hours}.`]
      : []),
    ...steps.map((step, index) => `${index + 1}. ${step}`),
    costText(isLadder),
  ].join('\n');
}
