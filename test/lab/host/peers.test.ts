// The scripts that work on a client's peers, verbatim, on a machine of files: a real configuration, a real curl, and a client that stops and starts.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { askQuestion } from '../../../shared/chains/client.ts';
import { chainClients } from '../../../shared/chains/clients.ts';
import type { Runtime } from '../../../shared/fleet/model.ts';
import { script } from '../../../shared/node-commands/index.ts';
import { type PeerOperation, peerOperations } from '../../../shared/node-commands/parameters.ts';
import {
  type PeerAnswer,
  type PeerCommand,
  parsePeerAnswer,
  peerCommandParameters,
  unpackAnswers,
  unpackConfig,
} from '../../../shared/node-commands/peer-command.ts';
import { peersIn, withPeers } from '../../../shared/peers/config.ts';
import { editsBetween } from '../../../shared/peers/edits.ts';
import type { ContractNode } from '../../fixtures/contract/contract.ts';
import { fileOf, peerConfig } from '../../fixtures/peer-configs.ts';
import { lacking, lackingForShellcheck } from './lacking.ts';
import { Machine } from './machine.ts';

const node: ContractNode = {
  volumeId: 'vol-0a1b2c3d4e5f60718',
  path: '/data',
  mounted: true,
  filesystem: 'xfs',
  partitioned: false,
  deviceMiB: 320,
  filesystemMiB: 320,
  full: false,
  runtime: 'docker',
  unit: 'node',
  client: 'running',
};
const docker: Runtime = { kind: 'docker', container: 'node' };
const FILE = '/data/node/config/config.toml';
const cometbft = fileOf(chainClients.cometbft);
const before = peerConfig('cometbft.toml');
const peers = ['b', 'c', 'd'].map((letter, index) => `${letter.repeat(40)}@10.0.${index}.10:26656`);
const after = withPeers(before, cometbft, { peers, hiddenIds: [] });
const sumOf = (text: string): string => createHash('sha256').update(text).digest('hex');
const write = (more: Partial<Extract<PeerCommand, { operation: 'write-config' }>> = {}): PeerCommand => ({
  operation: 'write-config',
  file: FILE,
  sha256: sumOf(before),
  edits: editsBetween(before, after),
  runtime: docker,
  restartGraceSeconds: undefined,
  ...more,
});

const onMachine = lacking === undefined ? describe : describe.skip;

onMachine('read-config', () => {
  it('tells the file and its sum, and hides its secrets without moving a byte', async () => {
    await onNode({}, async ({ machine, send, put }) => {
      const text = `${before}\nrpc_password = "swört\\"fish" # mine\nurl = "https://me:hidden@example.com"\nseed = 'abc'`;
      await put(text);
      const { result, after: told } = await send({ operation: 'read-config', file: FILE }, 1);
      expect(result).toBe('done');
      if (!told) throw new Error('nothing was told');
      const shown = new TextDecoder().decode(unpackConfig(told));
      expect(told.sha256).toBe(sumOf(text));
      expect(shown).toBe(
        text.replace('swört\\"fish', '*'.repeat(12)).replace('me:hidden@', 'me:******@').replace("'abc'", "'***'"),
      );
      // The script only reads: it leaves not even a memory of the command.
      expect(await machine.shell('ls /var/lib/chainmend /run/chainmend 2>/dev/null || true')).toBe('');
    });
  });

  it.each([
    ['between three quotes', 'a_token = """hidden"""'],
    ['over lines', 'secret = """\nhidden\nhidden "\n"""\nlater = "shown"'],
    ['literally, over lines', "password = '''\nhidden\n'''\nlater = 'shown'"],
    ['in a list', 'auth_tokens = ["hidden", "hidden"]\nlater = "shown"'],
    ['in a list over lines', "tokens = [\n  'hidden',\n  'hidden', ]\nlater = 'shown'"],
    [
      'under another name',
      'api_key = "hidden"\naccess-key = "hidden"\n"api.secret" = "hidden"\ncredentials = "hidden"',
    ],
    ['in an inline table', 'rpc = { user = "shown", password = "hidden", port = 1 }'],
  ])('hides a secret that stands %s, and what is left is TOML', async (_, lines) => {
    await onNode({}, async ({ send, put }) => {
      const text = `${before}\n[more]\nsecret_rotation = true\n${lines}\n`;
      await put(text);
      const { after: told } = await send({ operation: 'read-config', file: FILE }, 1);
      if (!told) throw new Error('nothing was told');
      const shown = new TextDecoder().decode(unpackConfig(told));
      expect(shown).toBe(text.replaceAll('hidden "', '*'.repeat(8)).replaceAll('hidden', '*'.repeat(6)));
      expect(() => peersIn(shown, cometbft)).not.toThrow();
    });
  });

  it('does not follow a link that belongs to somebody else than what it leads to', async () => {
    await onNode({}, async ({ machine, send }) => {
      await machine.shell(
        `echo root-only >/data/shadow; chmod 600 /data/shadow; rm ${FILE}; ln -s /data/shadow ${FILE}`,
      );
      await machine.shell(`chown -h 1234:1234 ${FILE}`);
      for (const command of [{ operation: 'read-config', file: FILE } as const, write()])
        expect(await send(command, 1)).toMatchObject({
          result: 'failed',
          after: null,
          reason: expect.stringContaining('a link of another user'),
        });
    });
  });

  it('refuses what is no file, and what is no configuration by its size', async () => {
    await onNode({}, async ({ machine, send }) => {
      expect(await send({ operation: 'read-config', file: '/data/nothing' }, 1)).toMatchObject({
        result: 'failed',
        reason: '/data/nothing is not a file',
      });
      await machine.shell('head -c 300000 /dev/urandom >/data/large');
      expect(await send({ operation: 'read-config', file: '/data/large' }, 2)).toMatchObject({
        result: 'failed',
        reason: expect.stringContaining('300000 bytes'),
      });
      await machine.shell('head -c 100000 /dev/urandom >/data/noise');
      expect(await send({ operation: 'read-config', file: '/data/noise' }, 3)).toMatchObject({
        result: 'failed',
        reason: expect.stringContaining('when packed'),
      });
    });
  });
});

