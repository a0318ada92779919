import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { createHandler } from '../../../functions/probe-nodes/handler.ts';
import type { RpcPolicy } from '../../../shared/fleet/model.ts';
import type { ProbeRequest } from '../../../shared/probe/protocol.ts';
import { litecoinHeader, litecoinPeers, litecoinStatus } from '../../fixtures/chain-samples.ts';

const servers: Server[] = [];
afterEach(async () => {
  await Promise.all(
    servers.splice(0).map((server) => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    }),
  );
});

async function serve(listener: RequestListener): Promise<number> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  servers.push(server);
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

/** Answers as litecoind does: a status without heights, then the header of its tip; or its peers. */
const litecoind: RequestListener = (request, response) => {
  let body = '';
  request.setEncoding('utf8').on('data', (part) => {
    body += part;
  });
  request.on('end', () => {
    const status = (litecoinStatus as unknown[]).slice(0, 3);
    const asked = body.includes('getpeerinfo') ? litecoinPeers : undefined;
    const answer = asked ?? (body.includes('getblockheader') ? litecoinHeader : status);
    response.end(JSON.stringify(answer));
  });
};

const rpcAt = (port: number, more: Partial<RpcPolicy> = {}): RpcPolicy => ({
  scheme: 'http',
  port,
  path: '',
  credentials: undefined,
  metricsPort: undefined,
  beaconPort: undefined,
  paths: undefined,
  ...more,
});

const requestTo = (port: number, more: Partial<ProbeRequest> = {}): ProbeRequest => ({
  kind: 'probe',
  fleet: 'litecoin',
  chain: 'litecoin',
  stopGraceSeconds: 600,
  rpc: rpcAt(port),
  ask: { what: 'status', heights: [] },
  targets: [{ instanceId: 'i-0123456789abcdef0', host: '127.0.0.1' }],
  ...more,
});

/** Stores that hold one secret, and count its reads. */
function stores(secret: string | Error) {
  const send = jest.fn(async (_: object) => {
    if (secret instanceof Error) throw secret;
    return { Parameter: { Value: secret }, SecretString: secret };
  });
  return { send, clients: { ssm: { send }, secretsmanager: { send } } as never };
}

const probe = async (event: unknown, clients = stores(new Error('nobody asks')).clients) => {
  // The event as it arrives: JSON has no undefined members.
  const handler = createHandler({ clients }) as unknown as (event: unknown, context: object) => Promise<unknown>;
  return (await handler(JSON.parse(JSON.stringify(event)), { getRemainingTimeInMillis: () => 60_000 })) as {
    statuses: { instanceId: string; status: Record<string, unknown>; beacon?: unknown }[];
    peers: { peers: Record<string, unknown> }[];
  };
};

