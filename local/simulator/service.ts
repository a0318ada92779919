// What all emulated AWS services share: the shape of a call, of an operation, and of an error.

/** One AWS request as a service sees it, after the wire, signing, throttling and latency. */
export interface Call {
  /** Virtual time at which the request takes effect, in ms since the epoch. */
  readonly at: number;
  /** The caller: a sandbox ("resize-volume/1"), "person", "node/i-0123…", "cli". Each actor has its own random stream. */
  readonly actor: string;
  /** The caller's role; absent for a person, who may do everything. */
  readonly roleArn?: string;
  /** ARN of the function whose code calls. */
  readonly functionArn?: string;
  /** Set if an AWS service calls for itself, on behalf of one of its resources. */
  readonly principal?: ServicePrincipal;
  /** Over plain HTTP. */
  readonly insecure?: true;
}

/** An AWS service as a caller, and the resource that it acts for: "cloudwatch.amazonaws.com" for an alarm. */
export interface ServicePrincipal {
  readonly service: string;
  readonly sourceArn: string;
  /** The owner of the source. */
  readonly sourceAccount: string;
}

/** Input and output are those of the SDK's command; `local/simulator/gateway` handles their wire form. */
// biome-ignore lint/suspicious/noExplicitAny: each operation narrows its own input; the wire has validated it against the SDK's schema
export type Operation = (input: any, call: Call) => object | Promise<object>;

export interface Service {
  /** SigV4 signing name, which routes requests: "ec2", "ssm", "monitoring", "dynamodb", "lambda", "sns", … */
  readonly name: string;
  readonly operations: Readonly<Record<string, Operation>>;
}

/** A modelled AWS error: `name` is the code of the SDK's exception, `data` its further members. */
export class AwsError extends Error {
  readonly $fault: 'client' | 'server';
  readonly statusCode: number;
  readonly data: Readonly<Record<string, unknown>>;

  constructor(
    code: string,
    message: string,
    options: { statusCode?: number; fault?: 'client' | 'server'; data?: Record<string, unknown> } = {},
  ) {
    super(message);
    this.name = code;
    this.$fault = options.fault ?? 'client';
    this.statusCode = options.statusCode ?? (this.$fault === 'server' ? 500 : 400);
    this.data = options.data ?? {};
  }
}

/** A filter that a service of the region does not have, in AWS's words for one that AWS does not have either: the gateway looks which it is. */
export class UnknownFilter extends AwsError {
  readonly filter: string;
  /** Whether AWS documents it for the operation; undefined: the SDK's comment on the member `Filters` says so. */
  readonly isDocumented: boolean | undefined;

  constructor(filter: string, code: string, message: string, isDocumented?: boolean) {
    super(code, message);
    this.filter = filter;
    this.isDocumented = isDocumented;
  }
}

/** "The request processing has failed because of an unknown error, exception or failure" (common errors of every API reference). */
export const internalFailure = (): AwsError =>
  new AwsError(
    'InternalFailure',
    'The request processing has failed because of an unknown error, exception or failure.',
    {
      fault: 'server',
    },
  );

/** "The request has failed due to a temporary failure of the server" (common errors of every API reference). */
export const unavailable = (): AwsError =>
  new AwsError('ServiceUnavailable', 'The request has failed due to a temporary failure of the server.', {
    fault: 'server',
    statusCode: 503,
  });

/** What the local region lacks is refused, never invented: "The local region does not emulate <what>". SDKs do not retry it. */
export const notEmulated = (what: string): AwsError =>
  new AwsError('NotImplemented', `The local region does not emulate ${what}`);
