// Filters of parameters: keys, options and their meaning. Source: doc comment of ParameterStringFilter in @aws-sdk/client-ssm.
import type { ParameterStringFilter } from '@aws-sdk/client-ssm';
import { AwsError, UnknownFilter } from '../../simulator/service.ts';
import type { StoredParameter } from './parameter-rules.ts';
import { isBelow } from './parameter-rules.ts';

export type FilterKey = 'Name' | 'Path' | 'Type' | 'KeyId' | 'Tier' | 'DataType';

/** What an operation may be asked by. */
export interface FilterKeys {
  readonly keys: readonly FilterKey[];
  /** Other keys that AWS documents for it. */
  readonly others: RegExp;
}

/** "For DescribeParameters, all of the listed patterns are valid except Label." The pattern: `tag:.+|Name|Type|KeyId|Path|Label|Tier`. */
export const OF_ALL: FilterKeys = { keys: ['Name', 'Path', 'Type', 'KeyId', 'Tier', 'DataType'], others: /^tag:./ };
/** "For GetParametersByPath, the following … aren't valid: tag, DataType, Name, Path, and Tier." */
export const BELOW_PATH: FilterKeys = { keys: ['Type', 'KeyId'], others: /^Label$/ };

/** A test for a parameter that matches every filter. Throws for a key or an option that AWS refuses there. */
export function parameterFilter(
  filters: readonly ParameterStringFilter[] | undefined,
  { keys, others }: FilterKeys,
): (parameter: StoredParameter) => boolean {
  const tests = (filters ?? []).map((filter) => {
    const key = keys.find((candidate) => candidate === filter.Key);
    if (!key)
      throw new UnknownFilter(
        filter.Key ?? '',
        'InvalidFilterKey',
        `The following filter key is not valid: ${filter.Key}. Valid filter keys include: [${keys.join(', ')}]`,
        others.test(filter.Key ?? ''),
      );
    return testOf(key, filter);
  });
  return (parameter) => tests.every((test) => test(parameter));
}

function testOf(
  key: FilterKey,
  { Option, Values = [] }: ParameterStringFilter,
): (parameter: StoredParameter) => boolean {
  if (key === 'Path') {
    const option = Option ?? 'OneLevel';
    if (option !== 'OneLevel' && option !== 'Recursive') throw invalidOption(key, option);
    return ({ name }) => Values.some((path) => isBelow(name, path, option === 'Recursive'));
  }
  const read = (parameter: StoredParameter): string => {
    if (key === 'Name') return parameter.name;
    if (key === 'Type') return parameter.type;
    if (key === 'Tier') return parameter.tier;
    return (key === 'KeyId' ? parameter.keyId : parameter.dataType) ?? '';
  };
  switch (Option ?? 'Equals') {
    case 'Equals':
      return (parameter) => Values.includes(read(parameter));
    case 'BeginsWith':
      return (parameter) => Values.some((value) => read(parameter).startsWith(value));
    case 'Contains':
      if (key !== 'Name') throw invalidOption(key, 'Contains');
      return (parameter) => Values.some((value) => parameter.name.includes(value));
    default:
      throw invalidOption(key, Option ?? '');
  }
}

const invalidOption = (key: string, option: string) =>
  new AwsError('InvalidFilterOption', `The following filter option is not valid for ${key}: ${option}.`);
