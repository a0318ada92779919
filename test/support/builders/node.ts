// The ordinary node: node2 of the fleet, as EC2 shows it.
import type { InstanceDescription } from '../../../shared/aws/instances.ts';
import type { FleetNode } from '../../../shared/fleet/nodes.ts';
import { NODE_TAGS } from './fleet.ts';
import { DAY_MS, NOON_MS } from './time.ts';

export const INSTANCE = 'i-0123456789abcdef0';
export const DATA_VOLUME = 'vol-0a1b2c3d4e5f60718';
export const ROOT_VOLUME = 'vol-0d00000000000000f';

/** Another node's id says its name: "i-node1". */
export const instanceIdOf = (name: string): string => (name === 'node2' ? INSTANCE : `i-${name}`);

/** A running follower, as the discovery of a fleet's nodes finds it. */
export function fleetNode(more: Partial<FleetNode> = {}): FleetNode {
  const { name = 'node2' } = more;
  return {
    instanceId: instanceIdOf(name),
    name,
    role: 'follower',
    state: 'running',
    availabilityZone: 'eu-west-1a',
    privateIp: '10.0.0.1',
    vpcId: 'vpc-1',
    launchedAtMs: NOON_MS - 30 * DAY_MS,
    tags: {},
    ...more,
  };
}

/** A running instance with a data volume of its own, of no group and no stack. */
export const instanceNow = (more: Partial<InstanceDescription> = {}): InstanceDescription => ({
  instanceId: INSTANCE,
  state: 'running',
  launchedAtMs: NOON_MS - DAY_MS,
  availabilityZone: 'eu-west-1a',
  subnetId: 'subnet-0a',
  vpcId: 'vpc-0123456789abcdef0',
  instanceType: 'm6i.large',
  privateIp: '10.0.0.10',
  rootDevice: '/dev/xvda',
  rootVolumeId: ROOT_VOLUME,
  devices: [{ device: '/dev/sdf', volumeId: DATA_VOLUME, deleteOnTermination: false, status: 'attached' }],
  tags: { ...NODE_TAGS },
  launchTemplate: { id: 'lt-0123456789abcdef0', version: '1' },
  autoScalingGroup: null,
  cloudFormationStack: null,
  instanceStore: false,
  publicIp: null,
  ...more,
});
