// Who reads and writes a file of the client: its owner, and root only where root alone can change the path to it. Honest layouts work, and each
// refusal has a reason. Also: whose executables and compose files root runs, and what counts as an identity.
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import type { Operation } from '../../../shared/node-commands/parameters.ts';
import { FOUND, machineOf, NEW, withMachine } from './attack.ts';
import { lacking } from './lacking.ts';
import type { Machine } from './machine.ts';

const onMachine = lacking === undefined ? describe : describe.skip;
const CONFIG = 'listen=1\n';
const sumOf = (text: string): string => createHash('sha256').update(text).digest('hex');
const base64 = (text: string): string => Buffer.from(text).toString('base64');
const common = (ordinal: number) => ({ OperationId: `4.${ordinal}`, StartBy: '9999999999', RunLimitSeconds: '60' });
let ordinal = 0;

interface Answer {
  readonly result: string;
  readonly reason?: string;
  readonly after: { readonly sha256?: string } | null;
}

async function send(
  machine: Machine,
  operation: Operation,
  parameters: Readonly<Record<string, string>>,
): Promise<Answer> {
  const { stdout, stderr } = await machine.send(operation, { ...common(++ordinal), ...parameters });
  if (stdout === '') throw new Error(stderr);
  return JSON.parse(stdout);
}

const write = (machine: Machine, File: string): Promise<Answer> =>
  send(machine, 'write-config', {
    ...{ Runtime: 'none', Unit: '', File, Sha256: sumOf(CONFIG), Edits: base64(`0 6 ${base64('LISTEN')}\n`) },
    ...{ Restart: 'no', StopGraceSeconds: '5' },
  });

/** 21000 and 21001 are users of the machine; 25000 is a container's user that the machine does not know. */
const USERS = `
set -eu
printf 'node:x:21000:21000::/:/bin/sh\\nother:x:21001:21001::/:/bin/sh\\n' >>/etc/passwd
printf 'node:x:21000:\\nother:x:21001:\\npeers:x:21002:node\\n' >>/etc/group
`;
const FILE = '/data/n/c/f';
/** A file below two folders, with the owner of each. */
const owned = (top: string, folder: string, file: string, text = 'listen=1\\n'): string =>
  `mkdir -p /data/n/c; printf '${text}' >${FILE}; chmod 640 ${FILE}; chown ${file} ${FILE}; chown ${folder} /data/n/c; chown ${top} /data/n`;

