// KMS, which describes keys but does not encrypt: any well-formed id of the account is an existing symmetric key. Sources: doc comments of
// DescribeKey, KeyMetadata, GetKeyPolicy and CreateGrant in @aws-sdk/client-kms; "Key states of AWS KMS keys" (KMS developer guide).
import type {
  CreateGrantRequest,
  CreateKeyRequest,
  DescribeKeyRequest,
  DescribeKeyResponse,
  GetKeyPolicyRequest,
  GetKeyPolicyResponse,
  KeyMetadata,
  PutKeyPolicyRequest,
} from '@aws-sdk/client-kms';
import type { ConditionKeys, Kernel } from '../../simulator/kernel.ts';
import { AwsError, notEmulated, type Service } from '../../simulator/service.ts';
import type { EbsHandles } from '../ec2/service.ts';
import type { PolicyDocument } from '../iam/policy.ts';
import { parseResourcePolicy } from '../iam/resource-policy.ts';
import { kmsKey } from './key-ids.ts';

const KEY_ID = /^(mrk-)?[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/;
/** Keys are older than everything that they encrypt. */
const AGE_MS = 365 * 86_400_000;
const SYMMETRIC = 'SYMMETRIC_DEFAULT';
/** What a key is made with here; another value is not emulated. */
const ONLY: Readonly<Record<string, unknown>> = {
  KeySpec: SYMMETRIC,
  CustomerMasterKeySpec: SYMMETRIC,
  KeyUsage: 'ENCRYPT_DECRYPT',
  Origin: 'AWS_KMS',
  MultiRegion: false,
  CustomKeyStoreId: undefined,
  XksKeyId: undefined,
};

export interface Kms extends Service {
  /** Of a key that was made here; undefined for an older one. */
  policy(keyArn: string): PolicyDocument | undefined;
  /** Keys that were made here. */
  keyArns(): readonly string[];
}

export function createKms(
  kernel: Kernel,
  { isKeyEnabled, foreignKey }: Pick<EbsHandles, 'isKeyEnabled' | 'foreignKey'>,
): Kms {
  const policies = new Map<string, PolicyDocument>();
  const texts = new Map<string, string>();
  const ids = kernel.random('kms/ids');
  const { accountId, regionName } = kernel;
  const createdAtMs = kernel.clock.now() - AGE_MS;
  const put = (arn: string, text: string): void => {
    policies.set(arn, policyIn(text, kernel.conditionKeys));
    texts.set(arn, text);
  };
  /** A key of another account does not let us read its policy. */
  const ownKey = (KeyId: string, action: string): string => {
    const { arn } = kmsKey(KeyId, kernel);
    if (arn.split(':')[4] !== accountId)
      throw new AwsError(
        'AccessDeniedException',
        `User is not authorized to perform: ${action} on resource: ${KeyId} because no resource-based policy allows the ${action} action`,
      );
    if (!KEY_ID.test(arn.split(':key/')[1] ?? ''))
      throw new AwsError('NotFoundException', `Key '${arn}' does not exist`);
    return arn;
  };
  const metadataOf = (arn: string, KeyManager: 'AWS' | 'CUSTOMER', AWSAccountId: string): KeyMetadata => {
    const [, KeyId = ''] = arn.split(':key/');
    const enabled = isKeyEnabled(arn);
    return {
      ...{ AWSAccountId, KeyId, Arn: arn, KeyManager },
      CreationDate: new Date(createdAtMs),
      Enabled: enabled,
      Description: '',
      KeyUsage: 'ENCRYPT_DECRYPT',
      KeyState: enabled ? 'Enabled' : 'Disabled',
      Origin: 'AWS_KMS',
      CustomerMasterKeySpec: SYMMETRIC,
      KeySpec: SYMMETRIC,
      EncryptionAlgorithms: [SYMMETRIC],
      MultiRegion: KeyId.startsWith('mrk-'),
    };
  };
  return {
    name: 'kms',
    policy: (keyArn) => policies.get(keyArn),
    keyArns: () => [...policies.keys()],
    operations: {
      CreateKey: ({ Policy, ...asked }: CreateKeyRequest) => {
        for (const [name, value] of Object.entries(asked))
          if (value && Object.hasOwn(ONLY, name) && value !== ONLY[name])
            throw notEmulated(`${name} ${String(value)} of CreateKey`);
        const id = ids.uuid();
        const arn = `arn:aws:kms:${regionName}:${accountId}:key/${id}`;
        if (Policy !== undefined) put(arn, Policy);
        return { KeyMetadata: metadataOf(arn, 'CUSTOMER', accountId) };
      },
      PutKeyPolicy: ({ KeyId = '', Policy = '' }: PutKeyPolicyRequest) => {
        put(kmsKey(KeyId, kernel).arn, Policy);
        return {};
      },
      GetKeyPolicy: ({ KeyId = '' }: GetKeyPolicyRequest): GetKeyPolicyResponse => {
        const arn = ownKey(KeyId, 'kms:GetKeyPolicy');
        return { Policy: texts.get(arn) ?? defaultPolicy(accountId), PolicyName: 'default' };
      },
      // No grant is given here: services use keys in their callers' names (key-checks.ts).
      CreateGrant: ({ KeyId = '', DryRun }: CreateGrantRequest) => {
        const arn = ownKey(KeyId, 'kms:CreateGrant');
        if (!isKeyEnabled(arn)) throw new AwsError('DisabledException', `${arn} is disabled.`);
        if (!DryRun) throw notEmulated('CreateGrant without DryRun');
        throw new AwsError(
          'DryRunOperationException',
          'The request would have succeeded, but the DryRun option is set.',
        );
      },
      DescribeKey: ({ KeyId = '' }: DescribeKeyRequest): DescribeKeyResponse => {
        const [, , , region, account] = KeyId.startsWith('arn:') ? KeyId.split(':') : [];
        // The service's message: it looks for keys only in its own region.
        if (region !== undefined && region !== regionName)
          throw new AwsError('NotFoundException', `Invalid arn ${region}`);
        if (account !== undefined && account !== accountId && foreignKey(KeyId) !== 'use-and-describe') {
          // KMS's message for a caller of another account.
          const sentence = `User is not authorized to perform: kms:DescribeKey on resource: ${KeyId} because no resource-based policy allows the kms:DescribeKey action`;
          throw new AwsError('AccessDeniedException', sentence);
        }
        const { arn, awsManaged } = kmsKey(KeyId, kernel);
        const id = arn.split(':key/')[1] ?? '';
        if (!KEY_ID.test(id)) throw new AwsError('NotFoundException', `Key '${arn}' does not exist`);
        return { KeyMetadata: metadataOf(arn, awsManaged ? 'AWS' : 'CUSTOMER', account ?? accountId) };
      },
    },
  };
}

/** "Default key policy when you create a KMS key programmatically" (KMS developer guide). */
const defaultPolicy = (accountId: string): string =>
  JSON.stringify({
    Version: '2012-10-17',
    Id: 'key-default-1',
    Statement: [
      {
        ...{
          Sid: 'Enable IAM User Permissions',
          Effect: 'Allow',
          Principal: { AWS: `arn:aws:iam::${accountId}:root` },
        },
        ...{ Action: 'kms:*', Resource: '*' },
      },
    ],
  });

const policyIn = (text: string, known: ConditionKeys): PolicyDocument =>
  parseResourcePolicy(text, known, (reason) => new AwsError('MalformedPolicyDocumentException', reason));
