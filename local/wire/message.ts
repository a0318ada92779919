// HTTP messages as the wire sees them, whether they came through a socket or a function call.

export interface WireRequest {
  readonly method: string;
  /** Path with query string, percent-encoded. */
  readonly path: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

export interface WireResponse {
  readonly statusCode: number;
  readonly headers: Record<string, string>;
  readonly body: string | Uint8Array;
}

export const urlOf = (request: WireRequest): URL => new URL(request.path, 'http://region');

export const textOf = (body: Uint8Array): string =>
  Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8');
