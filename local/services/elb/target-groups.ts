// A load balancer's state of its targets. Sources: doc comments of CreateTargetGroupInput, TargetDescription and TargetHealth in
// @aws-sdk/client-elastic-load-balancing-v2; "Target group health" and "Deregistration delay" (Application Load Balancers user guide).
import type { TargetHealthReasonEnum, TargetHealthStateEnum } from '@aws-sdk/client-elastic-load-balancing-v2';
import { AwsError } from '../../simulator/service.ts';

export type Protocol = 'HTTP' | 'TCP';

export interface HealthCheck {
  /** TCP: a connection is enough. */
  readonly protocol: Protocol;
  /** The target's own port by default. */
  readonly port: number | undefined;
  readonly path: string;
  /** The range of successful HTTP codes, from and to. */
  readonly codes: readonly [number, number];
  readonly intervalSeconds: number;
  readonly timeoutSeconds: number;
  readonly healthyThreshold: number;
  readonly unhealthyThreshold: number;
}

export interface TargetGroup {
  readonly arn: string;
  readonly name: string;
  readonly targetType: 'instance' | 'ip';
  readonly protocol: Protocol;
  readonly port: number;
  readonly vpcId: string;
  readonly check: HealthCheck;
  readonly deregistrationDelaySeconds: number;
  /** Without a load balancer nothing is checked: `unused`. */
  loadBalancerArns: readonly string[];
  readonly tags: Readonly<Record<string, string>>;
  /** By id and port. */
  readonly targets: Map<string, Target>;
}

export interface Target {
  /** An instance id or an address. */
  readonly id: string;
  readonly port: number;
  readonly availabilityZone: string | undefined;
  readonly registeredAtMs: number;
  state: 'initial' | 'healthy' | 'unhealthy' | 'draining';
  reason: TargetHealthReasonEnum | undefined;
  /** Checks in a row whose result contradicts its state. */
  streak: number;
}

export interface TargetGroupSeed {
  readonly name: string;
  readonly port: number;
  readonly targetType?: 'instance' | 'ip';
  readonly protocol?: Protocol;
  readonly vpcId?: string;
  readonly check?: Partial<HealthCheck>;
  /** 300 by default. */
  readonly deregistrationDelaySeconds?: number;
  /** False: no load balancer uses it. */
  readonly inUse?: boolean;
  readonly tags?: Readonly<Record<string, string>>;
}

/** SDK: the defaults in CreateTargetGroupInput for HTTP and TCP, with a health check on the group's port ("traffic-port"). */
const INTERVAL_DEFAULT_SECONDS = 30;
const TIMEOUT_DEFAULT_SECONDS: Readonly<Record<Protocol, number>> = { HTTP: 6, TCP: 10 };
const HEALTHY_DEFAULT = 5;
const UNHEALTHY_DEFAULT = 2;
/** "The default value is 300 seconds" ("Deregistration delay"). */
const DRAIN_DEFAULT_SECONDS = 300;
/** "This name must be unique per region per account, can have a maximum of 32 characters, must contain only alphanumeric …" (SDK) */
const NAME = /^[A-Za-z0-9](?:[A-Za-z0-9-]{0,30}[A-Za-z0-9])?$/;

export function newGroup(
  seed: TargetGroupSeed,
  made: { readonly arn: string; readonly vpcId: string; readonly loadBalancerArn: string },
): TargetGroup {
  const { name, port, targetType = 'instance', protocol = 'TCP', inUse = true } = seed;
  if (!NAME.test(name)) throw new AwsError('ValidationError', `Target group name '${name}' is not valid`);
  if (!Number.isInteger(port) || port < 1 || port > 65_535)
    throw new AwsError('ValidationError', `Port '${port}' is not valid`);
  const checkProtocol = seed.check?.protocol ?? protocol;
  return {
    arn: made.arn,
    name,
    targetType,
    protocol,
    port,
    vpcId: seed.vpcId ?? made.vpcId,
    check: {
      protocol: checkProtocol,
      port: undefined,
      path: '/',
      codes: [200, 200],
      intervalSeconds: INTERVAL_DEFAULT_SECONDS,
      timeoutSeconds: TIMEOUT_DEFAULT_SECONDS[checkProtocol],
      healthyThreshold: HEALTHY_DEFAULT,
      unhealthyThreshold: UNHEALTHY_DEFAULT,
      ...seed.check,
    },
    deregistrationDelaySeconds: seed.deregistrationDelaySeconds ?? DRAIN_DEFAULT_SECONDS,
    loadBalancerArns: inUse ? [made.loadBalancerArn] : [],
    tags: seed.tags ?? {},
    targets: new Map(),
  };
}

export const targetKey = (id: string, port: number): string => `${id}:${port}`;

/** Undefined: the check passed. */
export type CheckFailure = 'Target.Timeout' | 'Target.FailedHealthChecks' | 'Target.ResponseCodeMismatch';

/**
 * Applies one more check to a target: a new one "must pass one health check to be considered healthy"; later a change needs as many checks in a row
 * as the threshold.
 */
export function checked(target: Target, failure: CheckFailure | undefined, { check }: TargetGroup): void {
  if (target.state === 'draining') return;
  const passed = failure === undefined;
  if (target.state === (passed ? 'healthy' : 'unhealthy')) {
    target.streak = 0;
    target.reason = failure;
    return;
  }
  target.streak++;
  const successes = target.state === 'initial' ? 1 : check.healthyThreshold;
  if (target.streak < (passed ? successes : check.unhealthyThreshold)) {
    if (target.state === 'initial') target.reason = 'Elb.InitialHealthChecking';
    return;
  }
  target.state = passed ? 'healthy' : 'unhealthy';
  target.reason = failure;
  target.streak = 0;
}

export interface ReportedHealth {
  readonly state: TargetHealthStateEnum;
  readonly reason: TargetHealthReasonEnum | undefined;
}
