// A served region answers only requests that are signed with the key that it printed: no web page, no other user of the machine.
import { createHash } from 'node:crypto';
import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createSts } from '../../../local/services/sts/service.ts';
import type { ClockFollower } from '../../../local/simulator/clock.ts';
import { newAccessKey } from '../../../local/simulator/gateway/keys.ts';
import { listen, type WireServer } from '../../../local/simulator/gateway/server.ts';
import { gatewayRegion } from '../../fixtures/gateway-region.ts';
import { presignedUrl, type RawRequest, signedFetch, signedHeaders } from '../../fixtures/signed-request.ts';

const key = newAccessKey();
const WHO: RawRequest = {
  service: 'sts',
  headers: { 'content-type': 'application/x-www-form-urlencoded' },
  body: 'Action=GetCallerIdentity&Version=2011-06-15',
};
const HOUR_MS = 3_600_000;

let server: WireServer;
let following: ClockFollower;
/** Defects of the region itself. */
const defects: unknown[] = [];
let calls = 0;

beforeAll(async () => {
  const region = await gatewayRegion([createSts({ accountId: '111122223333' })], { onCall: () => void calls++ });
  server = await listen(region.gateway, {
    admissions: [{ ...key, caller: { actor: 'person' } }],
    onDefect: (error) => void defects.push(error),
    headersWithinMs: 300,
  });
  following = region.follow();
});

afterAll(async () => {
  await server.close();
  await following.stop();
  expect(defects).toEqual([]);
});

/** A request with any headers, including Host, which `fetch` does not allow. */
const send = (headers: Record<string, string>, { method = 'POST', path = '/', body = WHO.body } = {}) =>
  new Promise<{ status: number; headers: Record<string, unknown>; text: string }>((resolve, reject) => {
    const { hostname, port } = new URL(server.url);
    const outgoing = httpRequest({ hostname, port, method, path, headers, setHost: false }, (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (part: string) => {
        text += part;
      });
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text }));
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });

