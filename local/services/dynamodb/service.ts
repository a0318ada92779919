// The service declaration of Amazon DynamoDB.
import { join } from 'node:path';
import { AwsError } from '../../simulator/service.ts';
import type { ServiceDescriptor } from '../descriptor.ts';
import { createDynamoDb, type DynamoDb } from './dynamodb.ts';
import { conditionKeys, permissions } from './permissions.ts';
import { resources } from './resources.ts';

const CONDITIONS = ['ConditionalOperator', 'Expected'];
const COUNTS = ['ReturnConsumedCapacity', 'ReturnItemCollectionMetrics'];
const LACKS = {
  BatchGetItem: ['ReturnConsumedCapacity'],
  CreateTable: [
    'GlobalSecondaryIndexes',
    'GlobalTableSettingsReplicationMode',
    'GlobalTableSourceArn',
    'LocalSecondaryIndexes',
    'OnDemandThroughput',
    'ResourcePolicy',
    'SSESpecification',
    'StreamSpecification',
    'TableClass',
    'VectorIndexes',
    'WarmThroughput',
  ],
  DeleteItem: [...CONDITIONS, ...COUNTS],
  GetItem: ['AttributesToGet', 'ReturnConsumedCapacity'],
  ListTagsOfResource: ['NextToken'],
  PutItem: [...CONDITIONS, ...COUNTS],
  Query: [
    'AttributesToGet',
    'ConditionalOperator',
    'IndexName',
    'KeyConditions',
    'QueryFilter',
    'ReturnConsumedCapacity',
  ],
  Scan: ['AttributesToGet', 'ConditionalOperator', 'IndexName', 'ReturnConsumedCapacity', 'ScanFilter', 'Segment'],
  UpdateItem: ['AttributeUpdates', ...CONDITIONS, ...COUNTS],
};

export const DYNAMODB: ServiceDescriptor<DynamoDb> = {
  name: 'dynamodb',
  client: { packageName: '@aws-sdk/client-dynamodb', load: () => import('@aws-sdk/client-dynamodb') },
  limits: join(import.meta.dirname, 'limits.txt'),
  lacks: LACKS,
  // The SDKs of Go, Python and Java verify them.
  checksums: true,
  throttled: () =>
    new AwsError('ThrottlingException', 'Throughput exceeds the current capacity of your table or index.'),
  iam: { prefix: 'dynamodb', conditionKeys },
  permissions,
  tagsOf: (service, arn) => service.tagsOf(arn),
  resources,
  create: createDynamoDb,
};
