// Runs a scaling group's decisions, round by round, as an AWS service that acts on EC2 and on target groups.

import type { Kernel } from '../../simulator/kernel.ts';
import { AwsError } from '../../simulator/service.ts';
import type { Ec2 } from '../ec2/service.ts';
import type { LoadBalancing } from '../elb/load-balancing.ts';
import { type GroupAction, type MemberHealth, nextSteps } from './decide.ts';
import type { Activity, Group, Member } from './groups.ts';

/** AWS does not say how often a group checks its members. */
const ROUND_MS = 30_000;
/** From a call to the new lifecycle state if nothing has to drain: our assumption. */
const MOVING_MS = [4_000, 12_000] as const;
const DRAIN_LOOK_MS = 5_000;
/** "The range is 0–3600 seconds" ("Deregistration delay"). */
const DRAIN_LOOKS_MAX = 3_600_000 / DRAIN_LOOK_MS;
/** "Scaling activities … for the last six weeks": limited by number here. */
const ACTIVITIES_MAX = 1_000;

export class Keeper {
  readonly #kernel: Kernel;
  readonly #ec2: Ec2;
  readonly #loadBalancing: LoadBalancing;

  constructor(kernel: Kernel, ec2: Ec2, loadBalancing: LoadBalancing) {
    this.#kernel = kernel;
    this.#ec2 = ec2;
    this.#loadBalancing = loadBalancing;
  }

