// Swapping volumes on a real machine: cut off at any place, with another process in the way, or with an invalid volume.
import { describe, expect, it } from '@jest/globals';
import { parseNodeAnswer } from '../../../shared/node-commands/node-answer.ts';
import { type NodeCommand, nodeCommandParameters } from '../../../shared/node-commands/node-command.ts';
import {
  FOUND,
  NEW,
  type NodeSend,
  type NodeStory,
  nodeParameters,
  PLACE,
} from '../../fixtures/contract/node-contract.ts';
import { lacking } from './lacking.ts';
import { few } from './share.ts';
import { type KillPoint, SwapMachine } from './swap-machine.ts';

const onMachine = lacking === undefined ? describe : describe.skip;

const story: NodeStory = {
  filesystem: 'xfs',
  partitioned: false,
  runtime: 'systemd',
  unit: 'node.service',
  client: 'running',
  ends: 'cleanly',
  new: 'copy',
  found: { node_key: 'ours', 'keystore/one': 'ours', 'state.json': '{"height":"100"}' },
  brought: { node_key: 'theirs', donor_key: 'theirs', 'keystore/two': 'theirs', 'state.json': '{"height":"90"}' },
};

const forward: NodeSend = {
  operation: 'swap-volumes',
  id: '4.1',
  startInSeconds: 120,
  from: 'found',
  to: 'new',
  at: 'found',
  identity: ['/data/node_key', '/data/donor_key', '/data/keystore'],
  carry: 'ours',
  keepNewest: ['/data/state.json'],
  only: 'restart',
  unmount: false,
  mask: false,
  unmask: false,
  requireClean: false,
  scrub: [],
  version: '',
};
const back = { ...forward, from: 'new', to: 'found', carry: 'theirs' } as const;

const places: readonly (readonly [string, Pick<KillPoint, 'tool' | 'operands' | 'nth'>])[] = [
  ['the line of the next boot is pinned', { tool: 'mv', operands: '*/etc/fstab', nth: 1 }],
  ['the client is stopped', { tool: 'systemctl', operands: 'stop*', nth: 1 }],
  ['its volume is unmounted', { tool: 'umount', operands: '*/data', nth: 1 }],
  ['the new one is mounted', { tool: 'mount', operands: '-c*', nth: 3 }],
  ['the old one is mounted aside', { tool: 'mount', operands: '-c*', nth: 1 }],
  ['the new one is mounted aside', { tool: 'mount', operands: '-c*', nth: 2 }],
  ['the signing state is carried', { tool: 'cp', operands: '*state.json*', nth: 1 }],
  ['a key is carried', { tool: 'cp', operands: '*keystore*', nth: 1 }],
  ['the old one is unmounted aside', { tool: 'umount', operands: '*/aside/*', nth: 1 }],
  ['the line of the next boot is written', { tool: 'mv', operands: '*/etc/fstab', nth: 2 }],
  ['the client is started', { tool: 'systemctl', operands: 'start*', nth: 1 }],
];
const points = places.flatMap(([name, place]) =>
  (['before', 'after'] as const).map((when) => [when, name, { ...place, when }] as const),
);

onMachine('a swap that is cut off', () => {
  it.each(few(points))(
    'right %s %s is finished by the same command, and undone by the way back',
    async (_, __, point) => {
      await withMachine(story, async (machine) => {
        await cutOff(machine, '4.1', point);
        expect(await answerTo(machine, { ...forward, id: '4.1' })).toMatchObject({ result: 'done' });
        await expectNew(machine);
        expect(await answerTo(machine, { ...back, id: '4.2' })).toMatchObject({ result: 'done' });
        await expectFound(machine);
        await machine.onDevice(
          NEW,
          Object.entries(story.brought)
            .map(([path, text]) => `mkdir -p "$(dirname /mnt/${path})"; printf %s '${text}' >/mnt/${path}`)
            .join('; '),
        );
        await cutOff(machine, '5.1', point);
        expect(await answerTo(machine, { ...back, id: '5.2' })).toMatchObject({ result: 'done' });
        await expectFound(machine);
      });
    },
  );
});

