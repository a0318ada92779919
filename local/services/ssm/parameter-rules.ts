// A stored parameter, and Parameter Store's rules for names and values. Source: doc comment of PutParameterRequest in @aws-sdk/client-ssm.
import type { ParameterType } from '@aws-sdk/client-ssm';
import { matchesPattern } from '../../simulator/regular-expressions.ts';
import { AwsError } from '../../simulator/service.ts';

export interface StoredParameter {
  readonly name: string;
  readonly type: ParameterType;
  readonly keyId: string | undefined;
  readonly tier: 'Standard' | 'Advanced';
  readonly description: string | undefined;
  readonly allowedPattern: string | undefined;
  readonly dataType: string;
  readonly lastModifiedBy: string;
  /** Oldest first; the last one is the current version. */
  readonly versions: readonly {
    readonly version: number;
    readonly value: string;
    readonly sealed: string;
    readonly atMs: number;
  }[];
}

const NAME_LENGTH_MAX = 1_011;
/** "A parameter name hierarchy can have a maximum of 15 levels." */
const LEVELS_MAX = 15;
/** "Standard parameters have a value limit of 4 KB. Advanced parameters have a value limit of 8 KB." */
const VALUE_BYTES_MAX = { Standard: 4_096, Advanced: 8_192 } as const;

/** Parameter Store's words for every invalid name. */
const NAME_RULE =
  'If formed as a path, it can consist of sub-paths divided by slash symbol; each sub-path can be formed as a mix of letters, numbers ' +
  'and the following 3 symbols .-_';

/** Throws `ValidationException` for text that cannot be a parameter's name, also when reading. */
export function checkForm(name: string): void {
  const isPath = name.includes('/');
  const wellFormed = /^[a-zA-Z0-9_.-]+$/.test(name) || /^(\/[a-zA-Z0-9_.-]+)+$/.test(name);
  const reserved = isPath ? /^\/ssm/i : /^(aws|ssm)/i;
  if (wellFormed && !reserved.test(name)) return;
  const prefix = isPath ? `can't be prefixed with "ssm"` : `can't be prefixed with "aws" or "ssm"`;
  throw new AwsError('ValidationException', `Parameter name: ${prefix} (case-insensitive). ${NAME_RULE}`);
}

export function checkName(name: string): void {
  if (/^\/aws/i.test(name)) {
    throw new AwsError('AccessDeniedException', `No access to reserved parameter name: ${name}.`);
  }
  if (name.includes('/') && !name.startsWith('/')) {
    throw new AwsError(
      'ValidationException',
      `Parameter name must be a fully qualified name: ${name} does not begin with "/".`,
    );
  }
  checkForm(name);
  if (name.length > NAME_LENGTH_MAX) {
    throw new AwsError('ValidationException', `Parameter name: must have at most ${NAME_LENGTH_MAX} characters.`);
  }
  if (name.split('/').filter((level) => level !== '').length > LEVELS_MAX) {
    throw new AwsError(
      'HierarchyLevelLimitExceededException',
      `A hierarchy can have a maximum of ${LEVELS_MAX} levels.`,
    );
  }
}

export function checkValue(value: string, tier: 'Standard' | 'Advanced', allowedPattern: string | undefined): void {
  if (value === '') throw new AwsError('ValidationException', 'Parameter value must not be empty.');
  const most = VALUE_BYTES_MAX[tier];
  if (Buffer.byteLength(value) > most) {
    const message = `${tier} tier parameters support a maximum parameter value of ${most} characters.`;
    throw new AwsError('ValidationException', message);
  }
  if (/\{\{.*\}\}/.test(value)) {
    throw new AwsError(
      'ValidationException',
      'Parameter value can\'t nest another parameter. Do not use "{{}}" in the value.',
    );
  }
  if (allowedPattern !== undefined && !matchesPattern(allowedPattern, value, 'InvalidAllowedPatternException')) {
    const message = `Parameter value, cannot be validated against allowedPattern: ${allowedPattern}`;
    throw new AwsError('ParameterPatternMismatchException', message);
  }
}

/** A name as its ARN has it. AWS takes a name without a hierarchy with and without its first slash (moto's tests that were run against AWS). */
export const pathOf = (name: string): string => (name.startsWith('/') ? name : `/${name}`);

/** Whether a parameter is below a path, directly or at any depth. */
export function isBelow(name: string, path: string, recursive: boolean): boolean {
  const prefix = path.endsWith('/') ? path : `${path}/`;
  return pathOf(name).startsWith(prefix) && (recursive || !pathOf(name).slice(prefix.length).includes('/'));
}
