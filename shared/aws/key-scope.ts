// Whose KMS keys heals may use: those of the suite's own account, and of other accounts those that the stack was deployed with. Pure. Sources:
// "Required permissions" for EBS encryption (EBS user guide); "Allowing users in other accounts to use a KMS key" (KMS developer guide).

/** What a role needs that makes volumes under a customer managed key, and attaches them. */
export const KEY_RIGHTS = [
  'kms:DescribeKey',
  'kms:CreateGrant (with kms:GrantIsForAWSResource)',
  'kms:Decrypt',
  'kms:GenerateDataKeyWithoutPlaintext',
  'kms:ReEncrypt*',
].join(', ');

/** Whose keys heals may use. */
export interface KeyScope {
  readonly accountId: string;
  /** Of other accounts: those that the stack was deployed with. */
  readonly kmsKeys: readonly string[];
}

/** How the environment says that there are none: an empty variable counts as forgotten. */
export const NO_KEYS = 'none';

/** @param environment TOPIC_ARN is of the suite's own account; KMS_KEYS has commas */
export const keyScopeOf = ({ TOPIC_ARN, KMS_KEYS }: Readonly<Record<'TOPIC_ARN' | 'KMS_KEYS', string>>): KeyScope => ({
  accountId: TOPIC_ARN.split(':')[4] ?? '',
  kmsKeys: KMS_KEYS === NO_KEYS ? [] : KMS_KEYS.split(','),
});

/** The account that a key belongs to, where it is not ours; volumes and snapshots tell keys by their ARNs. */
export function foreignAccountOf(keyId: string, { accountId }: KeyScope): string | null {
  const owner = keyId.startsWith('arn:') ? (keyId.split(':')[4] ?? '') : accountId;
  return owner === accountId ? null : owner;
}

/**
 * Why heals may not use a key of another account, as far as it is the stack that keeps them from it; null of all other keys. "To use a KMS key
 * in a different account", its policy and the caller's have to allow it both ("Allowing users in other accounts to use a KMS key").
 */
export function keyBeyondUs(keyId: string, scope: KeyScope): string | null {
  const owner = foreignAccountOf(keyId, scope);
  if (owner === null || scope.kmsKeys.includes(keyId)) return null;
  return `KMS key ${keyId} is of account ${owner}, and heals may not use it: deploy again with -c kmsKeys=${keyId} (docs/fleet-files.md says what its key policy has to allow)`;
}

/** What is known of a key of another account once a volume that was made under it has vanished. */
export const keyDenies = (keyId: string, scope: KeyScope): string =>
  `a volume that was made under KMS key ${keyId} has vanished: its key policy has to allow ${KEY_RIGHTS} to account ${scope.accountId}`;