const refused = async (headers: Record<string, string>, how: object = {}) => {
  const before = calls;
  const answer = await send(headers, how);
  expect(calls).toBe(before);
  expect(Object.keys(answer.headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
  return answer;
};

describe('who may ask', () => {
  it('is who signs with the key that was handed out', async () => {
    const answer = await signedFetch(server.url, key, WHO);
    expect(answer.status).toBe(200);
    expect(await answer.text()).toContain('<Account>111122223333</Account>');
  });

  it('is an SDK that has it', async () => {
    const sts = new STSClient({ region: 'eu-west-1', endpoint: server.url, credentials: key });
    expect(await sts.send(new GetCallerIdentityCommand())).toMatchObject({ Account: '111122223333' });
  });

  it('is who holds a presigned URL, until it expires', async () => {
    const path = '/?Action=GetCallerIdentity&Version=2011-06-15';
    const good = await fetch(await presignedUrl(server.url, key, { service: 'sts', path }));
    expect(good.status).toBe(200);
    const old = { service: 'sts', path, at: new Date(Date.now() - HOUR_MS) };
    const late = await fetch(await presignedUrl(server.url, key, old, 60));
    expect(late.status).toBe(403);
    expect(await late.text()).toContain('Signature expired');
    const longer = await presignedUrl(server.url, key, old, 60);
    expect((await fetch(longer.replace('X-Amz-Expires=60', 'X-Amz-Expires=7200'))).status).toBe(403);
  });

  it('is nobody who does not sign', async () => {
    const { host } = new URL(server.url);
    const answer = await refused({ host, 'content-type': 'application/x-www-form-urlencoded' });
    expect(answer.status).toBe(403);
    expect(answer.text).toContain('MissingAuthenticationToken');
  });

  it('is nobody with a key of another run', async () => {
    const answer = await refused(await signedHeaders(server.url, newAccessKey(), WHO));
    expect(answer.status).toBe(403);
    expect(answer.text).toContain('<Code>InvalidClientTokenId</Code>');
  });

  it('is nobody who knows the key and not its secret', async () => {
    const guessed = { ...newAccessKey(), accessKeyId: key.accessKeyId };
    const answer = await refused(await signedHeaders(server.url, guessed, WHO));
    expect(answer.status).toBe(403);
    expect(answer.text).toContain('<Code>SignatureDoesNotMatch</Code>');
  });

  it.each<[string, (headers: Record<string, string>) => [Record<string, string>, object?]]>([
    ['another body', (headers) => [headers, { body: `${WHO.body}&More=1` }]],
    [
      'another body and its hash',
      (headers) => [
        { ...headers, 'x-amz-content-sha256': createHash('sha256').update('Action=Other').digest('hex') },
        { body: 'Action=Other' },
      ],
    ],
    ['another path', (headers) => [headers, { path: '/elsewhere' }]],
    ['another query', (headers) => [headers, { path: '/?a=b' }]],
    ['another method', (headers) => [headers, { method: 'PUT' }]],
    ['another signed header', (headers) => [{ ...headers, 'content-type': 'application/json' }]],
  ])('is nobody who sends what was signed with %s', async (_name, change) => {
    const headers = await signedHeaders(server.url, key, WHO);
    const answer = await refused(...change(headers));
    expect(answer.status).toBe(403);
    expect(answer.text).toContain('SignatureDoesNotMatch');
  });

  it.each([-1, 1])('is nobody whose signature is %d h away', async (hours) => {
    const at = new Date(Date.now() + hours * HOUR_MS);
    const answer = await refused(await signedHeaders(server.url, key, { ...WHO, at }));
    expect(answer.status).toBe(403);
  });

  it.each([
    'AWS4-HMAC-SHA256',
    'AWS4-HMAC-SHA256 Credential=A/20260101/eu-west-1/sts/aws4_request, SignedHeaders=host, Signature=0',
    'AWS4-HMAC-SHA256 Credential=__proto__/20260101/eu-west-1/constructor/aws4_request, SignedHeaders=host, Signature=0',
    `Basic ${'A'.repeat(9_000)}`,
    'Bearer x',
    'Credential=Credential=Credential=/////////////////////////////////////////',
  ])('is nobody with the authorization %#', async (authorization) => {
    const { host } = new URL(server.url);
    const answer = await refused({ host, authorization });
    expect(answer.status).toBe(400);
    expect(answer.text).toContain('IncompleteSignature');
  });
});

describe('a web page', () => {
  it.each(['http://attacker.example', 'null', 'http://localhost:3000'])(
    'is refused by its Origin %s',
    async (origin) => {
      const headers = await signedHeaders(server.url, key, WHO);
      const answer = await refused({ ...headers, origin });
      expect(answer.status).toBe(403);
      expect(answer.text).toContain('AccessDenied');
    },
  );

  it('is refused where its browser says what it is in no Origin', async () => {
    const headers = await signedHeaders(server.url, key, WHO);
    expect((await refused({ ...headers, 'sec-fetch-site': 'cross-site' })).status).toBe(403);
  });

  it('is refused under a name of its own that leads here', async () => {
    const headers = await signedHeaders(server.url, key, WHO);
    for (const host of [
      'attacker.example',
      `attacker.example:${new URL(server.url).port}`,
      '127.0.0.1',
      '127.0.0.1:1',
      '',
    ])
      expect((await refused({ ...headers, host })).status).toBe(421);
  });

  it('gets no leave by a preflight', async () => {
    const { host } = new URL(server.url);
    const answer = await refused(
      { host, origin: 'http://attacker.example', 'access-control-request-method': 'POST' },
      { method: 'OPTIONS', body: '' },
    );
    expect(answer.status).toBe(403);
  });
});

describe('who is slow, big or strange', () => {
  it('may use the methods of AWS only', async () => {
    const { host } = new URL(server.url);
    for (const method of ['OPTIONS', 'TRACE', 'PROPFIND'])
      expect((await refused({ host }, { method, body: '' })).status).toBe(405);
  });

  it('is told before its body is read that it is too long', async () => {
    const headers = await signedHeaders(server.url, key, WHO);
    const answer = await send({ ...headers, 'content-length': String(64 * 1024 * 1024) }, { body: '' });
    expect(answer.status).toBe(413);
  });

  it('is cut off where its headers never end', async () => {
    const { hostname, port } = new URL(server.url);
    const socket = connect({ host: hostname, port: Number(port) });
    const drip = setInterval(() => socket.write('x-a: b\r\n'), 50);
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.on('error', () => undefined);
    socket.write('POST / HTTP/1.1\r\nhost: 127.0.0.1\r\n');
    await closed;
    clearInterval(drip);
  });

  it('may not send more headers than a request needs', async () => {
    const { host } = new URL(server.url);
    expect((await send({ host, 'x-long': 'a'.repeat(20_000) })).status).toBe(431);
  });

  it('leaves the region as it was', async () => {
    expect((await signedFetch(server.url, key, WHO)).status).toBe(200);
  });
});
