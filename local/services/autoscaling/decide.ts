// Decides what a scaling group does next, from the health of its members. Pure. Sources: "Health checks for instances in an Auto Scaling group", "Set
// the health check grace period for an Auto Scaling group", "Temporarily remove instances from your Auto Scaling group" (EC2 Auto Scaling user
// guide).
import type { Instance } from '../ec2/model.ts';
import type { Group, Member } from './groups.ts';

/** The group's view of a member: its instance, undefined if it does not exist any more, and the health in its target groups. */
export interface MemberHealth {
  readonly instance: Instance | undefined;
  readonly targetUnhealthy: boolean;
}

export type GroupAction =
  | { readonly do: 'forget' | 'enter-service'; readonly member: Member }
  /** It is Unhealthy from now on, and replaced in the next round. */
  | { readonly do: 'mark'; readonly member: Member; readonly because: string }
  | { readonly do: 'terminate'; readonly member: Member }
  | { readonly do: 'launch'; readonly count: number };

/**
 * "An instance … in a state other than running, including stopping, stopped, shutting-down and terminated" is unhealthy, also in the grace period.
 */
const isGone = (instance: Instance | undefined): boolean => instance === undefined || instance.state === 'terminated';

export function nextSteps(group: Group, see: (member: Member) => MemberHealth, nowMs: number): readonly GroupAction[] {
  const steps: GroupAction[] = [];
  // Members that are or will be in service: neither on standby nor leaving.
  let active = 0;
  for (const member of group.members.values()) {
    const health = see(member);
    const step = stepFor(group, member, health, nowMs);
    if (step) steps.push(step);
    const leaves = step?.do === 'forget' || step?.do === 'terminate' || member.lifecycle === 'Terminating';
    if (!leaves && (member.lifecycle === 'Pending' || member.lifecycle === 'InService')) active++;
  }
  if (active < group.desired && !group.suspended.has('Launch'))
    steps.push({ do: 'launch', count: group.desired - active });
  return steps;
}

function stepFor(
  group: Group,
  member: Member,
  { instance, targetUnhealthy }: MemberHealth,
  nowMs: number,
): GroupAction | undefined {
  const { lifecycle } = member;
  if (lifecycle === 'Terminating') return isGone(instance) ? { do: 'forget', member } : undefined;
  // On standby it may be stopped and started: it is not checked. AWS does not say what happens to one that was terminated meanwhile; here the group
  // forgets it.
  if (lifecycle === 'Standby' || lifecycle === 'EnteringStandby')
    return isGone(instance) ? { do: 'forget', member } : undefined;
  if (lifecycle === 'Pending') {
    if (isGone(instance)) return { do: 'forget', member };
    return instance?.state === 'running' ? { do: 'enter-service', member } : undefined;
  }
  if (member.health === 'Unhealthy') {
    const mayReplace = !group.suspended.has('ReplaceUnhealthy') && !group.suspended.has('Terminate');
    return mayReplace ? { do: 'terminate', member } : undefined;
  }
  if (group.suspended.has('HealthCheck')) return undefined;
  const because = complaint(group, member, { instance, targetUnhealthy }, nowMs);
  return because === undefined ? undefined : { do: 'mark', member, because };
}

function complaint(
  group: Group,
  member: Member,
  { instance, targetUnhealthy }: MemberHealth,
  nowMs: number,
): string | undefined {
  if (instance?.state !== 'running')
    return `an EC2 health check indicating it has been ${isGone(instance) ? 'terminated' : 'taken out of service'}`;
  if (inGrace(group, member, nowMs)) return undefined;
  // Attached EBS checks are ignored: they count only in groups with EBS health checks, which are not modelled.
  if (instance.checks.system === 'impaired' || instance.checks.instance === 'impaired') {
    return 'an EC2 instance status checks failure';
  }
  return group.elbChecks && targetUnhealthy ? 'an ELB system health check failure' : undefined;
}

/** "The grace period applies to newly launched instances and instances that are put back into service after being in standby". */
export const inGrace = ({ graceSeconds }: Group, { inServiceAtMs }: Member, nowMs: number): boolean =>
  inServiceAtMs !== undefined && nowMs < inServiceAtMs + graceSeconds * 1_000;
