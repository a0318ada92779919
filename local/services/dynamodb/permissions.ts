// "Actions, resources, and condition keys for Amazon DynamoDB" (Service Authorization Reference).

import { ownValue } from '../../simulator/own-properties.ts';
import {
  type Mapping,
  type Mappings,
  OF_TAGGED,
  onAnything,
  type Region,
  resourceTagKeys,
  sameKeys,
} from '../iam/check.ts';

/** The state that IAM needs from DynamoDB. */
interface Tables {
  partitionKey(tableName: string): string | undefined;
}

type Value = Readonly<Record<string, unknown>>;

interface TableInput {
  readonly TableName?: string;
  readonly IndexName?: string;
  readonly Key?: Readonly<Record<string, Value>>;
  readonly Item?: Readonly<Record<string, Value>>;
  readonly KeyConditionExpression?: string;
  readonly ExpressionAttributeNames?: Readonly<Record<string, string>>;
  readonly ExpressionAttributeValues?: Readonly<Record<string, Value>>;
}

/** Name or ARN of a table → its ARN, or that of one of its indexes. */
function tableArn({ accountId, regionName }: Region, { TableName = '', IndexName }: TableInput): string {
  const arn = TableName.startsWith('arn:')
    ? TableName
    : `arn:aws:dynamodb:${regionName}:${accountId}:table/${TableName}`;
  return IndexName === undefined ? arn : `${arn}/index/${IndexName}`;
}

const onTable =
  (action: string): Mapping<Tables> =>
  (input: TableInput, region) => {
    const arn = tableArn(region, input);
    const keys = resourceTagKeys(region, arn, 'aws:ResourceTag');
    const leading = leadingKey(input, region);
    return [
      {
        action,
        resources: [{ arn, keys }],
        keys: leading === undefined ? {} : { 'dynamodb:LeadingKeys': [leading] },
      },
    ];
  };

/** The partition key's value in a request ("dynamodb:LeadingKeys"): absent for scans and descriptions. */
function leadingKey(input: TableInput, region: Region<Tables>): string | undefined {
  const name = region.service.partitionKey((input.TableName ?? '').replace(/^.*table\//, ''));
  if (name === undefined) return undefined;
  const value = ownValue(input.Key ?? input.Item ?? {}, name) ?? queriedValue(input, name);
  return value === undefined ? undefined : String(Object.values(value)[0]);
}

function queriedValue(input: TableInput, partitionKey: string): Value | undefined {
  for (const [, name = '', value = ''] of input.KeyConditionExpression?.matchAll(/([#\w]+)\s*=\s*(:\w+)/g) ?? []) {
    const resolved = ownValue(input.ExpressionAttributeNames ?? {}, name) ?? name;
    if (resolved === partitionKey) return ownValue(input.ExpressionAttributeValues ?? {}, value);
  }
  return undefined;
}

const OPERATIONS = [
  'GetItem',
  'PutItem',
  'UpdateItem',
  'DeleteItem',
  'Query',
  'Scan',
  'DescribeTable',
  'DescribeTimeToLive',
];

export const permissions: Mappings<Tables> = {
  ...Object.fromEntries(OPERATIONS.map((operation) => [operation, onTable(`dynamodb:${operation}`)])),
  ListTables: onAnything('dynamodb:ListTables'),
};

const OF_ITEMS = [...OF_TAGGED, 'dynamodb:LeadingKeys'];

export const conditionKeys = {
  ...sameKeys('dynamodb', ['DeleteItem', 'GetItem', 'PutItem', 'Query', 'UpdateItem'], OF_ITEMS),
  ...sameKeys('dynamodb', ['DescribeTable', 'DescribeTimeToLive'], OF_TAGGED),
  'dynamodb:ListTables': [],
  // A scan names no partition.
  'dynamodb:Scan': OF_TAGGED,
};
