// HTTP responses, and JSON-RPC as servers of its two dialects answer it.
import type { HttpAnswer, HttpRequest } from '../../simulator/network/network.ts';

export type Response = Extract<HttpAnswer, { kind: 'response' }>;

export const REFUSED = { kind: 'refused' } as const;
export const SILENT = { kind: 'silent' } as const;

export function json(value: unknown, statusCode = 200): Response {
  return response(JSON.stringify(value), 'application/json', statusCode);
}

export function text(body: string, statusCode = 200): Response {
  return response(body, 'text/plain; charset=utf-8', statusCode);
}

/** As Go's net/http answers. */
export const notFound = (): Response => text('404 page not found\n', 404);

const response = (body: string, contentType: string, statusCode: number): Response => ({
  kind: 'response',
  statusCode,
  headers: { 'content-type': contentType },
  body,
  afterMs: 0,
});

/** The request's path without its query, and the query's parameters. */
export function target({ path }: HttpRequest): { readonly path: string; readonly query: URLSearchParams } {
  const [before = '', ...after] = path.split('?');
  return { path: before, query: new URLSearchParams(after.join('?')) };
}

export type RpcOutcome = { readonly result: unknown } | { readonly error: RpcError };

export interface RpcError {
  readonly code: number;
  readonly message: string;
  readonly data?: unknown;
}

export type Methods = (method: string, params: readonly unknown[]) => RpcOutcome;

/**
 * two: JSON-RPC 2.0. one: JSON-RPC 1.0 as bitcoind below version 28 answers it, always with both members. `missing`: how a server answers an unknown
 * method.
 */
export type Dialect = 'one' | 'two';

/** Calls of one batch; the default of geth's --rpc.batch-request-limit. */
const BATCH_MAX = 1_000;

export function jsonRpc(request: HttpRequest, dialect: Dialect, methods: Methods): Response {
  if (request.method !== 'POST') return text('', 405);
  const body = parsed(request.body);
  if (Array.isArray(body)) {
    if (body.length > BATCH_MAX)
      return json(entry(dialect, null, { error: { code: -32_600, message: 'batch too large' } }));
    return json(body.map((call) => answered(call, dialect, methods)));
  }
  if (body === undefined) {
    const error = { code: -32_700, message: dialect === 'one' ? 'Parse error' : 'parse error' };
    return json(entry(dialect, null, { error }), dialect === 'one' ? 500 : 400);
  }
  return json(answered(body, dialect, methods));
}

function answered(call: unknown, dialect: Dialect, methods: Methods): unknown {
  if (typeof call !== 'object' || call === null) {
    return entry(dialect, null, { error: { code: -32_600, message: 'invalid request' } });
  }
  const { id = null, method, params = [] } = call as Readonly<Record<string, unknown>>;
  if (typeof method !== 'string' || !Array.isArray(params)) {
    return entry(dialect, id, { error: { code: -32_600, message: 'invalid request' } });
  }
  return entry(dialect, id, methods(method, params));
}

function entry(dialect: Dialect, id: unknown, outcome: RpcOutcome): unknown {
  if (dialect === 'two') return { jsonrpc: '2.0', id, ...outcome };
  return 'error' in outcome ? { result: null, error: outcome.error, id } : { result: outcome.result, error: null, id };
}

function parsed(body: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(body).toString('utf8')) as unknown;
  } catch {
    // undefined is not a JSON value: the caller answers with a parse error.
    return undefined;
  }
}
