// Values of the Service Authorization Reference's condition keys for Amazon EC2, for an existing resource and without its tags.
import type { Ec2State } from './state.ts';

/** Empty for an unknown id, and for kinds without a modelled key. */
export function conditionKeys(state: Ec2State, id: string): Readonly<Record<string, string>> {
  const { kernel } = state;
  const arn = (kind: 'vpc' | 'subnet', name: string): string =>
    `arn:aws:ec2:${kernel.regionName}:${kernel.accountId}:${kind}/${name}`;
  const instance = state.instances.get(id);
  if (instance) {
    const { httpTokens, instanceProfileArn } = instance.settings;
    return {
      'ec2:InstanceType': instance.instanceType,
      'ec2:MetadataHttpTokens': httpTokens,
      ...(instanceProfileArn !== undefined && { 'ec2:InstanceProfile': instanceProfileArn }),
    };
  }
  const snapshot = state.ebs.snapshots.get(id);
  if (snapshot) return { 'ec2:Owner': snapshot.ownerId };
  const subnet = state.subnets.get(id);
  if (subnet) return { 'ec2:Vpc': arn('vpc', subnet.vpcId) };
  const interfaces = state.instances.all().flatMap(({ networkInterface }) => networkInterface ?? []);
  const card = interfaces.find(({ networkInterfaceId }) => networkInterfaceId === id);
  if (card) return { 'ec2:Subnet': arn('subnet', card.subnetId), 'ec2:Vpc': arn('vpc', card.vpcId) };
  // A security group is known by its instances.
  const guarded = interfaces.find(({ securityGroupIds }) => securityGroupIds.includes(id));
  return guarded ? { 'ec2:Vpc': arn('vpc', guarded.vpcId) } : {};
}
