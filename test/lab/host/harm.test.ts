// Faulty nodes, and the harm that must not follow: data, keys and clients stay as they were, and the answer says so.
import { describe, expect, it } from '@jest/globals';
import { parseNodeAnswer } from '../../../shared/node-commands/node-answer.ts';
import {
  type ClientOnNode,
  type NodeCommand,
  nodeCommandParameters,
} from '../../../shared/node-commands/node-command.ts';
import { FOUND, NEW, type NodeStory, PLACE } from '../../fixtures/contract/node-contract.ts';
import { lacking } from './lacking.ts';
import { SwapMachine } from './swap-machine.ts';

const onMachine = lacking === undefined ? describe : describe.skip;

const story: NodeStory = {
  filesystem: 'xfs',
  partitioned: false,
  runtime: 'systemd',
  unit: 'node.service',
  client: 'running',
  ends: 'cleanly',
  new: 'copy',
  found: { node_key: 'ours', 'state.json': '{"height":"100"}' },
  brought: { node_key: 'theirs', 'state.json': '{"height":"90"}' },
};
const template: NodeStory = { ...story, unit: 'node@*' };
const unit = (name: string): ClientOnNode => ({
  runtime: { kind: 'systemd', unit: name },
  stopGraceSeconds: 10,
  cleanLine: 'shutdown complete',
});
const place = (volumeId: string) => [{ path: PLACE, volumeId }];
const swap = (clients: readonly ClientOnNode[], keepNewest: readonly string[] = []): NodeCommand => ({
  operation: 'swap-volumes',
  clients,
  from: place(FOUND),
  to: place(NEW),
  identity: ['/data/node_key'],
  carry: 'ours',
  keepNewest,
});
const restart = (clients: readonly ClientOnNode[], paths = [PLACE]): NodeCommand => ({
  operation: 'restart-client',
  clients,
  paths,
  only: 'restart',
});

onMachine('an instance of a template that nothing enables, which systemd forgets when it has ended', () => {
  it('is the one that is started again, and not an older one that systemd still knows', async () => {
    await withMachine(template, async (machine) => {
      await machine.machine.shell('touch /run/client/forgets');
      expect(await send(machine, 1, restart([unit('node@*')]))).toMatchObject({
        result: 'done',
        stop: { clean: true },
        after: { clients: [{ state: 'running' }] },
      });
      expect(await machine.machine.started()).toEqual(['node@0.21.0.service']);
      expect(await machine.machine.shell('ls /run/chainmend')).not.toContain('stopped-');
    });
  });

  it('is started by a later command, where it is the only one', async () => {
    await withMachine(template, async (machine) => {
      await machine.machine.shell('touch /run/client/forgets; rm /run/client/units/node@0.20.0.service');
      const places = place(FOUND);
      const clients = [unit('node@*')];
      const down = {
        operation: 'stop-client',
        clients,
        places,
        unmount: true,
        mask: false,
        requireClean: true,
      } as const;
      expect(await send(machine, 1, down)).toMatchObject({
        result: 'done',
        after: { clients: [{ state: 'stopped' }] },
      });
      expect(
        await send(machine, 2, { operation: 'start-client', clients, places, unmask: false, scrub: [] }),
      ).toMatchObject({ result: 'done', after: { clients: [{ state: 'running' }] } });
      expect(await machine.machine.started()).toEqual(['node@0.21.0.service']);
    });
  });

  it('is not started in the place of one that a person has run since', async () => {
    await withMachine(template, async (machine) => {
      await machine.machine.shell(`touch /run/client/forgets; mkdir -p /run/chainmend
        echo node@0.19.0.service 9000 >'/run/chainmend/stopped-node@*'
        sed -i s/=active/=failed/ /run/client/units/node@0.21.0.service`);
      expect(await send(machine, 1, restart([unit('node@*')]))).toMatchObject({ result: 'done' });
      expect(await machine.machine.started()).toEqual(['node@0.21.0.service']);
    });
  });
});