onMachine('write-config', () => {
  it('writes the consortium’s list, keeps owner and mode, and leaves the old file beside it', async () => {
    await onNode({}, async ({ machine, send, text }) => {
      await machine.shell(`chown 1234:4321 ${FILE}; chmod 640 ${FILE}`);
      expect(await send(write(), 1)).toMatchObject({
        result: 'done',
        before: { sha256: sumOf(before), client: 'running' },
        after: { sha256: sumOf(after), client: 'running', stopSeconds: null, clean: null, putBack: false },
      });
      expect(await text()).toBe(after);
      expect(await machine.shell(`stat -c '%u:%g %a' ${FILE}`)).toBe('1234:4321 640\n');
      expect(await machine.shell(`cat ${FILE}.chainmend-before`)).toBe(before);
      expect(await machine.shell(`ls ${FILE}*`)).toBe(`${FILE}\n${FILE}.chainmend-before\n`);
      expect(await machine.started()).toEqual([]);
    });
  });

  it('leaves a file alone that somebody has changed since it was read', async () => {
    await onNode({}, async ({ send, put, text }) => {
      await put(`${before}# mine\n`);
      expect(await send(write(), 1)).toMatchObject({
        result: 'failed',
        reason: expect.stringContaining('somebody has changed it'),
      });
      expect(await text()).toBe(`${before}# mine\n`);
    });
  });

  it('edits what a link leads to, and keeps the link', async () => {
    await onNode({}, async ({ machine, send }) => {
      await machine.shell(`mv ${FILE} /data/real.toml && ln -s /data/real.toml ${FILE}`);
      expect(await send(write(), 1)).toMatchObject({ result: 'done' });
      expect(await machine.shell(`readlink ${FILE}; cat /data/real.toml`)).toBe(`/data/real.toml\n${after}`);
    });
  });

  it('writes through no link that stands where its own files go', async () => {
    await onNode({}, async ({ machine, send, text }) => {
      await machine.shell('echo precious >/data/precious');
      for (const suffix of ['new', 'before.new', 'before'])
        await machine.shell(`ln -s /data/precious ${FILE}.chainmend-${suffix}`);
      expect(await send(write(), 1)).toMatchObject({ result: 'done' });
      expect(await text()).toBe(after);
      expect(await machine.shell('cat /data/precious')).toBe('precious\n');
    });
  });

  it('changes nothing where the edits do not fit, or there is no room', async () => {
    await onNode({}, async ({ machine, send, text }) => {
      const beyond = [{ start: 1_000_000, length: 1, text: 'x' }];
      expect(await send(write({ edits: beyond }), 1)).toMatchObject({
        result: 'failed',
        reason: expect.stringContaining('do not fit'),
      });
      await machine.fill('/data');
      expect(await send(write(), 2)).toMatchObject({ result: 'failed', after: { sha256: sumOf(before) } });
      expect(await text()).toBe(before);
      expect(await machine.shell(`ls ${FILE}*`)).toBe(`${FILE}\n`);
    });
  });

  it.each<[Runtime, ContractNode['runtime'], string, string]>([
    [docker, 'docker', 'node', 'stop -t 7 node'],
    [
      { kind: 'compose', file: '/srv/node/compose.yaml', service: 'node' },
      'compose',
      '/srv/node/compose.yaml#node',
      'stop -t 7 node',
    ],
    [{ kind: 'systemd', unit: 'node@*' }, 'systemd', 'node@*', 'stop -- node@0.21.0.service'],
  ])(
    'restarts the client with its grace, and proves that it goes on running: %j',
    async (runtime, kind, unit, stop) => {
      await onNode({ runtime: kind, unit }, async ({ machine, send }) => {
        await machine.shell(
          'for unit in /run/client/units/*; do [ ! -f "$unit" ] || echo TimeoutStopUSec=1min 30s >>"$unit"; done',
        );
        const answer = await send(write({ runtime, restartGraceSeconds: 7 }), 1);
        expect(answer).toMatchObject({
          result: 'done',
          before: { client: 'running' },
          after: { client: 'running', clean: true, putBack: false, sha256: sumOf(after) },
        });
        expect(answer.after).toHaveProperty('stopSeconds', expect.any(Number));
        expect(await machine.started()).toHaveLength(1);
        expect(await machine.shell('cat /run/client/calls')).toContain(stop);
      });
    },
  );

  it('a client that does not come up gets its old file again, and runs with that', async () => {
    await onNode({}, async ({ machine, send, text }) => {
      // The client starts, and dies of the new file.
      await machine.replace(
        'docker',
        `/run/docker "$@"; status=$?; case $* in start*) grep -q 26656 ${FILE} && grep -q 10.0.0.10 ${FILE} && echo "exited 1" >/run/client/containers/node ;; esac; exit $status`,
      );
      const answer = await send(write({ restartGraceSeconds: 7 }), 1);
      expect(answer).toMatchObject({
        result: 'failed',
        after: { client: 'running', putBack: true, sha256: sumOf(before), clean: true },
        reason: expect.stringContaining('the old file was put back, and the client is running'),
      });
      expect(await text()).toBe(before);
    });
  });

  it('a client whose stop takes too long is waited for, and started again', async () => {
    await onNode({ runtime: 'systemd', unit: 'node.service' }, async ({ machine, send, text }) => {
      await machine.shell('echo TimeoutStopUSec=infinity >>/run/client/units/node.service');
      // The first stop does not end in time; a second request finds it done.
      await machine.replace(
        'systemctl',
        `if [ "$1" = stop ] && mkdir /run/once 2>/dev/null; then
          sed -i s/^ActiveState=.*/ActiveState=deactivating/ /run/client/units/node.service; exit 124; fi
        exec /run/systemctl "$@"`,
      );
      const runtime: Runtime = { kind: 'systemd', unit: 'node.service' };
      expect(await send(write({ runtime, restartGraceSeconds: 7 }), 1)).toMatchObject({
        result: 'failed',
        after: { client: 'running', putBack: true, sha256: sumOf(before) },
        reason: expect.stringContaining('and the client is running'),
      });
      expect(await text()).toBe(before);
    });
  });

  it('does not stop a container that would be gone with that', async () => {
    await onNode({}, async ({ machine, send, text }) => {
      await machine.shell('touch /run/client/autoremove');
      expect(await send(write({ restartGraceSeconds: 7 }), 1)).toMatchObject({
        result: 'failed',
        reason: expect.stringContaining('was made with --rm'),
      });
      expect(await text()).toBe(before);
      expect(await machine.shell('cat /run/client/stopped 2>/dev/null || true')).toBe('');
    });
  });

  it('does not restart a client that is not running: somebody else has stopped it', async () => {
    await onNode({ client: 'stopped' }, async ({ machine, send, text }) => {
      expect(await send(write({ restartGraceSeconds: 7 }), 1)).toMatchObject({
        result: 'failed',
        reason: expect.stringContaining('the client is stopped'),
      });
      expect(await text()).toBe(before);
      expect(await machine.started()).toEqual([]);
    });
  });

  it('does not stop a unit that would kill its client before its time', async () => {
    await onNode({ runtime: 'systemd', unit: 'node.service' }, async ({ machine, send, text }) => {
      await machine.shell('echo TimeoutStopUSec=1min 30s >>/run/client/units/node.service');
      const runtime: Runtime = { kind: 'systemd', unit: 'node.service' };
      expect(await send(write({ runtime, restartGraceSeconds: 120 }), 1)).toMatchObject({
        result: 'failed',
        reason: expect.stringContaining('would be killed 90 s after it is told to stop, its client may need 120 s'),
      });
      expect(await text()).toBe(before);
      expect(await machine.shell('cat /run/client/stopped 2>/dev/null || true')).toBe('');
    });
  });
});