onMachine('a configuration', () => {
  it.each<[string, string, string?]>([
    ["root's in root's folders", owned('0:0', '0:0', '0:0')],
    ["its user's in its user's folders", owned('21000:21000', '21000:21000', '21000:21000')],
    ["its user's in a folder of root's", owned('0:0', '0:0', '21000:21000')],
    ["with another group of its user's", owned('21000:21000', '21000:21000', '21000:21002')],
    ['of a user that only a container knows', owned('25000:25000', '25000:25000', '25000:25000')],
    [
      'in a folder that its group may write',
      `${owned('21000:21000', '21000:21000', '21000:21000')}; chmod 2775 /data/n/c`,
    ],
    [
      "in a folder of root's that its group may write",
      `${owned('0:0', '0:21000', '21000:21000')}; chmod 775 /data/n/c`,
    ],
    ['in a folder where everybody may make files', `${owned('0:0', '0:0', '21000:21000')}; chmod 1777 /data/n/c`],
    [
      "that root's link leads to",
      `${owned('0:0', '0:0', '0:0')}; mv ${FILE} /data/n/real; ln -s ../real ${FILE}`,
      '/data/n/real',
    ],
    [
      "that its user's link leads to",
      `${owned('21000:21000', '21000:21000', '21000:21000')}; mv ${FILE} /data/n/real; ln -s /data/n/real ${FILE}; chown -h 21000:21000 ${FILE}`,
      '/data/n/real',
    ],
    [
      "in a folder that root's link leads to",
      `${owned('21000:21000', '21000:21000', '21000:21000')}; mv /data/n /data/real; ln -s real /data/n`,
    ],
    [
      "of its user's on the root volume, by its user's link on the volume",
      `${owned('21000:21000', '21000:21000', '21000:21000')}; mkdir /srv/f; mv ${FILE} /srv/f/f; chown 21000:21000 /srv/f; ln -s /srv/f/f ${FILE}; chown -h 21000:21000 ${FILE}`,
      '/srv/f/f',
    ],
    ['with a second name', `${owned('21000:21000', '21000:21000', '21000:21000')}; ln ${FILE} /data/n/c/second`],
  ])('%s is read and written, and stays whose it is', async (_, set, real = FILE) => {
    await withMachine(machineOf(), async (machine) => {
      await machine.shell(`${USERS}${set}; setfattr -n user.note -v kept ${real} 2>/dev/null || :`);
      const facts = `stat -c '%u:%g %a' ${real}; getfattr --only-values -n user.note ${real} 2>/dev/null || :`;
      const before = await machine.shell(facts);
      expect(await send(machine, 'read-config', { File: FILE })).toMatchObject({
        result: 'done',
        after: { sha256: sumOf(CONFIG) },
      });
      const answer = await write(machine, FILE);
      expect(answer).toMatchObject({ result: 'done', after: { sha256: sumOf('LISTEN=1\n') } });
      expect(await machine.shell(`cat ${FILE} ${real}.chainmend-before`)).toBe(`LISTEN=1\n${CONFIG}`);
      expect(await machine.shell(facts)).toBe(before);
      expect(await machine.shell(`ls -A "$(dirname ${real})" | grep chainmend`)).toBe(
        `${real.split('/').at(-1)}.chainmend-before\n`,
      );
    });
  });

  it.each<[string, string, RegExp]>([
    [
      "root's in a folder of another's",
      owned('0:0', '21000:21000', '0:0'),
      /\/data\/n\/c belongs to user 21000, and the file .* to user 0/,
    ],
    [
      "root's below a folder of another's",
      owned('21000:21000', '0:0', '0:0'),
      /\/data\/n belongs to user 21000, and the file .* to user 0/,
    ],
    [
      "root's where everybody may write",
      `${owned('0:0', '0:0', '0:0')}; chmod 777 /data/n/c`,
      /is root's, and others can change/,
    ],
    [
      "one user's in a folder of another's",
      owned('21000:21000', '21001:21001', '21000:21000'),
      /belongs to user 21001, and the file .* to user 21000/,
    ],
    [
      "that another user's link leads to",
      `${owned('21000:21000', '21000:21000', '21000:21000')}; mv ${FILE} /data/n/real; ln -s ../real ${FILE}; chown -h 21001:21001 ${FILE}`,
      /a link of another user/,
    ],
    [
      "in a folder that another user's link leads to",
      `${owned('21000:21000', '21000:21000', '21000:21000')}; mv /data/n /data/real; ln -s real /data/n; chown -h 21001:21001 /data/n`,
      /a link of another user/,
    ],
    [
      // The root of a container, which has mounted the volume, can make such a link.
      "root's on the root volume, by a link of the volume",
      `${owned('0:0', '0:0', '0:0')}; mv ${FILE} /etc/f; ln -s /etc/f ${FILE}`,
      /leads from one filesystem to another/,
    ],
    ['that is a pipe', `${owned('0:0', '0:0', '0:0')}; rm ${FILE}; mkfifo ${FILE}`, /is not a file/],
    ['that is a folder', `${owned('0:0', '0:0', '0:0')}; rm ${FILE}; mkdir ${FILE}`, /is not a file/],
    ['that is a device', `${owned('0:0', '0:0', '0:0')}; rm ${FILE}; mknod ${FILE} c 1 5`, /is not a file/],
    [
      'that is a link to a device',
      `${owned('0:0', '0:0', '0:0')}; rm ${FILE}; ln -s /dev/zero ${FILE}`,
      /is not a file/,
    ],
    ['that is a link to itself', `${owned('0:0', '0:0', '0:0')}; rm ${FILE}; ln -s f ${FILE}`, /leads in a circle/],
    [
      'that is huge',
      `${owned('0:0', '0:0', '0:0')}; truncate -s 1T ${FILE}`,
      /has 1099511627776 bytes, expected at most 262144/,
    ],
    ['that is not there', owned('0:0', '0:0', '0:0').replace(`chown 0:0 ${FILE}`, `rm ${FILE}; :`), /is not a file/],
  ])('%s is refused, with the reason', async (_, set, reason) => {
    await withMachine(machineOf(), async (machine) => {
      await machine.shell(`${USERS}${set}`);
      const before = await machine.shell('find /data -printf "%p %y %u %m %s %T@\\n" | sort');
      for (const answer of [await send(machine, 'read-config', { File: FILE }), await write(machine, FILE)])
        expect(answer).toMatchObject({ result: 'failed', after: null, reason: expect.stringMatching(reason) });
      expect(await machine.shell('find /data -printf "%p %y %u %m %s %T@\\n" | sort')).toBe(before);
    });
  });

  it.each<[string, string]>([
    ["in its user's folders", owned('21000:21000', '21000:21000', '21000:21000')],
    [
      "in a folder of root's that its group may write",
      `${owned('0:0', '0:21000', '21000:21000')}; chmod 775 /data/n/c`,
    ],
    // Where every user may make files, the owner of a file may put another one in its place.
    ['in a folder where everybody may make files', `${owned('0:0', '0:0', '21000:21000')}; chmod 1777 /data/n/c`],
  ])('%s is read by its owner and never by root, who could read it', async (_, set) => {
    await withMachine(machineOf(), async (machine) => {
      await machine.shell(`${USERS}${set}; chmod 0 ${FILE}`);
      for (const answer of [await send(machine, 'read-config', { File: FILE }), await write(machine, FILE)])
        expect(answer).toMatchObject({ result: 'failed', reason: `${FILE} cannot be read` });
    });
  });

  it('whose group its owner cannot keep is left as it is', async () => {
    await withMachine(machineOf(), async (machine) => {
      await machine.shell(`${USERS}${owned('21000:21000', '21000:21000', '21000:21001')}`);
      expect(await write(machine, FILE)).toMatchObject({
        result: 'failed',
        reason: expect.stringContaining('with its group'),
      });
      expect(await machine.shell(`stat -c %g ${FILE}; cat ${FILE}; ls -A /data/n/c`)).toBe(`21001\n${CONFIG}f\n`);
    });
  });

  it('on a filesystem that a process serves is not looked at', async () => {
    await withMachine(machineOf(), async (machine) => {
      await machine.shell(`${USERS}${owned('0:0', '0:0', '0:0')}`);
      // As the kernel shows a FUSE mount: nothing more is known of it, and no call may touch it.
      await machine.replace('awk', 'case "$*" in *fuse*) echo "/data/n " ;; *) exec /usr/bin/awk "$@" ;; esac');
      expect(await send(machine, 'read-config', { File: FILE })).toMatchObject({
        result: 'failed',
        reason: `${FILE} lies on /data/n, which a process serves (FUSE)`,
      });
    });
  });
});

