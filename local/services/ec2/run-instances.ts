// RunInstances: new instances with an address, a root volume and a machine. Sources: doc comments of RunInstances in @aws-sdk/client-ec2; "Ensuring
// idempotency in Amazon EC2 API requests" (EC2 developer guide).
import type { Reservation, RunInstancesRequest, Tag } from '@aws-sdk/client-ec2';
import type { Machine } from '../../nodes/machine.ts';
import { AwsError, type Call, type Operation } from '../../simulator/service.ts';
import { canonical } from '../../simulator/trace.ts';
import { addressFromPool } from './addresses.ts';
import { INITIALIZING, launch } from './instance-lifecycle.ts';
import { described } from './instance-views.ts';
import { ipv6Addresses } from './ipv6.ts';
import { type LaunchPlan, launchPlan, ROOT_DEVICE } from './launch-plan.ts';
import { userDataOf } from './launch-template-data.ts';
import { attachNew, checkVolume, encryptionFor, sizeOf } from './launch-volumes.ts';
import type { Instance, Launched, LaunchedMachine, RunTokens } from './model.ts';
import { refuseDryRun } from './query.ts';
import type { Ec2State } from './state.ts';
import { privateAddress } from './subnets.ts';
import { merged } from './tags.ts';

/** More than a day's launches of the largest fleet. */
const TOKENS_MAX = 10_000;
/** "Constraints: Maximum 64 ASCII characters" (ClientToken) */
const TOKEN_LENGTH_MAX = 64;
/** Instances of one request: larger numbers depend on a quota of the account. */
const COUNT_MAX = 100;

export function runOperations(state: Ec2State): Record<string, Operation> {
  return {
    RunInstances: (input: RunInstancesRequest, call: Call): Reservation => runInstances(state, input, [], call),
  };
}

/**
 * @param more tags that an AWS service adds, which users cannot set ("aws:autoscaling:groupName")
 * @param call whose rights to use keys count; by default an AWS service with all rights
 */
export function runInstances(
  state: Ec2State,
  input: RunInstancesRequest,
  more: readonly Tag[] = [],
  call?: Call,
): Reservation {
  const plan = launchPlan(state, input);
  if (plan.interfaceId !== undefined) throw interfaceFault(state, plan.interfaceId);
  const count = countOf(input);
  if (count > 1 && plan.privateIp !== undefined) {
    throw new AwsError('InvalidParameterCombination', 'A private address cannot be given to more than one instance');
  }
  const { ClientToken: token = '', DryRun: _, ...rest } = input;
  if (token.length > TOKEN_LENGTH_MAX) {
    throw new AwsError('InvalidParameterValue', `ClientToken must be at most ${TOKEN_LENGTH_MAX} characters long`);
  }
  // If the request names a zone, the token is valid for that zone: the same token in another zone launches another instance.
  const key = `${plan.zoneIsGiven ? plan.subnet.availabilityZone : ''}/${token}`;
  const request = canonical(rest);
  const before = token === '' ? undefined : state.runTokens.get(key);
  if (before && before.request !== request) {
    throw new AwsError(
      'IdempotentParameterMismatch',
      'Arguments on this idempotent request are inconsistent with arguments used in previous request(s).',
    );
  }
  if (before) {
    const known = before.instanceIds.flatMap((id) => state.instances.get(id) ?? []);
    // After the last hour of its terminated instances EC2 may have forgotten the token: how long it keeps one is not documented.
    if (known.length > 0) return reservation(state, known);
  }
  for (const volume of plan.volumes) checkVolume(state, volume);
  // "Checks whether you have the required permissions for the operation, without actually making the request": without quota and capacity.
  refuseDryRun(input);
  state.quotas.askForInstance(state, plan.instanceType);
  for (const volume of plan.volumes) state.quotas.askForStorage(state, volume.type, sizeOf(state, volume));
  state.placements.askFor(state, plan.capacityReservationId, {
    availabilityZone: plan.subnet.availabilityZone,
    instanceType: plan.instanceType,
  });
  state.capacity.ask(plan.subnet.availabilityZone, plan.instanceType);
  const reservationId = state.newId('r');
  const launched = Array.from({ length: count }, () => launchOne(state, plan, { reservationId, token, more, call }));
  if (token !== '')
    remember(state.runTokens, key, { request, instanceIds: launched.map(({ instanceId }) => instanceId) });
  return reservation(state, launched);
}

/** Every interface here belongs to an instance. */
function interfaceFault(state: Ec2State, id: string): AwsError {
  const isThere = state.instances.all().some(({ networkInterface }) => networkInterface?.networkInterfaceId === id);
  return isThere
    ? new AwsError('InvalidNetworkInterface.InUse', `Interface: [${id}] in use.`)
    : new AwsError('InvalidNetworkInterfaceID.NotFound', `The networkInterface ID '${id}' does not exist`);
}

