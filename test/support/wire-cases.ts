// Real requests and answers of every service that the region knows, to be carried over the wire and back unchanged.

export interface WireCase {
  readonly service: string;
  readonly operation: string;
  readonly input: object;
  readonly output: object;
}

const AT = new Date('2026-01-01T12:00:00.250Z');
const bytes = (text: string) => new TextEncoder().encode(text);
const wireCase = (name: string, input: object, output: object): WireCase => {
  const [service = '', operation = ''] = name.split('.');
  return { service, operation, input, output };
};

export const WIRE_CASES: readonly WireCase[] = [
  wireCase(
    'ec2.DescribeInstances',
    { InstanceIds: ['i-1', 'i-2'], Filters: [{ Name: 'tag:a', Values: ['x', 'y&z'] }] },
    {
      Reservations: [
        {
          ReservationId: 'r-1',
          Instances: [
            {
              InstanceId: 'i-1',
              LaunchTime: AT,
              State: { Code: 16, Name: 'running' },
              EbsOptimized: true,
              Tags: [{ Key: 'k', Value: 'v & <w> "quoted" é' }],
              BlockDeviceMappings: [{ DeviceName: '/dev/xvda', Ebs: { VolumeId: 'vol-1', DeleteOnTermination: true } }],
            },
          ],
        },
      ],
    },
  ),
  wireCase(
    'ec2.RunInstances',
    {
      MinCount: 1,
      MaxCount: 1,
      ImageId: 'ami-1',
      InstanceType: 't4g.small',
      ClientToken: 'token',
      BlockDeviceMappings: [{ DeviceName: '/dev/sdf', Ebs: { SnapshotId: 'snap-1', VolumeSize: 10, Encrypted: true } }],
      TagSpecifications: [{ ResourceType: 'instance', Tags: [{ Key: 'a', Value: 'b' }] }],
      NetworkInterfaces: [{ DeviceIndex: 0, Groups: ['sg-1'], SubnetId: 'subnet-1' }],
    },
    { Instances: [{ InstanceId: 'i-9' }] },
  ),
  wireCase(
    'ec2.DescribeVolumes',
    { VolumeIds: ['vol-1'], MaxResults: 5, NextToken: 'n' },
    { Volumes: [], NextToken: 'm' },
  ),
  wireCase(
    'ec2.ModifyVolume',
    { VolumeId: 'vol-1', Size: 900, Iops: 4000, Throughput: 250, DryRun: false },
    { VolumeModification: { VolumeId: 'vol-1', ModificationState: 'modifying', Progress: 0, StartTime: AT } },
  ),
  wireCase(
    'ec2.DescribeVolumesModifications',
    { VolumeIds: ['vol-1'] },
    { VolumesModifications: [{ VolumeId: 'vol-1', TargetSize: 900, Progress: 99 }] },
  ),
  wireCase('ec2.CreateTags', { Resources: ['i-1'], Tags: [{ Key: 'chainmend:pause', Value: 'on' }] }, {}),
  wireCase(
    'ec2.DescribeSnapshots',
    { OwnerIds: ['self'] },
    { Snapshots: [{ SnapshotId: 'snap-1', StartTime: AT, VolumeSize: 8 }] },
  ),
  wireCase(
    'monitoring.PutMetricData',
    {
      Namespace: 'n',
      MetricData: [
        { MetricName: 'm', Value: 1.5, Unit: 'Count', Timestamp: AT, Dimensions: [{ Name: 'a', Value: 'b' }] },
      ],
    },
    {},
  ),
  wireCase(
    'monitoring.DescribeAlarms',
    { AlarmNames: ['x'], AlarmTypes: ['MetricAlarm'] },
    {
      MetricAlarms: [{ AlarmName: 'x', StateValue: 'ALARM', StateUpdatedTimestamp: AT, Threshold: 1.5 }],
      CompositeAlarms: [],
    },
  ),
  wireCase(
    'monitoring.GetMetricData',
    { StartTime: AT, EndTime: AT, MetricDataQueries: [{ Id: 'm1', Expression: 'x', ReturnData: true }] },
    {
      MetricDataResults: [{ Id: 'm1', Label: 'x', Timestamps: [AT, AT], Values: [0.5, 1e-9], StatusCode: 'Complete' }],
    },
  ),
  wireCase(
    'monitoring.PutMetricAlarm',
    {
      AlarmName: 'a',
      ComparisonOperator: 'GreaterThanThreshold',
      EvaluationPeriods: 3,
      Threshold: 90,
      Tags: [{ Key: 'k', Value: 'v' }],
    },
    {},
  ),
  wireCase(
    'route53.ChangeResourceRecordSets',
    {
      HostedZoneId: 'Z1',
      ChangeBatch: {
        Comment: 'c & d',
        Changes: [
          {
            Action: 'UPSERT',
            ResourceRecordSet: {
              Name: 'a.b',
              Type: 'A',
              TTL: 5,
              ResourceRecords: [{ Value: '1.2.3.4' }, { Value: '1.2.3.5' }],
            },
          },
        ],
      },
    },
    { ChangeInfo: { Id: '/change/C1', Status: 'PENDING', SubmittedAt: AT } },
  ),
  wireCase(
    'route53.ListResourceRecordSets',
    { HostedZoneId: 'Z1', StartRecordName: 'a', MaxItems: 10 },
    {
      ResourceRecordSets: [{ Name: 'a.', Type: 'A', TTL: 5, ResourceRecords: [{ Value: '1.2.3.4' }] }],
      IsTruncated: false,
      MaxItems: 10,
    },
  ),
  wireCase(
    'ssm.SendCommand',
    { DocumentName: 'doc', InstanceIds: ['i-0123abcd'], Parameters: { commands: ['a', 'b'] }, TimeoutSeconds: 120 },
    { Command: { CommandId: 'c', RequestedDateTime: AT, Status: 'Pending', Parameters: { commands: ['a', 'b'] } } },
  ),
  wireCase(
    'ssm.GetCommandInvocation',
    { CommandId: '11111111-2222-3333-4444-555555555555', InstanceId: 'i-0123abcd' },
    { Status: 'Success', ResponseCode: 0, StandardOutputContent: '{"result":"grown"}\n' },
  ),
  wireCase(
    'ssm.GetParameter',
    { Name: '/chainmend/pause', WithDecryption: true },
    { Parameter: { Name: '/chainmend/pause', Value: 'off', Version: 1 } },
  ),
  wireCase(
    'ssm.GetParametersByPath',
    { Path: '/chainmend/fleets', Recursive: true },
    { Parameters: [], NextToken: 'n' },
  ),
  wireCase(
    'events.PutEvents',
    { Entries: [{ Source: 'a', DetailType: 'b', Detail: '{}', Time: AT }] },
    { FailedEntryCount: 0, Entries: [{ EventId: 'e' }] },
  ),
  wireCase(
    'events.PutRule',
    { Name: 'r', EventPattern: '{"source":["aws.ec2"]}', State: 'ENABLED' },
    { RuleArn: 'arn:rule' },
  ),
  wireCase(
    'dynamodb.PutItem',
    {
      TableName: 't',
      Item: {
        pk: { S: 'x' },
        n: { N: '1' },
        m: { M: { a: { BOOL: true }, l: { L: [{ NULL: true }] } } },
        b: { B: new Uint8Array([0, 1, 255]) },
        ss: { SS: ['a', 'b'] },
      },
      ConditionExpression: 'attribute_not_exists(pk)',
    },
    { Attributes: { pk: { S: 'x' } } },
  ),
  wireCase(
    'dynamodb.GetItem',
    { TableName: 't', Key: { pk: { S: 'x' } }, ConsistentRead: true },
    { Item: { pk: { S: 'x' }, l: { L: [] } } },
  ),
  wireCase(
    'dynamodb.Query',
    {
      TableName: 't',
      KeyConditionExpression: 'pk = :p',
      ExpressionAttributeValues: { ':p': { S: 'x' } },
      Limit: 2,
      ScanIndexForward: false,
      ExclusiveStartKey: { pk: { S: 'x' } },
    },
    { Items: [{ pk: { S: 'x' } }], Count: 1, ScannedCount: 1, LastEvaluatedKey: { pk: { S: 'x' } } },
  ),
  wireCase(
    'lambda.Invoke',
    {
      FunctionName: 'f',
      Qualifier: 'live',
      InvocationType: 'Event',
      DurableExecutionName: 'abc',
      Payload: bytes('{"a":1}'),
    },
    { StatusCode: 202, DurableExecutionArn: 'arn:x', Payload: bytes('') },
  ),
  wireCase(
    'lambda.CheckpointDurableExecution',
    {
      DurableExecutionArn: 'arn:aws:lambda:eu-west-1:111122223333:function:f:1/durable-execution/n/u',
      CheckpointToken: 't',
      ClientToken: 'ct',
      Updates: [{ Id: 'a', Type: 'STEP', Action: 'SUCCEED', Payload: '{"x":1}' }],
    },
    {
      CheckpointToken: 't2',
      NewExecutionState: {
        Operations: [
          {
            Id: 'a',
            Type: 'STEP',
            Status: 'SUCCEEDED',
            StartTimestamp: AT,
            StepDetails: { Attempt: 1, Result: '{"x":1}' },
          },
        ],
      },
    },
  ),
  wireCase(
    'lambda.GetDurableExecution',
    { DurableExecutionArn: 'arn:aws:lambda:eu-west-1:111122223333:function:f:1/durable-execution/n/u' },
    {
      DurableExecutionArn: 'arn:x',
      DurableExecutionName: 'n',
      FunctionArn: 'arn:f',
      StartTimestamp: AT,
      Status: 'RUNNING',
    },
  ),
  wireCase(
    'lambda.ListFunctions',
    { MaxItems: 5 },
    { Functions: [{ FunctionName: 'f', Timeout: 60, MemorySize: 256 }] },
  ),
  wireCase('sts.GetCallerIdentity', {}, { Account: '111122223333', Arn: 'arn:role', UserId: 'u' }),
  wireCase(
    'iam.GetRole',
    { RoleName: 'r' },
    { Role: { RoleName: 'r', Path: '/', RoleId: 'x', Arn: 'a', CreateDate: AT } },
  ),
  wireCase('iam.ListRoles', { MaxItems: 3 }, { Roles: [], IsTruncated: false }),
  wireCase(
    'sns.Publish',
    {
      TopicArn: 'arn:aws:sns:eu-west-1:1:t',
      Message: 'a+b & c',
      MessageAttributes: { a: { DataType: 'String', StringValue: 's' } },
    },
    { MessageId: 'm' },
  ),
  wireCase('sns.ListTopics', {}, { Topics: [{ TopicArn: 'arn:t' }] }),
  wireCase(
    'scheduler.CreateSchedule',
    {
      Name: 's',
      ClientToken: 'c',
      ScheduleExpression: 'rate(1 minute)',
      FlexibleTimeWindow: { Mode: 'OFF' },
      Target: { Arn: 'arn:f', RoleArn: 'arn:aws:iam::111122223333:role/r', Input: '{"kind":"sweep"}' },
      StartDate: new Date('2026-01-01T12:00:00Z'),
    },
    { ScheduleArn: 'arn:s' },
  ),
  wireCase('scheduler.GetSchedule', { Name: 's', GroupName: 'g' }, { Name: 's', State: 'ENABLED', CreationDate: AT }),
  wireCase('sqs.ReceiveMessage', { QueueUrl: 'http://127.0.0.1/1/q', MaxNumberOfMessages: 2 }, { Messages: [] }),
  wireCase(
    'sqs.GetQueueAttributes',
    { QueueUrl: 'http://127.0.0.1/1/q', AttributeNames: ['All'] },
    { Attributes: { DelaySeconds: '0' } },
  ),
  wireCase(
    'logs.FilterLogEvents',
    { logGroupName: '/aws/lambda/f', startTime: 5, limit: 10 },
    { events: [{ message: 'm', timestamp: 5 }] },
  ),
];
