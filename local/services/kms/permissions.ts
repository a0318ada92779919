// "Actions, resources, and condition keys for AWS Key Management Service" (Service Authorization Reference), for direct callers of KMS.

import type { RegionIdentity } from '../../simulator/kernel.ts';
import { type Mapping, type Mappings, sameKeys } from '../iam/check.ts';
import { type KmsKey, kmsKey } from './key-ids.ts';

interface Use {
  readonly KeyId?: string;
}

/** A key by its id or ARN; EBS's managed key, too. */
export const keyOf = (KeyId: string, region: RegionIdentity): KmsKey => {
  const managed = kmsKey('alias/aws/ebs', region);
  return KeyId === managed.arn ? managed : kmsKey(KeyId, region);
};

/** A direct caller of KMS comes through no service, and its grants are for no AWS service. */
const onKeyDirectly =
  (action: string): Mapping =>
  ({ KeyId = '' }: Use, region) => [
    {
      action,
      resources: [{ arn: keyOf(KeyId, region).arn }],
      keys: action === 'kms:CreateGrant' ? { 'kms:GrantIsForAWSResource': 'false' } : {},
    },
  ];

const reEncrypt: Mapping = (
  { SourceKeyId = '', DestinationKeyId = '' }: { SourceKeyId?: string; DestinationKeyId?: string },
  region,
) => [
  ...onKeyDirectly('kms:ReEncryptFrom')({ KeyId: SourceKeyId }, region),
  ...onKeyDirectly('kms:ReEncryptTo')({ KeyId: DestinationKeyId }, region),
];

/** Also for an AWS managed key: its policy lets the account's own policies decide who may describe it (`aws kms get-key-policy` of aws/ebs). */
const describeKey: Mapping = ({ KeyId = '' }: Use, region) => [
  { action: 'kms:DescribeKey', resources: [{ arn: kmsKey(KeyId, region).arn }] },
];

const DIRECT = ['CreateGrant', 'Decrypt', 'Encrypt', 'GenerateDataKey', 'GenerateDataKeyWithoutPlaintext'];

export const permissions: Mappings = {
  ...Object.fromEntries(DIRECT.map((operation) => [operation, onKeyDirectly(`kms:${operation}`)])),
  ReEncrypt: reEncrypt,
  DescribeKey: describeKey,
  GetKeyPolicy: ({ KeyId = '' }: Use, region) => [
    { action: 'kms:GetKeyPolicy', resources: [{ arn: kmsKey(KeyId, region).arn }] },
  ],
};

const OF_KEY = ['kms:EncryptionContext:*', 'kms:ViaService'];

export const conditionKeys = {
  ...sameKeys('kms', ['Decrypt', 'Encrypt', 'GenerateDataKey', 'GenerateDataKeyWithoutPlaintext'], OF_KEY),
  ...sameKeys('kms', ['ReEncryptFrom', 'ReEncryptTo'], OF_KEY),
  'kms:CreateGrant': [...OF_KEY, 'kms:GrantIsForAWSResource'],
  'kms:DescribeKey': ['kms:ViaService'],
  'kms:GetKeyPolicy': ['kms:ViaService'],
};
