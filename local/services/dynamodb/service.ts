// The service declaration of Amazon DynamoDB.
import { join } from 'node:path';
import { AwsError } from '../../simulator/service.ts';
import type { ServiceDescriptor } from '../descriptor.ts';
import { createDynamoDb, type DynamoDb } from './dynamodb.ts';
import { conditionKeys, permissions } from './permissions.ts';
import { resources } from './resources.ts';

export const DYNAMODB: ServiceDescriptor<DynamoDb> = {
  name: 'dynamodb',
  client: { packageName: '@aws-sdk/client-dynamodb', load: () => import('@aws-sdk/client-dynamodb') },
  limits: join(import.meta.dirname, 'limits.txt'),
  // The SDKs of Go, Python and Java verify them.
  checksums: true,
  throttled: () =>
    new AwsError('ThrottlingException', 'Throughput exceeds the current capacity of your table or index.'),
  iam: { prefix: 'dynamodb', conditionKeys },
  permissions,
  resources,
  create: createDynamoDb,
};
