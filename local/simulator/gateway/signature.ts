// Verifies Signature Version 4: the claimed signer of a request, and whether the claim is true. Source: "Create a signed AWS API request" (IAM user
// guide); error codes and sentences: "Troubleshoot Signature Version 4 signing" there.
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { AwsError } from '../service.ts';
import { urlOf, type WireRequest } from './message.ts';

/** A request's claim about its own signature. */
export interface SignatureClaim {
  readonly accessKeyId: string;
  /** The credential scope after the key: date, region, signing name of the service. */
  readonly date: string;
  readonly region: string;
  readonly service: string;
  /** Header names in lower case, in the order of the request. */
  readonly signedHeaders: readonly string[];
  readonly signature: string;
  /** "20260101T120000Z" */
  readonly signedAt: string;
  /** Of a presigned request: how long it is valid. */
  readonly expiresSeconds: number | undefined;
}

/** AWS allows a difference of five minutes for most services, and of fifteen for some. */
const SKEW_MS_MAX = 15 * 60_000;
/** A presigned request is valid for a week at most. */
const EXPIRES_SECONDS_MAX = 604_800;

const AUTHORIZATION =
  /^AWS4-HMAC-SHA256 +Credential=([\w-]{1,128})\/(\d{8})\/([\w-]{1,64})\/([\w-]{1,64})\/aws4_request, *SignedHeaders=([\w;-]{1,4096}), *Signature=([0-9a-f]{64})$/;
const CREDENTIAL = /^([\w-]{1,128})\/(\d{8})\/([\w-]{1,64})\/([\w-]{1,64})\/aws4_request$/;
const SIGNED_AT = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/;

/** Reads the claim from the Authorization header, or from the query string of a presigned request. Throws `AwsError` without a valid one. */
export function claimOf(request: WireRequest): SignatureClaim {
  const header = request.headers['authorization'];
  if (header === undefined) return presignedClaim(queryOf(request));
  const [, accessKeyId, date, region, service, signedHeaders, signature] = AUTHORIZATION.exec(header.trim()) ?? [];
  if (!accessKeyId || !date || !region || !service || !signedHeaders || !signature) {
    throw incomplete(
      'The Authorization header is not of the form AWS4-HMAC-SHA256 Credential=…, SignedHeaders=…, Signature=…',
    );
  }
  const signedAt = request.headers['x-amz-date'] ?? '';
  return claim({ accessKeyId, date, region, service, signature, signedAt, expiresSeconds: undefined }, signedHeaders);
}

function presignedClaim(query: URLSearchParams): SignatureClaim {
  const credential = query.get('X-Amz-Credential');
  if (credential === null) throw unsigned();
  const [, accessKeyId, date, region, service] = CREDENTIAL.exec(credential) ?? [];
  const signedHeaders = query.get('X-Amz-SignedHeaders') ?? '';
  const signature = query.get('X-Amz-Signature') ?? '';
  const expires = query.get('X-Amz-Expires') ?? '';
  const isWhole = query.get('X-Amz-Algorithm') === 'AWS4-HMAC-SHA256' && /^[0-9a-f]{64}$/.test(signature);
  if (!isWhole || !accessKeyId || !date || !region || !service || !/^[\w;-]{1,4096}$/.test(signedHeaders)) {
    throw incomplete(
      'The query string has not all of X-Amz-Algorithm, -Credential, -Date, -Expires, -SignedHeaders and -Signature',
    );
  }
  if (!/^\d{1,6}$/.test(expires) || Number(expires) > EXPIRES_SECONDS_MAX) {
    throw incomplete(`X-Amz-Expires: expected 0 to ${EXPIRES_SECONDS_MAX} seconds`);
  }
  const signedAt = query.get('X-Amz-Date') ?? '';
  return claim(
    { accessKeyId, date, region, service, signature, signedAt, expiresSeconds: Number(expires) },
    signedHeaders,
  );
}

function claim(read: Omit<SignatureClaim, 'signedHeaders'>, signedHeaders: string): SignatureClaim {
  if (!SIGNED_AT.test(read.signedAt)) throw incomplete('X-Amz-Date: expected a time such as 20260101T120000Z');
  if (!read.signedAt.startsWith(read.date))
    throw mismatch('Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP');
  const names = signedHeaders.split(';');
  if (!names.includes('host')) throw incomplete("'Host' must be a 'SignedHeader' in the AWS Authorization");
  return { ...read, signedHeaders: names };
}

