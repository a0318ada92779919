// JSON-RPC of bitcoin, ethereum and solana: all calls of a question in one batch, each answered or refused separately.
import * as v from 'valibot';
import { AnswerError, checked, requireAnswer, shortened } from './answers.ts';
import type { Answer, ChainRequest } from './client.ts';

export interface Call {
  readonly method: string;
  readonly params: readonly unknown[];
}

export type CallResult = { readonly method: string; readonly result: unknown } | CallRefusal;

export interface CallRefusal {
  readonly method: string;
  readonly error: { readonly code: number; readonly message: string; readonly data?: unknown };
}

export function call(method: string, ...params: readonly unknown[]): Call {
  return { method, params };
}

/** One batch. Clients take 100 calls and more, hosted nodes ten (Helius, "getBlock"): a question has no more than that. */
export function batch(calls: readonly Call[], limits: { readonly maximumBytes?: number } = {}): ChainRequest {
  const body = calls.map(({ method, params }, id) => ({ jsonrpc: '2.0', id, method, params }));
  return { method: 'POST', path: '', body: JSON.stringify(body), expects: 'json', ...limits };
}

/** The results in the order of the calls, in any order of the answer. Throws an `AnswerError`. */
export function readBatch(calls: readonly Call[], answer: Answer | undefined): readonly CallResult[] {
  const { status, body } = requireAnswer(answer, 'JSON-RPC');
  // A server that refuses batches, always or at the moment, answers all calls with one error.
  const alone = v.safeParse(entrySchema, body);
  if (alone.success && alone.output.error != null) {
    const { error } = alone.output;
    return calls.map(({ method }) => ({ method, error }));
  }
  // Each call is answered or not by itself: one that comes in no known form takes no other with it.
  const entries = checked(
    v.pipe(v.array(v.unknown(), 'a list of JSON-RPC answers'), v.maxLength(2 * MAXIMUM_CALLS)),
    body,
    `JSON-RPC, HTTP ${status}`,
  ).flatMap((entry) => {
    const parsed = v.safeParse(entrySchema, entry);
    return parsed.success ? [parsed.output] : [];
  });
  if (entries.length === 0) throw new AnswerError('malformed', `JSON-RPC: no answer to ${calls.length} calls`);
  const byId = new Map(entries.map((entry) => [entry.id, entry]));
  return calls.map(({ method }, id) => {
    const entry = byId.get(id);
    if (entry === undefined) return { method, error: NO_ANSWER };
    return entry.error == null ? { method, result: entry.result } : { method, error: entry.error };
  });
}

/** In place of the error of a call that was not answered, or not in the form of JSON-RPC. */
const NO_ANSWER = { code: 0, message: 'no answer in the form of JSON-RPC' } as const;

/** More than any question has. */
const MAXIMUM_CALLS = 20;

/** The result of a call that must succeed. Throws an `AnswerError`. */
export function resultOf<Output>(schema: v.GenericSchema<unknown, Output>, answered: CallResult | undefined): Output {
  if (answered === undefined) throw new AnswerError('malformed', 'JSON-RPC: too few answers');
  if ('error' in answered) throw refusalOf(answered);
  return checked(schema, answered.result, answered.method);
}

/** undefined where this server does not offer the method (a namespace that is off, a client that lacks it). */
export function resultIfOffered<Output>(
  schema: v.GenericSchema<unknown, Output>,
  answered: CallResult | undefined,
): Output | undefined {
  return errorCodeOf(answered) === METHOD_NOT_FOUND ? undefined : resultOf(schema, answered);
}

export function errorCodeOf(answered: CallResult | undefined): number | undefined {
  return answered !== undefined && 'error' in answered ? answered.error.code : undefined;
}

/** The error of a call, in words. */
export function refusalOf({ method, error }: CallRefusal): AnswerError {
  const { code, message } = error;
  return new AnswerError('refused', `${method} answered error ${code}: ${shortened(message)}`);
}

// JSON-RPC 2.0 specification, 5.1.
const METHOD_NOT_FOUND = -32_601;

// Bitcoin before version 28 answers with both members, one of them null; JSON-RPC 2.0 with one.
const entrySchema = v.object({
  id: v.nullable(v.number()),
  result: v.optional(v.unknown()),
  error: v.nullish(
    v.object({
      code: v.pipe(v.number(), v.safeInteger()),
      message: v.optional(v.string(), 'no message'),
      data: v.optional(v.unknown()),
    }),
  ),
});
