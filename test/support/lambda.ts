// Lambda with handlers that run in this process, on a clock that jumps when nothing runs any more.
import type {
  CheckpointDurableExecutionRequest,
  CheckpointDurableExecutionResponse,
  GetDurableExecutionResponse,
  GetDurableExecutionStateRequest,
  GetDurableExecutionStateResponse,
  InvocationResponse,
} from '@aws-sdk/client-lambda';
import { createLambda } from '../../local/services/lambda/service.ts';
import {
  CodeStore,
  type InvocationContext,
  type LambdaHooks,
} from '../../local/simulator/lambda-runtime/environment.ts';
import { AwsError } from '../../local/simulator/service.ts';
import { type TestKernel, testKernel } from './kernel.ts';

export interface SandboxTools {
  /** A transport for the durable SDK that dies with its sandbox. */
  readonly client: {
    getExecutionState(input: GetDurableExecutionStateRequest): Promise<GetDurableExecutionStateResponse>;
    checkpoint(input: CheckpointDurableExecutionRequest): Promise<CheckpointDurableExecutionResponse>;
  };
  readonly actor: string;
  /** Ends the runtime, as an exception does that nobody catches; to be thrown. */
  end(error: Error): Error;
  /** A promise that never settles, of which `drain` knows. */
  hang(): Promise<never>;
}

export type Handler = (event: unknown, context: InvocationContext, tools: SandboxTools) => Promise<unknown>;

/** The durable SDK compares the service's timestamps with the real clock: far in the future, it suspends instead of polling. */
export const FUTURE_MS = Date.parse('2100-01-01T12:00:00Z');

export function lambdaRegion({
  kernel = testKernel({ startMs: FUTURE_MS }),
  observe = {},
  vpcOf = () => undefined,
  accountConcurrency,
}: {
  kernel?: TestKernel;
  observe?: LambdaHooks;
  vpcOf?: (subnetId: string) => string | undefined;
  accountConcurrency?: number;
} = {}) {
  const handlers = new Map<string, Handler>();
  const metrics: { metricName: string; dimensions: Readonly<Record<string, string>>; value: number }[] = [];
  const code = new CodeStore();
  let sandboxes = 0;
  let busy = 0;

  const lambda = createLambda(kernel, {
    code,
    observe,
    vpcOf,
    ...(accountConcurrency !== undefined && { accountConcurrency }),
    metric: (_, metricName, dimensions, value) => void metrics.push({ metricName, dimensions, value }),
    startSandbox: (fn) => {
      const actor = `${fn.functionName}/${++sandboxes}`;
      let dead = false;
      let running = false;
      const idle = (): void => {
        if (running) busy -= 1;
        running = false;
      };
      const hang = (): Promise<never> => {
        idle();
        return new Promise(() => {});
      };
      const request = async (operation: string, input: object): Promise<never> => {
        if (dead) return hang();
        try {
          const output = await call(operation, input, actor);
          return dead ? hang() : (output as never);
        } catch (error) {
          throw error instanceof AwsError ? asSdkError(error) : error;
        }
      };
      return {
        actor,
        get dead() {
          return dead;
        },
        kill: () => {
          dead = true;
          idle();
        },
        invoke: async (event, context) => {
          const handler = handlers.get(fn.functionName);
          if (handler === undefined) throw new Error(`no handler for ${fn.functionName}`);
          running = true;
          busy += 1;
          try {
            return await handler(event, context, {
              actor,
              hang,
              end: (error) => {
                dead = true;
                return error;
              },
              client: {
                checkpoint: (input) => request('CheckpointDurableExecution', input),
                getExecutionState: (input) => request('GetDurableExecutionState', input),
              },
            });
          } finally {
            idle();
          }
        },
      };
    },
  });

  const call = (operation: string, input: object, actor = 'person'): object | Promise<object> => {
    const carryOut = lambda.operations[operation];
    if (carryOut === undefined) throw new Error(`no operation ${operation}`);
    return carryOut(input, { at: kernel.clock.now(), actor });
  };

  /** Creates a function, publishes version 1 and points the alias `live` at it. */
  const deploy = (name: string, handler: Handler, settings: object = {}): void => {
    handlers.set(name, handler);
    code.put('assets', name, { path: `${name}/index.js`, source: '', sha256: name });
    call('CreateFunction', {
      FunctionName: name,
      Role: `arn:aws:iam::111122223333:role/${name}`,
      Code: { S3Bucket: 'assets', S3Key: name },
      Timeout: 60,
      ...settings,
    });
    call('PublishVersion', { FunctionName: name });
    call('CreateAlias', { FunctionName: name, Name: 'live', FunctionVersion: '1' });
  };

  /** Runs until nothing happens any more, or until this much virtual time has passed. */
  const drain = async (forMs = Number.POSITIVE_INFINITY): Promise<void> => {
    const untilMs = kernel.clock.now() + forMs;
    do {
      do await new Promise((resolve) => setImmediate(resolve));
      while (busy > 0);
    } while (kernel.clock.step(untilMs));
    if (Number.isFinite(untilMs)) kernel.clock.advance(untilMs - kernel.clock.now());
  };

  const invoke = (input: object, payload: unknown = {}) =>
    call('Invoke', { ...input, Payload: Buffer.from(JSON.stringify(payload)) }) as
      | InvocationResponse
      | Promise<InvocationResponse>;

  const get = (arn: string | undefined) =>
    call('GetDurableExecution', { DurableExecutionArn: arn }) as GetDurableExecutionResponse;

  const counted = (metricName: string): number =>
    metrics
      .filter((metric) => metric.metricName === metricName && !('Resource' in metric.dimensions))
      .reduce((sum, { value }) => sum + value, 0);

  return { kernel, lambda, code, call, deploy, drain, invoke, get, metrics, counted };
}

/** The durable SDK tells errors apart by the HTTP status that an SDK client would have seen. */
const asSdkError = (error: AwsError): AwsError =>
  Object.assign(error, { $metadata: { httpStatusCode: error.statusCode } });

export const textOf = (payload: Uint8Array | undefined): unknown => JSON.parse(Buffer.from(payload ?? []).toString());
