// Separates definite refusals of AWS from throttling and from errors with an unknown effect. After a refusal another way may be tried; after such an
// error it may not.
import { plainText } from '../text/plain-text.ts';

/** The call had no effect, and the same call will be refused again. `code` is AWS's, `refused` its words. */
export interface AwsRefusal {
  readonly refused: string;
  readonly code: string;
}

export type Accepted = { readonly accepted: true };

/** AWS quotes the request; its encoded authorization messages are longer, and are of no use to a person. */
const REFUSED_CHARACTERS = 1_000;
const CODE_CHARACTERS = 100;

/**
 * Server faults by their status, refusals by their meaning: "There was insufficient capacity available to satisfy the launch request"
 * ("Server error codes", Error codes for the Amazon EC2 API; the second is of instances that need a reservation).
 */
const DEFINITE = new Set([
  'InsufficientInstanceCapacity',
  'InsufficientReservedInstanceCapacity',
  'InsufficientVolumeCapacity',
]);

/**
 * Client error codes that the same call may not get again: its credentials or its clock were old, or it was not read in time (SDK:
 * CLOCK_SKEW_ERROR_CODES, TRANSIENT_ERROR_CODES).
 */
const PASSING = new Set([
  'RequestTimeout',
  'RequestTimeoutException',
  'RequestExpired',
  'RequestInTheFuture',
  'RequestTimeTooSkewed',
  'ExpiredToken',
  'ExpiredTokenException',
  'TimeoutError',
]);
/** "Request Timeout" and "Too Many Requests" (RFC 9110, RFC 6585), no matter what the service calls them. */
const PASSING_STATUS = new Set([408, 429]);

/**
 * The refusal in an error of AWS: "Client error codes … 4xx". Throttling is not a refusal, because the same call may succeed later (it certainly had
 * no effect: `isThrottling`). Neither is a server fault or a time-out, which say nothing about the effect.
 *
 * @throws the error itself where it is no refusal
 */
export function refusalOf(error: unknown): AwsRefusal {
  if (!(error instanceof Error) || isThrottling(error) || PASSING.has(error.name)) throw error;
  const { name, message } = error;
  const status = statusOf(error);
  if (status !== undefined && PASSING_STATUS.has(status)) throw error;
  if (DEFINITE.has(name) || (status !== undefined && status >= 400 && status <= 499)) {
    return { refused: plainText(`${name}: ${message}`, REFUSED_CHARACTERS), code: plainText(name, CODE_CHARACTERS) };
  }
  throw error;
}

/** EC2's own code, those of the query protocols and the exception of the JSON protocols. */
const DENIED = /^(UnauthorizedOperation|AccessDenied(Exception)?|AuthorizationError(Exception)?)$/;

/** Whether IAM has refused: the resource of a call lacks the tags that the caller's role requires. */
export const isDenied = ({ code }: Pick<AwsRefusal, 'code'>): boolean => DENIED.test(code);

/** The HTTP status: a member of ServiceException of the SDK, for every service; undefined where no answer was read. */
function statusOf(error: Error): number | undefined {
  const { $metadata } = error as { readonly $metadata?: { readonly httpStatusCode?: number | undefined } };
  return $metadata?.httpStatusCode;
}

/** The call's own result, or AWS's refusal of it. @throws every error that is no refusal */
export async function catchRefusal<T>(call: () => Promise<T>): Promise<T | AwsRefusal> {
  try {
    return await call();
  } catch (error) {
    return refusalOf(error);
  }
}

/**
 * The answer of AWS to a call with DryRun, which changes nothing: "If you have the required permissions, the error response is DryRunOperation".
 * @throws every error that is no refusal
 */
export async function catchDryRun(call: () => Promise<unknown>): Promise<Accepted | AwsRefusal> {
  try {
    await call();
  } catch (error) {
    if (error instanceof Error && error.name === 'DryRunOperation') return { accepted: true };
    return refusalOf(error);
  }
  throw new Error('a dry run was carried out');
}

/**
 * Error names of EC2, CloudWatch and SSM, Lambda, SNS, and DynamoDB ("API throttling" of EC2, common errors of the others; SDK:
 * THROTTLING_ERROR_CODES).
 */
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

/** Also where the durable SDK has wrapped it: a step's own error is the cause of the error that the step throws. */
export const isThrottling = (error: unknown): boolean => causesOf(error).some(({ name }) => NAMES.has(name));

function causesOf(error: unknown): readonly Error[] {
  const causes: Error[] = [];
  for (let cause = error; cause instanceof Error && causes.length < MAX_CAUSES; cause = cause.cause) causes.push(cause);
  return causes;
}

/**
 * AWS has failed at a call: its answer is a server fault, or no answer came. It says nothing about the node, and the same call may succeed later.
 * Only the name of an error outlives a checkpoint, so that the name tells which of the two it was.
 */
export class AwsFailure extends Error {
  /** AwsFault: it was answered, so that the request is on its way no more. AwsSilence: it may still be. */
  override readonly name: 'AwsFault' | 'AwsSilence';

  constructor(name: 'AwsFault' | 'AwsSilence', cause: Error) {
    super(cause.message, { cause });
    this.name = name;
  }
}

/** Codes and names of connections that were refused, broken, or timed out (Node.js, "Common system errors"; SDK: TimeoutError). */
const UNANSWERED = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'TimeoutError',
]);

/** The error itself, or AWS's failure in it. */
export function namedFailure(error: unknown): unknown {
  for (const cause of causesOf(error)) {
    if (cause instanceof AwsFailure) return cause;
    const status = statusOf(cause);
    if (status !== undefined && status >= 500 && !DEFINITE.has(cause.name)) return new AwsFailure('AwsFault', cause);
    const { code = '' } = cause as { readonly code?: unknown };
    if (status === undefined && (UNANSWERED.has(cause.name) || UNANSWERED.has(String(code))))
      return new AwsFailure('AwsSilence', cause);
  }
  return error;
}

const FAILURES = new Set<string>(['AwsFault', 'AwsSilence'] satisfies AwsFailure['name'][]);

/** Whether AWS has failed at the call, also where the durable SDK has wrapped the error, or made it again from a checkpoint. */
export const isAwsFailure = (error: unknown): boolean =>
  causesOf(namedFailure(error)).some(({ name }) => FAILURES.has(name));

/** Whether AWS has answered the call with a server fault: the request is on its way no more, although it may have had its effect. */
export const isAwsFault = (error: unknown): boolean =>
  causesOf(namedFailure(error)).some(({ name }) => name === 'AwsFault');
