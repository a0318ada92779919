// Instances: describe, status checks, start, stop, reboot. Sources: doc comments of the commands in @aws-sdk/client-ec2;
// "Amazon EC2 instance state changes", "Status checks for Amazon EC2 instances" (EC2 user guide).
import type {
  Instance as DescribedInstance,
  DescribeInstanceStatusRequest,
  DescribeInstanceStatusResult,
  DescribeInstancesRequest,
  DescribeInstancesResult,
  InstanceStateChange,
  InstanceStatus,
  RebootInstancesRequest,
  StartInstancesRequest,
  StartInstancesResult,
  StopInstancesRequest,
  StopInstancesResult,
} from '@aws-sdk/client-ec2';
import { AwsError, type Operation } from '../service.ts';
import { type FilterFields, filtered, paged, refuseDryRun, refuseIdsWithPages } from './query.ts';
import { checkId, type Ec2State, type Instance, type InstanceState, type Volume, withIds } from './state.ts';

/** The low byte of EC2's state codes (SDK: `InstanceState.Code`). */
const STATE_CODES: Readonly<Record<InstanceState, number>> = { pending: 0, running: 16, stopping: 64, stopped: 80 };
/** Bounds of our draws; AWS publishes none. Two minutes of initializing checks are what operators see. */
const PENDING_MS = [6_000, 15_000] as const;
const STOPPING_MS = [10_000, 40_000] as const;
const CHECKS_MS = [90_000, 150_000] as const;
/** "Constraints: Maximum 100 explicitly specified instance IDs." (DescribeInstanceStatusRequest) */
const STATUS_IDS_MAX = 100;

const FIELDS: FilterFields<Instance> = {
  architecture: () => ['x86_64'],
  'availability-zone': (instance) => [instance.availabilityZone],
  'image-id': (instance) => [instance.imageId],
  'instance-id': (instance) => [instance.instanceId],
  'instance-state-code': (instance) => [STATE_CODES[instance.state]],
  'instance-state-name': (instance) => [instance.state],
  'instance-type': (instance) => [instance.instanceType],
  'ip-address': (instance) => [instance.publicIp],
  'launch-time': (instance) => [new Date(instance.launchedAtMs)],
  'owner-id': () => [],
  'private-ip-address': (instance) => [instance.privateIp],
  'root-device-name': (instance) => [instance.rootDeviceName],
  'root-device-type': () => ['ebs'],
  'subnet-id': (instance) => [instance.subnetId],
  'vpc-id': (instance) => [instance.vpcId],
};

const STATUS_FIELDS: FilterFields<Instance> = {
  'availability-zone': (instance) => [instance.availabilityZone],
  'instance-state-code': (instance) => [STATE_CODES[instance.state]],
  'instance-state-name': (instance) => [instance.state],
  'instance-status.status': (instance) => [checksOf(instance).instance],
  'system-status.status': (instance) => [checksOf(instance).system],
  'attached-ebs-status.status': (instance) => [checksOf(instance).attachedEbs],
};

