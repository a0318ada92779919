// The region behind a socket, only on the loopback interface: for the AWS CLI, SDKs of any language, and real nodes. It answers only requests that
// are signed with one of its keys. Web pages and other users of the machine get no answer.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { AwsError, internalFailure } from '../service.ts';
import type { Caller } from './gateway.ts';
import { BODY_BYTES_MAX, handleWireRequest, refuseUnread, type WireGateway } from './http.ts';
import type { AccessKey } from './keys.ts';
import type { WireRequest, WireResponse } from './message.ts';
import { checkRegion, checkSignature, claimOf, type ServedRegion } from './signature.ts';

export interface WireServer {
  /** For AWS_ENDPOINT_URL: "http://127.0.0.1:41231". */
  readonly url: string;
  close(): Promise<void>;
}

/** A valid key, and its owner. */
export interface Admission extends AccessKey {
  readonly caller: Caller;
}

export interface ListenOptions {
  readonly admissions: readonly Admission[];
  /**
   * The region's time in ms since the epoch, for the Date of each response; wall time by default. SDKs that correct their clock sign with it, other
   * SDKs sign with this machine's time: both are accepted.
   */
  readonly nowMs?: () => number;
  /** Called with an error that is not AWS's; the caller gets `InternalFailure`. */
  readonly onDefect: (error: unknown, during: string) => void;
  /** Requests that are signed for another region are refused; without it all regions are this one. */
  readonly served?: ServedRegion;
  /** Time for a request to send its headers; ten seconds by default. */
  readonly headersWithinMs?: number;
  /** Of 127.0.0.1; a free one by default. */
  readonly port?: number;
}

// Limits for one person with a few tools, or one sandbox: slower, bigger or more requests are refused.
const CONNECTIONS_MAX = 256;
const HEADERS_BYTES_MAX = 16 * 1024;
const HEADERS_MAX = 100;
const HEADERS_WITHIN_MS = 10_000;
const REQUEST_WITHIN_MS = 30_000;
const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']);

/** Serves a region on 127.0.0.1; rejects with EADDRINUSE where the port is taken. Requests are answered in virtual time: the clock must follow wall time, or be run. */
export async function listen(gateway: WireGateway, options: ListenOptions): Promise<WireServer> {
  const { headersWithinMs = HEADERS_WITHIN_MS } = options;
  const server = createServer({
    maxHeaderSize: HEADERS_BYTES_MAX,
    headersTimeout: headersWithinMs,
    requestTimeout: REQUEST_WITHIN_MS,
    connectionsCheckingInterval: headersWithinMs / 2,
  });
  server.maxConnections = CONNECTIONS_MAX;
  server.maxHeadersCount = HEADERS_MAX;
  const port = await bound(server, options.port ?? 0);
  const gate = { gateway, options, hosts: new Set([`127.0.0.1:${port}`, `localhost:${port}`]) };
  server.on('request', (message, response) => {
    response.setHeader('date', new Date((options.nowMs ?? Date.now)()).toUTCString());
    answer(gate, message, response).catch((error: unknown) => {
      options.onDefect(error, `${message.method} request`);
      response.destroy();
    });
  });
  return {
    url: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function bound(server: Server, port: number): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return (server.address() as AddressInfo).port;
}

interface Gate {
  readonly gateway: WireGateway;
  readonly options: ListenOptions;
  /** Valid values of a Host header. */
  readonly hosts: ReadonlySet<string>;
}

async function answer(gate: Gate, message: IncomingMessage, response: ServerResponse): Promise<void> {
  const { gateway, options } = gate;
  const head: WireRequest = {
    method: message.method ?? '',
    path: message.url ?? '',
    headers: headersOf(message),
    body: new Uint8Array(),
  };
  let request = head;
  try {
    refuseStrangers(gate, head);
    const claim = claimOf(head);
    const admission = options.admissions.find(({ accessKeyId }) => accessKeyId === claim.accessKeyId);
    if (admission === undefined) throw unknownKey();
    const body = await readAll(message);
    if (body === undefined) {
      // The client has disconnected, or its request has timed out: no response can reach it.
      response.destroy();
      return;
    }
    request = { ...head, body };
    if (options.served !== undefined) checkRegion(claim, options.served);
    checkSignature(request, claim, admission.secretAccessKey, [(options.nowMs ?? Date.now)(), Date.now()]);
    const answered = await handleWireRequest(gateway, request, admission.caller, () => response.destroyed);
    send(response, head, answered);
  } catch (error) {
    if (!(error instanceof AwsError)) options.onDefect(error, `${request.method} request`);
    // The unread rest of the request is not awaited.
    response.shouldKeepAlive = message.complete;
    send(response, head, refuseUnread(gateway, request, error instanceof AwsError ? error : internalFailure()));
    message.resume();
  }
}

/**
 * A page in a browser can send requests to this machine, also by a name of its own that it points here (DNS rebinding). But the browser always says
 * so: in Host, in Origin, or in Sec-Fetch-Site.
 */
function refuseStrangers({ hosts }: Gate, { method, path, headers }: WireRequest): void {
  if (!hosts.has((headers['host'] ?? '').toLowerCase())) {
    throw new AwsError('AccessDenied', `Host: expected ${[...hosts].join(' or ')}`, { statusCode: 421 });
  }
  if (headers['origin'] !== undefined || headers['sec-fetch-site'] !== undefined) {
    throw new AwsError('AccessDenied', 'The local region answers no web pages.', { statusCode: 403 });
  }
  if (!METHODS.has(method)) {
    throw new AwsError('MethodNotAllowed', `Method: expected one of ${[...METHODS].join(', ')}`, { statusCode: 405 });
  }
  if (!path.startsWith('/')) throw new AwsError('InvalidRequest', 'The request target must be a path.');
}

function headersOf(message: IncomingMessage): Record<string, string> {
  const headers: Record<string, string> = Object.create(null);
  for (const [name, value] of Object.entries(message.headers)) {
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(',') : value;
  }
  return headers;
}

function send(response: ServerResponse, { method }: WireRequest, answered: WireResponse): void {
  if (response.destroyed) return;
  const content = typeof answered.body === 'string' ? Buffer.from(answered.body) : answered.body;
  response.writeHead(answered.statusCode, { ...answered.headers, 'content-length': String(content.length) });
  response.end(method === 'HEAD' ? undefined : content);
}

/** Undefined: the connection ended before the whole request arrived. Throws `AwsError` if it is too long. */
async function readAll(message: IncomingMessage): Promise<Uint8Array | undefined> {
  if (Number(message.headers['content-length'] ?? 0) > BODY_BYTES_MAX) throw tooLarge();
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of message.iterator({ destroyOnReturn: false })) {
      bytes += (chunk as Buffer).length;
      if (bytes > BODY_BYTES_MAX) throw tooLarge();
      chunks.push(chunk as Buffer);
    }
  } catch (error) {
    if (error instanceof AwsError) throw error;
    return undefined;
  }
  return Buffer.concat(chunks);
}

const tooLarge = (): AwsError =>
  new AwsError('RequestEntityTooLarge', `The request body must be at most ${BODY_BYTES_MAX} bytes.`, {
    statusCode: 413,
  });

/** "Common errors" of the query APIs; the JSON APIs name it UnrecognizedClientException, EC2 AuthFailure. */
const unknownKey = (): AwsError =>
  new AwsError(
    'InvalidClientTokenId',
    'The security token included in the request is invalid: the local region knows only the access key that it printed when it began to serve.',
    { statusCode: 403 },
  );