onMachine('the owner’s own command, a roll-back, a reindex or a pruning,', () => {
  const OWN = '/srv/roll-back';
  const rollBack = (
    seconds = 20,
    command = OWN,
    only: 'roll-back' | 'reindex' | 'prune' = 'roll-back',
  ): NodeCommand => ({
    ...{ operation: 'restart-client', clients: [unit('node.service')], paths: [PLACE], only },
    own: { command, seconds },
  });
  /** It says what ran while it was at work. */
  const put = (body: string) => `cat >${OWN} <<'END'
#!/bin/sh
systemctl show -p ActiveState -- node.service | grep ^ActiveState >/run/seen
${body}
END
chmod 755 ${OWN}`;

  it.each(['roll-back', 'reindex', 'prune'] as const)(
    'is run once the client has ended, with nothing of an event in it, and the client is started again (%s)',
    async (only) => {
      await withMachine(story, async (machine) => {
        await machine.machine.shell(put('echo "$#" >/run/arguments; exit 0'));
        const answer = await send(machine, 1, rollBack(20, OWN, only));
        expect(answer).toMatchObject({
          result: 'done',
          stop: { clean: true },
          after: { clients: [{ state: 'running' }] },
        });
        expect(await machine.machine.shell('cat /run/seen /run/arguments')).toMatch(/^ActiveState=inactive\n0$/m);
        expect(await machine.machine.started()).toEqual(['node.service']);
        // The same command again is answered, and not done again.
        await machine.machine.shell('rm /run/seen');
        expect(await send(machine, 1, rollBack(20, OWN, only))).toEqual(answer);
        expect(await machine.machine.shell('ls /run/seen 2>/dev/null || :')).toBe('');
      });
    },
  );

  it.each([
    ['exits with an error', 'exit 3', 20, `${OWN} exits with 3`],
    ['does not end', 'while :; do :; done', 1, `${OWN} has not ended within 1 s`],
  ])('that %s is told, and the client runs again', async (_, body, seconds, reason) => {
    await withMachine(story, async (machine) => {
      await machine.machine.shell(put(body));
      expect(await send(machine, 1, rollBack(seconds))).toMatchObject({
        ...{ result: 'failed', reason, after: { clients: [{ state: 'running' }] } },
      });
    });
  });

  it.each([
    ['others can change it', `chmod 777 ${OWN}`, OWN],
    ['it is not there', `rm ${OWN}`, OWN],
  ])('stops nothing where %s', async (_, prepare, reason) => {
    await withMachine(story, async (machine) => {
      await machine.machine.shell(`${put('exit 0')}; ${prepare}`);
      expect(await send(machine, 1, rollBack())).toMatchObject({
        ...{ result: 'failed', fault: 'node', stop: null, reason: expect.stringContaining(reason) },
        after: { clients: [{ state: 'running' }] },
      });
      expect(await machine.machine.shell('cat /run/client/calls')).not.toMatch(/systemctl stop/);
    });
  });

  it('is not run on data of a client that had to be killed', async () => {
    await withMachine({ ...story, ends: 'killed' }, async (machine) => {
      await machine.machine.shell(put('exit 0'));
      expect(await send(machine, 1, rollBack())).toMatchObject({
        ...{ result: 'failed', reason: expect.stringContaining('did not end cleanly, and /srv/roll-back was not run') },
        after: { clients: [{ state: 'running' }] },
      });
      expect(await machine.machine.shell('ls /run/seen 2>/dev/null || :')).toBe('');
    });
  });
});

