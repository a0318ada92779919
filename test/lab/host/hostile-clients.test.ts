// A client that writes control characters, megabytes, nothing, or shell code: in its log, in its RPC, and in its runtime's output. Every script
// answers in time with one line of printable text, and runs none of it; people read printable text as well.
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { createServer as createTcpServer } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import { parseNodeAnswer } from '../../../shared/node-commands/node-answer.ts';
import type { Operation } from '../../../shared/node-commands/parameters.ts';
import { decodeAnswers } from '../../../shared/probe/frames.ts';
import { FOUND, machineOf, withMachine } from './attack.ts';
import { lacking } from './lacking.ts';
import type { Machine } from './machine.ts';
import { few } from './share.ts';

const onMachine = lacking === undefined ? describe : describe.skip;
const base64 = (text: string): string => Buffer.from(text).toString('base64');
const LIMIT_SECONDS = 15;
/** What a run may take beyond its limit, on a busy machine. */
const PATIENCE_MS = (LIMIT_SECONDS + 60) * 1_000;

/** The last commands of a fake tool, in bash: its output. */
const NOISES: Readonly<Record<string, string>> = {
  'control characters': `printf 'a\\033]0;owned\\007\\033[31m\\r\\b\\177\\x9b2J\\xc0\\xaf\\u202eb %s\\n' done`,
  'a line of megabytes without an end': `head -c 30000000 /dev/zero | tr '\\0' a`,
  'lines of megabytes': `yes '{"result":"healed"}' | head -c 30000000`,
  nothing: ':',
  'zeros and every byte': `head -c 100000 /dev/urandom; head -c 1000 /dev/zero`,
  'lines without an end': `yes 'outcome healed'`,
  'what would run': `printf 'UID[$(>/run/owned)] $(>/run/owned) \\x60>/run/owned\\x60;>/run/owned %%s %%n\\n'`,
  'nothing, and no end': 'exec /bin/sleep 1000',
};

const common = (ordinal: number) => ({
  ...{ OperationId: `4.${ordinal}`, StartBy: '9999999999', RunLimitSeconds: `${LIMIT_SECONDS}` },
});
const client = (runtime: string, unit: string): string =>
  base64(`${runtime} ${unit} 5 ${base64('shutdown complete')}\n`);
const places = base64(`/data ${FOUND}\n`);

/** Each script that looks at a client, with its parameters. */
const looking = (
  runtime: string,
  unit: string,
): readonly (readonly [Operation, Readonly<Record<string, string>>])[] => [
  ['observe-node', { Path: '/data', VolumeId: FOUND, Runtime: runtime, Unit: unit }],
  [
    'grow-filesystem',
    { Path: '/data', VolumeId: FOUND, Runtime: runtime, Unit: unit, MinimumSizeBytes: '0', StartClient: 'yes' },
  ],
  ['inspect-node', { Clients: client(runtime, unit), Paths: base64('/data\n'), Cached: 'no' }],
  [
    'restart-client',
    { Clients: client(runtime, unit), Paths: base64('/data\n'), Only: 'restart', Version: '_', Own: '_' },
  ],
  [
    'stop-client',
    { Clients: client(runtime, unit), Places: places, Unmount: 'no', Mask: 'no', RequireClean: 'yes', Back: '0' },
  ],
  ['start-client', { Clients: client(runtime, unit), Places: places, Unmask: 'no', Scrub: '' }],
  ['see-clients', { Clients: client(runtime, unit) }],
];

/** Slow outputs: one runtime answers one half of the scripts slowly, the other runtime the other half. */
const half = <Item>(name: string, runtime: string, all: readonly Item[]): readonly Item[] =>
  /end|megabytes|zeros/.test(name) ? all.filter((_, index) => index % 2 === (runtime === 'docker' ? 0 : 1)) : all;

/** Side by side, each on its own machine: they wait for limits most of the time. */
const atOnce = async <Item>(all: readonly Item[], one: (item: Item) => Promise<void>): Promise<void> => {
  const failed = (await Promise.allSettled(all.map(one))).find(({ status }) => status === 'rejected');
  if (failed?.status === 'rejected') throw failed.reason;
};

let ordinal = 0;

