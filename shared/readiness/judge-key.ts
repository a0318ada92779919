// Judges the KMS keys of a node's volumes: whether EBS can use them in the name of the heals' role at the next start or attachment. Pure.
import { foreignAccountOf } from '../aws/keys.ts';
import type { KeyFacts } from './facts.ts';
import { type Finding, known, no, unknown } from './verdict.ts';

export const judgeKeys = (keys: readonly KeyFacts[], accountId: string): readonly Finding[] =>
  keys.flatMap((key) => judgeKey(key, accountId));

/** By what is surest first: the key's state, its own policy, the role's policies, and what KMS says to the caller. */
function judgeKey(key: KeyFacts, accountId: string): readonly Finding[] {
  return known(key.usability, (usability) => {
    if ('unusable' in usability) return [no('key-unusable', usability.unusable)];
    if (key.isAwsManaged) return [];
    const denied = byPolicy(key) ?? byRole(key, accountId);
    if (denied !== null) return denied;
    return 'unknown' in usability ? byGrant(key, usability.unknown) : [];
  });
}

const REMEDY = 'let its key policy allow the heals’ role what docs/fleet-files.md lists for keys';

/** null: the policy leaves it to the role's own policies, or allows it. */
function byPolicy(key: KeyFacts): readonly Finding[] | null {
  const { keyId, policy } = key;
  if (policy === null) return byGrant(key, 'no role of a heal is deployed here');
  if ('unread' in policy) return byGrant(key, `its policy cannot be read: ${policy.unread}`);
  const { action, word } = policy.value;
  if (word === 'denies')
    return [
      no(
        'key-denies',
        `KMS key ${keyId} denies ${action} to the heals: each start and each new volume under it fails`,
        {
          remedy: 'take the deny out of the key’s policy, or except the heals’ role from it',
          paste: `aws kms get-key-policy --key-id ${keyId} --policy-name default --query Policy --output text`,
        },
      ),
    ];
  if (word === 'silent')
    return [
      no('key-denies', `the policy of KMS key ${keyId} names neither the account nor the heals’ role for ${action}`, {
        remedy: REMEDY,
      }),
    ];
  return typeof word === 'object' ? byGrant(key, `what its policy says of ${action}: ${word.unknown}`) : null;
}

/** The policy of the key and those of the role have to allow it, unless the key's names the role. */
function byRole({ keyId, policy, role }: KeyFacts, accountId: string): readonly Finding[] | null {
  const isForeign = foreignAccountOf(keyId, { accountId, kmsKeys: [] }) !== null;
  if (role === null || (!isForeign && policy !== null && 'value' in policy && policy.value.word === 'allows'))
    return null;
  if ('unread' in role) return [unknown('unread', `what the heals’ role may do with KMS key ${keyId}: ${role.unread}`)];
  const { denied } = role.value;
  if (denied === null) return null;
  const remedy = isForeign
    ? `deploy again with -c kmsKeys=${keyId}`
    : 'deploy again: the stack gives its role that right';
  return [no('key-denies', `the policies of the heals’ role do not allow ${denied} with KMS key ${keyId}`, { remedy })];
}

/** The last resort: a grant that the caller may give is no proof that the role may, and the other way round. */
function byGrant({ keyId, grant }: KeyFacts, why: string): readonly Finding[] {
  if (grant.is === 'accepted') return [];
  if (
    grant.is === 'refused' &&
    /explicit deny in a (resource|policy|service control|resource control)/.test(grant.words)
  )
    return [no('key-denies', `KMS key ${keyId} denies CreateGrant: ${grant.words}`, { remedy: REMEDY })];
  return [unknown('unread', `whether EBS may use KMS key ${keyId}: ${why}; a dry run of CreateGrant: ${grant.words}`)];
}
