// Elastic IP addresses, and the public addresses from Amazon's pool. Sources: doc comments of the address commands in @aws-sdk/client-ec2; "Amazon
// EC2 instance IP addressing" (EC2 user guide), on the release of a public address.
import type {
  AllocateAddressRequest,
  AllocateAddressResult,
  AssociateAddressRequest,
  AssociateAddressResult,
  DescribeAddressesRequest,
  DescribeAddressesResult,
  Address as DescribedAddress,
  DisassociateAddressRequest,
  Tag,
} from '@aws-sdk/client-ec2';
import { AwsError, notEmulated, type Operation } from '../../simulator/service.ts';
import type { Address, Instance, NetworkInterface } from './model.ts';
import { type FilterFields, filtered, refuseDryRun } from './query.ts';
import type { Ec2State } from './state.ts';
import { checked } from './tags.ts';

/** "Elastic IP addresses per Region" is five for a new account ("Amazon VPC quotas"); accounts with fleets have a higher quota. */
const ADDRESSES_MAX = 1_000;
/** 198.18.0.0/15 is reserved (RFC 2544): the region's pool of public addresses. */
const POOL_SIZE = 2 ** 17;

export function addressFromPool(state: Ec2State): string {
  const random = state.kernel.random('ec2/public-addresses');
  const taken = new Set([
    ...state.instances.all().map(({ networkInterface }) => networkInterface?.publicIp),
    ...state.addresses.all().map(({ publicIp }) => publicIp),
  ]);
  for (;;) {
    const at = random.integer(0, POOL_SIZE - 1);
    const address = `198.${18 + Math.floor(at / 2 ** 16)}.${Math.floor(at / 256) % 256}.${at % 256}`;
    // No region here needs a hundred thousand addresses.
    if (!taken.has(address)) return address;
  }
}

const elasticOf = (state: Ec2State, instanceId: string): Address | undefined =>
  state.addresses.all().find(({ association }) => association?.instanceId === instanceId);

/**
 * The network interface of a stopped instance: "we release the public IP address … when it is stopped"; an elastic one stays.
 */
export const interfaceWhenStopped = (
  state: Ec2State,
  { instanceId, networkInterface }: Instance,
): NetworkInterface | undefined =>
  networkInterface && !elasticOf(state, instanceId) ? { ...networkInterface, publicIp: undefined } : networkInterface;

/** The same for an instance that starts: it "receives a new public IP address when it is started" if it had one from the pool. */
export const interfaceWhenStarted = (state: Ec2State, { networkInterface }: Instance): NetworkInterface | undefined =>
  networkInterface?.publicFromPool && networkInterface.publicIp === undefined
    ? { ...networkInterface, publicIp: addressFromPool(state) }
    : networkInterface;

/** A terminated instance releases its address, which "remains allocated to your account". */
export function releaseAddress(state: Ec2State, instanceId: string): void {
  const address = elasticOf(state, instanceId);
  if (address) state.changeAddress(address.allocationId, { association: undefined });
}

const FIELDS = (state: Ec2State): FilterFields<Address> => {
  const interfaceOf = ({ association }: Address) =>
    association && state.instances.get(association.instanceId)?.networkInterface;
  return {
    'allocation-id': (address) => [address.allocationId],
    // AWS publishes examples that ask for it (botocore's examples of DescribeAddresses); each address here is of a VPC.
    domain: () => ['vpc'],
    'association-id': (address) => [address.association?.associationId],
    'instance-id': (address) => [address.association?.instanceId],
    'network-interface-id': (address) => [interfaceOf(address)?.networkInterfaceId],
    'private-ip-address': (address) => [interfaceOf(address)?.privateIp],
    'public-ip': (address) => [address.publicIp],
  };
};