onMachine('a swap', () => {
  it('brings no program that is another user’s and no device, whatever the snapshot holds and /etc/fstab allows', async () => {
    await withMachine(story, async (machine) => {
      await machine.onDevice(
        NEW,
        'cp /usr/bin/id /mnt/tool && chmod 6755 /mnt/tool && mknod -m 0666 /mnt/memory c 1 5 && mknod -m 0666 /mnt/disk b 7 0; cp /usr/bin/head /mnt/reader && setcap cap_dac_read_search+ep /mnt/reader',
      );
      await machine.machine.shell(
        'sed -i "s,\\(/data [a-z0-9]* \\)[^ ]*,\\1defaults\\,suid\\,dev," /etc/fstab; grep suid,dev /etc/fstab',
      );
      expect(await answerTo(machine, forward)).toMatchObject({ result: 'done' });
      const asUser = (line: string) =>
        machine.machine.shell(`setpriv --reuid 65534 --regid 65534 --clear-groups sh -c '${line}' 2>&1 || true`);
      expect(await asUser('/data/tool -u; /data/tool -g')).toBe('65534\n65534\n');
      expect(await asUser('head -c 1 /data/memory; head -c 1 /data/disk')).toMatch(/denied[\s\S]*denied/);
      // A program that may read all files, by an attribute and no bit.
      expect(await asUser('/data/reader -c 1 /etc/shadow')).toMatch(/denied/);
      // At the next boot, too.
      expect(await machine.machine.shell('grep -v "^#" /etc/fstab')).toMatch(
        / \/data xfs \S*,suid,dev\S*,nosuid,nodev\b/,
      );
    });
  });

  it('waits for nobody who has a file open, says who it is, and the client runs on what was found', async () => {
    await withMachine(story, async (machine) => {
      await machine.machine.shell('cd /data/blocks && (exec /bin/sleep 20 >/dev/null 2>&1 </dev/null &)');
      const answer = await answerTo(machine, forward);
      expect(answer).toMatchObject({ result: 'failed', putBack: true, fault: 'node' });
      expect(answer.reason).toMatch(/\/data could not be unmounted: .*busy.*in use by: \d+ sleep/);
      await expectFound(machine);
    });
  });

  it('names whoever holds it open under another path, as containers do, and nobody who has another filesystem by that path', async () => {
    await withMachine(story, async (machine) => {
      const inside = (line: string): string => `(unshare -m sh -c '${line}' >/dev/null 2>&1 </dev/null &)`;
      await machine.machine.shell(inside('mount --bind /data/blocks /mnt && cd /mnt && exec /bin/sleep 20'));
      await machine.machine.shell(
        inside('mount -t tmpfs other /data && cd /data && exec timeout 20 tail -f /dev/null'),
      );
      await machine.machine.shell('cd /data && (exec /bin/sleep 20 >/dev/null 2>&1 </dev/null &) && sleep 1');
      const answer = await answerTo(machine, forward);
      expect(answer).toMatchObject({ result: 'failed', putBack: true, fault: 'node' });
      expect(answer.reason).toMatch(/in use by: \d+ sleep, \d+ sleep;/);
    });
  });

  it('touches nothing where another volume is mounted below, or the same one elsewhere too', async () => {
    await withMachine(story, async (machine) => {
      await machine.machine.shell('mkdir -p /data/ancient /srv/too; mount -t tmpfs more /data/ancient');
      expect(await answerTo(machine, { ...forward, id: '4.1' })).toMatchObject({
        result: 'failed',
        stop: null,
        reason: expect.stringContaining('/data/ancient lies below'),
      });
      await machine.machine.shell('umount /data/ancient; rmdir /data/ancient; mount --bind /data /srv/too');
      expect(await answerTo(machine, { ...forward, id: '4.2' })).toMatchObject({
        result: 'failed',
        stop: null,
        reason: expect.stringMatching(/is mounted at .*\/srv\/too.*nothing was changed/),
      });
      await machine.machine.shell('umount /srv/too');
      await expectFound(machine);
      expect(await machine.machine.started()).toEqual([]);
    });
  });

  it('says which volumes hold no filesystem but a part of something that has to be opened first', async () => {
    await withMachine({ ...story, new: 'empty' }, async (machine) => {
      const inspect = { ...forward, operation: 'inspect-node' as const };
      expect((await answerTo(machine, { ...inspect, id: '4.1' })).after?.layered).toBeUndefined();
      await machine.machine.shell('umount /data');
      expect((await answerTo(machine, { ...inspect, id: '4.2' })).after?.layered).toEqual([]);
      const device = `/dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_${NEW.replace('-', '')}`;
      // The magic of LUKS, and its version 1.
      await machine.machine.shell(`printf 'LUKS\\272\\276\\0\\1' | dd of=${device} conv=notrunc status=none; sync`);
      const { after } = await answerTo(machine, { ...inspect, id: '4.3' });
      expect(after).toMatchObject({ layered: [{ volumeId: NEW, kind: 'crypto_LUKS' }], volumes: [] });
    });
  });

  it('touches nothing where a unit of somebody else says what is mounted there', async () => {
    await withMachine(story, async (machine) => {
      await machine.machine.replace('systemd-escape', 'echo data.mount');
      await machine.machine.shell('touch /etc/systemd/system/data.mount');
      expect(await answerTo(machine, forward)).toMatchObject({
        result: 'failed',
        stop: null,
        reason: expect.stringContaining('/etc/systemd/system/data.mount'),
      });
      await expectFound(machine);
    });
  });

  it('never takes an empty or strange line of a parameter for anything', async () => {
    await withMachine(story, async (machine) => {
      const parameters = nodeParameters(story, forward, now());
      const base64 = (text: string): string => Buffer.from(text).toString('base64');
      const wrong: readonly [string, string][] = [
        ['From', ''],
        ['To', ''],
        ['To', base64('/data \n')],
        ['To', base64(' vol-0fedcba9876543210\n')],
        ['To', base64('/data vol-0fedcba9876543210; touch /run/owned\n')],
        ['To', base64('/data $(touch /run/owned)\n')],
        ['To', base64(`/data ${FOUND}\n`)],
        ['To', base64(`/other ${NEW}\n`)],
        ['To', base64(`/data/../etc ${NEW}\n`)],
        ['To', base64(`/data ${NEW}\n/data ${NEW}\n`)],
        ['Identity', base64('/etc/passwd\n')],
        ['Identity', base64('/data\n')],
        ['Identity', base64('/data/../etc\n')],
        ['KeepNewest', base64('-rf\n')],
        ['Clients', base64('systemd node.service 10\n')],
        ['Clients', base64('systemd $(touch\t/run/owned) 10 -\n')],
        ['Clients', base64('commands /bin/true 10 -\n')],
        ['Carry', ''],
      ];
      let ordinal = 1;
      for (const [name, value] of wrong) {
        const sent = { ...parameters, [name]: value, OperationId: `4.${ordinal++}` };
        const answer = parseNodeAnswer((await machine.machine.send('swap-volumes', sent)).stdout);
        expect({ name, value, result: answer.result, stop: answer.stop }).toEqual({
          name,
          value,
          result: 'failed',
          stop: null,
        });
      }
      expect(await machine.machine.shell('ls /run')).not.toContain('owned');
      expect(await machine.machine.started()).toEqual([]);
      await expectFound(machine);
    });
  });

  it('follows no link out of the volume that comes', async () => {
    const brought = { ...story.brought, 'keystore/two': '' };
    await withMachine({ ...story, brought }, async (machine) => {
      await machine.machine.shell('mkdir /srv/precious; echo precious >/srv/precious/one');
      await machine.onDevice(NEW, 'rm -r /mnt/keystore; ln -s /srv/precious /mnt/keystore');
      expect(await answerTo(machine, { ...forward, identity: ['/data/keystore'] })).toMatchObject({ result: 'done' });
      expect(await machine.read('keystore/one')).toBe('ours');
      expect(await machine.machine.shell('cat /srv/precious/one')).toBe('precious\n');
      await machine.machine.shell('rm -r /data/keystore; ln -s /srv/precious /data/keystore');
      const inside = { ...back, carry: 'ours', identity: ['/data/keystore/one'] } as const;
      expect(await answerTo(machine, { ...inside, id: '4.2' })).toMatchObject({
        result: 'failed',
        reason: expect.stringContaining('leads elsewhere'),
        putBack: true,
      });
      expect(await machine.machine.shell('cat /srv/precious/one')).toBe('precious\n');
    });
  });

  it('adds a line for the next boot where there was none, and the way back takes it away', async () => {
    await withMachine(story, async (machine) => {
      await machine.machine.shell(`sed -i '\\|/data|d' /etc/fstab`);
      const before = await machine.machine.shell('cat /etc/fstab');
      expect(await answerTo(machine, forward)).toMatchObject({ result: 'done' });
      expect(await machine.bootsWith()).toBe(NEW);
      expect(await answerTo(machine, { ...back, id: '4.2' })).toMatchObject({ result: 'done' });
      expect(await machine.machine.shell('cat /etc/fstab')).toBe(before);
    });
  });
});

