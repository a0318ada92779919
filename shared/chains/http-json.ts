// Any other coin, without code: its fleet file says what to ask and where the facts are in the answers. watch-fleet uses it.
import * as v from 'valibot';
import { AnswerError, bodyOf, checked, OptionalFacts, question, requireAnswer, shortened } from './answers.ts';
import {
  type Answer,
  type BlockHash,
  type ChainClient,
  type ChainRequest,
  checkedHeights,
  type NodeStatus,
  type Question,
  UNSAID,
} from './client.ts';
import { decimalText, epochSeconds, hexQuantity, label, timestamp, wholeNumber } from './fields.ts';

/**
 * A path is the name of a request and then keys or indexes, with dots between: `info.result.validated_ledger.seq`, `tip.0.level`. A fact without a
 * path is not known of this coin.
 */
export interface HttpJsonPaths {
  readonly requests: Readonly<Record<string, HttpJsonRequest>>;
  /** A number, or a text in decimal or (0x…) hexadecimal. */
  readonly height: string;
  /** Of the block at `height`. */
  readonly hash?: string;
  /** The hash of any block: `{height}` and `{heightHex}` in path and body stand for its height. */
  readonly hashAt?: { readonly request: HttpJsonRequest; readonly at: string };
  readonly blockTime?: { readonly at: string; readonly as: TimeUnit };
  /** Synced where the value is one of these. */
  readonly synced?: { readonly at: string; readonly is: readonly (string | number | boolean)[] };
  readonly peerCount?: string;
  readonly chainId?: string;
  readonly clientVersion?: string;
}

export type HttpJsonRequest = { readonly get: string } | { readonly post: string; readonly body: unknown };

/** Since 1970; `age-seconds` counts back from now; `iso` is a text such as 2026-11-20T09:28:01Z (UTC if it has no zone). */
export type TimeUnit = 'seconds' | 'milliseconds' | 'microseconds' | 'nanoseconds' | 'age-seconds' | 'iso';

/** A fleet file's description of a coin's answers cannot be used. */
export class PathsError extends TypeError {
  override readonly name = 'PathsError';
  /** Of `HttpJsonPaths`. */
  readonly key: string;
  readonly found: string;
  readonly expected: string;

  constructor(key: string, found: string, expected: string) {
    super(`${key}: ${found}; expected ${expected}`);
    this.key = key;
    this.found = found;
    this.expected = expected;
  }
}

/** Limit of different requests for one status. */
const MAXIMUM_REQUESTS = 8;

/** `name` in messages: the fleet's. Throws a `PathsError` that names the wrong key of `paths`. */
export function httpJsonClient(name: string, paths: HttpJsonPaths, stopGraceSeconds: number): ChainClient {
  checkPaths(paths);
  return {
    name,
    status: (heights = []) => statusQuestion(paths, checkedHeights(heights)),
    tellsParents: false,
    peers: undefined,
    operations: {
      formatPeer: () => {
        throw new TypeError(`peers of ${name}: its fleet file does not tell how they are written`);
      },
      peersAtRunTime: { by: 'nothing', reason: 'its fleet file tells only how it is watched' },
      peersThatPersist: { in: 'flag', flag: undefined, takesEffect: 'restart' },
      stop: { graceSeconds: stopGraceSeconds, sacred: 'what its fleet file names as identity' },
    },
  };
}