onMachine('change-peers', () => {
  it('asks a client on the loopback, and what it answers is read as ever', async () => {
    const client = await serve((path) => {
      if (path === '/status') return status;
      return path.startsWith('/net_info') ? netInfo : undefined;
    });
    await onNode({}, async ({ send }) => {
      const question = chainClients.cometbft.peers;
      if (!question) throw new Error('cometbft has peers');
      const answer = await send(
        { operation: 'change-peers', endpoint: client.url, credentialsFile: undefined, requests: question.requests },
        1,
      );
      const { after: told } = answer;
      if (!told) throw new Error(answer.reason);
      const reading = question.read(unpackAnswers(told, question.requests, 5));
      expect(reading).toMatchObject({
        kind: 'ok',
        facts: { ownPeerId: 'a'.repeat(40), peers: [{ id: 'b'.repeat(40) }] },
      });
    });
    await client.stop();
  });

  it('hands over the credentials of a file, sends bodies whole, and does not follow anybody', async () => {
    const seen: { headers: unknown; body: string }[] = [];
    const client = await serve((path, body, headers) => {
      seen.push({ headers: headers['authorization'], body });
      return path === '/'
        ? [
            { id: 0, result: null },
            { id: 1, result: null },
          ]
        : undefined;
    });
    await onNode({}, async ({ machine, send }) => {
      await machine.shell(`printf '__cookie__:a"b\\\\c' >/data/.cookie`);
      const { peersAtRunTime } = chainClients.bitcoin.operations;
      if (peersAtRunTime.by !== 'rpc' || !peersAtRunTime.remove) throw new Error('bitcoin has calls');
      const question = peersAtRunTime.remove({ host: '10.0.0.1', port: 8333 });
      const command = {
        operation: 'change-peers',
        endpoint: client.url,
        credentialsFile: '/data/.cookie',
        requests: question.requests,
      } as const;
      const { after: told } = await send(command, 1);
      const answers = told ? unpackAnswers(told, question.requests, 0) : [];
      expect(await askQuestion(question, async () => answers[0] ?? Promise.reject())).toMatchObject({
        kind: 'ok',
        facts: 'changed',
      });
      expect(seen).toEqual([
        {
          headers: `Basic ${Buffer.from('__cookie__:a"b\\c').toString('base64')}`,
          body: question.requests[0]?.body,
        },
      ]);
    });
    await client.stop();
  });

  it('tells that nobody listens, or that it takes too long to say so', async () => {
    await onNode({}, async ({ send }) => {
      const requests = [{ method: 'GET', path: '/status', expects: 'json' } as const];
      const { after: told } = await send(
        { operation: 'change-peers', endpoint: 'http://127.0.0.1:9', credentialsFile: undefined, requests },
        1,
      );
      expect(told && unpackAnswers(told, requests, 0)).toMatchObject([{ kind: 'failed', code: 'unreachable' }]);
      const lacks = await send(
        { operation: 'change-peers', endpoint: 'http://127.0.0.1:9', credentialsFile: '/data/none', requests },
        2,
      );
      expect(lacks).toMatchObject({
        result: 'failed',
        reason: 'the file of the credentials cannot be read: /data/none is not a file',
      });
    });
  });

  it('never goes to another machine, whatever it is sent', async () => {
    await onNode({}, async ({ machine }) => {
      for (const Endpoint of [
        'http://10.0.0.1:80',
        'http://127.0.0.1@evil.example:80',
        'file:///etc/passwd',
        'http://127.0.0.1:1 -o /x',
      ]) {
        const sent = {
          OperationId: '1.1',
          StartBy: '9999999999',
          RunLimitSeconds: '60',
          CredentialsFile: '',
          Requests: '',
          Endpoint,
        };
        const { stdout } = await machine.send('change-peers', sent);
        expect(parsePeerAnswer('change-peers', stdout)).toMatchObject({
          result: 'failed',
          reason: expect.stringContaining('parameter Endpoint'),
        });
      }
    });
  });
});

