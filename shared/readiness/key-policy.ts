// Reads from a KMS key's policy what it says of one role that uses the key through EC2. Pure, and careful: a condition that cannot be judged makes the
// word unknown. Sources: "Key policies in AWS KMS", "Condition keys for AWS KMS" (KMS developer guide); "Policy evaluation logic" (IAM user guide).
import { jsonOrUndefined } from '../text/json.ts';

/**
 * denies: an explicit deny. allows: the role itself, or everybody. account: it leaves it to the account's own policies. silent: it names neither, so
 * that nobody of the account may.
 */
export type PolicyWord = 'denies' | 'allows' | 'account' | 'silent' | { readonly unknown: string };

export interface KeyUse {
  /** "kms:CreateGrant" */
  readonly action: string;
  readonly roleArn: string;
  readonly accountId: string;
  readonly region: string;
}

/** What EBS asks of the principal whose request starts an instance, or attaches a volume, under the key ("How Amazon EBS encryption works"). */
export const KEY_ACTIONS = ['kms:CreateGrant', 'kms:Decrypt', 'kms:GenerateDataKeyWithoutPlaintext'] as const;

/** true, false, or null where nobody can tell. */
type Maybe = boolean | null;

interface Statement {
  readonly Effect?: unknown;
  readonly Principal?: unknown;
  readonly NotPrincipal?: unknown;
  readonly Action?: unknown;
  readonly NotAction?: unknown;
  readonly Condition?: unknown;
}

/** @param text of the policy, as GetKeyPolicy gives it */
export function keyPolicyWord(text: string, use: KeyUse): PolicyWord {
  const policy = jsonOrUndefined(text);
  if (!isObject(policy)) return { unknown: 'its policy is no JSON' };
  const statements = [policy['Statement'] ?? []].flat();
  if (!statements.every(isObject)) return { unknown: 'its policy has a statement that is none' };
  const words = new Set<PolicyWord>();
  for (const statement of statements) {
    const who = principalOf(statement, use);
    if (who === 'nobody' || !coversAction(statement, use.action)) continue;
    const applies = who === 'unknown' ? null : conditionHolds(statement.Condition, contextOf(use));
    if (applies === false) continue;
    if (statement.Effect === 'Deny') {
      if (applies) return 'denies';
      words.add(UNSURE_DENY);
      continue;
    }
    words.add(applies ? (who === 'account' ? 'account' : 'allows') : UNSURE);
  }
  if (words.has(UNSURE_DENY)) return UNSURE_DENY;
  for (const word of ['allows', 'account'] as const) if (words.has(word)) return word;
  return words.has(UNSURE) ? UNSURE : 'silent';
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;

const UNSURE_DENY: PolicyWord = { unknown: 'it has a deny whose condition cannot be judged from here' };
const UNSURE: PolicyWord = { unknown: 'what it allows has a condition that cannot be judged from here' };

/** One word, or a list of them. What is an object there is no word that anything equals. */
const wordsOf = (value: unknown): readonly string[] =>
  [value ?? []].flat().map((one) => (typeof one === 'object' ? JSON.stringify(one) : String(one)));

function principalOf({ Principal, NotPrincipal }: Statement, use: KeyUse): 'role' | 'account' | 'nobody' | 'unknown' {
  if (NotPrincipal !== undefined) return 'unknown';
  const named =
    typeof Principal === 'object' && Principal !== null ? (Principal as { readonly AWS?: unknown }).AWS : Principal;
  const names = wordsOf(named);
  if (names.includes('*') || names.includes(use.roleArn)) return 'role';
  const [, partition = 'aws'] = use.roleArn.split(':');
  const root = `arn:${partition}:iam::${use.accountId}:root`;
  return names.includes(root) || names.includes(use.accountId) ? 'account' : 'nobody';
}

function coversAction({ Action, NotAction }: Statement, action: string): boolean {
  const isNamed = (patterns: unknown): boolean =>
    wordsOf(patterns).some((pattern) => matches(pattern.toLowerCase(), action.toLowerCase()));
  return NotAction === undefined ? isNamed(Action) : !isNamed(NotAction);
}

/** By their lower-case names. null: the request has no such key. What is missing here is not known. */
const contextOf = ({ action, roleArn, accountId, region }: KeyUse): ReadonlyMap<string, string | null> =>
  new Map([
    ['kms:viaservice', `ec2.${region}.amazonaws.com`],
    ['kms:calleraccount', accountId],
    ['kms:grantisforawsresource', action === 'kms:CreateGrant' ? 'true' : null],
    ['aws:principalarn', roleArn],
    ['aws:principalaccount', accountId],
    ['aws:requestedregion', region],
    ['aws:securetransport', 'true'],
  ]);

/** All operators and all of their keys have to hold; one that does not is enough for a no. */
function conditionHolds(condition: unknown, context: ReadonlyMap<string, string | null>): Maybe {
  if (condition === undefined) return true;
  if (typeof condition !== 'object' || condition === null) return null;
  const parts = Object.entries(condition).flatMap(([operator, keys]) =>
    Object.entries((keys ?? {}) as object).map(([key, values]) => partHolds(operator, key, values, context)),
  );
  return parts.includes(false) ? false : parts.includes(null) ? null : true;
}

function partHolds(operator: string, key: string, values: unknown, context: ReadonlyMap<string, string | null>): Maybe {
  const found = context.get(key.toLowerCase());
  if (found === undefined) return null;
  const isOptional = operator.endsWith('IfExists');
  const [, name = '', negated = '', kind = ''] =
    /^(String|Arn|Bool|Null)(Not)?(Equals|Like|EqualsIgnoreCase)?$/.exec(operator.replace(/IfExists$/, '')) ?? [];
  const wanted = wordsOf(values);
  if (name === 'Null') return wanted.includes(String(found === null));
  if (name === '' || (name !== 'Bool') !== (kind !== '')) return null;
  // "If the key is not present … a negated operator is true" (IAM JSON policy elements: Condition operators).
  if (found === null) return isOptional || negated !== '';
  const isLike = kind === 'Like' || name === 'Arn';
  const lower = kind === 'EqualsIgnoreCase' || name === 'Bool';
  const [text, patterns] = lower ? [found.toLowerCase(), wanted.map((one) => one.toLowerCase())] : [found, wanted];
  const isOne = patterns.some((pattern) => (isLike ? matches(pattern, text) : pattern === text));
  return negated === '' ? isOne : !isOne;
}

/** "*" is any number of characters, "?" is one. No policy is compiled into a regular expression: at most the product of both lengths. */
function matches(pattern: string, text: string): boolean {
  let [at, from, star, mark] = [0, 0, -1, 0];
  while (at < text.length) {
    const wanted = pattern[from];
    if (wanted === '*') {
      star = from++;
      mark = at;
    } else if (wanted === '?' || wanted === text[at]) {
      from++;
      at++;
    } else if (star >= 0) {
      from = star + 1;
      at = ++mark;
    } else return false;
  }
  while (pattern[from] === '*') from++;
  return from === pattern.length;
}
