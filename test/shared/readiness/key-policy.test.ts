// What a key's own policy says of the heals' role: a deny is found, and what cannot be judged is unknown.
import { describe, expect, it } from '@jest/globals';
import { keyPolicyWord } from '../../../shared/readiness/key-policy.ts';

const roleArn = 'arn:aws:iam::111122223333:role/chainmend-replace-node';
const use = { action: 'kms:CreateGrant', roleArn, accountId: '111122223333', region: 'eu-west-1' };
const root = { AWS: 'arn:aws:iam::111122223333:root' };
const account = { Effect: 'Allow', Principal: root, Action: 'kms:*', Resource: '*' };
const word = (...Statement: object[]) => keyPolicyWord(JSON.stringify({ Statement }), use);
const viaService = (ViaService: string | readonly string[]) => ({ StringEquals: { 'kms:ViaService': ViaService } });
const unknown = { unknown: expect.stringContaining('cannot be judged') };

describe('the policy of a key', () => {
  it.each<[string, readonly object[], unknown]>([
    ['that leaves it to the account', [account], 'account'],
    [
      'that names the role',
      [{ ...account, Principal: { AWS: [roleArn] }, Action: ['kms:Decrypt', 'kms:CreateGrant'] }],
      'allows',
    ],
    [
      'that names everybody of the account',
      [{ ...account, Principal: '*', Condition: { StringEquals: { 'kms:CallerAccount': '111122223333' } } }],
      'allows',
    ],
    ['of another account, by its number', [{ ...account, Principal: { AWS: '111122223333' } }], 'account'],
    [
      'that names somebody else',
      [{ ...account, Principal: { AWS: 'arn:aws:iam::111122223333:role/admin' } }],
      'silent',
    ],
    ['that allows other actions', [{ ...account, Action: 'kms:Describe*' }], 'silent'],
    ['that is empty', [], 'silent'],
    [
      'that denies everybody',
      [account, { ...account, Effect: 'Deny', Principal: '*', Action: 'kms:CreateGrant' }],
      'denies',
    ],
    [
      'that denies all that it does not name',
      [account, { Effect: 'Deny', Principal: '*', NotAction: 'kms:Describe*' }],
      'denies',
    ],
    [
      'that denies grants which are not for a service',
      [
        account,
        { ...account, Effect: 'Deny', Principal: '*', Condition: { Bool: { 'kms:GrantIsForAWSResource': 'false' } } },
      ],
      'account',
    ],
    [
      'that denies what does not come through EC2',
      [
        account,
        {
          ...account,
          Effect: 'Deny',
          Principal: '*',
          Condition: { StringNotLike: { 'kms:ViaService': 'ec2.*.amazonaws.com' } },
        },
      ],
      'account',
    ],
    [
      'that denies all roles but one',
      [
        account,
        {
          ...account,
          Effect: 'Deny',
          Principal: '*',
          Condition: { ArnNotLike: { 'aws:PrincipalArn': 'arn:aws:iam::*:role/admin' } },
        },
      ],
      'denies',
    ],
    [
      'that allows it through EC2',
      [{ ...account, Condition: viaService(['rds.eu-west-1.amazonaws.com', 'ec2.eu-west-1.amazonaws.com']) }],
      'account',
    ],
    [
      'that allows it through another service',
      [{ ...account, Condition: viaService('rds.eu-west-1.amazonaws.com') }],
      'silent',
    ],
    [
      'that denies under a condition on something unknown',
      [account, { ...account, Effect: 'Deny', Condition: { StringEquals: { 'aws:PrincipalOrgID': 'o-1' } } }],
      unknown,
    ],
    [
      'that denies under an operator which is not known here',
      [account, { ...account, Effect: 'Deny', Condition: { NumericLessThan: { 'kms:ViaService': '1' } } }],
      unknown,
    ],
    [
      'that denies all but some principals',
      [account, { Effect: 'Deny', NotPrincipal: root, Action: 'kms:*' }],
      unknown,
    ],
    [
      'that allows under a condition on something unknown',
      [{ ...account, Condition: { StringEquals: { 'aws:PrincipalTag/team': 'nodes' } } }],
      unknown,
    ],
  ])('%s', (_, statements, told) => {
    expect(word(...statements)).toEqual(told);
  });

  it('finds a deny behind a statement that cannot be judged', () => {
    const unclear = { ...account, Condition: { StringEquals: { 'aws:PrincipalTag/team': 'nodes' } } };
    expect(word(unclear, { ...account, Effect: 'Deny' })).toBe('denies');
    const unclearDeny = { ...unclear, Effect: 'Deny' };
    expect(word(account, unclearDeny, { ...account, Effect: 'Deny' })).toBe('denies');
  });

  it('is unknown where it is no JSON', () => {
    for (const text of ['{', 'null', '5', '['.repeat(100)])
      expect(keyPolicyWord(text, use)).toEqual({ unknown: 'its policy is no JSON' });
  });

  it('is unknown where a statement is none', () => {
    expect(keyPolicyWord('{"Statement":[null]}', use)).toEqual({ unknown: 'its policy has a statement that is none' });
  });
});
