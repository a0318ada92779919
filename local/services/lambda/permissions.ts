// "Actions, resources, and condition keys for AWS Lambda" (Service Authorization Reference), and "Security and permissions for Lambda durable
// functions". A request about an execution has the execution's own ARN, which extends the ARN of a function version.
import {
  eachOnAnything,
  type Mapping,
  type Mappings,
  OF_TAGGED,
  type Region,
  resourceTagKeys,
  sameKeys,
} from '../iam/check.ts';
import { decodeCallbackId } from './callbacks.ts';
import { parseName } from './functions.ts';

interface FunctionInput {
  readonly FunctionName?: string;
  readonly Qualifier?: string;
}

const onFunction =
  (action: string): Mapping =>
  (input: FunctionInput, region) => {
    const { arn, unqualifiedArn } = functionArns(input, region);
    return [{ action, resources: [{ arn, keys: resourceTagKeys(region, unqualifiedArn, 'aws:ResourceTag') }] }];
  };

function functionArns({ FunctionName = '', Qualifier }: FunctionInput, region: Region) {
  const parsed = parseName(FunctionName, region.accountId);
  const qualifier = Qualifier ?? parsed.qualifier;
  const unqualifiedArn = `arn:aws:lambda:${region.regionName}:${region.accountId}:function:${parsed.name}`;
  return { unqualifiedArn, arn: qualifier === undefined ? unqualifiedArn : `${unqualifiedArn}:${qualifier}` };
}

const onExecution =
  (action: string): Mapping =>
  (input: { DurableExecutionArn?: string }) => [{ action, resources: [{ arn: input.DurableExecutionArn ?? '' }] }];

const onCallback =
  (action: string): Mapping =>
  (input: { CallbackId?: string }) => [{ action, resources: [{ arn: decodeCallbackId(input.CallbackId ?? '')[0] }] }];

const FUNCTIONS = [
  'GetFunction',
  'GetFunctionConfiguration',
  'ListAliases',
  'GetAlias',
  'ListDurableExecutionsByFunction',
];
const EXECUTIONS = [
  'CheckpointDurableExecution',
  'GetDurableExecutionState',
  'GetDurableExecution',
  'GetDurableExecutionHistory',
  'StopDurableExecution',
];
const CALLBACKS = [
  'SendDurableExecutionCallbackSuccess',
  'SendDurableExecutionCallbackFailure',
  'SendDurableExecutionCallbackHeartbeat',
];

const each = (operations: readonly string[], mapping: (action: string) => Mapping): Mappings =>
  Object.fromEntries(operations.map((operation) => [operation, mapping(`lambda:${operation}`)]));

export const permissions: Mappings = {
  Invoke: onFunction('lambda:InvokeFunction'),
  ...eachOnAnything('lambda', ['GetAccountSettings', 'ListFunctions']),
  ...each(FUNCTIONS, onFunction),
  ...each(EXECUTIONS, onExecution),
  ...each(CALLBACKS, onCallback),
};

export const conditionKeys = {
  ...sameKeys('lambda', ['InvokeFunction', ...FUNCTIONS], OF_TAGGED),
  ...sameKeys('lambda', ['ListFunctions', ...EXECUTIONS, ...CALLBACKS], []),
};
