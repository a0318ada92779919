// Instances: describe, status checks, start, stop, reboot, terminate. Launches are in run-instances.ts. Sources: doc comments of the commands in
// @aws-sdk/client-ec2.
import type {
  DescribeInstanceStatusRequest,
  DescribeInstanceStatusResult,
  DescribeInstancesRequest,
  DescribeInstancesResult,
  RebootInstancesRequest,
  StartInstancesRequest,
  StartInstancesResult,
  StopInstancesRequest,
  StopInstancesResult,
  TerminateInstancesRequest,
  TerminateInstancesResult,
} from '@aws-sdk/client-ec2';
import { AwsError, type Call, notEmulated, type Operation } from '../../simulator/service.ts';
import { askForKeys, reboot, start, stop, terminate } from './instance-lifecycle.ts';
import { described, describedStatus, deviceFields, INSTANCE_FIELDS, STATUS_FIELDS } from './instance-views.ts';
import type { Instance, InstanceState, Protection } from './model.ts';
import { filtered, paged, refuseDryRun, refuseIdsWithPages } from './query.ts';
import { checkId, type Ec2State, withIds } from './state.ts';

/** "Constraints: Maximum 100 explicitly specified instance IDs." (DescribeInstanceStatusRequest) */
const STATUS_IDS_MAX = 100;
/** "Constraints: Up to 1000 instance IDs." (TerminateInstancesRequest) */
const TERMINATED_IDS_MAX = 1_000;
/** Start, stop and reboot refuse these states. */
const GOING: readonly InstanceState[] = ['shutting-down', 'terminated'];

export function instanceOperations(state: Ec2State): Record<string, Operation> {
  return {
    DescribeInstances: (input: DescribeInstancesRequest): DescribeInstancesResult => {
      refuseDryRun(input);
      refuseIdsWithPages(input.InstanceIds, input, 'instancesSet');
      const atMs = state.readMoment();
      const volumes = state.attachedAt(atMs);
      const attached = (instance: Instance) => volumes.get(instance.instanceId) ?? [];
      const fields = { ...INSTANCE_FIELDS, ...deviceFields(attached), 'owner-id': () => [state.kernel.accountId] };
      const chosen = withIds(state.instancesAt(atMs), input.InstanceIds, (instance) => instance.instanceId, 'i');
      const matching = filtered(chosen, input.Filters, fields, (instance) => instance.tags);
      const { items, ...rest } = paged(matching, input, { min: 5, max: 1_000 });
      const reservations = Map.groupBy(items, ({ settings }) => settings.reservationId);
      const Reservations = [...reservations].map(([ReservationId, members]) => ({
        ReservationId,
        OwnerId: state.kernel.accountId,
        Groups: [],
        Instances: members.map((instance) => described(instance, attached(instance))),
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

    StartInstances: (input: StartInstancesRequest, call: Call): StartInstancesResult => {
      const instances = existing(state, input.InstanceIds);
      refuseStates(instances, ['stopping', ...GOING], 'started');
      refuseDryRun(input);
      for (const { state: now, availabilityZone, instanceType } of instances) {
        if (now !== 'stopped') continue;
        state.quotas.askForInstance(state, instanceType);
        state.capacity.ask(availabilityZone, instanceType);
      }
      for (const { instanceId, state: now } of instances) if (now === 'stopped') askForKeys(state, instanceId, call);
      return { StartingInstances: instances.map((instance) => start(state, instance)) };
    },

    StopInstances: (input: StopInstancesRequest): StopInstancesResult => {
      const instances = existing(state, input.InstanceIds);
      refuseStates(instances, ['pending', ...GOING], 'stopped');
      refuseProtected(instances, ({ stop: isProtected }) => (isProtected ? 'disableApiStop' : undefined), 'stopped');
      if (input.Hibernate) throw notEmulated('Hibernate of StopInstances');
      if (input.SkipOsShutdown) throw notEmulated('SkipOsShutdown of StopInstances');
      refuseDryRun(input);
      return { StoppingInstances: instances.map((instance) => stop(state, instance)) };
    },

    RebootInstances: (input: RebootInstancesRequest): object => {
      const instances = existing(state, input.InstanceIds);
      refuseStates(instances, ['pending', 'stopping', 'stopped', ...GOING], 'rebooted');
      refuseDryRun(input);
      for (const instance of instances) reboot(state, instance);
      return {};
    },

    TerminateInstances: (input: TerminateInstancesRequest): TerminateInstancesResult => {
      if ((input.InstanceIds?.length ?? 0) > TERMINATED_IDS_MAX) {
        throw new AwsError('InvalidParameterValue', `Too many instance IDs: the maximum is ${TERMINATED_IDS_MAX}`);
      }
      const instances = existing(state, input.InstanceIds);
      refuseProtected(instances, guardOfTermination, 'terminated');
      if (input.SkipOsShutdown) throw notEmulated('SkipOsShutdown of TerminateInstances');
      refuseDryRun(input);
      // `Force` makes no difference: no shutdown hangs here.
      return { TerminatingInstances: instances.map((instance) => terminate(state, instance)) };
    },
  };
}

/** "When the DisableApiStop attribute is set to false, the DisableApiTermination attribute setting determines whether the instance can be terminated". */
const guardOfTermination = ({ stop: isProtected, termination }: Protection): string | undefined =>
  termination ? 'disableApiTermination' : isProtected ? 'disableApiStop' : undefined;

/** What has ended is not protected any more. Words: "Troubleshoot instance termination" (EC2 user guide). */
function refuseProtected(
  instances: readonly Instance[],
  guardOf: (protection: Protection) => string | undefined,
  verb: string,
): void {
  for (const { instanceId, state: now, settings } of instances) {
    const attribute = GOING.includes(now) ? undefined : guardOf(settings.protection);
    if (attribute !== undefined)
      throw new AwsError(
        'OperationNotPermitted',
        `The instance '${instanceId}' may not be ${verb}. Modify its '${attribute}' instance attribute and try again.`,
      );
  }
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
