// EC2's status checks that have failed. Fleets whose metrics go over OTLP publish them: an alarm there sees a series for a failed check, and none for a
// passed one. And a machine that is silent is known to be out of reach where its check has failed, too.
import { type EC2Client, paginateDescribeInstanceStatus } from '@aws-sdk/client-ec2';
import { readAllPages } from '../../shared/aws/pagination.ts';

export interface FailedChecks {
  /** Ids of instances that EC2 finds impaired, or its hardware. */
  readonly instances: ReadonlySet<string>;
  /** Ids of instances that cannot reach an EBS volume. */
  readonly volumes: ReadonlySet<string>;
}

/** "MaxResults: between 5 and 1000" (DescribeInstanceStatusRequest). The filter leaves few instances. */
const INSTANCES_A_PAGE = 1_000;
const MAX_PAGES = 10;

/** Of all running instances of the account and region: three calls, whatever the number of fleets. */
export async function readFailedChecks(ec2: EC2Client): Promise<FailedChecks> {
  const [instance, system, volumes] = await Promise.all(
    ['instance-status.status', 'system-status.status', 'attached-ebs-status.status'].map((name) => impaired(ec2, name)),
  );
  return { instances: new Set([...(instance ?? []), ...(system ?? [])]), volumes: new Set(volumes) };
}

async function impaired(client: EC2Client, Name: string): Promise<readonly string[]> {
  const statuses = await readAllPages(
    paginateDescribeInstanceStatus(
      { client, pageSize: INSTANCES_A_PAGE },
      { Filters: [{ Name, Values: ['impaired'] }] },
    ),
    ({ InstanceStatuses }) => InstanceStatuses,
    MAX_PAGES,
    `instances with a failed ${Name}`,
  );
  return statuses.flatMap(({ InstanceId }) => InstanceId ?? []);
}
