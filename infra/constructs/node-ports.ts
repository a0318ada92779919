// Who may reach the ports of deployed nodes: rules of their security group and of their load balancer's, and the access group, which other stacks import and
// their instances join. A change of ports adds and removes rules in place; it makes no other group, so no instance is replaced for it.
import { CfnOutput } from 'aws-cdk-lib';
import { CfnSecurityGroup, CfnSecurityGroupIngress } from 'aws-cdk-lib/aws-ec2';
import type { Construct } from 'constructs';
import { hostOf } from '../../shared/fleet/resource-names.ts';
import { ACCESS, endpointOf, type OpenPort, openPortsOf } from '../../shared/fleet/schema-ports.ts';
import type { CompleteDocument } from '../../shared/fleet/whole.ts';
import { accessExport } from '../../shared/model/suite.ts';
import { listed } from './node-launch.ts';

/** A rule's description goes by its port, so that another name changes no rule: CloudFormation takes a changed rule away before it adds the new one. */
export const describePort = ({ isRpc, port }: Pick<OpenPort, 'isRpc' | 'port'>): string =>
  isRpc ? 'RPC' : `TCP ${port}`;

/** Rules that stand in the group itself. Those of the access group stand beside it, since each of the two groups names the other. */
export const ingressOf = (ports: readonly OpenPort[]): CfnSecurityGroup.IngressProperty[] =>
  ports
    .filter(({ from }) => from !== ACCESS)
    .map((one) => ({
      ...{ ipProtocol: 'tcp', fromPort: one.port, toPort: one.port, description: describePort(one) },
      sourceSecurityGroupId: one.from,
    }));

interface Reached {
  readonly suite: string;
  readonly complete: CompleteDocument;
  readonly vpcId: string;
  /** The nodes' security group, and the load balancer's where there is one. */
  readonly groups: { readonly nodes: CfnSecurityGroup; readonly balancer?: CfnSecurityGroup };
}

/** Makes the access group where a port is open to it. Who joins it may reach these ports, and nothing else by it. */
export function addAccess(scope: Construct, { suite, complete, vpcId, groups }: Reached): void {
  const { fleet, nodes } = complete;
  const ports = openPortsOf(complete).filter(({ from }) => from === ACCESS);
  if (ports.length === 0) return;
  const reached = Object.entries(groups) as [keyof typeof groups, CfnSecurityGroup][];
  const access = new CfnSecurityGroup(scope, 'Access', {
    groupDescription: `Who may reach ${fleet}: join it.`,
    vpcId,
    // Without a rule of its own EC2 would let its members out to everywhere.
    securityGroupEgress: reached.flatMap(([, { attrGroupId }]) =>
      ports.map((one) => ({
        ...{ ipProtocol: 'tcp', fromPort: one.port, toPort: one.port, description: describePort(one) },
        destinationSecurityGroupId: attrGroupId,
      })),
    ),
    tags: listed({ Name: `${fleet}-access`, ...nodes.tag }),
  });
  for (const [which, { attrGroupId }] of reached)
    for (const one of ports)
      new CfnSecurityGroupIngress(scope, `${which === 'nodes' ? 'Access' : 'BalancerAccess'}${one.port}`, {
        ...{ groupId: attrGroupId, sourceSecurityGroupId: access.attrGroupId },
        ...{ ipProtocol: 'tcp', fromPort: one.port, toPort: one.port, description: describePort(one) },
      });
  new CfnOutput(scope, 'AccessGroup', {
    description: `Who joins it may reach ${ports.map(({ name, port }) => `${name} (${port})`).join(', ')} of ${fleet}.`,
    value: access.attrGroupId,
    exportName: accessExport(suite, fleet),
  });
}

/**
 * Where each port can be reached, of a file that names them: at the load balancer, else at each node by its name. An instance's address is none of it:
 * a heal changes it, and no stack knows.
 */
export function tellPorts(scope: Construct, complete: CompleteDocument, balancer: string | undefined): void {
  const { fleet, dns, rpc, deploy } = complete;
  if (!deploy?.ports) return;
  const names = dns ? Object.keys(deploy.nodes ?? {}).map((name) => hostOf(dns, name)) : [];
  const hosts = balancer === undefined ? names : [balancer];
  if (hosts.length === 0) return;
  for (const one of openPortsOf(complete))
    new CfnOutput(scope, `Endpoint${one.port}`, {
      description: `${one.name} of ${fleet}, open to ${one.from === ACCESS ? 'members of AccessGroup' : one.from}.`,
      value: hosts.map((host) => endpointOf(host, one, rpc)).join(','),
    });
}
