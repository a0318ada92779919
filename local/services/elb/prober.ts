// Runs the health checks of a target group, as a load balancer does, at each interval while it has targets. Sources: "Health checks for your target
// groups" (Elastic Load Balancing user guides); doc comments of TargetHealth in @aws-sdk/client-elastic-load-balancing-v2.

import type { Kernel } from '../../simulator/kernel.ts';
import { type HttpAnswer, type Network, whenAnswered } from '../../simulator/network/network.ts';
import type { Ec2 } from '../ec2/service.ts';
import {
  type CheckFailure,
  checked,
  type ReportedHealth,
  type Target,
  type TargetGroup,
  targetKey,
} from './target-groups.ts';

export class Prober {
  readonly #kernel: Kernel;
  readonly #ec2: Ec2;
  readonly #network: Network;
  readonly #running = new Set<string>();

  constructor(kernel: Kernel, ec2: Ec2, network: Network) {
    this.#kernel = kernel;
    this.#ec2 = ec2;
    this.#network = network;
  }

  /** Call it after a target was registered. */
  follow(group: TargetGroup): void {
    if (this.#running.has(group.arn) || group.loadBalancerArns.length === 0) return;
    this.#running.add(group.arn);
    this.#kernel.clock.after(group.check.intervalSeconds * 1_000, () => this.#check(group));
  }

  /** A target's health in DescribeTargetHealth. */
  shown(group: TargetGroup, target: Target): ReportedHealth {
    if (target.state === 'draining') return { state: 'draining', reason: target.reason };
    if (group.loadBalancerArns.length === 0) return { state: 'unused', reason: 'Target.NotInUse' };
    if (this.#addressOf(group, target) === undefined) return { state: 'unused', reason: 'Target.InvalidState' };
    return { state: target.state, reason: target.reason };
  }

  #check(group: TargetGroup): void {
    this.#running.delete(group.arn);
    for (const target of [...group.targets.values()]) {
      if (this.#isGone(group, target)) {
        // "If you terminate a registered instance, it is deregistered" ("Register targets"); nothing has to drain.
        group.targets.delete(targetKey(target.id, target.port));
        continue;
      }
      const address = this.#addressOf(group, target);
      if (address !== undefined) this.#probe(group, target, address);
      // "unused … The target is in the stopped or terminated state": when it runs again, it is checked like a new target.
      else if (target.state !== 'draining') {
        target.state = 'initial';
        target.reason = 'Elb.InitialHealthChecking';
        target.streak = 0;
      }
    }
    if (group.targets.size > 0) this.follow(group);
  }

  #isGone({ targetType }: TargetGroup, { id }: Target): boolean {
    return (
      targetType === 'instance' &&
      !this.#ec2.instances().some((one) => one.instanceId === id && one.state !== 'terminated')
    );
  }

  /** Undefined: the instance does not run. */
  #addressOf({ targetType }: TargetGroup, { id }: Target): string | undefined {
    if (targetType === 'ip') return id;
    const instance = this.#ec2.instances().find(({ instanceId }) => instanceId === id);
    return instance?.state === 'running' ? instance.networkInterface?.privateIp : undefined;
  }

  /**
   * This network cannot tell a connection that hangs from lost packets. A port that accepts connections but does not answer fails a TCP check, too;
   * on AWS it would pass.
   */
  #probe(group: TargetGroup, target: Target, address: string): void {
    const { check, vpcId } = group;
    const request = {
      method: 'GET',
      path: check.path,
      headers: { host: address, 'user-agent': 'ELB-HealthChecker/2.0' },
      body: new Uint8Array(),
    };
    const answer = this.#network.request({ vpcId }, address, check.port ?? target.port, request);
    whenAnswered(answer, (known) => checked(target, failureOf(check, known), group));
  }
}

function failureOf(check: TargetGroup['check'], answer: HttpAnswer): CheckFailure | undefined {
  if (answer.kind === 'silent') return 'Target.Timeout';
  if (answer.kind !== 'response') return 'Target.FailedHealthChecks';
  if (check.protocol === 'TCP') return undefined;
  if (answer.afterMs > check.timeoutSeconds * 1_000) return 'Target.Timeout';
  const [from, to] = check.codes;
  return answer.statusCode >= from && answer.statusCode <= to ? undefined : 'Target.ResponseCodeMismatch';
}
