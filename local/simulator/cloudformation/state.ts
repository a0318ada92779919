// Tables, parameters, documents, alarms and what is only recorded, of a template.
import { asText, items, type Maker, member, type Properties, pick, type ResourceType, text } from './resource.ts';

const TABLE = ['AttributeDefinitions', 'BillingMode', 'KeySchema', 'TableName', 'TimeToLiveSpecification'];
const TABLE_SETTINGS = [
  'AttributeDefinitions',
  'BillingMode',
  'DeletionProtectionEnabled',
  'KeySchema',
  'ProvisionedThroughput',
];

async function createTable(properties: Properties, maker: Maker) {
  const name = text(properties['TableName'] ?? maker.generatedName(255));
  const { TableDescription } = await maker.call('dynamodb', 'CreateTable', {
    ...pick(properties, TABLE_SETTINGS),
    TableName: name,
  });
  const ttl = properties['TimeToLiveSpecification'];
  if (ttl !== undefined) {
    await maker.call('dynamodb', 'UpdateTimeToLive', { TableName: name, TimeToLiveSpecification: ttl });
  }
  return { ref: name, attributes: { Arn: member(TableDescription as Properties, 'TableArn'), TableId: maker.uuid() } };
}

/** A global table of this region alone is a table; its replica carries what a table has itself. */
function createGlobalTable(properties: Properties, maker: Maker) {
  const replicas = items(properties['Replicas']) as Properties[];
  const [replica] = replicas;
  if (replicas.length !== 1 || replica?.['Region'] !== maker.regionName) {
    throw new Error(`Replicas: expected one replica, in ${maker.regionName}; the local region has no neighbours`);
  }
  return createTable({ ...properties, ...pick(replica, ['DeletionProtectionEnabled']) }, maker);
}

const adoptTable: NonNullable<ResourceType['imports']> = {
  name: 'TableName',
  taken: 'ResourceInUseException',
  adopt: async (properties, maker) => {
    const TableName = text(properties['TableName']);
    const { Table } = await maker.call('dynamodb', 'DescribeTable', { TableName });
    return { ref: TableName, attributes: { Arn: member(Table as Properties, 'TableArn'), TableId: maker.uuid() } };
  },
};

const PARAMETER = ['AllowedPattern', 'Description', 'Tier', 'Type', 'Value'];
const DOCUMENT = ['DocumentFormat', 'DocumentType', 'TargetType', 'VersionName'];
const ALARM = ['ActionsEnabled', 'AlarmActions', 'AlarmDescription', 'InsufficientDataActions', 'OKActions', 'Tags'];
const METRIC_ALARM = [
  'ComparisonOperator',
  'DatapointsToAlarm',
  'Dimensions',
  'EvaluateLowSampleCountPercentile',
  'EvaluationPeriods',
  'ExtendedStatistic',
  'MetricName',
  'Metrics',
  'Namespace',
  'Period',
  'Statistic',
  'Threshold',
  'ThresholdMetricId',
  'TreatMissingData',
  'Unit',
  'WarmUpConfiguration',
];
const COMPOSITE_ALARM = [
  'ActionsSuppressor',
  'ActionsSuppressorExtensionPeriod',
  'ActionsSuppressorWaitPeriod',
  'AlarmRule',
];

const alarm =
  (operation: string, own: readonly string[]): ResourceType['create'] =>
  async (properties, maker) => {
    const AlarmName = text(properties['AlarmName'] ?? maker.generatedName(255));
    await maker.call('monitoring', operation, { ...pick(properties, [...ALARM, ...own]), AlarmName });
    return { ref: AlarmName, attributes: { Arn: maker.arn('cloudwatch', `alarm:${AlarmName}`) } };
  };

/** Tags come as a list, or (SSM parameters) as a map. */
const tagList = (tags: unknown): object => {
  if (tags === undefined) return {};
  if (Array.isArray(tags)) return { Tags: tags };
  return { Tags: Object.entries(tags as object).map(([Key, Value]) => ({ Key, Value })) };
};