export function instanceOperations(state: Ec2State): Record<string, Operation> {
  const volumesByInstance = (atMs: number): Map<string, Volume[]> =>
    Map.groupBy(
      state.volumesAt(atMs).filter((volume) => volume.attachment),
      (volume) => volume.attachment?.instanceId ?? '',
    );

  return {
    DescribeInstances: (input: DescribeInstancesRequest): DescribeInstancesResult => {
      refuseDryRun(input);
      refuseIdsWithPages(input.InstanceIds, input, 'instancesSet');
      const atMs = state.readMoment();
      const volumes = volumesByInstance(atMs);
      const attached = (instance: Instance) => volumes.get(instance.instanceId) ?? [];
      const fields = { ...FIELDS, ...deviceFields(attached), 'owner-id': () => [state.kernel.accountId] };
      const chosen = withIds(state.instancesAt(atMs), input.InstanceIds, (instance) => instance.instanceId, 'i');
      const matching = filtered(chosen, input.Filters, fields, (instance) => instance.tags);
      // One reservation an instance, as when each was launched by a call of its own.
      const { items, ...rest } = paged(matching, input, { min: 5, max: 1_000 });
      const Reservations = items.map((instance) => ({
        ReservationId: instance.instanceId.replace('i-', 'r-'),
        OwnerId: state.kernel.accountId,
        Groups: [],
        Instances: [described(instance, attached(instance))],
      }));
      return { Reservations, ...rest };
    },

    DescribeInstanceStatus: (input: DescribeInstanceStatusRequest): DescribeInstanceStatusResult => {
      refuseDryRun(input);
      refuseIdsWithPages(input.InstanceIds, input, 'instancesSet');
      if ((input.InstanceIds?.length ?? 0) > STATUS_IDS_MAX) {
        throw new AwsError('InvalidParameterValue', `Too many instance IDs: the maximum is ${STATUS_IDS_MAX}`);
      }
      const chosen = withIds(
        state.instancesAt(state.readMoment()),
        input.InstanceIds,
        (instance) => instance.instanceId,
        'i',
      );
      const shown = input.IncludeAllInstances ? chosen : chosen.filter((instance) => instance.state === 'running');
      const { items, ...rest } = paged(
        filtered(shown, input.Filters, STATUS_FIELDS, () => []),
        input,
        { min: 5, max: 1_000 },
      );
      return { InstanceStatuses: items.map(describedStatus), ...rest };
    },

    StartInstances: (input: StartInstancesRequest): StartInstancesResult => {
      const instances = existing(state, input.InstanceIds);
      refuseStates(instances, ['stopping'], 'started');
      refuseDryRun(input);
      return { StartingInstances: instances.map((instance) => start(state, instance)) };
    },

    StopInstances: (input: StopInstancesRequest): StopInstancesResult => {
      const instances = existing(state, input.InstanceIds);
      refuseStates(instances, ['pending'], 'stopped');
      refuseDryRun(input);
      return { StoppingInstances: instances.map((instance) => stop(state, instance)) };
    },

    RebootInstances: (input: RebootInstancesRequest): object => {
      const instances = existing(state, input.InstanceIds);
      refuseStates(instances, ['pending', 'stopping', 'stopped'], 'rebooted');
      refuseDryRun(input);
      for (const { instanceId } of instances) {
        state.machines.get(instanceId)?.powerOff();
        state.machines.get(instanceId)?.powerOn();
      }
      return {};
    },
  };
}

/** Sets the state and tells the bus: "EC2 Instance State-change Notification", best effort. */
function enter(state: Ec2State, instanceId: string, next: Partial<Instance> & { state: InstanceState }): void {
  state.changeInstance(instanceId, next);
  state.kernel.emit({
    source: 'aws.ec2',
    'detail-type': 'EC2 Instance State-change Notification',
    resources: [state.arn('instance', instanceId)],
    detail: { 'instance-id': instanceId, state: next.state },
  });
}

/** Starting an instance that runs already changes nothing and succeeds. */
function start(state: Ec2State, before: Instance): InstanceStateChange {
  const { instanceId } = before;
  if (before.state !== 'stopped') return change(before, before.state);
  const { clock } = state.kernel;
  const random = state.kernel.random('ec2/instances');
  const runningAtMs = clock.now() + random.integer(...PENDING_MS);
  const checkedAtMs = runningAtMs + random.integer(...CHECKS_MS);
  const initializing = { system: 'initializing', instance: 'initializing', attachedEbs: 'initializing' } as const;
  enter(state, instanceId, {
    state: 'pending',
    stateReason: undefined,
    checks: initializing,
    launchedAtMs: clock.now(),
  });
  state.kernel.working({ what: 'instance start', resources: [instanceId], from: clock.now(), to: runningAtMs });
  clock.at(runningAtMs, () => {
    enter(state, instanceId, { state: 'running' });
    state.machines.get(instanceId)?.powerOn();
  });
  clock.at(checkedAtMs, () => {
    if (state.instance(instanceId).checks.instance !== 'initializing') return;
    state.changeInstance(instanceId, { checks: { system: 'ok', instance: 'ok', attachedEbs: 'ok' } });
  });
  return change(before, 'pending');
}

function stop(state: Ec2State, before: Instance): InstanceStateChange {
  const { instanceId } = before;
  if (before.state !== 'running') return change(before, before.state);
  const { clock } = state.kernel;
  const stoppedAtMs = clock.now() + state.kernel.random('ec2/instances').integer(...STOPPING_MS);
  const stateReason = {
    code: 'Client.UserInitiatedShutdown',
    message: 'Client.UserInitiatedShutdown: User initiated shutdown',
  };
  enter(state, instanceId, { state: 'stopping', stateReason });
  state.machines.get(instanceId)?.powerOff();
  state.kernel.working({ what: 'instance stop', resources: [instanceId], from: clock.now(), to: stoppedAtMs });
  clock.at(stoppedAtMs, () => enter(state, instanceId, { state: 'stopped' }));
  return change(before, 'stopping');
}

