// What a run of the smoke test asked AWS, and what AWS answered: the first line says what it is, each other one is a call. Nothing in it names the account.
import { appendFileSync, writeFileSync } from 'node:fs';
import type { Pluggable } from '@smithy/types';
import { UsageError } from '../errors.ts';
import { type Json, masker } from './mask.ts';

export const FORMAT = 1;
/** A run of hours makes some thousand calls. */
const CALLS_MAX = 20_000;

export interface Call {
  /** From the start of the recording. */
  readonly seconds: number;
  /** As the SDK names its client: "EC2Client". */
  readonly client: string;
  /** "DescribeVolumesCommand" */
  readonly command: string;
  readonly input: Json;
  /** Without `$metadata`. */
  readonly output?: Json;
  readonly error?: { readonly name: string; readonly message: Json; readonly status: number | null };
}

/** For `client.middlewareStack.use`. */
// biome-ignore lint/suspicious/noExplicitAny: as the SDK's own plugins are typed, for clients of any service
export type Recorder = Pluggable<any, any>;

/** Writes to a new file, a line for each call as it ends. Throws a `UsageError` where the file exists or cannot be made. */
export function recordTo(file: string, version: string, nowMs: () => number): Recorder {
  const startMs = nowMs();
  try {
    const head = { chainmend: version, format: FORMAT, recorded: new Date(startMs).toISOString().slice(0, 10) };
    writeFileSync(file, `${JSON.stringify(head)}\n`, { flag: 'wx', mode: 0o600 });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new UsageError(`--record ${file}: ${why}; expected a file that does not exist yet`);
  }
  return recorder(
    (call) => appendFileSync(file, `${JSON.stringify(call)}\n`),
    () => nowMs() - startMs,
  );
}

/** @param sinceMs milliseconds from the start */
function recorder(write: (call: Call) => void, sinceMs: () => number): Recorder {
  const mask = masker();
  let calls = 0;
  return {
    applyToStack: (stack) => {
      stack.add(
        (next, context) => async (args) => {
          const tell = (outcome: Pick<Call, 'output' | 'error'>): void => {
            calls += 1;
            if (calls > CALLS_MAX) return;
            const { clientName: client = '', commandName: command = '' } = context;
            write({ seconds: Math.round(sinceMs() / 1_000), client, command, input: mask(args.input), ...outcome });
          };
          try {
            const result = await next(args);
            tell({ output: mask(result.output) });
            return result;
          } catch (error) {
            const { name, message } = error instanceof Error ? error : { name: 'unknown', message: String(error) };
            tell({ error: { name, message: mask(message), status: statusOf(error) } });
            throw error;
          }
        },
        { step: 'initialize', name: 'chainmend-recorder', override: true },
      );
    },
  };
}

/** null where no answer came. */
function statusOf(error: unknown): number | null {
  if (typeof error !== 'object' || error === null || !('$metadata' in error)) return null;
  const { $metadata } = error as { readonly $metadata?: { readonly httpStatusCode?: number } };
  return $metadata?.httpStatusCode ?? null;
}
