// Reads the KMS keys of a fleet's volumes and snapshots: their state, their policies, what IAM says of the heals' role, and whether a grant would be
// given. Nothing is granted. Sources: doc comments of DescribeKey, GetKeyPolicy and CreateGrant in @aws-sdk/client-kms; of SimulatePrincipalPolicy in
// @aws-sdk/client-iam.
import { SimulatePrincipalPolicyCommand } from '@aws-sdk/client-iam';
import { CreateGrantCommand, DescribeKeyCommand, GetKeyPolicyCommand } from '@aws-sdk/client-kms';
import { judgeKey } from '../aws/key-usability.ts';
import type { KeyScope } from '../aws/keys.ts';
import { refusalOf } from '../aws/refusals.ts';
import { attempt, wordsOf } from './attempt.ts';
import type { ReadinessClients } from './clients.ts';
import type { Answered, KeyFacts } from './facts.ts';
import { KEY_ACTIONS, keyPolicyWord, type PolicyWord } from './key-policy.ts';
import type { Read } from './verdict.ts';

export interface KeyReader {
  readonly clients: Pick<ReadinessClients, 'kms' | 'iam'>;
  readonly scope: KeyScope;
  readonly region: string;
  /** Of replace-node; undefined where nothing is deployed. */
  readonly roleArn: string | undefined;
  /** In whose name a grant is asked for as a dry run; null: it is not asked. */
  readonly callerArn: string | null;
}

export async function readKey(reader: KeyReader, keyId: string): Promise<KeyFacts> {
  const { clients, scope } = reader;
  const usability = await attempt(`the state of KMS key ${keyId}`, () => judgeKey(clients.kms, keyId, scope));
  const open = { is: 'open', code: 'not-asked', words: 'it was not asked' } as const;
  const nothing = { keyId, usability, isAwsManaged: false, policy: null, role: null, grant: open };
  if ('unread' in usability || 'unusable' in usability.value) return nothing;
  const { kms } = clients;
  const managed = await attempt(
    'the key',
    async () => (await kms.send(new DescribeKeyCommand({ KeyId: keyId }))).KeyMetadata,
  );
  if ('value' in managed && managed.value?.KeyManager === 'AWS') return { ...nothing, isAwsManaged: true };
  const { roleArn } = reader;
  return {
    ...nothing,
    policy: roleArn === undefined ? null : await readPolicy(reader, keyId, roleArn),
    role: roleArn === undefined ? null : await simulated(reader, keyId, roleArn),
    grant: reader.callerArn === null ? open : await dryGrant(reader.clients, reader.callerArn, keyId),
  };
}

/** From the worst word to the best. */
const WORST: readonly ((word: PolicyWord) => boolean)[] = [
  (word) => word === 'denies',
  (word) => word === 'silent',
  (word) => typeof word === 'object',
  (word) => word === 'account',
  () => true,
];

function readPolicy(
  { clients, scope, region }: KeyReader,
  keyId: string,
  roleArn: string,
): Promise<Exclude<KeyFacts['policy'], null>> {
  return attempt(`the policy of KMS key ${keyId}`, async () => {
    const { Policy = '' } = await clients.kms.send(new GetKeyPolicyCommand({ KeyId: keyId, PolicyName: 'default' }));
    const words = KEY_ACTIONS.map((action) => ({
      action,
      word: keyPolicyWord(Policy, { action, roleArn, accountId: scope.accountId, region }),
    }));
    for (const isIt of WORST) {
      const worst = words.find(({ word }) => isIt(word));
      if (worst) return worst;
    }
    throw new Error('no action was asked about');
  });
}

/** "SimulatePrincipalPolicy … tests the policies attached to the entity": what the key's own policy says is not part of it. */
function simulated(
  { clients, scope, region }: KeyReader,
  keyId: string,
  PolicySourceArn: string,
): Promise<Read<{ readonly denied: string | null }>> {
  const context = (ContextKeyName: string, value: string, ContextKeyType: 'string' | 'boolean' = 'string') => ({
    ...{ ContextKeyName, ContextKeyType },
    ContextKeyValues: [value],
  });
  return attempt(`what the policies of ${PolicySourceArn} allow`, async () => {
    const { EvaluationResults = [] } = await clients.iam.send(
      new SimulatePrincipalPolicyCommand({
        PolicySourceArn,
        ActionNames: [...KEY_ACTIONS],
        ResourceArns: [arnOf(keyId, scope.accountId, region)],
        ContextEntries: [
          context('kms:ViaService', `ec2.${region}.amazonaws.com`),
          context('kms:GrantIsForAWSResource', 'true', 'boolean'),
          context('kms:CallerAccount', scope.accountId),
        ],
      }),
    );
    return { denied: EvaluationResults.find(({ EvalDecision }) => EvalDecision !== 'allowed')?.EvalActionName ?? null };
  });
}

const arnOf = (keyId: string, accountId: string, region: string): string =>
  keyId.startsWith('arn:') ? keyId : `arn:aws:kms:${region}:${accountId}:key/${keyId}`;

/** "DryRun: Checks if your request will succeed. … `DryRunOperationException`: The request was rejected because the DryRun parameter was specified." */
async function dryGrant(clients: KeyReader['clients'], callerArn: string, KeyId: string): Promise<Answered> {
  try {
    await clients.kms.send(
      new CreateGrantCommand({
        ...{ KeyId, GranteePrincipal: principalOf(callerArn), DryRun: true },
        Operations: ['Decrypt', 'GenerateDataKeyWithoutPlaintext', 'ReEncryptFrom', 'ReEncryptTo', 'CreateGrant'],
      }),
    );
    return { is: 'open', code: 'unread', words: 'KMS answered a dry run as if it had been carried out' };
  } catch (error) {
    if (error instanceof Error && error.name === 'DryRunOperationException') return { is: 'accepted' };
    try {
      const { code, refused } = refusalOf(error);
      return { is: 'refused', code, words: refused };
    } catch {
      return { is: 'open', code: 'unread', words: wordsOf(error) };
    }
  }
}

/** A grantee is a role, and not one of its sessions: arn:aws:sts::A:assumed-role/NAME/SESSION. */
function principalOf(callerArn: string): string {
  const [, partition = 'aws', account = '', role] =
    /^arn:([^:]+):sts::(\d+):assumed-role\/([^/]+)\//.exec(callerArn) ?? [];
  return role === undefined ? callerArn : `arn:${partition}:iam::${account}:role/${role}`;
}
