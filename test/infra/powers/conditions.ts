// Every condition of a deployed stack: in the policies of its roles, topics, queues, keys and functions. And the same policies without one of them.

import type { Region } from '../../../local/region.ts';
import { listOf } from '../../../local/services/iam/conditions.ts';
import { type PolicyDocument, type Statement, statementsOf } from '../../../local/services/iam/policy.ts';

export interface Condition {
  /** The owner of the policy: the ARN of a role, or of the resource. */
  readonly owner: string;
  /** A role's own policies say what it may do. All others say who may use their owner. */
  readonly of: 'role' | 'resource';
  readonly statement: Statement;
  readonly operator: string;
  readonly key: string;
  /** All statements of the owner's policies. */
  readonly documents: readonly PolicyDocument[];
}

/** "chainmend-replace-node AttachOfFleets1 StringEquals aws:ResourceTag/Component" */
export const nameOf = ({ owner, statement, operator, key }: Condition): string =>
  `${owner.split(/[:/]/).at(-1)} ${statement.Sid ?? listOf(statement.Action).join()} ${operator} ${key}`;

/** In the order of the policies, roles first. */
export function conditionsIn(region: Region): readonly Condition[] {
  const roles = region.iam.roleArns();
  const ofRoles = roles.flatMap((arn) => conditionsOf(arn, 'role', region.iam.policiesOf(arn) ?? []));
  const ofResources = [
    ...roles.map((arn) => [arn, region.iam.trustOf(arn)] as const),
    ...region.sns.topicArns().map((arn) => [arn, region.sns.policy(arn)] as const),
    ...region.sqs.queueArns().map((arn) => [arn, region.sqs.policy(arn)] as const),
    ...region.kms.keyArns().map((arn) => [arn, region.kms.policy(arn)] as const),
    ...region.lambda.functionArns().map((arn) => [arn, region.lambda.policy(arn)] as const),
  ];
  return [
    ...ofRoles,
    ...ofResources.flatMap(([arn, document]) => (document ? conditionsOf(arn, 'resource', [document]) : [])),
  ];
}

const conditionsOf = (owner: string, of: Condition['of'], documents: readonly PolicyDocument[]): Condition[] =>
  documents.flatMap((document) =>
    statementsOf(document).flatMap((statement) =>
      Object.entries(statement.Condition ?? {}).flatMap(([operator, keys]) =>
        Object.keys(keys).map((key) => ({ owner, of, statement, operator, key, documents })),
      ),
    ),
  );

/** The owner's policies without this one condition. A denial without its condition would deny everything, so it is removed as a whole. */
export function without({ documents, statement, operator, key }: Condition): readonly PolicyDocument[] {
  if (statement.Effect === 'Deny')
    return documents.map((document) => ({
      ...document,
      Statement: statementsOf(document).filter((one) => one !== statement),
    }));
  const { [key]: _, ...rest } = statement.Condition?.[operator] ?? {};
  const { [operator]: __, ...others } = statement.Condition ?? {};
  const Condition = Object.keys(rest).length > 0 ? { ...others, [operator]: rest } : others;
  const { Condition: ___, ...bare } = statement;
  const open: Statement = Object.keys(Condition).length > 0 ? { ...bare, Condition } : bare;
  return documents.map((document) => ({
    ...document,
    Statement: statementsOf(document).map((one) => (one === statement ? open : one)),
  }));
}

/** The number of all conditions in a template; and of functions that admit a caller from one source, or of one account, only. */
export function conditionsInTemplate(value: unknown): number {
  if (Array.isArray(value)) return value.reduce((sum: number, one) => sum + conditionsInTemplate(one), 0);
  if (typeof value !== 'object' || value === null) return 0;
  const { Effect, Condition, Type, Properties, ...rest } = value as Record<string, unknown>;
  const own =
    Effect === undefined || typeof Condition !== 'object' || Condition === null
      ? 0
      : Object.values(Condition).reduce((sum: number, keys) => sum + Object.keys(keys as object).length, 0);
  const { SourceArn, SourceAccount } = (Type === 'AWS::Lambda::Permission' ? Properties : {}) as Record<
    string,
    unknown
  >;
  const permission = [SourceArn, SourceAccount].filter((source) => source !== undefined).length;
  return own + permission + conditionsInTemplate(Object.values(rest)) + conditionsInTemplate(Properties);
}
