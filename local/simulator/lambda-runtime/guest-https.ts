// node:http and node:https inside a sandbox: requests are function calls. Timeouts and aborts stay the client's own.
import { EventEmitter } from 'node:events';
import { Readable } from 'node:stream';
import { urlToHttpOptions } from 'node:url';
import type { WireRequest, WireResponse } from '../gateway/message.ts';
import type { Timer } from '../kernel.ts';
import type { GuestTimers } from './guest-timers.ts';

/** A request, as far as `https.request` knows it. */
export interface RequestOptions {
  readonly protocol?: string | null;
  readonly hostname?: string | null;
  readonly host?: string | null;
  readonly port?: number | string | null;
  readonly method?: string;
  readonly path?: string | null;
  readonly headers?: Readonly<Record<string, unknown>>;
}

/** The response object that the guest's HTTP client receives as body: a stream, or a response that was never bytes. */
export interface GuestResponse {
  statusCode: number;
  statusMessage: string;
  headers: Record<string, string>;
  complete: boolean;
}

/** Sends requests. */
export interface Transport {
  /** Whether a connection is possible; otherwise its packets vanish. Throws what `http.request` throws for options that cannot be sent. */
  connect(options: RequestOptions): boolean;
  /** Calls one member of `reply` once, or none if the response is lost. */
  send(options: RequestOptions, body: Uint8Array, reply: GuestReply): void;
}

export interface GuestReply {
  respond(response: GuestResponse): void;
  fail(error: Error): void;
}

type OnResponse = (response: GuestResponse) => void;

/** The members of node:http and node:https that HTTP clients use. */
export function guestHttp(
  protocol: 'http:' | 'https:',
  transport: Transport,
  timers: GuestTimers,
): Readonly<Record<string, unknown>> {
  class Agent {
    readonly sockets = {};
    readonly requests = {};

    constructor(options: object = {}) {
      Object.assign(this, options);
    }

    destroy(): void {}
  }
  const request = (where: RequestOptions | string | URL, ...more: readonly unknown[]) => {
    const onResponse = more.find((argument) => typeof argument === 'function') as OnResponse | undefined;
    const options = optionsOf(protocol, where, more[0]);
    return new GuestRequest(transport, timers, options, onResponse);
  };
  const get = (where: RequestOptions | string | URL, ...more: readonly unknown[]) => request(where, ...more).end();
  return { Agent, globalAgent: new Agent(), get, request };
}

/** `headers` stay the caller's own object: the sweep lane recognises its requests by it. */
function optionsOf(protocol: string, where: RequestOptions | string | URL, more: unknown): RequestOptions {
  const given =
    typeof where === 'string' || where instanceof URL
      ? ({ ...urlToHttpOptions(new URL(where)), ...(typeof more === 'object' ? more : {}) } as RequestOptions)
      : where;
  if ((given.protocol ?? protocol) === protocol) return { ...given, protocol };
  const message = `Protocol "${given.protocol}" not supported. Expected "${protocol}"`;
  throw Object.assign(new TypeError(message), { code: 'ERR_INVALID_PROTOCOL' });
}

/** The part of `http.ClientRequest` that the SDK's NodeHttpHandler, and a stream piped into it, use. */
class GuestRequest extends EventEmitter {
  readonly socket: GuestSocket;
  readonly writable = true;
  destroyed = false;
  #ended = false;
  #response: GuestResponse | undefined;
  readonly #chunks: Uint8Array[] = [];
  readonly #transport: Transport;
  readonly #options: RequestOptions;

  constructor(
    transport: Transport,
    timers: GuestTimers,
    options: RequestOptions,
    onResponse?: (response: GuestResponse) => void,
  ) {
    super();
    this.#transport = transport;
    this.#options = options;
    this.socket = new GuestSocket(timers, !transport.connect(options));
    if (onResponse !== undefined) this.once('response', onResponse);
  }

  write(chunk: string | Uint8Array): boolean {
    this.#chunks.push(typeof chunk === 'string' ? Buffer.from(chunk) : chunk);
    return true;
  }

  end(chunk?: string | Uint8Array): this {
    if (chunk !== undefined) this.write(chunk);
    if (this.#ended || this.destroyed) return this;
    this.#ended = true;
    const [first] = this.#chunks;
    const body = this.#chunks.length === 1 && first !== undefined ? first : Buffer.concat(this.#chunks);
    this.#transport.send(this.#options, body, {
      respond: (response) => {
        if (this.destroyed) return;
        this.#response = response;
        this.socket.stopTimer();
        this.emit('response', response);
        this.emit('close');
      },
      fail: (error) => void this.destroy(error),
    });
    return this;
  }

  destroy(error?: Error): this {
    if (this.destroyed) return this;
    this.destroyed = true;
    this.socket.stopTimer();
    // If the body is not complete yet, it ends with its connection.
    if (this.#response instanceof Readable && !this.#response.complete) this.#response.destroy();
    if (error !== undefined) this.emit('error', error);
    this.emit('close');
    return this;
  }

  setTimeout(delayMs: number, onTimeout?: () => void): this {
    this.socket.setTimeout(delayMs, onTimeout);
    return this;
  }

  setNoDelay(): void {}

  setSocketKeepAlive(): void {}

  flushHeaders(): void {}
}

/** A socket that is connected from the start or never, and whose only event is a time-out. */
class GuestSocket extends EventEmitter {
  readonly connecting: boolean;
  readonly #timers: GuestTimers;
  #timer: Timer | undefined;

  constructor(timers: GuestTimers, connecting: boolean) {
    super();
    this.#timers = timers;
    this.connecting = connecting;
  }

  setTimeout(delayMs: number, onTimeout?: () => void): this {
    this.stopTimer();
    if (onTimeout !== undefined) this.once('timeout', onTimeout);
    if (delayMs > 0) this.#timer = this.#timers.after(delayMs, () => this.emit('timeout'));
    return this;
  }

  stopTimer(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  setKeepAlive(): this {
    return this;
  }

  destroy(): this {
    this.stopTimer();
    return this;
  }
}

export function wireRequest(options: RequestOptions, body: Uint8Array): WireRequest {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(options.headers ?? {})) headers[name.toLowerCase()] = String(value);
  return { method: options.method ?? 'GET', path: options.path ?? '/', headers, body };
}

/** A response as a stream, the way a socket would deliver it. */
export function streamResponse({ statusCode, headers, body }: WireResponse): GuestResponse {
  const stream = new Readable({ read() {} });
  if (body.length > 0) stream.push(typeof body === 'string' ? Buffer.from(body) : body);
  stream.push(null);
  return Object.assign(stream, { statusCode, statusMessage: '', headers: { ...headers }, complete: true });
}