function countOf({ MinCount, MaxCount }: RunInstancesRequest): number {
  if (MinCount === undefined || MaxCount === undefined) {
    throw new AwsError('MissingParameter', 'The request must contain the parameters MinCount and MaxCount');
  }
  if (MinCount < 1 || MaxCount < MinCount) {
    throw new AwsError('InvalidParameterValue', `Value ( ${MinCount} ) for parameter minCount is invalid.`);
  }
  if (MaxCount > COUNT_MAX) {
    throw new AwsError('InstanceLimitExceeded', `Your requested instances exceed the ${COUNT_MAX} of one request here`);
  }
  // A zone here has room for all instances or for none.
  return MaxCount;
}

function launchOne(
  state: Ec2State,
  plan: LaunchPlan,
  {
    reservationId,
    token,
    more,
    call,
  }: {
    readonly reservationId: string;
    readonly token: string;
    readonly more: readonly Tag[];
    readonly call?: Call | undefined;
  },
): Instance {
  const instanceId = state.newId('i');
  const nowMs = state.kernel.clock.now();
  const instance: Instance = {
    instanceId,
    instanceType: plan.instanceType,
    imageId: plan.imageId,
    availabilityZone: plan.subnet.availabilityZone,
    networkInterface: {
      networkInterfaceId: state.newId('eni'),
      privateIp: privateAddress(state, plan.subnet, plan.privateIp),
      publicIp: plan.hasPublicIp ? addressFromPool(state) : undefined,
      publicFromPool: plan.hasPublicIp,
      subnetId: plan.subnet.subnetId,
      vpcId: plan.subnet.vpcId,
      securityGroupIds: plan.securityGroupIds,
      ipv6Addresses: ipv6Addresses(state, plan.subnet, plan.ipv6),
    },
    rootDeviceName: ROOT_DEVICE,
    launchedAtMs: nowMs,
    state: 'pending',
    stateReason: undefined,
    checks: INITIALIZING,
    impairments: {},
    events: [],
    instanceStoreLostAtMs: undefined,
    settings: {
      reservationId,
      capacityReservationId: plan.capacityReservationId,
      clientToken: token,
      userData: plan.data.UserData,
      keyName: plan.data.KeyName,
      httpTokens: plan.httpTokens,
      instanceProfileArn: plan.instanceProfileArn,
      protection: {
        stop: plan.data.DisableApiStop ?? false,
        termination: plan.data.DisableApiTermination ?? false,
      },
    },
    tags: [...merged(instanceId, [], [...templateTags(plan), ...plan.tags.instance]), ...more],
  };
  state.instances.set(instanceId, instance, nowMs);
  const volumes = plan.volumes.map((volume) => attachNew(state, instanceId, plan, volume));
  const made = state.onRun.reduce<LaunchedMachine | undefined>(
    (known, make) => known ?? make(instance, launchedOf(plan, volumes)),
    undefined,
  );
  if (made) {
    state.machines.add(made.machine);
    for (const { volumeId, device, snapshotId, sizeGiB } of volumes) {
      const content = state.ebs.snapshots.get(snapshotId)?.content;
      const initializedAtMs = state.volumes.get(volumeId)?.initialization?.dueAtMs;
      if (content) made.machine.volumeAttached(volumeId, device, sizeGiB, { content, initializedAtMs });
      else if (device !== ROOT_DEVICE) made.machine.volumeAttached(volumeId, device, sizeGiB);
    }
    if (made.clientMasked) mask(made.machine);
  }
  const locked = plan.volumes.some((volume) => {
    const { uses } = encryptionFor(state, volume);
    return call !== undefined && !uses.every((use) => state.ebs.mayUse(call, use.kmsKeyArn, use.uses));
  });
  if (locked) state.ebs.lockedOut.add(instanceId);
  launch(state, instance);
  state.instanceAdded();
  return state.instance(instanceId);
}

function mask(machine: Machine): void {
  if (!machine.maskClient)
    throw new Error(`onRun: the machine of ${machine.instanceId} cannot be booted with its client masked`);
  machine.maskClient();
}

/** EC2 sets these on every instance that was launched from a template ("Launch an EC2 instance using a launch template"). */
const templateTags = ({ template }: LaunchPlan): readonly Tag[] =>
  template
    ? [
        { Key: 'aws:ec2launchtemplate:id', Value: template.of.launchTemplateId },
        { Key: 'aws:ec2launchtemplate:version', Value: String(template.version.version) },
      ]
    : [];

function launchedOf({ template, data }: LaunchPlan, volumes: Launched['volumes']): Launched {
  return {
    template: template && {
      launchTemplateId: template.of.launchTemplateId,
      name: template.of.name,
      version: template.version.version,
    },
    userData: data.UserData === undefined ? '' : userDataOf(data.UserData),
    volumes,
  };
}

function reservation(state: Ec2State, instances: readonly Instance[]): Reservation {
  const attached = state.attachedAt(state.kernel.clock.now());
  return {
    ReservationId: instances[0]?.settings.reservationId,
    OwnerId: state.kernel.accountId,
    Groups: [],
    Instances: instances.map((instance) => described(instance, attached.get(instance.instanceId) ?? [])),
  };
}

function remember(tokens: RunTokens, key: string, run: { request: string; instanceIds: readonly string[] }): void {
  const [oldest] = tokens.keys();
  if (tokens.size >= TOKENS_MAX && oldest !== undefined) tokens.delete(oldest);
  tokens.set(key, run);
}