onMachine('the memory of these commands', () => {
  it('is their own: a heal is not made stale by them, nor they by a heal', async () => {
    await onNode({}, async ({ machine, send }) => {
      expect(await send(write(), 1)).toMatchObject({ result: 'done' });
      const heal = {
        OperationId: '1.1',
        StartBy: '9999999999',
        RunLimitSeconds: '60',
        Path: '/data',
        VolumeId: '',
        Runtime: 'docker',
        Unit: 'node',
      };
      expect(JSON.parse((await machine.send('observe-node', heal)).stdout)).toMatchObject({ result: 'done', fence: 1 });
      expect(await send(write({ sha256: sumOf(after), edits: [] }), 2)).toMatchObject({ result: 'done' });
      expect(await machine.shell('ls /var/lib/chainmend')).toBe('last-command\nlast-peers-command\n');
    });
  });

  it('refuses what an earlier run had sent, answers the same command once, and is late after its time', async () => {
    await onNode({}, async ({ machine, send }) => {
      const nothing = write({ edits: [] });
      const first = await send(nothing, 2, { epochSeconds: 2_000_000_000 });
      expect(first).toMatchObject({ result: 'done' });
      expect(await send(nothing, 2, { epochSeconds: 2_000_000_000 })).toEqual(first);
      expect(await send(write(), 9, { epochSeconds: 1_999_999_999 })).toMatchObject({ result: 'stale' });
      expect(await send(write(), 1, { epochSeconds: 2_000_000_000 })).toMatchObject({ result: 'stale' });
      expect(await send(write(), 3, { epochSeconds: 2_000_000_000, sentAtMs: Date.now() - 200_000 })).toMatchObject({
        result: 'late',
      });
      expect(await machine.shell(`cat ${FILE}`)).toBe(before);
    });
  });
});

