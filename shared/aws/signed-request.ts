// Requests to CloudWatch that no operation of its SDK describes: metrics over OTLP, and queries in PromQL. They go where the SDK's own requests to CloudWatch
// go (AWS_ENDPOINT_URL, profiles, FIPS), by its handler, signed as these are. "Authentication uses standard Amazon SigV4 signing. The service name is monitoring" ("Send metrics using OpenTelemetry", user guide).
import { setTimeout } from 'node:timers/promises';
import { type CloudWatchClient, ListMetricsCommand } from '@aws-sdk/client-cloudwatch';
import { getEndpointFromInstructions } from '@smithy/core/endpoints';

export interface PlainRequest {
  /** `/v1/metrics`. */
  readonly path: string;
  readonly contentType: string;
  readonly body: Uint8Array;
  /** Of the answer; a longer one is an error. */
  readonly answerBytesMax: number;
}

/** Another attempt after these waits: every such request may come twice, since a point that comes twice is one point, and a query changes nothing. */
const WAITS_MS = [200, 800];

/** CloudWatch's answer is no success. In the form of the SDK's own errors, so that a refusal is told from a fault. */
class PlainRequestError extends Error {
  readonly $metadata: { readonly httpStatusCode: number };

  constructor(name: string, statusCode: number, text: string) {
    super(`HTTP ${statusCode}${text === '' ? '' : `, ${text}`}`);
    this.name = name;
    this.$metadata = { httpStatusCode: statusCode };
  }
}

/** An answer came, and it is none that can be read: another request would be answered in the same way. */
export class UnreadableAnswer extends Error {}

/**
 * @returns the body of the answer
 * @throws `PlainRequestError`; `UnreadableAnswer` for one that is too long; an `Error` where no answer came
 */
export async function sendPlain(cloudwatch: CloudWatchClient, request: PlainRequest): Promise<Buffer> {
  for (let attempt = 0; ; attempt++) {
    const waitMs = WAITS_MS[attempt];
    const answer = await post(cloudwatch, request).catch((error: unknown): Failure => ({ repeat: true, error }));
    if (Buffer.isBuffer(answer)) return answer;
    if (!answer.repeat || waitMs === undefined) throw answer.error;
    await setTimeout(waitMs);
  }
}

interface Failure {
  readonly repeat: boolean;
  readonly error: unknown;
}

async function post({ config }: CloudWatchClient, request: PlainRequest): Promise<Buffer | Failure> {
  const { path, contentType, body, answerBytesMax } = request;
  // A copy: what the resolver finds in the environment it writes into the configuration. Any operation has the same instructions.
  const { url } = await getEndpointFromInstructions({}, ListMetricsCommand, { ...config });
  const headers = { host: url.host, 'content-type': contentType, 'content-length': `${body.length}` };
  const to = { url, path: `${url.pathname.replace(/\/$/, '')}${path}`, body };
  const signer = await config.signer();
  const signingDate = new Date(Date.now() + config.systemClockOffset);
  const signed = await signer.sign(requestOf(to, headers), { signingDate });
  const { response } = await config.requestHandler.handle(requestOf(to, signed.headers));
  const { statusCode } = response;
  if (statusCode >= 200 && statusCode < 300) {
    const { bytes, isCut } = await bodyOf(response.body, answerBytesMax);
    return isCut
      ? { repeat: false, error: new UnreadableAnswer(`an answer of more than ${answerBytesMax} bytes`) }
      : bytes;
  }
  const text = (await bodyOf(response.body, REFUSAL_BYTES_MAX)).bytes.toString('utf8');
  const code = ownHeader(response.headers, 'x-amzn-errortype');
  // "429, 502, 503, 504 … The requests that receive a retryable response SHOULD be retried" (OTLP specification, "Failures"); AWS also says 500.
  const repeat = statusCode === 429 || statusCode >= 500;
  return { repeat, error: new PlainRequestError(code ?? 'Error', statusCode, text.replace(/[^ -~]/g, ' ')) };
}

const ownHeader = (headers: Readonly<Record<string, string>> | undefined, name: string): string | undefined =>
  headers && Object.hasOwn(headers, name) ? headers[name] : undefined;

interface SdkRequest {
  readonly method: 'POST';
  readonly protocol: string;
  readonly hostname: string;
  readonly port?: number;
  readonly path: string;
  readonly query: Record<string, string>;
  readonly headers: Record<string, string>;
  readonly body: Uint8Array;
  clone(): SdkRequest;
}

interface Destination {
  readonly url: URL;
  readonly path: string;
  readonly body: Uint8Array;
}

const requestOf = (to: Destination, headers: Record<string, string>): SdkRequest => ({
  method: 'POST',
  protocol: to.url.protocol,
  hostname: to.url.hostname,
  ...(to.url.port !== '' && { port: Number(to.url.port) }),
  path: to.path,
  query: {},
  headers,
  body: to.body,
  clone: () => requestOf(to, { ...headers }),
});

const REFUSAL_BYTES_MAX = 500;

async function bodyOf(body: unknown, bytesMax: number): Promise<{ readonly bytes: Buffer; readonly isCut: boolean }> {
  const chunks: Buffer[] = [];
  let length = 0;
  // Most handlers of the SDK give a stream, some the whole body.
  const parts = body instanceof Uint8Array ? [body] : (body as AsyncIterable<Uint8Array>);
  for await (const chunk of parts) {
    chunks.push(Buffer.from(chunk));
    length += chunk.length;
    // Leaving the loop closes the body: an answer without an end holds up nobody.
    if (length > bytesMax) break;
  }
  return { bytes: Buffer.concat(chunks).subarray(0, bytesMax), isCut: length > bytesMax };
}