export const stateTypes: Readonly<Record<string, ResourceType>> = {
  'AWS::DynamoDB::Table': {
    uses: [...TABLE, 'DeletionProtectionEnabled', 'ProvisionedThroughput'],
    leaves: ['PointInTimeRecoverySpecification', 'SSESpecification', 'Tags'],
    create: createTable,
    imports: adoptTable,
  },
  'AWS::DynamoDB::GlobalTable': {
    uses: [...TABLE, 'Replicas'],
    leaves: ['SSESpecification', 'StreamSpecification', 'WriteProvisionedThroughputSettings'],
    create: createGlobalTable,
    imports: adoptTable,
  },
  'AWS::SSM::Parameter': {
    uses: [...PARAMETER, 'Name', 'Tags'],
    create: async (properties, maker) => {
      const Name = text(properties['Name'] ?? maker.generatedName(200));
      await maker.call('ssm', 'PutParameter', { ...pick(properties, PARAMETER), Name, ...tagList(properties['Tags']) });
      return { ref: Name, attributes: { Type: text(properties['Type']), Value: text(properties['Value']) } };
    },
    imports: {
      name: 'Name',
      taken: 'ParameterAlreadyExists',
      // Its value stays what somebody else has written ("CloudFormation … doesn't check … the actual configuration", resource import).
      adopt: async (properties, maker) => {
        const { Parameter } = await maker.call('ssm', 'GetParameter', { Name: properties['Name'] });
        const { Type, Value } = Parameter as Properties;
        return { ref: text(properties['Name']), attributes: { Type: text(Type), Value: text(Value) } };
      },
    },
  },
  'AWS::SSM::Document': {
    uses: [...DOCUMENT, 'Content', 'Name', 'Tags'],
    leaves: ['UpdateMethod'],
    create: async (properties, maker) => {
      const Name = text(properties['Name'] ?? maker.generatedName(128));
      await maker.call('ssm', 'CreateDocument', {
        ...pick(properties, DOCUMENT),
        Name,
        Content: asText(properties['Content']),
        ...tagList(properties['Tags']),
      });
      return { ref: Name, attributes: {} };
    },
    imports: {
      name: 'Name',
      taken: 'DocumentAlreadyExists',
      adopt: (properties) => ({ ref: text(properties['Name']), attributes: {} }),
    },
  },
  'AWS::CloudWatch::Alarm': {
    uses: ['AlarmName', ...ALARM, ...METRIC_ALARM],
    create: alarm('PutMetricAlarm', METRIC_ALARM),
  },
  'AWS::CloudWatch::CompositeAlarm': {
    uses: ['AlarmName', ...ALARM, ...COMPOSITE_ALARM],
    create: alarm('PutCompositeAlarm', COMPOSITE_ALARM),
  },
  // Recorded only: nothing in the region reads them.
  'AWS::CloudWatch::Dashboard': {
    uses: ['DashboardName'],
    leaves: ['DashboardBody'],
    create: (properties, maker) => ({
      ref: text(properties['DashboardName'] ?? maker.generatedName(255)),
      attributes: {},
    }),
  },
  'AWS::Logs::LogGroup': {
    uses: ['LogGroupName'],
    leaves: ['DeletionProtectionEnabled', 'KmsKeyId', 'LogGroupClass', 'RetentionInDays', 'Tags'],
    create: (properties, maker) => {
      const name = text(properties['LogGroupName'] ?? maker.generatedName(512));
      return { ref: name, attributes: { Arn: maker.arn('logs', `log-group:${name}:*`) } };
    },
  },
  'AWS::KMS::Key': {
    uses: ['KeyPolicy'],
    leaves: ['Description', 'EnableKeyRotation', 'Enabled', 'KeySpec', 'KeyUsage', 'PendingWindowInDays', 'Tags'],
    create: async (properties, maker) => {
      const Policy = properties['KeyPolicy'];
      const made = await maker.call('kms', 'CreateKey', Policy === undefined ? {} : { Policy: asText(Policy) });
      const { KeyId = '', Arn = '' } = made['KeyMetadata'] as { KeyId?: string; Arn?: string };
      return { ref: KeyId, attributes: { Arn, KeyId } };
    },
  },
  'AWS::KMS::Alias': {
    uses: ['AliasName'],
    leaves: ['TargetKeyId'],
    create: (properties) => ({ ref: text(properties['AliasName']), attributes: {} }),
  },
  'AWS::CDK::Metadata': {
    uses: [],
    leaves: ['Analytics'],
    create: (_, maker) => ({ ref: maker.logicalId, attributes: {} }),
  },
};
