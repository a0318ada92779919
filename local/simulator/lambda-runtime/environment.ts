// What Lambda needs from the rest of the local region: sandboxes to run code in, the code, and the receivers of its reports.

export interface CodeFile {
  /** The file's path, for stack traces and source maps. */
  readonly path: string;
  readonly source: string;
}

/** The bundle of a function, read from its asset: the file with its handler, and the other files. */
export interface CodeBundle extends CodeFile {
  /** The asset's other files, by the specifier with which the first one requires them: "./lazy.js". */
  readonly others?: ReadonlyMap<string, CodeFile>;
  /** Of all files. */
  readonly sha256: string;
}

/** One version of a function, as far as a sandbox needs it. */
export interface SandboxFunction {
  readonly functionName: string;
  /** "$LATEST" or a number. */
  readonly version: string;
  readonly roleArn: string;
  readonly code: CodeBundle;
  /** "index.handler": file without its extension, and exported name. */
  readonly handler: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly memoryMiB: number;
  readonly timeoutSeconds: number;
  /** Absent: it is on the internet. */
  readonly vpc: FunctionVpc | undefined;
}

/** The VPC of a function; the function has no route out of it. */
export interface FunctionVpc {
  readonly vpcId: string;
  readonly subnetIds: readonly string[];
  readonly securityGroupIds: readonly string[];
}

/** The context object of the Node.js runtime ("Using the Lambda context object to retrieve Node.js function information"). */
export interface InvocationContext {
  readonly functionName: string;
  readonly functionVersion: string;
  readonly invokedFunctionArn: string;
  readonly memoryLimitInMB: string;
  readonly awsRequestId: string;
  readonly logGroupName: string;
  readonly logStreamName: string;
  callbackWaitsForEmptyEventLoop: boolean;
  getRemainingTimeInMillis(): number;
}

export interface Sandbox {
  /** Name of the sandbox as a caller of AWS: "chainmend-resize-volume/1". */
  readonly actor: string;
  /** Killed, or ended by itself: it accepts no other invocation. */
  readonly dead: boolean;
  invoke(event: unknown, context: InvocationContext): Promise<unknown>;
  /** After this, nothing that runs in the sandbox has any effect: its requests stay pending for ever. */
  kill(): void;
}

/** Throws if the code cannot be loaded: that invocation fails. */
export type StartSandbox = (fn: SandboxFunction) => Sandbox;

export type Crash = 'crash-before' | 'crash-after' | undefined;

export interface LambdaHooks {
  /** Called at the `n`-th checkpoint (from 1) of an execution; the result kills the sandbox before or after it takes effect. */
  checkpoint?(
    n: number,
    execution: { readonly arn: string; readonly name: string; readonly functionName: string },
  ): Crash;
}

export type PutMetric = (
  namespace: string,
  metricName: string,
  dimensions: Readonly<Record<string, string>>,
  value: number,
) => void;

/** The part of the bootstrap bucket that functions are deployed from. */
export class CodeStore {
  readonly #bundles = new Map<string, CodeBundle>();

  put(bucket: string, key: string, bundle: CodeBundle): void {
    this.#bundles.set(`${bucket}/${key}`, bundle);
  }

  get(bucket: string, key: string): CodeBundle | undefined {
    return this.#bundles.get(`${bucket}/${key}`);
  }
}
