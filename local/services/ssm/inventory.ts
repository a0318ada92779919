// The managed nodes of Systems Manager, and whether their agents answer. Source: DescribeInstanceInformation in @aws-sdk/client-ssm.
import type {
  DescribeInstanceInformationRequest,
  DescribeInstanceInformationResult,
  InstanceInformation,
} from '@aws-sdk/client-ssm';
import type { Machine, Machines } from '../../nodes/machine.ts';
import type { Kernel } from '../../simulator/kernel.ts';
import { AwsError, type Operation, UnknownFilter } from '../../simulator/service.ts';
import { paged } from './paging.ts';

export function inventoryOperations(kernel: Kernel, machines: Machines): Record<string, Operation> {
  return {
    DescribeInstanceInformation: (input: DescribeInstanceInformationRequest): DescribeInstanceInformationResult => {
      const older = (input.InstanceInformationFilterList ?? []).map(({ key, valueSet }) => ({
        Key: key,
        Values: valueSet,
      }));
      if (older.length > 0 && input.Filters?.length) {
        throw new AwsError('ValidationException', 'Use either InstanceInformationFilterList or Filters, not both.');
      }
      const tests = [...older, ...(input.Filters ?? [])].map(({ Key, Values }) => filterTest(Key ?? '', Values ?? []));
      const matching = machines.all().filter((machine) => tests.every((test) => test(machine)));
      const { items, ...rest } = paged(matching, input, { min: 5, max: 50 });
      return { InstanceInformationList: items.map((machine) => described(machine, kernel.clock.now())), ...rest };
    },
  };
}

const pingStatus = (machine: Machine): 'Online' | 'ConnectionLost' =>
  machine.reachable() ? 'Online' : 'ConnectionLost';

/** InstanceInformationStringFilter.Key, besides those that are emulated; of the older list, those without tags. */
const isDocumented = (key: string): boolean =>
  ['ActivationIds', 'AssociationStatus', 'IamRole', 'tag-key'].includes(key) || /^tag:./.test(key);

function filterTest(key: string, values: readonly string[]): (machine: Machine) => boolean {
  const shown: Readonly<Record<string, (machine: Machine) => string>> = {
    InstanceIds: ({ instanceId }) => instanceId,
    AgentVersion: ({ agentVersion }) => agentVersion,
    PingStatus: pingStatus,
    PlatformTypes: () => 'Linux',
    ResourceType: () => 'EC2Instance',
    SourceIds: ({ instanceId }) => instanceId,
    SourceTypes: () => 'AWS::EC2::Instance',
  };
  const read = Object.hasOwn(shown, key) ? shown[key] : undefined;
  if (!read) {
    throw new UnknownFilter(
      key,
      'InvalidFilterKey',
      `The filter key ${key} is not valid here. Valid keys: ${Object.keys(shown).join(', ')}`,
      isDocumented(key),
    );
  }
  return (machine) => values.includes(read(machine));
}

function described(machine: Machine, nowMs: number): InstanceInformation {
  const status = pingStatus(machine);
  return {
    InstanceId: machine.instanceId,
    PingStatus: status,
    ...(status === 'Online' ? { LastPingDateTime: new Date(nowMs) } : {}),
    AgentVersion: machine.agentVersion,
    IsLatestVersion: false,
    PlatformType: 'Linux',
    PlatformName: machine.platform.name,
    PlatformVersion: machine.platform.version,
    ResourceType: 'EC2Instance',
    IPAddress: machine.privateIp,
    ComputerName: machine.hostName,
    SourceId: machine.instanceId,
    SourceType: 'AWS::EC2::Instance',
  };
}