describe('a probe', () => {
  it('asks a node and tells what it said', async () => {
    const { statuses, peers } = await probe(requestTo(await serve(litecoind)));
    expect(statuses).toMatchObject([
      { instanceId: 'i-0123456789abcdef0', status: { kind: 'ok', facts: { height: 300, peerCount: 0 } } },
    ]);
    expect(peers).toEqual([]);
  });

  it('asks who a node is connected to', async () => {
    const { peers } = await probe(requestTo(await serve(litecoind), { ask: { what: 'peers' } }));
    expect(peers).toMatchObject([{ peers: { kind: 'ok', facts: { peers: [{ address: { port: 21002 } }] } } }]);
  });

  it.each<[string, RequestListener, string]>([
    ['garbage', (_, response) => response.end('<html>'), 'malformed'],
    ['10 MB', (_, response) => response.end(Buffer.alloc(10 * 1024 * 1024, ' ')), 'too-large'],
    ['as another chain would', (_, response) => response.end('{"jsonrpc":"2.0","id":0,"result":"0x1"}'), 'malformed'],
    [
      'that it is elsewhere',
      (_, response) => response.writeHead(302, { location: 'http://169.254.169.254/' }).end(),
      'redirected',
    ],
  ])('of a node that answers %s is an error of that node, with a name', async (_, listener, code) => {
    const { statuses } = await probe(requestTo(await serve(listener)));
    expect(statuses).toMatchObject([{ status: { kind: 'error', code, reason: expect.any(String) } }]);
  });

  it('of a node that never answers ends, and holds up nobody', async () => {
    const port = await serve((request, response) => {
      // One machine, two nodes: the second host is another address of the same loopback.
      if (request.headers.host?.startsWith('127.0.0.2')) return;
      litecoind(request, response);
    });
    const all = createServer((request, response) => servers[0]?.emit('request', request, response)).listen(
      port,
      '127.0.0.2',
    );
    servers.push(all);
    await once(all, 'listening');
    const targets = [
      { instanceId: 'i-slow', host: '127.0.0.2' },
      { instanceId: 'i-well', host: '127.0.0.1' },
    ];
    const { statuses } = await probe(requestTo(port, { targets }));
    const byId = Object.fromEntries(
      statuses.map(({ instanceId, status }) => [instanceId, status['kind'] === 'ok' ? 'ok' : status['code']]),
    );
    expect(byId).toEqual({ 'i-slow': 'slow', 'i-well': 'ok' });
  });

  it('of nodes whose answers are built to cost much is an error of each, with its limit, and the others are read', async () => {
    const pour =
      (head: string, again: string): RequestListener =>
      (request) => {
        const { socket } = request;
        const piece = again.repeat(Math.ceil(65_536 / again.length));
        const more = () => {
          while (!socket.destroyed && socket.write(piece));
        };
        socket.on('error', () => {}).on('drain', more);
        socket.write(head);
        more();
      };
    const CHUNKED = 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n';
    const nodes: Readonly<Record<string, readonly [RequestListener, reason: string]>> = {
      '127.0.0.1': [litecoind, ''],
      '127.0.0.2': [pour(CHUNKED, '1\r\n[\r\n'), 'in more than 20000 pieces'],
      '127.0.0.3': [pour('', 'HTTP/1.1 103 Early Hints\r\n\r\n'), 'more than 8 interim answers'],
      '127.0.0.4': [(_, response) => response.end('['.repeat(200_000) + ']'.repeat(200_000)), 'does not answer JSON'],
      '127.0.0.5': [(_, response) => response.end(`[${'{},'.repeat(150_000)}{}]`), 'expected'],
      '127.0.0.6': [litecoind, ''],
    };
    const port = await serve((request, response) => {
      const [host = ''] = (request.headers.host ?? '').split(':');
      nodes[host]?.[0](request, response);
    });
    for (const host of Object.keys(nodes).slice(1)) {
      const all = createServer((request, response) => servers[0]?.emit('request', request, response)).listen(
        port,
        host,
      );
      servers.push(all);
      await once(all, 'listening');
    }
    const targets = Object.keys(nodes).map((host, at) => ({ instanceId: `i-${at}`, host }));
    const { statuses } = await probe(requestTo(port, { targets }));
    expect(statuses.map(({ instanceId }) => instanceId).sort()).toEqual(targets.map(({ instanceId }) => instanceId));
    for (const { instanceId, status } of statuses) {
      const [, reason = ''] = Object.values(nodes)[Number(instanceId.slice(2))] ?? [];
      if (reason === '') expect(status).toMatchObject({ kind: 'ok', facts: { height: 300 } });
      else expect(status).toMatchObject({ kind: 'error', reason: expect.stringContaining(reason) });
    }
  });

  it('of a dead port is unreachable, never a height', async () => {
    const port = await serve(litecoind);
    servers[0]?.close();
    const { statuses } = await probe(requestTo(port));
    expect(statuses).toMatchObject([{ status: { kind: 'error', code: 'unreachable' } }]);
    expect(JSON.stringify(statuses)).not.toContain('height');
  });

  it('asks geth’s metrics and the beacon node on ports of their own, below no path and without the credentials', async () => {
    const seen: string[] = [];
    const record =
      (what: string): RequestListener =>
      (request, response) => {
        seen.push(`${what} ${request.url} ${request.headers.authorization ?? '-'}`);
        response.end('[]');
      };
    const [port, metricsPort, beaconPort] = await Promise.all(
      ['rpc', 'metrics', 'beacon'].map((what) => serve(record(what))),
    );
    const rpc = rpcAt(port ?? 0, {
      path: '/ext/rpc',
      metricsPort,
      beaconPort,
      credentials: { kind: 'parameter', name: '/eth/rpc' },
    });
    await probe(requestTo(0, { chain: 'ethereum', rpc }), stores('{"token":"S3cret"}').clients);
    expect(seen).toContain('rpc /ext/rpc Bearer S3cret');
    expect(seen).toContain('metrics /debug/metrics/prometheus -');
    expect(seen).toContain('beacon /eth/v1/node/syncing -');
  });

  it('never asks over the network what is safe on the node only', async () => {
    const { peers } = await probe(requestTo(1, { chain: 'ethereum', ask: { what: 'peers' } }));
    expect(peers).toMatchObject([
      {
        peers: {
          code: 'misconfigured',
          reason: 'the peers of ethereum are asked on the node only, never over a network',
        },
      },
    ]);
  });

  it('of a coin without a client asks what its fleet file says', async () => {
    const port = await serve((_, response) => response.end('{"result":{"seq":42}}'));
    const paths = { requests: { info: { get: '/info' } }, height: 'info.result.seq' };
    const { statuses } = await probe(requestTo(port, { chain: 'other', rpc: rpcAt(port, { paths }) }));
    expect(statuses).toMatchObject([{ status: { kind: 'ok', facts: { height: 42 } } }]);
    const none = await probe(requestTo(port, { chain: 'other' }));
    expect(none.statuses).toMatchObject([
      { status: { code: 'misconfigured', reason: expect.stringContaining('rpc.paths is not given') } },
    ]);
  });
});

