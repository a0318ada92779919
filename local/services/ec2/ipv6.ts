// IPv6 addresses of network interfaces. Sources: doc comments of InstanceNetworkInterfaceSpecification in @aws-sdk/client-ec2; "Error codes for the
// Amazon EC2 API". Refusals without a published code have the code of IPv4.
import { BlockList } from 'node:net';
import type { InstanceNetworkInterfaceSpecification } from '@aws-sdk/client-ec2';
import { AwsError } from '../../simulator/service.ts';
import type { Subnet } from './model.ts';
import type { Ec2State } from './state.ts';

type InterfaceAddresses = Pick<InstanceNetworkInterfaceSpecification, 'Ipv6Addresses' | 'Ipv6AddressCount'>;

export interface RequestedIpv6 {
  readonly addresses: readonly string[];
  readonly count: number;
}

/** "You cannot specify this option and the option to assign a number of IPv6 addresses in the same request." */
export function wishedIpv6(
  { Ipv6Addresses = [], Ipv6AddressCount = 0 }: InterfaceAddresses,
  subnet: Subnet,
): RequestedIpv6 {
  const addresses = Ipv6Addresses.flatMap(({ Ipv6Address }) => Ipv6Address ?? []);
  if (addresses.length > 0 && Ipv6AddressCount > 0)
    throw new AwsError(
      'InvalidParameterCombination',
      'Network interfaces may not specify both IPv6 addresses and an IPv6 address count',
    );
  if (addresses.length + Ipv6AddressCount > 0 && subnet.ipv6Prefix === undefined)
    throw new AwsError('InvalidParameterValue', `The subnet '${subnet.subnetId}' has no IPv6 CIDR block`);
  const block = new BlockList();
  if (subnet.ipv6Prefix !== undefined) block.addSubnet(`${subnet.ipv6Prefix}::`, 64, 'ipv6');
  const outside = addresses.find((address) => !block.check(address, 'ipv6'));
  if (outside !== undefined)
    throw new AwsError('InvalidParameterValue', `Address ${outside} does not fall within the subnet's address range`);
  return { addresses, count: Ipv6AddressCount };
}

/** The requested addresses, or the requested number of addresses. Throws EC2's error for an address of another interface. */
export function ipv6Addresses(
  state: Ec2State,
  { ipv6Prefix }: Subnet,
  { addresses, count }: RequestedIpv6,
): readonly string[] {
  const cards = state.instances.all().flatMap(({ networkInterface }) => networkInterface ?? []);
  const taken = new Set(cards.flatMap((card) => card.ipv6Addresses ?? []));
  const inUse = addresses.find((address) => taken.has(address));
  if (inUse !== undefined) throw new AwsError('InvalidIPAddress.InUse', `Address ${inUse} is in use.`);
  const random = state.kernel.random('ec2/ipv6-addresses');
  const drawn = Array.from({ length: count }, () => `${ipv6Prefix}::${random.integer(0x1000, 0xffff).toString(16)}`);
  return [...addresses, ...drawn];
}
