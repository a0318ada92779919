// Whether EBS can use a KMS key in our name, asked before a volume is made: afterwards a failure shows only by the volume's vanishing.
// Sources: doc comments of DescribeKey and KeyMetadata in @aws-sdk/client-kms; "Key states of AWS KMS keys" (KMS developer guide);
// "Required permissions" for EBS encryption (EBS user guide).
import { DescribeKeyCommand, type KeyMetadata, type KMSClient } from '@aws-sdk/client-kms';
import { refusalOf } from './refused.ts';

export type KeyVerdict = { readonly usable: true } | { readonly unusable: string };

/** What a role needs that makes volumes under a customer managed key, and attaches them. */
const RIGHTS = [
  'kms:DescribeKey',
  'kms:CreateGrant (with kms:GrantIsForAWSResource)',
  'kms:Decrypt',
  'kms:GenerateDataKeyWithoutPlaintext',
  'kms:ReEncrypt*',
].join(', ');

/**
 * Judges the key by its state, its region and its kind. That it is usable does not say that the caller may do everything with it: of the rights
 * that EBS needs, KMS tells none.
 *
 * @param keyId an id, an ARN or an alias, as volumes and snapshots tell it
 * @throws what leaves open what the key is like: throttling, a server's fault, a time-out
 */
export async function judgeKey(kms: KMSClient, keyId: string): Promise<KeyVerdict> {
  const region = await kms.config.region();
  const [, , , elsewhere] = keyId.startsWith('arn:') ? keyId.split(':') : [];
  if (elsewhere !== undefined && elsewhere !== region)
    return { unusable: `KMS key ${keyId} is in ${elsewhere}: a volume of ${region} needs a key of its own region` };
  try {
    const { KeyMetadata } = await kms.send(new DescribeKeyCommand({ KeyId: keyId }));
    if (!KeyMetadata) throw new Error(`DescribeKey of ${keyId} was answered without metadata`);
    return judgeState(keyId, KeyMetadata);
  } catch (error) {
    const { refused, code } = refusalOf(error);
    return {
      unusable:
        code === 'AccessDeniedException'
          ? `KMS key ${keyId} cannot be looked at (${refused}): its key policy and the role of this function must allow ${RIGHTS}`
          : `KMS key ${keyId} cannot be used: ${refused}`,
    };
  }
}

/** What a person does about a key in each state that no key can be used in (KeyState). */
const REMEDIES: Readonly<Record<string, string>> = {
  Disabled: 'enable it',
  PendingDeletion: 'cancel its deletion and enable it',
  PendingImport: 'import its key material',
  PendingReplicaDeletion: 'cancel its deletion and enable it',
  Unavailable: 'connect its custom key store',
};

function judgeState(keyId: string, { KeyState, KeyUsage, KeySpec }: KeyMetadata): KeyVerdict {
  // "You can't use … asymmetric KMS keys" for EBS ("How Amazon EBS encryption works"): AWS accepts the request, and the volume vanishes.
  if ((KeyUsage ?? 'ENCRYPT_DECRYPT') !== 'ENCRYPT_DECRYPT' || (KeySpec ?? 'SYMMETRIC_DEFAULT') !== 'SYMMETRIC_DEFAULT')
    return { unusable: `KMS key ${keyId} is of kind ${KeySpec} for ${KeyUsage}: EBS needs a symmetric encryption key` };
  if (KeyState === 'Enabled') return { usable: true };
  const remedy = REMEDIES[KeyState ?? ''] ?? 'wait until it is Enabled';
  return { unusable: `KMS key ${keyId} is ${KeyState ?? 'in no known state'}: ${remedy}` };
}
