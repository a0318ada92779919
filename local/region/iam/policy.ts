// Evaluates identity-based policies: an explicit deny wins, an allow is needed, everything else is denied.
import { type Conditions, type Context, conditionsHold, like, listOf, resolveVariables } from './conditions.ts';

export interface Statement {
  readonly Sid?: string;
  readonly Effect: 'Allow' | 'Deny';
  readonly Action?: string | readonly string[];
  readonly NotAction?: string | readonly string[];
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

/** Throws an Error naming what is wrong with a document that IAM would refuse as malformed. */
export function checkDocument(document: PolicyDocument): void {
  for (const statement of statementsOf(document)) {
    const name = statement.Sid ?? JSON.stringify(statement).slice(0, 80);
    if (statement.Effect !== 'Allow' && statement.Effect !== 'Deny') {
      throw new Error(`policy statement ${name}: Effect: expected Allow or Deny, got ${String(statement.Effect)}`);
    }
    if ((statement.Action === undefined) === (statement.NotAction === undefined)) {
      throw new Error(`policy statement ${name}: expected either Action or NotAction`);
    }
    if ((statement.Resource === undefined) === (statement.NotResource === undefined)) {
      throw new Error(`policy statement ${name}: expected either Resource or NotResource`);
    }
  }
}

const statementsOf = ({ Statement }: PolicyDocument): readonly Statement[] =>
  Array.isArray(Statement) ? Statement : [Statement as Statement];

/** By document, which nobody changes, and action: each request asks again, and of a role's statements few are about one action. */
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

/** A request that names no resource is written `*`, and only a pattern of `*` covers it. */
function matchesResource(resource: string, pattern: string, context: Context): boolean {
  if (resource === '*') return pattern === '*';
  const resolved = resolveVariables(pattern, context);
  return resolved !== undefined && like(resource, resolved);
}
