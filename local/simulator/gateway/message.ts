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

/** Whatever the path is: with a host in front of it, no text behind a slash is an impossible URL. */
export const urlOf = ({ path }: WireRequest): URL => new URL(`http://region${path.startsWith('/') ? path : '/'}`);

export const textOf = (body: Uint8Array): string =>
  Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8');
