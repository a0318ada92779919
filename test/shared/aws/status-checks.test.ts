// Whose status checks have passed, as EC2 says it.
import { type DescribeInstanceStatusCommand, EC2Client, type InstanceStatus } from '@aws-sdk/client-ec2';
import { expect, it } from '@jest/globals';
import { readPassedChecks } from '../../../shared/aws/status-checks.ts';

const asked: (readonly string[])[] = [];
const answering = (statuses: readonly InstanceStatus[]): EC2Client =>
  Object.assign(new EC2Client({ region: 'eu-west-1' }), {
    send: async ({ input }: DescribeInstanceStatusCommand) => {
      asked.push(input.InstanceIds ?? []);
      return { InstanceStatuses: statuses };
    },
  }) as unknown as EC2Client;

type Status = NonNullable<NonNullable<InstanceStatus['InstanceStatus']>['Status']>;
const status = (InstanceId: string, own: Status, system: Status, ebs?: Status): InstanceStatus => ({
  InstanceId,
  InstanceStatus: { Status: own },
  SystemStatus: { Status: system },
  ...(ebs !== undefined && { AttachedEbsStatus: { Status: ebs } }),
});

it('a check has passed when EC2 says so, and not while it begins, has no data, or the instance is stopped', async () => {
  const { instances, volumes } = await readPassedChecks(
    answering([
      status('i-well', 'ok', 'ok', 'ok'),
      status('i-xen', 'ok', 'ok'),
      status('i-starts', 'initializing', 'ok', 'initializing'),
      status('i-hardware', 'ok', 'impaired', 'ok'),
      status('i-cut', 'ok', 'ok', 'impaired'),
      status('i-silent', 'insufficient-data', 'insufficient-data', 'insufficient-data'),
    ]),
    ['i-well', 'i-xen', 'i-starts', 'i-hardware', 'i-cut', 'i-silent', 'i-stopped'],
  );
  expect([...instances]).toEqual(['i-well', 'i-xen', 'i-cut']);
  expect([...volumes]).toEqual(['i-well', 'i-xen', 'i-hardware']);
});

it('nobody is asked about no instance, and about a hundred at most', async () => {
  asked.length = 0;
  await readPassedChecks(answering([]), []);
  expect(asked).toEqual([]);
  await readPassedChecks(
    answering([]),
    Array.from({ length: 101 }, (_, at) => `i-${at}`),
  );
  expect(asked.map(({ length }) => length)).toEqual([100]);
});
