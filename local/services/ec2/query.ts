// Selection in EC2's Describe operations: ids, filters with wildcards, pages, dry runs. Sources: "Filtering" and "Pagination" in the EC2 developer
// guide, "Error codes for the Amazon EC2 API", SDK doc comments.
import type { Filter, Tag } from '@aws-sdk/client-ec2';
import { compileGlob, type Glob } from '../../simulator/glob.ts';
import { AwsError, UnknownFilter } from '../../simulator/service.ts';
import { opaque, pageOf, type Tokens } from '../pages.ts';

/** An item's values for each filter name; an item without a value matches nothing. */
export type FilterFields<T> = Readonly<
  Record<string, (item: T) => readonly (string | number | boolean | Date | undefined)[]>
>;

export interface Page {
  readonly NextToken?: string | undefined;
  readonly MaxResults?: number | undefined;
}

const TOKENS: Tokens = {
  ...opaque('page', 'base64url'),
  refused: () => new AwsError('InvalidPaginationToken', 'The specified pagination token is not valid'),
};

/** More values cause FilterLimitExceeded ("Error codes for the Amazon EC2 API"). */
const FILTER_VALUES_MAX = 200;

/** Throws AWS's answer to a dry run that would be allowed. */
export function refuseDryRun(input: { DryRun?: boolean | undefined }): void {
  if (!input.DryRun) return;
  throw new AwsError('DryRunOperation', 'Request would have succeeded, but DryRun flag is set.', { statusCode: 412 });
}

/** Items that match every filter: values of one filter are alternatives, and all filters are required. */
export function filtered<T>(
  items: readonly T[],
  filters: readonly Filter[] | undefined,
  fields: FilterFields<T>,
  tagsOf: (item: T) => readonly Tag[],
): T[] {
  const tests = (filters ?? []).map((filter) => filterTest(filter, fields, tagsOf));
  return items.filter((item) => tests.every((test) => test(item)));
}

/** One page in a stable order. A size above `max` is reduced silently, as EC2 does; a size below `min` is an error. */
export function paged<T>(
  items: readonly T[],
  page: Page,
  limits: { min: number; max: number },
): { items: readonly T[]; NextToken?: string } {
  const { MaxResults, NextToken } = page;
  if (MaxResults !== undefined && MaxResults < limits.min) {
    throw new AwsError(
      'InvalidParameterValue',
      `Value ( ${MaxResults} ) for parameter maxResults is invalid. Expecting a value greater than ${limits.min}.`,
    );
  }
  const size = Math.min(MaxResults ?? Number.POSITIVE_INFINITY, limits.max);
  const { items: shown, next } = pageOf(items, NextToken, size, TOKENS);
  return next === undefined ? { items: shown } : { items: shown, NextToken: next };
}

/** "You cannot specify this parameter and the instance IDs parameter in the same request." */
export function refuseIdsWithPages(ids: readonly string[] | undefined, page: Page, idsName: string): void {
  if (!ids?.length || page.MaxResults === undefined) return;
  throw new AwsError(
    'InvalidParameterCombination',
    `The parameter ${idsName} cannot be used with the parameter maxResults`,
  );
}

/** EC2's glob: `*` any text, `?` any one character; a backslash makes the next one literal; case matters. */
const glob = (pattern: string): Glob => compileGlob(pattern, { one: true, escapes: true });

function filterTest<T>(
  filter: Filter,
  fields: FilterFields<T>,
  tagsOf: (item: T) => readonly Tag[],
): (item: T) => boolean {
  const name = filter.Name ?? '';
  const values = filter.Values ?? [];
  if (values.length === 0)
    throw new AwsError('InvalidParameterValue', `The filter '${name}' must have at least one value`);
  if (values.length > FILTER_VALUES_MAX) {
    throw new AwsError(
      'FilterLimitExceeded',
      `The maximum number of filter values specified on a single call is ${FILTER_VALUES_MAX}`,
    );
  }
  const read = valuesReader(name, fields, tagsOf);
  // Most values are not patterns, and each page checks thousands of items.
  const literals = new Set(values.filter((value) => !/[*?\\]/.test(value)));
  const patterns = values.filter((value) => !literals.has(value)).map(glob);
  return (item) => read(item).some((shown) => literals.has(shown) || patterns.some((pattern) => pattern.test(shown)));
}

function valuesReader<T>(
  name: string,
  fields: FilterFields<T>,
  tagsOf: (item: T) => readonly Tag[],
): (item: T) => readonly string[] {
  if (name === 'tag-key') return (item) => tagsOf(item).map((tag) => tag.Key ?? '');
  if (name.startsWith('tag:')) {
    const key = name.slice('tag:'.length);
    return (item) => {
      const tag = tagsOf(item).find(({ Key }) => Key === key);
      return tag ? [tag.Value ?? ''] : [];
    };
  }
  const field = Object.hasOwn(fields, name) ? fields[name] : undefined;
  if (!field) throw new UnknownFilter(name, 'InvalidParameterValue', `The filter '${name}' is invalid`);
  return (item) => field(item).flatMap((value) => (value === undefined ? [] : [filterValueOf(value)]));
}

const filterValueOf = (value: string | number | boolean | Date): string =>
  value instanceof Date ? value.toISOString() : String(value);