function existing(state: Ec2State, ids: readonly string[] | undefined): readonly Instance[] {
  if (!ids?.length) throw new AwsError('MissingParameter', 'The request must contain the parameter InstanceId');
  for (const id of ids) checkId('i', id);
  return withIds(state.instancesAt(state.kernel.clock.now()), ids, (instance) => instance.instanceId, 'i');
}

function refuseStates(instances: readonly Instance[], states: readonly InstanceState[], verb: string): void {
  const wrong = instances.find((instance) => states.includes(instance.state));
  if (!wrong) return;
  throw new AwsError(
    'IncorrectInstanceState',
    `The instance '${wrong.instanceId}' is not in a state from which it can be ${verb}.`,
  );
}

const stateOf = (name: InstanceState) => ({ Code: STATE_CODES[name], Name: name });

const change = ({ instanceId, state }: Instance, current: InstanceState): InstanceStateChange => ({
  InstanceId: instanceId,
  PreviousState: stateOf(state),
  CurrentState: stateOf(current),
});

function deviceFields(attached: (instance: Instance) => readonly Volume[]): FilterFields<Instance> {
  return {
    'block-device-mapping.volume-id': (instance) => attached(instance).map((volume) => volume.volumeId),
    'block-device-mapping.device-name': (instance) => attached(instance).map((volume) => volume.attachment?.device),
    'block-device-mapping.status': (instance) => attached(instance).map((volume) => volume.attachment?.state),
    'block-device-mapping.delete-on-termination': (instance) =>
      attached(instance).map((volume) => volume.attachment?.deleteOnTermination),
  };
}

function described(instance: Instance, volumes: readonly Volume[]): DescribedInstance {
  const { publicIp, stateReason } = instance;
  return {
    InstanceId: instance.instanceId,
    InstanceType: instance.instanceType as NonNullable<DescribedInstance['InstanceType']>,
    ImageId: instance.imageId,
    State: stateOf(instance.state),
    LaunchTime: new Date(instance.launchedAtMs),
    Placement: { AvailabilityZone: instance.availabilityZone, Tenancy: 'default' },
    PrivateIpAddress: instance.privateIp,
    PrivateDnsName: `ip-${instance.privateIp.replaceAll('.', '-')}.${instance.availabilityZone.slice(0, -1)}.compute.internal`,
    ...(publicIp === undefined ? {} : { PublicIpAddress: publicIp }),
    SubnetId: instance.subnetId,
    VpcId: instance.vpcId,
    Architecture: 'x86_64',
    VirtualizationType: 'hvm',
    RootDeviceName: instance.rootDeviceName,
    RootDeviceType: 'ebs',
    MetadataOptions: { HttpTokens: 'required', HttpEndpoint: 'enabled', State: 'applied' },
    BlockDeviceMappings: volumes.flatMap(({ volumeId, attachment }) =>
      attachment
        ? [
            {
              DeviceName: attachment.device,
              Ebs: {
                VolumeId: volumeId,
                // EBS's `busy` shows as `detaching` here: this enumeration has no such value.
                Status: attachment.state === 'busy' ? 'detaching' : attachment.state,
                AttachTime: new Date(attachment.attachedAtMs),
                DeleteOnTermination: attachment.deleteOnTermination,
              },
            },
          ]
        : [],
    ),
    Tags: [...instance.tags],
    ...(stateReason ? { StateReason: { Code: stateReason.code, Message: stateReason.message } } : {}),
  };
}

/** Checks of an instance that does not run are `not-applicable` (SDK: SummaryStatus). */
const checksOf = (instance: Instance) =>
  instance.state === 'running'
    ? instance.checks
    : ({ system: 'not-applicable', instance: 'not-applicable', attachedEbs: 'not-applicable' } as const);

const REACHABILITY = {
  ok: 'passed',
  impaired: 'failed',
  initializing: 'initializing',
  'insufficient-data': 'insufficient-data',
} as const;

function describedStatus(instance: Instance): InstanceStatus {
  const checks = checksOf(instance);
  const summary = (status: typeof checks.system) => ({
    Status: status,
    Details: status === 'not-applicable' ? [] : [{ Name: 'reachability' as const, Status: REACHABILITY[status] }],
  });
  return {
    InstanceId: instance.instanceId,
    AvailabilityZone: instance.availabilityZone,
    InstanceState: stateOf(instance.state),
    SystemStatus: summary(checks.system),
    InstanceStatus: summary(checks.instance),
    AttachedEbsStatus: summary(checks.attachedEbs),
    Events: [],
  };
}
