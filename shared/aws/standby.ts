// Takes an instance out of its Auto Scaling group's hands and gives it back. A group replaces any member "in a state other than running", except
// one on standby. Sources: doc comments of EnterStandby and ExitStandby in @aws-sdk/client-auto-scaling; "Temporarily remove instances from your
// Auto Scaling group" (EC2 Auto Scaling user guide).
import {
  type AutoScalingClient,
  type AutoScalingGroup,
  DescribeAutoScalingGroupsCommand,
  DescribeAutoScalingInstancesCommand,
  EnterStandbyCommand,
  ExitStandbyCommand,
} from '@aws-sdk/client-auto-scaling';
import { type Accepted, type AwsRefusal, catchRefusal } from './refusals.ts';

/** `elsewhere`: it belongs to no group, or is on its way in or out in a manner that has nothing to do with standby; `lifecycle` says how. */
export interface StandbyStatus {
  readonly is: 'in-service' | 'entering' | 'standby' | 'leaving' | 'elsewhere';
  /** In AWS's words: "InService", "EnteringStandby", "Terminating:Wait"; "none" of one that belongs to no group. */
  readonly lifecycle: string;
}

export async function standbyState(autoscaling: AutoScalingClient, instanceId: string): Promise<StandbyStatus> {
  const { AutoScalingInstances = [] } = await autoscaling.send(
    new DescribeAutoScalingInstancesCommand({ InstanceIds: [instanceId] }),
  );
  const lifecycle = AutoScalingInstances[0]?.LifecycleState ?? 'none';
  if (lifecycle === 'InService') return { is: 'in-service', lifecycle };
  if (lifecycle === 'EnteringStandby') return { is: 'entering', lifecycle };
  if (lifecycle === 'Standby') return { is: 'standby', lifecycle };
  // "Pending" is what one is between standby and service; a member that was never in service is, too, and is left alone all the same.
  return { is: lifecycle.startsWith('Pending') ? 'leaving' : 'elsewhere', lifecycle };
}

export interface Member {
  readonly group: string;
  readonly instanceId: string;
}

/**
 * Asks for standby, with the desired capacity decremented, so that no other instance is launched in its place; does not wait for it, which
 * lasts as long as its target groups drain. One that is on standby or on its way there is accepted.
 *
 * @returns refused with MinSize where the group could not spare one, before anything is asked; else with AWS's own code
 * @throws what leaves open whether it had an effect, and throttling: the same call again is safe
 */
export async function enterStandby(
  autoscaling: AutoScalingClient,
  { group, instanceId }: Member,
): Promise<Accepted | AwsRefusal> {
  const { is, lifecycle } = await standbyState(autoscaling, instanceId);
  if (is === 'standby' || is === 'entering') return { accepted: true };
  if (is !== 'in-service') return standbyRefusal(instanceId, lifecycle, 'entered');
  const found = await readGroup(autoscaling, group);
  const tooFew = found && minSizeForbids(found);
  if (tooFew) return { refused: tooFew, code: 'MinSize' };
  return catchRefusal(async () => {
    const request = { AutoScalingGroupName: group, InstanceIds: [instanceId], ShouldDecrementDesiredCapacity: true };
    await autoscaling.send(new EnterStandbyCommand(request));
    return { accepted: true };
  });
}

/**
 * Asks for the way back into service, which increments the desired capacity again, and does not wait for it. The instance must be running, or
 * the group replaces it. One that is in service or on its way there is accepted.
 *
 * @returns refused where the group has no room (MaxSize), with AWS's own code
 * @throws what leaves open whether it had an effect, and throttling: the same call again is safe
 */
export async function exitStandby(
  autoscaling: AutoScalingClient,
  { group, instanceId }: Member,
): Promise<Accepted | AwsRefusal> {
  const { is, lifecycle } = await standbyState(autoscaling, instanceId);
  if (is === 'in-service' || is === 'leaving') return { accepted: true };
  if (is !== 'standby') return standbyRefusal(instanceId, lifecycle, 'left');
  return catchRefusal(async () => {
    await autoscaling.send(new ExitStandbyCommand({ AutoScalingGroupName: group, InstanceIds: [instanceId] }));
    return { accepted: true };
  });
}

const standbyRefusal = (instanceId: string, lifecycle: string, verb: string): AwsRefusal => ({
  refused: `${instanceId} is ${lifecycle === 'none' ? 'in no Auto Scaling group' : lifecycle}: standby cannot be ${verb} from there`,
  code: 'LifecycleState',
});

async function readGroup(autoscaling: AutoScalingClient, name: string): Promise<AutoScalingGroup | undefined> {
  const byName = { AutoScalingGroupNames: [name] };
  const { AutoScalingGroups = [] } = await autoscaling.send(new DescribeAutoScalingGroupsCommand(byName));
  return AutoScalingGroups[0];
}

/**
 * "… as long as the desired capacity of the Auto Scaling group after the instances are placed into standby is equal to or greater than the
 * minimum capacity of the group." Null: it can spare one.
 */
function minSizeForbids({ AutoScalingGroupName, MinSize = 0, DesiredCapacity = 0 }: AutoScalingGroup): string | null {
  if (DesiredCapacity - 1 >= MinSize) return null;
  return `Auto Scaling group ${AutoScalingGroupName} has a minimum of ${MinSize} and wants ${DesiredCapacity}: one fewer is not allowed. Lower its minimum by one for as long as the node is being healed`;
}
