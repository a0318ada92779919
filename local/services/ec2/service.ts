// Amazon EC2 and EBS as far as chainmend uses them, and the handles with which a scenario adds resources.
import { join } from 'node:path';
import type { EventCode, RunInstancesRequest, Tag } from '@aws-sdk/client-ec2';
import type { Machines } from '../../nodes/machine.ts';
import type { Kernel } from '../../simulator/kernel.ts';
import { AwsError, type Service } from '../../simulator/service.ts';
import type { RecordMetric } from '../cloudwatch/series.ts';
import type { ServiceDescriptor } from '../descriptor.ts';
import { addressOperations, seedAddress, taggableAddresses } from './addresses.ts';
import type { Shortage } from './capacity.ts';
import { conditionKeys } from './condition-keys.ts';
import { attributeOperations } from './instance-attributes.ts';
import { impairedChecks } from './instance-impairments.ts';
import { INITIALIZING, launch, PASSED, terminate } from './instance-lifecycle.ts';
import { instanceTypeOperations } from './instance-types.ts';
import { instanceOperations } from './instances.ts';
import { launchPermissions } from './launch-permissions.ts';
import { type LaunchPlan, launchPlan } from './launch-plan.ts';
import { launchTemplateOperations } from './launch-templates.ts';
import { locationOperations } from './locations.ts';
import type {
  Address,
  Check,
  CheckStatus,
  ImpairmentCure,
  Instance,
  LaunchTemplate,
  OnRun,
  Subnet,
  Volume,
  VolumeImpairment,
} from './model.ts';
import { modificationOperations } from './modifications.ts';
import { conditionKeys as iamConditionKeys, permissions } from './permissions.ts';
import type { ReservationSeed } from './placements.ts';
import type { QuotaName, QuotaSeed } from './quotas.ts';
import { resources } from './resources.ts';
import { runInstances, runOperations } from './run-instances.ts';
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
import { snapshotOperations, taggableSnapshots } from './snapshots.ts';
import { type EbsHandles, ebsHandles } from './snapshots-seeds.ts';
import { Ec2State } from './state.ts';
import { statusMetrics } from './status-metrics.ts';
import { SUBNET_ID } from './subnets.ts';
import { setTags, tagOperations, tagsOf } from './tags.ts';
import { volumeOperations } from './volumes.ts';
import { rateOf, refusals } from './wire.ts';

export type { InstanceSeed, LaunchSeed, VolumeSeed } from './seeds.ts';
export type { EbsHandles, SnapshotSeed } from './snapshots-seeds.ts';
export { SECURITY_GROUP_ID, SUBNET_ID, VPC_ID } from './subnets.ts';

