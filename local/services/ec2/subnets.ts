// Subnets and the private addresses in them. Sources: doc comments of Subnet and DescribeSubnets in @aws-sdk/client-ec2; "Subnet CIDR
// blocks" (VPC user guide): "The first four IP addresses and the last IP address in each subnet CIDR block are not available".
import type {
  Subnet as DescribedSubnet,
  DescribeSubnetsRequest,
  DescribeSubnetsResult,
  Tag,
} from '@aws-sdk/client-ec2';
import { AwsError, type Operation } from '../../simulator/service.ts';
import { type FilterFields, filtered, paged, refuseDryRun } from './query.ts';
import type { Ec2State } from './state.ts';

/** Where instances stand unless told otherwise. */
export const VPC_ID = 'vpc-0123456789abcdef0';
export const SUBNET_ID = 'subnet-0123456789abcdef0';
/** Of every instance that names none. */
export const SECURITY_GROUP_ID = 'sg-0123456789abcdef0';

export interface Subnet {
  readonly subnetId: string;
  readonly vpcId: string;
  readonly availabilityZone: string;
  /** "10.0.64.0/18" */
  readonly cidrBlock: string;
  /** "2001:db8:0:1", of a /64; absent: it has no IPv6. */
  readonly ipv6Prefix?: string;
  /** Instances that are launched in it get a public address unless they say otherwise. */
  readonly mapPublicIp: boolean;
  /** The one of its zone for whoever names no subnet. */
  readonly isDefault: boolean;
  readonly tags: readonly Tag[];
}

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

  /** Throws what EC2 answers for one that does not exist. */
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

/** The private addresses of a VPC that are taken: "the IPv4 addresses for any stopped instances are considered unavailable". */
function takenIn(state: Ec2State, vpcId: string): ReadonlySet<string> {
  const interfaces = state.instances.all().flatMap(({ networkInterface }) => networkInterface ?? []);
  return new Set(interfaces.filter((one) => one.vpcId === vpcId).map(({ privateIp }) => privateIp));
}

/** A free address of the subnet, or the wished one. Throws what EC2 answers when it cannot be had. */
export function privateAddress(state: Ec2State, { cidrBlock, subnetId, vpcId }: Subnet, wished?: string): string {
  const taken = takenIn(state, vpcId);
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

/** Whether an address lies in the block. */
export function isIn(cidrBlock: string, address: string): boolean {
  const at = numberOf(address);
  const { from, size } = rangeOf(cidrBlock);
  return at !== undefined && at >= from && at < from + size;
}

const FIELDS: FilterFields<Subnet> = {
  'availability-zone': (subnet) => [subnet.availabilityZone],
  'cidr-block': (subnet) => [subnet.cidrBlock],
  'default-for-az': (subnet) => [subnet.isDefault],
  state: () => ['available'],
  'subnet-id': (subnet) => [subnet.subnetId],
  'vpc-id': (subnet) => [subnet.vpcId],
};

export function subnetOperations(state: Ec2State): Record<string, Operation> {
  const described = (subnet: Subnet): DescribedSubnet => {
    const { size } = rangeOf(subnet.cidrBlock);
    const taken = [...takenIn(state, subnet.vpcId)].filter((address) => isIn(subnet.cidrBlock, address));
    return {
      SubnetId: subnet.subnetId,
      SubnetArn: state.arn('subnet', subnet.subnetId),
      VpcId: subnet.vpcId,
      AvailabilityZone: subnet.availabilityZone,
      CidrBlock: subnet.cidrBlock,
      AvailableIpAddressCount: size - RESERVED_FIRST - RESERVED_LAST - taken.length,
      MapPublicIpOnLaunch: subnet.mapPublicIp,
      DefaultForAz: subnet.isDefault,
      State: 'available',
      OwnerId: state.kernel.accountId,
      Tags: [...subnet.tags],
    };
  };
  state.taggables.set('subnet', {
    type: 'subnet',
    tagsOf: (id) => state.subnets.find(id).tags,
    setTags: (id, tags) => state.subnets.add({ ...state.subnets.find(id), tags }),
    all: () => state.subnets.all().map(({ subnetId, tags }) => ({ id: subnetId, tags })),
  });
  return {
    DescribeSubnets: (input: DescribeSubnetsRequest): DescribeSubnetsResult => {
      refuseDryRun(input);
      const chosen = input.SubnetIds?.length
        ? input.SubnetIds.map((id) => state.subnets.find(id))
        : state.subnets.all();
      const { items, ...rest } = paged(
        filtered(chosen, input.Filters, FIELDS, ({ tags }) => tags),
        input,
        { min: 5, max: 1_000 },
      );
      return { Subnets: items.map(described), ...rest };
    },
  };
}

/** Throws a RangeError for what is no IPv4 block. */
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

const addressOf = (number: number): string =>
  [24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) % 256).join('.');