export function addressOperations(state: Ec2State): Record<string, Operation> {
  return {
    DescribeAddresses: (input: DescribeAddressesRequest): DescribeAddressesResult => {
      refuseDryRun(input);
      const all = state.addressesAt(state.readMoment());
      const byId = input.AllocationIds?.length ? input.AllocationIds.map((id) => knownId(all, id)) : all;
      const asked = input.PublicIps?.length ? input.PublicIps.map((ip) => knownIp(byId, ip)) : byId;
      const found = filtered(asked, input.Filters, FIELDS(state), ({ tags }) => tags);
      return { Addresses: found.map((address) => described(state, address)) };
    },

    AllocateAddress: (input: AllocateAddressRequest): AllocateAddressResult => {
      const { Domain = 'vpc', TagSpecifications = [], DryRun: _, ...more } = input;
      const [other] = Object.keys(more);
      if (Domain !== 'vpc' || other !== undefined) throw notEmulated(`${other ?? 'Domain'} of AllocateAddress`);
      const tags = TagSpecifications.filter(({ ResourceType }) => ResourceType === 'elastic-ip')
        .flatMap(({ Tags = [] }) => Tags)
        .map(checked);
      if (state.addresses.all().length >= ADDRESSES_MAX) {
        throw new AwsError('AddressLimitExceeded', 'The maximum number of addresses has been reached.');
      }
      refuseDryRun(input);
      const address = seedAddress(state, { tags });
      return {
        AllocationId: address.allocationId,
        PublicIp: address.publicIp,
        Domain: 'vpc',
        PublicIpv4Pool: 'amazon',
      };
    },

    AssociateAddress: (input: AssociateAddressRequest): AssociateAddressResult => {
      if (input.PublicIp !== undefined) throw notEmulated('PublicIp of AssociateAddress, which is deprecated');
      const address = state.address(input.AllocationId ?? '');
      const instance = target(state, input);
      const { instanceId, networkInterface } = instance;
      if (!networkInterface || instance.state === 'shutting-down' || instance.state === 'pending') {
        throw new AwsError(
          'IncorrectInstanceState',
          `The instance '${instanceId}' is not in a valid state for this operation.`,
        );
      }
      if ((input.PrivateIpAddress ?? networkInterface.privateIp) !== networkInterface.privateIp) {
        throw notEmulated('secondary private addresses');
      }
      const { association } = address;
      // "Reassociation is automatic, but you can specify false to ensure the operation fails if …" (AllowReassociation)
      if (association && association.instanceId !== instanceId && input.AllowReassociation === false) {
        throw new AwsError(
          'Resource.AlreadyAssociated',
          `resource ${address.allocationId} is already associated with associate-id ${association.associationId}`,
        );
      }
      refuseDryRun(input);
      if (association?.instanceId === instanceId) return { AssociationId: association.associationId };
      return { AssociationId: associate(state, address, instance) };
    },

    DisassociateAddress: (input: DisassociateAddressRequest): object => {
      if (input.PublicIp !== undefined) throw notEmulated('PublicIp of DisassociateAddress, which is deprecated');
      const id = input.AssociationId ?? '';
      if (id === '') throw new AwsError('MissingParameter', 'The request must contain the parameter AssociationId');
      const address = state.addresses.all().find(({ association }) => association?.associationId === id);
      // "This is an idempotent operation. If you perform the operation more than once, Amazon EC2 doesn't return an error". For an id that was never
      // an association EC2 answers that it does not exist.
      if (!address && !state.pastAssociations.has(id)) {
        throw new AwsError('InvalidAssociationID.NotFound', `The association ID '${id}' does not exist`);
      }
      refuseDryRun(input);
      if (address) disassociate(state, address);
      return {};
    },
  };
}

export function taggableAddresses(state: Ec2State): void {
  state.taggables.set('eipalloc', {
    type: 'elastic-ip',
    tagsOf: (id) => state.address(id).tags,
    setTags: (id, tags) => state.changeAddress(id, { tags }),
    all: () => state.addresses.all().map(({ allocationId, tags }) => ({ id: allocationId, tags })),
  });
}

