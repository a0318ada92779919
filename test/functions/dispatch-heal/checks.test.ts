// What EC2 says of the status checks of instances: a check that does not fail has not passed yet.
import { type DescribeInstanceStatusCommand, EC2Client, type InstanceStatus } from '@aws-sdk/client-ec2';
import { expect, it } from '@jest/globals';
import { readChecks } from '../../../functions/dispatch-heal/facts.ts';

type Status = NonNullable<NonNullable<InstanceStatus['InstanceStatus']>['Status']>;
const status = (InstanceId: string, own: Status, system: Status, ebs?: Status): InstanceStatus => ({
  ...{ InstanceId, InstanceStatus: { Status: own }, SystemStatus: { Status: system } },
  ...(ebs !== undefined && { AttachedEbsStatus: { Status: ebs } }),
});
const asked: number[] = [];
const answering = (statuses: readonly InstanceStatus[]): EC2Client =>
  Object.assign(new EC2Client({ region: 'eu-west-1' }), {
    send: async ({ input }: DescribeInstanceStatusCommand) => {
      asked.push(input.InstanceIds?.length ?? 0);
      return { InstanceStatuses: statuses };
    },
  }) as unknown as EC2Client;

it('they have passed when EC2 says so of all of them, and nothing is known while they begin or have no data', async () => {
  const checks = await readChecks(
    answering([
      status('i-well', 'ok', 'ok', 'ok'),
      status('i-xen', 'ok', 'ok'),
      status('i-starts', 'initializing', 'ok', 'initializing'),
      status('i-silent', 'insufficient-data', 'ok', 'ok'),
      status('i-volume-starts', 'ok', 'ok', 'initializing'),
      status('i-hardware', 'ok', 'impaired', 'ok'),
      status('i-hangs', 'impaired', 'ok', 'ok'),
      status('i-cut', 'impaired', 'ok', 'impaired'),
    ]),
    ['i-well', 'i-stopped'],
  );
  expect(Object.fromEntries(checks)).toEqual({
    ...{ 'i-well': 'passed', 'i-xen': 'passed', 'i-hardware': 'failed', 'i-hangs': 'failed', 'i-cut': 'ebs' },
    ...{ 'i-starts': 'unknown', 'i-silent': 'unknown', 'i-volume-starts': 'unknown' },
  });
});

it('a hundred are asked about at once, and nobody about none', async () => {
  asked.length = 0;
  await readChecks(answering([]), []);
  await readChecks(
    answering([]),
    Array.from({ length: 101 }, (_, at) => `i-${at}`),
  );
  expect(asked).toEqual([100, 1]);
});
