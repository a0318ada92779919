// probe-nodes: one function in each VPC that has fleets to probe. It needs no NAT. It reaches only the nodes' RPC ports and, where RPC needs
// credentials, the store that holds them.
import { CfnOutput, Fn, Stack } from 'aws-cdk-lib';
import { CfnSecurityGroup, CfnSecurityGroupEgress, CfnVPCEndpoint } from 'aws-cdk-lib/aws-ec2';
import type { CfnFunction } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import type { Fleet, Probe } from '../../shared/fleet/model.ts';
import { InputError } from '../input-error.ts';
import type { Grant } from './grants.ts';
import { SynchronousFunction } from './suite-function.ts';
import { arn, suiteNames } from './suite-names.ts';

/** All fleets that are probed from within one VPC. */
interface ProbeVpc {
  readonly vpcId: string;
  readonly subnetIds: readonly string[];
  readonly fleets: readonly Fleet[];
}

type SecretStore = 'ssm' | 'secretsmanager';

/** The function ends by itself after 30 s; its caller waits for 35. */
const TIMEOUT_SECONDS = 40;

export class ProbeNodes extends Construct {
  /** One for each VPC. */
  readonly functions: readonly SynchronousFunction[];

  constructor(
    scope: Construct,
    id: string,
    { bundles, fleets }: { readonly bundles: string; readonly fleets: readonly Fleet[] },
  ) {
    super(scope, id);
    this.functions = placesOf(fleets).map((place) => this.#probe(place, bundles));
  }

  #probe({ vpcId, subnetIds, fleets }: ProbeVpc, bundles: string): SynchronousFunction {
    const here = new Construct(this, vpcId);
    const group = new CfnSecurityGroup(here, 'Group', {
      vpcId,
      groupDescription: `chainmend: asks the nodes of ${fleets.map(({ name }) => name).join(', ')}.`.slice(0, 255),
      // Any address in the VPC: without NAT the function reaches nothing outside it.
      securityGroupEgress: portsOf(fleets).map((port) => ({
        ipProtocol: 'tcp',
        cidrIp: '0.0.0.0/0',
        fromPort: port,
        toPort: port,
        description: 'RPC, metrics or beacon of nodes',
      })),
    });
    const environment: Record<string, string> = {};
    for (const store of storesOf(fleets)) {
      // The SDK's own variable ("Service-specific endpoints", AWS SDKs and Tools Reference Guide).
      const variable = store === 'ssm' ? 'AWS_ENDPOINT_URL_SSM' : 'AWS_ENDPOINT_URL_SECRETS_MANAGER';
      environment[variable] = endpoint(here, store, vpcId, subnetIds, group);
    }
    const functionName = `${suiteNames(this).probeNodesPrefix}${vpcId}`;
    const probe = new SynchronousFunction(here, 'ProbeNodes', {
      functionName,
      bundle: 'probe-nodes',
      description: `Asks the nodes in ${vpcId} where they stand.`,
      bundles,
      environment,
      timeoutSeconds: TIMEOUT_SECONDS,
      grants: [...networkGrants(here, functionName), ...secretGrants(here, fleets)],
    });
    const cfn = probe.function.node.defaultChild as CfnFunction;
    cfn.vpcConfig = { subnetIds: [...subnetIds], securityGroupIds: [group.attrGroupId] };
    new CfnOutput(here, 'Admit', {
      description: `Security group that the nodes in ${vpcId} must admit to TCP ${portsOf(fleets).join(', ')}.`,
      value: group.attrGroupId,
    });
    return probe;
  }
}

/** @throws InputError where fleets of one VPC name different subnets: one function has one set of subnets */
function placesOf(fleets: readonly Fleet[]): readonly ProbeVpc[] {
  const places = new Map<string, ProbeVpc>();
  for (const fleet of fleets) {
    if (!isVpc(fleet.probe)) continue;
    const { vpcId } = fleet.probe;
    const subnetIds = [...fleet.probe.subnetIds].sort();
    const known = places.get(vpcId);
    if (known && known.subnetIds.join() !== subnetIds.join())
      throw new InputError(
        `fleets ${known.fleets[0]?.name} and ${fleet.name}: probe.subnets are ${known.subnetIds.join(', ')} and ${subnetIds.join(', ')}; ` +
          `expected the same, as one function asks all nodes in ${vpcId}`,
      );
    places.set(vpcId, { vpcId, subnetIds, fleets: [...(known?.fleets ?? []), fleet] });
  }
  return [...places.values()].sort((a, b) => (a.vpcId < b.vpcId ? -1 : 1));
}

const isVpc = (probe: Probe | undefined): probe is Probe & { readonly by: 'vpc' } => probe?.by === 'vpc';

function portsOf(fleets: readonly Fleet[]): number[] {
  const ports = fleets.flatMap(({ rpc }) => [rpc?.port, rpc?.metricsPort, rpc?.beaconPort]);
  return [...new Set(ports.filter((port) => port !== undefined))].sort((a, b) => a - b);
}

