// IAM in the local region: roles with their inline, customer managed and AWS managed policies.
import type {
  AttachRolePolicyRequest,
  CreatePolicyRequest,
  CreateRoleRequest,
  GetInstanceProfileRequest,
  GetRolePolicyRequest,
  GetRoleRequest,
  ListAttachedRolePoliciesRequest,
  ListRolePoliciesRequest,
  ListRolesRequest,
  PutRolePolicyRequest,
  SimulatePrincipalPolicyRequest,
} from '@aws-sdk/client-iam';
import type { ConditionKeys, Kernel } from '../../simulator/kernel.ts';
import { AwsError, notEmulated, type Service } from '../../simulator/service.ts';
import { opaque, pageOf, type Tokens } from '../pages.ts';
import { checkConditions } from './condition-keys.ts';
import { managedPolicy } from './managed-policies.ts';
import { checkDocument, decide, type PolicyDocument } from './policy.ts';
import { parseResourcePolicy } from './resource-policy.ts';

interface Role {
  readonly name: string;
  readonly path: string;
  readonly arn: string;
  readonly id: string;
  readonly description: string;
  readonly trust: string;
  /** The trust policy; undefined: not given. */
  readonly trusts: PolicyDocument | undefined;
  readonly createdAtMs: number;
  readonly maxSessionSeconds: number;
  readonly inline: Map<string, PolicyDocument>;
  readonly attached: Set<string>;
}

export interface Roles {
  /** All policies of a role; undefined without such a role. */
  policiesOf(roleArn: string): readonly PolicyDocument[] | undefined;
  /** A role's trust policy; undefined without such a role, or without a trust policy. */
  trustOf(roleArn: string): PolicyDocument | undefined;
}

export interface Iam extends Roles, Service {
  roleArns(): readonly string[];
  /** A role that was there before the region began, with these AWS managed policies: instances may have it. */
  addRole(name: string, managed: readonly string[]): void;
}

// "IAM and AWS STS quotas": role names have up to 64 characters, and a role has up to ten managed policies. Inline policies of a role have up to
// 10,240 characters, managed policies 6,144, without white space.
const NAME = /^[\w+=,.@-]{1,64}$/;
const ATTACHED_MAX = 10;
const INLINE_CHARACTERS_MAX = 10_240;
const MANAGED_CHARACTERS_MAX = 6144;
/** MaxItems of the List operations: "If you do not include this parameter, the number of items defaults to 100". */
const PAGE = 100;
const MARKERS: Tokens = { ...opaque('iam', 'base64'), refused: () => invalid('Invalid Marker.') };
/** The trust policy of roles that instances have. */
const TRUSTS_EC2 = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: { Service: 'ec2.amazonaws.com' }, Action: 'sts:AssumeRole' }],
});