describe.each(peerOperations)('the composed script of %s', (operation) => {
  (lackingForShellcheck === undefined ? it : it.skip)('has no finding of shellcheck', () => {
    expect(() => execFileSync('shellcheck', ['-'], { input: script(operation), encoding: 'utf8' })).not.toThrow();
  });
});

interface OnNode {
  readonly machine: Machine;
  readonly send: <Command extends PeerCommand>(
    command: Command,
    ordinal: number,
    more?: { readonly epochSeconds?: number; readonly sentAtMs?: number },
  ) => Promise<PeerAnswer<Command['operation']>>;
  readonly put: (text: string) => Promise<void>;
  readonly text: () => Promise<string>;
}

async function onNode(more: Partial<ContractNode>, story: (node: OnNode) => Promise<void>): Promise<void> {
  const machine = await Machine.start({ ...node, ...more });
  const local = join(tmpdir(), `chainmend-peers-${process.pid}`);
  const put = async (text: string): Promise<void> => {
    writeFileSync(local, text);
    await machine.shell('mkdir -p /data/node/config');
    await machine.copy(local, FILE);
  };
  try {
    await put(before);
    await story({
      machine,
      put,
      text: () => machine.shell(`cat ${FILE}`),
      async send(command, ordinal, { epochSeconds = 2_000_000_000, sentAtMs = Date.now() } = {}) {
        const parameters = peerCommandParameters({ epochSeconds, ordinal }, command, sentAtMs);
        const flat = Object.fromEntries(Object.entries(parameters).map(([name, [value = '']]) => [name, value]));
        const { stdout, stderr } = await machine.send(command.operation, flat);
        try {
          return parsePeerAnswer<PeerOperation>(command.operation, stdout) as never;
        } catch (cause) {
          throw new Error(stderr, { cause });
        }
      },
    });
  } finally {
    await machine.stop();
  }
}

const status = {
  result: {
    node_info: { id: 'a'.repeat(40), listen_addr: 'tcp://0.0.0.0:26656', network: 'irita', version: '0.38.17' },
  },
};
const netInfo = {
  result: {
    n_peers: '1',
    peers: [
      {
        node_info: { id: 'b'.repeat(40), listen_addr: 'tcp://0.0.0.0:26656' },
        is_outbound: true,
        remote_ip: '10.0.0.10',
      },
    ],
  },
};

async function serve(
  answer: (path: string, body: string, headers: Readonly<Record<string, unknown>>) => unknown,
): Promise<{ readonly url: string; readonly stop: () => Promise<void> }> {
  const server: Server = createServer((request, response) => {
    let body = '';
    request.on('data', (data) => {
      body += data;
    });
    request.on('end', () => {
      const found = answer(request.url ?? '', body, request.headers);
      response.writeHead(found === undefined ? 404 : 200, { 'content-type': 'application/json' });
      response.end(JSON.stringify(found ?? { error: { message: 'no such method' } }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, stop: () => new Promise((resolve) => server.close(() => resolve())) };
}