onMachine('what was found and does not mount any more', () => {
  const BY_ID = `/dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_${FOUND.replace('-', '')}`;
  const broken = { ...story, client: 'failed' } as const;
  const once = { ...forward, keepNewest: [], carry: 'own' } as const;
  const wipe = (machine: SwapMachine) =>
    machine.machine.shell(`umount /data; dd if=/dev/zero of="$(readlink -f ${BY_ID})" bs=1M count=64 2>/dev/null`);

  it('gives way to a copy of this very node, which keeps its own identity; on the way back its place stays empty', async () => {
    await withMachine(broken, async (machine) => {
      await wipe(machine);
      expect(await answerTo(machine, once)).toMatchObject({ result: 'done', fault: 'none' });
      expect([await machine.mounted(), await machine.state()]).toEqual([NEW, 'running']);
      expect(await machine.read('node_key')).toBe('theirs');
      const undo: NodeSend = { ...once, from: 'new', to: 'found', carry: 'unmounted', id: '4.2' };
      expect(await answerTo(machine, undo)).toMatchObject({
        ...{ result: 'failed', fault: 'none', putBack: true },
        reason: expect.stringContaining('its place stays empty'),
      });
      expect([await machine.mounted(), await machine.state()]).toEqual([undefined, 'stopped']);
      expect(await machine.machine.shell('cat /etc/fstab')).toBe(machine.fstabFound);
    });
  });

  it('gives way to a copy of another node without that node’s identity', async () => {
    await withMachine(broken, async (machine) => {
      await wipe(machine);
      expect(await answerTo(machine, { ...once, carry: 'ours' })).toMatchObject({ result: 'done' });
      expect([await machine.mounted(), await machine.state()]).toEqual([NEW, 'running']);
      expect([await machine.read('node_key'), await machine.read('keystore/two')]).toEqual([null, null]);
    });
  });

  it('stays where a signing state was on it: nobody knows what was signed last', async () => {
    await withMachine(broken, async (machine) => {
      await wipe(machine);
      expect(await answerTo(machine, { ...forward, carry: 'own' })).toMatchObject({
        ...{ result: 'failed', fault: 'none', putBack: true, startSeconds: null },
        reason: expect.stringContaining('its place stays empty'),
      });
      expect([await machine.mounted(), await machine.state()]).toEqual([undefined, 'failed']);
    });
  });
});