onMachine('another version of a client', () => {
  const wants = '/etc/systemd/system/multi-user.target.wants';
  /** node@0.21.0 runs; another one is installed beside it. */
  const installed = (to = '0.22.0', executable = '/bin/true') => `
    sed -e s/=active/=inactive/ -e s/=running/=dead/ /run/client/units/node@0.21.0.service >/run/client/units/node@${to}.service
    echo 'ExecStart={ path=${executable} ; argv[]=${executable} ; ignore_errors=no }' >>/run/client/units/node@${to}.service`;
  const change = (version: string): NodeCommand => ({
    ...{ operation: 'restart-client', clients: [unit('node@*')], paths: [PLACE], only: 'switch' },
    version,
  });

  it('takes the place of the one before, now and at the next boot, and says which it is', async () => {
    await withMachine(template, async (machine) => {
      await machine.machine.shell(
        `${installed()}; mkdir -p ${wants}; ln -s ../node@.service ${wants}/node@0.21.0.service`,
      );
      expect(await send(machine, 1, change('0.22.0'))).toMatchObject({
        result: 'done',
        stop: { clean: true },
        before: { clients: [{ state: 'running', instance: '0.21.0' }] },
        after: { clients: [{ state: 'running', instance: '0.22.0' }] },
      });
      expect(await machine.machine.started()).toEqual(['node@0.22.0.service']);
      expect((await machine.machine.shell(`ls ${wants} /run/chainmend`)).split('\n')).toEqual(
        expect.arrayContaining(['node@0.22.0.service']),
      );
      expect(await machine.machine.shell(`ls ${wants} /run/chainmend`)).not.toMatch(/0\.21\.0|stopped-|enabled-/);
      expect(await send(machine, 2, change('0.21.0'))).toMatchObject({
        result: 'done',
        after: { clients: [{ state: 'running', instance: '0.21.0' }] },
      });
    });
  });

  const enable = (version: string): NodeCommand => ({
    ...{ operation: 'restart-client', clients: [unit('node@*')], paths: [PLACE], only: 'enable' },
    version,
  });
  const masked = `${installed()}; mkdir -p ${wants} /etc/chainmend; : >/etc/chainmend/client-masked
    sed -i -e s/=active/=inactive/ -e s/=running/=dead/ /run/client/units/node@0.21.0.service
    ln -s ../node@.service ${wants}/node@0.20.0.service; ln -s ../node@.service ${wants}/node@0.21.0.service`;

  it('alone is enabled on a new instance whose client is masked, and nothing starts', async () => {
    await withMachine(template, async (machine) => {
      await machine.machine.shell(masked);
      expect(await send(machine, 1, enable('0.22.0'))).toMatchObject({
        result: 'done',
        after: { clients: [{ state: 'stopped', instance: '0.22.0', masked: true }] },
      });
      expect((await machine.machine.shell(`ls ${wants} | grep node@`)).trim()).toBe('node@0.22.0.service');
      expect(await machine.machine.started()).toEqual([]);
    });
  });

  it.each([
    ['its client could start', 'rm /etc/chainmend/client-masked', '0.22.0', /not masked/],
    ['it is not installed', ':', '0.23.0', /node@0\.23\.0/],
  ])('is not enabled on a new instance where %s', async (_, before, version, why) => {
    await withMachine(template, async (machine) => {
      await machine.machine.shell(`${masked}; ${before}`);
      expect(await send(machine, 1, enable(version))).toMatchObject({
        result: 'failed',
        reason: expect.stringMatching(why),
      });
      expect(await machine.machine.shell(`ls ${wants}`)).toMatch(/0\.20\.0[\s\S]*0\.21\.0/);
      expect(await machine.machine.started()).toEqual([]);
    });
  });

  it('is not enabled where the one before was not', async () => {
    await withMachine(template, async (machine) => {
      await machine.machine.shell(installed());
      expect(await send(machine, 1, change('0.22.0'))).toMatchObject({ result: 'done' });
      expect(await machine.machine.shell('cat /run/client/calls')).not.toMatch(/systemctl (enable|disable)/);
    });
  });

  it.each([
    ['systemd does not know it', '', 'systemd knows no unit node@0.22.0.service'],
    [
      'what it executes is not there',
      installed('0.22.0', '/opt/node/0.22.0'),
      '/opt/node/0.22.0, which node@0.22.0.service',
    ],
  ])('stops nothing where %s', async (_, prepare, reason) => {
    await withMachine(template, async (machine) => {
      await machine.machine.shell(`true; ${prepare}`);
      expect(await send(machine, 1, change('0.22.0'))).toMatchObject({
        ...{ result: 'failed', fault: 'node', stop: null, reason: expect.stringContaining(reason) },
        after: { clients: [{ state: 'running', instance: '0.21.0' }] },
      });
      expect(await machine.machine.shell('cat /run/client/calls')).not.toMatch(/systemctl stop/);
    });
  });

  it('is asked beforehand whether what runs could come back: its file, its executable', async () => {
    await withMachine(template, async (machine) => {
      const look: NodeCommand = { operation: 'inspect-node', clients: [unit('node@*')], paths: [PLACE] };
      expect(await send(machine, 1, look)).toMatchObject({ after: { runs: [{ lacks: null }] } });
      await machine.machine.shell(
        "printf 'FragmentPath=/etc/systemd/system/node-gone@.service\\n' >>/run/client/units/node@0.21.0.service",
      );
      expect(await send(machine, 2, look)).toMatchObject({
        after: {
          runs: [{ lacks: expect.stringMatching(/node-gone@\.service, the file of node@0\.21\.0\.service, is gone/) }],
        },
      });
      await machine.machine.shell(
        "printf 'FragmentPath=/run/systemd/transient/node@0.21.0.service\\n' >>/run/client/units/node@0.21.0.service",
      );
      expect(await send(machine, 3, look)).toMatchObject({
        after: { runs: [{ lacks: expect.stringContaining('was made by systemd-run') }] },
      });
    });
  });

  it('that does not live leaves the one before stopped, and says so: the heal brings it back', async () => {
    await withMachine(template, async (machine) => {
      await machine.machine.shell(`${installed()}; touch /data/refused`);
      expect(await send(machine, 1, change('0.22.0'))).toMatchObject({
        result: 'failed',
        after: { clients: [{ state: 'failed', instance: '0.22.0' }] },
      });
      await machine.machine.shell('rm /data/refused');
      expect(await send(machine, 2, change('0.21.0'))).toMatchObject({
        result: 'done',
        after: { clients: [{ state: 'running', instance: '0.21.0' }] },
      });
    });
  });

  it('is none where the client is no template', async () => {
    await withMachine(story, async (machine) => {
      const one: NodeCommand = { ...change('0.22.0'), clients: [unit('node.service')] } as NodeCommand;
      expect(await send(machine, 1, one)).toMatchObject({ result: 'failed', stop: null });
      expect(await machine.state()).toBe('running');
    });
  });
});

