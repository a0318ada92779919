// How each AWS service refuses a request whose members are missing, of the wrong type, or outside their constraints.

import { AwsError } from '../service.ts';
import type { ServiceModel } from './model.ts';
import type { Constraint, Violation } from './rules.ts';
import type { ShapeProblem } from './shape.ts';

/** The service's own code and message form, as in the "Common errors" page of each API reference. */
export function refuseShape(service: ServiceModel, { problem, path }: ShapeProblem): AwsError {
  if ('expected' in problem) return new AwsError(malformedCode(service), `${path}: expected ${problem.expected}`);
  const { missing } = service.declared.refusals ?? {};
  if (missing) return missing(path);
  const message = `1 validation error detected: Value null at '${camelCase(path)}' failed to satisfy constraint: Member must not be null`;
  return new AwsError(validationCode(service), message);
}

/** For values outside of the model's constraints. There is at least one violation. */
export function refuseViolations(service: ServiceModel, operation: string, violations: readonly Violation[]): AwsError {
  const [first] = violations;
  if (first !== undefined) {
    const own = service.declared.refusals?.violation?.(first, operation);
    if (own !== undefined) return own;
  }
  const count = `${violations.length} validation error${violations.length === 1 ? '' : 's'} detected`;
  return new AwsError(validationCode(service), `${count}: ${violations.map(sentenceOf).join('; ')}`);
}

export const lastName = ({ path }: Violation): string =>
  String(path.findLast((part) => typeof part === 'string') ?? '');

/** Of a list or a map, the first content that is not a value of its enum; else the whole. */
export function wrongContent({ value, constraints, of }: Violation): unknown {
  if (of === 'member' || typeof value !== 'object' || value === null) return value;
  const contents = Array.isArray(value) ? value : of === 'keys' ? Object.keys(value) : Object.values(value);
  const values = constraints.find((constraint) => constraint.kind === 'enum')?.values;
  return contents.find((content) => values !== undefined && !values.has(content)) ?? contents[0];
}

function sentenceOf({ path, value, constraints, of }: Violation): string {
  const place = path.map((part) => (typeof part === 'number' ? `${part + 1}.member` : part)).join('.');
  const requirements = constraints.map(requirementOf);
  const requirement =
    of === 'member' ? requirements.join() : `${CONTENTS[of]} must satisfy constraint: [${requirements.join(', ')}]`;
  return `Value '${valueExcerpt(value)}' at '${camelCase(place)}' failed to satisfy constraint: ${requirement}`;
}

const CONTENTS = { elements: 'Member', keys: 'Map keys', values: 'Map value' } as const;

/** A constraint in the framework's words. */
export function requirementOf(constraint: Constraint): string {
  switch (constraint.kind) {
    case 'enum':
      return `Member must satisfy enum value set: [${[...constraint.values].join(', ')}]`;
    case 'pattern':
      return `Member must satisfy regular expression pattern: ${constraint.pattern}`;
    default: {
      const what = constraint.of === 'value' ? 'value' : 'length';
      return `Member must have ${what} ${constraint.kind === 'least' ? 'greater' : 'less'} than or equal to ${constraint.bound}`;
    }
  }
}

/** Enough of a value to recognise it. */
const SHOWN_CHARACTERS_MAX = 1_000;

export function valueExcerpt(value: unknown): string {
  const text = Array.isArray(value)
    ? `[${value.map((item) => (typeof item === 'object' ? '{…}' : String(item))).join(', ')}]`
    : typeof value === 'object' && value !== null
      ? `{${Object.entries(value)
          .map(([key, item]) => `${key}=${String(item)}`)
          .join(', ')}}`
      : String(value);
  return text.slice(0, SHOWN_CHARACTERS_MAX);
}

const camelCase = (path: string): string =>
  path.replace(/(^|\.)([A-Z])/g, (_all, dot: string, letter: string) => dot + letter.toLowerCase());

function validationCode({ declared, protocol }: ServiceModel): string {
  const byProtocol = protocol === 'awsQuery' ? 'ValidationError' : 'ValidationException';
  return declared.refusals?.validationCode ?? byProtocol;
}

function malformedCode({ declared, protocol }: ServiceModel): string {
  const byProtocol = protocol === 'awsQuery' ? 'MalformedInput' : 'SerializationException';
  return declared.refusals?.malformedCode ?? byProtocol;
}
