// Whether EBS can use a key for us. This is checked before a volume is created: afterwards a failure shows only when the volume vanishes. Sources: doc
// comments of DescribeKey and KeyMetadata in @aws-sdk/client-kms; "Key states of AWS KMS keys" (KMS developer guide).
import { DescribeKeyCommand, type KeyMetadata, type KMSClient } from '@aws-sdk/client-kms';
import { foreignAccountOf, foreignKeyFault, KEY_RIGHTS, type KeyScope } from './keys.ts';
import { refusalOf } from './refusals.ts';

/** unknown: KMS does not let us read it. Creating a volume under the key shows it. */
export type KeyUsability = { readonly usable: true } | { readonly unusable: string } | { readonly unknown: string };

/**
 * Judges the key by its state, its region and its kind. A usable key does not mean that the caller has every right that EBS needs: KMS reports none
 * of those rights.
 *
 * @param keyId an id, an ARN or an alias, as volumes and snapshots name it
 * @throws errors that leave the state of the key open: throttling, a server fault, a time-out
 */
export async function judgeKey(kms: KMSClient, keyId: string, scope: KeyScope): Promise<KeyUsability> {
  const region = await kms.config.region();
  const [, , , elsewhere] = keyId.startsWith('arn:') ? keyId.split(':') : [];
  if (elsewhere !== undefined && elsewhere !== region)
    return { unusable: `KMS key ${keyId} is in ${elsewhere}: a volume of ${region} needs a key of its own region` };
  const beyond = foreignKeyFault(keyId, scope);
  if (beyond !== null) return { unusable: beyond };
  try {
    const { KeyMetadata } = await kms.send(new DescribeKeyCommand({ KeyId: keyId }));
    if (!KeyMetadata) throw new Error(`DescribeKey of ${keyId} was answered without metadata`);
    return judgeState(keyId, KeyMetadata);
  } catch (error) {
    const { refused, code } = refusalOf(error);
    // The policy of another account may let EBS use a key that it lets nobody describe.
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

/** What a person does about a key in each state in which it cannot be used (KeyState). */
const REMEDIES: Readonly<Record<string, string>> = {
  Disabled: 'enable it',
  PendingDeletion: 'cancel its deletion and enable it',
  PendingImport: 'import its key material',
  PendingReplicaDeletion: 'cancel its deletion and enable it',
  Unavailable: 'connect its custom key store',
};

function judgeState(keyId: string, { KeyState, KeyUsage, KeySpec }: KeyMetadata): KeyUsability {
  // "You can't use … asymmetric KMS keys" for EBS ("How Amazon EBS encryption works"): AWS accepts the request, and the volume vanishes.
  if ((KeyUsage ?? 'ENCRYPT_DECRYPT') !== 'ENCRYPT_DECRYPT' || (KeySpec ?? 'SYMMETRIC_DEFAULT') !== 'SYMMETRIC_DEFAULT')
    return { unusable: `KMS key ${keyId} is of kind ${KeySpec} for ${KeyUsage}: EBS needs a symmetric encryption key` };
  if (KeyState === 'Enabled') return { usable: true };
  const remedy = REMEDIES[KeyState ?? ''] ?? 'wait until it is Enabled';
  return { unusable: `KMS key ${keyId} is ${KeyState ?? 'in no known state'}: ${remedy}` };
}
