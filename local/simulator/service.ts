// What every emulated AWS service of the local region has in common: the shape of a call, of an operation, and of a refusal.

/** One AWS request as a service sees it: the wire, signing, throttling and latency are already behind it. */
export interface Call {
  /** Virtual time at which the request takes effect, in ms since the epoch. */
  readonly at: number;
  /** Who calls: a sandbox ("resize-volume/1"), "person", "node/i-0123…", "cli". Each actor has its own random stream. */
  readonly actor: string;
  /** The role that the caller runs as; absent for a person, who may do everything. */
  readonly roleArn?: string;
  /** Of the function whose code calls. */
  readonly functionArn?: string;
  /** An AWS service calls for itself, on behalf of something that it keeps. */
  readonly principal?: ServicePrincipal;
  /** Over plain HTTP. */
  readonly insecure?: true;
}

/** An AWS service as a caller, and what it acts for: "cloudwatch.amazonaws.com" for an alarm. */
export interface ServicePrincipal {
  readonly service: string;
  readonly sourceArn: string;
  /** Whose the source is. */
  readonly sourceAccount: string;
}

/** Input and output are what the SDK's command takes and gives; their wire form is the business of `local/simulator/gateway`. */
// biome-ignore lint/suspicious/noExplicitAny: each operation narrows its own input; the wire has validated it against the SDK's schema
export type Operation = (input: any, call: Call) => object | Promise<object>;

export interface Service {
  /** SigV4 signing name, which is how requests are routed: "ec2", "ssm", "monitoring", "dynamodb", "lambda", "sns", … */
  readonly name: string;
  readonly operations: Readonly<Record<string, Operation>>;
}

/** A modelled AWS error: `name` is the code that the SDK gives its exception, `data` its further members. */
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

/** "The request processing has failed because of an unknown error, exception or failure" (common errors of every API reference). */
export const internalFailure = (): AwsError =>
  new AwsError(
    'InternalFailure',
    'The request processing has failed because of an unknown error, exception or failure.',
    {
      fault: 'server',
    },
  );

/** What the local region lacks is refused, never made up: "The local region does not emulate <what>". Nobody tries that again. */
export const notEmulated = (what: string): AwsError =>
  new AwsError('NotImplemented', `The local region does not emulate ${what}`);
