// Which condition keys the requests of each action carry here, as in the Service Authorization Reference. A policy that asks for another key is
// refused when it is written: at the request the key would only be absent, and an absent key allows or refuses by the operator.
import { isOperator, listOf } from './conditions.ts';
import { listedActions, nameOf, type PolicyDocument, type Statement, statementsOf } from './policy.ts';

/** "AWS global condition context keys" (IAM guide), of every request; absent where AWS leaves them out. */
const GLOBAL = [
  ...['aws:PrincipalAccount', 'aws:PrincipalArn', 'aws:RequestedRegion', 'aws:ResourceAccount', 'aws:SecureTransport'],
  // Only in the requests of AWS services.
  ...['aws:SourceAccount', 'aws:SourceArn'],
  // Only in the requests of a function's code ("Working with source function ARN", Lambda guide).
  'lambda:SourceFunctionArn',
];

const OF_TAGGED = ['aws:ResourceTag/*'];
const OF_EC2 = [...OF_TAGGED, 'ec2:ResourceTag/*'];
const OF_INSTANCE = [...OF_EC2, 'ec2:InstanceProfile', 'ec2:InstanceType', 'ec2:MetadataHttpTokens'];
const OF_SSM = [...OF_TAGGED, 'ssm:resourceTag/*'];
const OF_NEW = ['aws:RequestTag/*', 'aws:TagKeys'];
const OF_KEY = ['kms:EncryptionContext:*', 'kms:ViaService'];
const OF_ITEMS = [...OF_TAGGED, 'dynamodb:LeadingKeys'];

const all = (service: string, actions: readonly string[], keys: readonly string[]) =>
  Object.fromEntries(actions.map((action) => [`${service}:${action}`, keys]));

