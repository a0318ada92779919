// Target groups in requests and in responses. Source: doc comments of CreateTargetGroupInput and TargetGroup in
// @aws-sdk/client-elastic-load-balancing-v2.
import type { CreateTargetGroupInput, TargetGroup as DescribedGroup } from '@aws-sdk/client-elastic-load-balancing-v2';
import { AwsError, notEmulated } from '../../simulator/service.ts';
import type { TargetGroup, TargetGroupSeed } from './target-groups.ts';

/** The seed with which a scenario would add the requested group. */
export function seedOf(input: CreateTargetGroupInput): TargetGroupSeed {
  const {
    Name: name = '',
    Port: port = 0,
    Protocol: protocol = 'TCP',
    TargetType: targetType = 'instance',
    VpcId,
  } = input;
  // "If the target is a Lambda function, this parameter does not apply": for all other targets it is required, and so is the port.
  if (input.Protocol === undefined) throw new AwsError('ValidationError', 'A protocol must be specified');
  if (input.Port === undefined) throw new AwsError('ValidationError', 'A port must be specified');
  if (protocol !== 'TCP' && protocol !== 'HTTP') throw notEmulated(`target groups of the protocol ${protocol}`);
  if (targetType !== 'instance' && targetType !== 'ip') throw notEmulated(`targets of the type ${targetType}`);
  const { HealthCheckProtocol: checkProtocol = protocol, HealthCheckPort, Matcher } = input;
  if (checkProtocol !== 'TCP' && checkProtocol !== 'HTTP')
    throw notEmulated(`health checks of the protocol ${checkProtocol}`);
  const [, from, to = from] = /^(\d{3})(?:-(\d{3}))?$/.exec(Matcher?.HttpCode ?? '200') ?? [];
  if (from === undefined) throw notEmulated(`Matcher ${Matcher?.HttpCode} of target groups`);
  const check = {
    protocol: checkProtocol,
    codes: [Number(from), Number(to)] as const,
    ...(HealthCheckPort !== undefined && HealthCheckPort !== 'traffic-port' && { port: Number(HealthCheckPort) }),
    ...(input.HealthCheckPath !== undefined && { path: input.HealthCheckPath }),
    ...(input.HealthCheckIntervalSeconds !== undefined && { intervalSeconds: input.HealthCheckIntervalSeconds }),
    ...(input.HealthCheckTimeoutSeconds !== undefined && { timeoutSeconds: input.HealthCheckTimeoutSeconds }),
    ...(input.HealthyThresholdCount !== undefined && { healthyThreshold: input.HealthyThresholdCount }),
    ...(input.UnhealthyThresholdCount !== undefined && { unhealthyThreshold: input.UnhealthyThresholdCount }),
  };
  // A listener is made afterwards, if any.
  return {
    name,
    port,
    protocol,
    targetType,
    check,
    inUse: false,
    ...(VpcId !== undefined && { vpcId: VpcId }),
    tags: Object.fromEntries((input.Tags ?? []).map(({ Key = '', Value = '' }) => [Key, Value])),
  };
}

export const described = ({ check, ...group }: TargetGroup): DescribedGroup => ({
  TargetGroupArn: group.arn,
  TargetGroupName: group.name,
  TargetType: group.targetType,
  Protocol: group.protocol,
  Port: group.port,
  VpcId: group.vpcId,
  IpAddressType: 'ipv4',
  LoadBalancerArns: [...group.loadBalancerArns],
  HealthCheckEnabled: true,
  HealthCheckProtocol: check.protocol,
  HealthCheckPort: check.port === undefined ? 'traffic-port' : String(check.port),
  HealthCheckIntervalSeconds: check.intervalSeconds,
  HealthCheckTimeoutSeconds: check.timeoutSeconds,
  HealthyThresholdCount: check.healthyThreshold,
  UnhealthyThresholdCount: check.unhealthyThreshold,
  ...(check.protocol === 'HTTP' && { HealthCheckPath: check.path, Matcher: { HttpCode: check.codes.join('-') } }),
});