onMachine('a volume that has lost its signing state', () => {
  const lost: NodeStory = { ...story, found: { node_key: 'ours', 'keystore/one': 'ours' } };

  it('stays: nobody knows what was signed after its copy', async () => {
    await withMachine(lost, async (machine) => {
      expect(await answerTo(machine, { ...forward, carry: 'own' })).toMatchObject({
        ...{ result: 'failed', putBack: true },
        reason: expect.stringContaining('nobody knows what was signed'),
      });
      expect([await machine.mounted(), await machine.state()]).toEqual([FOUND, 'running']);
    });
  });

  it('gives way to a copy that has never signed', async () => {
    const brought = { ...story.brought, 'state.json': '{"height":"0"}' };
    await withMachine({ ...lost, brought }, async (machine) => {
      expect(await answerTo(machine, { ...forward, carry: 'own' })).toMatchObject({ result: 'done' });
      expect(await machine.mounted()).toBe(NEW);
    });
  });
});

onMachine('a client that its owner starts and stops with commands', () => {
  it('is restarted by them, and what they leave running holds up nobody', async () => {
    await withMachine(story, async ({ machine }) => {
      const write = (path: string, body: string) =>
        machine.shell('printf "#!/bin/sh\\n%s\\n" "$2" >"$1"; chmod +x "$1"', path, body);
      await write('/srv/start', 'touch /run/up; echo up; /bin/sleep 15 &');
      await write('/srv/stop', 'rm -f /run/up; echo "bye: $#"');
      await write('/srv/status', '[ -e /run/up ] || exit 3');
      const runtime = { kind: 'commands', start: '/srv/start', stop: '/srv/stop', status: '/srv/status' } as const;
      const clients = [{ runtime, stopGraceSeconds: 10, cleanLine: null }];
      const send = async (ordinal: number, command: NodeCommand) => {
        const parameters = nodeCommandParameters({ fence: 4, ordinal }, command, Date.now());
        const flat = Object.fromEntries(Object.entries(parameters).map(([name, [value = '']]) => [name, value]));
        return parseNodeAnswer((await machine.send(command.operation, flat)).stdout);
      };
      const restart = { operation: 'restart-client', clients, paths: [PLACE], only: 'restart' } as const;
      expect(await send(1, restart)).toMatchObject({
        result: 'done',
        before: { clients: [{ state: 'stopped' }] },
        after: { clients: [{ state: 'running' }] },
        stop: null,
      });
      expect(await send(2, restart)).toMatchObject({
        result: 'done',
        stop: { clean: true },
        after: { clients: [{ state: 'running' }] },
      });
      const mask = {
        operation: 'stop-client',
        clients,
        places: [],
        unmount: false,
        mask: true,
        requireClean: false,
      } as const;
      expect(await send(3, mask)).toMatchObject({
        result: 'failed',
        stop: null,
        reason: expect.stringContaining('cannot be masked'),
      });
      await write('/srv/status', 'exit 7');
      expect(await send(4, restart)).toMatchObject({
        result: 'failed',
        stop: null,
        reason: expect.stringContaining('exits with 7'),
      });
    });
  });
});