/** By action. An action that is not here is none of the region's. */
export const MODELLED: Readonly<Record<string, readonly string[]>> = {
  ...all(
    'ec2',
    [
      ...['DescribeAddresses', 'DescribeAvailabilityZones', 'DescribeInstances', 'DescribeInstanceStatus'],
      ...['DescribeInstanceTypes', 'DescribeLaunchTemplates', 'DescribeLaunchTemplateVersions', 'DescribeVpcs'],
      ...['DescribeLockedSnapshots', 'DescribeNetworkInterfaces', 'DescribeRegions', 'DescribeSnapshots'],
      ...['DescribeSubnets', 'DescribeTags', 'DescribeVolumes', 'DescribeVolumesModifications', 'DescribeVolumeStatus'],
    ],
    [],
  ),
  ...all('ec2', ['DeleteSnapshot', 'DeleteVolume', 'DisassociateAddress', 'ModifyVolume', 'UnlockSnapshot'], OF_EC2),
  ...all('ec2', ['CreateLaunchTemplateVersion', 'ModifyLaunchTemplate', 'ModifySnapshotAttribute'], OF_EC2),
  ...all('ec2', ['DescribeSnapshotAttribute'], OF_EC2),
  ...all('ec2', ['AllocateAddress', 'CreateLaunchTemplate'], OF_NEW),
  ...all('ec2', ['CreateSnapshot', 'CreateVolume', 'CopySnapshot', 'CopyVolumes'], [...OF_EC2, ...OF_NEW]),
  ...all('ec2', ['AttachVolume', 'DetachVolume', 'RebootInstances', 'StartInstances', 'StopInstances'], OF_INSTANCE),
  ...all('ec2', ['DescribeInstanceAttribute', 'TerminateInstances'], OF_INSTANCE),
  ...all(
    'ec2',
    ['AssignPrivateIpAddresses', 'DeleteNetworkInterface', 'UnassignPrivateIpAddresses'],
    [...OF_EC2, 'ec2:Subnet', 'ec2:Vpc'],
  ),
  'ec2:AssociateAddress': [...OF_INSTANCE, 'ec2:Subnet', 'ec2:Vpc'],
  'ec2:CreateNetworkInterface': [...OF_EC2, ...OF_NEW, 'ec2:Vpc'],
  'ec2:CreateSnapshots': [...OF_INSTANCE, ...OF_NEW],
  'ec2:CreateTags': [...OF_INSTANCE, ...OF_NEW, 'ec2:CreateAction', 'ec2:Subnet', 'ec2:Vpc'],
  'ec2:DeleteTags': [...OF_INSTANCE, ...OF_NEW, 'ec2:Subnet', 'ec2:Vpc'],
  'ec2:LockSnapshot': [...OF_EC2, 'ec2:SnapshotCoolOffPeriod', 'ec2:SnapshotLockDuration'],
  'ec2:ModifyInstanceAttribute': [...OF_INSTANCE, 'ec2:Attribute', 'ec2:Attribute/*', 'ec2:Vpc'],
  'ec2:RunInstances': [
    ...OF_INSTANCE,
    ...OF_NEW,
    ...['ec2:IsLaunchTemplateResource', 'ec2:LaunchTemplate', 'ec2:NetworkInterfaceID', 'ec2:Subnet', 'ec2:Vpc'],
  ],
  'iam:PassRole': ['iam:PassedToService'],
  ...all(
    'ssm',
    [
      ...['CancelCommand', 'DescribeInstanceInformation', 'DescribeParameters', 'GetCommandInvocation'],
      ...['ListCommandInvocations', 'ListCommands', 'ListDocuments', 'DescribeDocument', 'GetDocument'],
    ],
    [],
  ),
  ...all('ssm', ['DeleteParameter', 'GetParameter', 'GetParameterHistory', 'GetParameters', 'SendCommand'], OF_SSM),
  'ssm:GetParametersByPath': ['ssm:Recursive'],
  'ssm:PutParameter': [...OF_SSM, ...OF_NEW, 'ssm:Overwrite'],
  ...all('dynamodb', ['DeleteItem', 'GetItem', 'PutItem', 'Query', 'UpdateItem'], OF_ITEMS),
  ...all('dynamodb', ['DescribeTable', 'DescribeTimeToLive'], OF_TAGGED),
  'dynamodb:ListTables': [],
  // It names no partition.
  'dynamodb:Scan': OF_TAGGED,
  ...all(
    'lambda',
    [
      'GetAlias',
      'GetFunction',
      'GetFunctionConfiguration',
      'InvokeFunction',
      'ListAliases',
      'ListDurableExecutionsByFunction',
    ],
    OF_TAGGED,
  ),
  ...all(
    'lambda',
    [
      ...['CheckpointDurableExecution', 'GetDurableExecution', 'GetDurableExecutionHistory', 'ListFunctions'],
      ...['GetDurableExecutionState', 'StopDurableExecution', 'SendDurableExecutionCallbackFailure'],
      ...['SendDurableExecutionCallbackHeartbeat', 'SendDurableExecutionCallbackSuccess'],
    ],
    [],
  ),
  ...all(
    'cloudwatch',
    ['DescribeAlarmsForMetric', 'GetMetricData', 'GetMetricStatistics', 'ListAlarmMuteRules', 'ListMetrics'],
    [],
  ),
  ...all(
    'cloudwatch',
    [
      ...['DeleteAlarms', 'DescribeAlarmContributors', 'DescribeAlarmHistory', 'DescribeAlarms'],
      ...['DisableAlarmActions', 'EnableAlarmActions', 'ListTagsForResource', 'SetAlarmState'],
    ],
    OF_TAGGED,
  ),
  'cloudwatch:TagResource': [...OF_TAGGED, ...OF_NEW],
  'cloudwatch:UntagResource': [...OF_TAGGED, 'aws:TagKeys'],
  ...all('cloudwatch', ['PutCompositeAlarm', 'PutMetricAlarm'], [...OF_NEW, 'cloudwatch:AlarmActions']),
  'cloudwatch:PutMetricData': ['cloudwatch:namespace'],
  ...all(
    'route53',
    [
      ...['ChangeTagsForResource', 'CreateHostedZone', 'GetChange', 'GetHostedZone', 'ListHostedZones'],
      ...['ListHostedZonesByName', 'ListResourceRecordSets', 'ListTagsForResource'],
    ],
    [],
  ),
  'route53:ChangeResourceRecordSets': ['Actions', 'NormalizedRecordNames', 'RecordTypes'].map(
    (what) => `route53:ChangeResourceRecordSets${what}`,
  ),
  'secretsmanager:CreateSecret': OF_NEW,
  'secretsmanager:TagResource': OF_NEW,
  'secretsmanager:DescribeSecret': [...OF_TAGGED, 'secretsmanager:ResourceTag/*'],
  'secretsmanager:GetSecretValue': [...OF_TAGGED, 'secretsmanager:ResourceTag/*', 'secretsmanager:VersionStage'],
  ...all('autoscaling', ['DescribeAutoScalingGroups', 'DescribeAutoScalingInstances', 'DescribeScalingActivities'], []),
  'autoscaling:CreateAutoScalingGroup': OF_NEW,
  ...all(
    'autoscaling',
    ['EnterStandby', 'ExitStandby', 'SetInstanceHealth'],
    [...OF_TAGGED, 'autoscaling:ResourceTag/*'],
  ),
  ...all(
    'elasticloadbalancing',
    ['DescribeTags', 'DescribeTargetGroupAttributes', 'DescribeTargetGroups', 'DescribeTargetHealth'],
    [],
  ),
  'elasticloadbalancing:CreateTargetGroup': OF_NEW,
  ...all(
    'elasticloadbalancing',
    ['DeregisterTargets', 'RegisterTargets'],
    [...OF_TAGGED, 'elasticloadbalancing:ResourceTag/*'],
  ),
  'dlm:CreateLifecyclePolicy': OF_NEW,
  'dlm:GetLifecyclePolicies': [],
  'dlm:GetLifecyclePolicy': [],
  ...all('sns', ['GetTopicAttributes', 'ListTopics', 'Publish'], []),
  ...all(
    'sqs',
    ['ChangeMessageVisibility', 'DeleteMessage', 'GetQueueAttributes', 'ListQueues', 'ReceiveMessage', 'SendMessage'],
    [],
  ),
  'events:PutEvents': [],
  'sts:AssumeRole': [],
  ...all(
    'kms',
    ['Decrypt', 'Encrypt', 'GenerateDataKey', 'GenerateDataKeyWithoutPlaintext', 'ReEncryptFrom', 'ReEncryptTo'],
    OF_KEY,
  ),
  'kms:CreateGrant': [...OF_KEY, 'kms:GrantIsForAWSResource'],
  'kms:DescribeKey': ['kms:ViaService'],
};

