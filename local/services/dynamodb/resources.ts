// CloudFormation resources of DynamoDB: tables.
import {
  items,
  type Maker,
  member,
  type Properties,
  pick,
  type ResourceType,
  type ResourceTypes,
  text,
} from '../../simulator/cloudformation/resource.ts';

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

/** A global table with only this region is a table; its replica has the properties of a table. */
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

export const resources: ResourceTypes = {
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
};
