// Pages of Systems Manager: MaxResults within the operation's limits, and an opaque token for the rest.
import { AwsError } from '../../simulator/service.ts';
import { opaque, pageOf, type Tokens } from '../pages.ts';

export interface PageInput {
  readonly MaxResults?: number | undefined;
  readonly NextToken?: string | undefined;
}

const TOKENS: Tokens = {
  ...opaque('ssm', 'base64'),
  refused: () => new AwsError('InvalidNextToken', "The specified token isn't valid."),
};

/** One page of a stable list. Throws ValidationException for a MaxResults out of range, InvalidNextToken for an unknown token. */
export function paged<T>(
  all: readonly T[],
  { MaxResults, NextToken }: PageInput,
  bounds: { readonly min: number; readonly max: number },
): { items: readonly T[]; NextToken?: string } {
  const { min, max } = bounds;
  if (MaxResults !== undefined && (MaxResults < min || MaxResults > max)) {
    const relation = MaxResults < min ? `greater than or equal to ${min}` : `less than or equal to ${max}`;
    throw constraint('maxResults', MaxResults, `Member must have value ${relation}`);
  }
  const { items, next } = pageOf(all, NextToken || undefined, MaxResults ?? max, TOKENS);
  return next === undefined ? { items } : { items, NextToken: next };
}

/** The error of AWS's JSON services for a value outside its modelled constraint. */
export function constraint(member: string, value: unknown, rule: string): AwsError {
  return new AwsError(
    'ValidationException',
    `1 validation error detected: Value '${typeof value === 'string' ? value : JSON.stringify(value)}' at '${member}' failed to satisfy constraint: ${rule}`,
  );
}