const matchers = new Map(Object.entries(MODELLED).map(([action, keys]) => [action.toLowerCase(), matcherOf(keys)]));
const isGlobal = matcherOf(GLOBAL);

/** "aws:ResourceTag/*" stands for every key that begins so. */
function matcherOf(keys: readonly string[]): (key: string) => boolean {
  const exact = new Set(keys.map((key) => key.toLowerCase()));
  const prefixes = keys.filter((key) => key.endsWith('*')).map((key) => key.slice(0, -1).toLowerCase());
  return (key) => exact.has(key) || prefixes.some((prefix) => key.startsWith(prefix) && key.length > prefix.length);
}

/** Whether the requests of an action carry a key wherever AWS's do. */
export function isModelled(action: string, key: string): boolean {
  const name = key.toLowerCase();
  return isGlobal(name) || matchers.get(action.toLowerCase())?.(name) === true;
}

/**
 * @throws Error where a condition of the document could not be evaluated as AWS evaluates it: it names statement, action and key. Of actions by a
 * pattern those are asked about that the region knows.
 */
export function checkConditions(document: PolicyDocument): void {
  for (const statement of statementsOf(document)) {
    const { Condition = {} } = statement;
    const name = nameOf(statement);
    for (const operator of Object.keys(Condition))
      if (!isOperator(operator))
        throw new Error(`policy statement ${name}: the local region does not evaluate the operator ${operator}`);
    const keys = keysOf(statement);
    if (keys.length === 0) continue;
    for (const action of listedActions(statement, Object.keys(MODELLED)))
      for (const key of keys)
        if (!isModelled(action, key))
          throw new Error(
            `policy statement ${name}: the local region does not know the condition key ${key} of ${action}; ` +
              'add it to local/services/iam/modelled.ts and to the requests that carry it (Service Authorization Reference)',
          );
  }
}

/** Those that conditions name, and those that stand in values and resources as variables. */
function keysOf({ Condition = {}, Resource, NotResource }: Statement): string[] {
  const values = Object.values(Condition).flatMap((keys) => Object.values(keys).flatMap(listOf));
  const texts = [
    ...values,
    ...(Resource === undefined ? [] : listOf(Resource)),
    ...(NotResource === undefined ? [] : listOf(NotResource)),
  ];
  const variables = texts.flatMap((text) => [...text.matchAll(/\$\{([^}]+)\}/g)].map(([, key = '']) => key));
  const named = Object.values(Condition).flatMap((keys) => Object.keys(keys));
  return [...new Set([...named, ...variables.filter((key) => !['*', '?', '$'].includes(key))])];
}