onMachine('a volume that something else than /etc/fstab mounts', () => {
  const look: NodeCommand = { operation: 'inspect-node', clients: [unit('node.service')], paths: [PLACE] };

  it.each([
    [
      'a unit that somebody has written',
      'mkdir -p /etc/systemd/system && : >/etc/systemd/system/data.mount',
      '/etc/systemd/system/data.mount',
    ],
    [
      'an automount beneath it',
      `device=$(findmnt -n -o SOURCE /data) && umount /data && mkfifo /run/p && exec 7<>/run/p &&
        mount -t autofs -o "fd=7,pgrp=$(ps -o pgid= $$ | tr -d ' '),minproto=5,maxproto=5,direct" systemd-1 /data && mount "$device" /data`,
      'an automount',
    ],
  ])('is told by its node before anything is made for it: %s', async (_, prepare, by) => {
    await withMachine(story, async (machine) => {
      expect((await send(machine, 1, look)).after).not.toHaveProperty('heldBy');
      await machine.machine.shell(prepare);
      expect(await send(machine, 2, look)).toMatchObject({ result: 'done', after: { heldBy: [{ path: PLACE, by }] } });
    });
  });
});

onMachine('a client that does not stop', () => {
  it('is not killed before its grace is over because systemctl failed', async () => {
    await withMachine(story, async (machine) => {
      await machine.machine.shell('touch /run/client/deaf-node.service');
      expect(await send(machine, 1, swap([unit('node.service')]))).toMatchObject({ result: 'failed', fault: 'node' });
      expect(await machine.machine.shell('cat /run/client/calls')).not.toMatch(/systemctl kill/);
      expect([await machine.mounted(), await machine.state()]).toEqual([FOUND, 'running']);
    });
  });

  it.each([
    ['a swap', swap],
    ['a restart', restart],
  ])('leaves none of the others down after %s', async (_, command) => {
    await withMachine(story, async (machine) => {
      await machine.machine.shell(
        'cp /run/client/units/node.service /run/client/units/beacon.service; touch /run/client/deaf-node.service',
      );
      const answer = await send(machine, 1, command([unit('node.service'), unit('beacon.service')]));
      expect(answer).toMatchObject({
        result: 'failed',
        reason: expect.stringContaining('could not stop node.service'),
        after: { clients: [{ state: 'running' }, { state: 'running' }], volumes: [{ volumeId: FOUND }] },
      });
      expect(await machine.machine.started()).toEqual(['beacon.service']);
      expect(await machine.machine.shell('cat /etc/fstab')).toBe(machine.fstabFound);
    });
  });
});

