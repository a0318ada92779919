// Where the local region and moto answer the same call differently, and who is right. `npm test -- moto` compares: a difference that is not
// written down here is a failure, and so is one that is written down and is no more.

export interface Judged {
  /** Who does as AWS does; "unknown" where nobody could be found who says so. */
  readonly right: 'we' | 'moto' | 'unknown';
  readonly why: string;
  readonly source: string;
}

export interface VerdictDifferences extends Judged {
  /** "ok" or status and code, ours / moto's, by call. */
  readonly calls: Readonly<Record<string, string>>;
}

export interface ShapeDifferences extends Judged {
  /** Members that only we answer with (+), or only moto (-), by operation. */
  readonly operations: Readonly<Record<string, string>>;
}

export const VERDICTS: readonly VerdictDifferences[] = [
  {
    right: 'we',
    why: 'moto ends in an exception of its own and answers a page of HTML, or an id that it should have answered is missing. AWS answers every request in its own form.',
    source: 'API references, "Common errors"',
    calls: {
      'dynamodb.CreateTable: without a schema': '400 ValidationException / 500 Crashed',
      'dynamodb.PutItem: that is no sentence': '400 ValidationException / 500 Crashed',
      'dynamodb.PutItem: with an unknown function': '400 ValidationException / 500 Crashed',
      'dynamodb.PutItem: with a function of another case': '400 ValidationException / 500 Crashed',
      'dynamodb.PutItem: whose value is not defined': '400 ValidationException / 500 Crashed',
      'dynamodb.PutItem: whose name is not defined': '400 ValidationException / 500 Crashed',
      'dynamodb.PutItem: with size alone': '400 ValidationException / 500 Crashed',
      'dynamodb.PutItem: with a function of the wrong number of operands': '400 ValidationException / 500 Crashed',
      'dynamodb.GetItem: by a sort key that is no number': '400 ValidationException / 500 Crashed',
      'dynamodb.Query: none': '400 ValidationException / 500 Crashed',
      'dynamodb.Query: from a key of another form': '400 ValidationException / 500 Crashed',
      'ec2.DescribeSubnets: by an unknown filter': '400 InvalidParameterValue / 500 Crashed',
      'ec2.DescribeInstances: by an unknown filter': '400 InvalidParameterValue / 500 Crashed',
      'ec2.DescribeVolumes: by an unknown filter': '400 InvalidParameterValue / 500 Crashed',
      'autoscaling.EnterStandby: of no group': '400 ValidationError / 500 Crashed',
      'autoscaling.ExitStandby: of no group': '400 ValidationError / 500 Crashed',
      'autoscaling.SetInstanceHealth: of an unknown kind': '400 ValidationError / 500 Crashed',
      'dlm.CreateLifecyclePolicy: plain': 'ok / 500 Crashed',
      'dlm.CreateLifecyclePolicy: described with a dot': '400 InvalidRequestException / 500 Crashed',
      'dlm.CreateLifecyclePolicy: in an unknown state': '400 InvalidRequestException / 500 Crashed',
      'dlm.GetLifecyclePolicy: that is there': 'ok / 0 Error',
      'dlm.GetLifecyclePolicy: that is not': '404 ResourceNotFoundException / 500 Crashed',
      'dlm.GetLifecyclePolicies: all': 'ok / 500 Crashed',
      'monitoring.DescribeAlarmHistory: of one': 'ok / 500 Crashed',
      'monitoring.DescribeAlarmHistory: of an unknown type': '400 ValidationException / 500 Crashed',
      'monitoring.PutCompositeAlarm: of one': 'ok / 500 Crashed',
      'monitoring.PutCompositeAlarm: of what is not there': '400 ValidationException / 500 Crashed',
      'monitoring.PutCompositeAlarm: of itself': '400 ValidationException / 500 Crashed',
      'monitoring.PutCompositeAlarm: that is no rule': '400 ValidationException / 500 Crashed',
      'monitoring.PutCompositeAlarm: with an unknown word': '400 ValidationException / 500 Crashed',
      'monitoring.PutCompositeAlarm: that is always true': 'ok / 500 Crashed',
      'ssm.ListCommandInvocations: of none': 'ok / 500 Crashed',
      'ssm.DescribeInstanceInformation: all': 'ok / 500 Crashed',
      'ssm.DescribeInstanceInformation: by an unknown filter': '400 InvalidFilterKey / 500 Crashed',
      'sqs.CreateQueue: with a wait that is no number': '400 InvalidParameterValue / 500 Crashed',
      'sqs.CreateQueue: with a redrive policy that is no JSON': '400 InvalidParameterValue / 500 Crashed',
      'sns.GetTopicAttributes: of no ARN': '400 InvalidParameterException / 500 Crashed',
      'scheduler.CreateSchedule: in no group': '404 ResourceNotFoundException / 500 Crashed',
      'route53.CreateHostedZone: of no name': '400 InvalidDomainName / 500 Crashed',
    },
  },
  {
    right: 'we',
    why: 'The value is not among those that AWS lists for the member, or beyond its length, range or pattern: AWS refuses that before the operation sees it. moto checks a few members only.',
    source:
      'API reference of each operation, "Valid Values", "Length Constraints", "Valid Range", "Pattern"; the same in the models of botocore (test/region/moto.test.ts)',
    calls: {
      'iam.CreateRole: with a strange name': '400 ValidationError / ok',
      'iam.CreateRole: with a name of 65 characters': '400 ValidationError / ok',
      'iam.CreateRole: with a trust that is no JSON': '400 MalformedPolicyDocumentException / ok',
      'dynamodb.CreateTable: with a name of strange characters': '400 ValidationException / ok',
      'dynamodb.CreateTable: with an unknown type': '400 ValidationException / ok',
      'dynamodb.ListTables: none': '400 ValidationException / ok',
      'dynamodb.BatchGetItem: none': '400 ValidationException / ok',
      'dynamodb.BatchGetItem: no keys of a table': '400 ValidationException / ok',
      'ec2.RunInstances: of an unknown type': '400 InvalidParameterValue / ok',
      'ec2.RunInstances: of no type': '400 InvalidParameterValue / ok',
      'ec2.RunInstances: with tags for an unknown kind': '400 InvalidParameterValue / ok',
      'ec2.CreateVolume: of an unknown type': '400 UnknownVolumeType / ok',
      'ec2.ModifyVolume: to an unknown type': '400 UnknownVolumeType / ok',
      'elasticloadbalancing.CreateTargetGroup: with port 65,536': '400 ValidationError / ok',
      'elasticloadbalancing.CreateTargetGroup: with an interval of 301 s': '400 ValidationError / ok',
      'monitoring.PutMetricAlarm: with an unknown comparison': '400 ValidationException / ok',
      'monitoring.PutMetricAlarm: with an unknown statistic': '400 ValidationException / ok',
      'monitoring.PutMetricAlarm: with an unknown unit': '400 ValidationException / ok',
      'monitoring.PutMetricAlarm: with a name of 256 characters': '400 ValidationException / ok',
      'monitoring.PutMetricAlarm: with an empty name': '400 ValidationException / ok',
      'monitoring.PutMetricAlarm: with no periods': '400 ValidationException / ok',
      'monitoring.PutMetricAlarm: with six actions': '400 ValidationException / ok',
      'monitoring.PutMetricAlarm: with 31 dimensions': '400 ValidationException / ok',
      'monitoring.PutMetricAlarm: with a dimension without a value': '400 ValidationException / ok',
      'monitoring.DescribeAlarms: by an unknown state': '400 ValidationException / ok',
      'monitoring.DescribeAlarms: 101 at once': '400 ValidationException / ok',
      'monitoring.DescribeAlarms: none at once': '400 ValidationException / ok',
      'monitoring.SetAlarmState: with a reason of 1,024 characters': '400 ValidationException / ok',
      'monitoring.PutMetricData: with an unknown unit': '400 InvalidParameterValueException / ok',
      'monitoring.PutMetricData: with a dimension without a value': '400 InvalidParameterValueException / ok',
      'monitoring.PutMetricData: with 31 dimensions': '400 InvalidParameterValueException / ok',
      'monitoring.PutMetricData: without a name': '400 InvalidParameterValueException / ok',
      'monitoring.PutMetricData: in the namespace of AWS': '400 InvalidParameterValueException / ok',
      'monitoring.PutMetricData: in no namespace': '400 InvalidParameterValueException / ok',
      'monitoring.PutMetricData: of 1,001 data': '400 InvalidParameterValueException / ok',
      'monitoring.GetMetricStatistics: with an unknown statistic': '400 InvalidParameterValueException / ok',
      'ssm.PutParameter: of an unknown tier': '400 ValidationException / ok',
      'ssm.PutParameter: with an empty name': '400 ValidationException / ok',
      'ssm.GetParameters: none': '400 ValidationException / ok',
      'ssm.GetParametersByPath: none at once': '400 ValidationException / ok',
      'ssm.SendCommand: to an instance of no form': '400 ValidationException / ok',
      'sqs.CreateQueue: with an unknown attribute': '400 InvalidAttributeName / ok',
      'sqs.ReceiveMessage: with an unknown system attribute': '400 InvalidAttributeName / ok',
      'events.PutRule: of a strange name': '400 ValidationException / ok',
      'events.PutRule: in an unknown state': '400 ValidationException / ok',
      'events.PutEvents: none': '400 ValidationException / ok',
      'scheduler.CreateSchedule: in an unknown state': '400 ValidationException / ok',
      'scheduler.CreateSchedule: with an unknown window': '400 ValidationException / ok',
      'scheduler.CreateSchedule: with a strange name': '400 ValidationException / ok',
      'route53.ChangeResourceRecordSets: of an unknown type': '400 InvalidInput / ok',
      'route53.ChangeResourceRecordSets: of none': '400 InvalidInput / ok',
      'route53.ChangeResourceRecordSets: with a time to live below zero': '400 InvalidInput / ok',
      'kms.DescribeKey: of no id': '400 ValidationException / 400 NotFoundException',
      'lambda.Invoke: of an unknown kind': '400 ValidationException / 404 ResourceNotFoundException',
    },
  },
  {
    right: 'we',
    why: 'moto reads some of the grammar of expressions and leaves the rest. What is not defined, not used, compared with itself, reversed, of the wrong type or too long is refused when the expression is read.',
    source:
      '"Expressions in DynamoDB" (developer guide); the sentences are those of the service, as public threads quote them (ExtendDB/extenddb#64 and #130, getmoto/moto#9574)',
    calls: {
      'dynamodb.PutItem: that is empty': '400 ValidationException / ok',
      'dynamodb.PutItem: that compares an attribute with itself': '400 ValidationException / ok',
      'dynamodb.PutItem: with a value that is not used': '400 ValidationException / ok',
      'dynamodb.PutItem: with a name without its sign': '400 ValidationException / 400 ConditionalCheckFailedException',
      'dynamodb.PutItem: with empty names': '400 ValidationException / ok',
      'dynamodb.PutItem: with BETWEEN reversed': '400 ValidationException / 400 ConditionalCheckFailedException',
      'dynamodb.PutItem: with BETWEEN of two types': '400 ValidationException / 400 ConditionalCheckFailedException',
      'dynamodb.PutItem: with contains of a thing in itself':
        '400 ValidationException / 400 ConditionalCheckFailedException',
      'dynamodb.PutItem: with begins_with of a number': '400 ValidationException / 400 ConditionalCheckFailedException',
      'dynamodb.PutItem: with attribute_type of no type':
        '400 ValidationException / 400 ConditionalCheckFailedException',
      'dynamodb.PutItem: longer than 4 KB': '400 ValidationException / ok',
      'dynamodb.PutItem: with values and no expression': '400 ValidationException / ok',
      'dynamodb.GetItem: two names for one part': '400 ValidationException / ok',
      'dynamodb.Query: a range reversed': '400 ValidationException / ok',
      'dynamodb.Query: with redundant parentheses': '400 ValidationException / ok',
      'dynamodb.Query: with a partition key of another type': '400 ValidationException / ok',
      'dynamodb.Query: filtered by its key': '400 ValidationException / ok',
    },
  },
  {
    right: 'we',
    why: 'Items, keys and tables have documented forms: numbers of up to 38 digits, one type in a value, sets without repetition, names of 3 to 255 characters, a HASH and then a RANGE key.',
    source:
      '"Naming rules and data types", "Service, account, and table quotas" (developer guide); CreateTable, UpdateTimeToLive (API reference)',
    calls: {
      'dynamodb.CreateTable: with a short name': '400 ValidationException / ok',
      'dynamodb.CreateTable: with two HASH keys': '400 ValidationException / ok',
      'dynamodb.CreateTable: with the sort key first': '400 ValidationException / ok',
      'dynamodb.CreateTable: with one attribute for both keys': '400 ValidationException / ok',
      'dynamodb.PutItem: with a set that repeats': '400 ValidationException / ok',
      'dynamodb.PutItem: with a number of 39 digits': '400 ValidationException / ok',
      'dynamodb.PutItem: with a number too large': '400 ValidationException / ok',
      'dynamodb.PutItem: with two types in one value': '400 ValidationException / ok',
      'dynamodb.UpdateTimeToLive: on again': '400 ValidationException / ok',
    },
  },
  {
    right: 'we',
    why: 'The exception of this name is the one that the model of the API lists.',
    source: 'DescribeTimeToLive (API reference), "Errors"',
    calls: {
      'dynamodb.DescribeTimeToLive: of no table': '400 ResourceNotFoundException / 400 ResourceNotFound',
    },
  },
  {
    right: 'we',
    why: 'EC2 tells an id that has no form from one that is not there.',
    source:
      '"Error codes for the Amazon EC2 API": InvalidInstanceID.Malformed, InvalidVolumeID.Malformed, InvalidSnapshotID.Malformed, InvalidAMIID.Malformed',
    calls: {
      'ec2.RunInstances: from an image of no form': '400 InvalidAMIID.Malformed / ok',
      'ec2.DescribeInstances: by an id of no form': '400 InvalidInstanceID.Malformed / 400 InvalidInstanceID.NotFound',
      'ec2.StopInstances: of no form': '400 InvalidInstanceID.Malformed / 400 InvalidInstanceID.NotFound',
      'ec2.CreateVolume: from a snapshot of no form': '400 InvalidSnapshotID.Malformed / 400 InvalidSnapshot.NotFound',
      'ec2.DescribeVolumes: by an id of no form': '400 InvalidVolumeID.Malformed / 400 InvalidVolume.NotFound',
      'ec2.ModifyVolume: of no form': '400 InvalidVolumeID.Malformed / 400 InvalidVolume.NotFound',
      'ec2.CreateSnapshot: of no form': '400 InvalidVolumeID.Malformed / 400 InvalidVolume.NotFound',
      'ec2.DescribeSnapshots: of no form': '400 InvalidSnapshotID.Malformed / 400 InvalidSnapshot.NotFound',
      'ec2.TerminateInstances: of no form': '400 InvalidInstanceID.Malformed / 400 InvalidInstanceID.NotFound',
    },
  },
  {
    right: 'we',
    why: 'EBS refuses what no volume can be: sizes, IOPS and throughput of each type have bounds, and a size never shrinks.',
    source: '"Amazon EBS volume types" (EBS user guide); CreateVolume, ModifyVolume (API reference)',
    calls: {
      'ec2.CreateVolume: gp3 with too few IOPS': '400 InvalidParameterValue / ok',
      'ec2.CreateVolume: gp3 with too many IOPS': '400 InvalidParameterValue / ok',
      'ec2.CreateVolume: gp3 with too much throughput': '400 InvalidParameterValue / ok',
      'ec2.CreateVolume: of no size': '400 InvalidParameterValue / ok',
      'ec2.CreateVolume: of a size below zero': '400 InvalidParameterValue / ok',
      'ec2.CreateVolume: too large': '400 InvalidParameterValue / ok',
      'ec2.CreateVolume: st1 too small': '400 InvalidParameterValue / ok',
      'ec2.ModifyVolume: to less': '400 InvalidParameterValue / ok',
    },
  },
  {
    right: 'we',
    why: 'The code that users of EBS report for a type with IOPS or throughput that it cannot have, or without IOPS that it needs.',
    source:
      'kubernetes-sigs/aws-ebs-csi-driver#766, velero-io/velero-plugin-for-aws#119, kubermatic/machine-controller#538 (iops must be specified); openstorage#121 (not supported for gp2); runs-on/runs-on#426 (throughput)',
    calls: {
      'ec2.CreateVolume: io2 without IOPS': '400 InvalidParameterCombination / 400 InvalidParameterDependency',
      'ec2.CreateVolume: io1 without IOPS': '400 InvalidParameterCombination / 400 InvalidParameterDependency',
      'ec2.CreateVolume: gp2 with IOPS': '400 InvalidParameterCombination / 400 InvalidParameterDependency',
      'ec2.CreateVolume: gp2 with throughput': '400 InvalidParameterCombination / 400 InvalidParameterDependency',
    },
  },
  {
    right: 'we',
    why: 'What EC2 documents and moto leaves open: one modification at a time, one attachment, names of devices, zones that exist, tags of the right kind, pages of at least five.',
    source:
      'CreateVolume, ModifyVolume, AttachVolume, CreateTags, DescribeInstances, RunInstances (API reference); "Tag your Amazon EC2 resources", "Tag restrictions" (user guide)',
    calls: {
      'ec2.RunInstances: none': '400 InvalidParameterValue / ok',
      'ec2.RunInstances: fewer than the least': '400 InvalidParameterValue / ok',
      'ec2.RunInstances: with a tag of aws:': '400 InvalidParameterValue / ok',
      'ec2.DescribeInstances: a page of four': '400 InvalidParameterValue / ok',
      'ec2.CreateVolume: in no zone': '400 InvalidZone.NotFound / ok',
      'ec2.CreateVolume: with tags for another kind': '400 InvalidParameterValue / ok',
      'ec2.DescribeVolumes: a page of four': '400 InvalidParameterValue / ok',
      'ec2.ModifyVolume: to 30 GiB at once': '400 IncorrectModificationState / ok',
      'ec2.AttachVolume: again': '400 VolumeInUse / ok',
      'ec2.AttachVolume: as a device of no form': '400 InvalidParameterValue / ok',
      'ec2.CreateTags: of aws:': '400 InvalidParameterValue / ok',
      'ec2.CreateTags: none': '400 MissingParameter / ok',
      'ec2.CreateTags: with a key of 129 characters': '400 InvalidParameterValue / ok',
      'ec2.CreateTags: with a value of 257 characters': '400 InvalidParameterValue / ok',
      'ec2.DescribeTags: by an unknown filter': '400 InvalidParameterValue / ok',
      'ec2.CreateLaunchTemplate: with a short name': '400 InvalidLaunchTemplateName.MalformedException / ok',
      'ec2.CreateLaunchTemplate: with a name of strange characters':
        '400 InvalidLaunchTemplateName.MalformedException / ok',
    },
  },
  {
    right: 'unknown',
    why: 'The instance does not exist and the volume is attached to another: AWS documents a code for either, and says of neither that it comes first.',
    source: 'DetachVolume (API reference); "Error codes for the Amazon EC2 API"',
    calls: {
      'ec2.DetachVolume: from another': '400 InvalidAttachment.NotFound / 400 InvalidInstanceID.NotFound',
    },
  },
  {
    right: 'we',
    why: 'Only policies whose text is in the region can be attached, for anything else would allow what nobody has read. It says so, and never that AWS has no such policy.',
    source: 'docs/local-region.md, "What is not emulated, and how it says so"',
    calls: {
      'iam.AttachRolePolicy: of AWS': '400 NotImplemented / 404 NoSuchEntityException',
      'iam.AttachRolePolicy: of AWS that is not there': '400 NotImplemented / 404 NoSuchEntityException',
    },
  },
  {
    right: 'we',
    why: 'A target that is no instance is refused, and deregistering what is not registered succeeds.',
    source:
      'RegisterTargets, DeregisterTargets (API reference): "If the specified target does not exist, the action returns successfully"',
    calls: {
      'elasticloadbalancing.RegisterTargets: of no form': '400 InvalidTargetException / ok',
      'elasticloadbalancing.DeregisterTargets: one': 'ok / 400 InvalidTargetException',
    },
  },
  {
    right: 'we',
    why: 'Auto Scaling names what it lacks in errors of its own: it passes no error of EC2 on, and knows that a group cannot hold more than it may.',
    source:
      'CreateAutoScalingGroup, SetInstanceHealth (API reference); "You must use a valid fully-formed launch template" as in "Troubleshoot Amazon EC2 Auto Scaling: Launch templates" (user guide)',
    calls: {
      'autoscaling.SetInstanceHealth: of none': '400 ValidationError / 400 InvalidInstanceID.NotFound',
      'autoscaling.CreateAutoScalingGroup: with more at least than at most': '400 ValidationError / ok',
      'autoscaling.CreateAutoScalingGroup: from a template that is not there':
        '400 ValidationError / 400 InvalidLaunchTemplateName.NotFoundException',
    },
  },
  {
    right: 'we',
    why: 'Alarms have documented rules: periods, datapoints, statistics, thresholds, actions that are ARNs, names that are not shared with tags of AWS, children of composite alarms that stay.',
    source:
      'PutMetricAlarm, PutCompositeAlarm, DescribeAlarms, DeleteAlarms (API reference); "must not contain Non-ASCII characters" as in hashicorp/terraform#29681',
    calls: {
      'monitoring.PutMetricAlarm: with an unknown state for missing data': '400 ValidationException / ok',
      'monitoring.PutMetricAlarm: with a period of 61 s': '400 ValidationException / ok',
      'monitoring.PutMetricAlarm: with more datapoints than periods': '400 ValidationException / ok',
      'monitoring.PutMetricAlarm: across more than a day': '400 ValidationException / ok',
      'monitoring.PutMetricAlarm: without a threshold': '400 ValidationException / ok',
      'monitoring.PutMetricAlarm: without a metric': '400 ValidationException / ok',
      'monitoring.PutMetricAlarm: with a statistic and a percentile': '400 ValidationException / ok',
      'monitoring.PutMetricAlarm: with a percentile above 100': '400 InvalidParameterValueException / ok',
      'monitoring.PutMetricAlarm: with an action that is no ARN': '400 ValidationException / ok',
      'monitoring.PutMetricAlarm: with a dimension that is not ASCII': '400 ValidationException / ok',
      'monitoring.PutMetricAlarm: on an expression and a metric': '400 ValidationException / ok',
      'monitoring.PutMetricAlarm: with an aws: tag': '400 ValidationException / ok',
      'monitoring.DescribeAlarms: by prefix and by name': '400 ValidationException / ok',
      'monitoring.DeleteAlarms: that a composite one needs': '400 ValidationException / ok',
    },
  },
  {
    right: 'unknown',
    why: 'The API reference lists ResourceNotFound for this operation, and says that other alarms of the request are deleted all the same. Nobody could be found who says what one unknown name alone gets.',
    source: 'DeleteAlarms (API reference), "Errors"',
    calls: {
      'monitoring.DeleteAlarms: that are not there': '404 ResourceNotFound / ok',
    },
  },
  {
    right: 'we',
    why: 'moto has deleted the alarm although a composite one needs it (see DeleteAlarms).',
    source: 'DeleteAlarms (API reference)',
    calls: {
      'monitoring.TagResource: of one': 'ok / 404 ResourceNotFoundException',
      'monitoring.UntagResource: of one': 'ok / 404 ResourceNotFoundException',
    },
  },
  {
    right: 'we',
    why: 'Data have documented rules: a value, values or statistics, but one of them; finite values; dimensions in ASCII, each once; no namespace of AWS; 1,000 of them, 1,440 datapoints, ids of one form.',
    source:
      'PutMetricData, GetMetricStatistics, GetMetricData (API reference); the sentences as in AdRoll/goamz#355 (mutually exclusive), buildkite/buildkite-agent-metrics#32 (non-ASCII), jdamick/dropwizard-metrics-cloudwatch#3 (dimension twice)',
    calls: {
      'monitoring.PutMetricData: with a dimension that is not ASCII': '400 InvalidParameterValueException / ok',
      'monitoring.PutMetricData: with one dimension twice': '400 InvalidParameterValueException / ok',
      'monitoring.PutMetricData: with a value and values':
        '400 InvalidParameterCombinationException / 400 InvalidParameterValueException',
      'monitoring.PutMetricData: with no value at all': '400 InvalidParameterCombinationException / ok',
      'monitoring.PutMetricData: with an infinite value': '400 InvalidParameterValueException / ok',
      'monitoring.PutMetricData: of nothing': '400 MissingRequiredParameterException / ok',
      'monitoring.GetMetricStatistics: of too many datapoints': '400 InvalidParameterCombinationException / ok',
      'monitoring.GetMetricData: with an id of capitals': '400 ValidationException / ok',
      'monitoring.GetMetricData: with one id twice': '400 ValidationException / ok',
    },
  },
  {
    right: 'we',
    why: 'Parameters have documented rules: 4 or 8 KB, 15 levels, letters and signs of names also where they are read, a pattern that their value matches.',
    source:
      'PutParameter, GetParameter, GetParametersByPath (API reference); names that are only read: localstack/localstack#7712',
    calls: {
      'ssm.PutParameter: of 4,097 bytes': '400 ValidationException / ok',
      'ssm.PutParameter: of 8,193 bytes in the advanced tier': '400 ValidationException / ok',
      'ssm.PutParameter: with a name of strange characters': '400 ValidationException / ok',
      'ssm.PutParameter: with a name of two slashes': '400 ValidationException / ok',
      'ssm.PutParameter: with a name that ends in a slash': '400 ValidationException / ok',
      'ssm.PutParameter: with a name of 16 levels': '400 HierarchyLevelLimitExceededException / ok',
      'ssm.PutParameter: with a name without its first slash': '400 ValidationException / ok',
      'ssm.PutParameter: against its own pattern': '400 ParameterPatternMismatchException / ok',
      'ssm.PutParameter: with a pattern that is none': '400 InvalidAllowedPatternException / ok',
      'ssm.GetParameter: of a strange name': '400 ValidationException / 400 ParameterNotFound',
      'ssm.GetParametersByPath: without a slash': '400 ValidationException / ok',
    },
  },
  {
    right: 'we',
    why: 'A document has a schema version that exists and no prefix of AWS; a command has a document and somebody to run it; an unknown command has no invocation.',
    source: 'CreateDocument, SendCommand, GetCommandInvocation (API reference)',
    calls: {
      'ssm.CreateDocument: of an unknown schema': '400 InvalidDocumentContent / ok',
      'ssm.CreateDocument: under AWS': '400 InvalidDocumentContent / ok',
      'ssm.SendCommand: of no document': '400 InvalidDocument / ok',
      'ssm.SendCommand: to nobody': '400 ValidationException / ok',
      'ssm.GetCommandInvocation: of none': '400 InvocationDoesNotExist / 400 InvalidCommandId',
    },
  },
  {
    right: 'we',
    why: "Attributes of queues have documented ranges, messages have characters that XML has, a name that ends in .fifo is a FIFO queue's, and a redrive policy that cannot be carried out is an invalid value.",
    source: 'CreateQueue, SetQueueAttributes, SendMessage, ReceiveMessage (API reference)',
    calls: {
      'sqs.CreateQueue: that ends in .fifo without being one': '400 InvalidParameterValue / ok',
      'sqs.CreateQueue: with a delay of 901 s': '400 InvalidParameterValue / ok',
      'sqs.CreateQueue: with a retention of 59 s': '400 InvalidParameterValue / ok',
      'sqs.CreateQueue: with a wait of 21 s': '400 InvalidParameterValue / ok',
      'sqs.CreateQueue: with a visibility of 43,201 s': '400 InvalidParameterValue / ok',
      'sqs.CreateQueue: with a redrive policy to no queue': '400 InvalidParameterValue / 400 QueueDoesNotExist',
      'sqs.SendMessage: with a delay below zero': '400 InvalidParameterValue / ok',
      'sqs.SendMessage: nothing': '400 MissingParameter / ok',
      'sqs.SendMessage: with a character that no message may have': '400 InvalidMessageContents / ok',
      'sqs.SetQueueAttributes: a delay of 901 s': '400 InvalidParameterValue / ok',
    },
  },
  {
    right: 'unknown',
    why: 'The model gives this exception the status 404; public logs of the JSON protocol could not be found.',
    source: "DeleteMessage in the SDK's model",
    calls: {
      'sqs.DeleteMessage: of no receipt': '404 ReceiptHandleIsInvalid / 400 ReceiptHandleIsInvalid',
    },
  },
  {
    right: 'we',
    why: 'Topics have attributes that are listed, protocols that are listed, and endpoints that fit.',
    source: 'SetTopicAttributes, Subscribe (API reference)',
    calls: {
      'sns.SetTopicAttributes: an unknown one': '400 InvalidParameterException / ok',
      'sns.Subscribe: by an unknown protocol': '400 InvalidParameterException / ok',
      'sns.Subscribe: without an endpoint': '400 InvalidParameterException / ok',
    },
  },
  {
    right: 'we',
    why: "moto delivers to the queue while it answers the publisher, and passes the queue's error on to him.",
    source: 'Publish (API reference), "Errors"',
    calls: {
      'sns.Publish: nothing': '400 InvalidParameterException / ok',
      'sns.Publish: with a subject of two lines': '400 InvalidParameterException / ok',
    },
  },
  {
    right: 'we',
    why: 'Patterns are compiled when a rule is put, and a target has one input, which is JSON.',
    source: 'PutRule, PutTargets (API reference); "Amazon EventBridge event patterns" (user guide)',
    calls: {
      'events.PutRule: of an empty pattern': '400 InvalidEventPatternException / ok',
      'events.PutRule: of an unknown operator': '400 InvalidEventPatternException / ok',
      'events.PutTargets: with two inputs': '400 ValidationException / ok',
      'events.PutTargets: with an input that is no JSON': '400 ValidationException / ok',
    },
  },
  {
    right: 'we',
    why: 'The status of ConflictException is 409.',
    source: 'CreateSchedule (API reference), "Errors"',
    calls: {
      'scheduler.CreateSchedule: again': '409 ConflictException / 400 ConflictException',
    },
  },
  {
    right: 'we',
    why: 'Only UTC is emulated, and the region says so; moto takes any text for a time zone.',
    source: 'docs/local-region.md, "What is not emulated, and how it says so"',
    calls: {
      'scheduler.CreateSchedule: in no time zone': '400 NotImplemented / ok',
    },
  },
  {
    right: 'we',
    why: 'A schedule expression is read when a schedule is created, and a flexible window has a length.',
    source: '"Schedule types in EventBridge Scheduler", "Configuring flexible time windows" (user guide)',
    calls: {
      'scheduler.CreateSchedule: at a rate of nothing': '400 ValidationException / ok',
      'scheduler.CreateSchedule: at a rate of no unit': '400 ValidationException / ok',
      'scheduler.CreateSchedule: by a cron of five fields': '400 ValidationException / ok',
      'scheduler.CreateSchedule: by no expression': '400 ValidationException / ok',
      'scheduler.CreateSchedule: with a flexible window of no length': '400 ValidationException / ok',
    },
  },
  {
    right: 'we',
    why: 'A caller reference is used once, names have labels, and records are checked by their types as a whole batch before any is changed.',
    source:
      'CreateHostedZone, ChangeResourceRecordSets, GetChange (API reference); "Supported DNS record types" (developer guide)',
    calls: {
      'route53.CreateHostedZone: with the same reference': '409 HostedZoneAlreadyExists / ok',
      'route53.CreateHostedZone: of a strange name': '400 InvalidDomainName / ok',
      'route53.ChangeResourceRecordSets: deletes it with another value': '400 InvalidChangeBatch / 400 InvalidInput',
      'route53.ChangeResourceRecordSets: to an address that is none': '400 InvalidChangeBatch / ok',
      'route53.ChangeResourceRecordSets: without values': '400 InvalidInput / ok',
      'route53.ChangeResourceRecordSets: without a time to live': '400 InvalidInput / ok',
      'route53.ChangeResourceRecordSets: of a text without quotes': '400 InvalidChangeBatch / ok',
      'route53.ChangeResourceRecordSets: beside an alias of itself': '400 InvalidChangeBatch / ok',
      'route53.ChangeResourceRecordSets: of one twice': '400 InvalidChangeBatch / ok',
      'route53.ChangeResourceRecordSets: of an SRV record of three parts': '400 InvalidChangeBatch / ok',
      'route53.GetChange: that is not there': '404 NoSuchChange / ok',
    },
  },
  {
    right: 'moto',
    why: 'Keys are not made in the region: any well-formed id is one, so that fleets can name the keys of their accounts.',
    source: 'docs/local-region.md, "What is not emulated, and how it says so"',
    calls: {
      'kms.DescribeKey: that is not there': 'ok / 400 NotFoundException',
    },
  },
  {
    right: 'we',
    why: 'A secret has a name of listed characters and one kind of value.',
    source: 'CreateSecret (API reference)',
    calls: {
      'secretsmanager.CreateSecret: with a strange name': '400 ValidationException / ok',
      'secretsmanager.CreateSecret: of two kinds': '400 InvalidParameterException / ok',
    },
  },
  {
    right: 'we',
    why: 'Over the JSON protocol mistakes of the client have the status 400.',
    source: 'GetSecretValue, DescribeSecret (API reference), "Errors": HTTP Status Code: 400',
    calls: {
      'secretsmanager.GetSecretValue: that is not there':
        '400 ResourceNotFoundException / 404 ResourceNotFoundException',
      'secretsmanager.GetSecretValue: that has none': '400 ResourceNotFoundException / 404 ResourceNotFoundException',
      'secretsmanager.GetSecretValue: in a stage that it has not':
        '400 ResourceNotFoundException / 404 ResourceNotFoundException',
      'secretsmanager.DescribeSecret: that is not': '400 ResourceNotFoundException / 404 ResourceNotFoundException',
    },
  },
];

