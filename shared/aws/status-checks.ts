// EC2's status checks: what has passed. That a check does not fail says less, since a stopped instance fails none.
import { DescribeInstanceStatusCommand, type EC2Client } from '@aws-sdk/client-ec2';

/** Ids of instances. */
export interface Checks {
  /** Whose own checks and those of their hardware are meant. */
  readonly instances: ReadonlySet<string>;
  /** Whose way to their EBS volumes is meant. */
  readonly volumes: ReadonlySet<string>;
}

/** "InstanceIds: up to 100 explicitly specified instance IDs" (DescribeInstanceStatusRequest). Of the others nothing is known. */
const IDS_MAX = 100;

/**
 * Of these instances: the checks that have passed. One that is stopped, or starts, has passed none: "initializing", "not-applicable" and
 * "insufficient-data" are other states ("Status checks", EC2 user guide).
 *
 * @param instanceIds of instances that exist: if one does not, EC2 answers for none
 */
export async function readPassedChecks(ec2: EC2Client, instanceIds: readonly string[]): Promise<Checks> {
  const asked = new DescribeInstanceStatusCommand({ InstanceIds: instanceIds.slice(0, IDS_MAX) });
  const { InstanceStatuses = [] } = instanceIds.length === 0 ? {} : await ec2.send(asked);
  const ids = (isPassed: (status: (typeof InstanceStatuses)[number]) => boolean): ReadonlySet<string> =>
    new Set(InstanceStatuses.filter(isPassed).flatMap(({ InstanceId }) => InstanceId ?? []));
  return {
    instances: ids(
      ({ InstanceStatus, SystemStatus }) => InstanceStatus?.Status === 'ok' && SystemStatus?.Status === 'ok',
    ),
    // Instances that are not built on Nitro have no such check.
    volumes: ids(({ AttachedEbsStatus, InstanceStatus }) => (AttachedEbsStatus ?? InstanceStatus)?.Status === 'ok'),
  };
}
