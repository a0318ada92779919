// The Lambda Runtime API for one execution environment: hands out invocations one at a time, and takes what becomes of them.
// Source: "Using the Lambda runtime API for custom runtimes", version 2018-06-01.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import type { Clock } from '../../local/simulator/kernel.ts';
import type { InvocationContext } from '../../local/simulator/lambda-runtime/environment.ts';

export interface RuntimeApi {
  /** For AWS_LAMBDA_RUNTIME_API. */
  readonly address: string;
  /** Rejects with an `Error` of the name that the runtime told. */
  invoke(event: unknown, context: InvocationContext): Promise<unknown>;
  close(): void;
}

interface Invocation {
  readonly event: unknown;
  readonly context: InvocationContext;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
}

interface Told {
  readonly errorType: string;
  readonly errorMessage: string;
  readonly stackTrace: readonly string[];
}

const PATH =
  /^\/2018-06-01\/runtime\/(?:invocation\/(?<next>next)|invocation\/[^/]+\/(?<ended>response|error)|(?<init>init)\/error)$/;

/** @param clock of the process that asks: its deadlines are told in this time */
export async function serveRuntimeApi(clock: Pick<Clock, 'now'>): Promise<RuntimeApi> {
  let waiting: Invocation | undefined;
  let current: Invocation | undefined;
  let runtime: ServerResponse | undefined;
  let initError: Error | undefined;

  /** Once both are there: an invocation, and a runtime that asks for one. */
  const handOver = (): void => {
    if (!waiting || !runtime) return;
    const { event, context } = waiting;
    runtime
      .writeHead(200, {
        'content-type': 'application/json',
        'Lambda-Runtime-Aws-Request-Id': context.awsRequestId,
        'Lambda-Runtime-Deadline-Ms': String(clock.now() + context.getRemainingTimeInMillis()),
        'Lambda-Runtime-Invoked-Function-Arn': context.invokedFunctionArn,
      })
      .end(JSON.stringify(event));
    current = waiting;
    waiting = undefined;
    runtime = undefined;
  };

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { next, ended, init } = PATH.exec(request.url ?? '')?.groups ?? {};
    if (next) {
      runtime = response;
      handOver();
      return;
    }
    const body = await json(request);
    response.writeHead(ended || init ? 202 : 404).end();
    if (init) {
      initError = errorOf(body as Told);
      waiting?.reject(initError);
    }
    const over = current;
    if (ended) current = undefined;
    if (ended === 'response') over?.resolve(body);
    if (ended === 'error') over?.reject(errorOf(body as Told));
  };

  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      // The process died while it spoke.
      if (!request.destroyed) throw error;
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    invoke: (event, context) =>
      new Promise((resolve, reject) => {
        if (initError) reject(initError);
        waiting = { event, context, resolve, reject };
        handOver();
      }),
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

const errorOf = ({ errorType, errorMessage, stackTrace }: Told): Error =>
  Object.assign(new Error(errorMessage), { name: errorType, stack: stackTrace.join('\n') });
