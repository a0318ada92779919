// The scripts that read or write a client's configuration and credentials, under attack. A process of the client's user swaps files, folders, links,
// hard links and pipes there. It does so as fast as it can, and as soon as a file appears, round after round for each script. Root's files stay as
// they are, none of their content is printed, and no script takes longer than it may.
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import type { Operation } from '../../../shared/node-commands/parameters.ts';
import { attack, CONFIG, EVERY_KIND, LIMIT_SECONDS, link, machineOf, plansFor, USER, withMachine } from './attack.ts';
import { lacking } from './lacking.ts';

const onMachine = lacking === undefined ? describe : describe.skip;
const sumOf = (text: string): string => createHash('sha256').update(text).digest('hex');
const base64 = (text: string): string => Buffer.from(text).toString('base64');

const CONFIG_FOLDERS = `
set -eu
rm -rf /data/node /data/node.aside
mkdir -p /data/node/config
printf %s '${CONFIG}' >/data/node/config/config.toml
printf %s 'user:mine' >/data/node/config/.cookie
printf %s mine >/data/node/other
chown -R ${USER}:${USER} /data
`;

const common = (ordinal: number) => ({
  OperationId: `2000000000.${ordinal}`,
  StartBy: '9999999999',
  RunLimitSeconds: `${LIMIT_SECONDS}`,
});

onMachine('while its user swaps everything around a configuration', () => {
  const plans = plansFor('/data/node', 'config', 'config.toml');
  const reading = plans.filter(({ flips }) => flips !== undefined);
  const File = '/data/node/config/config.toml';

  it('write-config writes nowhere else, and reads nothing else', async () => {
    await withMachine(machineOf(), async (machine) => {
      const Edits = base64(`11 4 ${base64('evil')}\n`);
      await attack({
        reaches: 'done',
        ...{ machine, plans, repair: CONFIG_FOLDERS, pool: '/data' },
        round: (n) =>
          machine.send('write-config', {
            ...common(n + 1),
            ...{
              Runtime: 'docker',
              Unit: 'node',
              File,
              Sha256: sumOf(CONFIG),
              Edits,
              Restart: 'no',
              StopGraceSeconds: '5',
            },
          }),
      });
    });
  }, 600_000);

  it('read-config tells nothing else', async () => {
    await withMachine(machineOf(), async (machine) => {
      await attack({
        reaches: 'done',
        ...{ machine, plans: reading, repair: CONFIG_FOLDERS, pool: '/data' },
        round: (n) => machine.send('read-config', { ...common(n + 1), File }),
      });
    });
  }, 600_000);
});

onMachine('while its user swaps everything around the credentials', () => {
  const plans = plansFor('/data/node', 'config', '.cookie').filter(({ watched }) => watched === undefined);
  const CredentialsFile = '/data/node/config/.cookie';

  it.each<[Operation, (port: number) => Readonly<Record<string, string>>]>([
    [
      'ask-node',
      (port) => ({
        RunLimitSeconds: '15',
        Questions: base64(`facts 1000 GET http ${port} /status -\n`),
        CredentialsFile,
        Volumes: 'data:/data',
      }),
    ],
    [
      'ask-peers',
      (port) => ({ Endpoint: `http://127.0.0.1:${port}`, CredentialsFile, Requests: base64('GET /status -\n') }),
    ],
    [
      'change-peers',
      (port) => ({ Endpoint: `http://127.0.0.1:${port}`, CredentialsFile, Requests: base64('GET /status -\n') }),
    ],
  ])(
    '%s hands over nothing else',
    async (operation, parameters) => {
      await withPort(async (port, seen) => {
        await withMachine(machineOf(), async (machine) => {
          const send = (n: number) =>
            machine.send(operation, { ...(operation === 'ask-node' ? {} : common(n + 1)), ...parameters(port) });
          await machine.shell(CONFIG_FOLDERS);
          await send(0);
          expect(seen).toEqual(['user:mine']);
          await attack({ machine, plans, repair: CONFIG_FOLDERS, pool: '/data', round: (n) => send(n + 1) });
        });
      });
    },
    600_000,
  );
});

/** A port of the client, and the credentials that arrive there: never root's. */
async function withPort(story: (port: number, seen: readonly string[]) => Promise<void>): Promise<void> {
  const seen: string[] = [];
  const server = createServer((request, response) => {
    seen.push(Buffer.from((request.headers.authorization ?? '').replace('Basic ', ''), 'base64').toString());
    response.end('{}');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    await story((server.address() as AddressInfo).port, seen);
    expect(seen.filter((one) => one.includes('TOPSECRET'))).toEqual([]);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

/** A container's root is root on its mounts, and may make devices there. */
onMachine('while the root of a container swaps everything on its volume', () => {
  const repair = CONFIG_FOLDERS.replace(/^chown .*$/m, 'chown -R 0:0 /data');
  const path = '/data/node/config/.cookie';

  it('change-peers hands over nothing that lies elsewhere', async () => {
    const plans = [
      { flips: [{ path, by: link('/srv/secret/.cookie') }] },
      {
        flips: [
          { path, by: link('/dev/zero') },
          { path, by: 'fifo' },
        ],
      },
      { flips: [{ path: '/data/node/config', by: link('/srv/secret') }] },
    ];
    await withPort(async (port, seen) => {
      await withMachine(machineOf(), async (machine) => {
        const parameters = { Endpoint: `http://127.0.0.1:${port}`, CredentialsFile: path };
        const send = (n: number) =>
          machine.send('change-peers', { ...common(n + 1), ...parameters, Requests: base64('GET /status -\n') });
        await machine.shell(repair);
        await send(0);
        expect(seen).toEqual(['user:mine']);
        await attack({ machine, plans, repair, pool: '/data', uid: 0, round: (n) => send(n + 1) });
      });
    });
  }, 600_000);

  it('read-config tells nothing that lies elsewhere', async () => {
    const File = '/data/node/config/config.toml';
    const plans = [
      { flips: [{ path: File, by: link('/srv/secret/.cookie') }] },
      { flips: [{ path: '/data/node/config', by: link('/srv/open') }] },
    ];
    await withMachine(machineOf(), async (machine) => {
      await attack({
        reaches: 'done',
        ...{ machine, plans, repair, pool: '/data', uid: 0 },
        round: (n) => machine.send('read-config', { ...common(n + 1), File }),
      });
    });
  }, 600_000);

  it('write-config writes through nothing that it puts in the place of a new file', async () => {
    await withMachine(machineOf(), async (machine) => {
      const Edits = base64(`11 4 ${base64('evil')}\n`);
      const watched = ['/data/node/config'];
      const file = { File: '/data/node/config/config.toml', Sha256: sumOf(CONFIG), Edits };
      const client = { Runtime: 'docker', Unit: 'node', Restart: 'no', StopGraceSeconds: '5' };
      const by = EVERY_KIND.filter((one) => one !== 'folder');
      await attack({
        ...{ machine, repair, pool: '/data', uid: 0 },
        plans: [
          { watched, by },
          { watched, by, inotify: true },
        ],
        round: (n) => machine.send('write-config', { ...common(n + 1), ...file, ...client }),
      });
    });
  }, 600_000);
});
