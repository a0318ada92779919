// Amazon EC2 and EBS as far as chainmend sees them, and the handles by which a scenario puts things there.
import type { Machines } from '../../nodes/machine.ts';
import type { RecordMetric } from '../cloudwatch/series.ts';
import type { Kernel } from '../kernel.ts';
import type { Service } from '../service.ts';
import { INITIALIZING, launch, PASSED } from './instance-lifecycle.ts';
import { instanceOperations } from './instances.ts';
import { modificationOperations } from './modify.ts';
import { placeOperations } from './places.ts';
import {
  type InstanceSeed,
  type LaunchSeed,
  type ModificationSeed,
  monthAgo,
  seedInstance,
  seedModification,
  seedVolume,
  type VolumeSeed,
} from './seeds.ts';
import { type CheckStatus, Ec2State, type Instance, type Volume } from './state.ts';
import { statusMetrics } from './status-metrics.ts';
import { setTags, tagOperations, tagsOf } from './tags.ts';
import { volumeOperations } from './volumes.ts';

export type { InstanceSeed, LaunchSeed, VolumeSeed } from './seeds.ts';

export interface Ec2 extends Service {
  /** Makes a subnet known; the one of `SUBNET_ID` is. */
  addSubnet(subnet: { readonly subnetId: string; readonly vpcId: string }): void;
  /** The VPC of a subnet; undefined when there is no such subnet. */
  vpcOf(subnetId: string): string | undefined;
  /** Puts an instance there as if it had always been; answers with its id. */
  addInstance(seed: InstanceSeed): string;
  /**
   * Launches an instance as a person, Terraform or a scaling group does; answers with its id at once. It is `pending` for some seconds
   * before it runs and its machine gets power, and its checks are `initializing` for a minute or two more.
   */
  launch(seed: LaunchSeed): string;
  addVolume(seed: VolumeSeed): string;
  /** Gives a volume a past: modifications that were made, or that are still under way. */
  addModification(volumeId: string, seed: ModificationSeed): void;
  /** The next modification of this volume ends `failed`. */
  failNextModification(volumeId: string): void;
  setChecks(instanceId: string, checks: Partial<Record<'system' | 'instance' | 'attachedEbs', CheckStatus>>): void;
  /** A person sets a tag, or takes it away (undefined). */
  setTag(resourceId: string, key: string, value: string | undefined): void;
  /** Tags as they really are, for the conditions of IAM policies; empty for an unknown id. */
  tags(resourceId: string): Readonly<Record<string, string>>;
  /** The instance that a volume is attached to; undefined when it is free or unknown. */
  attachedInstance(volumeId: string): string | undefined;
  /** The truth, terminated instances included for their last hour, for reports and invariants; throws the service's own error for an unknown id. */
  instance(instanceId: string): Instance;
  volume(volumeId: string): Volume;
  instances(): readonly Instance[];
  volumes(): readonly Volume[];
}

/** Where instances stand unless told otherwise. */
export const VPC_ID = 'vpc-0123456789abcdef0';
export const SUBNET_ID = 'subnet-0123456789abcdef0';

/** @param record takes the metrics of status checks */
export function createEc2(kernel: Kernel, machines: Machines, record: RecordMetric): Ec2 {
  const state = new Ec2State(kernel, machines);
  const subnets = new Map([[SUBNET_ID, VPC_ID]]);
  const checkStatus = statusMetrics(state, record);
  const placeOf = ({ subnetId = SUBNET_ID }: LaunchSeed): { subnetId: string; vpcId: string } => {
    const vpcId = subnets.get(subnetId);
    if (vpcId === undefined) throw new Error(`ec2: there is no subnet ${subnetId}; addSubnet makes one`);
    return { subnetId, vpcId };
  };

  return {
    name: 'ec2',
    operations: {
      ...instanceOperations(state),
      ...volumeOperations(state),
      ...modificationOperations(state),
      ...tagOperations(state),
      ...placeOperations(kernel),
    },

    addSubnet: ({ subnetId, vpcId }) => void subnets.set(subnetId, vpcId),
    vpcOf: (subnetId) => subnets.get(subnetId),

    addInstance(seed) {
      const { state: seeded = 'running', launchedAtMs = monthAgo(state) } = seed;
      const { instanceId } = seedInstance(state, seed, placeOf(seed), { state: seeded, launchedAtMs, checks: PASSED });
      checkStatus();
      return instanceId;
    },
    launch(seed) {
      const launchedAtMs = kernel.clock.now();
      const status = { state: 'pending', launchedAtMs, checks: INITIALIZING } as const;
      const instance = seedInstance(state, seed, placeOf(seed), status);
      launch(state, instance);
      checkStatus();
      return instance.instanceId;
    },
    addVolume: (seed) => seedVolume(state, seed).volumeId,
    addModification: (volumeId, seed) => seedModification(state, volumeId, seed),
    failNextModification: (volumeId) => void state.doomed.add(state.volume(volumeId).volumeId),
    setChecks: (instanceId, checks) =>
      void state.changeInstance(instanceId, { checks: { ...state.instance(instanceId).checks, ...checks } }),
    setTag(resourceId, key, value) {
      const others = tagsOf(state, resourceId).filter((tag) => tag.Key !== key);
      setTags(state, resourceId, value === undefined ? others : [...others, { Key: key, Value: value }]);
    },
    tags: (resourceId) => {
      const known = state.instances.get(resourceId) ?? state.volumes.get(resourceId);
      return Object.fromEntries((known?.tags ?? []).map(({ Key, Value }) => [Key ?? '', Value ?? '']));
    },
    attachedInstance: (volumeId) => state.volumes.get(volumeId)?.attachment?.instanceId,
    instance: (instanceId) => state.instance(instanceId),
    volume: (volumeId) => state.volume(volumeId),
    instances: () => state.instances.all(),
    volumes: () => state.volumes.all(),
  };
}
