// "Actions, resources, and condition keys for AWS Lambda" (Service Authorization Reference), and "Security and permissions for
// Lambda durable functions": requests about an execution are about its own ARN, which extends that of a function version.
import { decodeCallbackId } from '../lambda/callbacks.ts';
import { parseName } from '../lambda/functions.ts';
import { type Mapping, type Mappings, onAnything, type Region, resourceTagKeys } from './check.ts';

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

export const lambdaRequests: Mappings = {
  Invoke: onFunction('lambda:InvokeFunction'),
  GetAccountSettings: onAnything('lambda:GetAccountSettings'),
  ListFunctions: onAnything('lambda:ListFunctions'),
  ...each(FUNCTIONS, onFunction),
  ...each(EXECUTIONS, onExecution),
  ...each(CALLBACKS, onCallback),
};