/** Adds an address; it is associated if an instance is named. */
export function seedAddress(
  state: Ec2State,
  seed: {
    readonly allocationId?: string;
    readonly publicIp?: string;
    readonly instanceId?: string;
    readonly tags?: readonly Tag[];
  },
): Address {
  const address: Address = {
    allocationId: seed.allocationId ?? state.newId('eipalloc'),
    publicIp: seed.publicIp ?? addressFromPool(state),
    association: undefined,
    tags: seed.tags ?? [],
  };
  state.addresses.set(address.allocationId, address, state.kernel.clock.now());
  if (seed.instanceId !== undefined) associate(state, address, state.instance(seed.instanceId));
  return state.address(address.allocationId);
}

/** "If you associate an Elastic IP address with an instance that has an existing Elastic IP address, the existing address is disassociated". */
function associate(state: Ec2State, { allocationId, publicIp, association }: Address, instance: Instance): string {
  if (association) disassociate(state, state.address(allocationId));
  releaseAddress(state, instance.instanceId);
  const associationId = state.newId('eipassoc');
  state.pastAssociations.add(associationId);
  state.changeAddress(allocationId, { association: { associationId, instanceId: instance.instanceId } });
  const { networkInterface } = state.instance(instance.instanceId);
  if (networkInterface)
    state.changeInstance(instance.instanceId, { networkInterface: { ...networkInterface, publicIp } });
  return associationId;
}

/** "When you disassociate the Elastic IP address from your instance, it receives a new public IP address" if it had one from the pool. */
function disassociate(state: Ec2State, { allocationId, association }: Address): void {
  state.changeAddress(allocationId, { association: undefined });
  const instance = association && state.instances.get(association.instanceId);
  if (!instance?.networkInterface) return;
  const bare = { ...instance.networkInterface, publicIp: undefined };
  const hasPower = instance.state === 'running' || instance.state === 'pending';
  const networkInterface = hasPower ? interfaceWhenStarted(state, { ...instance, networkInterface: bare }) : bare;
  state.changeInstance(instance.instanceId, { networkInterface });
}

function target(state: Ec2State, { InstanceId, NetworkInterfaceId }: AssociateAddressRequest): Instance {
  if ((InstanceId === undefined) === (NetworkInterfaceId === undefined)) {
    throw new AwsError(
      'InvalidParameterCombination',
      'You must specify either an instance ID or a network interface ID, but not both',
    );
  }
  if (InstanceId !== undefined) return state.instance(InstanceId);
  const found = state.instances
    .all()
    .find(({ networkInterface }) => networkInterface?.networkInterfaceId === NetworkInterfaceId);
  if (found) return found;
  throw new AwsError(
    'InvalidNetworkInterfaceID.NotFound',
    `The networkInterface ID '${NetworkInterfaceId}' does not exist`,
  );
}

function knownId(all: readonly Address[], allocationId: string): Address {
  const found = all.find((address) => address.allocationId === allocationId);
  if (found) return found;
  throw new AwsError('InvalidAllocationID.NotFound', `The allocation ID '${allocationId}' does not exist`);
}

function knownIp(all: readonly Address[], publicIp: string): Address {
  const found = all.find((address) => address.publicIp === publicIp);
  if (found) return found;
  throw new AwsError('InvalidAddress.NotFound', `Address '${publicIp}' not found.`);
}

function described(state: Ec2State, { allocationId, publicIp, association, tags }: Address): DescribedAddress {
  const networkInterface = association && state.instances.get(association.instanceId)?.networkInterface;
  return {
    AllocationId: allocationId,
    PublicIp: publicIp,
    Domain: 'vpc',
    PublicIpv4Pool: 'amazon',
    NetworkBorderGroup: state.kernel.regionName,
    ...(association && { AssociationId: association.associationId, InstanceId: association.instanceId }),
    ...(networkInterface && {
      NetworkInterfaceId: networkInterface.networkInterfaceId,
      NetworkInterfaceOwnerId: state.kernel.accountId,
      PrivateIpAddress: networkInterface.privateIp,
    }),
    Tags: [...tags],
  };
}
