// KMS as far as other services need it: the key of an encrypted resource, and whose policy allows its use. Keys are only recorded; nothing is
// encrypted.

import { createHash } from 'node:crypto';
import type { RegionIdentity } from '../../simulator/kernel.ts';
import { notEmulated } from '../../simulator/service.ts';

export interface KmsKey {
  readonly arn: string;
  /**
   * An AWS managed key's own policy lets each principal of the account use it through its service (`aws kms get-key-policy` of aws/ssm and
   * aws/secretsmanager: kms:CallerAccount, kms:ViaService). So a caller needs no grant for it. A customer's key delegates to IAM in the default key
   * policy, so a caller needs one.
   */
  readonly awsManaged: boolean;
}

/**
 * The key of an id, an ARN, or an AWS managed key's alias ("alias/aws/ssm"). Throws NotImplemented for other aliases: the region does not know their
 * keys.
 */
export function kmsKey(given: string, { accountId, regionName }: RegionIdentity): KmsKey {
  const prefix = `arn:aws:kms:${regionName}:${accountId}:`;
  const name = given.startsWith(prefix) ? given.slice(prefix.length) : given;
  if (name.startsWith('alias/aws/')) return { arn: `${prefix}key/${madeUpId(name)}`, awsManaged: true };
  if (name.startsWith('alias/')) throw notEmulated(`KMS aliases as ${given}; name the key by its id or ARN`);
  if (name.startsWith('arn:')) return { arn: name, awsManaged: false };
  return { arn: `${prefix}key/${name.replace(/^key\//, '')}`, awsManaged: false };
}

/** The same in every run, since a key exists before it is used. */
function madeUpId(alias: string): string {
  const digits = createHash('sha256').update(alias).digest('hex');
  return [
    digits.slice(0, 8),
    digits.slice(8, 12),
    `4${digits.slice(13, 16)}`,
    `8${digits.slice(17, 20)}`,
    digits.slice(20, 32),
  ].join('-');
}
