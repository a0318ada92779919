// The sandboxes of one region: where each is started, the calls of its invocations, and its output.
import type vm from 'node:vm';
import type { VirtualClock } from '../clock.ts';
import type { Gateway } from '../gateway/gateway.ts';
import { randomStream } from '../random.ts';
import { compileKept } from './compiled-code.ts';
import type { CodeBundle, Sandbox, SandboxFunction, StartSandbox } from './environment.ts';
import type { SandboxNetwork } from './guest-network.ts';
import { createSandbox, type Lane } from './sandbox.ts';

/** The place and the identity of a new sandbox. */
export interface SandboxLocation {
  readonly fn: SandboxFunction;
  readonly actor: string;
  readonly clock: VirtualClock;
  readonly gateway: Gateway;
  readonly log: (line: string) => void;
}

/** One invocation of a function, with its calls in the trace. */
export interface InvocationSpan {
  readonly actor: string;
  readonly functionName: string;
  readonly event: unknown;
  /** Positions in the trace. */
  readonly fromCall: number;
  toCall: number | undefined;
  readonly startedAtMs: number;
  endedAtMs: number | undefined;
}

/** Lines of functions' output that are kept. */
const LOG_LINES_MAX = 5_000;
const SPANS_MAX = 200_000;

interface SandboxesOptions {
  readonly clock: VirtualClock;
  readonly seed: number;
  readonly accountId: string;
  readonly regionName: string;
  readonly lane: Lane;
  readonly gateway: Gateway;
  /** The output of functions; the newest lines. */
  readonly log: string[];
  readonly spans: InvocationSpan[];
  readonly surroundingsOf: (fn: SandboxFunction) => SandboxNetwork;
  /** Runs functions outside of the `node:vm` contexts of this process; undefined for functions that stay. */
  readonly elsewhere: ((place: SandboxLocation) => Sandbox | undefined) | undefined;
}

/** Bundles are compiled once a process: every region of a sweep over seeds runs the same scripts. */
const compiled = new Map<string, Scripts>();

interface Scripts {
  readonly script: vm.Script;
  readonly others: ReadonlyMap<string, vm.Script>;
}

const compileFiles = ({ source, path, others = new Map() }: CodeBundle): Scripts => ({
  script: compileKept(source, path),
  others: new Map([...others].map(([name, other]) => [name, compileKept(other.source, other.path)])),
});

/** Starts a sandbox for each function that needs one, and records the calls and the output of its invocations. */
export function createSandboxes({
  clock,
  seed,
  accountId,
  regionName,
  lane,
  gateway,
  log,
  spans,
  surroundingsOf,
  elsewhere,
}: SandboxesOptions): StartSandbox {
  const started = new Map<string, number>();
  const inThisProcess = (fn: SandboxFunction, actor: string, note: (line: string) => void): Sandbox => {
    const { functionName, version, roleArn, code, handler, environment, memoryMiB } = fn;
    const scripts = compiled.get(code.sha256) ?? compileFiles(code);
    compiled.set(code.sha256, scripts);
    return createSandbox({
      ...scripts,
      exportName: handler.split('.').at(-1) ?? 'handler',
      environment: {
        AWS_LAMBDA_FUNCTION_NAME: functionName,
        AWS_LAMBDA_FUNCTION_VERSION: version,
        AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(memoryMiB),
        ...environment,
      },
      clock,
      random: randomStream(seed, `actor/${actor}`),
      actor,
      roleArn,
      functionArn: `arn:aws:lambda:${regionName}:${accountId}:function:${functionName}`,
      gateway,
      lane,
      surroundings: surroundingsOf(fn),
      log: note,
    });
  };
  return (fn: SandboxFunction) => {
    const { functionName } = fn;
    const number = (started.get(functionName) ?? 0) + 1;
    started.set(functionName, number);
    const actor = `${functionName}/${number}`;
    const note = (line: string): void => {
      if (log.length >= LOG_LINES_MAX) log.shift();
      log.push(`${new Date(clock.now()).toISOString()} ${actor} ${line}`);
    };
    const sandbox = elsewhere?.({ fn, actor, clock, gateway, log: note }) ?? inThisProcess(fn, actor, note);
    return {
      actor,
      get dead() {
        return sandbox.dead;
      },
      kill: () => sandbox.kill(),
      invoke: async (event, context) => {
        const span: InvocationSpan = {
          actor,
          functionName,
          event,
          fromCall: gateway.trace.calls.length,
          toCall: undefined,
          startedAtMs: clock.now(),
          endedAtMs: undefined,
        };
        if (spans.length < SPANS_MAX) spans.push(span);
        try {
          return await sandbox.invoke(event, context);
        } catch (error) {
          const { name, message, stack = '' } = error as Error;
          note(`${name}: ${message}${stack.split('\n').slice(1, 6).join('')}`);
          throw error;
        } finally {
          span.toCall = gateway.trace.calls.length;
          span.endedAtMs = clock.now();
        }
      },
    };
  };
}
