// HTTP messages of the wire, from a socket or from a function call.

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

/** For any path: the host in front makes every text after a slash a valid URL. */
export const urlOf = ({ path }: WireRequest): URL => new URL(`http://region${path.startsWith('/') ? path : '/'}`);

export const textOf = (body: Uint8Array): string =>
  Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8');
