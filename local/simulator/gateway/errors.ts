// How each service of AWS refuses a request whose members are missing, of the wrong type, or have values that no request may have.

import { AwsError } from '../service.ts';
import type { ServiceModel } from './model.ts';
import type { Constraint, Violation } from './rules.ts';
import type { ShapeProblem } from './shape.ts';

/** The service's own code and message form, as in the "Common errors" page of each API reference. */
export function refuseShape(service: ServiceModel, { problem, path }: ShapeProblem): AwsError {
  if ('expected' in problem) return new AwsError(malformedCode(service), `${path}: expected ${problem.expected}`);
  if (service.name === 'ec2' || service.name === 'sqs') {
    return new AwsError('MissingParameter', `The request must contain the parameter ${path}`);
  }
  if (service.name === 'monitoring') {
    return new AwsError('MissingRequiredParameterException', `The parameter ${path} is required.`);
  }
  if (service.name === 'dlm') {
    const data = { RequiredParameters: [path] };
    return new AwsError('InvalidRequestException', `Missing required parameter: ${path}`, { data });
  }
  if (service.name === 'sns') return new AwsError('InvalidParameterException', `Invalid parameter: ${path}`);
  const message = `1 validation error detected: Value null at '${camelCase(path)}' failed to satisfy constraint: Member must not be null`;
  return new AwsError(validationCode(service), message);
}

/** For values outside of what the model allows. There is at least one violation. */
export function refuseViolations(service: ServiceModel, operation: string, violations: readonly Violation[]): AwsError {
  const [first] = violations;
  if (first !== undefined) {
    const own = IN_THEIR_OWN_WORDS.get(service.name)?.(first, operation);
    if (own !== undefined) return own;
  }
  const count = `${violations.length} validation error${violations.length === 1 ? '' : 's'} detected`;
  return new AwsError(validationCode(service), `${count}: ${violations.map(sentenceOf).join('; ')}`);
}

type Words = (violation: Violation, operation: string) => AwsError | undefined;

/** Most services are built with one framework and word it alike. These do not; undefined: here they do. */
const IN_THEIR_OWN_WORDS: ReadonlyMap<string, Words> = new Map<string, Words>([
  ['ec2', inWordsOfEc2],
  ['monitoring', inWordsOfMetrics],
  ['route53', inWordsOfXmlSchema],
  ['sns', inWordsOfSns],
  ['sqs', inWordsOfSqs],
]);

/** "Error codes for the Amazon EC2 API": UnknownVolumeType, InvalidParameterValue. */
function inWordsOfEc2(violation: Violation): AwsError {
  const name = lastName(violation);
  const value = shown(wrongContent(violation));
  if (name === 'VolumeType') {
    return new AwsError('UnknownVolumeType', `Unknown volume type: ${value}`);
  }
  if (name === 'InstanceTypes') {
    const message = `The following supplied instance types do not exist: [${value}]`;
    return new AwsError('InvalidInstanceType', message);
  }
  const invalid = `Invalid value '${value}' for ${name}.`;
  const [constraint] = violation.constraints;
  const why = constraint === undefined || constraint.kind === 'enum' ? '' : ` ${requirementOf(constraint)}.`;
  return new AwsError('InvalidParameterValue', invalid + why);
}

/** The operations on metrics, which are older than those on alarms. */
const METRICS = new Set(['PutMetricData', 'GetMetricStatistics', 'ListMetrics']);

function inWordsOfMetrics(violation: Violation, operation: string): AwsError | undefined {
  if (!METRICS.has(operation)) return undefined;
  const [constraint] = violation.constraints;
  const position = violation.of === 'elements' ? '.member.1' : '';
  const name =
    violation.path.map((part) => (typeof part === 'number' ? `member.${part + 1}` : part)).join('.') + position;
  const message =
    constraint?.kind === 'enum'
      ? `The parameter ${name} must be a value in the set [ ${[...constraint.values].join(', ')} ].`
      : constraint?.kind === 'most' && constraint.of === 'length'
        ? `The parameter ${name} must be shorter than ${constraint.bound + 1} characters.`
        : constraint?.kind === 'most' && constraint.of === 'size'
          ? `The collection ${name} must not have a size greater than ${constraint.bound}.`
          : `The value ${shown(wrongContent(violation))} for parameter ${name} is invalid.`;
  return new AwsError('InvalidParameterValueException', message);
}

/** Route 53 validates the documents it is sent against an XML schema; what stands in paths and query strings as others do. */
function inWordsOfXmlSchema(violation: Violation): AwsError | undefined {
  const [constraint] = violation.constraints;
  if (violation.path.length === 1 || constraint === undefined) return undefined;
  const value = shown(wrongContent(violation));
  const facet =
    constraint.kind === 'enum'
      ? 'enumeration'
      : constraint.kind === 'pattern'
        ? 'pattern'
        : `${constraint.kind === 'least' ? 'min' : 'max'}${constraint.of === 'value' ? 'Inclusive' : 'Length'}`;
  const allowed =
    constraint.kind === 'enum'
      ? `enumeration '[${[...constraint.values].join(', ')}]'. It must be a value from the enumeration.`
      : constraint.kind === 'pattern'
        ? `pattern '${constraint.pattern}'.`
        : `${facet} '${constraint.bound}'.`;
  const message = `Invalid XML ; cvc-${facet}-valid: Value '${value}' is not facet-valid with respect to ${allowed}`;
  return new AwsError('InvalidInput', message);
}

function inWordsOfSns(violation: Violation): AwsError {
  const [constraint] = violation.constraints;
  const why = constraint === undefined ? '' : ` Reason: ${requirementOf(constraint)}`;
  return new AwsError('InvalidParameterException', `Invalid parameter: ${lastName(violation)}${why}`);
}

/** "Unknown Attribute X." of CreateQueue, GetQueueAttributes and SetQueueAttributes; else as in "Common errors". */
function inWordsOfSqs(violation: Violation): AwsError {
  const name = lastName(violation);
  const value = shown(wrongContent(violation));
  if (/^(Message)?(System)?Attribute(s|Names)$/.test(name) && violation.of !== 'values') {
    return new AwsError('InvalidAttributeName', `Unknown Attribute ${value}.`);
  }
  return new AwsError('InvalidParameterValue', `Value ${value} for parameter ${name} is invalid.`);
}

const lastName = ({ path }: Violation): string => String(path.findLast((part) => typeof part === 'string') ?? '');

/** Of a list or a map, the first content that is wrong as a value of an enum; else the whole. */
function wrongContent({ value, constraints, of }: Violation): unknown {
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
  return `Value '${shown(value)}' at '${camelCase(place)}' failed to satisfy constraint: ${requirement}`;
}

const CONTENTS = { elements: 'Member', keys: 'Map keys', values: 'Map value' } as const;

function requirementOf(constraint: Constraint): string {
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

/** Enough of a value to know it again. */
const SHOWN_CHARACTERS_MAX = 1_000;

function shown(value: unknown): string {
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

/** What the framework's ValidationException is called by the query protocols, by Route 53 and by Data Lifecycle Manager. */
function validationCode({ name, protocol }: ServiceModel): string {
  if (name === 'route53') return 'InvalidInput';
  if (name === 'dlm') return 'InvalidRequestException';
  return protocol === 'awsQuery' || name === 'monitoring' ? 'ValidationError' : 'ValidationException';
}

function malformedCode(service: ServiceModel): string {
  if (service.name === 'ec2') return 'InvalidParameterValue';
  return service.protocol === 'awsQuery' ? 'MalformedInput' : 'SerializationException';
}