function statusQuestion(paths: HttpJsonPaths, heights: readonly number[]): Question<NodeStatus> {
  const names = Object.keys(paths.requests);
  const { hashAt } = paths;
  const hashRequests = hashAt === undefined ? [] : heights.map((height) => requestOf(hashAt.request, height));
  const requests = [...Object.values(paths.requests).map((request) => requestOf(request)), ...hashRequests];
  return question(requests, (answers) => {
    const bodies = new Map(names.map((name, at) => [name, { answer: answers[at], what: name }]));
    const read = <Output>(path: string | undefined, schema: v.GenericSchema<unknown, Output>): Output | undefined => {
      if (path === undefined) return undefined;
      const [name = '', ...keys] = path.split('.');
      const { answer, what } = bodies.get(name) ?? { answer: undefined, what: name };
      return checked(schema, valueAt(bodyOf(answer, what), keys), path);
    };
    const height = read(paths.height, quantity);
    // The height is required of every file; without it there is no status.
    if (height === undefined) throw new AnswerError('malformed', 'no height');
    const optional = new OptionalFacts();
    const hash = optional.read('hash', () => read(paths.hash, anyHash));
    const asked =
      optional.read('hashes', () =>
        heights.flatMap((wanted, at) => hashOf(paths, wanted, answers[names.length + at])),
      ) ?? [];
    const { blockTime, synced } = paths;
    const syncedAs = optional.read('synced', () => read(synced?.at, scalar));
    return {
      kind: 'ok',
      facts: {
        ...UNSAID,
        height,
        hashes: [
          ...asked.filter((known) => hash === undefined || known.height !== height),
          ...(hash === undefined ? [] : [{ height, hash }]),
        ],
        blockTimeMs:
          blockTime &&
          optional.read('block time', () => blockTimeMs(blockTime.as, read(blockTime.at, v.unknown()), answers)),
        syncing: synced && syncedAs !== undefined ? !synced.is.includes(syncedAs) : undefined,
        peerCount: optional.read('peers', () => read(paths.peerCount, quantity)),
        chainId: optional.read('chain id', () => read(paths.chainId, identity)),
        clientVersion: optional.read('version', () => read(paths.clientVersion, identity)),
        missing: optional.missing,
      },
    };
  });
}

/** Empty where the node does not have that block: an HTTP status, a null, or an error in place of a value. */
function hashOf({ hashAt }: HttpJsonPaths, height: number, answer: Answer | undefined): readonly BlockHash[] {
  if (hashAt === undefined) return [];
  const { status, body } = requireAnswer(answer, `the hash of block ${height}`);
  const value = status === 200 ? valueAt(body, hashAt.at === '' ? [] : hashAt.at.split('.')) : undefined;
  return value == null ? [] : [{ height, hash: checked(anyHash, value, `hashAt ${hashAt.at}`) }];
}

const scalar = v.union([v.string(), v.number(), v.boolean()], 'a text, a number, true or false');
const quantity = v.union([wholeNumber, decimalText, hexQuantity], 'a whole number, or a text with one');
const identity = v.union([label, v.pipe(wholeNumber, v.transform(String))], 'a text or a whole number');
const anyHash = v.pipe(
  label,
  v.regex(/^\S{8,128}$/, 'a hash of 8 to 128 characters'),
  // Hexadecimal is compared without case; base58 and base64 keep theirs.
  v.transform((hash) => (/^(0x)?[0-9a-fA-F]+$/.test(hash) ? hash.toLowerCase().replace(/^0x/, '') : hash)),
);

function blockTimeMs(unit: TimeUnit, value: unknown, answers: readonly Answer[]): number {
  switch (unit) {
    case 'iso':
      return checked(timestamp, typeof value === 'string' ? withZone(value) : value, 'blockTime');
    case 'age-seconds':
      return lastArrival(answers) - checked(quantity, value, 'blockTime') * 1000;
    case 'seconds':
      return checked(epochSeconds, checked(quantity, value, 'blockTime'), 'blockTime');
    default:
      return (
        checked(epochSeconds, Math.floor(largeNumber(value) / PER_SECOND[unit]), 'blockTime') +
        (Math.floor(largeNumber(value) / (PER_SECOND[unit] / 1000)) % 1000)
      );
  }
}

const PER_SECOND = { milliseconds: 1e3, microseconds: 1e6, nanoseconds: 1e9 } as const;

/** Nanoseconds since 1970 are beyond 2^53: their last digits are lost, and do not matter. */
function largeNumber(value: unknown): number {
  const number = typeof value === 'string' && /^\d{1,20}$/.test(value) ? Number(value) : value;
  return checked(v.pipe(v.number('a time'), v.finite('a time'), v.minValue(0, 'a time')), number, 'blockTime');
}

