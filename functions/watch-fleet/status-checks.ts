// EC2's status checks, for fleets whose metrics go over OTLP: an alarm there sees a series for a failed check, and none for a passed one. A check of which EC2
// says nothing, as while an instance is stopped and started again, has not passed: without its series the alarm would end, and begin anew with each restart.
import { DescribeInstanceStatusCommand, type EC2Client, paginateDescribeInstanceStatus } from '@aws-sdk/client-ec2';
import { readAllPages } from '../../shared/aws/pagination.ts';
import type { FailedChecks, ObservedNode } from '../../shared/fleet/observation.ts';

/** What EC2 says: ids of instances. */
export interface Checks {
  /** Those that it finds impaired, or their hardware. */
  readonly instances: ReadonlySet<string>;
  /** Those that cannot reach an EBS volume. */
  readonly volumes: ReadonlySet<string>;
}

/** "MaxResults: between 5 and 1000" (DescribeInstanceStatusRequest). The filter leaves few instances. */
const INSTANCES_A_PAGE = 1_000;
const MAX_PAGES = 10;

/** Of all running instances of the account and region: three calls, whatever the number of fleets. */
export async function readFailedChecks(ec2: EC2Client): Promise<Checks> {
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

/** "InstanceIds: up to 100 explicitly specified instance IDs" (DescribeInstanceStatusRequest). The others are asked a minute later. */
const IDS_MAX = 100;

/** Of these instances: the checks that have passed. One that is stopped, or starts, has passed none. */
export async function readPassedChecks(ec2: EC2Client, instanceIds: readonly string[]): Promise<Checks> {
  const asked = new DescribeInstanceStatusCommand({ InstanceIds: instanceIds.slice(0, IDS_MAX) });
  const { InstanceStatuses = [] } = instanceIds.length === 0 ? {} : await ec2.send(asked);
  const ids = (isPassed: (status: (typeof InstanceStatuses)[number]) => boolean): ReadonlySet<string> =>
    new Set(InstanceStatuses.filter(isPassed).flatMap(({ InstanceId }) => InstanceId ?? []));
  return {
    instances: ids(
      ({ InstanceStatus, SystemStatus }) => InstanceStatus?.Status === 'ok' && SystemStatus?.Status === 'ok',
    ),
    volumes: ids(({ AttachedEbsStatus }) => AttachedEbsStatus?.Status === 'ok'),
  };
}

/** A stop, a start and the checks of an instance that then runs well are over by far; one that somebody keeps stopped is in no trouble any more. */
export const HELD_MS = 30 * 60_000;

/** @param failed undefined where EC2 could not be asked */
export interface ChecksNow {
  readonly failed: Checks | undefined;
  readonly passed: Checks;
}

/** The nodes whose failed check is not failed now: whether it has passed is asked for. */
export function checksInDoubt(
  before: readonly ObservedNode[],
  failed: Checks | undefined,
  nowMs: number,
): readonly string[] {
  return before.flatMap(({ instanceId, memory }) => {
    const { instanceAtMs, volumesAtMs } = memory?.failedChecks ?? {};
    const isOpen = (atMs: number | undefined, ids: ReadonlySet<string> | undefined): boolean =>
      atMs !== undefined && nowMs - atMs < HELD_MS && ids?.has(instanceId) !== true;
    return isOpen(instanceAtMs, failed?.instances) || isOpen(volumesAtMs, failed?.volumes) ? [instanceId] : [];
  });
}

/** The failed checks of each node: those that fail now, and those that failed lately and have not passed since. Absent without any. */
export function failedChecksOf(
  instanceId: string,
  before: FailedChecks = {},
  { failed, passed }: ChecksNow,
  nowMs: number,
): FailedChecks | undefined {
  const atMs = (kind: keyof Checks, lastMs: number | undefined): number | undefined => {
    if (failed?.[kind].has(instanceId)) return nowMs;
    if (lastMs === undefined || passed[kind].has(instanceId) || nowMs - lastMs >= HELD_MS) return undefined;
    return lastMs;
  };
  const instanceAtMs = atMs('instances', before.instanceAtMs);
  const volumesAtMs = atMs('volumes', before.volumesAtMs);
  if (instanceAtMs === undefined && volumesAtMs === undefined) return undefined;
  return { ...(instanceAtMs !== undefined && { instanceAtMs }), ...(volumesAtMs !== undefined && { volumesAtMs }) };
}
