// EC2's request rates, and its errors for requests with invalid values.
import { lastName, requirementOf, valueExcerpt, wrongContent } from '../../simulator/gateway/errors.ts';
import type { Violation } from '../../simulator/gateway/rules.ts';
import type { Rate, Refusals } from '../../simulator/gateway/service-interface.ts';
import { ownValue } from '../../simulator/own-properties.ts';
import { AwsError } from '../../simulator/service.ts';

const RATES: Readonly<Record<string, Rate>> = {
  CreateSnapshot: { burst: 100, perSecond: 5 },
  CreateTags: { burst: 100, perSecond: 10 },
  CreateVolume: { burst: 100, perSecond: 5 },
  RunInstances: { burst: 5, perSecond: 2 },
  StartInstances: { burst: 5, perSecond: 2 },
};

/** "Request throttling for the Amazon EC2 API": request token bucket sizes and refill rates. */
export function rateOf(operation: string, input: object): Rate {
  const special = ownValue(RATES, operation);
  if (special !== undefined) return special;
  if (/^(Describe|Get|List|Search)/.test(operation)) {
    const narrowed = Object.keys(input).some((name) => /^(Filters|MaxResults|NextToken|\w+Ids?)$/.test(name));
    return narrowed ? { burst: 100, perSecond: 20 } : { burst: 50, perSecond: 10 };
  }
  return { burst: 50, perSecond: 5 };
}

/** "Error codes for the Amazon EC2 API": UnknownVolumeType, InvalidParameterValue. */
function violation(violation: Violation): AwsError {
  const name = lastName(violation);
  const value = valueExcerpt(wrongContent(violation));
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

export const refusals: Refusals = {
  missing: (path) => new AwsError('MissingParameter', `The request must contain the parameter ${path}`),
  violation,
  malformedCode: 'InvalidParameterValue',
};
