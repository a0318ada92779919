// Reads and sets attributes of instances one at a time. Sources: doc comments of DescribeInstanceAttribute, ModifyInstanceAttribute and their
// requests in @aws-sdk/client-ec2; "Change the instance type for your Amazon EC2 instance", "Work with instance user data".
import type {
  DescribeInstanceAttributeRequest,
  InstanceAttribute,
  InstanceBlockDeviceMappingSpecification,
  ModifyInstanceAttributeRequest,
} from '@aws-sdk/client-ec2';
import { AwsError, notEmulated, type Operation } from '../../simulator/service.ts';
import { checkType } from './instance-types.ts';
import { described } from './instance-views.ts';
import { userDataOf } from './launch-template-data.ts';
import type { Instance, Protection, Volume } from './model.ts';
import { refuseDryRun } from './query.ts';
import type { Ec2State } from './state.ts';

const MODIFIABLE = [
  'BlockDeviceMappings',
  'DisableApiStop',
  'DisableApiTermination',
  'InstanceType',
  'UserData',
  'Groups',
] as const;
const IN_REQUEST: ReadonlySet<string> = new Set(['InstanceId', 'Attribute', 'Value', 'DryRun']);

export function attributeOperations(state: Ec2State): Record<string, Operation> {
  return {
    DescribeInstanceAttribute: (input: DescribeInstanceAttributeRequest): InstanceAttribute => {
      const instance = state.instance(input.InstanceId ?? '');
      refuseDryRun(input);
      return { InstanceId: instance.instanceId, ...attribute(state, instance, input.Attribute ?? '') };
    },

    ModifyInstanceAttribute: (input: ModifyInstanceAttributeRequest): object => {
      const instance = state.instance(input.InstanceId ?? '');
      const change = changeOf(state, instance, input);
      refuseDryRun(input);
      change();
      return {};
    },
  };
}

function attribute(state: Ec2State, instance: Instance, name: string): Partial<InstanceAttribute> {
  switch (name) {
    case 'userData': {
      const { userData } = instance.settings;
      return { UserData: userData === undefined ? {} : { Value: userData } };
    }
    case 'instanceType':
      return { InstanceType: { Value: instance.instanceType } };
    case 'blockDeviceMapping': {
      const attached = state.attachedAt(state.kernel.clock.now()).get(instance.instanceId) ?? [];
      return { BlockDeviceMappings: described(instance, attached).BlockDeviceMappings };
    }
    case 'rootDeviceName':
      return { RootDeviceName: { Value: instance.rootDeviceName } };
    case 'instanceInitiatedShutdownBehavior':
      return { InstanceInitiatedShutdownBehavior: { Value: 'stop' } };
    case 'disableApiTermination':
      return { DisableApiTermination: { Value: instance.settings.protection.termination } };
    case 'disableApiStop':
      return { DisableApiStop: { Value: instance.settings.protection.stop } };
    case 'groupSet':
      return { Groups: (instance.networkInterface?.securityGroupIds ?? []).map((GroupId) => ({ GroupId })) };
    default:
      throw notEmulated(`the attribute ${name} of instances`);
  }
}

/** "You can specify only one attribute at a time." Checks the change; the returned function applies it. */
function changeOf(state: Ec2State, instance: Instance, input: ModifyInstanceAttributeRequest): () => void {
  if (input.Attribute !== undefined)
    throw notEmulated('Attribute and Value of ModifyInstanceAttribute; set the member of the attribute');
  const given = Object.entries(input).flatMap(([name, value]) =>
    value === undefined || IN_REQUEST.has(name) ? [] : [name],
  );
  const [name, another] = given;
  if (name === undefined) throw new AwsError('MissingParameter', 'The request must contain an attribute to modify');
  if (another !== undefined) {
    throw new AwsError('InvalidParameterCombination', 'Fields for multiple attribute types specified');
  }
  if (!MODIFIABLE.some((one) => one === name)) throw notEmulated(`${name} of ModifyInstanceAttribute`);
  if (input.BlockDeviceMappings) return deleteOnTermination(state, instance, input.BlockDeviceMappings);
  if (input.Groups) return groups(state, instance, input.Groups);
  // "You can set the value of this attribute … while the instance is running, or while the instance is stopped."
  if (input.DisableApiStop) return protect(state, instance, { stop: input.DisableApiStop.Value ?? false });
  if (input.DisableApiTermination)
    return protect(state, instance, { termination: input.DisableApiTermination.Value ?? false });
  // "To modify some attributes, the instance must be stopped."
  if (instance.state !== 'stopped') {
    throw new AwsError(
      'IncorrectInstanceState',
      `The instance '${instance.instanceId}' is not in the 'stopped' state.`,
    );
  }
  if (input.UserData) {
    const userData = Buffer.from(input.UserData.Value ?? '').toString('base64');
    userDataOf(userData);
    return () => void state.changeInstance(instance.instanceId, { settings: { ...instance.settings, userData } });
  }
  const instanceType = input.InstanceType?.Value ?? '';
  checkType(instanceType);
  return () => void state.changeInstance(instance.instanceId, { instanceType });
}

/** "Modifies the DeleteOnTermination attribute for volumes that are currently attached. … If no value is specified …, the default is true". */
function deleteOnTermination(
  state: Ec2State,
  instance: Instance,
  mappings: readonly InstanceBlockDeviceMappingSpecification[],
): () => void {
  const attached = state.attachedAt(state.kernel.clock.now()).get(instance.instanceId) ?? [];
  const changes = mappings.map(({ DeviceName = '', Ebs, NoDevice, VirtualName }) => {
    if (NoDevice !== undefined || VirtualName !== undefined)
      throw notEmulated('NoDevice and VirtualName of ModifyInstanceAttribute');
    const volume = attached.find(({ attachment }) => attachment?.device === DeviceName);
    if (!volume || (Ebs?.VolumeId ?? volume.volumeId) !== volume.volumeId) {
      throw new AwsError('InvalidInstanceAttributeValue', `No device is currently mapped at ${DeviceName}`);
    }
    return { volume, to: Ebs?.DeleteOnTermination ?? true };
  });
  return () => {
    for (const { volume, to } of changes) setDelete(state, volume, to);
  };
}

function setDelete(state: Ec2State, { volumeId, attachment }: Volume, to: boolean): void {
  if (attachment) state.changeVolume(volumeId, { attachment: { ...attachment, deleteOnTermination: to } });
}

const protect =
  (state: Ec2State, { instanceId, settings }: Instance, by: Partial<Protection>): (() => void) =>
  () =>
    void state.changeInstance(instanceId, { settings: { ...settings, protection: { ...settings.protection, ...by } } });

function groups(state: Ec2State, instance: Instance, securityGroupIds: readonly string[]): () => void {
  const { networkInterface } = instance;
  if (!networkInterface || securityGroupIds.length === 0) {
    throw new AwsError('InvalidParameterValue', 'You must specify at least one security group');
  }
  return () =>
    void state.changeInstance(instance.instanceId, { networkInterface: { ...networkInterface, securityGroupIds } });
}
