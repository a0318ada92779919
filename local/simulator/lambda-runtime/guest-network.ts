// A sandbox's requests to hosts that are not AWS's: nodes in its VPC, reference endpoints on the internet.
import { STATUS_CODES, validateHeaderName, validateHeaderValue } from 'node:http';
import { Readable } from 'node:stream';
import type { VirtualClock } from '../clock.ts';
import { type HttpAnswer, type HttpRequest, Network, type NetworkLocation, whenAnswered } from '../network/network.ts';
import { VpcEndpoints } from '../network/vpc-endpoints.ts';
import type { Trace } from '../trace.ts';
import type { GuestReply, GuestResponse, RequestOptions } from './guest-https.ts';

/** Node.js documentation, "http.request(options)": `hostname` before `host`, and localhost without either. */
export const hostOf = ({ hostname, host }: RequestOptions): string => hostname ?? host ?? 'localhost';

/**
 * AWS's own names, under which the SDK finds every service. A sandbox has no other endpoints, since its environment makes the SDK ignore configured
 * ones. All other hosts are on the network, and so is where a custom resource is answered.
 */
export const isAwsHost = (host: string): boolean =>
  /\.(amazonaws\.com|api\.aws)$/i.test(host) && !/^cloudformation-custom-resource-response-/i.test(host);

export interface SandboxNetwork {
  readonly network: Network;
  readonly location: NetworkLocation;
  /** A sandbox in a VPC reaches AWS through these; one on the internet needs none. */
  readonly endpoints: VpcEndpoints;
}

export const NOTHING_AROUND: SandboxNetwork = {
  network: new Network(),
  location: 'internet',
  endpoints: new VpcEndpoints(),
};

export interface Sender extends SandboxNetwork {
  readonly actor: string;
  readonly clock: VirtualClock;
  readonly trace: Trace;
}

/**
 * Sends a request to its host. It arrives in the same canonical order as requests to AWS, and it is part of the trace. It costs only the time that
 * its host sets. A dead sandbox gets no response.
 */
export function sendOverNetwork(
  { actor, clock, trace, network, location }: Sender,
  options: RequestOptions,
  body: Uint8Array,
  reply: GuestReply & { isDead(): boolean },
): void {
  const asked = addressed(options, body);
  const key = `${actor}|${asked.line}`;
  const deliver = (afterMs: number, work: () => void) => void clock.after(afterMs, () => reply.isDead() || work());
  const admit = (): void => {
    if (reply.isDead()) return;
    whenAnswered(network.request(location, asked.address, asked.port, asked.request), (answer) => {
      trace.note(`${clock.now()} ${key} ${noted(answer)}`);
      const error = networkError(answer.kind, asked);
      if (error !== undefined) deliver(0, () => reply.fail(error));
      else if (answer.kind === 'response') deliver(answer.afterMs, () => reply.respond(networkResponse(answer)));
    });
  };
  clock.arrive(() => key, admit);
}

const noted = (answer: HttpAnswer): string =>
  answer.kind === 'response'
    ? `${answer.statusCode} ${Buffer.byteLength(answer.body)} bytes after ${answer.afterMs} ms`
    : answer.kind;

interface AddressedRequest {
  readonly address: string;
  readonly port: number;
  readonly request: HttpRequest;
  /** For the trace, and for the order among requests of one instant. */
  readonly line: string;
}

/** Options of Node's that no code has used yet; ignoring them silently would change the request. */
const REFUSED = ['auth', 'createConnection', 'lookup', 'setHost', 'signal', 'socketPath', 'timeout'] as const;

/** Throws what `http.request` throws for what cannot be sent, with its codes. */
export function checkSendable(options: RequestOptions): void {
  const refused = REFUSED.find((name) => (options as Readonly<Record<string, unknown>>)[name] !== undefined);
  if (refused !== undefined) {
    throw new Error(`a function of the local region cannot use the option "${refused}" of http.request`);
  }
  // As in node:_http_client.
  if (/[^\u0021-\u00ff]/.test(options.path ?? '/')) {
    throw coded(new TypeError('Request path contains unescaped characters'), 'ERR_UNESCAPED_CHARACTERS');
  }
  for (const [name, value] of Object.entries(options.headers ?? {})) {
    validateHeaderName(name);
    validateHeaderValue(name, String(value));
  }
}

function addressed(options: RequestOptions, body: Uint8Array): AddressedRequest {
  const { protocol = 'http:', method = 'GET', path } = options;
  const address = hostOf(options);
  const usual = protocol === 'https:' ? 443 : 80;
  const port = Number(options.port || usual);
  const name = address.includes(':') ? `[${address}]` : address;
  const authority = port === usual ? name : `${name}:${port}`;
  const headers: Record<string, string> = { host: authority };
  for (const [header, value] of Object.entries(options.headers ?? {})) headers[header.toLowerCase()] = String(value);
  const request = { method, path: path || '/', headers, body };
  const text = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('latin1');
  const line = `http.${method} ${protocol}//${authority}${request.path} ${JSON.stringify(text)}`;
  return { address, port, request, line };
}

/** The errors of Node's own sockets; undefined for a response, and for silence. */
function networkError(kind: HttpAnswer['kind'], { address, port }: AddressedRequest): Error | undefined {
  switch (kind) {
    case 'refused':
      return socketError('ECONNREFUSED', -111, 'connect', address, port);
    case 'no-route':
      return socketError('EHOSTUNREACH', -113, 'connect', address, port);
    case 'no-name': {
      const error = coded(new Error(`getaddrinfo ENOTFOUND ${address}`), 'ENOTFOUND');
      return Object.assign(error, { errno: -3008, syscall: 'getaddrinfo', hostname: address });
    }
    default:
      return undefined;
  }
}

const socketError = (code: string, errno: number, syscall: string, address: string, port: number): Error =>
  Object.assign(coded(new Error(`${syscall} ${code} ${address}:${port}`), code), { errno, syscall, address, port });

const coded = <E extends Error>(error: E, code: string): E => Object.assign(error, { code });

/** The most that libuv reads from a socket in one step. */
const CHUNK_BYTES = 65_536;

/** The response as Node's client delivers it: headers first, then the body in pieces as they are read. */
function networkResponse(answer: HttpAnswer & { readonly kind: 'response' }): GuestResponse & Readable {
  const body = Buffer.from(answer.body);
  let sent = 0;
  const response = Object.assign(
    new Readable({
      read() {
        const chunk = body.subarray(sent, sent + CHUNK_BYTES);
        sent += chunk.length;
        response.complete = sent === body.length;
        this.push(chunk.length > 0 ? chunk : null);
      },
    }),
    {
      statusCode: answer.statusCode,
      statusMessage: STATUS_CODES[answer.statusCode] ?? '',
      headers: Object.fromEntries(
        Object.entries(answer.headers ?? {}).map(([name, value]) => [name.toLowerCase(), value]),
      ),
      httpVersion: '1.1',
      complete: false,
    },
  );
  return response;
}