  /** Checks the group from now on. */
  keep(group: Group): void {
    this.#kernel.clock.after(ROUND_MS, () => {
      this.#round(group);
      this.keep(group);
    });
  }

  moveToStandby(group: Group, member: Member, cause: string): Activity {
    const activity = this.#begin(group, `Moving EC2 instance to Standby: ${member.instanceId}`, cause);
    member.lifecycle = 'EnteringStandby';
    for (const arn of group.targetGroupArns) this.#loadBalancing.deregister(arn, member.instanceId);
    const { instanceId } = member;
    const settled = (looks: number): void => {
      if (member.lifecycle !== 'EnteringStandby') return;
      if (looks > 0 && this.#drains(group, member)) {
        activity.status = 'WaitingForELBConnectionDraining';
        this.#kernel.clock.after(DRAIN_LOOK_MS, () => settled(looks - 1));
        return;
      }
      member.lifecycle = 'Standby';
      this.#worked(activity, instanceId);
      this.#end(activity, 'Successful');
    };
    this.#kernel.clock.after(this.#movingMs(), () => settled(DRAIN_LOOKS_MAX));
    return activity;
  }

  moveToService(group: Group, member: Member, cause: string): Activity {
    const activity = this.#begin(group, `Moving EC2 instance out of Standby: ${member.instanceId}`, cause);
    member.lifecycle = 'Pending';
    // "Once out of Standby, health checks are performed on it again": its earlier health is forgotten.
    member.health = 'Healthy';
    this.#kernel.clock.after(this.#movingMs(), () => {
      if (member.lifecycle === 'Pending') this.#enterService(group, member);
      this.#worked(activity, member.instanceId);
      this.#end(activity, 'Successful');
    });
    return activity;
  }

  /** "Elastic Load Balancing … waits for in-flight requests": the instance ends once its targets have drained. */
  moveOut(group: Group, member: Member, cause: string): Activity {
    const { instanceId } = member;
    const activity = this.#begin(group, `Terminating EC2 instance: ${instanceId}`, cause);
    member.lifecycle = 'Terminating';
    for (const arn of group.targetGroupArns) this.#loadBalancing.deregister(arn, instanceId);
    const drained = (looks: number): void => {
      if (looks > 0 && this.#drains(group, member)) {
        activity.status = 'WaitingForELBConnectionDraining';
        this.#kernel.clock.after(DRAIN_LOOK_MS, () => drained(looks - 1));
        return;
      }
      if (this.#ec2.instances().some((instance) => instance.instanceId === instanceId))
        this.#ec2.terminateAs(instanceId);
      this.#end(activity, 'Successful');
    };
    this.#kernel.clock.after(this.#movingMs(), () => drained(DRAIN_LOOKS_MAX));
    return activity;
  }

  #round(group: Group): void {
    for (const step of nextSteps(group, (member) => this.#see(group, member), this.#kernel.clock.now()))
      this.#take(group, step);
  }

  #take(group: Group, step: GroupAction): void {
    if (step.do === 'launch') for (let one = 0; one < step.count; one++) this.#launch(group);
    else if (step.do === 'forget') group.members.delete(step.member.instanceId);
    else if (step.do === 'enter-service') this.#enterService(group, step.member);
    else if (step.do === 'mark') step.member.health = 'Unhealthy';
    else this.#terminate(group, step.member);
  }

  #see(group: Group, { instanceId }: Member): MemberHealth {
    return {
      instance: this.#ec2.instances().find((instance) => instance.instanceId === instanceId),
      targetUnhealthy: group.targetGroupArns.some((arn) =>
        this.#loadBalancing.health(arn).some(({ id, state }) => id === instanceId && state === 'unhealthy'),
      ),
    };
  }

  #enterService(group: Group, member: Member): void {
    member.lifecycle = 'InService';
    member.inServiceAtMs = this.#kernel.clock.now();
    for (const arn of group.targetGroupArns) this.#loadBalancing.register(arn, member.instanceId);
  }

  #terminate(group: Group, member: Member): void {
    const { instanceId } = member;
    const cause = `At ${this.#now()} an instance was taken out of service in response to a health check failure.`;
    const activity = this.#begin(group, `Terminating EC2 instance: ${instanceId}`, cause);
    member.lifecycle = 'Terminating';
    for (const arn of group.targetGroupArns) this.#loadBalancing.deregister(arn, instanceId);
    if (this.#ec2.instances().some((instance) => instance.instanceId === instanceId)) this.#ec2.terminateAs(instanceId);
    this.#end(activity, 'Successful');
  }

  /** In the zone with the fewest members; if that one has no capacity, in another zone of the group. */
  #launch(group: Group): void {
    const cause = `At ${this.#now()} an instance was started in response to a difference between desired and actual capacity.`;
    const subnets = this.#subnets(group);
    let refusal = 'The group has no launch template or no subnet.';
    for (const { subnetId } of group.launchTemplate ? subnets : []) {
      try {
        const instanceId = this.#run(group, subnetId);
        const { launchTemplate } = group;
        group.members.set(instanceId, {
          instanceId,
          lifecycle: 'Pending',
          health: 'Healthy',
          inServiceAtMs: undefined,
          launchTemplate,
        });
        this.#end(this.#begin(group, `Launching a new EC2 instance: ${instanceId}`, cause), 'Successful');
        return;
      } catch (error) {
        if (!(error instanceof AwsError)) throw error;
        refusal = `${error.message} Launching EC2 instance failed.`;
        if (error.name !== 'InsufficientInstanceCapacity') break;
      }
    }
    const activity = this.#begin(group, 'Launching a new EC2 instance', cause);
    activity.message = refusal;
    this.#end(activity, 'Failed');
  }

  #run(group: Group, subnetId: string): string {
    const { LaunchTemplateId, Version } = group.launchTemplate ?? {};
    const template = this.#ec2.launchTemplates().find(({ launchTemplateId }) => launchTemplateId === LaunchTemplateId);
    const number =
      Version === '$Latest'
        ? template?.versions.length
        : Version === '$Default'
          ? template?.defaultVersion
          : Number(Version);
    const [card] = template?.versions.find(({ version }) => version === number)?.data.NetworkInterfaces ?? [];
    const [instanceId] = this.#ec2.runAs(
      {
        LaunchTemplate: { LaunchTemplateId, Version },
        MinCount: 1,
        MaxCount: 1,
        // In a template with a network interface, the subnet belongs to the interface.
        ...(card ? { NetworkInterfaces: [{ ...card, SubnetId: subnetId }] } : { SubnetId: subnetId }),
      },
      [
        ...group.tags.filter(({ propagate }) => propagate).map(({ key, value }) => ({ Key: key, Value: value })),
        { Key: 'aws:autoscaling:groupName', Value: group.name },
      ],
    );
    if (instanceId === undefined) throw new Error(`autoscaling: ${group.name}: RunInstances launched nothing`);
    return instanceId;
  }

  /** The group's subnets; first those in the zone with the fewest members. */
  #subnets({ subnetIds, members }: Group): readonly { readonly subnetId: string }[] {
    const instances = this.#ec2.instances().filter(({ instanceId }) => members.has(instanceId));
    const crowd = (zone: string): number =>
      instances.filter(({ availabilityZone }) => availabilityZone === zone).length;
    return subnetIds
      .flatMap((id) => this.#ec2.subnets().find(({ subnetId }) => subnetId === id) ?? [])
      .map(({ subnetId, availabilityZone }) => ({ subnetId, crowd: crowd(availabilityZone) }))
      .sort((a, b) => a.crowd - b.crowd);
  }

  #drains(group: Group, { instanceId }: Member): boolean {
    return group.targetGroupArns.some((arn) => this.#loadBalancing.health(arn).some(({ id }) => id === instanceId));
  }

  #begin(group: Group, description: string, cause: string): Activity {
    const activity: Activity = {
      id: this.#kernel.random('autoscaling/activities').uuid(),
      description,
      cause,
      startedAtMs: this.#kernel.clock.now(),
      endedAtMs: undefined,
      status: 'InProgress',
      message: undefined,
    };
    group.activities.push(activity);
    group.activities.splice(0, Math.max(0, group.activities.length - ACTIVITIES_MAX));
    return activity;
  }

  /** Reported when it is over: how long targets drain is not known before. */
  #worked({ startedAtMs }: Activity, instanceId: string): void {
    const to = this.#kernel.clock.now();
    this.#kernel.working({ what: 'standby', resources: [instanceId], from: startedAtMs, to });
  }

  #end(activity: Activity, status: 'Successful' | 'Failed'): void {
    activity.status = status;
    activity.endedAtMs = this.#kernel.clock.now();
  }

  #movingMs(): number {
    return this.#kernel.random('autoscaling/moves').integer(...MOVING_MS);
  }

  #now(): string {
    return new Date(this.#kernel.clock.now()).toISOString().replace(/\.\d{3}Z$/, 'Z');
  }
}