function withZone(time: string): string {
  return /(Z|[+-]\d\d:\d\d)$/.test(time) ? time : `${time}Z`;
}

function lastArrival(answers: readonly Answer[]): number {
  return Math.max(...answers.map((answer) => (answer.kind === 'answered' ? answer.atMs : 0)));
}

/** undefined where a part of the path does not exist. */
function valueAt(body: unknown, keys: readonly string[]): unknown {
  let value = body;
  for (const key of keys) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Readonly<Record<string, unknown>>)[key];
  }
  return value;
}

function requestOf(request: HttpJsonRequest, height?: number): ChainRequest {
  if ('get' in request) return { method: 'GET', path: filled(request.get, height), expects: 'json' };
  const body = JSON.stringify(filledBody(request.body, height));
  return { method: 'POST', path: filled(request.post, height), body, expects: 'json' };
}

function filled(text: string, height: number | undefined): string {
  if (height === undefined) return text;
  return text.replaceAll('{height}', String(height)).replaceAll('{heightHex}', `0x${height.toString(16)}`);
}

/** A text that is only `{height}` becomes a number. */
function filledBody(body: unknown, height: number | undefined): unknown {
  if (height === undefined) return body;
  return JSON.parse(JSON.stringify(body), (_, value) => {
    if (value === '{height}') return height;
    return typeof value === 'string' ? filled(value, height) : value;
  });
}

function checkPaths(paths: HttpJsonPaths): void {
  const names = Object.keys(paths.requests);
  if (names.length === 0 || names.length > MAXIMUM_REQUESTS) {
    throw new PathsError('requests', `${names.length} given`, `1 to ${MAXIMUM_REQUESTS}`);
  }
  for (const name of names)
    if (!/^[a-z][A-Za-z0-9]{0,31}$/.test(name))
      throw new PathsError('requests', `${show(name)} is no name`, 'letters and digits, a lower-case letter first');
  for (const request of [...Object.values(paths.requests), ...(paths.hashAt ? [paths.hashAt.request] : [])]) {
    const path = 'get' in request ? request.get : request.post;
    // JSON-RPC goes to the endpoint itself. Only characters that a URL need not escape, so that the written path is the sent one.
    if (!/^(\/[A-Za-z0-9_.~:/?=&%{}+-]{0,500})?$/.test(path)) {
      throw new PathsError('requests', `path is ${show(path)}`, 'one such as /v1/chain/get_info, or none');
    }
  }
  const { height, hash, blockTime, synced, peerCount, chainId, clientVersion } = paths;
  const used = { height, hash, blockTime: blockTime?.at, synced: synced?.at, peerCount, chainId, clientVersion };
  for (const [key, path] of Object.entries(used)) {
    if (path === undefined) continue;
    if (!/^[^.\s]{1,64}(\.[^.\s]{1,64}){0,15}$/.test(path)) {
      throw new PathsError(key, `path is ${show(path)}`, 'one such as info.result.seq');
    }
    if (!names.includes(path.split('.')[0] ?? '')) {
      throw new PathsError(key, `path is ${show(path)}`, `it to begin with a request: ${names.join(', ')}`);
    }
  }
  // A block may come between two requests: the hash of one block at the height of another looks like a fork.
  const [source] = height.split('.');
  if (hash !== undefined && hash.split('.')[0] !== source) {
    throw new PathsError('hash', `path is ${show(hash)}`, `it to begin with ${source}, whose answer has the height`);
  }
  if (paths.hashAt !== undefined && !/^([^.\s]{1,64}(\.[^.\s]{1,64}){0,15})?$/.test(paths.hashAt.at)) {
    const expected = 'one such as result.hash, or none for the whole answer';
    throw new PathsError('hashAt', `path is ${show(paths.hashAt.at)}`, expected);
  }
}

function show(text: string): string {
  return shortened(JSON.stringify(text));
}
