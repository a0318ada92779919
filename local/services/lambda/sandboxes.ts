// The pool of sandboxes. Each runs one invocation at a time, the most recently used one is used next, and a killed one never again.
import type { Kernel, Timer } from '../../simulator/kernel.ts';
import type { InvocationContext, Sandbox, StartSandbox } from '../../simulator/lambda-runtime/environment.ts';
import { AwsError } from '../../simulator/service.ts';
import type { LambdaFunction } from './functions.ts';

/** The payload of an invocation that failed. */
export interface FunctionError {
  readonly errorType: string;
  readonly errorMessage: string;
  /** Of errors that the function itself threw; the service's own errors have none. */
  readonly trace?: readonly string[];
}

export type Outcome =
  | { readonly ok: true; readonly payload: string }
  | { readonly ok: false; readonly error: FunctionError };

export interface Run {
  readonly fn: LambdaFunction;
  readonly invokedArn: string;
  readonly requestId: string;
  /** JSON text; parsed again for each invocation. */
  readonly payload: string;
}

/** "Lambda quotas": 1,000 concurrent executions an account, unless raised; "new accounts have reduced concurrency and memory quotas". */
export const ACCOUNT_CONCURRENCY = 1000;
/** The contract's cost of a cold start. */
const COLD_START_MS = 500;
// AWS does not publish how long it keeps idle sandboxes, or how many. This is long enough for a function that runs each minute.
const IDLE_LIFETIME_MS = 10 * 60_000;
const IDLE_MAX_PER_VERSION = 20;
// "Lambda quotas": 6 MB; for a response a hundred bytes more (the message of `Function.ResponseSizeTooLarge`).
const RESPONSE_BYTES = 6 * 1024 * 1024 + 100;

interface Idle {
  readonly sandbox: Sandbox;
  readonly sinceMs: number;
}

interface Running {
  readonly sandbox: Sandbox | undefined;
  readonly functionName: string;
  readonly requestId: string;
  readonly timers: Timer[];
  readonly fail: (error: FunctionError) => void;
}

export type Sandboxes = ReturnType<typeof createSandboxes>;