async function answerOf(
  machine: Machine,
  operation: Operation,
  parameters: Readonly<Record<string, string>>,
): Promise<string> {
  const began = performance.now();
  const { stdout, stderr } = await machine.send(operation, { ...common(++ordinal), ...parameters });
  expect({ operation, inTime: performance.now() - began < PATIENCE_MS }).toEqual({ operation, inTime: true });
  expect(stdout).toMatch(/^[ -~]+\n$/);
  expect(stdout.length).toBeLessThan(24_000);
  expect(stderr).toMatch(/^[ -~\n]*$/);
  expect(stderr.length).toBeLessThan(100_000);
  expect(await machine.shell('ls -d /run/owned /data/owned 2>/dev/null || :')).toBe('');
  const answer = JSON.parse(stdout);
  expect(['done', 'failed']).toContain(answer.result);
  return stdout;
}

onMachine('a client whose log is', () => {
  it.each(few(Object.entries(NOISES)))(
    '%s, is told of in printable words and in time',
    async (name, noise) => {
      const runtimes = [
        ['docker', 'node', 'docker', 'logs'],
        ['systemd', 'node.service', 'journalctl', '--quiet'],
      ] as const;
      await atOnce(runtimes, async ([runtime, unit, tool, words]) => {
        await withMachine(machineOf({ runtime, unit, client: 'running' }), async (machine) => {
          await machine.replace(tool, `case $1 in ${words}) ${noise}; exit 0 ;; *) exec /run/${tool} "$@" ;; esac`);
          for (const [operation, parameters] of half(name, runtime, looking(runtime, unit))) {
            const stdout = await answerOf(machine, operation, parameters);
            if (/inspect|restart|st[oa]/.test(operation)) parseNodeAnswer(stdout);
          }
        });
      });
    },
    900_000,
  );
});

onMachine('a runtime whose answer is', () => {
  it.each(few(Object.entries(NOISES)))(
    '%s, is believed nothing, and waited for no longer than may be',
    async (name, noise) => {
      const runtimes = [
        ['docker', 'node', 'docker'],
        ['systemd', 'node@*', 'systemctl'],
      ] as const;
      await atOnce(runtimes, async ([runtime, unit, tool]) => {
        // Only the run limit ends a runtime's endless output.
        const operations = name.includes('end')
          ? looking(runtime, unit).slice(0, 1)
          : half(name, runtime, looking(runtime, unit));
        await withMachine(machineOf({ runtime, unit, client: 'running' }), async (machine) => {
          await machine.replace(tool, noise);
          for (const [operation, parameters] of operations) {
            const stdout = await answerOf(machine, operation, parameters);
            expect(stdout).not.toContain('"state":"running"');
          }
        });
      });
    },
    900_000,
  );

  it.each(['UID[$(>/run/owned)]', '99999999999999999999', '-1', '0x10', '08', '1 2'])(
    'a number that is none: %s, is no number',
    async (number) => {
      await withMachine(machineOf({ runtime: 'docker', client: 'failed' }), async (machine) => {
        await machine.shell('printf "exited %s\\n" "$1" >/run/client/containers/node', number);
        for (const [operation, parameters] of looking('docker', 'node').slice(0, 3))
          await answerOf(machine, operation, parameters);
      });
      await withMachine(machineOf({ runtime: 'systemd', unit: 'node@*', client: 'failed' }), async (machine) => {
        const properties = ['ExecMainStatus', 'ExecMainCode', 'InactiveEnterTimestampMonotonic', 'TimeoutStopUSec'];
        const lines = properties.map((property) => `${property}=${number}\n`).join('');
        await machine.shell('for unit in /run/client/units/*; do printf %s "$1" >>"$unit"; done', lines);
        await machine.shell(
          `mkdir -p /run/chainmend; printf 'node@1.service %s\\n' "$1" >'/run/chainmend/stopped-node@*'`,
          number,
        );
        for (const [operation, parameters] of looking('systemd', 'node@*').slice(0, 4))
          await answerOf(machine, operation, parameters);
      });
    },
    120_000,
  );
});

const HOSTILE_JSON = `{"result":{"node_info":{"id":"\u001b[31m\u0000\u0007a\u009b2J\u202e"},"sync_info":{"latest_block_height":"5"}}}`;
const LISTENERS: Readonly<Record<string, RequestListener>> = {
  'control characters': (_, response) => response.end(HOSTILE_JSON),
  'control characters in its words': (_, response) =>
    response.end('\u001b]0;owned\u0007\r\noutcome healed\n\u0085\u2028'),
  'megabytes in pieces': (_, response) => {
    let left = 200;
    const more = (): void => {
      if (left-- === 0 || response.destroyed) response.end();
      else response.write(Buffer.alloc(500_000, 'a'), more);
    };
    more();
  },
  'megabytes that pack well': (_, response) => response.end(Buffer.alloc(3_000_000, ' ')),
  'nothing at all': () => {},
  'a byte now and then': (_, response) => {
    const timer = setInterval(() => response.write('a'), 200);
    response.on('close', () => clearInterval(timer));
  },
  'the end of another answer': (_, response) => response.end('{}\nchainmend-status 200\na 0 200 2\n{}\nd data 1\n'),
  elsewhere: (_, response) => response.writeHead(302, { location: 'file:///etc/passwd' }).end(),
};