export interface Ec2 extends Service, EbsHandles {
  /** Adds a subnet; the region's VPC has one in each zone, `SUBNET_ID` in the first. */
  addSubnet(subnet: SubnetSeed): void;
  /** From now on the subnet of a zone gives each launched instance a public address (`MapPublicIpOnLaunch`). */
  assignPublicAddresses(availabilityZone: string): void;
  /** The VPC of a subnet; undefined without such a subnet. */
  vpcOf(subnetId: string): string | undefined;
  /** Adds an instance that already existed; returns its id. */
  addInstance(seed: InstanceSeed): string;
  /**
   * Launches an instance as a person, Terraform or a scaling group does; returns its id immediately. It is `pending` for some seconds before it runs
   * and its machine gets power. Its checks are `initializing` for a minute or two more.
   */
  launch(seed: LaunchSeed): string;
  addVolume(seed: VolumeSeed): string;
  /** Adds history to a volume: modifications that are completed or still in progress. */
  addModification(volumeId: string, seed: ModificationSeed): void;
  /** The next modification of this volume ends `failed`. */
  failNextModification(volumeId: string): void;
  setChecks(instanceId: string, checks: Partial<Record<'system' | 'instance' | 'attachedEbs', CheckStatus>>): void;
  /** A check fails until it is cured, or until `recover`; an instance that hangs does not shut down when asked. */
  impair(instanceId: string, check: Check, curedBy: ImpairmentCure): void;
  recover(instanceId: string, check: Check): void;
  /** A volume's status check fails, and the attached EBS check of its instance, until it is set to null. */
  impairVolume(volumeId: string, how: VolumeImpairment | null): void;
  /** EC2 announces an event for a running instance; the same code again gives it another time. It is over when the instance was stopped and started. */
  announceEvent(instanceId: string, code: EventCode, notBeforeMs: number): void;
  /** Removes all capacity for new and for starting instances, or for those of one type, from an Availability Zone. */
  exhaust(availabilityZone: string, shortage?: Shortage, instanceType?: string): void;
  restock(availabilityZone: string, instanceType?: string): void;
  /** The account's quotas; none limits anything unless it is set. */
  setQuotas(quotas: QuotaSeed): void;
  /** For Service Quotas. */
  quotaOf(name: QuotaName): number;
  addPlacementGroup(name: string): void;
  /** Returns its id. */
  addCapacityReservation(seed: ReservationSeed): string;
  /** The account's `HttpTokensEnforced`: instances that accept IMDSv1 are not launched. */
  enforceHttpTokens(): void;
  /** Adds an elastic address, associated if an instance is named; returns its allocation id. */
  addAddress(seed?: AddressSeed): string;
  /** Makes the machines behind instances that RunInstances or a scaling group launches. */
  onRun(make: OnRun): void;
  /** RunInstances as an AWS service calls it, with tags that users cannot set. Throws RunInstances' errors; returns the ids. */
  runAs(input: RunInstancesRequest, tags: readonly Tag[]): readonly string[];
  /** TerminateInstances as an AWS service calls it. */
  terminateAs(instanceId: string): void;
  /** The resolved RunInstances request, for IAM. Throws RunInstances' errors. */
  planOf(input: RunInstancesRequest): LaunchPlan;
  addresses(): readonly Address[];
  subnets(): readonly Subnet[];
  launchTemplates(): readonly LaunchTemplate[];
  /** A person sets a tag, or removes it (undefined). */
  setTag(resourceId: string, key: string, value: string | undefined): void;
  /** The true tags, for the conditions of IAM policies; empty for an unknown id. */
  tags(resourceId: string): Readonly<Record<string, string>>;
  /** Condition keys of an existing resource, for IAM. */
  conditionKeys(resourceId: string): Readonly<Record<string, string>>;
  /** The instance that a volume is attached to; undefined if it is detached or unknown. */
  attachedInstance(volumeId: string): string | undefined;
  /** The volumes attached to an instance, and which of them is its root. */
  attachedVolumes(instanceId: string): readonly { readonly volumeId: string; readonly isRoot: boolean }[];
  /** The true state, for reports and invariants, with terminated instances for another hour. Throws the service's own error for an unknown id. */
  instance(instanceId: string): Instance;
  volume(volumeId: string): Volume;
  instances(): readonly Instance[];
  volumes(): readonly Volume[];
}

/** An elastic address that a scenario adds. */
export interface AddressSeed {
  readonly allocationId?: string;
  readonly publicIp?: string;
  readonly instanceId?: string;
  readonly tags?: Readonly<Record<string, string>>;
}

/** A subnet that a scenario adds. */
export type SubnetSeed = Pick<Subnet, 'subnetId' | 'vpcId'> &
  Partial<Pick<Subnet, 'availabilityZone' | 'cidrBlock' | 'ipv6Prefix' | 'mapPublicIp' | 'tags'>>;

/** As EC2 words them ("View scheduled events"). */
const ANNOUNCED: Readonly<Record<EventCode, string>> = {
  'instance-retirement': 'The instance is running on degraded hardware',
  'instance-stop': 'The instance is running on degraded hardware',
  'instance-reboot': 'The instance is scheduled for a reboot',
  'system-reboot': 'The instance is scheduled for a reboot',
  'system-maintenance': 'The instance is scheduled for maintenance',
};