export function createSandboxes(
  kernel: Kernel,
  startSandbox: StartSandbox,
  reservedConcurrency: (functionName: string) => number | undefined,
  accountConcurrency = ACCOUNT_CONCURRENCY,
  totalReserved = () => 0,
) {
  const idle = new Map<string, Idle[]>();
  const running = new Set<Running>();

  /** What was changed has sandboxes of its own: the earlier code takes no invocation any more. */
  const keyOf = (fn: LambdaFunction): string => `${fn.functionName}:${fn.version}:${fn.modifiedAtMs}`;

  /** Throws TooManyRequestsException if the function or the account has no room for one more invocation. */
  const checkConcurrency = (fn: LambdaFunction): void => {
    const reserved = reservedConcurrency(fn.functionName);
    const own = [...running].filter((run) => run.functionName === fn.functionName).length;
    if (reserved !== undefined && own >= reserved) throw throttled('ReservedFunctionConcurrentInvocationLimitExceeded');
    if (reserved !== undefined) return;
    // "Reserving concurrency": other functions cannot use what is reserved for one function, and it uses nothing of theirs.
    const unreserved = [...running].filter((run) => reservedConcurrency(run.functionName) === undefined).length;
    if (unreserved >= accountConcurrency - totalReserved()) throw throttled('ConcurrentInvocationLimitExceeded');
  };

  const takeWarm = (fn: LambdaFunction): Sandbox | undefined => {
    const warm: Idle[] = [];
    for (const entry of idle.get(keyOf(fn)) ?? []) {
      if (entry.sinceMs + IDLE_LIFETIME_MS <= kernel.clock.now()) entry.sandbox.kill();
      if (!entry.sandbox.dead) warm.push(entry);
    }
    const taken = warm.pop();
    idle.set(keyOf(fn), warm);
    return taken?.sandbox;
  };

  const putBack = (fn: LambdaFunction, sandbox: Sandbox): void => {
    // An uncaught exception has ended the runtime with the invocation.
    if (sandbox.dead) return;
    const list = idle.get(keyOf(fn)) ?? [];
    list.push({ sandbox, sinceMs: kernel.clock.now() });
    for (const reaped of list.splice(0, Math.max(0, list.length - IDLE_MAX_PER_VERSION))) reaped.sandbox.kill();
    idle.set(keyOf(fn), list);
  };

  /** Runs one invocation and calls `done` exactly once. If it is throttled, it throws and never calls `done`. */
  const run = (request: Run, done: (outcome: Outcome) => void): void => {
    const { fn, requestId } = request;
    checkConcurrency(fn);
    const warm = takeWarm(fn);
    let sandbox = warm;
    let initError: unknown;
    if (sandbox === undefined) {
      try {
        sandbox = startSandbox(fn);
      } catch (error) {
        initError = error;
      }
    }

    const timers: Timer[] = [];
    const settle = (outcome: Outcome): void => {
      if (!running.delete(entry)) return;
      for (const timer of timers) timer.cancel();
      done(outcome);
    };
    const entry: Running = {
      sandbox,
      functionName: fn.functionName,
      requestId,
      timers,
      fail: (error) => settle({ ok: false, error }),
    };
    running.add(entry);

    const begin = (): void => {
      if (sandbox === undefined) {
        settle({ ok: false, error: errorOf(initError) });
        return;
      }
      const box = sandbox;
      const deadlineMs = kernel.clock.now() + fn.timeoutSeconds * 1000;
      timers.push(
        kernel.clock.at(deadlineMs, () => {
          const seconds = fn.timeoutSeconds.toFixed(2);
          const errorMessage = `RequestId: ${requestId} Error: Task timed out after ${seconds} seconds`;
          settle({ ok: false, error: { errorType: 'Sandbox.Timedout', errorMessage } });
          box.kill();
        }),
      );
      box.invoke(JSON.parse(request.payload), contextOf(kernel, request, deadlineMs)).then(
        (result) => {
          if (!running.has(entry)) return;
          putBack(fn, box);
          settle(outcomeOf(result));
        },
        (error: unknown) => {
          if (!running.has(entry)) return;
          putBack(fn, box);
          settle({ ok: false, error: errorOf(error) });
        },
      );
    };
    if (warm === undefined) timers.push(kernel.clock.after(COLD_START_MS, begin));
    else begin();
  };

  return {
    run,
    checkConcurrency,
    /** As if an idle sandbox of the function had just been used. */
    keepWarm: (fn: LambdaFunction): void => {
      const key = keyOf(fn);
      const list = idle.get(key) ?? [];
      const last = list.pop();
      if (last) idle.set(key, [...list, { ...last, sinceMs: kernel.clock.now() }]);
    },
    /** The sandbox of this actor has died: its invocation fails, and it is never used again. */
    sandboxKilled: (actor: string): void => {
      for (const [key, list] of idle)
        idle.set(
          key,
          list.filter((entry) => entry.sandbox.actor !== actor),
        );
      for (const entry of running) {
        if (entry.sandbox?.actor !== actor) continue;
        entry.fail({
          errorType: 'Runtime.ExitError',
          errorMessage: `RequestId: ${entry.requestId} Error: Runtime exited with error: signal: killed`,
        });
        entry.sandbox.kill();
      }
    },
  };
}

const throttled = (reason: string): AwsError =>
  new AwsError('TooManyRequestsException', 'Rate Exceeded.', {
    statusCode: 429,
    data: { Type: 'User', Reason: reason },
  });

function contextOf(kernel: Kernel, { fn, invokedArn, requestId }: Run, deadlineMs: number): InvocationContext {
  const day = new Date(kernel.clock.now()).toISOString().slice(0, 10).replaceAll('-', '/');
  return {
    functionName: fn.functionName,
    functionVersion: fn.version,
    invokedFunctionArn: invokedArn,
    memoryLimitInMB: String(fn.memoryMiB),
    awsRequestId: requestId,
    logGroupName: fn.logGroup,
    logStreamName: `${day}/[${fn.version}]${requestId.replaceAll('-', '')}`,
    callbackWaitsForEmptyEventLoop: true,
    getRemainingTimeInMillis: () => Math.max(0, deadlineMs - kernel.clock.now()),
  };
}

function outcomeOf(result: unknown): Outcome {
  const payload = JSON.stringify(result) ?? 'null';
  if (Buffer.byteLength(payload) <= RESPONSE_BYTES) return { ok: true, payload };
  const errorMessage = `Response payload size exceeded maximum allowed payload size (${RESPONSE_BYTES} bytes).`;
  return { ok: false, error: { errorType: 'Function.ResponseSizeTooLarge', errorMessage } };
}

/** Errors come from another realm, so `instanceof` does not work. The stack is left out: it has paths of this machine. */
function errorOf(error: unknown): FunctionError {
  const { name, message } = (typeof error === 'object' && error !== null ? error : {}) as Partial<Error>;
  return { errorType: name ?? 'Error', errorMessage: message ?? String(error), trace: [] };
}
