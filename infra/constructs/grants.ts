// What a function's role may do, as a list of statements. Each wildcard has the reason why AWS allows no narrower resource.
import { Annotations, Stack, Validations } from 'aws-cdk-lib';
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

/** The same powers twice: fenced with the fleets' own values, and with keys alone for where there is no room for all of those. */
export interface Fence {
  /** What it is about: "the tags of volumes". */
  readonly what: string;
  readonly byValues: readonly Grant[];
  readonly byKeys: readonly Grant[];
  /** How much room the values may take in policies. */
  readonly charactersMax: number;
}

/** What is fenced by values where there is room for it. */
export type Granted = Grant | Fence;

/**
 * "A role's inline policies must not exceed 10,240 characters", whitespace not counted ("IAM and STS quotas", IAM
 * guide).
 */
const INLINE_POLICY_CHARACTERS = 10_240;
/** An ARN that only the deployment knows counts as its logical id, which may be shorter: a few of 20 characters. */
const RESERVE_CHARACTERS = 200;
/** "The size of each managed policy cannot exceed 6,144 characters"; a role takes ten of them (the same page). */
const MANAGED_POLICY_CHARACTERS = 6_144;
const MANAGED_POLICIES = 10;
const FEWER_SELECTORS =
  'give the fleets selectors that differ in the value of one tag alone, which share statements, or shorter values, or watch some of them from another region or account';

/**
 * A role of one service with exactly these grants; nothing else in the stack can add to it. What does not fit into the role itself goes into managed
 * policies. Throws an `InputError` when IAM would refuse it.
 */
export function roleOf(
  scope: Construct,
  assumedBy: ServicePrincipal,
  description: string,
  granted: readonly Granted[],
): Role {
  const grants = inForce(scope, granted);
  const inlineCharacters = INLINE_POLICY_CHARACTERS - RESERVE_CHARACTERS;
  // A policy is attached after its role is changed: what a role must never do stays in the role itself.
  const ordered = charactersOf(scope, grants) <= inlineCharacters ? grants : [...grants].sort(deniesFirst);
  const [inline = [], ...more] = inParts(scope, ordered, [inlineCharacters]);
  const role = new Role(scope, 'Role', {
    assumedBy,
    description,
    inlinePolicies: { Grants: policyOf(inline) },
  });
  acknowledge(role, inline);
  const packed = more.map((part, at) => [at === 0 ? 'More' : `More${at + 1}`, part] as const);
  if (packed.length > MANAGED_POLICIES)
    throw new InputError(
      `the role of ${scope.node.path} needs ${packed.length} managed policies, IAM attaches ${MANAGED_POLICIES}: ${FEWER_SELECTORS}`,
    );
  for (const [name, part] of packed) {
    const policy = new ManagedPolicy(scope, name, {
      description: `${description} ${name}.`,
      document: policyOf(part),
      roles: [role],
    });
    acknowledge(policy, part);
  }
  return role;
}

/** Of each fence, the one that there is room for; it is told at synthesis where that is the one by keys. */
const inForce = (scope: Construct, granted: readonly Granted[]): readonly Grant[] =>
  granted.flatMap((one) => {
    if (!('byValues' in one)) return one;
    const { what, byValues, byKeys, charactersMax } = one;
    // No fleet, no policy: CDK makes nothing of one without a statement.
    const characters = byValues.length === 0 ? 0 : charactersOf(scope, byValues);
    if (characters <= charactersMax) return byValues;
    Annotations.of(scope).addWarningV2(
      `chainmend:fenced-by-keys:${what}`,
      `The role of ${scope.node.path} is fenced by keys for ${what}, and not by the values of each fleet: those take ${characters} characters of its policies, and ${charactersMax} are kept for them. ` +
        'docs/security.md says what it could do to another fleet so. Fewer fleets in one suite, or shorter tags, fence it by values again',
    );
    return byKeys;
  });

const deniesFirst = (one: Grant, other: Grant): number =>
  Number(other.effect === 'Deny') - Number(one.effect === 'Deny');

/**
 * Splits grants into parts that fit into a policy each: a grant goes into the first that has room for it.
 * @param limits of the first parts, in characters; all others have that of a managed policy
 */
function inParts(scope: Construct, grants: readonly Grant[], limits: readonly number[] = []): Grant[][] {
  const parts: Grant[][] = [];
  const limitOf = (part: number) => limits[part] ?? MANAGED_POLICY_CHARACTERS;
  const waiting = [...grants];
  for (let grant = waiting.shift(); grant !== undefined; grant = waiting.shift()) {
    const one = grant;
    const roomy = parts.find((part, at) => charactersOf(scope, [...part, one]) <= limitOf(at));
    if (roomy) roomy.push(grant);
    else if (charactersOf(scope, [grant]) <= limitOf(parts.length)) parts.push([grant]);
    else waiting.unshift(...halvesOf(scope, grant));
  }
  return parts;
}

/** The same grant as two, each with half of its resources, or of the alternatives of its longest condition. Throws an `InputError` where it has none. */
function halvesOf(scope: Construct, grant: Grant): [Grant, Grant] {
  const { StringEquals: equals = {} } = grant.conditions ?? {};
  const inConditions = Object.entries(equals).flatMap(([key, values]) =>
    Array.isArray(values)
      ? [
          {
            list: values as readonly unknown[],
            withList: (some: readonly unknown[]): Grant => ({
              ...grant,
              conditions: { ...grant.conditions, StringEquals: { ...equals, [key]: some } },
            }),
          },
        ]
      : [],
  );
  const inResources = {
    list: grant.resources as readonly unknown[],
    withList: (some: readonly unknown[]): Grant => ({ ...grant, resources: some as readonly string[] }),
  };
  const [longest] = [...inConditions, inResources].sort((one, other) => other.list.length - one.list.length);
  if (longest === undefined || longest.list.length < 2)
    throw new InputError(
      `${grant.sid} of ${scope.node.path} has ${charactersOf(scope, [grant])} characters, IAM allows ${MANAGED_POLICY_CHARACTERS} in a managed policy: ${FEWER_SELECTORS}`,
    );
  const { list, withList } = longest;
  const middle = Math.ceil(list.length / 2);
  return [
    { ...withList(list.slice(0, middle)), sid: `${grant.sid}A` },
    { ...withList(list.slice(middle)), sid: `${grant.sid}B` },
  ];
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
  if (intrinsic === 'Fn::Sub') return String(argument).replace(/\$\{([^}]+)\}/g, '<$1>');
  if (intrinsic === 'Ref') return `<${String(argument)}>`;
  if (intrinsic === 'Fn::GetAtt' && Array.isArray(argument)) return `<${argument.join('.')}>`;
  if (intrinsic === 'Fn::Join' && Array.isArray(argument))
    return (argument[1] as unknown[]).map(readable).join(String(argument[0]));
  throw new Error(`a resource of a policy is ${intrinsic}, expected text, Ref, Fn::Sub, Fn::GetAtt or Fn::Join`);
}
