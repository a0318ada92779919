// EC2: subnets, instances, volumes, snapshots, tags, addresses, launch templates.
import { callsOf, type MotoCall } from './call.ts';

const call = callsOf('ec2');

/** One of the images that moto comes with; the local region takes any well-formed id. */
const ImageId = 'ami-03cf127a';
const run = (title: string, more: object): MotoCall =>
  call('RunInstances', title, ({ subnet }) => ({
    ImageId,
    InstanceType: 't3.small',
    MinCount: 1,
    MaxCount: 1,
    SubnetId: subnet,
    ...more,
  }));
const create = (title: string, more: object): MotoCall =>
  call('CreateVolume', title, ({ zone }) => ({ AvailabilityZone: zone, Size: 10, VolumeType: 'gp3', ...more }));
const modify = (title: string, more: object): MotoCall =>
  call('ModifyVolume', title, ({ volume }) => ({ VolumeId: volume, ...more }));

export const EC2: readonly MotoCall[] = [
  call(
    'DescribeSubnets',
    'all',
    { Filters: [{ Name: 'availability-zone', Values: ['eu-west-1a'] }] },
    { subnet: 'Subnets.0.SubnetId', zone: 'Subnets.0.AvailabilityZone', vpc: 'Subnets.0.VpcId' },
  ),
  call('DescribeSubnets', 'by id', ({ subnet }) => ({ SubnetIds: [subnet] })),
  call('DescribeSubnets', 'by an id that is not there', { SubnetIds: ['subnet-0123456789abcdeff'] }),
  call('DescribeSubnets', 'by an unknown filter', { Filters: [{ Name: 'constructor', Values: ['x'] }] }),
  call('DescribeAvailabilityZones', 'all', {}),
  call('DescribeRegions', 'all', {}),
  call('DescribeRegions', 'one', { RegionNames: ['eu-west-1'] }),
  call('DescribeRegions', 'that is not there', { RegionNames: ['mars-1'] }),

  call(
    'RunInstances',
    'one',
    ({ subnet }) => ({
      ImageId,
      InstanceType: 't3.small',
      MinCount: 1,
      MaxCount: 1,
      SubnetId: subnet,
      TagSpecifications: [{ ResourceType: 'instance', Tags: [{ Key: 'Name', Value: 'node1' }] }],
    }),
    { instance: 'Instances.0.InstanceId' },
  ),
  run('of an unknown type', { InstanceType: 't9.banana' }),
  run('of no type', { InstanceType: '' }),
  run('none', { MinCount: 0, MaxCount: 0 }),
  run('fewer than the least', { MinCount: 2, MaxCount: 1 }),
  run('in no subnet', { SubnetId: 'subnet-0123456789abcdeff' }),
  run('in a subnet of no form', { SubnetId: 'constructor' }),
  run('from an image of no form', { ImageId: 'banana' }),
  run('from a template that is not there', { LaunchTemplate: { LaunchTemplateName: 'nowhere' } }),
  run('dry', { DryRun: true }),
  run('with a tag of aws:', {
    TagSpecifications: [{ ResourceType: 'instance', Tags: [{ Key: 'aws:x', Value: 'y' }] }],
  }),
  run('with tags for an unknown kind', {
    TagSpecifications: [{ ResourceType: 'banana', Tags: [{ Key: 'x', Value: 'y' }] }],
  }),
  call('DescribeInstances', 'all', {}),
  call('DescribeInstances', 'by id', ({ instance }) => ({ InstanceIds: [instance] })),
  call('DescribeInstances', 'by an id that is not there', { InstanceIds: ['i-0123456789abcdeff'] }),
  call('DescribeInstances', 'by an id of no form', { InstanceIds: ['banana'] }),
  call('DescribeInstances', 'by tag', { Filters: [{ Name: 'tag:Name', Values: ['node*'] }] }),
  call('DescribeInstances', 'by an unknown filter', { Filters: [{ Name: 'toString', Values: ['x'] }] }),
  call('DescribeInstances', 'a page of four', { MaxResults: 4 }),
  call('DescribeInstances', 'a page of 1,001', { MaxResults: 1_001 }),
  call('DescribeInstances', 'by id and by page', ({ instance }) => ({ InstanceIds: [instance], MaxResults: 5 })),
  call('DescribeInstanceStatus', 'of one', ({ instance }) => ({ InstanceIds: [instance] })),
  call('DescribeInstanceStatus', 'of none', { InstanceIds: ['i-0123456789abcdeff'] }),
  call('DescribeInstanceTypes', 'one', { InstanceTypes: ['t3.small'] }),
  call('DescribeInstanceTypes', 'that is not there', { InstanceTypes: ['t9.banana'] }),
  call('DescribeInstanceAttribute', 'its type', ({ instance }) => ({
    InstanceId: instance,
    Attribute: 'instanceType',
  })),
  call('DescribeInstanceAttribute', 'an unknown one', ({ instance }) => ({
    InstanceId: instance,
    Attribute: 'constructor',
  })),
  call('StopInstances', 'one', ({ instance }) => ({ InstanceIds: [instance] })),
  call('StopInstances', 'that is not there', { InstanceIds: ['i-0123456789abcdeff'] }),
  call('StopInstances', 'of no form', { InstanceIds: ['__proto__'] }),
  call('StartInstances', 'that is not there', { InstanceIds: ['i-0123456789abcdeff'] }),

  call('CreateVolume', 'gp3', ({ zone }) => ({ AvailabilityZone: zone, Size: 10, VolumeType: 'gp3' }), {
    volume: 'VolumeId',
  }),
  create('of an unknown type', { VolumeType: 'constructor' }),
  create('io2 without IOPS', { VolumeType: 'io2' }),
  create('io1 without IOPS', { VolumeType: 'io1' }),
  create('gp2 with IOPS', { VolumeType: 'gp2', Iops: 3_000 }),
  create('gp3 with too few IOPS', { Iops: 100 }),
  create('gp3 with too many IOPS', { Iops: 80_001 }),
  create('gp3 with throughput', { Throughput: 250 }),
  create('gp3 with too much throughput', { Throughput: 2_001 }),
  create('gp2 with throughput', { VolumeType: 'gp2', Throughput: 250 }),
  create('of no size', { Size: 0 }),
  create('of a size below zero', { Size: -1 }),
  create('too large', { Size: 70_000 }),
  create('st1 too small', { VolumeType: 'st1', Size: 10 }),
  create('without a size', { Size: undefined }),
  create('in no zone', { AvailabilityZone: 'eu-west-1z' }),
  create('from no snapshot', { SnapshotId: 'snap-0123456789abcdeff' }),
  create('from a snapshot of no form', { SnapshotId: 'toString' }),
  create('with a key and no encryption', { Encrypted: false, KmsKeyId: 'alias/aws/ebs' }),
  create('with tags for another kind', {
    TagSpecifications: [{ ResourceType: 'instance', Tags: [{ Key: 'a', Value: 'b' }] }],
  }),
  create('dry', { DryRun: true }),
  call('DescribeVolumes', 'by id', ({ volume }) => ({ VolumeIds: [volume] })),
  call('DescribeVolumes', 'by an id that is not there', { VolumeIds: ['vol-0123456789abcdeff'] }),
  call('DescribeVolumes', 'by an id of no form', { VolumeIds: ['constructor'] }),
  call('DescribeVolumes', 'by state', { Filters: [{ Name: 'status', Values: ['available'] }] }),
  call('DescribeVolumes', 'by an unknown filter', { Filters: [{ Name: '__proto__', Values: ['x'] }] }),
  call('DescribeVolumes', 'a page of four', { MaxResults: 4 }),
  modify('to nothing', {}),
  modify('to 20 GiB', { Size: 20 }),
  modify('to 30 GiB at once', { Size: 30 }),
  modify('to less', { Size: 5 }),
  modify('to an unknown type', { VolumeType: 'toString' }),
  call('ModifyVolume', 'that is not there', { VolumeId: 'vol-0123456789abcdeff', Size: 20 }),
  call('ModifyVolume', 'of no form', { VolumeId: 'constructor', Size: 20 }),
  call('DescribeVolumesModifications', 'of one', ({ volume }) => ({ VolumeIds: [volume] })),
  call('DescribeVolumesModifications', 'of one that was never modified', { VolumeIds: ['vol-0123456789abcdeff'] }),
  call('AttachVolume', 'to one', ({ volume, instance }) => ({
    VolumeId: volume,
    InstanceId: instance,
    Device: '/dev/sdf',
  })),
  call('AttachVolume', 'again', ({ volume, instance }) => ({
    VolumeId: volume,
    InstanceId: instance,
    Device: '/dev/sdg',
  })),
  call('AttachVolume', 'that is not there', ({ instance }) => ({
    VolumeId: 'vol-0123456789abcdeff',
    InstanceId: instance,
    Device: '/dev/sdf',
  })),
  call('AttachVolume', 'to none', ({ volume }) => ({
    VolumeId: volume,
    InstanceId: 'i-0123456789abcdeff',
    Device: '/dev/sdf',
  })),
  call('AttachVolume', 'as a device of no form', ({ volume, instance }) => ({
    VolumeId: volume,
    InstanceId: instance,
    Device: 'banana',
  })),
  call('DeleteVolume', 'that is in use', ({ volume }) => ({ VolumeId: volume })),
  call('DeleteVolume', 'that is not there', { VolumeId: 'vol-0123456789abcdeff' }),
  call('DetachVolume', 'that is not there', { VolumeId: 'vol-0123456789abcdeff' }),
  call('DetachVolume', 'from another', ({ volume }) => ({ VolumeId: volume, InstanceId: 'i-0123456789abcdeff' })),

  call(
    'CreateSnapshot',
    'of one',
    ({ volume }) => ({
      VolumeId: volume,
      Description: 'd',
      TagSpecifications: [{ ResourceType: 'snapshot', Tags: [{ Key: 'a', Value: 'b' }] }],
    }),
    { snapshot: 'SnapshotId' },
  ),
  call('CreateSnapshot', 'of none', { VolumeId: 'vol-0123456789abcdeff' }),
  call('CreateSnapshot', 'of no form', { VolumeId: 'constructor' }),
  call('DescribeSnapshots', 'by id', ({ snapshot }) => ({ SnapshotIds: [snapshot] })),
  call('DescribeSnapshots', 'of ourselves', { OwnerIds: ['self'], Filters: [{ Name: 'tag:a', Values: ['b'] }] }),
  call('DescribeSnapshots', 'that is not there', { SnapshotIds: ['snap-0123456789abcdeff'] }),
  call('DescribeSnapshots', 'of no form', { SnapshotIds: ['toString'] }),
  call('CreateTags', 'on a volume', ({ volume }) => ({ Resources: [volume], Tags: [{ Key: 'k', Value: 'v' }] })),
  call('CreateTags', 'of aws:', ({ volume }) => ({ Resources: [volume], Tags: [{ Key: 'aws:k', Value: 'v' }] })),
  call('CreateTags', 'on none', { Resources: ['vol-0123456789abcdeff'], Tags: [{ Key: 'k', Value: 'v' }] }),
  call('CreateTags', 'on what has no form', { Resources: ['constructor'], Tags: [{ Key: 'k', Value: 'v' }] }),
  call('CreateTags', 'none', ({ volume }) => ({ Resources: [volume], Tags: [] })),
  call('CreateTags', 'with a key of 128 characters', ({ volume }) => ({
    Resources: [volume],
    Tags: [{ Key: 'k'.repeat(128), Value: 'v' }],
  })),
  call('CreateTags', 'with a key of 129 characters', ({ volume }) => ({
    Resources: [volume],
    Tags: [{ Key: 'k'.repeat(129), Value: 'v' }],
  })),
  call('CreateTags', 'with a value of 257 characters', ({ volume }) => ({
    Resources: [volume],
    Tags: [{ Key: 'k', Value: 'v'.repeat(257) }],
  })),
  call('CreateTags', 'with prototype words', ({ volume }) => ({
    Resources: [volume],
    Tags: [{ Key: 'constructor', Value: '__proto__' }],
  })),
  call('DescribeTags', 'of a volume', ({ volume }) => ({ Filters: [{ Name: 'resource-id', Values: [volume] }] })),
  call('DescribeTags', 'by an unknown filter', { Filters: [{ Name: 'banana', Values: ['x'] }] }),
  call('DeleteTags', 'from a volume', ({ volume }) => ({ Resources: [volume], Tags: [{ Key: 'k' }] })),
  call('DeleteSnapshot', 'one', ({ snapshot }) => ({ SnapshotId: snapshot })),
  call('DeleteSnapshot', 'that is not there', { SnapshotId: 'snap-0123456789abcdeff' }),

  call('AllocateAddress', 'one', { Domain: 'vpc' }, { allocation: 'AllocationId' }),
  call('DescribeAddresses', 'one', ({ allocation }) => ({ AllocationIds: [allocation] })),
  call('DescribeAddresses', 'that is not there', { AllocationIds: ['eipalloc-0123456789abcdeff'] }),
  call('AssociateAddress', 'to none', ({ allocation }) => ({
    AllocationId: allocation,
    InstanceId: 'i-0123456789abcdeff',
  })),
  call('AssociateAddress', 'that is not there', ({ instance }) => ({
    AllocationId: 'eipalloc-0123456789abcdeff',
    InstanceId: instance,
  })),
  call('DisassociateAddress', 'that is not there', { AssociationId: 'eipassoc-0123456789abcdeff' }),

  call(
    'CreateLaunchTemplate',
    'plain',
    { LaunchTemplateName: 'node', LaunchTemplateData: { ImageId, InstanceType: 't3.small' } },
    { template: 'LaunchTemplate.LaunchTemplateId' },
  ),
  call('CreateLaunchTemplate', 'again', {
    LaunchTemplateName: 'node',
    LaunchTemplateData: { ImageId, InstanceType: 't3.small' },
  }),
  call('CreateLaunchTemplate', 'with a short name', { LaunchTemplateName: 'ab', LaunchTemplateData: { ImageId } }),
  call('CreateLaunchTemplate', 'with a name of strange characters', {
    LaunchTemplateName: 'a b c',
    LaunchTemplateData: { ImageId },
  }),
  call('CreateLaunchTemplate', 'with user data that are no base64', {
    LaunchTemplateName: 'no-base64',
    LaunchTemplateData: { ImageId, UserData: '#!/bin/sh' },
  }),
  call('DescribeLaunchTemplates', 'by name', { LaunchTemplateNames: ['node'] }),
  call('DescribeLaunchTemplates', 'that is not there', { LaunchTemplateNames: ['nowhere'] }),
  call('DescribeLaunchTemplateVersions', 'all', { LaunchTemplateName: 'node' }),
  call('DescribeLaunchTemplateVersions', 'the latest', { LaunchTemplateName: 'node', Versions: ['$Latest'] }),
  call('DescribeLaunchTemplateVersions', 'that is not there', { LaunchTemplateName: 'nowhere' }),
  call('CreateLaunchTemplateVersion', 'from the first', {
    LaunchTemplateName: 'node',
    SourceVersion: '1',
    LaunchTemplateData: { InstanceType: 't3.large' },
  }),
  call('CreateLaunchTemplateVersion', 'of none', {
    LaunchTemplateName: 'nowhere',
    LaunchTemplateData: { InstanceType: 't3.large' },
  }),
  call('ModifyLaunchTemplate', 'to its second version', { LaunchTemplateName: 'node', DefaultVersion: '2' }),
  call('ModifyLaunchTemplate', 'to a version that is not there', { LaunchTemplateName: 'node', DefaultVersion: '99' }),
  call('TerminateInstances', 'that is not there', { InstanceIds: ['i-0123456789abcdeff'] }),
  call('TerminateInstances', 'of no form', { InstanceIds: ['constructor'] }),
];
