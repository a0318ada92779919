// Evaluates identity-based policies: an explicit deny wins, an allow is required, everything else is denied.
import { type Conditions, type Context, conditionsHold, like, listOf, resolveVariables } from './conditions.ts';

export interface Statement {
  readonly Sid?: string;
  readonly Effect: 'Allow' | 'Deny';
  readonly Action?: string | readonly string[];
  readonly NotAction?: string | readonly string[];
  /** Of a resource's own policy: "*", or services, accounts and roles. */
  readonly Principal?: '*' | Readonly<Record<string, string | readonly string[]>>;
  readonly Resource?: string | readonly string[];
  readonly NotResource?: string | readonly string[];
  readonly Condition?: Conditions;
}

export interface PolicyDocument {
  readonly Version?: string;
  readonly Statement: Statement | readonly Statement[];
}

export type Decision = 'allowed' | 'not-allowed' | 'denied';

/** "Policy evaluation logic" (IAM guide) for one action on one resource. */
export function decide(
  policies: readonly PolicyDocument[],
  action: string,
  resource: string,
  context: Context,
): Decision {
  const matching = policies
    .flatMap((document) => statementsAbout(document, action))
    .filter((statement) => applies(statement, resource, context));
  if (matching.some(({ Effect }) => Effect === 'Deny')) return 'denied';
  return matching.some(({ Effect }) => Effect === 'Allow') ? 'allowed' : 'not-allowed';
}

/** The caller that a resource's own policy is evaluated for. */
export interface ResourcePolicyCaller {
  readonly service?: string;
  readonly roleArn?: string;
  readonly accountId: string;
}

/**
 * The decision of a resource's own policy about one action of one caller. "*" and a role's own ARN allow directly. For an account, the caller's own
 * policies must allow it, too ("How AWS enforcement code logic evaluates requests to allow or deny access", IAM guide).
 */
export function decideForResource(
  document: PolicyDocument,
  asking: ResourcePolicyCaller,
  action: string,
  resource: string,
  context: Context,
): Decision {
  const matching = statementsAbout(document, action).filter(
    (statement) => applies({ Resource: '*', ...statement }, resource, context) && isFor(statement, asking),
  );
  if (matching.some(({ Effect }) => Effect === 'Deny')) return 'denied';
  return matching.some((statement) => statement.Effect === 'Allow' && !trustsAccount(statement, asking))
    ? 'allowed'
    : 'not-allowed';
}

function isFor({ Principal }: Statement, { service, roleArn, accountId }: ResourcePolicyCaller): boolean {
  if (Principal === '*') return true;
  const { Service, AWS } = Principal ?? {};
  if (service !== undefined) return Service !== undefined && listOf(Service).includes(service);
  const names = AWS === undefined ? [] : listOf(AWS);
  return names.some((name) => name === '*' || name === roleArn || isAccount(name, accountId));
}

const isAccount = (name: string, accountId: string): boolean =>
  name === accountId || name === `arn:aws:iam::${accountId}:root`;

function trustsAccount({ Principal }: Statement, { roleArn, accountId }: ResourcePolicyCaller): boolean {
  if (Principal === '*' || roleArn === undefined) return false;
  const names = Principal?.['AWS'] === undefined ? [] : listOf(Principal['AWS']);
  return !names.some((name) => name === '*' || name === roleArn) && names.some((name) => isAccount(name, accountId));
}

/** Throws an Error that names the fault of a document that IAM would refuse as malformed. */
export function checkDocument(document: PolicyDocument): void {
  for (const statement of statementsOf(document)) {
    checkStatement(statement);
    if ((statement.Resource === undefined) === (statement.NotResource === undefined))
      throw new Error(`policy statement ${nameOf(statement)}: expected either Resource or NotResource`);
  }
}

/** The same for a resource's own policy. It has principals, and may omit its resource. */
export function checkResourceDocument(document: PolicyDocument): void {
  for (const statement of statementsOf(document)) {
    checkStatement(statement);
    if (statement.Principal === undefined)
      throw new Error(`policy statement ${nameOf(statement)}: expected a Principal`);
  }
}

export const nameOf = (statement: Statement): string => statement.Sid ?? JSON.stringify(statement).slice(0, 80);

function checkStatement(statement: Statement): void {
  if (statement.Effect !== 'Allow' && statement.Effect !== 'Deny') {
    throw new Error(
      `policy statement ${nameOf(statement)}: Effect: expected Allow or Deny, got ${String(statement.Effect)}`,
    );
  }
  if ((statement.Action === undefined) === (statement.NotAction === undefined)) {
    throw new Error(`policy statement ${nameOf(statement)}: expected either Action or NotAction`);
  }
}

/** The actions of a statement: the named ones, and the known ones that match its patterns. */
export function listedActions(statement: Statement, known: readonly string[]): string[] {
  const named = statement.Action === undefined ? [] : listOf(statement.Action).filter((action) => !/[*?]/.test(action));
  return [...new Set([...named, ...known.filter((action) => isAbout(statement, action))])];
}

export const statementsOf = ({ Statement }: PolicyDocument): readonly Statement[] =>
  Array.isArray(Statement) ? Statement : [Statement as Statement];

/** By document, which never changes, and action: each request evaluates again, and few of a role's statements are about one action. */
const aboutActions = new WeakMap<PolicyDocument, Map<string, readonly Statement[]>>();

function statementsAbout(document: PolicyDocument, action: string): readonly Statement[] {
  const byAction = aboutActions.get(document) ?? new Map<string, readonly Statement[]>();
  aboutActions.set(document, byAction);
  const known = byAction.get(action);
  if (known !== undefined) return known;
  const about = statementsOf(document).filter((statement) => isAbout(statement, action));
  byAction.set(action, about);
  return about;
}

function isAbout({ Action, NotAction }: Statement, action: string): boolean {
  const isAction = (patterns: unknown): boolean =>
    listOf(patterns).some((pattern) => like(action.toLowerCase(), pattern.toLowerCase()));
  return Action === undefined ? !isAction(NotAction) : isAction(Action);
}

function applies({ Resource, NotResource, Condition = {} }: Statement, resource: string, context: Context): boolean {
  const isResource = (patterns: unknown): boolean =>
    listOf(patterns).some((pattern) => matchesResource(resource, pattern, context));
  if (Resource === undefined ? isResource(NotResource) : !isResource(Resource)) return false;
  return conditionsHold(Condition, context);
}

/** A request without a resource is written `*`, and only a pattern of `*` matches it. */
function matchesResource(resource: string, pattern: string, context: Context): boolean {
  if (resource === '*') return pattern === '*';
  const resolved = resolveVariables(pattern, context);
  return resolved !== undefined && like(resource, resolved);
}
