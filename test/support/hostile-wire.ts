// Requests as the SDK writes them, and the same with something wrong in their bytes, headers and paths.
import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { SERVICES } from '../../local/services/services.ts';
import type { WireRequest } from '../../local/simulator/gateway/message.ts';
import { randomStream } from '../../local/simulator/random.ts';
import { type MotoCall, nameOf, sdkOf } from './moto/calls/call.ts';
import { CALLS } from './moto/calls/index.ts';

export interface NamedRequest {
  readonly name: string;
  readonly request: WireRequest;
}

interface Sent {
  readonly method: string;
  readonly path: string;
  readonly query?: Readonly<Record<string, string | string[]>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

type Sdk = Readonly<
  Record<string, new (input: object) => { send?(command: object): Promise<unknown>; destroy?(): void }>
>;

/** Every call of the differential run in the protocol of its client. */
export async function wireRequests(): Promise<NamedRequest[]> {
  const requests: NamedRequest[] = [];
  for (const call of CALLS) {
    const request = await captured(call);
    if (request !== undefined) requests.push({ name: nameOf(call), request });
  }
  return requests;
}

async function captured(call: MotoCall): Promise<WireRequest | undefined> {
  const sdk = (await sdkOf(call)) as unknown as Sdk;
  const [, Client] =
    Object.entries(sdk).find(([name, value]) => /^[A-Z]\w*Client$/.test(name) && 'send' in value.prototype) ?? [];
  const Command = sdk[`${call.operation}Command`];
  if (Client === undefined || Command === undefined) throw new Error(`${nameOf(call)}: the SDK has no such operation`);
  let sent: Sent | undefined;
  const client = new Client({
    region: 'eu-west-1',
    credentials: { accessKeyId: 'AKIATEST', secretAccessKey: 'test' },
    maxAttempts: 1,
    useQueueUrlAsEndpoint: false,
    disableRequestCompression: true,
    requestHandler: {
      handle: async (request: Sent) => {
        sent = request;
        throw new Error('that was all');
      },
    },
  });
  // What an input lacks in its path, the SDK itself refuses to send.
  await client.send?.(new Command(call.input({ account: '111122223333' }))).catch(() => undefined);
  if (sent === undefined) return undefined;
  const { method, path, query = {}, headers, body = '' } = sent as Sent;
  const search = Object.entries(query).flatMap(([name, value]) =>
    [value].flat().map((one) => `${encodeURIComponent(name)}=${encodeURIComponent(one)}`),
  );
  return {
    method,
    path: search.length > 0 ? `${path}?${search.join('&')}` : path,
    headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value])),
    body: typeof body === 'string' ? Buffer.from(body) : body,
  };
}

const WORDS = [
  '__proto__',
  'constructor',
  'toString',
  '',
  '\u0000',
  '%',
  '%zz',
  '%00',
  '%c0%ae',
  '..',
  '//',
  '\ud800',
  '🦊',
  'a'.repeat(9_000),
];
const PIECES = [
  ...[
    '{',
    '[',
    '"',
    '}',
    ']',
    ',',
    ':',
    '\\',
    '\\u0000',
    '\\ud800',
    'null',
    'NaN',
    '1e999',
    '-',
    '<',
    '</',
    '<!--',
    '<![CDATA[',
  ],
  ...[
    '<!DOCTYPE a [<!ENTITY b "c"><!ENTITY d "&b;&b;">]>',
    '&d;',
    '&amp;',
    '&#0;',
    '&#xffffffff;',
    '&',
    '=',
    '.1.',
    '.0.',
    '.999999999.',
  ],
  ...[
    '&Filter.1.Name=__proto__',
    '&Tags.member.1.__proto__.Key=x',
    '&constructor.1=x',
    '{"__proto__":{"a":1}}',
    '['.repeat(30_000),
  ],
  ...['{"L":['.repeat(3_000), '{"M":{"a":'.repeat(3_000), '<a>'.repeat(10_000), '\u00bf\u00ff\u009f', '\u00c3\u0028'],
];

/** Some KB that are 40 MB. */
const BOMB = gzipSync(Buffer.alloc(40_000_000));