export const SHAPES: readonly ShapeDifferences[] = [
  {
    right: 'moto',
    why: 'What is answered is what the suite, its tests and a first look need. Members that nobody here reads are left out, and none is made up.',
    source: 'docs/local-region.md, "What is not emulated, and how it says so"',
    operations: {
      'dynamodb.CreateTable':
        '-TableDescription.DeletionProtectionEnabled:boolean -TableDescription.ProvisionedThroughput.NumberOfDecreasesToday:number -TableDescription.ProvisionedThroughput.ReadCapacityUnits:number -TableDescription.ProvisionedThroughput.WriteCapacityUnits:number -TableDescription.WarmThroughput.ReadUnitsPerSecond:number -TableDescription.WarmThroughput.Status:string -TableDescription.WarmThroughput.WriteUnitsPerSecond:number',
      'dynamodb.DescribeTable':
        '-Table.DeletionProtectionEnabled:boolean -Table.ProvisionedThroughput.NumberOfDecreasesToday:number -Table.ProvisionedThroughput.ReadCapacityUnits:number -Table.ProvisionedThroughput.WriteCapacityUnits:number -Table.WarmThroughput.ReadUnitsPerSecond:number -Table.WarmThroughput.Status:string -Table.WarmThroughput.WriteUnitsPerSecond:number',
      'ec2.DescribeSubnets':
        '-Subnets[].AssignIpv6AddressOnCreation:boolean -Subnets[].AvailabilityZoneId:string -Subnets[].Ipv6Native:boolean -Subnets[].PrivateDnsNameOptionsOnLaunch.EnableResourceNameDnsAAAARecord:boolean -Subnets[].PrivateDnsNameOptionsOnLaunch.EnableResourceNameDnsARecord:boolean -Subnets[].PrivateDnsNameOptionsOnLaunch.HostnameType:string',
      'ec2.RunInstances':
        '+Instances[].SecurityGroups[].GroupId:string -Instances[].AmiLaunchIndex:number -Instances[].EbsOptimized:boolean -Instances[].Hypervisor:string -Instances[].MetadataOptions.HttpProtocolIpv6:string -Instances[].MetadataOptions.HttpPutResponseHopLimit:number -Instances[].MetadataOptions.InstanceMetadataTags:string -Instances[].Monitoring.State:string -Instances[].NetworkInterfaces[].Association -Instances[].NetworkInterfaces[].Description:string -Instances[].NetworkInterfaces[].InterfaceType:string -Instances[].NetworkInterfaces[].MacAddress:string -Instances[].NetworkInterfaces[].OwnerId:string -Instances[].NetworkInterfaces[].PrivateDnsName:string -Instances[].NetworkInterfaces[].PrivateIpAddresses[] -Instances[].NetworkInterfaces[].SourceDestCheck:boolean -Instances[].Placement.GroupName:string -Instances[].Platform:string -Instances[].PublicDnsName:string -Instances[].PublicIpAddress:string -Instances[].SourceDestCheck:boolean -Instances[].SriovNetSupport:string -Instances[].StateReason.Code:string -Instances[].StateReason.Message:string -Instances[].StateTransitionReason:string',
      'ec2.DescribeInstances':
        '+Reservations[].Instances[].SecurityGroups[] -Reservations[].Instances[].AmiLaunchIndex:number -Reservations[].Instances[].EbsOptimized:boolean -Reservations[].Instances[].Hypervisor:string -Reservations[].Instances[].KernelId:string -Reservations[].Instances[].Monitoring -Reservations[].Instances[].Platform:string -Reservations[].Instances[].PublicDnsName:string -Reservations[].Instances[].PublicIpAddress:string -Reservations[].Instances[].SourceDestCheck:boolean -Reservations[].Instances[].SriovNetSupport:string -Reservations[].Instances[].StateReason -Reservations[].Instances[].StateTransitionReason:string',
      'ec2.DescribeInstanceTypes':
        '-InstanceTypes[].AutoRecoverySupported:boolean -InstanceTypes[].BareMetal:boolean -InstanceTypes[].BurstablePerformanceSupported:boolean -InstanceTypes[].DedicatedHostsSupported:boolean -InstanceTypes[].EbsInfo.AttachmentLimitType:string -InstanceTypes[].EbsInfo.EbsOptimizedInfo -InstanceTypes[].EbsInfo.EbsOptimizedSupport:string -InstanceTypes[].EbsInfo.EncryptionSupport:string -InstanceTypes[].EbsInfo.MaximumEbsAttachments:number -InstanceTypes[].EbsInfo.NvmeSupport:string -InstanceTypes[].FreeTierEligible:boolean -InstanceTypes[].HibernationSupported:boolean -InstanceTypes[].Hypervisor:string -InstanceTypes[].MemoryInfo.SizeInMiB:number -InstanceTypes[].NetworkInfo.ConnectionTrackingConfiguration -InstanceTypes[].NetworkInfo.DefaultNetworkCardIndex:number -InstanceTypes[].NetworkInfo.EfaSupported:boolean -InstanceTypes[].NetworkInfo.EnaSrdSupported:boolean -InstanceTypes[].NetworkInfo.EnaSupport:string -InstanceTypes[].NetworkInfo.EncryptionInTransitSupported:boolean -InstanceTypes[].NetworkInfo.FlexibleEnaQueuesSupport:string -InstanceTypes[].NetworkInfo.Ipv4AddressesPerInterface:number -InstanceTypes[].NetworkInfo.Ipv6AddressesPerInterface:number -InstanceTypes[].NetworkInfo.Ipv6Supported:boolean -InstanceTypes[].NetworkInfo.MaximumNetworkCards:number -InstanceTypes[].NetworkInfo.MaximumNetworkInterfaces:number -InstanceTypes[].NetworkInfo.NetworkCards[] -InstanceTypes[].NetworkInfo.NetworkPerformance:string -InstanceTypes[].NetworkInfo.SecondaryNetworkSupported:boolean -InstanceTypes[].NitroEnclavesSupport:string -InstanceTypes[].NitroTpmInfo.SupportedVersions[]:string -InstanceTypes[].NitroTpmSupport:string -InstanceTypes[].PhcSupport:string -InstanceTypes[].PlacementGroupInfo.SupportedStrategies[]:string -InstanceTypes[].ProcessorInfo.Manufacturer:string -InstanceTypes[].ProcessorInfo.SupportedArchitectures[]:string -InstanceTypes[].ProcessorInfo.SustainedClockSpeedInGhz:number -InstanceTypes[].RebootMigrationSupport:string -InstanceTypes[].SupportedBootModes[]:string -InstanceTypes[].SupportedInRegion:boolean -InstanceTypes[].SupportedVirtualizationTypes[]:string -InstanceTypes[].VCpuInfo.DefaultCores:number -InstanceTypes[].VCpuInfo.DefaultThreadsPerCore:number -InstanceTypes[].VCpuInfo.DefaultVCpus:number -InstanceTypes[].VCpuInfo.ValidCores[]:number -InstanceTypes[].VCpuInfo.ValidThreadsPerCore[]:number',
    },
  },
  {
    right: 'we',
    why: 'Consumed capacity is answered to those who ask for it.',
    source: 'BatchGetItem, UpdateItem (API reference): ReturnConsumedCapacity, "NONE is the default"',
    operations: {
      'dynamodb.BatchGetItem': '-ConsumedCapacity[].CapacityUnits:number -ConsumedCapacity[].TableName:string',
      'dynamodb.UpdateItem': '-ConsumedCapacity.CapacityUnits:number -ConsumedCapacity.TableName:string',
    },
  },
  {
    right: 'we',
    why: "The members are in AWS's own answers, and moto leaves them out.",
    source: 'SDK models, and the samples of the API references',
    operations: {
      'ec2.DescribeAvailabilityZones': '+AvailabilityZones[].OptInStatus:string',
      'ec2.DescribeInstanceStatus':
        '+InstanceStatuses[].AttachedEbsStatus.Details[] +InstanceStatuses[].AttachedEbsStatus.Status:string',
      'ec2.CreateVolume': '+KmsKeyId:string +MultiAttachEnabled:boolean +SnapshotId:string +VolumeArn:string',
      'ec2.DescribeVolumes':
        '+Volumes[].FastRestored:boolean +Volumes[].KmsKeyId:string +Volumes[].MultiAttachEnabled:boolean +Volumes[].SnapshotId:string +Volumes[].VolumeArn:string',
      'ec2.AttachVolume': '+DeleteOnTermination:boolean',
      'ec2.CreateSnapshot': '+FullSnapshotSizeInBytes:number +KmsKeyId:string',
      'ec2.DescribeSnapshots': '+Snapshots[].FullSnapshotSizeInBytes:number +Snapshots[].KmsKeyId:string',
      'ec2.AllocateAddress': '+PublicIpv4Pool:string',
      'ec2.CreateLaunchTemplateVersion': '+LaunchTemplateVersion.LaunchTemplateData.ImageId:string',
      'ssm.GetParameter': '+Parameter.Selector:string',
      'ssm.CreateDocument': '+DocumentDescription.TargetType:string',
      'ssm.DescribeDocument': '+Document.TargetType:string',
      'ssm.GetDocument': '+CreatedDate:time',
      'events.TestEventPattern': '+Result:boolean',
      'route53.ListHostedZones': '+Marker:string',
      'route53.ListHostedZonesByName': '+IsTruncated:boolean +MaxItems:number',
      'secretsmanager.DescribeSecret': '+LastAccessedDate:time',
    },
  },
  {
    right: 'we',
    why: 'A modification goes on for a while and tells what was before; moto ends it at once.',
    source: '"Monitor the progress of volume modifications" (EBS user guide)',
    operations: {
      'ec2.ModifyVolume':
        '+VolumeModification.OriginalIops:number +VolumeModification.OriginalMultiAttachEnabled:boolean +VolumeModification.OriginalThroughput:number +VolumeModification.OriginalVolumeType:string +VolumeModification.TargetIops:number +VolumeModification.TargetMultiAttachEnabled:boolean +VolumeModification.TargetThroughput:number +VolumeModification.TargetVolumeType:string -VolumeModification.EndTime:time',
      'ec2.DescribeVolumesModifications':
        '+VolumesModifications[].OriginalIops:number +VolumesModifications[].OriginalMultiAttachEnabled:boolean +VolumesModifications[].OriginalThroughput:number +VolumesModifications[].TargetIops:number +VolumesModifications[].TargetMultiAttachEnabled:boolean +VolumesModifications[].TargetThroughput:number -VolumesModifications[].EndTime:time',
    },
  },
  {
    right: 'we',
    why: 'An address that is associated with nothing names nothing.',
    source: 'DescribeAddresses (API reference)',
    operations: {
      'ec2.DescribeAddresses':
        '+Addresses[].NetworkBorderGroup:string +Addresses[].PublicIpv4Pool:string -Addresses[].InstanceId:string -Addresses[].NetworkInterfaceId:string',
    },
  },
  {
    right: 'we',
    why: 'A delegation set has an id when it is a reusable one.',
    source: 'DelegationSet (API reference)',
    operations: {
      'route53.CreateHostedZone': '-DelegationSet.CallerReference:string -DelegationSet.Id:string',
      'route53.GetHostedZone': '-DelegationSet.CallerReference:string -DelegationSet.Id:string',
    },
  },
  {
    right: 'we',
    why: 'There is no next page.',
    source: 'ListMetrics, GetParametersByPath, ListDocuments (API reference)',
    operations: {
      'monitoring.ListMetrics': '-NextToken:string',
      'ssm.GetParametersByPath': '-NextToken:string',
      'ssm.ListDocuments':
        '+DocumentIdentifiers[].CreatedDate:time +DocumentIdentifiers[].TargetType:string -NextToken:string',
    },
  },
  {
    right: 'we',
    why: 'moto has accepted what is refused here, and shows it; and it has deleted what is kept here.',
    source: 'the differences above',
    operations: {
      'elasticloadbalancing.DescribeTargetHealth':
        '-TargetHealthDescriptions[].HealthCheckPort:string -TargetHealthDescriptions[].Target.Id:string -TargetHealthDescriptions[].Target.Port:number -TargetHealthDescriptions[].TargetHealth.State:string',
      'monitoring.DescribeAlarms':
        '+MetricAlarms[].StateTransitionedTimestamp:time -MetricAlarms[].AlarmActions[]:string -MetricAlarms[].DatapointsToAlarm:number -MetricAlarms[].StateReasonData:string -MetricAlarms[].Unit:string',
      'monitoring.ListTagsForResource': '+Tags[].Key:string +Tags[].Value:string',
      'ssm.ListCommands':
        '-Commands[].CommandId:string -Commands[].Comment:string -Commands[].CompletedCount:number -Commands[].DeliveryTimedOutCount:number -Commands[].DocumentName:string -Commands[].ErrorCount:number -Commands[].ExpiresAfter:time -Commands[].InstanceIds[]:string -Commands[].MaxConcurrency:string -Commands[].MaxErrors:string -Commands[].NotificationConfig.NotificationArn:string -Commands[].NotificationConfig.NotificationEvents[]:string -Commands[].NotificationConfig.NotificationType:string -Commands[].OutputS3BucketName:string -Commands[].OutputS3KeyPrefix:string -Commands[].OutputS3Region:string -Commands[].Parameters:map -Commands[].RequestedDateTime:time -Commands[].ServiceRole:string -Commands[].Status:string -Commands[].StatusDetails:string -Commands[].TargetCount:number -Commands[].TimeoutSeconds:number',
      'events.ListTargetsByRule': '-Targets[].Input:string',
    },
  },
];
