import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { ChainRequest } from '../../../shared/chains/client.ts';
import { askQuestion } from '../../../shared/chains/client.ts';
import { chainClients } from '../../../shared/chains/clients.ts';
import { type Credentials, FETCH_LIMITS, httpFetcher } from '../../../shared/chains/fetch.ts';
import { cometbftNetInfo, cometbftStatus, litecoinHeader, litecoinStatus } from '../../fixtures/chain-samples.ts';
import { SELF_SIGNED } from '../../fixtures/self-signed.ts';

const STATUS: ChainRequest = { method: 'GET', path: '/status', expects: 'json' };
const SHORT = { timeoutMs: 200, maximumBytes: 10_000 };

let close: () => Promise<void> = async () => {};
afterEach(() => close());

describe('a node that is asked over HTTP', () => {
  it('answers, and its answer is parsed', async () => {
    const url = await serve((_, response) => response.end('{"height":1}'));
    expect(await httpFetcher({ certificate: 'trusted', url })(STATUS)).toMatchObject({
      kind: 'answered',
      status: 200,
      body: { height: 1 },
    });
  });

  it('is asked below the path of its address, with the body and the headers that servers insist on', async () => {
    const seen: unknown[] = [];
    const url = await serve((request, response) => {
      const { method, headers } = request;
      request.setEncoding('utf8').on('data', (body) => seen.push(method, request.url, headers['content-type'], body));
      request.on('end', () => response.end('[]'));
    });
    await httpFetcher({ certificate: 'trusted', url: `${url}/key/` })({
      method: 'POST',
      path: '',
      body: '[1]',
      expects: 'json',
    });
    expect(seen).toEqual(['POST', '/key', 'application/json', '[1]']);
  });

  it('gets credentials in a header, and no message ever shows them', async () => {
    const seen: unknown[] = [];
    const url = await serve((request, response) => {
      seen.push(request.headers.authorization);
      response.writeHead(401).end();
    });
    const basic = { kind: 'basic', user: 'rpc', password: 'S3cret' } as const;
    const bearer = { kind: 'bearer', token: 'S3cret.token' } as const;
    const answers = [
      await httpFetcher({ certificate: 'trusted', url, credentials: basic })(STATUS),
      await httpFetcher({ certificate: 'trusted', url, credentials: bearer })(STATUS),
    ];
    expect(seen).toEqual([`Basic ${Buffer.from('rpc:S3cret').toString('base64')}`, 'Bearer S3cret.token']);
    expect(answers).toMatchObject([{ code: 'unauthorized' }, { code: 'unauthorized' }]);
    expect(JSON.stringify(answers)).not.toMatch(/S3cret|UzNjcmV0/);
  });

  describe('over TLS', () => {
    const secure = async () => {
      const server = createSecureServer(SELF_SIGNED, (_, response) => response.end('{"height":1}'));
      await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
      close = async () => void server.close();
      return `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
    };

    it('may have signed its own certificate, as the probe on the node takes it, too', async () => {
      expect(await httpFetcher({ certificate: 'any', url: await secure() })(STATUS)).toMatchObject({
        kind: 'answered',
        body: { height: 1 },
      });
    });

    it('a stranger may not: that is told as a mistake of our configuration', async () => {
      expect(await httpFetcher({ certificate: 'trusted', url: await secure() })(STATUS)).toMatchObject({
        kind: 'failed',
        code: 'misconfigured',
        reason: expect.stringContaining('agree on no TLS (DEPTH_ZERO_SELF_SIGNED_CERT)'),
      });
    });

    it('a server that speaks no TLS is no dead one: the scheme is ours', async () => {
      const url = (await serve((_, response) => response.end('{}'))).replace('http:', 'https:');
      expect(await httpFetcher({ certificate: 'any', url })(STATUS)).toMatchObject({ code: 'misconfigured' });
    });
  });

  it('that never answers is slow, not dead', async () => {
    const url = await serve(() => {});
    expect(await httpFetcher({ certificate: 'trusted', url }, SHORT)(STATUS)).toMatchObject({
      kind: 'failed',
      code: 'slow',
    });
  });

  it('that answers a byte at a time has no more time than others', async () => {
    const url = await serve((_, response) => {
      const drip = setInterval(() => response.write(' '), 20);
      response.on('close', () => clearInterval(drip));
    });
    expect(await httpFetcher({ certificate: 'trusted', url }, SHORT)(STATUS)).toMatchObject({ code: 'slow' });
  });

  it('with an answer of 10 MB is refused, whether it says so before or not', async () => {
    const large = Buffer.alloc(10 * 1024 * 1024, ' ');
    const announced = await serve((_, response) => {
      response.setHeader('content-length', large.length);
      response.end(large);
    });
    const announcedAnswer = await httpFetcher({ certificate: 'trusted', url: announced })(STATUS);
    await close();
    const chunked = await serve((_, response) => {
      response.write(large);
      response.end();
    });
    expect([announcedAnswer, await httpFetcher({ certificate: 'trusted', url: chunked })(STATUS)]).toMatchObject([
      { code: 'too-large', reason: expect.stringContaining('more than 524288 bytes') },
      { code: 'too-large' },
    ]);
  });

  it('whose answer has no end is cut off at the limit', async () => {
    let ended = false;
    // Large enough that a slow machine is at the limit long before the request's time is over.
    const piece = '['.repeat(16_384);
    const url = await serve((_, response) => {
      const pour = () => {
        while (!ended && response.write(piece));
      };
      response.on('drain', pour).on('close', () => {
        ended = true;
      });
      pour();
    });
    expect(await httpFetcher({ certificate: 'trusted', url })(STATUS)).toMatchObject({ code: 'too-large' });
  });

  it.each([
    [
      'chunks of a byte each',
      'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n',
      '1\r\n[\r\n',
      'in more than 20000 pieces',
    ],
    ['interim answers without an end', '', 'HTTP/1.1 103 Early Hints\r\n\r\n', 'more than 8 interim answers'],
    [
      'extensions of a chunk',
      'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1;',
      'a',
      'HPE_CHUNK_EXTENSIONS_OVERFLOW',
    ],
    ['headers', 'HTTP/1.1 200 OK\r\n', 'a: b\r\n', 'HPE_HEADER_OVERFLOW'],
    ['trailers', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n', 'a: b\r\n', 'HPE_HEADER_OVERFLOW'],
  ])('that pours %s is cut off', async (_, head, again, reason) => {
    const server = createTcpServer((socket) => {
      const piece = again.repeat(Math.ceil(65_536 / again.length));
      const pour = () => {
        while (!socket.destroyed && socket.write(piece));
      };
      socket.on('error', () => {}).on('drain', pour);
      socket.once('data', () => {
        socket.write(head);
        pour();
      });
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    close = async () => void server.close();
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    // Much more time than it takes: it is not the deadline that ends it.
    const limits = { timeoutMs: 60_000, maximumBytes: 1024 * 1024 };
    expect(await httpFetcher({ certificate: 'any', url }, limits)(STATUS)).toMatchObject({
      code: 'malformed',
      reason: expect.stringContaining(reason),
    });
  });

  it('that points elsewhere is not followed', async () => {
    let asked = 0;
    const url = await serve((_, response) => {
      asked += 1;
      response.writeHead(302, { location: 'http://169.254.169.254/latest/meta-data/' }).end();
    });
    expect(await httpFetcher({ certificate: 'trusted', url })(STATUS)).toMatchObject({ code: 'redirected' });
    expect(asked).toBe(1);
  });

  it.each([
    ['<html>Bad Gateway</html>', 502, 'refused'],
    ['<html>Service Unavailable</html>', 503, 'busy'],
    ['{}', 429, 'busy'],
    ['<html>hello</html>', 200, 'malformed'],
    ['{"height":', 200, 'malformed'],
    ['', 200, 'malformed'],
    [`${'['.repeat(100_000)}${']'.repeat(100_000)}`, 200, 'malformed'],
  ])('that answers %.20s with HTTP %i is not taken at its word', async (body, status, code) => {
    const url = await serve((_, response) => response.writeHead(status).end(body));
    expect(await httpFetcher({ certificate: 'trusted', url })(STATUS)).toMatchObject({ kind: 'failed', code });
  });

  it('that answers bytes which are no text, or compressed, is refused', async () => {
    const bytes = await serve((_, response) => response.end(Buffer.from([0x22, 0xff, 0x22])));
    expect(await httpFetcher({ certificate: 'trusted', url: bytes })(STATUS)).toMatchObject({ code: 'malformed' });
    await close();
    const compressed = await serve((_, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end('{}'));
    expect(await httpFetcher({ certificate: 'trusted', url: compressed })(STATUS)).toMatchObject({ code: 'malformed' });
  });

  it('may answer a text where one is wanted', async () => {
    const url = await serve((_, response) => response.end('# metrics\n'));
    expect(await httpFetcher({ certificate: 'trusted', url })({ ...STATUS, expects: 'text' })).toMatchObject({
      body: '# metrics\n',
    });
  });

  it('that breaks off in the middle has not answered', async () => {
    const url = await serve((_, response) => {
      response.setHeader('content-length', 100);
      response.write('{"height":1}', () => response.destroy());
    });
    expect(await httpFetcher({ certificate: 'trusted', url })(STATUS)).toMatchObject({ code: 'unreachable' });
  });

  it('that does not speak HTTP is malformed, and one that is not there unreachable', async () => {
    const other = createTcpServer((socket) => {
      socket.on('error', () => {});
      socket.once('data', () => socket.end('SSH-2.0-OpenSSH_9.2\r\n'));
    }).listen(0, '127.0.0.1');
    await once(other, 'listening');
    const url = `http://127.0.0.1:${(other.address() as AddressInfo).port}`;
    const answer = await httpFetcher({ certificate: 'trusted', url })(STATUS);
    other.close();
    await once(other, 'close');
    expect(answer).toMatchObject({ code: 'malformed' });
    expect(await httpFetcher({ certificate: 'trusted', url })(STATUS)).toMatchObject({
      code: 'unreachable',
      reason: expect.stringContaining('nothing listens there'),
    });
  });

  it.each([
    ['not a URL'],
    ['ftp://10.0.0.1'],
    ['http://user:S3cret@10.0.0.1:8332'],
    ['http://10.0.0.1:8332/?token=S3cret'],
    ['http://10.0.0.1:99999'],
  ])('at the address %s is not asked', async (url) => {
    const answer = await httpFetcher({ certificate: 'trusted', url })(STATUS);
    expect(answer).toMatchObject({ kind: 'failed', code: 'misconfigured' });
    expect(JSON.stringify(answer)).not.toContain('S3cret');
  });

  it.each<Credentials>([
    { kind: 'bearer', token: 'S3cret\r\nx-evil: 1' },
    { kind: 'basic', user: 'a:b', password: 'S3cret' },
    { kind: 'basic', user: 'a', password: 'S3cret\n' },
  ])('with credentials that no header can carry is not asked', async (credentials) => {
    const answer = await httpFetcher({ certificate: 'trusted', url: 'http://127.0.0.1:1', credentials })(STATUS);
    expect(answer).toMatchObject({ kind: 'failed', code: 'misconfigured' });
    expect(JSON.stringify(answer)).not.toContain('S3cret');
  });

  it('for a path that HTTP does not allow is not asked', async () => {
    const url = await serve((_, response) => response.end('{}'));
    expect(await httpFetcher({ certificate: 'trusted', url })({ ...STATUS, path: '/a b\r\n' })).toMatchObject({
      code: 'misconfigured',
    });
  });
});

describe('a question', () => {
  it('is asked to its end, in as many rounds as its answers need', async () => {
    const bodies: string[] = [];
    const url = await serve((request, response) => {
      request.setEncoding('utf8').on('data', (body) => bodies.push(body));
      request.on('end', () => response.end(JSON.stringify(bodies.length === 1 ? litecoinStatus : litecoinHeader)));
    });
    const reading = await askQuestion(
      chainClients.litecoin.status([290, 999]),
      httpFetcher({ certificate: 'trusted', url }),
    );
    expect(reading).toMatchObject({
      kind: 'ok',
      facts: { height: 300, blockTimeMs: Date.parse('2026-11-20T09:28:18Z') },
    });
    expect(bodies).toHaveLength(2);
  });

  it('of several requests has them all answered', async () => {
    const url = await serve((request, response) =>
      response.end(JSON.stringify(request.url === '/status' ? cometbftStatus : cometbftNetInfo)),
    );
    expect(
      await askQuestion(chainClients.cometbft.status(), httpFetcher({ certificate: 'trusted', url })),
    ).toMatchObject({
      facts: { peerCount: 1 },
    });
  });

  it('that leads to ever more questions ends', async () => {
    const endless = { requests: [], read: () => ({ kind: 'next' as const, question: endless }) };
    expect(
      await askQuestion(endless, httpFetcher({ certificate: 'trusted', url: 'http://127.0.0.1:1' })),
    ).toMatchObject({ kind: 'error' });
  });

  it('takes no longer than a minute has room for', () => {
    expect(3 * FETCH_LIMITS.timeoutMs).toBeLessThan(15_000);
  });
});

/** A server on loopback, for one test. */
async function serve(listener: RequestListener): Promise<string> {
  const server: Server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  close = async () => {
    close = async () => {};
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  };
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
