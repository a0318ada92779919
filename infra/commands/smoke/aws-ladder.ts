// The additional AWS calls of a run with --ladder, each with AWS's own words.

import { type CloudWatchClient, GetMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import {
  CreateLifecyclePolicyCommand,
  type DLMClient,
  GetLifecyclePoliciesCommand,
  GetLifecyclePolicyCommand,
} from '@aws-sdk/client-dlm';
import {
  CreateLaunchTemplateCommand,
  CreateSnapshotCommand,
  DescribeInstancesCommand,
  DescribeLockedSnapshotsCommand,
  DescribeVolumesCommand,
  type EC2Client,
  type Instance,
  paginateDescribeSnapshots,
  type Snapshot,
} from '@aws-sdk/client-ec2';
import { GetInstanceProfileCommand, type IAMClient } from '@aws-sdk/client-iam';
import {
  GetFunctionConfigurationCommand,
  type LambdaClient,
  ResourceNotFoundException as NoSuchFunction,
} from '@aws-sdk/client-lambda';
import {
  type CommandInvocation,
  GetCommandInvocationCommand,
  paginateListCommandInvocations,
  SendCommandCommand,
  type SSMClient,
} from '@aws-sdk/client-ssm';
import { mayPassOn } from '../../../shared/readiness/read-launch.ts';
import { commandNames } from '../../names.ts';
import { SmokeError } from '../errors.ts';
import { roleOf } from '../preflight/account.ts';
import { asTags, type NameFailure } from './aws-resources.ts';
import type { SentCommand } from './checks.ts';
import type { InstanceRequest, LadderAccount, SnapshotDescription } from './context.ts';
import { UNIT } from './fleet.ts';
import { SELECTOR_TAG, SMOKE_TAG } from './names.ts';
import { INSTANCE_TYPE } from './plan.ts';

export interface LadderClients {
  readonly ec2: EC2Client;
  readonly dlm: DLMClient;
  readonly iam: IAMClient;
  readonly lambda: LambdaClient;
  readonly ssm: SSMClient;
  readonly cloudwatch: CloudWatchClient;
}

const MAX_COMMANDS = 2_000;
const MINUTE_SECONDS = 60;

export function ladderAccount(clients: LadderClients, said: NameFailure): LadderAccount {
  const { ec2, dlm, iam, lambda, ssm, cloudwatch } = clients;
  return {
    roleOf: (profile) => said(profile, () => roleInProfile(iam, profile)),
    mayPassOn: (roleArn) =>
      said('iam:PassRole', async () => {
        const role = await roleOf(lambda, commandNames().functions.replaceNode);
        if (role === undefined) throw new SmokeError(`there is no function ${commandNames().functions.replaceNode}`);
        return mayPassOn(iam, role, roleArn);
      }),
    makeTemplate: (options) => said('CreateLaunchTemplate', () => makeTemplate(ec2, options)),
    makePolicy: (run, fleet, fromMs) => said('CreateLifecyclePolicy', () => makePolicy(dlm, run, fleet, fromMs)),
    makeSnapshot: (run, VolumeId) =>
      said('CreateSnapshot', async () => {
        const Tags = [{ Key: SMOKE_TAG, Value: run }];
        const made = await ec2.send(
          new CreateSnapshotCommand({ VolumeId, TagSpecifications: [{ ResourceType: 'snapshot', Tags }] }),
        );
        return snapshotNow(made);
      }),
    snapshots: (volumeId) =>
      said('DescribeSnapshots', async () => {
        const found: Snapshot[] = [];
        const Filters = [{ Name: 'volume-id', Values: [volumeId] }];
        for await (const { Snapshots = [] } of paginateDescribeSnapshots(
          { client: ec2 },
          { OwnerIds: ['self'], Filters },
        ))
          found.push(...Snapshots);
        return found.map(snapshotNow);
      }),
    lock: (snapshotId) =>
      said('DescribeLockedSnapshots', async () => {
        const { Snapshots = [] } = await ec2.send(new DescribeLockedSnapshotsCommand({ SnapshotIds: [snapshotId] }));
        const [lock] = Snapshots.filter(({ LockState }) => LockState !== 'expired');
        return lock && { state: lock.LockState ?? 'unknown', days: lock.LockDuration };
      }),
    hang: (instanceId) => said('SendCommand', () => hang(ssm, instanceId)),
    commandEnd: (commandId, instanceId) => said(commandId, () => commandEnd(ssm, commandId, instanceId)),
    dataVolumes: (instanceId) =>
      said(instanceId, async () => {
        const { RootDeviceName } = await instanceOf(ec2, instanceId);
        const Filters = [{ Name: 'attachment.instance-id', Values: [instanceId] }];
        const { Volumes = [] } = await ec2.send(new DescribeVolumesCommand({ Filters }));
        return Volumes.filter(({ Attachments = [] }) => Attachments[0]?.Device !== RootDeviceName).map(
          ({ VolumeId = '', SnapshotId = '' }) => ({ volumeId: VolumeId, snapshotId: SnapshotId }),
        );
      }),
    commands: (instanceId, afterMs) => said('ListCommandInvocations', () => commandsOn(ssm, instanceId, afterMs)),
    errors: (vpcId, sinceMs, untilMs) =>
      said('GetMetricData', () =>
        errorsOf(
          cloudwatch,
          [...Object.values<string>(commandNames().functions), commandNames().probeNodesPrefix + vpcId],
          sinceMs,
          untilMs,
        ),
      ),
    vpcFunction: (vpcId) =>
      said('GetFunctionConfiguration', async () => {
        const name = commandNames().probeNodesPrefix + vpcId;
        try {
          const { State: state = 'unknown' } = await lambda.send(
            new GetFunctionConfigurationCommand({ FunctionName: name }),
          );
          return { name, state };
        } catch (error) {
          if (error instanceof NoSuchFunction) return undefined;
          throw error;
        }
      }),
    instance: (instanceId) =>
      said(instanceId, async () => {
        const { LaunchTime, MaintenanceOptions } = await instanceOf(ec2, instanceId);
        return { launchedMs: LaunchTime?.getTime() ?? 0, autoRecovery: MaintenanceOptions?.AutoRecovery ?? 'not told' };
      }),
  };
}

const snapshotNow = ({ SnapshotId = '', State, StartTime, Tags }: Snapshot): SnapshotDescription => ({
  ...{ snapshotId: SnapshotId, state: State ?? 'unknown', startedMs: StartTime?.getTime() ?? 0, tags: asTags(Tags) },
});

async function roleInProfile(iam: IAMClient, InstanceProfileName: string): Promise<string> {
  const { InstanceProfile } = await iam.send(new GetInstanceProfileCommand({ InstanceProfileName }));
  const arn = InstanceProfile?.Roles?.[0]?.Arn;
  if (arn === undefined) throw new SmokeError(`the instance profile ${InstanceProfileName} has no role`);
  return arn;
}

/** Makes a template like a fleet's own: it has everything except the instance's owner tags. */
async function makeTemplate(ec2: EC2Client, options: InstanceRequest): Promise<string> {
  const { run, imageId, profile, securityGroupId, userData } = options;
  const { LaunchTemplate } = await ec2.send(
    new CreateLaunchTemplateCommand({
      ...{ LaunchTemplateName: run, ClientToken: run },
      TagSpecifications: [{ ResourceType: 'launch-template', Tags: [{ Key: SMOKE_TAG, Value: run }] }],
      LaunchTemplateData: {
        ...{ ImageId: imageId, InstanceType: INSTANCE_TYPE, IamInstanceProfile: { Name: profile } },
        ...(securityGroupId !== undefined && { SecurityGroupIds: [securityGroupId] }),
        MetadataOptions: { HttpTokens: 'required' },
        UserData: Buffer.from(userData).toString('base64'),
      },
    }),
  );
  return LaunchTemplate?.LaunchTemplateId ?? '';
}

async function makePolicy(dlm: DLMClient, run: string, fleet: string, fromMs: number): Promise<string> {
  const target = { Key: SELECTOR_TAG, Value: fleet };
  const { Policies = [] } = await dlm.send(
    new GetLifecyclePoliciesCommand({ TargetTags: [`${target.Key}=${target.Value}`] }),
  );
  const [known] = Policies.filter(({ Tags = {} }) => !(SMOKE_TAG in Tags));
  if (known?.PolicyId === undefined)
    throw new SmokeError(`the stack has no lifecycle policy for ${fleet}: it was deployed with another file`);
  const { Policy } = await dlm.send(new GetLifecyclePolicyCommand({ PolicyId: known.PolicyId }));
  const { PolicyId = '' } = await dlm.send(
    new CreateLifecyclePolicyCommand({
      ...{ ExecutionRoleArn: Policy?.ExecutionRoleArn ?? '', State: 'ENABLED', Tags: { [SMOKE_TAG]: run } },
      Description: `chainmend smoke test ${run}`,
      PolicyDetails: {
        ...{ PolicyType: 'EBS_SNAPSHOT_MANAGEMENT', ResourceTypes: ['VOLUME'], TargetTags: [target] },
        Schedules: [
          {
            ...{ Name: run, CopyTags: true, TagsToAdd: [{ Key: SMOKE_TAG, Value: run }], RetainRule: { Count: 2 } },
            // "The operation occurs within a one-hour window following the specified time" (CreateRule.Times).
            CreateRule: { Interval: 1, IntervalUnit: 'HOURS', Times: [new Date(fromMs).toISOString().slice(11, 16)] },
          },
        ],
      },
    }),
  );
  return PolicyId;
}

async function hang(ssm: SSMClient, instanceId: string): Promise<string> {
  const { Command } = await ssm.send(
    new SendCommandCommand({
      ...{ DocumentName: 'AWS-RunShellScript', InstanceIds: [instanceId], TimeoutSeconds: 60 },
      Parameters: { commands: [`systemctl kill --signal=STOP ${UNIT}.service`] },
    }),
  );
  return Command?.CommandId ?? '';
}

const UNDER_WAY: ReadonlySet<string> = new Set(['Pending', 'InProgress', 'Delayed', 'Cancelling']);

async function commandEnd(ssm: SSMClient, CommandId: string, InstanceId: string): Promise<SentCommand | undefined> {
  try {
    const invocation = await ssm.send(new GetCommandInvocationCommand({ CommandId, InstanceId }));
    const { DocumentName: document = '', Status: status = '', StandardErrorContent = '' } = invocation;
    const said = shortened(StandardErrorContent);
    return UNDER_WAY.has(status) ? undefined : { document, status, said };
  } catch (error) {
    // AWS reports the invocation a moment after it was sent.
    if (error instanceof Error && error.name === 'InvocationDoesNotExist') return undefined;
    throw error;
  }
}

const shortened = (text: string): string => text.trim().slice(0, 500);

async function commandsOn(ssm: SSMClient, InstanceId: string, afterMs: number): Promise<readonly SentCommand[]> {
  // "2021-07-07T00:00:00Z" (CommandFilter.value).
  const Filters = [{ key: 'InvokedAfter' as const, value: `${new Date(afterMs).toISOString().slice(0, 19)}Z` }];
  const found: CommandInvocation[] = [];
  for await (const { CommandInvocations = [] } of paginateListCommandInvocations(
    { client: ssm },
    { InstanceId, Filters },
  )) {
    found.push(...CommandInvocations);
    if (found.length > MAX_COMMANDS)
      throw new SmokeError(`more than ${MAX_COMMANDS} commands were sent to ${InstanceId}`);
  }
  const sent: SentCommand[] = [];
  for (const { CommandId, DocumentName: document = '', Status: status = '' } of found) {
    let said = '';
    if (status === 'Failed') {
      const { StandardErrorContent = '' } = await ssm.send(new GetCommandInvocationCommand({ CommandId, InstanceId }));
      said = shortened(StandardErrorContent);
    }
    sent.push({ document, status, said });
  }
  return sent;
}

async function errorsOf(
  cloudwatch: CloudWatchClient,
  names: readonly string[],
  sinceMs: number,
  untilMs: number,
): Promise<ReadonlyMap<string, number>> {
  const { MetricDataResults = [] } = await cloudwatch.send(
    new GetMetricDataCommand({
      ...{ StartTime: new Date(sinceMs), EndTime: new Date(untilMs) },
      MetricDataQueries: names.map((name, index) => ({
        Id: `f${index}`,
        MetricStat: {
          Metric: {
            Namespace: 'AWS/Lambda',
            MetricName: 'Errors',
            Dimensions: [{ Name: 'FunctionName', Value: name }],
          },
          ...{ Period: 5 * MINUTE_SECONDS, Stat: 'Sum' },
        },
      })),
    }),
  );
  const sums = names.map((name, index) => {
    const { Values = [] } = MetricDataResults.find(({ Id }) => Id === `f${index}`) ?? {};
    return [name, Values.reduce((sum, value) => sum + value, 0)] as const;
  });
  return new Map(sums.filter(([, sum]) => sum > 0));
}

async function instanceOf(ec2: EC2Client, instanceId: string): Promise<Instance> {
  const Filters = [{ Name: 'instance-id', Values: [instanceId] }];
  const { Reservations = [] } = await ec2.send(new DescribeInstancesCommand({ Filters }));
  const instance = Reservations[0]?.Instances?.[0];
  if (!instance) throw new SmokeError(`${instanceId} is gone`);
  return instance;
}
