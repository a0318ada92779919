// Sends one request to one node over HTTP, bounded in time and size. It never throws: a failure is an answer, too. Credentials go into a header and
// nowhere else. The URL may hold a key in its path, so messages show only its host.
import * as http from 'node:http';
import * as https from 'node:https';
import { parseJson } from '../text/json.ts';
import { shortened } from './answers.ts';
import type { Answer, ChainRequest, Fetcher, ReadingErrorCode } from './client.ts';

export interface Endpoint {
  /** http(s)://host:port, optionally with a path; no user, query or fragment. */
  readonly url: string;
  readonly credentials?: Credentials;
  /**
   * A node is asked by its private address, for which no authority gives a certificate: any is accepted, as by the probe on the node itself. Strangers
   * need one that an authority has given.
   */
  readonly certificate: 'any' | 'trusted';
}

export type Credentials =
  | { readonly kind: 'basic'; readonly user: string; readonly password: string }
  | { readonly kind: 'bearer'; readonly token: string };

export interface FetchLimits {
  /** From the first packet of the connection to the last byte of the answer. */
  readonly timeoutMs: number;
  /** For requests that name no limit of their own. */
  readonly maximumBytes: number;
}

/** A node that needs longer for its height is of no use to its clients either; twice 4 s still leave time in a minute. */
export const FETCH_LIMITS: FetchLimits = { timeoutMs: 4000, maximumBytes: 512 * 1024 };

/** A fetcher for one endpoint. Redirects are not followed, nothing is retried, no connection is kept. */
export function httpFetcher(endpoint: Endpoint, limits: FetchLimits = FETCH_LIMITS): Fetcher {
  const target = targetOf(endpoint);
  return (request) => (target.kind === 'failed' ? Promise.resolve(target) : send(target, request, limits));
}

interface Target {
  readonly kind: 'target';
  readonly url: URL;
  /** For messages. */
  readonly host: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly certificate: Endpoint['certificate'];
}

function targetOf({ url, credentials, certificate }: Endpoint): Target | (Answer & { kind: 'failed' }) {
  const parsed = URL.parse(url);
  if (parsed === null) return failed('misconfigured', 'the RPC address is not a URL such as http://10.0.0.1:8332');
  const { protocol, username, password, search, hash, host } = parsed;
  if (protocol !== 'http:' && protocol !== 'https:') {
    return failed('misconfigured', `the RPC address of ${host} is ${protocol}//…; expected http:// or https://`);
  }
  if (username !== '' || password !== '') {
    return failed('misconfigured', `the RPC address of ${host} has credentials in it; they are given apart from it`);
  }
  if (search !== '' || hash !== '') {
    return failed('misconfigured', `the RPC address of ${host} has a query or a fragment; expected none`);
  }
  const authorization = authorizationOf(credentials);
  if (authorization === undefined) {
    return failed('misconfigured', `the RPC credentials of ${host} hold characters that HTTP does not allow`);
  }
  const headers = authorization === '' ? {} : { authorization };
  return { kind: 'target', url: parsed, host, headers, certificate };
}

/** Empty without credentials; undefined where they cannot be sent. */
function authorizationOf(credentials: Credentials | undefined): string | undefined {
  if (credentials === undefined) return '';
  if (credentials.kind === 'bearer') {
    // token68 of RFC 6750, which cannot end the header.
    return /^[A-Za-z0-9._~+/-]+=*$/.test(credentials.token) ? `Bearer ${credentials.token}` : undefined;
  }
  const { user, password } = credentials;
  // A colon ends the user, RFC 7617.
  if (user.includes(':') || /\p{Cc}/u.test(user + password)) return undefined;
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
}

function send(
  { url, host, headers, certificate }: Target,
  request: ChainRequest,
  limits: FetchLimits,
): Promise<Answer> {
  const maximumBytes = request.maximumBytes ?? limits.maximumBytes;
  const options = {
    protocol: url.protocol,
    // IPv6 addresses have brackets in a URL and none in a socket.
    hostname: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? undefined : Number(url.port),
    path: `${url.pathname.replace(/\/$/, '')}${request.path}` || '/',
    method: request.method,
    headers: { ...headers, ...bodyHeaders(request), accept: '*/*', connection: 'close' },
    agent: false,
    ...(url.protocol === 'https:' && { rejectUnauthorized: certificate === 'trusted' }),
  } as const;

  return new Promise((resolve) => {
    let sent: http.ClientRequest | undefined;
    const deadline = setTimeout(
      () => finish(failed('slow', `${host} did not answer within ${limits.timeoutMs / 1000} s`)),
      limits.timeoutMs,
    );
    // May be called several times: a connection that is torn down reports it once more.
    function finish(answer: Answer): void {
      clearTimeout(deadline);
      resolve(answer);
      sent?.destroy();
    }
    try {
      sent = (url.protocol === 'https:' ? https : http).request(options, (response) => {
        receive(response, maximumBytes, host).then(
          (body) => finish(answerOf(response.statusCode ?? 0, body, request, host)),
          (error: unknown) => finish(failureOf(error, host)),
        );
      });
      sent.on('error', (error) => finish(failureOf(error, host)));
      let interim = 0;
      sent.on('information', () => {
        if (++interim > MAXIMUM_INTERIM_ANSWERS)
          finish(failed('malformed', `${host} has more than ${MAXIMUM_INTERIM_ANSWERS} interim answers`));
      });
      sent.end(request.body);
    } catch (error) {
      // A path or a header with characters that HTTP does not allow.
      finish(failed('misconfigured', `${host} cannot be asked for this: ${codeOf(error)}`));
    }
  });
}