onMachine('a file of credentials', () => {
  const own = (top: string, folder: string, file: string) => owned(top, folder, file, 'user:word');
  const roots = own('0:0', '0:0', '0:0');
  it.each<[string, string, string | RegExp]>([
    ["root's in root's folders", roots, 'user:word'],
    ["its user's in its user's folders", own('21000:21000', '21000:21000', '21000:21000'), 'user:word'],
    ["its user's in a folder of root's", own('0:0', '0:0', '21000:21000'), 'user:word'],
    [
      "root's in a folder of another's",
      own('0:0', '21000:21000', '0:0'),
      /belongs to user 21000, and the file .* to user 0/,
    ],
    [
      "root's, by a link of the volume",
      `${roots}; mv ${FILE} /etc/f; ln -s /etc/f ${FILE}`,
      /leads from one filesystem to another/,
    ],
    ["root's, by a link on its own volume", `${roots}; mv ${FILE} /data/f; ln -s /data/f ${FILE}`, 'user:word'],
    ['that is a pipe', `${roots}; rm ${FILE}; mkfifo ${FILE}`, /is not a file/],
    ['that is large', `${roots}; head -c 5000 /dev/zero | tr '\\0' a >${FILE}`, /has more than 4096 bytes/],
    ['that is empty', `${roots}; : >${FILE}`, /does not begin with a line of text/],
    ['with control characters', `${roots}; printf 'user:a\\033b' >${FILE}`, /does not begin with a line of text/],
    ['of which no line is to be a setting of curl', `${roots}; printf 'a:"\\nurl = "http://x/' >${FILE}`, 'a:"'],
  ])('%s is handed over, or not, with the reason', async (_, set, expected) => {
    const seen: string[] = [];
    const server = createServer((request, response) => {
      seen.push(Buffer.from((request.headers.authorization ?? '').replace('Basic ', ''), 'base64').toString());
      response.end('{}');
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    try {
      await withMachine(machineOf(), async (machine) => {
        await machine.shell(`${USERS}${set}`);
        const ask = { Endpoint: `http://127.0.0.1:${port}`, CredentialsFile: FILE, Requests: base64('GET / -\n') };
        const answer = await send(machine, 'ask-peers', ask);
        if (typeof expected === 'string') {
          expect(answer).toMatchObject({ result: 'done' });
          expect(seen).toEqual([expected]);
        } else {
          expect(answer).toMatchObject({ result: 'failed', reason: expect.stringMatching(expected) });
          expect(seen).toEqual([]);
        }
      });
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });
});

onMachine('what root would run', () => {
  const RUN = `printf '#!/bin/sh\\n>/run/owned\\n' | tee /srv/start /srv/stop >/srv/status; chmod 755 /srv/start /srv/stop /srv/status`;
  it.each<[string, string, string]>([
    ["is another user's", 'chown 21000 /srv/status', '/srv/status'],
    ['may be written by others', 'chmod 757 /srv/stop', '/srv/stop'],
    ['may be written by a group', 'chmod 775 /srv/start', '/srv/start'],
    ['lies in a folder that others may write', 'chmod 777 /srv', '/srv'],
    ["is a link of another's", 'mv /srv/stop /srv/real; ln -s real /srv/stop; chown -h 21000 /srv/stop', '/srv/stop'],
    [
      'leads through such a folder',
      'mkdir /tmp/x; chown 21000 /tmp/x; mv /srv/stop /tmp/x/; ln -s /tmp/x/stop /srv/stop',
      '/tmp',
    ],
  ])('of commands is not run where it %s', async (_, set, what) => {
    await withMachine(machineOf(), async (machine) => {
      await machine.shell(`${RUN}; ${set}`);
      const client = base64('commands /srv/start#/srv/stop#/srv/status 5 -\n');
      const answer = await send(machine, 'restart-client', {
        Clients: client,
        Paths: '',
        Only: 'restart',
        Version: '_',
        Own: '_',
      });
      expect(answer).toMatchObject({ result: 'failed', reason: expect.stringContaining(`others can change ${what}`) });
      expect(await machine.shell('ls /run/owned 2>/dev/null || :')).toBe('');
    });
  });

  it.each<[string, string, string]>([
    ["is another user's", 'chown 21000 /srv/node/compose.yaml', '/srv/node/compose.yaml'],
    ["lies in a folder of another's", 'chown 21000 /srv/node', '/srv/node'],
    ["has another user's .env beside it", ': >/srv/node/.env; chown 21000 /srv/node/.env', '/srv/node/.env'],
  ])('of compose is not run where its file %s', async (_, set, what) => {
    await withMachine(machineOf({ runtime: 'compose', unit: '/srv/node/compose.yaml#node' }), async (machine) => {
      await machine.shell(set);
      const client = base64('compose /srv/node/compose.yaml#node 5 -\n');
      const answer = await send(machine, 'restart-client', {
        Clients: client,
        Paths: '',
        Only: 'restart',
        Version: '_',
        Own: '_',
      });
      expect(answer).toMatchObject({ result: 'failed', reason: expect.stringContaining(`others can change ${what}`) });
      expect(await machine.shell('cat /run/client/calls 2>/dev/null || :')).not.toContain('compose');
    });
  });

  it("of systemd is a unit's name, and no path", async () => {
    await withMachine(machineOf(), async (machine) => {
      for (const unit of ['a/../../../run/x', '../x', 'a#b']) {
        const client = base64(`systemd ${unit} 5 -\n`);
        const answer = await send(machine, 'stop-client', {
          ...{ Clients: client, Places: '', Unmount: 'no', Mask: 'yes', RequireClean: 'no', Back: '0' },
        });
        expect(answer).toMatchObject({ result: 'failed', reason: expect.stringContaining('expected form') });
      }
    });
  });
});

onMachine('an identity', () => {
  it.each<[string, string, RegExp]>([
    ['with a device in it', 'mknod /data/keys/disk b 7 0', /is a device: that is no identity/],
    [
      'of a size that only looks small',
      'truncate -s 1T /data/keys/huge',
      /has \d+ files and \d+ KiB: that is no identity/,
    ],
    ['of too many files', 'cd /data/keys && seq 10050 | tr "\\n" "\\0" | xargs -0 touch', /has 10001 files/],
    ['that is told twice', 'printf \'{"height":"1","height":"9"}\' >/data/state.json', /nobody knows what was signed/],
    [
      'that is told in other words',
      'printf \'{"h\\\\u0065ight":"1","height":"9"}\' >/data/state.json',
      /nobody knows what was signed/,
    ],
    [
      'whose round is no number',
      'printf \'{"height":"9","round":"x"}\' >/data/state.json',
      /nobody knows what was signed/,
    ],
  ])('%s is not carried, and what was found is mounted again', async (_, set, reason) => {
    const files = { 'keys/one': 'ours', 'state.json': '{"height":"100"}', 'blocks/x': '' };
    await withMachine(machineOf({ files, second: { volumeId: NEW, content: 'copy', files } }), async (machine) => {
      await machine.shell(`printf '' >/etc/fstab; ${set}`);
      const places = (volume: string) => base64(`/data ${volume}\n`);
      const answer = await send(machine, 'swap-volumes', {
        ...{ Clients: '', From: places(FOUND), To: places(NEW), Identity: base64('/data/keys\n'), Carry: 'ours' },
        KeepNewest: base64('/data/state.json\n'),
      });
      expect(answer).toMatchObject({ result: 'failed', putBack: true, reason: expect.stringMatching(reason) });
      expect(answer.after).toMatchObject({ volumes: [{ volumeId: FOUND }] });
    });
  });
});
