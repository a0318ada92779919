// What a function's role may do, as a list of statements. Each wildcard has the reason why AWS allows no narrower resource.
import { Stack, Validations } from 'aws-cdk-lib';
import {
  Effect,
  ManagedPolicy,
  PolicyDocument,
  PolicyStatement,
  Role,
  type ServicePrincipal,
} from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { InputError } from '../input-error.ts';

export interface Grant {
  /** The statement's name in the policy: "DescribeVolumes". */
  readonly sid: string;
  /** 'Deny' takes away what another statement allows; the default is allow. */
  readonly effect?: 'Deny';
  readonly actions: readonly string[];
  readonly resources: readonly string[];
  readonly conditions?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** Why its resources need a wildcard. Required where there is one, and written to the stack's validation report. */
  readonly wildcard?: string;
}

/**
 * "A role's inline policies must not exceed 10,240 characters", whitespace not counted ("IAM and STS quotas", IAM
 * guide).
 */
const INLINE_POLICY_CHARACTERS = 10_240;
/** "The size of each managed policy cannot exceed 6,144 characters"; a role takes ten of them (the same page). */
const MANAGED_POLICY_CHARACTERS = 6_144;
const MANAGED_POLICIES = 10;
const FEWER_SELECTORS = 'give the fleets selectors with one common tag key, which share a statement';

/**
 * A role of one service with exactly these grants; nothing else in the stack can add to it. Throws an `Error` when IAM would refuse it.
 *
 * @param policies managed policies by name, for grants that do not fit into the role itself; each becomes as many policies as it needs
 */
export function roleOf(
  scope: Construct,
  assumedBy: ServicePrincipal,
  description: string,
  grants: readonly Grant[],
  policies: Readonly<Record<string, readonly Grant[]>> = {},
): Role {
  const role = new Role(scope, 'Role', {
    assumedBy,
    description,
    inlinePolicies: { Grants: documentOf(scope, grants, INLINE_POLICY_CHARACTERS) },
  });
  acknowledge(role, grants);
  const packed = Object.entries(policies).flatMap(([name, some]) =>
    inParts(scope, some).map((part, at) => [at === 0 ? name : `${name}${at + 1}`, part] as const),
  );
  if (packed.length > MANAGED_POLICIES)
    throw new InputError(
      `the role of ${scope.node.path} needs ${packed.length} managed policies, IAM attaches ${MANAGED_POLICIES}: ${FEWER_SELECTORS}`,
    );
  for (const [name, part] of packed) {
    const policy = new ManagedPolicy(scope, name, {
      description: `${description} ${name}.`,
      document: documentOf(scope, part, MANAGED_POLICY_CHARACTERS),
      roles: [role],
    });
    acknowledge(policy, part);
  }
  return role;
}

/** Splits grants into as few parts as fit into a policy each, in their order. */
function inParts(scope: Construct, grants: readonly Grant[]): readonly (readonly Grant[])[] {
  const parts: Grant[][] = [];
  for (const grant of grants) {
    const last = parts.at(-1);
    if (last && charactersOf(scope, [...last, grant]) <= MANAGED_POLICY_CHARACTERS) last.push(grant);
    else parts.push([grant]);
  }
  return parts;
}

const charactersOf = (scope: Construct, grants: readonly Grant[]): number =>
  JSON.stringify(inWords(Stack.of(scope).resolve(policyOf(grants)))).length;

function policyOf(grants: readonly Grant[]): PolicyDocument {
  const statements = grants.map(
    ({ sid, effect, actions, resources, conditions }) =>
      new PolicyStatement({
        sid,
        effect: effect === 'Deny' ? Effect.DENY : Effect.ALLOW,
        actions: [...actions],
        resources: [...resources],
        ...(conditions && { conditions }),
      }),
  );
  return new PolicyDocument({ statements, minimize: false });
}

function documentOf(scope: Construct, grants: readonly Grant[], limit: number): PolicyDocument {
  const characters = charactersOf(scope, grants);
  if (characters <= limit) return policyOf(grants);
  throw new InputError(
    `the policy of ${scope.node.path} has ${characters} characters, IAM allows ${limit}: ${FEWER_SELECTORS}`,
  );
}

/** Replaces every intrinsic by its text, or by a longer one. */
function inWords(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inWords);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value);
  if (entries.length === 1 && /^(Ref|Fn::.*)$/.test(entries[0]?.[0] ?? '')) return readable(value);
  return Object.fromEntries(entries.map(([key, inner]) => [key, inWords(inner)]));
}

function acknowledge(holder: Role | ManagedPolicy, grants: readonly Grant[]): void {
  for (const grant of grants) acknowledgeWildcards(holder, grant);
  const everything = grants
    .filter(({ effect, resources }) => effect !== 'Deny' && resources.includes('*'))
    .map(({ sid }) => sid);
  if (everything.length === 0) return;
  const reason = `${everything.join(', ')}: each has its own reason at AwsSolutions-IAM5.`;
  Validations.of(holder).acknowledge({ id: 'Serverless-LambdaStarPermissions', reason });
}

function acknowledgeWildcards(role: Role | ManagedPolicy, { sid, effect, resources, wildcard }: Grant): void {
  // A deny on all resources needs no reason.
  if (effect === 'Deny') return;
  const findings = resources
    .map((resource) => readable(Stack.of(role).resolve(resource)))
    .filter((text) => text.includes('*'));
  if (findings.length === 0) return;
  if (wildcard === undefined) throw new Error(`${role.node.path}: ${sid} has a wildcard and gives no reason`);
  for (const finding of findings) {
    Validations.of(role).acknowledge({ id: `AwsSolutions-IAM5[Resource::${finding}]`, reason: wildcard });
  }
}

/** A resolved token as cdk-nag writes it: `arn:<AWS::Partition>:logs:…`. */
function readable(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value !== 'object' || value === null) return String(value);
  const [[intrinsic, argument]] = Object.entries(value) as [[string, unknown]];
  if (intrinsic === 'Ref') return `<${String(argument)}>`;
  if (intrinsic === 'Fn::GetAtt' && Array.isArray(argument)) return `<${argument.join('.')}>`;
  if (intrinsic === 'Fn::Join' && Array.isArray(argument))
    return (argument[1] as unknown[]).map(readable).join(String(argument[0]));
  throw new Error(`a resource of a policy is ${intrinsic}, expected text, Ref, Fn::GetAtt or Fn::Join`);
}
