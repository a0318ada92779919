// A region's EC2 by itself, with one node of a chain that stands on it, for tests of snapshots and volumes.
import type { SimulatedChain } from '../../local/nodes/chain.ts';
import { Machines } from '../../local/nodes/machine.ts';
import type { SimulatedNode } from '../../local/nodes/node.ts';
import type { NodeSpec } from '../../local/nodes/spec.ts';
import { createEc2, type Ec2 } from '../../local/services/ec2/service.ts';
import { chainOf, dataVolume, nodeOf } from './builders/simulated-node.ts';
import { type TestKernel, testKernel } from './kernel.ts';

const GIB = 2 ** 30;

export interface Ebs {
  readonly kernel: TestKernel;
  readonly ec2: Ec2;
  readonly chain: SimulatedChain;
  call<T>(operation: string, input: object, roleArn?: string): T;
  /** An instance with a root volume, a data volume of 500 GiB of which 200 are used, and its machine. */
  node(privateIp?: string, spec?: Partial<NodeSpec>): EbsNode;
  /** What was told of EBS, newest last. */
  told(): readonly Readonly<Record<string, unknown>>[];
}

export interface EbsNode {
  readonly instanceId: string;
  readonly root: string;
  readonly data: string;
  readonly machine: SimulatedNode;
}

const FLEET_TAGS = { Component: 'nodes/bitcoin', 'aws:made': 'by AWS' };

export function ebs(): Ebs {
  const kernel = testKernel();
  const machines = new Machines();
  const ec2 = createEc2(kernel, machines, () => undefined);
  const chain = chainOf(kernel, { bytesPerBlock: 2 ** 20 });
  return {
    kernel,
    ec2,
    chain,
    call: (operation, input, roleArn) =>
      ec2.operations[operation]?.(input, { ...kernel.call(), ...(roleArn && { roleArn }) }) as never,
    node(privateIp = '10.0.0.11', spec = {}) {
      const instanceId = ec2.addInstance({ privateIp, tags: FLEET_TAGS });
      const attached = (device: string, sizeGiB: number, deleteOnTermination: boolean) =>
        ec2.addVolume({ sizeGiB, tags: FLEET_TAGS, attachedTo: { instanceId, device, deleteOnTermination } });
      const root = attached('/dev/xvda', 16, true);
      const data = attached('/dev/sdf', 500, false);
      const volumes = [dataVolume({ volumeId: data, usedBytes: 200 * GIB })];
      const machine = nodeOf(kernel, chain, { instanceId, privateIp, volumes, ...spec });
      machines.add(machine);
      return { instanceId, root, data, machine };
    },
    told: () =>
      kernel.events
        .filter((event) => event['detail-type'].startsWith('EBS'))
        .map((event) => ({ type: event['detail-type'], resources: event.resources, ...event.detail })),
  };
}

export const named = (name: string) => ({ name });