/** @param record takes the metrics of status checks */
export function createEc2(kernel: Kernel, machines: Machines, record: RecordMetric): Ec2 {
  const state = new Ec2State(kernel, machines);
  const checkStatus = statusMetrics(state, record);
  state.instanceAdded = checkStatus;
  taggableAddresses(state);
  taggableSnapshots(state);
  const placeOf = (seed: LaunchSeed): { subnetId: string; vpcId: string } => {
    const subnetId = seed.subnetId ?? state.subnets.defaultOf(seed.availabilityZone ?? '')?.subnetId ?? SUBNET_ID;
    const subnet = state.subnets.get(subnetId);
    if (subnet === undefined) throw new Error(`ec2: there is no subnet ${subnetId}; addSubnet makes one`);
    return { subnetId, vpcId: subnet.vpcId };
  };

  return {
    name: 'ec2',
    operations: {
      ...instanceOperations(state),
      ...attributeOperations(state),
      ...instanceTypeOperations(),
      ...runOperations(state),
      ...launchTemplateOperations(state),
      ...volumeOperations(state),
      ...snapshotOperations(state),
      ...modificationOperations(state),
      ...tagOperations(state),
      ...addressOperations(state),
      ...locationOperations(state),
    },

    ...ebsHandles(state),

    addSubnet: (seed) =>
      state.subnets.add({
        availabilityZone: `${kernel.regionName}a`,
        cidrBlock: `10.${state.subnets.all().length}.0.0/16`,
        mapPublicIp: false,
        isDefault: false,
        tags: [],
        ...seed,
      }),
    assignPublicAddresses(availabilityZone) {
      const subnet = state.subnets.defaultOf(availabilityZone);
      if (!subnet) throw new Error(`ec2: there is no zone ${availabilityZone}`);
      state.subnets.add({ ...subnet, mapPublicIp: true });
    },
    vpcOf: (subnetId) => state.subnets.get(subnetId)?.vpcId,

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
    impair(instanceId, check, curedBy) {
      const { checks, impairments } = state.instance(instanceId);
      const more = { ...impairments, [check]: curedBy };
      state.changeInstance(instanceId, { impairments: more, checks: impairedChecks(checks, more) });
    },
    recover(instanceId, check) {
      const { checks, impairments } = state.instance(instanceId);
      const { [check]: _, ...left } = impairments;
      state.changeInstance(instanceId, { impairments: left, checks: { ...checks, [check]: 'ok' } });
    },
    impairVolume(volumeId, how) {
      const { attachment } = state.changeVolume(volumeId, { impaired: how ?? undefined });
      if (attachment === undefined) return;
      if (how === null) this.recover(attachment.instanceId, 'attachedEbs');
      else this.impair(attachment.instanceId, 'attachedEbs', 'nothing');
    },
    announceEvent(instanceId, code, notBeforeMs) {
      const { events } = state.instance(instanceId);
      const known = events.find((event) => event.code === code && !event.isOver);
      const id = known?.id ?? `instance-event-${state.newId('i').slice(2)}`;
      const event = { id, code, notBeforeMs, description: ANNOUNCED[code], isOver: false };
      state.changeInstance(instanceId, { events: [...events.filter((one) => one !== known), event] });
    },
    exhaust: (availabilityZone, shortage = 'at-once', instanceType) =>
      state.capacity.take(availabilityZone, shortage, instanceType),
    restock: (availabilityZone, instanceType) => state.capacity.giveBack(availabilityZone, instanceType),
    setQuotas: (quotas) => state.quotas.set(quotas),
    quotaOf: (name) => state.quotas.valueOf(name),
    addPlacementGroup: (name) => state.placements.addGroup(name),
    addCapacityReservation: (seed) => {
      const id = state.newId('cr');
      state.placements.addReservation(id, seed);
      return id;
    },
    enforceHttpTokens: () => {
      state.httpTokensEnforced = true;
    },
    addAddress: ({ tags = {}, ...seed } = {}) =>
      seedAddress(state, { ...seed, tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })) }).allocationId,
    onRun: (make) => void state.onRun.push(make),
    runAs: (input, tags) =>
      (runInstances(state, input, tags).Instances ?? []).flatMap(({ InstanceId }) => InstanceId ?? []),
    terminateAs: (instanceId) => void terminate(state, state.instance(instanceId)),
    planOf: (input) => launchPlan(state, input),
    addresses: () => state.addresses.all(),
    subnets: () => state.subnets.all(),
    launchTemplates: () => [...state.launchTemplates.values()],
    setTag(resourceId, key, value) {
      const others = tagsOf(state, resourceId).filter((tag) => tag.Key !== key);
      setTags(state, resourceId, value === undefined ? others : [...others, { Key: key, Value: value }]);
    },
    tags: (resourceId) => {
      const others = state.taggables.get(resourceId.slice(0, resourceId.indexOf('-')));
      const known =
        state.instances.get(resourceId) ??
        state.volumes.get(resourceId) ??
        others?.all().find(({ id }) => id === resourceId);
      return Object.fromEntries((known?.tags ?? []).map(({ Key, Value }) => [Key ?? '', Value ?? '']));
    },
    conditionKeys: (resourceId) => conditionKeys(state, resourceId),
    attachedInstance: (volumeId) => state.volumes.get(volumeId)?.attachment?.instanceId,
    attachedVolumes: (instanceId) => {
      const root = state.instances.get(instanceId)?.rootDeviceName;
      return state.volumes
        .all()
        .filter(({ attachment }) => attachment?.instanceId === instanceId)
        .map(({ volumeId, attachment }) => ({ volumeId, isRoot: attachment?.device === root }));
    },
    instance: (instanceId) => state.instance(instanceId),
    volume: (volumeId) => state.volume(volumeId),
    instances: () => state.instances.all(),
    volumes: () => state.volumes.all(),
  };
}