/** So many requests, each with one to three things changed; the same ones in every run. */
export function* mutants(requests: readonly NamedRequest[], count: number): Generator<NamedRequest> {
  const random = randomStream(1, 'mutants');
  const pick = <T>(from: readonly T[]): T => from[random.integer(0, from.length - 1)] as T;
  for (let n = 0; n < count; n++) {
    let { name, request } = pick(requests);
    for (let changes = random.integer(1, 3); changes > 0; changes--) {
      const change = pick(CHANGES);
      request = change(request, { pick, integer: (least, most) => random.integer(least, most) });
    }
    const digest = createHash('sha256').update(request.body).digest('hex').slice(0, 8);
    yield { name: `${n} ${name} ${request.method} ${request.path.slice(0, 80)} ${digest}`, request };
  }
}

interface Chance {
  pick<T>(from: readonly T[]): T;
  integer(least: number, most: number): number;
}
type Change = (request: WireRequest, chance: Chance) => WireRequest;

const withBody = (request: WireRequest, body: Uint8Array): WireRequest => ({ ...request, body });
const withHeader = (request: WireRequest, name: string, value: string): WireRequest => ({
  ...request,
  headers: { ...request.headers, [name]: value },
});

const CHANGES: readonly Change[] = [
  // A byte is another.
  (request, { integer }) => {
    const body = Buffer.from(request.body);
    if (body.length > 0) body[integer(0, body.length - 1)] = integer(0, 255);
    return withBody(request, body);
  },
  // It ends too early.
  (request, { integer }) => withBody(request, request.body.subarray(0, integer(0, request.body.length))),
  // Something stands in its midst.
  (request, { integer, pick }) => {
    const at = integer(0, request.body.length);
    return withBody(
      request,
      Buffer.concat([request.body.subarray(0, at), Buffer.from(pick(PIECES)), request.body.subarray(at)]),
    );
  },
  // A value is another word.
  (request, { pick }) => {
    const text = Buffer.from(request.body).toString('latin1');
    const values = [...text.matchAll(/(?<=[">=])[\w/-]{2,40}(?=["<&]|$)/g)];
    if (values.length === 0) return request;
    const { 0: value, index } = pick(values);
    return withBody(
      request,
      Buffer.from(text.slice(0, index) + pick(WORDS) + text.slice(index + value.length), 'utf8'),
    );
  },
  // The path is another.
  (request, { integer, pick }) => {
    const at = integer(0, request.path.length);
    return { ...request, path: request.path.slice(0, at) + pick(WORDS) + request.path.slice(at) };
  },
  (request, { pick }) => ({
    ...request,
    path: pick([
      '',
      '/',
      '//',
      '/%zz',
      '/?Action=%zz',
      '/?Action=constructor',
      '*',
      'http://x/',
      '/service/a/operation/__proto__',
      '/2015-03-31/functions/%zz/invocations',
      '/2015-03-31/functions/constructor/invocations',
      '/schedules/%',
      '/2013-04-01/hostedzone/%e0%a4%a',
    ]),
  }),
  (request, { pick }) => ({ ...request, method: pick(['GET', 'PUT', 'DELETE', 'HEAD', 'PATCH', 'constructor']) }),
  // Headers lie.
  (request, { pick }) =>
    withHeader(
      request,
      'content-type',
      pick([
        '',
        'application/json',
        'application/cbor',
        'text/xml',
        'application/x-amz-json-1.1',
        'application/x-www-form-urlencoded',
        '__proto__',
      ]),
    ),
  (request, { pick }) =>
    withHeader(
      request,
      'x-amz-target',
      pick(['', '.', 'constructor', 'A.__proto__', 'DynamoDB_20120810.PutItem', 'AmazonSSM.toString']),
    ),
  (request) => withHeader(request, 'smithy-protocol', 'rpc-v2-cbor'),
  (request) => withHeader(request, 'content-encoding', 'gzip'),
  (request) => withBody(withHeader(request, 'content-encoding', 'gzip'), gzipSync(request.body)),
  (request) => withBody(withHeader(request, 'content-encoding', 'gzip'), BOMB),
  // Another service is meant.
  (request, { pick }) =>
    withHeader(
      request,
      'authorization',
      `AWS4-HMAC-SHA256 Credential=AKIA/20260101/eu-west-1/${pick(SERVICES.map(({ name }) => name))}/aws4_request, SignedHeaders=host, Signature=0`,
    ),
];
