// Authorizes requests. Every request of a role is checked against that role's policies, with its real resources. Every request is also checked
// against the resources' own policies.
import type { Kernel } from '../../simulator/kernel.ts';
import { AwsError, type Call, type ServicePrincipal } from '../../simulator/service.ts';
import type { AccessDenied } from '../descriptor.ts';
import type { ServiceRegistry } from '../registry.ts';
import type { Check, Keys, Resource } from './check.ts';
import type { Context } from './conditions.ts';
import { type Decision, decide, decideForResource, type PolicyDocument } from './policy.ts';
import type { Roles } from './roles.ts';

/** Undefined if the call is allowed; otherwise AWS's error. */
export type Authorize = (call: Call, service: string, operation: string, input: object) => AwsError | undefined;

/** What the authorizer needs from the services. */
export type Resources = Pick<ServiceRegistry, 'checksOf' | 'checksOfUse' | 'declarationOf' | 'policyOf'>;

type AuthorizedRegion = Pick<Kernel, 'accountId' | 'regionName' | 'conditionKeys'>;
type Caller = Pick<Call, 'actor' | 'roleArn' | 'functionArn' | 'principal' | 'insecure'>;

export interface Authorizer {
  readonly authorize: Authorize;
  /** The same for a service's call to another service in its caller's name. */
  readonly authorizeChecks: (call: Call, service: string, checks: () => readonly Check[]) => AwsError | undefined;
  /** What a service does for itself, or with a role, without a caller's request. */
  readonly permits: Kernel['permits'];
}

/**
 * A caller that is neither a role nor a service is a person with every right; only an explicit deny stops them. Throws an Error (never allows) if the
 * region does not know the role, the operation or a condition key.
 */
export function createAuthorizer(kernel: AuthorizedRegion, roles: Roles, resources: Resources): Authorizer {
  const refused = (law: AuthorizationContext, service: string | undefined, call: Caller, checks: readonly Check[]) => {
    for (const check of checks) {
      for (const resource of check.resources) {
        const decision = decisionOn(law, call, check, resource);
        if (decision === 'allowed') continue;
        const { denied } = resources.declarationOf(service ?? resource.arn.split(':', 3)[2] ?? '')?.iam ?? {};
        return refusal(kernel, denied, call, check.action, resource.arn, decision);
      }
    }
    return undefined;
  };
  const authorizeChecks: Authorizer['authorizeChecks'] = (call, service, checks) => {
    if (call.roleArn === undefined && call.principal === undefined && call.insecure === undefined) return undefined;
    const policies = policiesOf(roles, call);
    return refused({ kernel, resources, policies }, service, call, checks());
  };
  return {
    authorizeChecks,
    authorize: (call, service, operation, input) =>
      authorizeChecks(call, service, () => resources.checksOf(service, operation, input)),
    permits: (caller, action, arn) => {
      const call: Caller =
        'roleArn' in caller ? { actor: 'aws', roleArn: caller.roleArn } : { actor: caller.service, principal: caller };
      if (call.principal && resources.policyOf(arn) === undefined) return undefined;
      // The region does not know a role that was made elsewhere.
      const policies = call.roleArn === undefined ? [] : roles.policiesOf(call.roleArn);
      if (policies === undefined) return undefined;
      const checks = [{ action, resources: [{ arn }] }, ...resources.checksOfUse(action, arn)];
      return refused({ kernel, resources, policies }, undefined, call, checks);
    },
  };
}

function policiesOf(roles: Roles, { actor, roleArn }: Call): readonly PolicyDocument[] {
  if (roleArn === undefined) return [];
  const policies = roles.policiesOf(roleArn);
  if (policies === undefined) throw new Error(`iam: ${actor} runs as ${roleArn}, which does not exist`);
  return policies;
}

interface AuthorizationContext {
  readonly kernel: AuthorizedRegion;
  readonly resources: Resources;
  /** The role's policies. */
  readonly policies: readonly PolicyDocument[];
}

function decisionOn(
  { kernel, resources, policies }: AuthorizationContext,
  call: Caller,
  check: Check,
  resource: Resource,
): Decision {
  const context = contextOf(kernel, call, check, resource);
  const document = resource.arn === '*' ? undefined : resources.policyOf(resource.arn);
  const asking = {
    ...(call.principal && { service: call.principal.service }),
    ...(call.roleArn !== undefined && { roleArn: call.roleArn }),
    accountId: kernel.accountId,
  };
  const ofResource = document && decideForResource(document, asking, check.action, resource.arn, context);
  if (ofResource === 'denied') return 'denied';
  if (call.principal) return ofResource ?? 'not-allowed';
  if (call.roleArn === undefined) return 'allowed';
  const decision = decide(policies, check.action, resource.arn, context);
  if (decision === 'denied') return 'denied';
  // Only a role's own policy decides who may assume it.
  if (check.action === 'sts:AssumeRole') return ofResource ?? 'not-allowed';
  return ofResource === 'allowed' || check.allowedByResource ? 'allowed' : decision;
}

function contextOf(
  { accountId, regionName, conditionKeys }: AuthorizedRegion,
  call: Caller,
  check: Check,
  resource: Resource,
): Context {
  const keys: Keys = {
    ...(call.roleArn !== undefined && { 'aws:PrincipalArn': call.roleArn, 'aws:PrincipalAccount': accountId }),
    ...(call.functionArn !== undefined && { 'lambda:SourceFunctionArn': call.functionArn }),
    ...(call.principal && sourceOf(call.principal)),
    'aws:ResourceAccount': accountId,
    'aws:RequestedRegion': regionName,
    'aws:SecureTransport': String(call.insecure === undefined),
    ...check.keys,
    ...resource.keys,
  };
  return new Map(
    Object.entries(keys).map(([key, value]) => {
      if (!conditionKeys.has(check.action, key))
        throw new Error(
          `iam: a request for ${check.action} carries ${key}, which the condition keys of its service do not list`,
        );
      return [key.toLowerCase(), typeof value === 'string' ? [value] : value];
    }),
  );
}

const sourceOf = ({ sourceArn, sourceAccount }: ServicePrincipal): Keys => ({
  'aws:SourceArn': sourceArn,
  'aws:SourceAccount': sourceAccount,
});

/** The exception of the JSON protocols. */
const DENIED: AccessDenied = { code: 'AccessDeniedException', statusCode: 400 };

function refusal(
  { accountId }: AuthorizedRegion,
  { code, statusCode, preface = '' }: AccessDenied = DENIED,
  call: Caller,
  action: string,
  resource: string,
  decision: Exclude<Decision, 'allowed'>,
): AwsError {
  const role = call.roleArn?.split('/').at(-1);
  const user =
    call.principal?.service ??
    (role === undefined
      ? `arn:aws:iam::${accountId}:user/${call.actor}`
      : `arn:aws:sts::${accountId}:assumed-role/${role}/${call.actor.replaceAll('/', '-')}`);
  const kind = call.roleArn === undefined ? 'resource-based' : 'identity-based';
  const because =
    decision === 'denied'
      ? `with an explicit deny in a policy`
      : `because no ${kind} policy allows the ${action} action`;
  // The form of "Troubleshoot access denied error messages" (IAM guide).
  const sentence = `User: ${user} is not authorized to perform: ${action} on resource: ${resource} ${because}`;
  return new AwsError(code, preface + sentence, { statusCode });
}
