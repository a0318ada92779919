// Whether EBS can use a KMS key in our name, asked before a volume is made: afterwards a failure shows only by the volume's vanishing.
// Sources: doc comments of DescribeKey and KeyMetadata in @aws-sdk/client-kms; "Key states of AWS KMS keys" (KMS developer guide);
// "Required permissions" for EBS encryption (EBS user guide).
import { DescribeKeyCommand, type KeyMetadata, type KMSClient } from '@aws-sdk/client-kms';
import { foreignAccountOf, KEY_RIGHTS, type KeyScope, keyBeyondUs } from './key-scope.ts';
import { refusalOf } from './refused.ts';

/** unknown: nobody who may be asked knows. What is made under the key tells. */
export type KeyVerdict = { readonly usable: true } | { readonly unusable: string } | { readonly unknown: string };

/**
 * Judges the key by its state, its region and its kind. That it is usable does not say that the caller may do everything with it: of the rights
 * that EBS needs, KMS tells none.
 *
 * @param keyId an id, an ARN or an alias, as volumes and snapshots tell it
 * @throws what leaves open what the key is like: throttling, a server's fault, a time-out
 */
export async function judgeKey(kms: KMSClient, keyId: string, scope: KeyScope): Promise<KeyVerdict> {
  const region = await kms.config.region();
  const [, , , elsewhere] = keyId.startsWith('arn:') ? keyId.split(':') : [];
  if (elsewhere !== undefined && elsewhere !== region)
    return { unusable: `KMS key ${keyId} is in ${elsewhere}: a volume of ${region} needs a key of its own region` };
  const beyond = keyBeyondUs(keyId, scope);
  if (beyond !== null) return { unusable: beyond };
  try {
    const { KeyMetadata } = await kms.send(new DescribeKeyCommand({ KeyId: keyId }));
    if (!KeyMetadata) throw new Error(`DescribeKey of ${keyId} was answered without metadata`);
    return judgeState(keyId, KeyMetadata);
  } catch (error) {
    const { refused, code } = refusalOf(error);
    // Another account's policy may let EBS use what it lets nobody look at.
    if (code === 'AccessDeniedException' && foreignAccountOf(keyId, scope) !== null)
      return { unknown: `KMS key ${keyId} cannot be looked at: ${refused}` };
    return {
      unusable:
        code === 'AccessDeniedException'
          ? `KMS key ${keyId} cannot be looked at (${refused}): its key policy and the role of this function must allow ${KEY_RIGHTS}`
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
