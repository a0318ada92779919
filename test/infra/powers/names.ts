// The names of the attacks: by the condition's purpose, by action, and where it matters by the kind of resource. A condition that is not listed here
// has no proof that it is necessary.
import type { Statement } from '../../../local/services/iam/policy.ts';

export const RECORDS = 'route53:ChangeResourceRecordSets';

export interface Named {
  readonly name: string;
  readonly ends?: readonly string[];
  readonly also?: Statement;
}

export const THROUGH = ['NotImplemented'];
const directly = (what: string): Named => ({ name: `${what}, without any service in between`, ends: THROUGH });

const PAUSED = {
  instance: { name: 'a node is paused, or gets another tag that only people write' },
  volume: { name: 'a volume is paused, or gets another tag that only people write' },
};

/**
 * By flaw, action and, where it matters, the kind of the attacked resource. A condition that is not listed here has no proof that it is necessary.
 */
export const NAMES: Readonly<Record<string, Readonly<Record<string, Named | Readonly<Record<string, Named>>>>>> = {
  'resource-tag': {
    'ec2:AttachVolume': {
      volume: { name: 'a stranger’s volume is attached to a node, to be read there' },
      instance: { name: 'a node’s volume is attached to a stranger’s instance' },
    },
    'ec2:DetachVolume': { name: 'a volume is pulled off a stranger’s instance' },
    'ec2:DescribeInstanceAttribute': { name: 'the user data of a stranger’s instance are read' },
    'ec2:StopInstances': { name: 'a stranger’s instance is stopped' },
    'ec2:StartInstances': { name: 'an instance that its owner stopped is started: a second copy of a validator' },
    'ec2:TerminateInstances': { name: 'an instance is terminated that no heal has put away' },
    'ec2:AssociateAddress': {
      instance: { name: 'a node’s public address goes to a stranger’s instance' },
      'elastic-ip': { name: 'a stranger’s public address goes to a node' },
    },
    'ec2:CreateVolume': { snapshot: { name: 'a stranger’s snapshot is restored, to be read on a node' } },
    'ec2:CopyVolumes': { volume: { name: 'a stranger’s volume is copied, to be read on a node' } },
    'ec2:CreateSnapshots': {
      instance: { name: 'a stranger’s instance is snapshotted' },
      volume: { name: 'a stranger’s volume that is attached to a node is snapshotted' },
    },
    'ec2:CreateSnapshot': { name: 'a stranger’s volume is snapshotted' },
    'ec2:DeleteSnapshot': { name: 'a snapshot is deleted that is nobody’s set' },
    'ec2:DescribeSnapshotAttribute': {
      name: 'somebody looks with whom a stranger’s snapshot is shared',
      ends: THROUGH,
    },
    'ec2:ModifySnapshotAttribute': { name: 'a stranger’s snapshot is shared with another account', ends: THROUGH },
    'ec2:DeleteVolume': { name: 'a volume is deleted that no heal has put away' },
    'ec2:ModifyVolume': { name: 'a stranger’s volume is grown to 16 TB, on the stranger’s bill' },
    'ec2:LockSnapshot': { name: 'a snapshot that nobody holds is locked' },
    'ec2:UnlockSnapshot': { name: 'a person’s lock is taken off a snapshot' },
    'ec2:CreateTags': {
      instance: { name: 'a stranger’s instance is tagged as put away' },
      volume: { name: 'a stranger’s volume is tagged as put away' },
      snapshot: { name: 'a stranger’s snapshot is tagged as held or good' },
    },
    'ec2:DeleteTags': {
      instance: { name: 'tags are taken from a stranger’s instance' },
      volume: { name: 'tags are taken from a stranger’s volume' },
      snapshot: { name: 'a hold is taken from a stranger’s snapshot' },
    },
    'ec2:ModifyInstanceAttribute': {
      name: 'a stranger’s instance gets another type, or its volumes are made to die with it',
    },
    'ec2:RunInstances': {
      'launch-template': { name: 'an instance is launched from a stranger’s template, with what is in it' },
      'security-group': { name: 'an instance is launched into a stranger’s security group' },
      snapshot: { name: 'a stranger’s snapshot is opened on a throw-away instance' },
    },
    'ssm:SendCommand': {
      name: 'a command runs as root on a stranger’s instance',
      ends: ['InvalidInstanceId', 'InvalidParameters'],
    },
    'elasticloadbalancing:RegisterTargets': { name: 'a node takes requests for a stranger’s service' },
    'elasticloadbalancing:DeregisterTargets': { name: 'a stranger’s service loses its targets' },
    'autoscaling:EnterStandby': { name: 'a stranger’s group sets its members aside' },
    'autoscaling:ExitStandby': { name: 'a stranger’s group takes a member back that its owner set aside' },
    'autoscaling:SetDesiredCapacity': { name: 'a stranger’s group gets another number of members' },
    'cloudwatch:DeleteAlarms': { name: 'an alarm of somebody else’s is deleted' },
  },
  'request-tag': {
    'ec2:CreateVolume': { volume: { name: 'a volume is made that is no fleet’s, where nobody looks for it' } },
    'ec2:CopyVolumes': { volume: { name: 'a copy is made that is no fleet’s, where nobody looks for it' } },
    'ec2:CreateSnapshots': { snapshot: { name: 'a snapshot of a node is made that is no fleet’s' } },
    'ec2:RunInstances': {
      instance: { name: 'an instance is launched that is no fleet’s' },
      volume: { name: 'an instance is launched with volumes that are no fleet’s' },
    },
    'ec2:CreateTags': {
      instance: { name: 'a node of one fleet is tagged as another’s' },
      volume: {
        name: 'a volume of one fleet is tagged as another’s, or a stranger’s as the root of a fleet that there is not',
      },
    },
    'cloudwatch:TagResource': { name: 'an alarm is tagged as a fleet’s that there is not' },
  },
  'denied aws:TagKeys': { 'ec2:CreateTags': PAUSED },
  'no ec2:CreateAction': { 'ec2:CreateTags': PAUSED },
  'denied to strangers': {
    'ec2:LockSnapshot': { name: 'a stranger’s snapshot that carries a tag of ours is locked' },
    'ec2:UnlockSnapshot': { name: 'a person’s lock is taken off a stranger’s snapshot that carries a tag of ours' },
  },
  'tag-keys': {
    'ec2:CreateTags': {
      instance: { name: 'a node gets a tag that is none of ours: another team’s selector, an owner, a pause' },
      volume: { name: 'a volume gets a tag that is none of ours: another team’s selector, an owner' },
      snapshot: { name: 'a snapshot gets a tag that is none of ours, or says that its client had ended' },
    },
    'ec2:DeleteTags': {
      instance: { name: 'a node loses the tags by which its owner knows it' },
      volume: { name: 'a volume loses the tags by which its owner knows it' },
      snapshot: { name: 'a snapshot loses the tags by which its owner knows it' },
    },
    'cloudwatch:TagResource': { name: 'an alarm gets a tag that is none of ours' },
  },
  'no-tag-keys': {
    'ec2:DeleteTags': {
      instance: { name: 'a node loses all of its tags by a request that names none' },
      volume: { name: 'a volume loses all of its tags by a request that names none' },
      snapshot: { name: 'a snapshot loses all of its tags by a request that names none' },
    },
  },
  'ec2:Owner': {
    'ec2:CreateTags': { name: 'a snapshot of our own, or of a stranger’s account, is tagged as good or quarantined' },
    'ec2:RunInstances': {
      snapshot: { name: 'a snapshot that a stranger’s account shares is opened on a throw-away instance' },
    },
  },
  'ec2:CreateAction': {
    'ec2:CreateTags': { name: 'anything that exists is tagged as if it had just been made' },
  },
  'ec2:Attribute': {
    'ec2:ModifyInstanceAttribute': { name: 'a node gets user data that run as root at its next start' },
  },
  'ec2:Attribute/InstanceType': {
    'ec2:ModifyInstanceAttribute': { name: 'a node becomes the dearest machine that there is' },
  },
  'no ec2:Attribute': {
    'ec2:ModifyInstanceAttribute': {
      name: 'a node gets an attribute that EC2 has no name for',
      ends: ['MissingParameter'],
    },
  },
  'ec2:SnapshotLockDuration': {
    'ec2:LockSnapshot': { name: 'a snapshot is locked for a hundred years, on its owner’s bill' },
  },
  'ec2:IsLaunchTemplateResource': {
    'ec2:RunInstances': {
      image: { name: 'an instance is launched with an image of the attacker’s' },
      snapshot: { name: 'an instance is launched with a stranger’s data' },
      'key-pair': { name: 'an instance is launched that the attacker may log in to' },
      'security-group': { name: 'an instance is launched into a stranger’s security group' },
    },
  },
  'ec2:NetworkInterfaceID': {
    'ec2:RunInstances': {
      name: 'an instance takes over a network interface, with its address and its security groups',
      ends: ['InvalidNetworkInterface.InUse'],
    },
  },
  'lambda:SourceFunctionArn': {
    'ec2:CreateNetworkInterface': { name: 'the function’s code makes itself a way into a subnet', ends: THROUGH },
    'ec2:AssignPrivateIpAddresses': { name: 'the function’s code gives an interface another address', ends: THROUGH },
    'ec2:UnassignPrivateIpAddresses': { name: 'the function’s code takes an address from an interface', ends: THROUGH },
    'ec2:DeleteNetworkInterface': { name: 'the function’s code cuts an instance off', ends: THROUGH },
    'ec2:DescribeNetworkInterfaces': { name: 'the function’s code looks at the network', ends: THROUGH },
    'ec2:DescribeSubnets': { name: 'the function’s code looks at the subnets' },
  },
  'dynamodb:LeadingKeys': {
    'dynamodb:GetItem': { name: 'items of other partitions are read' },
    'dynamodb:PutItem': { name: 'items of other partitions are overwritten' },
    'dynamodb:Query': { name: 'other partitions are read' },
  },
  'cloudwatch:namespace': { 'cloudwatch:PutMetricData': { name: 'metrics of others are forged' } },
  'no cloudwatch:namespace': {
    'cloudwatch:PutMetricData': { name: 'metrics of others are forged in their own namespace, not over OTLP' },
  },
  'cloudwatch:AlarmActions': {
    'cloudwatch:PutMetricAlarm': { name: 'an alarm acts on something else than the pages' },
  },
  [`${RECORDS}NormalizedRecordNames`]: {
    'route53:ChangeResourceRecordSets': { name: 'a name of another zone is pointed at the attacker' },
  },
  [`${RECORDS}RecordTypes`]: {
    'route53:ChangeResourceRecordSets': {
      name: 'a name of the fleet’s becomes an alias of another',
      ends: ['InvalidChangeBatch'],
    },
  },
  [`${RECORDS}Actions`]: {
    'route53:ChangeResourceRecordSets': {
      name: 'a name that a person keeps is overwritten',
      ends: ['InvalidChangeBatch'],
    },
  },
  'iam:PassedToService': {
    'iam:PassRole': {
      name: 'the role of the nodes is given to another service that the attacker may use',
      also: { Effect: 'Allow', Action: 'dlm:CreateLifecyclePolicy', Resource: '*' },
    },
  },
  'kms:ViaService': {
    'kms:CreateGrant': directly('a key is given to another account'),
    'kms:Decrypt': directly('what others have encrypted is read'),
    'kms:Encrypt': directly('something is encrypted with a key of others'),
    'kms:GenerateDataKeyWithoutPlaintext': directly('a data key is made from a key of others'),
    'kms:ReEncryptFrom': directly('what others have encrypted is encrypted with another key'),
    'kms:ReEncryptTo': directly('something is encrypted again with a key of others'),
    // In another region.
    'kms:DescribeKey': { name: 'a key is looked at, without any service in between', ends: ['NotFoundException'] },
  },
};
