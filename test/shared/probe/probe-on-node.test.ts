// The shipped script probes real servers on a loopback, and the test reads its output: no node is simulated here.
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { Fleet } from '../../../shared/fleet/model.ts';
import { parseFleet } from '../../../shared/fleet/resolve.ts';
import { askNodeParameters } from '../../../shared/node-commands/ask-node.ts';
import { script } from '../../../shared/node-commands/index.ts';
import {
  decodeAnswers,
  decodeQuestions,
  encodeAnswers,
  encodeQuestions,
  type NodeRequest,
} from '../../../shared/probe/frames.ts';
import { readOnNode } from '../../../shared/probe/node-probe.ts';
import type { ProbeQuestion, StatusReading } from '../../../shared/probe/protocol.ts';
import * as samples from '../../fixtures/chain-samples.ts';

const sample = (name: string) => readFileSync(new URL(`../../fixtures/chain-samples/${name}`, import.meta.url), 'utf8');
const directory = mkdtempSync(join(tmpdir(), 'chainmend-'));
const path = join(directory, 'ask-node.sh');
writeFileSync(path, script('ask-node'));

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

const pages =
  (answers: Readonly<Record<string, unknown>>): RequestListener =>
  (request, response) => {
    const page = Object.entries(answers).find(([prefix]) => request.url?.startsWith(prefix))?.[1];
    if (page === undefined) response.writeHead(404).end('no such page');
    // Pretty-printed, as CometBFT writes for a browser.
    else response.end(typeof page === 'string' ? page : `${JSON.stringify(page, null, 2)}\n`);
  };

const cometbft = {
  '/status': samples.cometbftStatus,
  '/net_info': samples.cometbftNetInfo,
  '/blockchain': samples.cometbftBlockchain,
  '/metrics': sample('cometbft-metrics.txt'),
};

function fleetAt(chain: string, port: number, more: object = {}): Fleet {
  const file = { fleet: chain, chain, mode: 'plan', nodes: { tag: { Component: chain } }, rpc: { port, ...more } };
  return parseFleet(
    chain === 'other' ? { ...file, docker: 'node', stopGraceSeconds: 60, volumes: { data: '/data' } } : file,
  );
}