onMachine('a signing state', () => {
  const signing = swap([unit('node.service')], ['/data/state.json']);

  it('that is a link is followed to no other volume: nobody knows what was signed', async () => {
    await withMachine(story, async (machine) => {
      await machine.machine.shell('mv /data/state.json /data/real.json; ln -s /data/real.json /data/state.json');
      await machine.onDevice(NEW, 'echo \'{"height":"90"}\' >/mnt/real.json');
      expect(await send(machine, 1, signing)).toMatchObject({
        result: 'failed',
        putBack: true,
        reason: expect.stringContaining('nobody knows what was signed'),
      });
      expect([await machine.mounted(), await machine.state()]).toEqual([FOUND, 'running']);
    });
  });

  it('that lies in a directory of the identity is not carried over with it', async () => {
    await withMachine(story, async (machine) => {
      await machine.machine.shell('mkdir /data/config; echo \'{"height":"100"}\' >/data/config/state.json');
      await machine.onDevice(NEW, 'mkdir /mnt/config; echo \'{"height":"110"}\' >/mnt/config/state.json');
      const command = { ...swap([unit('node.service')], ['/data/config/state.json']), identity: ['/data/config'] };
      expect(await send(machine, 1, command as NodeCommand)).toMatchObject({
        result: 'failed',
        stop: null,
        reason: expect.stringContaining('lies in a directory of the identity'),
      });
    });
  });

  it('that stands in the log of a filesystem alone is read from there', async () => {
    await withMachine(story, async (machine) => {
      // The client's write at each signature, then an error of the disk: the filesystem shuts down.
      await machine.machine.shell(`sync -f /data; sleep 0.1; echo '{"height":"200"}' >/data/state.json.tmp
        sync /data/state.json.tmp; mv /data/state.json.tmp /data/state.json; xfs_io -x -c 'shutdown -f' /data`);
      const answer = await send(machine, 1, signing);
      expect(`${answer.result}: ${answer.reason ?? ''}`).toBe('done: ');
      expect(await machine.mounted()).toBe(NEW);
      expect(await machine.read('state.json')).toContain('"200"');
    });
  });
});

