// "Actions, resources, and condition keys for AWS Secrets Manager" (Service Authorization Reference), and the "Required permissions" in
// the doc comments of @aws-sdk/client-secrets-manager.
import type { CreateSecretRequest, GetSecretValueRequest } from '@aws-sdk/client-secrets-manager';
import {
  type Encrypted,
  type Mapping,
  type Mappings,
  OF_NEW,
  OF_TAGGED,
  type Region,
  type Resource,
  requestTagKeys,
  resourceTagKeys,
} from '../iam/check.ts';
import { kmsCheck } from '../kms/key-checks.ts';
import { kmsKey } from '../kms/key-ids.ts';

/** The state that IAM needs from Secrets Manager. */
interface Secrets {
  /** The secret of a name, an ARN or a part of one. */
  secret(secretId: string): (Encrypted & { readonly versionId: string }) | undefined;
}

/** A secret that does not exist is checked by the caller's name for it, which matches no pattern of ARNs. */
function secretResource(secretId: string, region: Region<Secrets>): Resource {
  const secret = region.service.secret(secretId);
  if (secret === undefined) return { arn: secretId };
  const keys = resourceTagKeys(region, secret.arn, 'aws:ResourceTag', 'secretsmanager:ResourceTag');
  return { arn: secret.arn, keys };
}

const getSecretValue: Mapping<Secrets> = (input: GetSecretValueRequest, region) => {
  const { SecretId = '', VersionStage = 'AWSCURRENT' } = input;
  const secret = region.service.secret(SecretId);
  const keys = { 'secretsmanager:VersionStage': VersionStage };
  const read = { action: 'secretsmanager:GetSecretValue', resources: [secretResource(SecretId, region)], keys };
  if (secret === undefined) return [read];
  const context = { SecretARN: secret.arn, SecretVersionId: secret.versionId };
  return [read, kmsCheck('kms:Decrypt', 'secretsmanager', secret, context, region)];
};

const createSecret: Mapping = (input: CreateSecretRequest, region) => {
  // Its ARN ends in six random characters, which are not known yet.
  const arn = `arn:aws:secretsmanager:${region.regionName}:${region.accountId}:secret:${input.Name}-??????`;
  const resources = [{ arn }];
  const keys = requestTagKeys(input.Tags);
  const encrypted = { arn, key: kmsKey(input.KmsKeyId ?? 'alias/aws/secretsmanager', region) };
  return [
    { action: 'secretsmanager:CreateSecret', resources, keys },
    ...(input.Tags?.length ? [{ action: 'secretsmanager:TagResource', resources, keys }] : []),
    ...['kms:GenerateDataKey', 'kms:Decrypt'].map((action) =>
      kmsCheck(action, 'secretsmanager', encrypted, { SecretARN: arn }, region),
    ),
  ];
};

export const permissions: Mappings<Secrets> = {
  CreateSecret: createSecret,
  GetSecretValue: getSecretValue,
  DescribeSecret: (input: { SecretId?: string }, region) => [
    { action: 'secretsmanager:DescribeSecret', resources: [secretResource(input.SecretId ?? '', region)] },
  ],
};

const OF_SECRET = [...OF_TAGGED, 'secretsmanager:ResourceTag/*'];

export const conditionKeys = {
  'secretsmanager:CreateSecret': OF_NEW,
  'secretsmanager:TagResource': OF_NEW,
  'secretsmanager:DescribeSecret': OF_SECRET,
  'secretsmanager:GetSecretValue': [...OF_SECRET, 'secretsmanager:VersionStage'],
};
