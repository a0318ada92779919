// "Actions, resources, and condition keys for AWS Systems Manager" (Service Authorization Reference).
import type { PutParameterRequest } from '@aws-sdk/client-ssm';
import { ec2Arn } from '../ec2/arn.ts';
import {
  type Check,
  type Encrypted,
  eachOnAnything,
  type Mapping,
  type Mappings,
  OF_NEW,
  OF_TAGGED,
  type Region,
  requestTagKeys,
  resourceTagKeys,
  sameKeys,
} from '../iam/check.ts';
import { kmsCheck } from '../kms/key-checks.ts';
import { kmsKey } from '../kms/key-ids.ts';

/** The state that IAM needs from Systems Manager. */
interface Parameters {
  secureParameters(names: readonly string[]): readonly Encrypted[];
  secureParametersBelow(path: string, recursive: boolean): readonly Encrypted[];
}

const parameterArn = ({ accountId, regionName }: Region, name: string): string =>
  name.startsWith('arn:')
    ? name
    : `arn:aws:ssm:${regionName}:${accountId}:parameter${name.startsWith('/') ? '' : '/'}${name}`;

/** AWS's documents belong to no account. */
function documentArn({ accountId, regionName }: Region, name: string): string {
  if (name.startsWith('arn:')) return name;
  const owner = /^(AWS|Amazon)-/.test(name) ? '' : accountId;
  return `arn:aws:ssm:${regionName}:${owner}:document/${name}`;
}

const onParameters =
  (action: string, namesOf: (input: never) => readonly string[]): Mapping =>
  (input, region) => [
    {
      action,
      resources: namesOf(input as never).map((name) => {
        const arn = parameterArn(region, name);
        return { arn, keys: resourceTagKeys(region, arn, 'aws:ResourceTag', 'ssm:resourceTag') };
      }),
    },
  ];

const onName = (input: { Name?: string }): string[] => [input.Name ?? ''];

/**
 * "How AWS Systems Manager Parameter Store uses AWS KMS": reading a SecureString in clear is kms:Decrypt in the caller's name, with the parameter's
 * ARN as encryption context. Without WithDecryption there is no KMS check.
 */
const decrypting = (parameters: readonly Encrypted[], region: Region): Check[] =>
  parameters.map((one) => kmsCheck('kms:Decrypt', 'ssm', one, { PARAMETER_ARN: one.arn }, region));

const reading =
  (operation: string, namesOf: (input: never) => readonly string[]): Mapping<Parameters> =>
  (input: { WithDecryption?: boolean }, region) => {
    const names = namesOf(input as never);
    const checks = onParameters(`ssm:${operation}`, () => names)(input, region);
    return input.WithDecryption ? [...checks, ...decrypting(region.service.secureParameters(names), region)] : checks;
  };

/** "kms:Encrypt" for a standard SecureString, "kms:GenerateDataKey" for an advanced one. */
function encrypting(input: PutParameterRequest, arn: string, region: Region<Parameters>): Check[] {
  const [before] = region.service.secureParameters([input.Name ?? '']);
  if (input.Type !== 'SecureString' && before === undefined) return [];
  const key = input.KeyId === undefined && before ? before.key : kmsKey(input.KeyId ?? 'alias/aws/ssm', region);
  const action = input.Tier === 'Advanced' ? 'kms:GenerateDataKey' : 'kms:Encrypt';
  return [kmsCheck(action, 'ssm', { arn, key }, { PARAMETER_ARN: arn }, region)];
}

const onDocument =
  (action: string): Mapping =>
  (input: { Name?: string }, region) => [{ action, resources: [{ arn: documentArn(region, input.Name ?? '') }] }];

const sendCommand: Mapping = (
  input: { DocumentName?: string; InstanceIds?: string[]; Targets?: { Key?: string; Values?: string[] }[] },
  region,
) => {
  const targets = input.Targets ?? [];
  if (targets.some(({ Key }) => Key?.toLowerCase() !== 'instanceids')) {
    throw new Error('iam: SendCommand to targets by tag is not emulated; name the instances');
  }
  const ids = [...(input.InstanceIds ?? []), ...targets.flatMap(({ Values }) => Values ?? [])];
  const instances = ids.map((id) => {
    const arn = ec2Arn(region, id);
    return { arn, keys: resourceTagKeys(region, arn, 'aws:ResourceTag', 'ssm:resourceTag') };
  });
  const document = { arn: documentArn(region, input.DocumentName ?? '') };
  return [{ action: 'ssm:SendCommand', resources: [document, ...instances] }];
};

// They support only `*`: a caller who may read one command's output may read all.
const WITHOUT_RESOURCE = [
  'GetCommandInvocation',
  'CancelCommand',
  'ListCommands',
  'ListCommandInvocations',
  'DescribeInstanceInformation',
  'DescribeParameters',
  'ListDocuments',
];

export const permissions: Mappings<Parameters> = {
  ...eachOnAnything('ssm', WITHOUT_RESOURCE),
  SendCommand: sendCommand,
  GetDocument: onDocument('ssm:GetDocument'),
  DescribeDocument: onDocument('ssm:DescribeDocument'),
  DeleteDocument: onDocument('ssm:DeleteDocument'),
  GetParameter: reading('GetParameter', onName),
  GetParameters: reading('GetParameters', (input: { Names?: string[] }) => input.Names ?? []),
  GetParameterHistory: reading('GetParameterHistory', onName),
  GetParametersByPath: (input: { Path?: string; Recursive?: boolean; WithDecryption?: boolean }, region) => {
    const { Path = '', Recursive = false, WithDecryption = false } = input;
    const check: Check = {
      action: 'ssm:GetParametersByPath',
      resources: [{ arn: parameterArn(region, Path.replace(/(?<=.)\/$/, '')) }],
      keys: { 'ssm:Recursive': String(Recursive) },
    };
    // All parameters below the path; AWS checks only those of the page.
    return WithDecryption
      ? [check, ...decrypting(region.service.secureParametersBelow(Path, Recursive), region)]
      : [check];
  },
  PutParameter: (input: PutParameterRequest, region) => {
    const arn = parameterArn(region, input.Name ?? '');
    const keys = resourceTagKeys(region, arn, 'aws:ResourceTag', 'ssm:resourceTag');
    return [
      {
        action: 'ssm:PutParameter',
        resources: [{ arn, keys }],
        keys: { ...requestTagKeys(input.Tags), 'ssm:Overwrite': String(input.Overwrite ?? false) },
      },
      ...encrypting(input, arn, region),
    ];
  },
  DeleteParameter: onParameters('ssm:DeleteParameter', onName),
};

const OF_SSM = [...OF_TAGGED, 'ssm:resourceTag/*'];
const READS = ['GetParameter', 'GetParameterHistory', 'GetParameters'];

export const conditionKeys = {
  ...sameKeys('ssm', [...WITHOUT_RESOURCE, 'DescribeDocument', 'GetDocument'], []),
  ...sameKeys('ssm', ['DeleteParameter', ...READS, 'SendCommand'], OF_SSM),
  'ssm:GetParametersByPath': ['ssm:Recursive'],
  'ssm:PutParameter': [...OF_SSM, ...OF_NEW, 'ssm:Overwrite'],
};