onMachine('a client whose RPC answers', () => {
  it.each(few(Object.entries(LISTENERS)))(
    '%s, gets no control character, no more than has room, and no more time than it may have',
    async (_, listener) => {
      await withServer(listener, async (port) => {
        await asked(port);
      });
    },
    180_000,
  );

  it('with what is no HTTP, or hangs up, is told apart', async () => {
    const talks = [
      (socket: Socket) => socket.end(`HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX: ${'a'.repeat(300_000)}\r\n\r\nabcde`),
      (socket: Socket) => socket.end('\u001b[31m\r\n\r\n'),
      (socket: Socket) => socket.destroy(),
      (socket: Socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n'),
    ];
    await atOnce(talks, async (talk) => {
      const server = createTcpServer((socket) => {
        socket.on('error', () => {});
        talk(socket);
      }).listen(0, '127.0.0.1');
      await once(server, 'listening');
      try {
        await asked((server.address() as AddressInfo).port);
      } finally {
        server.close();
      }
    });
  }, 180_000);
});

/** The three scripts that send requests to an RPC. Their output is printable, and each missing value is reported as missing. */
async function asked(port: number): Promise<void> {
  await atOnce(['ask-node', 'ask-peers', 'change-peers'] as const, async (operation) => {
    await withMachine(machineOf(), async (machine) => {
      if (operation === 'ask-node') await askedForItsHealth(machine, port);
      else await askedForItsPeers(machine, port, operation);
    });
  });
}

async function askedForItsHealth(machine: Machine, port: number): Promise<void> {
  const questions = ['facts', 'peers', 'spec', 'consensus'].map(
    (keep) => `${keep} 2000000 GET http ${port} /status -\n`,
  );
  const began = performance.now();
  const { stdout, stderr } = await machine.send('ask-node', {
    ...{ RunLimitSeconds: '30', Questions: base64(questions.join('')), CredentialsFile: '', Volumes: 'data:/data' },
  });
  expect(performance.now() - began).toBeLessThan(PATIENCE_MS);
  expect(stdout.length).toBeLessThanOrEqual(2_500);
  expect(stderr).toMatch(/^[ -~\n]*$/);
  const { answers } = decodeAnswers(stdout);
  for (const { body } of answers) expect(body).toMatch(/^[ -~\n]*$/);
}

async function askedForItsPeers(
  machine: Machine,
  port: number,
  operation: 'ask-peers' | 'change-peers',
): Promise<void> {
  const answer = JSON.parse(
    await answerOf(machine, operation, {
      ...{
        Endpoint: `http://127.0.0.1:${port}`,
        CredentialsFile: '',
        Requests: base64('GET /status -\nGET /net_info -\n'),
      },
    }),
  );
  if (answer.result === 'done')
    expect(gunzipSync(Buffer.from(answer.after.answers, 'base64')).toString('latin1')).toMatch(/^[ -~\n\t]*$/);
  else expect(answer.reason).toMatch(/characters long when packed|more than \d+ bytes/);
}

async function withServer(listener: RequestListener, story: (port: number) => Promise<void>): Promise<void> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    await story((server.address() as AddressInfo).port);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

onMachine('a configuration of', () => {
  it.each([
    ['control characters', `printf 'a = "\\033]0;x\\007"\\npersistent_peers = ""\\n'`],
    ['every byte', `head -c 100000 /dev/urandom`],
    ['zeros', 'head -c 1000 /dev/zero'],
    ['nothing', ':'],
    ['one line', `head -c 262144 /dev/zero | tr '\\0' a`],
    ['secrets in one line', `yes 'token=["' | tr -d '\\n' | head -c 262144`],
    ['lines', `yes '' | head -c 262144`],
  ])('%s is told, or not, in its time', async (_, make) => {
    await withMachine(machineOf(), async (machine) => {
      await machine.shell(`${make} >/data/f`);
      await answerOf(machine, 'read-config', { File: '/data/f' });
      await answerOf(machine, 'write-config', {
        ...{
          Runtime: 'none',
          Unit: '',
          File: '/data/f',
          Sha256: 'a'.repeat(64),
          Edits: base64('UID[$(>/run/owned)] 1 -\n'),
        },
        ...{ Restart: 'no', StopGraceSeconds: '5' },
      });
    });
  });
});