function storesOf(fleets: readonly Fleet[]): SecretStore[] {
  const kinds = new Set(fleets.map(({ rpc }) => rpc?.credentials?.kind));
  return [
    ...(kinds.has('parameter') ? ['ssm' as const] : []),
    ...(kinds.has('secret') ? ['secretsmanager' as const] : []),
  ];
}

/**
 * An interface endpoint that only the probe may use. It has no private DNS. With private DNS, every other client in the VPC would use this endpoint,
 * first of all the nodes' own SSM agents, and it does not admit them. Returns its address.
 */
function endpoint(
  here: Construct,
  store: SecretStore,
  vpcId: string,
  subnetIds: readonly string[],
  probes: CfnSecurityGroup,
): string {
  const place = new Construct(here, store);
  const group = new CfnSecurityGroup(place, 'Group', {
    vpcId,
    groupDescription: `chainmend: the endpoint of ${store} for probe-nodes.`,
    securityGroupIngress: [
      {
        ipProtocol: 'tcp',
        fromPort: 443,
        toPort: 443,
        sourceSecurityGroupId: probes.attrGroupId,
        description: 'probe-nodes',
      },
    ],
  });
  new CfnSecurityGroupEgress(place, 'Egress', {
    groupId: probes.attrGroupId,
    ipProtocol: 'tcp',
    fromPort: 443,
    toPort: 443,
    destinationSecurityGroupId: group.attrGroupId,
    description: `the RPC credentials in ${store}`,
  });
  const made = new CfnVPCEndpoint(place, 'Endpoint', {
    vpcId,
    serviceName: `com.amazonaws.${Stack.of(here).region}.${store}`,
    vpcEndpointType: 'Interface',
    subnetIds: [...subnetIds],
    securityGroupIds: [group.attrGroupId],
    privateDnsEnabled: false,
  });
  // "<hosted zone>:<name>", the regional name first (AWS::EC2::VPCEndpoint, DnsEntries).
  return `https://${Fn.select(1, Fn.split(':', Fn.select(0, made.attrDnsEntries)))}`;
}

const INTERFACES = [
  'ec2:AssignPrivateIpAddresses',
  'ec2:CreateNetworkInterface',
  'ec2:DeleteNetworkInterface',
  'ec2:UnassignPrivateIpAddresses',
] as const;
const INTERFACE_READS = ['ec2:DescribeNetworkInterfaces', 'ec2:DescribeSubnets'] as const;

/**
 * Grants for Lambda's own network interfaces. The function's code may use none of them: its requests have `lambda:SourceFunctionArn`, and Lambda's
 * own requests do not. They are granted without a condition and denied to the code, as the Lambda guide does ("Working with source function ARN",
 * "VPC security"). Lambda checks whether the role may make interfaces before the function exists, and no page says with which keys.
 */
function networkGrants(scope: Construct, functionName: string): Grant[] {
  return [
    {
      sid: 'StandInVpc',
      actions: INTERFACES,
      resources: [arn(scope, 'ec2', '*/*')],
      wildcard:
        '"include all resource IDs", as Lambda cannot delete an interface otherwise ("VPC-connected functions", Lambda guide).',
    },
    {
      sid: 'SeeOwnInterfaces',
      actions: INTERFACE_READS,
      resources: ['*'],
      wildcard: 'These reads have no resource-level permissions (Service Authorization Reference).',
    },
    {
      ...{ sid: 'NoneOfItInCode', effect: 'Deny', actions: [...INTERFACES, ...INTERFACE_READS], resources: ['*'] },
      conditions: { ArnEquals: { 'lambda:SourceFunctionArn': arn(scope, 'lambda', `function:${functionName}`) } },
    },
  ];
}

function secretGrants(scope: Construct, fleets: readonly Fleet[]): Grant[] {
  const names = (kind: 'parameter' | 'secret'): string[] => {
    const found = fleets.flatMap(({ rpc }) => (rpc?.credentials?.kind === kind ? [rpc.credentials.name] : []));
    return [...new Set(found)].sort();
  };
  const parameters = names('parameter').map((name) => arn(scope, 'ssm', `parameter/${name.replace(/^\//, '')}`));
  const secrets = names('secret').map((name) => arn(scope, 'secretsmanager', `secret:${name}-??????`));
  const services = storesOf(fleets).map((store) => `${store}.${Stack.of(scope).region}.amazonaws.com`);
  return [
    ...(parameters.length > 0
      ? [{ sid: 'ReadCredentials', actions: ['ssm:GetParameter'], resources: parameters }]
      : []),
    ...(secrets.length > 0
      ? [{ sid: 'ReadSecrets', actions: ['secretsmanager:GetSecretValue'], resources: secrets }]
      : []),
    ...(services.length > 0
      ? [
          {
            sid: 'DecryptCredentials',
            actions: ['kms:Decrypt'],
            resources: [arn(scope, 'kms', 'key/*')],
            conditions: { StringEquals: { 'kms:ViaService': services } },
            wildcard: 'Whichever key their owner chose; only through the store that holds them.',
          },
        ]
      : []),
  ];
}
