// Errors by which AWS says "not so fast": the call had no effect, and the same call may succeed later.

/** In the words of EC2, CloudWatch and SSM, Lambda, SNS, and DynamoDB ("API throttling" of EC2, common errors of the others; SDK: THROTTLING_ERROR_CODES). */
const NAMES = new Set([
  'RequestLimitExceeded',
  'EC2ThrottledException',
  'RequestThrottled',
  'RequestThrottledException',
  'SlowDown',
  'Throttling',
  'ThrottlingException',
  'TooManyRequestsException',
  'ThrottledException',
  'ProvisionedThroughputExceededException',
]);
const MAX_CAUSES = 5;

/** Also where the durable SDK has wrapped it: a step's own error is the cause of what the step throws. */
export function isThrottling(error: unknown): boolean {
  let cause: unknown = error;
  for (let depth = 0; depth < MAX_CAUSES && cause instanceof Error; depth++) {
    if (NAMES.has(cause.name)) return true;
    cause = cause.cause;
  }
  return false;
}
