// Filters of parameters: keys, options and their meaning. Source: doc comment of ParameterStringFilter in @aws-sdk/client-ssm.
import type { ParameterStringFilter } from '@aws-sdk/client-ssm';
import { AwsError } from '../../simulator/service.ts';
import type { StoredParameter } from './parameter-rules.ts';
import { isBelow } from './parameter-rules.ts';

export type FilterKey = 'Name' | 'Path' | 'Type' | 'KeyId' | 'Tier' | 'DataType';

/** A test for a parameter that matches every filter. Throws for a key or an option that AWS refuses there. */
export function parameterFilter(
  filters: readonly ParameterStringFilter[] | undefined,
  keys: readonly FilterKey[],
): (parameter: StoredParameter) => boolean {
  const tests = (filters ?? []).map((filter) => {
    const key = keys.find((candidate) => candidate === filter.Key);
    if (!key)
      throw new AwsError(
        'InvalidFilterKey',
        `The following filter key is not valid: ${filter.Key}. Valid filter keys include: [${keys.join(', ')}]`,
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
