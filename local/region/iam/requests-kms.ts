// What EBS asks of KMS in its caller's name: "Required permissions" for EBS encryption (EBS user guide); "Actions, resources, and condition keys
// for AWS Key Management Service". EC2 asks when it makes and attaches volumes; who wants to know beforehand asks about the key itself.

import type { KeyUse } from '../ec2/snapshots-state.ts';
import { kmsKey } from '../kms.ts';
import type { Mapping, Mappings } from './check.ts';
import { kmsCheck } from './kms.ts';

const USES: readonly KeyUse[] = [
  'CreateGrant',
  'Decrypt',
  'GenerateDataKeyWithoutPlaintext',
  'ReEncryptFrom',
  'ReEncryptTo',
];

const forEbs =
  (use: KeyUse): Mapping =>
  ({ KeyId = '' }: { KeyId?: string }, region) => {
    const managed = kmsKey('alias/aws/ebs', region);
    const key = KeyId === managed.arn ? managed : kmsKey(KeyId, region);
    const check = kmsCheck(`kms:${use}`, 'ec2', { arn: key.arn, key }, {}, region);
    // The grant is for EBS, which decrypts the volume's data key when the volume is attached.
    return [use === 'CreateGrant' ? { ...check, keys: { ...check.keys, 'kms:GrantIsForAWSResource': 'true' } } : check];
  };

/** Even of a key that AWS manages: its policy lets the account's own policies say who sees it (`aws kms get-key-policy` of aws/ebs). */
const describeKey: Mapping = ({ KeyId = '' }: { KeyId?: string }, region) => [
  { action: 'kms:DescribeKey', resources: [{ arn: kmsKey(KeyId, region).arn }] },
];

export const kmsRequests: Mappings = {
  ...Object.fromEntries(USES.map((use) => [use, forEbs(use)])),
  DescribeKey: describeKey,
};
