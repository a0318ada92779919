// Subnets and the private addresses in them. Sources: doc comments of Subnet and DescribeSubnets in @aws-sdk/client-ec2; "Subnet CIDR
// blocks" (VPC user guide): "The first four IP addresses and the last IP address in each subnet CIDR block are not available".
import { AwsError } from '../../simulator/service.ts';
import type { Ec2Inventory, Subnet } from './model.ts';

/** The default VPC of instances. */
export const VPC_ID = 'vpc-0123456789abcdef0';
export const SUBNET_ID = 'subnet-0123456789abcdef0';
/** Of every instance without a group of its own. */
export const SECURITY_GROUP_ID = 'sg-0123456789abcdef0';

const RESERVED_FIRST = 4;
const RESERVED_LAST = 1;
const DRAWS_MAX = 100;

export class Subnets {
  readonly #subnets = new Map<string, Subnet>();

  /** The region has a VPC with a subnet in each zone. */
  constructor(regionName: string) {
    for (const [at, letter] of ['a', 'b', 'c'].entries()) {
      this.add({
        subnetId: `${SUBNET_ID.slice(0, -1)}${at}`,
        vpcId: VPC_ID,
        availabilityZone: `${regionName}${letter}`,
        cidrBlock: `10.0.${64 * at}.0/18`,
        mapPublicIp: false,
        isDefault: true,
        tags: [],
      });
    }
  }

  add(subnet: Subnet): void {
    rangeOf(subnet.cidrBlock);
    this.#subnets.set(subnet.subnetId, subnet);
  }

  get(subnetId: string): Subnet | undefined {
    return this.#subnets.get(subnetId);
  }

  /** Throws EC2's error for an unknown subnet. */
  find(subnetId: string): Subnet {
    const found = this.#subnets.get(subnetId);
    if (!found) throw new AwsError('InvalidSubnetID.NotFound', `The subnet ID '${subnetId}' does not exist`);
    return found;
  }

  defaultOf(availabilityZone: string): Subnet | undefined {
    return this.all().find((subnet) => subnet.isDefault && subnet.availabilityZone === availabilityZone);
  }

  all(): readonly Subnet[] {
    return [...this.#subnets.values()];
  }
}

/** The private addresses in use in a VPC: "the IPv4 addresses for any stopped instances are considered unavailable". */
export function addressesInUse(state: Ec2Inventory, vpcId: string): ReadonlySet<string> {
  const interfaces = state.instances.all().flatMap(({ networkInterface }) => networkInterface ?? []);
  return new Set(interfaces.filter((one) => one.vpcId === vpcId).map(({ privateIp }) => privateIp));
}

/** A free address of the subnet, or the requested one. Throws EC2's error if it is not available. */
export function privateAddress(state: Ec2Inventory, { cidrBlock, subnetId, vpcId }: Subnet, wished?: string): string {
  const taken = addressesInUse(state, vpcId);
  const { from, size } = rangeOf(cidrBlock);
  const [first, last] = [from + RESERVED_FIRST, from + size - 1 - RESERVED_LAST];
  if (wished !== undefined) {
    const at = numberOf(wished);
    if (at === undefined || at < from || at >= from + size) {
      throw new AwsError('InvalidParameterValue', `Address ${wished} does not fall within the subnet's address range`);
    }
    if (at < first || at > last)
      throw new AwsError('InvalidParameterValue', `Address ${wished} is in subnet's reserved address range`);
    if (taken.has(wished)) throw new AwsError('InvalidIPAddress.InUse', `Address ${wished} is in use.`);
    return wished;
  }
  const random = state.kernel.random('ec2/private-addresses');
  for (let draw = 0; draw < DRAWS_MAX; draw++) {
    const address = addressOf(random.integer(first, last));
    if (!taken.has(address)) return address;
  }
  for (let at = first; at <= last; at++) if (!taken.has(addressOf(at))) return addressOf(at);
  throw new AwsError(
    'InsufficientFreeAddressesInSubnet',
    `There are not enough free addresses in subnet '${subnetId}' to satisfy the requested number of instances.`,
  );
}

/** Whether an address is in the block. */
export function isIn(cidrBlock: string, address: string): boolean {
  const at = numberOf(address);
  const { from, size } = rangeOf(cidrBlock);
  return at !== undefined && at >= from && at < from + size;
}

/** Throws a RangeError for text that is not an IPv4 block. */
function rangeOf(cidrBlock: string): { readonly from: number; readonly size: number } {
  const [address = '', bits = ''] = cidrBlock.split('/');
  const from = numberOf(address);
  if (from === undefined || !/^(1[6-9]|2[0-8])$/.test(bits)) {
    throw new RangeError(`cidrBlock: expected an IPv4 block from /16 to /28, found "${cidrBlock}"`);
  }
  return { from, size: 2 ** (32 - Number(bits)) };
}

function numberOf(address: string): number | undefined {
  if (!/^\d{1,3}(\.\d{1,3}){3}$/.test(address)) return undefined;
  return address.split('.').reduce((number, octet) => number * 256 + Number(octet), 0);
}

/** The number of addresses of a block for instances. */
export const usableAddresses = (cidrBlock: string): number => rangeOf(cidrBlock).size - RESERVED_FIRST - RESERVED_LAST;

const addressOf = (number: number): string =>
  [24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) % 256).join('.');
