// A Lambda runtime for Node.js, as small as it can be: loads a function's file and serves its invocations over the Runtime API.
// Usage: node runtime-client.ts, with the environment variables that Lambda sets ("Using the Lambda runtime API for custom runtimes").
import { createRequire } from 'node:module';
import { join } from 'node:path';

const { env } = process;
const api = `http://${env['AWS_LAMBDA_RUNTIME_API']}/2018-06-01/runtime`;
const [file = '', exported = ''] = (env['_HANDLER'] ?? '').split('.');

const handler = await load();
for (;;) {
  const next = await fetch(`${api}/invocation/next`);
  const told = (name: string): string => next.headers.get(`lambda-runtime-${name}`) ?? '';
  const requestId = told('aws-request-id');
  const deadlineMs = Number(told('deadline-ms'));
  const context = {
    awsRequestId: requestId,
    invokedFunctionArn: told('invoked-function-arn'),
    functionName: env['AWS_LAMBDA_FUNCTION_NAME'],
    functionVersion: env['AWS_LAMBDA_FUNCTION_VERSION'],
    memoryLimitInMB: env['AWS_LAMBDA_FUNCTION_MEMORY_SIZE'],
    logGroupName: env['AWS_LAMBDA_LOG_GROUP_NAME'],
    logStreamName: env['AWS_LAMBDA_LOG_STREAM_NAME'],
    callbackWaitsForEmptyEventLoop: true,
    getRemainingTimeInMillis: () => deadlineMs - Date.now(),
  };
  try {
    const result = await handler(await next.json(), context);
    await tell(`invocation/${requestId}/response`, JSON.stringify(result) ?? 'null');
  } catch (error) {
    await tell(`invocation/${requestId}/error`, described(error));
  }
}

async function load(): Promise<(event: unknown, context: object) => unknown> {
  try {
    return createRequire(import.meta.url)(join(env['LAMBDA_TASK_ROOT'] ?? '', `${file}.js`))[exported];
  } catch (error) {
    await tell('init/error', described(error));
    throw error;
  }
}

async function tell(path: string, body: string): Promise<void> {
  const response = await fetch(`${api}/${path}`, { method: 'POST', body });
  await response.arrayBuffer();
}

function described(error: unknown): string {
  const { name, message, stack } = error instanceof Error ? error : new Error(String(error));
  return JSON.stringify({ errorType: name, errorMessage: message, stackTrace: (stack ?? '').split('\n') });
}