export function createIam(kernel: Kernel): Iam {
  const roles = new Map<string, Role>();
  const policies = new Map<string, PolicyDocument>();
  const random = kernel.random('iam');

  const find = (name: string | undefined): Role => {
    const role = roles.get(name ?? '');
    if (role !== undefined) return role;
    throw new AwsError('NoSuchEntityException', `The role with name ${name} cannot be found.`, { statusCode: 404 });
  };

  const createRole = (input: CreateRoleRequest): object => {
    const name = input.RoleName ?? '';
    if (!NAME.test(name)) throw invalid(`RoleName: expected 1 to 64 of [\\w+=,.@-], got "${name}"`);
    if (roles.has(name)) {
      throw new AwsError('EntityAlreadyExistsException', `Role with name ${name} already exists.`, { statusCode: 409 });
    }
    const path = input.Path ?? '/';
    const role: Role = {
      name,
      path,
      arn: `arn:aws:iam::${kernel.accountId}:role${path}${name}`,
      id: `AROA${random.hex(17).slice(0, 17).toUpperCase()}`,
      description: input.Description ?? '',
      trust: input.AssumeRolePolicyDocument ?? '{}',
      trusts: trustIn(input.AssumeRolePolicyDocument ?? '{}', kernel.conditionKeys),
      createdAtMs: kernel.clock.now(),
      // "If you do not specify a value for this setting, the default value of one hour is applied" (CreateRole, API reference).
      maxSessionSeconds: input.MaxSessionDuration ?? 3_600,
      inline: new Map(),
      attached: new Set(),
    };
    roles.set(name, role);
    return { Role: described(role) };
  };

  const putRolePolicy = (input: PutRolePolicyRequest): object => {
    const role = find(input.RoleName);
    const { document, length } = parse(input.PolicyDocument, kernel.conditionKeys);
    const others = [...role.inline].filter(([name]) => name !== input.PolicyName);
    const characters = others.reduce((sum, [, other]) => sum + JSON.stringify(other).length, length);
    if (characters > INLINE_CHARACTERS_MAX) {
      throw limitExceeded(`Maximum policy size of ${INLINE_CHARACTERS_MAX} bytes exceeded for role ${role.name}`);
    }
    role.inline.set(input.PolicyName ?? '', document);
    return {};
  };

  const createPolicy = (input: CreatePolicyRequest): object => {
    const arn = `arn:aws:iam::${kernel.accountId}:policy${input.Path ?? '/'}${input.PolicyName}`;
    const { document, length } = parse(input.PolicyDocument, kernel.conditionKeys);
    if (length > MANAGED_CHARACTERS_MAX) {
      throw limitExceeded(`Cannot exceed quota for PolicySize: ${MANAGED_CHARACTERS_MAX}`);
    }
    if (policies.has(arn)) {
      const message = `A policy called ${input.PolicyName} already exists. Duplicate names are not allowed.`;
      throw new AwsError('EntityAlreadyExistsException', message, { statusCode: 409 });
    }
    policies.set(arn, document);
    const at = new Date(kernel.clock.now());
    return {
      Policy: {
        PolicyName: input.PolicyName,
        PolicyId: `ANPA${random.hex(17).slice(0, 17).toUpperCase()}`,
        Arn: arn,
        Path: input.Path ?? '/',
        DefaultVersionId: 'v1',
        AttachmentCount: 0,
        IsAttachable: true,
        CreateDate: at,
        UpdateDate: at,
      },
    };
  };

  const attachRolePolicy = (input: AttachRolePolicyRequest): object => {
    const role = find(input.RoleName);
    const arn = input.PolicyArn ?? '';
    if (arn.startsWith('arn:aws:iam::aws:')) managedPolicy(arn);
    else if (!policies.has(arn)) {
      throw new AwsError('NoSuchEntityException', `Policy ${arn} does not exist or is not attachable.`, {
        statusCode: 404,
      });
    }
    role.attached.add(arn);
    if (role.attached.size > ATTACHED_MAX) {
      throw limitExceeded(`Cannot exceed quota for PoliciesPerRole: ${ATTACHED_MAX}`);
    }
    return {};
  };

  /** An ARN ends with its role's name, which is unique in an account whatever the path ("IAM identifiers", IAM guide). */
  const roleOf = (roleArn: string): Role | undefined => {
    const role = roles.get(roleArn.slice(roleArn.lastIndexOf('/') + 1));
    return role?.arn === roleArn ? role : undefined;
  };

  const policiesOf = (roleArn: string): readonly PolicyDocument[] | undefined => {
    const role = roleOf(roleArn);
    if (role === undefined) return undefined;
    const attached = [...role.attached].map((arn) => policies.get(arn) ?? managedPolicy(arn));
    return [...role.inline.values(), ...attached];
  };

  const trustOf = (roleArn: string): PolicyDocument | undefined => roleOf(roleArn)?.trusts;
  /** The region stores no instance profiles: any name exists, with a role of the same name, as the console makes it. */
  const instanceProfile = ({ InstanceProfileName: name = '' }: GetInstanceProfileRequest): object => {
    const about = (kind: string, called: string) => ({
      Arn: `arn:aws:iam::${kernel.accountId}:${kind}/${name}`,
      [called]: name,
    });
    const common = { Path: '/', CreateDate: new Date(kernel.clock.now()) };
    return {
      InstanceProfile: {
        ...{
          ...common,
          ...about('instance-profile', 'InstanceProfileName'),
          InstanceProfileId: 'AIPA00000000000000000',
        },
        Roles: [{ ...common, ...about('role', 'RoleName'), RoleId: 'AROA00000000000000000' }],
      },
    };
  };

  /** "Simulate how a set of IAM policies attached to an IAM entity works with a list of API operations and AWS resources". */
  const simulate = (input: SimulatePrincipalPolicyRequest): object => {
    const documents = policiesOf(input.PolicySourceArn ?? '');
    if (documents === undefined)
      throw new AwsError('NoSuchEntityException', `The role ${input.PolicySourceArn} cannot be found.`, {
        statusCode: 404,
      });
    if (input.PolicyInputList || input.ResourcePolicy || input.PolicyExclusionList)
      throw notEmulated('other policies than the role’s own, all of them');
    const context = new Map(
      (input.ContextEntries ?? []).map(({ ContextKeyName = '', ContextKeyValues = [] }) => [
        ...([ContextKeyName.toLowerCase(), ContextKeyValues] as const),
      ]),
    );
    const decisions = { allowed: 'allowed', denied: 'explicitDeny', 'not-allowed': 'implicitDeny' } as const;
    return {
      IsTruncated: false,
      EvaluationResults: (input.ActionNames ?? []).flatMap((EvalActionName) =>
        (input.ResourceArns ?? ['*']).map((EvalResourceName) => ({
          ...{ EvalActionName, EvalResourceName },
          EvalDecision: decisions[decide(documents, EvalActionName, EvalResourceName, context)],
        })),
      ),
    };
  };

  return {
    policiesOf,
    trustOf,
    roleArns: () => [...roles.values()].map(({ arn }) => arn),
    addRole: (RoleName, managed) => {
      createRole({ RoleName, AssumeRolePolicyDocument: TRUSTS_EC2 });
      for (const name of managed) attachRolePolicy({ RoleName, PolicyArn: `arn:aws:iam::aws:policy/${name}` });
    },
    name: 'iam',
    operations: {
      CreateRole: createRole,
      PutRolePolicy: putRolePolicy,
      CreatePolicy: createPolicy,
      AttachRolePolicy: attachRolePolicy,
      GetInstanceProfile: instanceProfile,
      SimulatePrincipalPolicy: simulate,
      GetRole: (input: GetRoleRequest) => ({ Role: described(find(input.RoleName)) }),
      ListRoles: (input: ListRolesRequest) => {
        const { PathPrefix = '/' } = input;
        const { items, ...rest } = paged(
          [...roles.values()].filter(({ path }) => path.startsWith(PathPrefix)),
          input,
        );
        return { Roles: items.map(described), ...rest };
      },
      ListAttachedRolePolicies: (input: ListAttachedRolePoliciesRequest) => {
        const { PathPrefix = '/' } = input;
        const attached = [...find(input.RoleName).attached].filter((arn) => pathOf(arn).startsWith(PathPrefix));
        const { items, ...rest } = paged(attached, input);
        const named = (PolicyArn: string) => ({
          PolicyName: PolicyArn.slice(PolicyArn.lastIndexOf('/') + 1),
          PolicyArn,
        });
        return { AttachedPolicies: items.map(named), ...rest };
      },
      ListRolePolicies: (input: ListRolePoliciesRequest) => {
        const { items, ...rest } = paged([...find(input.RoleName).inline.keys()].sort(), input);
        return { PolicyNames: items, ...rest };
      },
      GetRolePolicy: (input: GetRolePolicyRequest) => {
        const document = find(input.RoleName).inline.get(input.PolicyName ?? '');
        if (document === undefined) {
          throw new AwsError(
            'NoSuchEntityException',
            `The role policy with name ${input.PolicyName} cannot be found.`,
            {
              statusCode: 404,
            },
          );
        }
        const { RoleName, PolicyName } = input;
        return { RoleName, PolicyName, PolicyDocument: encodeURIComponent(JSON.stringify(document)) };
      },
    },
  };
}

