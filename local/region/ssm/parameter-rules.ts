// What Parameter Store accepts as a name and as a value. Source: doc comment of PutParameterRequest in @aws-sdk/client-ssm.
import { AwsError } from '../service.ts';

const NAME_LENGTH_MAX = 1_011;
/** "A parameter name hierarchy can have a maximum of 15 levels." */
const LEVELS_MAX = 15;
/** "Standard parameters have a value limit of 4 KB. Advanced parameters have a value limit of 8 KB." */
const VALUE_BYTES_MAX = { Standard: 4_096, Advanced: 8_192 } as const;

export function checkName(name: string): void {
  if (!/^[a-zA-Z0-9_.\-/]+$/.test(name) || name.length > NAME_LENGTH_MAX) {
    const rule = 'Parameter name: can only include letters, numbers and the symbols _.-/';
    throw new AwsError(
      'ValidationException',
      `${rule}, at most ${NAME_LENGTH_MAX} of them; given: ${name.slice(0, 200)}`,
    );
  }
  if (name.includes('/') && !name.startsWith('/')) {
    throw new AwsError(
      'ValidationException',
      `Parameter name must be a fully qualified name: ${name} does not begin with "/".`,
    );
  }
  if (/^\/?(aws|ssm)/i.test(name)) {
    throw new AwsError(
      'ValidationException',
      'Parameter name: can\'t be prefixed with "aws" or "ssm" (case-insensitive).',
    );
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
  if (allowedPattern !== undefined && !new RegExp(allowedPattern).test(value)) {
    const message = `Parameter value, cannot be validated against allowedPattern: ${allowedPattern}`;
    throw new AwsError('ParameterPatternMismatchException', message);
  }
}

/** Whether a parameter lies below a path, directly or anywhere. */
export function isBelow(name: string, path: string, recursive: boolean): boolean {
  const prefix = path.endsWith('/') ? path : `${path}/`;
  return name.startsWith(prefix) && (recursive || !name.slice(prefix.length).includes('/'));
}
