// node:https as a sandbox sees it: requests go to the region by function call. Timeouts and aborts stay the client's own.
import { EventEmitter } from 'node:events';
import { Readable } from 'node:stream';
import type { WireRequest, WireResponse } from '../wire/message.ts';
import type { GuestTimers } from './guest-timers.ts';
import type { Timer } from './kernel.ts';

/** What a request asks, as far as `https.request` is told. */
export interface RequestOptions {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, unknown>>;
}

/** The response object that the guest's HTTP client receives as body: a stream, or an answer that never was bytes. */
export interface GuestResponse {
  statusCode: number;
  statusMessage: string;
  headers: Record<string, string>;
  complete: boolean;
}

/** Sends a request; `respond` is called once, or never when the answer is lost. */
export type Transport = (options: RequestOptions, body: Uint8Array, respond: (response: GuestResponse) => void) => void;

/** The members of node:http and node:https that HTTP clients use. */
export function guestHttps(transport: Transport, timers: GuestTimers): Readonly<Record<string, unknown>> {
  class Agent {
    readonly sockets = {};
    readonly requests = {};

    constructor(options: object = {}) {
      Object.assign(this, options);
    }

    destroy(): void {}
  }
  const request = (options: RequestOptions, onResponse?: (response: GuestResponse) => void) =>
    new GuestRequest(transport, timers, options, onResponse);
  return { Agent, globalAgent: new Agent(), request };
}

/** As much of `http.ClientRequest` as the SDK's NodeHttpHandler, and a stream piped into it, touch. */
class GuestRequest extends EventEmitter {
  readonly socket: GuestSocket;
  readonly writable = true;
  destroyed = false;
  #ended = false;
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
    this.socket = new GuestSocket(timers);
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
    this.#transport(this.#options, body, (response) => {
      if (this.destroyed) return;
      this.socket.stopTimer();
      this.emit('response', response);
      this.emit('close');
    });
    return this;
  }

  destroy(error?: Error): this {
    if (this.destroyed) return this;
    this.destroyed = true;
    this.socket.stopTimer();
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

/** A socket that is connected from the start and only ever times out. */
class GuestSocket extends EventEmitter {
  readonly connecting = false;
  readonly #timers: GuestTimers;
  #timer: Timer | undefined;

  constructor(timers: GuestTimers) {
    super();
    this.#timers = timers;
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