onMachine('a swap', () => {
  it('leaves no client down because /etc/fstab cannot be written any more, where a boot mounts what was found', async () => {
    await withMachine(story, async (machine) => {
      await machine.machine.replace(
        'mv',
        `if [[ "$*" == */etc/fstab ]]; then [ ! -e /run/pinned ] || exit 1; touch /run/pinned; fi; exec /bin/mv "$@"`,
      );
      expect(await send(machine, 1, swap([unit('node.service')]))).toMatchObject({ result: 'failed', putBack: true });
      expect([await machine.mounted(), await machine.bootsWith(), await machine.state()]).toEqual([
        FOUND,
        FOUND,
        'running',
      ]);
    });
  });

  it('finds the line of the next boot that names the place with a slash at its end', async () => {
    await withMachine(story, async (machine) => {
      await machine.machine.shell(`sed -i 's| /data | /data/ |' /etc/fstab`);
      const found = await machine.machine.shell('cat /etc/fstab');
      expect(await send(machine, 1, swap([unit('node.service')]))).toMatchObject({ result: 'done' });
      expect(await machine.bootsWith()).toBe(NEW);
      const lines = await machine.machine.shell(`awk '$1 !~ /^#/ && $2 ~ "^/data"' /etc/fstab`);
      expect(lines).toMatch(/^[^\n]*noatime,nofail[^\n]*\n$/);
      const back = { ...swap([unit('node.service')]), from: place(NEW), to: place(FOUND), carry: 'theirs' } as const;
      expect(await send(machine, 2, back as NodeCommand)).toMatchObject({ result: 'done' });
      expect(await machine.machine.shell('cat /etc/fstab')).toBe(found);
    });
  });

  it('touches nothing where a part of a volume is mounted, and not the whole', async () => {
    await withMachine(story, async (machine) => {
      await machine.machine.shell(`mkdir /srv/all; umount /data; mount "$(readlink -f /dev/disk/by-id/*${FOUND.slice(4)})" /srv/all
        mkdir /srv/all/part; mount --bind /srv/all/part /data; umount /srv/all`);
      expect(await send(machine, 1, swap([unit('node.service')]))).toMatchObject({
        result: 'failed',
        stop: null,
        reason: expect.stringMatching(/is mounted at \/data\[\/part\].*nothing was changed/),
      });
      expect(await machine.state()).toBe('running');
    });
  });
});

onMachine('an answer', () => {
  it('comes, whatever ends the command', async () => {
    await withMachine(story, async (machine) => {
      await machine.machine.replace(
        'blkid',
        `pid=$$; while [ "$pid" -gt 1 ]; do
          pid=$(sed -n 's/^PPid:[^0-9]*//p' "/proc/$pid/status")
          if [[ $(tr '\\0' ' ' <"/proc/$pid/cmdline") == *bash\\ /run/swap-volumes\\  ]] && grep -q CHAINMEND_LIMITED "/proc/$pid/environ"; then ids="$pid"; fi
        done; kill -ABRT $ids`,
      );
      expect(await send(machine, 1, swap([unit('node.service')]))).toMatchObject({
        result: 'failed',
        reason: expect.stringContaining('ended with status 134'),
      });
    });
  });

  it('is no longer than what SSM hands on', async () => {
    await withMachine(story, async (machine) => {
      const deep = `/srv${`/${'d'.repeat(60)}`.repeat(15)}`;
      await machine.machine.shell('mkdir -p "$1"; mount --bind /data "$1"', deep);
      expect(await send(machine, 1, restart([unit('node.service')], Array(20).fill(deep)))).toMatchObject({
        result: 'done',
      });
    });
  });
});

async function send(machine: SwapMachine, ordinal: number, command: NodeCommand) {
  const parameters = nodeCommandParameters({ fence: 4, ordinal }, command, Date.now());
  const flat = Object.fromEntries(Object.entries(parameters).map(([name, [value = '']]) => [name, value]));
  const { stdout, stderr } = await machine.machine.send(command.operation, flat);
  if (stdout === '') throw new Error(`no answer: ${stderr}`);
  expect(stdout.length).toBeLessThan(24_000);
  expect(stdout.trim()).not.toContain('\n');
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