interface Ran {
  readonly exitStatus: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The script, as the SSM agent would run it. */
async function run(parameters: Readonly<Record<string, string[]>>): Promise<Ran> {
  const variables = Object.fromEntries(
    Object.entries(parameters).map(([name, [value = '']]) => [`SSM_${name}`, value]),
  );
  return new Promise((resolve) => {
    execFile('bash', [path], { env: { PATH: process.env['PATH'], ...variables } }, (error, stdout, stderr) =>
      resolve({ exitStatus: Number(error?.code ?? 0), stdout, stderr }),
    );
  });
}

const questionOf = ({ name, chain, rpc, units }: Fleet, heights: readonly number[]): ProbeQuestion => {
  if (rpc === undefined) throw new Error('a fleet of these tests has an RPC');
  const stopGraceSeconds = units[0]?.stopGraceSeconds ?? 0;
  return { fleet: name, chain, stopGraceSeconds, rpc, ask: { what: 'status', heights } };
};

async function asked(fleet: Fleet, heights: readonly number[] = []): Promise<StatusReading> {
  const question = questionOf(fleet, heights);
  const { stdout, exitStatus } = await run(askNodeParameters(fleet, question));
  expect(exitStatus).toBe(0);
  // The limit of ListCommandInvocations.
  expect(stdout.length).toBeLessThanOrEqual(2_500);
  return readOnNode(question, heights, 'i-1', stdout, Date.parse('2026-11-20T10:00:00Z'));
}

describe('a client that is asked on its node', () => {
  it('tells all that it tells over a network: status, hashes, peers and its consensus', async () => {
    const port = await serve(pages(cometbft));
    const reading = await asked(fleetAt('cometbft', port, { metricsPort: port }), [2]);
    expect(reading).toMatchObject({
      instanceId: 'i-1',
      status: { kind: 'ok', facts: { height: 5, peerCount: 1, hashes: [{ height: 2 }, { height: 5 }] } },
      consensus: { kind: 'ok', facts: { namespace: 'cometbft', rounds: 0, validatorsPower: 2 } },
    });
  });

  it('tells its status where it has no header of its own any more: there is one round only', async () => {
    const port = await serve((_, response) =>
      response.end(JSON.stringify((samples.litecoinStatus as unknown[]).slice(0, 3))),
    );
    expect(await asked(fleetAt('litecoin', port))).toMatchObject({ status: { kind: 'ok', facts: { height: 300 } } });
  });

  it('with a block of four thousand transactions and four old ones fits into what SSM shows', async () => {
    const hash = (n: number) => `0x${n.toString(16).padStart(64, 'abcdef0123456789')}`;
    const block = (number: number) => ({
      number: `0x${number.toString(16)}`,
      hash: hash(number),
      timestamp: '0x6b001438',
      parentHash: hash(number - 1),
      stateRoot: hash(number * 31),
      logsBloom: `0x${Array.from({ length: 512 }, (_, n) => ((n * n * 7) % 16).toString(16)).join('')}`,
      transactions: Array.from({ length: 4_000 }, (_, n) => hash(n * 7919 + number)),
      withdrawals: Array.from({ length: 16 }, (_, n) => ({ index: hash(n), address: hash(n * 3) })),
    });
    const results = ['0x1', false, block(10_000), '0x19', 'Geth/v1.16.5', ...[7_000, 8_000, 9_000, 9_990].map(block)];
    const answer = JSON.stringify(results.map((result, id) => ({ jsonrpc: '2.0', id, result })));
    const port = await serve((_, response) => response.end(answer));
    const heights = [7_000, 8_000, 9_000, 9_990];
    expect(await asked(fleetAt('ethereum', port, { metricsPort: 'none' }), heights)).toMatchObject({
      status: { kind: 'ok', facts: { height: 10_000, peerCount: 25, hashes: [{ height: 7_000 }, {}, {}, {}, {}] } },
    });
  });

  it('leaves out first what matters least, where not all of it fits', async () => {
    const noise = (seed: number) =>
      Array.from({ length: 60 }, (_, n) =>
        Math.abs(Math.sin(seed * 61 + n))
          .toString(36)
          .slice(2),
      ).join('');
    const paths = {
      requests: { a: { get: '/a' }, b: { get: '/b' }, c: { get: '/c' } },
      height: 'a.height',
      peerCount: 'c.peers',
    };
    const port = await serve(
      pages({
        '/a': { height: 42 },
        '/b': { noise: noise(1) + noise(2) },
        '/c': { noise: noise(3) + noise(4), peers: 3 },
      }),
    );
    expect(await asked(fleetAt('other', port, { paths }))).toMatchObject({
      status: {
        facts: {
          height: 42,
          peerCount: undefined,
          missing: ['peers: its answer does not fit into what SSM shows of a command'],
        },
      },
    });
  });

  it('tells how full the volumes of its fleet are, of those that are mounted', async () => {
    const port = await serve(pages(cometbft));
    const fleet = {
      ...fleetAt('cometbft', port),
      volumes: [
        { role: 'data', path: '/proc', tags: {} },
        { role: 'ancient', path: '/nowhere', tags: {} },
      ],
    };
    const { diskUsedPercent, inodesUsedPercent, rootUsedPercent } = await asked(fleet);
    // /proc is a mount without blocks.
    expect([diskUsedPercent, inodesUsedPercent]).toEqual([{}, {}]);
    expect(rootUsedPercent).toBeGreaterThan(0);
    const root = { ...fleet, volumes: [{ role: 'data', path: '/dev/shm', tags: {} }] };
    const { diskUsedPercent: disks, inodesUsedPercent: inodes } = await asked(root);
    expect(disks?.['data']).toBeGreaterThanOrEqual(0);
    expect(inodes?.['data']).toBeGreaterThanOrEqual(0);
    expect(inodes?.['data']).toBeLessThan(100);
  });

  it.each<[string, RequestListener, string]>([
    ['garbage', (_, response) => response.end('<html>'), 'malformed'],
    ['nothing but a hang-up', (request) => request.socket.destroy(), 'unreachable'],
    ['10 MB', (_, response) => response.end(Buffer.alloc(10 * 1024 * 1024, '[')), 'too-large'],
    [
      '10 MB without saying so before',
      (_, response) => {
        response.write(Buffer.alloc(10 * 1024 * 1024, '['));
        response.end();
      },
      'too-large',
    ],
    [
      'that it is elsewhere',
      (_, response) => response.writeHead(302, { location: 'http://169.254.169.254/' }).end(),
      'redirected',
    ],
    ['that it knows us not', (_, response) => response.writeHead(401).end(), 'unauthorized'],
    ['not in time', () => {}, 'slow'],
  ])(
    'and answers %s is told by that',
    async (_, listener, code) => {
      const port = await serve(listener);
      expect(await asked(fleetAt('litecoin', port))).toMatchObject({ status: { kind: 'error', code } });
    },
    20_000,
  );

  it('and speaks no TLS where the fleet file says https is our mistake, and not dead', async () => {
    const port = await serve((_, response) => response.end('{}'));
    expect(await asked(fleetAt('litecoin', port, { scheme: 'https' }))).toMatchObject({
      status: { kind: 'error', code: 'misconfigured' },
    });
  });

  it('and is dead has no height', async () => {
    const port = await serve(() => {});
    servers[0]?.close();
    const reading = await asked(fleetAt('litecoin', port));
    expect(reading).toMatchObject({
      status: { kind: 'error', code: 'unreachable', reason: 'its RPC refuses connections: nothing listens there' },
    });
  });

  it('gets the credentials of a file on the node, whatever characters are in them, and its answer shows nothing of them', async () => {
    const cookie = join(directory, 'cookie');
    writeFileSync(cookie, '__cookie__:S3"cr\\et');
    const seen: unknown[] = [];
    const port = await serve((request, response) => {
      seen.push(request.headers.authorization);
      response.writeHead(401).end();
    });
    const reading = await asked(fleetAt('litecoin', port, { credentials: `file:${cookie}` }));
    expect(seen).toEqual([`Basic ${Buffer.from('__cookie__:S3"cr\\et').toString('base64')}`]);
    expect(JSON.stringify(reading)).not.toContain('S3');
  });

  it('keeps them to itself: neither its metrics nor whoever listens there in their place gets them', async () => {
    const cookie = join(directory, 'cookie');
    writeFileSync(cookie, 'rpc:secret');
    const seen: Record<string, unknown[]> = { rpc: [], metrics: [] };
    const at = (who: string) =>
      serve((request, response) => {
        seen[who]?.push(request.headers.authorization !== undefined);
        pages(cometbft)(request, response);
      });
    const [port, metricsPort] = [await at('rpc'), await at('metrics')];
    await asked(fleetAt('cometbft', port, { metricsPort, credentials: `file:${cookie}` }), [2]);
    expect(seen).toEqual({ rpc: [true, true, true], metrics: [false] });
  });

  it('is asked without credentials where the file is missing, and says itself what it thinks of that', async () => {
    const port = await serve((request, response) =>
      response.writeHead(request.headers.authorization ? 200 : 401).end(),
    );
    expect(await asked(fleetAt('litecoin', port, { credentials: 'file:/nowhere/.cookie' }))).toMatchObject({
      status: { code: 'unauthorized' },
    });
  });
});

describe('the command', () => {
  it('is refused where a parameter did not arrive, or is not of its form', async () => {
    const fleet = fleetAt('litecoin', 1);
    const parameters = askNodeParameters(fleet, questionOf(fleet, []));
    const { RunLimitSeconds: _, ...without } = parameters;
    expect(await run(without)).toMatchObject({
      exitStatus: 2,
      stdout: '',
      stderr: expect.stringContaining('did not arrive'),
    });
    expect(await run({ ...parameters, Volumes: ['data:/data;reboot'] })).toMatchObject({ exitStatus: 2, stdout: '' });
  });

  it('takes what is empty as empty, whether or not the agent hands it over', async () => {
    const port = await serve(pages(cometbft));
    const fleet = fleetAt('cometbft', port);
    const parameters = { ...askNodeParameters(fleet, questionOf(fleet, [])), Volumes: [''] };
    const given = Object.entries(parameters).filter(([, [value = '']]) => value !== '');
    expect(given.map(([name]) => name)).toEqual(expect.not.arrayContaining(['CredentialsFile', 'Volumes']));
    for (const some of [parameters, Object.fromEntries(given)])
      expect(await run(some)).toMatchObject({ exitStatus: 0, stderr: '', stdout: expect.stringMatching(/^.{100}/) });
  });

  it.each([
    'facts 10 GET http 80 /; -',
    'facts 10 GET http 80 /$(reboot) -',
    'facts 10 GET file 80 / -',
    'facts 10 DELETE http 80 / -',
    'all 10 GET http 80 / -',
    'facts 10 GET http 80 / -\nfacts 10 GET http 80 x -',
  ])('asks nothing for a line %j, on either side', async (line) => {
    const Questions = Buffer.from(`${line}\n`).toString('base64');
    const fleet = fleetAt('litecoin', 1);
    const ran = await run({ ...askNodeParameters(fleet, questionOf(fleet, [])), Questions: [Questions] });
    expect(ran).toMatchObject({
      exitStatus: 2,
      stdout: '',
      stderr: expect.stringContaining('is not of the expected form'),
    });
    expect(() => decodeQuestions(Questions)).toThrow('is no request');
  });

  it('takes its requests and gives its answers in a form that can be read both ways', () => {
    const requests: NodeRequest[] = [
      { keep: 'facts', maximumBytes: 10, method: 'POST', scheme: 'http', port: 8332, path: '/', body: '[{"a":"é"}]' },
      {
        keep: 'peers',
        maximumBytes: 20,
        method: 'GET',
        scheme: 'https',
        port: 1,
        path: '/net_info?a=b',
        body: undefined,
      },
    ];
    expect(decodeQuestions(encodeQuestions(requests))).toEqual(requests);
    const answers = {
      answers: [
        { exitStatus: 0, httpStatus: 200, body: 'a 0 200 5\nd data 1\né' },
        { exitStatus: 7, httpStatus: 0, body: '' },
      ],
      diskUsedPercent: { data: 81.5 },
      inodesUsedPercent: { data: 12.3 },
    };
    expect(decodeAnswers(encodeAnswers(answers))).toEqual(answers);
  });

  it('is refused where it tells of more volumes than a node can have', () => {
    const disks = Array.from({ length: 100_000 }, (_, at) => `d v${at.toString(36)} 100\n`).join('');
    const line = gzipSync(`chainmend-node 1\n${disks}`).toString('base64');
    expect(() => decodeAnswers(line)).toThrow('the answer of the node has a line "d v');
  });

  it.each(['', 'bash: gzip: command not found', Buffer.from('no gzip').toString('base64')])(
    'that prints %j has answered nothing',
    (text) => {
      expect(() => decodeAnswers(text)).toThrow('the command did not print an answer');
    },
  );
});
