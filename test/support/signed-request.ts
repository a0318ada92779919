// Requests to a served region that no SDK would write, signed all the same by the SDK's own signer.
import { STSClient } from '@aws-sdk/client-sts';
import type { AccessKey } from '../../local/simulator/gateway/keys.ts';

export interface RawRequest {
  readonly method?: string;
  /** Path with query string, as it goes over the wire. */
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  readonly service: string;
  /** When it is signed; now unless given. */
  readonly at?: Date;
}

interface Signable {
  readonly method: string;
  readonly protocol: string;
  readonly hostname: string;
  readonly port: number;
  readonly path: string;
  readonly query: Record<string, string | string[]>;
  readonly headers: Record<string, string>;
  readonly body: string | Uint8Array | undefined;
}

interface Signer {
  sign(request: Signable, options: object): Promise<Signable>;
  presign(request: Signable, options: object): Promise<Signable>;
}

/** The headers of a signed request to a region served at `url`. */
export async function signedHeaders(url: string, key: AccessKey, raw: RawRequest): Promise<Record<string, string>> {
  const signer = await signerOf(key, raw.service);
  const { headers } = await signer.sign(signable(url, raw), { signingDate: raw.at ?? new Date() });
  return headers;
}

/** Sends a signed request. */
export async function signedFetch(url: string, key: AccessKey, raw: RawRequest): Promise<Response> {
  const headers = await signedHeaders(url, key, raw);
  const { method = 'POST', path = '/', body } = raw;
  return fetch(url + path, { method, headers, ...(body === undefined ? {} : { body: Buffer.from(body) }) });
}

/** A URL that needs no header. */
export async function presignedUrl(url: string, key: AccessKey, raw: RawRequest, expiresIn = 60): Promise<string> {
  const signer = await signerOf(key, raw.service);
  const signed = await signer.presign(signable(url, { method: 'GET', ...raw }), {
    signingDate: raw.at ?? new Date(),
    expiresIn,
  });
  const query = Object.entries(signed.query).flatMap(([name, value]) =>
    [value].flat().map((one) => `${encodeURIComponent(name)}=${encodeURIComponent(one)}`),
  );
  return `${url}${signed.path}?${query.join('&')}`;
}

async function signerOf(credentials: AccessKey, service: string): Promise<Signer> {
  const client = new STSClient({ region: 'eu-west-1', credentials });
  const { signer } = client.config as unknown as { signer: (scheme: object) => Promise<Signer> };
  const scheme = { name: 'sigv4', signingName: service, signingRegion: 'eu-west-1', properties: {} };
  return signer(scheme);
}

function signable(url: string, { method = 'POST', path = '/', headers = {}, body }: RawRequest): Signable {
  const { hostname, port, host } = new URL(url);
  const [pathname = '/', search = ''] = path.split('?', 2);
  const query: Record<string, string[]> = {};
  for (const [name, value] of new URLSearchParams(search)) query[name] = [...(query[name] ?? []), value];
  return {
    method,
    protocol: 'http:',
    hostname,
    port: Number(port),
    path: pathname,
    query,
    headers: { host, ...headers },
    body,
  };
}