/** The region that is served, and its services that may be asked for it from us-east-1. */
export interface ServedRegion {
  readonly name: string;
  readonly globalServices: readonly string[];
}

/** Throws `AwsError` for a request that belongs into another region, as the endpoint of a region does. */
export function checkRegion({ region, service }: SignatureClaim, { name, globalServices }: ServedRegion): void {
  if (region === name || (region === 'us-east-1' && globalServices.includes(service))) return;
  throw mismatch(`Credential should be scoped to a valid region. This is ${name}, and the request is for ${region}.`);
}

/**
 * Throws `AwsError` unless the request was signed as claimed with this secret, at about the time of one of these clocks.
 * @param clocksMs ms since the epoch
 */
export function checkSignature(
  request: WireRequest,
  claimed: SignatureClaim,
  secretAccessKey: string,
  clocksMs: readonly [number, ...number[]],
): void {
  const { date, region, service, signedAt, signature, expiresSeconds } = claimed;
  checkTime(signedAt, expiresSeconds, clocksMs);
  const bodyHash = sha256(request.body);
  const sentHash = request.headers['x-amz-content-sha256'];
  if (sentHash !== undefined && sentHash !== bodyHash)
    throw mismatch('The body is not the one that was signed (x-amz-content-sha256)');
  const scope = `${date}/${region}/${service}/aws4_request`;
  const text = ['AWS4-HMAC-SHA256', signedAt, scope, sha256(canonicalRequest(request, claimed, bodyHash))].join('\n');
  const key = [date, region, service, 'aws4_request'].reduce<string | Buffer>(hmac, `AWS4${secretAccessKey}`);
  if (!timingSafeEqual(hmac(key, text), Buffer.from(signature, 'hex'))) {
    throw mismatch(
      'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method.',
    );
  }
}

function checkTime(
  signedAt: string,
  expiresSeconds: number | undefined,
  clocksMs: readonly [number, ...number[]],
): void {
  const atMs = Date.parse(signedAt.replace(SIGNED_AT, '$1-$2-$3T$4:$5:$6Z'));
  const untilMs = expiresSeconds === undefined ? atMs + SKEW_MS_MAX : atMs + expiresSeconds * 1000;
  if (clocksMs.some((nowMs) => atMs - SKEW_MS_MAX <= nowMs && nowMs <= untilMs)) return;
  const [nowMs] = clocksMs;
  const now = new Date(nowMs).toISOString().replace(/[-:]|\.\d+/g, '');
  throw mismatch(
    `Signature ${nowMs > untilMs ? 'expired' : 'not yet current'}: it was made at ${signedAt}, and it is ${now}`,
  );
}

function canonicalRequest(
  request: WireRequest,
  { signedHeaders, expiresSeconds }: SignatureClaim,
  bodyHash: string,
): string {
  const headers = signedHeaders.map((name) => `${name}:${(request.headers[name] ?? '').trim().replace(/ +/g, ' ')}\n`);
  const query = [...queryOf(request)]
    .filter(([name]) => expiresSeconds === undefined || name !== 'X-Amz-Signature')
    .map(([name, value]) => [encoded(name), encoded(value)] as const)
    .sort(([name, value], [otherName, otherValue]) => inOrder(name, otherName) || inOrder(value, otherValue))
    .map((pair) => pair.join('='));
  return [
    request.method,
    canonicalPath(request),
    query.join('&'),
    headers.join(''),
    signedHeaders.join(';'),
    bodyHash,
  ].join('\n');
}

/** Encoded once more than on the wire, as every service but S3 requires. */
const canonicalPath = (request: WireRequest): string => urlOf(request).pathname.split('/').map(encoded).join('/');

const queryOf = (request: WireRequest): URLSearchParams => urlOf(request).searchParams;

/** "Unreserved characters" stay as they are: letters, digits, hyphen, underscore, period and tilde. */
const encoded = (text: string): string =>
  encodeURIComponent(text.toWellFormed()).replace(
    /[!'()*]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
  );

const inOrder = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0);
const sha256 = (content: string | Uint8Array): string => createHash('sha256').update(content).digest('hex');
const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();

const unsigned = (): AwsError =>
  new AwsError(
    'MissingAuthenticationToken',
    'The request is not signed. The local region wants SigV4 with the credentials that it printed when it began to serve.',
    { statusCode: 403 },
  );
const incomplete = (message: string): AwsError => new AwsError('IncompleteSignature', message);
const mismatch = (message: string): AwsError => new AwsError('SignatureDoesNotMatch', message, { statusCode: 403 });
