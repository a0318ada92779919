// Answers that somebody posted of a client, played word for word in place of a node's own: a file of request → answer, for scenarios and world files.
import * as v from 'valibot';
import type { HttpAnswer, HttpRequest } from '../../simulator/network/network.ts';
import { json, REFUSED, target } from './http.ts';

const code = v.pipe(v.number(), v.integer());
const answer = v.union(
  [
    v.literal('refused'),
    v.strictObject({ result: v.unknown() }),
    v.strictObject({
      error: v.looseObject({
        code: v.pipe(v.number(), v.safeInteger()),
        message: v.pipe(v.string(), v.maxLength(1_000)),
      }),
    }),
    v.strictObject({ body: v.unknown(), http: v.optional(v.pipe(code, v.minValue(100), v.maxValue(599))) }),
  ],
  'expected { result: … } or { error: { code, message } } of a JSON-RPC method, { body: …, http: 503 } of a path, or "refused"',
);

const REQUESTS_MAX = 40;
const ANSWERS_MAX = 200;

/** By the method of JSON-RPC, or by the path: one answer, or a list whose next one is given each minute; the last one stays. */
export const postedAnswersSchema = v.pipe(
  v.record(
    v.pipe(
      v.string(),
      v.regex(/^[A-Za-z0-9_./-]{1,80}$/, 'expected a method, for example eth_syncing, or a path, for example /status'),
    ),
    v.union(
      [answer, v.pipe(v.array(answer), v.minLength(1), v.maxLength(ANSWERS_MAX))],
      `expected an answer such as { "result": false }, or a list of 1 to ${ANSWERS_MAX}`,
    ),
    'expected requests with their answers, for example { "eth_syncing": { "result": false } }',
  ),
  v.check((all) => Object.keys(all).length <= REQUESTS_MAX, `expected at most ${REQUESTS_MAX} requests`),
);

export type PostedAnswers = v.InferOutput<typeof postedAnswersSchema>;
type Answer = v.InferOutput<typeof answer>;

const MINUTE_MS = 60_000;

/**
 * @param sinceMs for how long they have been played
 * @param own what the node itself answers: to all that the file does not name
 */
export function postedAnswer(
  posted: PostedAnswers,
  sinceMs: number,
  request: HttpRequest,
  own: () => HttpAnswer,
): HttpAnswer {
  const now = (name: string): Answer | undefined => {
    const told = Object.hasOwn(posted, name) ? posted[name] : undefined;
    return Array.isArray(told) ? told[Math.min(told.length - 1, Math.floor(sinceMs / MINUTE_MS))] : told;
  };
  if (Object.keys(posted).some((name) => now(name) === 'refused')) return REFUSED;
  if (request.method !== 'POST') {
    const told = now(target(request).path);
    return told !== undefined && typeof told === 'object' && 'body' in told ? json(told.body, told.http) : own();
  }
  const asked = parsed(request.body);
  const calls = (Array.isArray(asked) ? asked : [asked]) as readonly { id?: unknown; method?: unknown }[];
  const told = calls.map((call) => (typeof call?.method === 'string' ? now(call.method) : undefined));
  if (told.every((one) => one === undefined)) return own();
  const others = ownResults(told.includes(undefined) ? own() : undefined);
  const entries = calls.map(({ id = null }, at) => {
    const one = told[at];
    if (one !== undefined) return { jsonrpc: '2.0', id, ...(one as object) };
    return others.get(id) ?? { jsonrpc: '2.0', id, error: { code: -32_601, message: 'Method not found' } };
  });
  return json(Array.isArray(asked) ? entries : entries[0]);
}

function ownResults(own: HttpAnswer | undefined): ReadonlyMap<unknown, unknown> {
  if (own?.kind !== 'response') return new Map();
  const told = parsed(own.body);
  const all = (Array.isArray(told) ? told : [told]) as readonly ({ id?: unknown } | undefined)[];
  return new Map(all.flatMap((one) => (one === undefined ? [] : [[one.id, one]])));
}

function parsed(text: string | Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(text).toString('utf8')) as unknown;
  } catch {
    // Who asks in no JSON is answered by the node itself.
    return undefined;
  }
}
