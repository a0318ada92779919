// Says no: every request of a role is checked against that role's policies, with the resources it is really about, and every request against
// the policies that those resources have themselves.
import type { Kernel } from '../../simulator/kernel.ts';
import { AwsError, type Call, type ServicePrincipal } from '../../simulator/service.ts';
import type { Check, Facts, Keys, Resource } from './check.ts';
import type { Context } from './conditions.ts';
import { kmsCheck } from './kms.ts';
import { isModelled } from './modelled.ts';
import { type Decision, decide, decideForResource, type PolicyDocument } from './policy.ts';
import { checksOf } from './requests.ts';
import { PUBLISHING_KEY_USES } from './requests-messaging.ts';
import type { Roles } from './roles.ts';

/** Undefined when the call is allowed; the error that AWS would answer when it is not. */
export type Authorize = (call: Call, service: string, operation: string, input: object) => AwsError | undefined;

type Place = Pick<Kernel, 'accountId' | 'regionName'>;
type Caller = Pick<Call, 'actor' | 'roleArn' | 'functionArn' | 'principal' | 'insecure'>;

/**
 * A caller that is neither a role nor a service is a person with every right, whom only an explicit deny stops. Throws an Error (never allows)
 * when the role, the operation or a condition key is not known to the region.
 */
export function createAuthorizer(kernel: Place, roles: Roles, facts: Facts): Authorize {
  return (call, service, operation, input) => {
    if (call.roleArn === undefined && call.principal === undefined && call.insecure === undefined) return undefined;
    const policies = policiesOf(roles, call);
    for (const check of checksOf(kernel, facts, service, operation, input)) {
      for (const resource of check.resources) {
        const decision = decisionOn({ kernel, facts, policies }, call, check, resource);
        if (decision !== 'allowed') return refusal(kernel, service, call, check.action, resource.arn, decision);
      }
    }
    return undefined;
  };
}

/** What a service does of itself, or in the name of a role, without a request of anybody. */
export function createPermits(kernel: Place, roles: Roles, facts: Facts): Kernel['permits'] {
  return (caller, action, arn) => {
    const call: Caller =
      'roleArn' in caller ? { actor: 'aws', roleArn: caller.roleArn } : { actor: caller.service, principal: caller };
    if (call.principal && facts.resourcePolicy(arn) === undefined) return undefined;
    // A role that somebody else has made is not known to the region.
    const policies = call.roleArn === undefined ? [] : roles.policiesOf(call.roleArn);
    if (policies === undefined) return undefined;
    const key = action === 'sns:Publish' ? facts.topicKey(arn) : undefined;
    const region = { ...kernel, facts };
    const checks: Check[] = [
      { action, resources: [{ arn }] },
      ...(key ? PUBLISHING_KEY_USES.map((use) => kmsCheck(use, 'sns', { arn, key }, {}, region)) : []),
    ];
    for (const check of checks)
      for (const resource of check.resources) {
        const decision = decisionOn({ kernel, facts, policies }, call, check, resource);
        const [, , service = ''] = resource.arn.split(':');
        if (decision !== 'allowed') return refusal(kernel, service, call, check.action, resource.arn, decision);
      }
    return undefined;
  };
}

function policiesOf(roles: Roles, { actor, roleArn }: Call): readonly PolicyDocument[] {
  if (roleArn === undefined) return [];
  const policies = roles.policiesOf(roleArn);
  if (policies === undefined) throw new Error(`iam: ${actor} runs as ${roleArn}, which does not exist`);
  return policies;
}

interface Law {
  readonly kernel: Place;
  readonly facts: Facts;
  /** The role's. */
  readonly policies: readonly PolicyDocument[];
}

function decisionOn({ kernel, facts, policies }: Law, call: Caller, check: Check, resource: Resource): Decision {
  const context = contextOf(kernel, call, check, resource);
  const document = resource.arn === '*' ? undefined : facts.resourcePolicy(resource.arn);
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
  // Who may assume a role, that role's own policy alone says.
  if (check.action === 'sts:AssumeRole') return ofResource ?? 'not-allowed';
  return ofResource === 'allowed' || check.allowedByResource ? 'allowed' : decision;
}

function contextOf({ accountId, regionName }: Place, call: Caller, check: Check, resource: Resource): Context {
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
      if (!isModelled(check.action, key))
        throw new Error(
          `iam: a request for ${check.action} carries ${key}, which local/services/iam/modelled.ts does not list`,
        );
      return [key.toLowerCase(), typeof value === 'string' ? [value] : value];
    }),
  );
}

const sourceOf = ({ sourceArn, sourceAccount }: ServicePrincipal): Keys => ({
  'aws:SourceArn': sourceArn,
  'aws:SourceAccount': sourceAccount,
});

// What the services call it: EC2's own code, the "Common errors" of the query protocols, the exception of the JSON ones.
const CODES: Readonly<Record<string, { code: string; statusCode: number }>> = {
  ec2: { code: 'UnauthorizedOperation', statusCode: 403 },
  sns: { code: 'AuthorizationErrorException', statusCode: 403 },
  monitoring: { code: 'AccessDenied', statusCode: 403 },
  sqs: { code: 'AccessDenied', statusCode: 403 },
  sts: { code: 'AccessDenied', statusCode: 403 },
  lambda: { code: 'AccessDeniedException', statusCode: 403 },
  route53: { code: 'AccessDenied', statusCode: 403 },
  autoscaling: { code: 'AccessDenied', statusCode: 403 },
  elasticloadbalancing: { code: 'AccessDenied', statusCode: 403 },
  dlm: { code: 'AccessDeniedException', statusCode: 403 },
};
const DEFAULT_CODE = { code: 'AccessDeniedException', statusCode: 400 };

function refusal(
  { accountId }: Place,
  service: string,
  call: Caller,
  action: string,
  resource: string,
  decision: Exclude<Decision, 'allowed'>,
): AwsError {
  const { code, statusCode } = CODES[service] ?? DEFAULT_CODE;
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
  // The form of "Troubleshoot access denied error messages" (IAM guide); EC2 puts its own sentence in front.
  const sentence = `User: ${user} is not authorized to perform: ${action} on resource: ${resource} ${because}`;
  const prefix = service === 'ec2' ? 'You are not authorized to perform this operation. ' : '';
  return new AwsError(code, prefix + sentence, { statusCode });
}
