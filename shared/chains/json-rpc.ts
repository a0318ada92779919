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
  const entries = checked(v.array(entrySchema, 'a list of JSON-RPC answers'), body, `JSON-RPC, HTTP ${status}`);
  if (entries.length !== calls.length) {
    throw new AnswerError('malformed', `JSON-RPC: ${entries.length} answers to ${calls.length} calls`);
  }
  const byId = new Map(entries.map((entry) => [entry.id, entry]));
  return calls.map(({ method }, id) => {
    const entry = byId.get(id);
    if (entry === undefined) throw new AnswerError('malformed', `JSON-RPC: ${method} was not answered`);
    return entry.error == null ? { method, result: entry.result } : { method, error: entry.error };
  });
}

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
    v.object({ code: v.pipe(v.number(), v.safeInteger()), message: v.string(), data: v.optional(v.unknown()) }),
  ),
});
