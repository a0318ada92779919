// How each service of AWS refuses a request whose members are missing or of the wrong type.
import type { ServiceModel } from '../wire/model.ts';
import type { ShapeProblem } from '../wire/shape.ts';
import { AwsError } from './service.ts';

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
  if (service.name === 'sns') return new AwsError('InvalidParameter', `Invalid parameter: ${path}`);
  const camelCase = path.replace(/(^|\.)([A-Z])/g, (_all, dot: string, letter: string) => dot + letter.toLowerCase());
  const message = `1 validation error detected: Value null at '${camelCase}' failed to satisfy constraint: Member must not be null`;
  if (service.name === 'iam' || service.name === 'sts') return new AwsError('ValidationError', message);
  if (service.name === 'route53') return new AwsError('InvalidInput', message);
  return new AwsError('ValidationException', message);
}

function malformedCode(service: ServiceModel): string {
  if (service.name === 'ec2') return 'InvalidParameterValue';
  return service.protocol === 'awsQuery' ? 'MalformedInput' : 'SerializationException';
}
