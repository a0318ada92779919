// Says no: every request of a role is checked against that role's policies, with the resources it is really about.
import type { Kernel } from '../kernel.ts';
import { AwsError, type Call } from '../service.ts';
import type { Check, Facts, Keys, Resource } from './check.ts';
import type { Context } from './conditions.ts';
import { type Decision, decide } from './policy.ts';
import { checksOf } from './requests.ts';
import type { Roles } from './roles.ts';

/** Undefined when the call is allowed; the error that AWS would answer when it is not. */
export type Authorize = (call: Call, service: string, operation: string, input: object) => AwsError | undefined;

/**
 * A caller without a role is a person with every right. Throws an Error (never allows) when the role, the operation or a
 * condition key is not known to the region.
 */
export function createAuthorizer(
  kernel: Pick<Kernel, 'accountId' | 'regionName'>,
  roles: Roles,
  facts: Facts,
): Authorize {
  return (call, service, operation, input) => {
    if (call.roleArn === undefined) return undefined;
    const policies = roles.policiesOf(call.roleArn);
    if (policies === undefined) throw new Error(`iam: ${call.actor} runs as ${call.roleArn}, which does not exist`);
    for (const check of checksOf(kernel, facts, service, operation, input)) {
      for (const resource of check.resources) {
        const context = contextOf(kernel, call.roleArn, check, resource);
        const decision = decide(policies, check.action, resource.arn, context);
        if (decision === 'not-allowed' && check.allowedByResource) continue;
        if (decision !== 'allowed') return refusal(kernel, service, call, check.action, resource.arn, decision);
      }
    }
    return undefined;
  };
}

function contextOf(
  { accountId, regionName }: Pick<Kernel, 'accountId' | 'regionName'>,
  roleArn: string,
  check: Check,
  resource: Resource,
): Context {
  const keys: Keys = {
    'aws:PrincipalArn': roleArn,
    'aws:PrincipalAccount': accountId,
    'aws:ResourceAccount': accountId,
    'aws:RequestedRegion': regionName,
    'aws:SecureTransport': 'true',
    ...check.keys,
    ...resource.keys,
  };
  return new Map(
    Object.entries(keys).map(([key, value]) => [key.toLowerCase(), typeof value === 'string' ? [value] : value]),
  );
}

// What the services call it: EC2's own code, the "Common errors" of the query protocols, the exception of the JSON ones.
const CODES: Readonly<Record<string, { code: string; statusCode: number }>> = {
  ec2: { code: 'UnauthorizedOperation', statusCode: 403 },
  sns: { code: 'AuthorizationErrorException', statusCode: 403 },
  monitoring: { code: 'AccessDenied', statusCode: 403 },
  sqs: { code: 'AccessDenied', statusCode: 403 },
  lambda: { code: 'AccessDeniedException', statusCode: 403 },
  route53: { code: 'AccessDenied', statusCode: 403 },
  autoscaling: { code: 'AccessDenied', statusCode: 403 },
  elasticloadbalancing: { code: 'AccessDenied', statusCode: 403 },
  dlm: { code: 'AccessDeniedException', statusCode: 403 },
};
const DEFAULT_CODE = { code: 'AccessDeniedException', statusCode: 400 };

function refusal(
  { accountId }: Pick<Kernel, 'accountId'>,
  service: string,
  call: Call,
  action: string,
  resource: string,
  decision: Exclude<Decision, 'allowed'>,
): AwsError {
  const { code, statusCode } = CODES[service] ?? DEFAULT_CODE;
  const role = call.roleArn?.split('/').at(-1);
  const user = `arn:aws:sts::${accountId}:assumed-role/${role}/${call.actor.replaceAll('/', '-')}`;
  const because =
    decision === 'denied'
      ? 'with an explicit deny in an identity-based policy'
      : `because no identity-based policy allows the ${action} action`;
  // The form of "Troubleshoot access denied error messages" (IAM guide); EC2 puts its own sentence in front.
  const sentence = `User: ${user} is not authorized to perform: ${action} on resource: ${resource} ${because}`;
  const prefix = service === 'ec2' ? 'You are not authorized to perform this operation. ' : '';
  return new AwsError(code, prefix + sentence, { statusCode });
}
