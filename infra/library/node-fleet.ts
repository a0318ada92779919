// The nodes of a fleet as a construct in an owner's own CDK app: the same that `npm run deploy:nodes` deploys.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CfnAutoScalingGroup } from 'aws-cdk-lib/aws-autoscaling';
import type { CfnInstance, CfnSecurityGroup, CfnVolume, ISubnet, IVpc, SubnetSelection } from 'aws-cdk-lib/aws-ec2';
import type { CfnLoadBalancer } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import type { Role } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { addNodes, type Network } from '../constructs/node-fleet.ts';
import { fleetsOfDocuments, readFleetFiles } from '../fleets.ts';
import { InputError } from '../input-error.ts';
import { suiteNamed } from '../names.ts';
import type { FleetDocument } from './fleet-document.ts';

export interface NodeFleetProps {
  /** The name of the `Chainmend` that looks after them, where it has one. */
  readonly name?: string;
  /** The path of the fleet's file, or the fleet itself. It has `deploy`; give the same to `Chainmend`. */
  readonly fleet: string | FleetDocument;
  /** The nodes' VPC, in place of `deploy.vpc` and `deploy.subnets`; with Availability Zones that synthesis knows. */
  readonly vpc?: IVpc;
  /** Of `vpc`: its public subnets unless given, where it has some. */
  readonly vpcSubnets?: SubnetSelection;
}

/**
 * The nodes of a fleet that says `deploy`: instances, launch templates, data volumes that stay, a role and a security group; with `kind: ha` an Auto
 * Scaling group and a load balancer.
 *
 * Throws an `Error` for a fleet that is not right, with its field, and for what EC2 would refuse.
 */
export class NodeFleet extends Construct {
  /** By the nodes' names: grant them what your own lines need. With `kind: network` each node has its own, otherwise one is that of all; none with `kind: ha`. */
  readonly roles: ReadonlyMap<string, Role>;
  readonly securityGroup: CfnSecurityGroup;
  /** With `kind: ha`. */
  readonly group?: CfnAutoScalingGroup;
  readonly loadBalancer?: CfnLoadBalancer;
  /** By the nodes' names; none with `kind: ha`. */
  readonly instances: ReadonlyMap<string, CfnInstance>;
  readonly volumes: ReadonlyMap<string, CfnVolume>;
  readonly #role: Role | undefined;

  constructor(scope: Construct, id: string, { name, fleet, vpc, vpcSubnets }: NodeFleetProps) {
    super(scope, id);
    const [file] = typeof fleet === 'string' ? readFleetFiles([fleet]) : fleetsOfDocuments([fleet]);
    if (!file) throw new InputError('fleet: expected a fleet');
    const { nodes, role, securityGroup, group } = addNodes(this, {
      suite: suiteNamed(name, 'name'),
      document: file.document,
      // pack.ts writes it.
      scripts: JSON.parse(readFileSync(join(import.meta.dirname, 'first-boot.json'), 'utf8')),
      bundles: join(import.meta.dirname, 'functions'),
      ...(vpc && { network: networkOf(vpc, vpcSubnets) }),
    });
    this.#role = role;
    this.roles = new Map([...nodes].map(([name, made]) => [name, made.role]));
    this.securityGroup = securityGroup;
    if (group) {
      this.group = group.group;
      this.loadBalancer = group.loadBalancer;
    }
    this.instances = new Map([...nodes].map(([name, { instance }]) => [name, instance]));
    this.volumes = new Map([...nodes].map(([name, { volume }]) => [name, volume]));
  }

  /** The role of all nodes: grant it what your own lines need. Throws an `Error` with `kind: network`, whose nodes have one each. */
  get role(): Role {
    if (this.#role) return this.#role;
    throw new InputError(`${this.node.path} has one role for each node: take it from roles`);
  }
}

function networkOf(vpc: IVpc, selection?: SubnetSelection): Network {
  const { subnets } = vpc.selectSubnets(
    selection ?? (vpc.publicSubnets.length > 0 ? { subnets: vpc.publicSubnets } : {}),
  );
  return {
    vpcId: vpc.vpcId,
    subnetIds: onePerZone(subnets),
    subnetId: (zone) => {
      const found = subnets.find(({ availabilityZone }) => availabilityZone === zone);
      if (found) return found.subnetId;
      const zones = subnets.map(({ availabilityZone }) => availabilityZone).join(', ');
      throw new InputError(
        `${vpc.node.path} has no chosen subnet in ${zone}; expected one of ${zones}, in a stack whose env names account and region`,
      );
    },
  };
}

/** "You can specify only one subnet per Availability Zone" (CreateLoadBalancer). */
const onePerZone = (subnets: readonly ISubnet[]): string[] =>
  [
    ...new Map(subnets.toReversed().map(({ availabilityZone, subnetId }) => [availabilityZone, subnetId])).values(),
  ].toReversed();
