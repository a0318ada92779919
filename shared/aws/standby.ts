// Sets an instance of an Auto Scaling group to standby, and back to service. A group replaces any member "in a state other than running", except one
// on standby. Sources: doc comments of EnterStandby and ExitStandby in @aws-sdk/client-auto-scaling; "Temporarily remove instances from your Auto
// Scaling group" (EC2 Auto Scaling user guide).
import {
  type AutoScalingClient,
  type AutoScalingGroup,
  DescribeAutoScalingGroupsCommand,
  DescribeAutoScalingInstancesCommand,
  EnterStandbyCommand,
  ExitStandbyCommand,
  SetDesiredCapacityCommand,
} from '@aws-sdk/client-auto-scaling';
import { type Accepted, type AwsRefusal, catchRefusal } from './refusals.ts';

/** `elsewhere`: it belongs to no group, or it is entering or leaving the group for another reason than standby; `lifecycle` says how. */
export interface StandbyStatus {
  readonly is: 'in-service' | 'entering' | 'standby' | 'leaving' | 'elsewhere';
  /** In AWS's words: "InService", "EnteringStandby", "Terminating:Wait"; "none" where it belongs to no group. */
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
  // "Pending" is the state between standby and service. A member that was never in service has it, too, and is also left alone.
  return { is: lifecycle.startsWith('Pending') ? 'leaving' : 'elsewhere', lifecycle };
}

export interface Member {
  readonly group: string;
  readonly instanceId: string;
}

/**
 * Requests standby, with the desired capacity decremented, so that no other instance is launched in its place. It does not wait for it; standby takes
 * as long as its target groups drain. An instance that is on standby or on its way there is accepted.
 *
 * @returns refused with MinSize where the group could not spare one, before anything is requested; else with AWS's own code
 * @throws errors that leave the effect open, and throttling: repeating the same call is safe
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
  const answer = await catchRefusal<Accepted>(async () => {
    const request = { AutoScalingGroupName: group, InstanceIds: [instanceId], ShouldDecrementDesiredCapacity: true };
    await autoscaling.send(new EnterStandbyCommand(request));
    return { accepted: true };
  });
  return unlessDone(autoscaling, instanceId, answer, ['entering', 'standby']);
}

/**
 * Requests the return to service, which increments the desired capacity again, and does not wait for it. The instance must be running, or the group
 * replaces it. An instance that is in service or on its way there is accepted.
 *
 * @returns refused where the group has no room (MaxSize), with AWS's own code
 * @throws errors that leave the effect open, and throttling: repeating the same call is safe
 */
export async function exitStandby(
  autoscaling: AutoScalingClient,
  { group, instanceId }: Member,
): Promise<Accepted | AwsRefusal> {
  const { is, lifecycle } = await standbyState(autoscaling, instanceId);
  if (is === 'in-service' || is === 'leaving') return { accepted: true };
  if (is !== 'standby') return standbyRefusal(instanceId, lifecycle, 'left');
  const answer = await catchRefusal<Accepted>(async () => {
    await autoscaling.send(new ExitStandbyCommand({ AutoScalingGroupName: group, InstanceIds: [instanceId] }));
    return { accepted: true };
  });
  return unlessDone(autoscaling, instanceId, answer, ['leaving', 'in-service']);
}

/**
 * The client repeats a call whose answer was lost, and the second one is refused because the first one was carried out: "The instance is not in
 * InService". A member that was taken for refused would stay on standby, and serve nobody.
 */
async function unlessDone(
  autoscaling: AutoScalingClient,
  instanceId: string,
  answer: Accepted | AwsRefusal,
  done: readonly StandbyStatus['is'][],
): Promise<Accepted | AwsRefusal> {
  if (!('refused' in answer)) return answer;
  const { is } = await standbyState(autoscaling, instanceId);
  return done.includes(is) ? { accepted: true } : answer;
}

const standbyRefusal = (instanceId: string, lifecycle: string, verb: string): AwsRefusal => ({
  refused: `${instanceId} is ${lifecycle === 'none' ? 'in no Auto Scaling group' : lifecycle}: standby cannot be ${verb} from there`,
  code: 'LifecycleState',
});

/** Why the group could not set this member aside now; null where it could, or has done so already. Reads only. */
export async function standbyFault(
  autoscaling: AutoScalingClient,
  { group, instanceId }: Member,
): Promise<string | null> {
  const [{ is }, found] = await Promise.all([standbyState(autoscaling, instanceId), readGroup(autoscaling, group)]);
  return is === 'in-service' && found ? minSizeForbids(found) : null;
}

/**
 * The group's number with a place for one more member. A member that was terminated on standby has taken its place with it, since EnterStandby has lowered
 * the number; null: there is no such group.
 */
export async function withOneMore(autoscaling: AutoScalingClient, group: string): Promise<number | null> {
  const found = await readGroup(autoscaling, group);
  return found ? (found.DesiredCapacity ?? 0) + 1 : null;
}

/** The number itself, and not one more: however often it is sent, it says the same. @returns refused where the group has no room (MaxSize) */
export const setDesired = (autoscaling: AutoScalingClient, group: string, to: number): Promise<Accepted | AwsRefusal> =>
  catchRefusal<Accepted>(async () => {
    const request = { AutoScalingGroupName: group, DesiredCapacity: to, HonorCooldown: false };
    await autoscaling.send(new SetDesiredCapacityCommand(request));
    return { accepted: true };
  });

async function readGroup(autoscaling: AutoScalingClient, name: string): Promise<AutoScalingGroup | undefined> {
  const byName = { AutoScalingGroupNames: [name] };
  const { AutoScalingGroups = [] } = await autoscaling.send(new DescribeAutoScalingGroupsCommand(byName));
  return AutoScalingGroups[0];
}

/**
 * "… as long as the desired capacity of the Auto Scaling group after the instances are placed into standby is equal to or greater than the minimum
 * capacity of the group." null: the group can spare one.
 */
function minSizeForbids({ AutoScalingGroupName, MinSize = 0, DesiredCapacity = 0 }: AutoScalingGroup): string | null {
  if (DesiredCapacity - 1 >= MinSize) return null;
  return `Auto Scaling group ${AutoScalingGroupName} has a minimum of ${MinSize} and wants ${DesiredCapacity}: one fewer is not allowed. Lower its minimum by one for as long as the node is being healed`;
}