function bodyHeaders({ body }: ChainRequest): Readonly<Record<string, string>> {
  if (body === undefined) return {};
  return { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(body)) };
}

class ReceiveError extends Error {
  override readonly name = 'ReceiveError';
  readonly code: ReadingErrorCode;

  constructor(code: ReadingErrorCode, reason: string) {
    super(reason);
    this.code = code;
  }
}

/** The bytes of an answer. Throws a `ReceiveError`, or the error of the connection. */
async function receive(response: http.IncomingMessage, maximumBytes: number, host: string): Promise<Uint8Array> {
  const status = response.statusCode ?? 0;
  // The bodies of these answers are not needed.
  if (status >= 300 && status < 400) throw new ReceiveError('redirected', `${host} points elsewhere (HTTP ${status})`);
  if (status === 401 || status === 403) {
    throw new ReceiveError('unauthorized', `${host} does not accept the credentials (HTTP ${status})`);
  }
  if (status === 429) throw new ReceiveError('busy', `${host} wants fewer requests (HTTP 429)`);
  const { 'content-encoding': encoding = 'identity' } = response.headers;
  if (encoding !== 'identity') {
    throw new ReceiveError('malformed', `${host} answers compressed (${shortened(encoding)}), which nobody asked for`);
  }
  const tooLarge = () => new ReceiveError('too-large', `${host} answers with more than ${maximumBytes} bytes`);
  if (Number(response.headers['content-length'] ?? 0) > maximumBytes) throw tooLarge();
  return new Promise((resolve, reject) => {
    const pieces: Uint8Array[] = [];
    let bytes = 0;
    response.on('data', (piece: Uint8Array) => {
      bytes += piece.length;
      pieces.push(piece);
      if (bytes > maximumBytes) response.destroy(tooLarge());
      else if (pieces.length > MAXIMUM_PIECES)
        response.destroy(new ReceiveError('malformed', `${host} answers in more than ${MAXIMUM_PIECES} pieces`));
    });
    response.on('end', () => resolve(Buffer.concat(pieces)));
    response.on('error', reject);
  });
}

/**
 * Chunks of its body, or what one read of the socket gives. Servers write 2 KiB and more at once: 8 MiB are 4,000. A chunk of one byte takes a hundred
 * times its size in memory.
 */
const MAXIMUM_PIECES = 20_000;
/** "100 Continue", "103 Early Hints": no client sends one, and a proxy one or two. */
const MAXIMUM_INTERIM_ANSWERS = 8;

function answerOf(status: number, bytes: Uint8Array, { expects }: ChainRequest, host: string): Answer {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return failed('malformed', `${host} answers with bytes that are not UTF-8`);
  }
  if (expects === 'text') return { kind: 'answered', status, body: text, atMs: Date.now() };
  try {
    return { kind: 'answered', status, body: parseJson(text), atMs: Date.now() };
  } catch {
    if (status === 503) return failed('busy', `${host} is not available (HTTP 503)`);
    if (status !== 200) return failed('refused', `${host} answers HTTP ${status} and no JSON`);
    return failed('malformed', `${host} does not answer JSON: ${shortened(JSON.stringify(text.slice(0, 60)))}`);
  }
}

function failureOf(error: unknown, host: string): Answer {
  if (error instanceof ReceiveError) return failed(error.code, error.message);
  const code = codeOf(error);
  if (isTlsFault(code))
    return failed(
      'misconfigured',
      `${host} and we agree on no TLS (${code}): the fleet file’s scheme may be wrong, or its certificate`,
    );
  // Errors of node's HTTP parser.
  if (code.startsWith('HPE_')) return failed('malformed', `${host} does not speak HTTP (${code})`);
  return failed('unreachable', `${host} ${BROKEN[code] ?? `cannot be reached (${code})`}`);
}

/** A wrong scheme, or a certificate that nobody trusts: the address in our configuration is at fault ("TLS/SSL errors", Node.js; verify(1), OpenSSL). */
const isTlsFault = (code: string): boolean =>
  code === 'EPROTO' || /^(ERR_SSL_|ERR_TLS_|CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_)/.test(code);

const BROKEN: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'refuses connections: nothing listens there',
  ECONNRESET: 'broke the connection off',
  EHOSTUNREACH: 'is not reachable: no route to it',
  ENETUNREACH: 'is not reachable: no route to it',
  ENOTFOUND: 'is a name that does not exist',
  EAI_AGAIN: 'is a name that cannot be looked up at the moment',
  ETIMEDOUT: 'does not take connections',
};

/** The code alone: messages of the system may quote an address or a header. */
function codeOf(error: unknown): string {
  // Not by instanceof: where a function runs in its own context, errors of Node come from another one.
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : 'no reason given';
}

function failed(code: ReadingErrorCode, reason: string): Answer & { kind: 'failed' } {
  return { kind: 'failed', code, reason };
}