const LACKS = {
  DescribeImages: ['ExecutableUsers', 'IncludeDeprecated', 'IncludeDisabled', 'Owners'],
  DescribeInstanceStatus: ['IncludeManagedResources'],
  DescribeInstanceTypes: ['Filters', 'IncludeUnsupportedInRegion', 'MaxResults', 'NextToken'],
  DescribeInstances: ['IncludeManagedResources'],
  DescribeLaunchTemplateVersions: ['IncludeManagedResources'],
  DescribeLaunchTemplates: ['IncludeManagedResources'],
  DescribeSecurityGroups: ['GroupNames'],
  DescribeVolumeStatus: ['IncludeManagedResources'],
  DescribeVolumes: ['IncludeManagedResources'],
  DescribeVolumesModifications: ['IncludeManagedResources'],
  StartInstances: ['AdditionalInfo'],
};

export const EC2: ServiceDescriptor<Ec2, [machines: Machines, record: RecordMetric]> = {
  name: 'ec2',
  client: { packageName: '@aws-sdk/client-ec2', load: () => import('@aws-sdk/client-ec2') },
  limits: join(import.meta.dirname, 'limits.txt'),
  lacks: LACKS,
  rateOf,
  throttled: () => new AwsError('RequestLimitExceeded', 'Request limit exceeded.', { statusCode: 503 }),
  refusals,
  iam: {
    prefix: 'ec2',
    conditionKeys: iamConditionKeys,
    denied: {
      code: 'UnauthorizedOperation',
      statusCode: 403,
      preface: 'You are not authorized to perform this operation. ',
    },
  },
  permissions: { ...permissions, ...launchPermissions },
  tagsOf: (service, arn) => service.tags(arn.split('/').at(-1) ?? ''),
  resources,
  create: createEc2,
};
