// What EBS asks of KMS in its caller's name: "Required permissions" for EBS encryption (EBS user guide); "Actions, resources, and condition keys
// for AWS Key Management Service". EC2 asks when it makes and attaches volumes; who wants to know beforehand asks about the key itself.

import type { KeyUse } from '../ec2/snapshots-state.ts';
import { type KmsKey, kmsKey } from '../kms/key-ids.ts';
import type { Check, Mapping, Mappings, Region } from './check.ts';
import { kmsCheck } from './kms.ts';

const USES: readonly KeyUse[] = [
  'CreateGrant',
  'Decrypt',
  'GenerateDataKeyWithoutPlaintext',
  'ReEncryptFrom',
  'ReEncryptTo',
];

interface Use {
  readonly KeyId?: string;
}

const keyOf = (KeyId: string, region: Region): KmsKey => {
  const managed = kmsKey('alias/aws/ebs', region);
  return KeyId === managed.arn ? managed : kmsKey(KeyId, region);
};

/** What EC2 asks for in its caller's name. */
function askForEbs(use: KeyUse, KeyId: string, region: Region): readonly Check[] {
  const key = keyOf(KeyId, region);
  const check = kmsCheck(`kms:${use}`, 'ec2', { arn: key.arn, key }, {}, region);
  // The grant is for EBS, which decrypts the volume's data key when the volume is attached.
  return [use === 'CreateGrant' ? { ...check, keys: { ...check.keys, 'kms:GrantIsForAWSResource': 'true' } } : check];
}

/** A caller that asks KMS itself comes through no service, and its grants are for nobody's service. */
const asked =
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
  ...asked('kms:ReEncryptFrom')({ KeyId: SourceKeyId }, region),
  ...asked('kms:ReEncryptTo')({ KeyId: DestinationKeyId }, region),
];

/** Even of a key that AWS manages: its policy lets the account's own policies say who sees it (`aws kms get-key-policy` of aws/ebs). */
const describeKey: Mapping = ({ KeyId = '' }: Use, region) => [
  { action: 'kms:DescribeKey', resources: [{ arn: kmsKey(KeyId, region).arn }] },
];

const DIRECT = ['CreateGrant', 'Decrypt', 'Encrypt', 'GenerateDataKey', 'GenerateDataKeyWithoutPlaintext'];

export const kmsRequests: Mappings = {
  ...Object.fromEntries(DIRECT.map((operation) => [operation, asked(`kms:${operation}`)])),
  ReEncrypt: reEncrypt,
  DescribeKey: describeKey,
};

/** Not a service of AWS: what EC2 asks KMS for, by the use. */
export const ebsKeyRequests: Mappings = Object.fromEntries(
  USES.map((use): [string, Mapping] => [use, ({ KeyId = '' }: Use, region) => askForEbs(use, KeyId, region)]),
);