/** At any moment, a boot or a running client finds the node's own identity. */
async function cutOff(machine: SwapMachine, id: string, point: KillPoint): Promise<void> {
  await machine.killAt(point);
  const { stdout } = await machine.send({ ...forward, id });
  // A process that waits for it outside may still print this, or is killed as well.
  expect(stdout).toMatch(/^$|or killed/);
  expect(await machine.wasKilled()).toBe(true);
  const mounted = await machine.mounted();
  const boots = await machine.bootsWith();
  expect(boots).toMatch(/^(UUID=.*|vol-.*)$/);
  if (boots === NEW) {
    expect(mounted).toBe(NEW);
    expect([await machine.read('node_key'), await machine.read('donor_key')]).toEqual(['ours', null]);
  }
  await machine.machine.started();
}

async function expectNew(machine: SwapMachine): Promise<void> {
  const files = ['node_key', 'donor_key', 'keystore/one', 'keystore/two', 'state.json'];
  expect(await machine.mounted()).toBe(NEW);
  expect(await machine.bootsWith()).toBe(NEW);
  expect(await Promise.all(files.map((path) => machine.read(path)))).toEqual([
    'ours',
    null,
    'ours',
    null,
    '{"height":"100"}',
  ]);
  expect(await machine.state()).toBe('running');
  expect(await machine.machine.shell('grep /run/chainmend /proc/self/mountinfo || true')).toBe('');
}

async function expectFound(machine: SwapMachine): Promise<void> {
  const files = ['node_key', 'donor_key', 'keystore/one', 'keystore/two', 'state.json'];
  expect(await machine.mounted()).toBe(FOUND);
  expect(await machine.machine.shell('cat /etc/fstab')).toBe(machine.fstabFound);
  expect(await Promise.all(files.map((path) => machine.read(path)))).toEqual([
    'ours',
    null,
    'ours',
    null,
    '{"height":"100"}',
  ]);
  expect(await machine.state()).toBe('running');
  expect(await machine.machine.shell('grep /run/chainmend /proc/self/mountinfo || true')).toBe('');
}

async function answerTo(machine: SwapMachine, send: NodeSend) {
  const { stdout, stderr } = await machine.send(send);
  if (stdout === '') throw new Error(`no answer at ${PLACE}: ${stderr}`);
  return parseNodeAnswer(stdout);
}

async function withMachine(of: NodeStory, tell: (machine: SwapMachine) => Promise<void>): Promise<void> {
  const machine = await SwapMachine.start(of);
  try {
    await tell(machine);
  } finally {
    await machine.stop();
  }
}

function now(): number {
  return Math.floor(Date.now() / 1_000);
}