function paged<T>(
  all: readonly T[],
  { Marker, MaxItems = PAGE }: { readonly Marker?: string | undefined; readonly MaxItems?: number | undefined },
) {
  const { items, next } = pageOf(all, Marker, MaxItems, MARKERS);
  return { items, IsTruncated: next !== undefined, ...(next !== undefined && { Marker: next }) };
}

/** The path of a policy: `/service-role/` of `arn:aws:iam::aws:policy/service-role/NAME`. */
const pathOf = (policyArn: string): string =>
  policyArn.slice(policyArn.indexOf(':policy/') + ':policy'.length, policyArn.lastIndexOf('/') + 1);

const described = (role: Role): object => ({
  Path: role.path,
  RoleName: role.name,
  RoleId: role.id,
  Arn: role.arn,
  ...(role.description !== '' && { Description: role.description }),
  MaxSessionDuration: role.maxSessionSeconds,
  CreateDate: new Date(role.createdAtMs),
  AssumeRolePolicyDocument: encodeURIComponent(role.trust),
});

function trustIn(text: string, known: ConditionKeys): PolicyDocument | undefined {
  return text === '{}' ? undefined : parseResourcePolicy(text, known, malformed);
}

const malformed = (reason: string): AwsError => new AwsError('MalformedPolicyDocumentException', reason);

function parse(text: string | undefined, known: ConditionKeys): { document: PolicyDocument; length: number } {
  try {
    const document = JSON.parse(text ?? '') as PolicyDocument;
    checkDocument(document);
    checkConditions(document, known);
    return { document, length: JSON.stringify(document).length };
  } catch (cause) {
    if (cause instanceof AwsError) throw cause;
    throw malformed(cause instanceof Error ? cause.message : String(cause));
  }
}

const invalid = (message: string): AwsError => new AwsError('ValidationError', message);
const limitExceeded = (message: string): AwsError =>
  new AwsError('LimitExceededException', message, { statusCode: 409 });