describe('credentials', () => {
  const withParameter = (port: number) =>
    requestTo(port, { rpc: rpcAt(port, { credentials: { kind: 'parameter', name: '/chain/rpc' } }) });

  it('are read once for a request, and go into a header', async () => {
    const seen: unknown[] = [];
    const port = await serve((request, response) => {
      seen.push(request.headers.authorization);
      litecoind(request, response);
    });
    const { send, clients } = stores('{"user":"rpc","password":"S3cret"}');
    const targets = Array.from({ length: 5 }, (_, n) => ({ instanceId: `i-${n}`, host: '127.0.0.1' }));
    const { statuses } = await probe({ ...withParameter(port), targets }, clients);
    expect(statuses).toHaveLength(5);
    expect(send).toHaveBeenCalledTimes(1);
    expect(send.mock.calls[0]?.[0]).toHaveProperty('input', { Name: '/chain/rpc', WithDecryption: true });
    expect(new Set(seen)).toEqual(new Set([`Basic ${Buffer.from('rpc:S3cret').toString('base64')}`]));
  });

  it('come from Secrets Manager, too', async () => {
    const port = await serve(litecoind);
    const { send, clients } = stores('{"token":"S3cret"}');
    await probe(requestTo(port, { rpc: rpcAt(port, { credentials: { kind: 'secret', name: 'chain/rpc' } }) }), clients);
    expect(send.mock.calls[0]?.[0]).toHaveProperty('input', { SecretId: 'chain/rpc' });
  });

  it.each<[string, string | Error, string]>([
    [
      'cannot be read',
      Object.assign(new Error('S3cret was here'), { name: 'AccessDeniedException' }),
      'the credentials in parameter /chain/rpc cannot be read (AccessDeniedException)',
    ],
    ['are no JSON', 'S3cret', 'parameter /chain/rpc does not hold {"user": …, "password": …} or {"token": …} as JSON'],
    [
      'have a key too many',
      '{"user":"a","password":"S3cret","x":1}',
      'parameter /chain/rpc does not hold {"user": …, "password": …} or {"token": …} as JSON',
    ],
  ])(
    'that %s make every node misconfigured, which says nothing of its health, and are never shown',
    async (_, secret, reason) => {
      const said = jest.spyOn(console, 'error').mockImplementation(() => {});
      const { statuses } = await probe(withParameter(await serve(litecoind)), stores(secret).clients);
      expect(statuses).toMatchObject([{ status: { kind: 'error', code: 'misconfigured', reason } }]);
      expect(JSON.stringify([statuses, said.mock.calls])).not.toContain('S3cret');
      said.mockRestore();
    },
  );

  it('in a file on the node are for a probe on the node', async () => {
    const port = await serve(litecoind);
    const { statuses } = await probe(
      requestTo(port, { rpc: rpcAt(port, { credentials: { kind: 'file', path: '/data/.cookie' } }) }),
    );
    expect(statuses).toMatchObject([
      { status: { code: 'misconfigured', reason: expect.stringContaining('a file on the node') } },
    ]);
  });

  it('are asked for by whoever wants none: then the node says so', async () => {
    const port = await serve((_, response) => response.writeHead(401).end());
    expect((await probe(requestTo(port))).statuses).toMatchObject([{ status: { code: 'unauthorized' } }]);
  });
});

describe('a request that is none', () => {
  const port = 8332;
  it.each<[string, object, string]>([
    ['no targets', { targets: [] }, 'field targets'],
    [
      'a target that is no address',
      { targets: [{ instanceId: 'i-1', host: 'example.org' }] },
      'field targets.0.host: "example.org" given, expected an IPv4 address',
    ],
    ['a port that is none', { rpc: rpcAt(0) }, 'field rpc.port: 0 given'],
    ['too many heights', { ask: { what: 'status', heights: [1, 2, 3, 4, 5, 6] } }, 'field ask.heights'],
    ['an unknown key', { verbose: true }, 'field verbose'],
    ['another kind', { kind: 'sweep' }, 'field kind: "sweep" given, expected "probe"'],
    [
      'a path with blanks',
      { rpc: rpcAt(port, { path: '/a b' }) },
      'field rpc.path: "/a b" given, expected a path, or nothing',
    ],
  ])('with %s is refused by name', async (_, more, message) => {
    const said = jest.spyOn(console, 'error').mockImplementation(() => {});
    await expect(probe({ ...requestTo(port), ...more })).rejects.toThrow(message);
    said.mockRestore();
  });
});
