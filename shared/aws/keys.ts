// Which KMS keys heals may use. Sources: "Allowing users in other accounts to use a KMS key" (KMS developer guide); "Required permissions" for EBS
// encryption (EBS user guide).

/** The rights of a role that creates volumes under a customer managed key, and attaches them. */
export const KEY_RIGHTS = [
  'kms:DescribeKey',
  'kms:CreateGrant (with kms:GrantIsForAWSResource)',
  'kms:Decrypt',
  'kms:GenerateDataKeyWithoutPlaintext',
  'kms:ReEncrypt*',
].join(', ');

/** The keys that heals may use. */
export interface KeyScope {
  readonly accountId: string;
  /** Keys of other accounts: those that the stack was deployed with. */
  readonly kmsKeys: readonly string[];
}

/** The value of the environment variable for no keys: an empty variable counts as forgotten. */
export const NO_KEYS = 'none';

/** @param environment TOPIC_ARN is of the suite's own account; KMS_KEYS has commas */
export const keyScopeOf = ({ TOPIC_ARN, KMS_KEYS }: Readonly<Record<'TOPIC_ARN' | 'KMS_KEYS', string>>): KeyScope => ({
  accountId: TOPIC_ARN.split(':')[4] ?? '',
  kmsKeys: KMS_KEYS === NO_KEYS ? [] : KMS_KEYS.split(','),
});

/** The account of a key, if it is not ours; volumes and snapshots name keys by their ARNs. */
export function foreignAccountOf(keyId: string, { accountId }: KeyScope): string | null {
  const owner = keyId.startsWith('arn:') ? (keyId.split(':')[4] ?? '') : accountId;
  return owner === accountId ? null : owner;
}

/**
 * Why heals may not use a key of another account, if the stack forbids it; null for all other keys. "To use a KMS key in a different account", its
 * policy and the caller's have to allow it both ("Allowing users in other accounts to use a KMS key").
 */
export function foreignKeyFault(keyId: string, scope: KeyScope): string | null {
  const owner = foreignAccountOf(keyId, scope);
  if (owner === null || scope.kmsKeys.includes(keyId)) return null;
  return `KMS key ${keyId} is of account ${owner}, and heals may not use it: deploy again with -c kmsKeys=${keyId} (docs/fleet-files.md says what its key policy has to allow)`;
}

/** What is known about a key of another account once a volume that was created under it has vanished. */
export const keyDenies = (keyId: string, scope: KeyScope): string =>
  `a volume that was made under KMS key ${keyId} has vanished: its key policy has to allow ${KEY_RIGHTS} to account ${scope.accountId}`;
