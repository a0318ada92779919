// The first boot of a deployed node, verbatim, on real filesystems: it formats a volume that is empty and its own, once, and no other; what it does not
// understand it leaves as it is, to the byte, and starts no client.
import { execFileSync } from 'node:child_process';
import { describe, expect, it } from '@jest/globals';
import {
  bundleValues,
  copyValues,
  FIRST_BOOT_KINDS,
  type FirstBoot,
  firstBootUserData,
  groupValues,
  networkValues,
  partsOf,
  quoted,
  stateSyncValues,
} from '../../../shared/node-commands/first-boot.ts';
import { firstBootScript, firstBootScripts } from '../../../shared/node-commands/index.ts';
import { FOUND } from './attack.ts';
import { BOOT, bootOn as boot, booted, CLIQUE, GROUP, NETWORK, NEW, nothingStarted, PATH, withNode } from './booted.ts';
import { lacking, lackingForExt4, lackingForExt4Tools, lackingForShellcheck } from './lacking.ts';
import type { Machine } from './machine.ts';
import { few } from './share.ts';
import { by, hash, put, STRANGE } from './strange-volumes.ts';

const onMachine = lacking === undefined ? describe : describe.skip;

const fstab = async (machine: Machine): Promise<string> => machine.shell('cat /etc/fstab');
const kindAt = async (machine: Machine): Promise<string> =>
  (await machine.shell('findmnt --noheadings --output FSTYPE /data || true')).trim();

/** What the agent was told, each with its action. */
const agentRuns = async (machine: Machine): Promise<string[]> => {
  const said = await machine.shell('cat /run/agent');
  return [...said.matchAll(/-a (\S+) .*\/etc\/(\S+)$/gm)].map(([, action, file]) => `${action} ${file}`);
};

onMachine('the first boot', () => {
  it('lets an agent that refuses the journal send everything else', async () => {
    await withNode(async (machine) => {
      const agent = '/opt/aws/amazon-cloudwatch-agent';
      await machine.shell(
        'echo "case \\"\\$*\\" in *journal*) mkdir -p $2 && touch $2/file_chainmend-journal.json.tmp; exit 1 ;; esac" >>"$1"',
        `${agent}/bin/amazon-cloudwatch-agent-ctl`,
        `${agent}/etc/amazon-cloudwatch-agent.d`,
      );
      const ran = await boot(machine);
      booted(ran);
      expect(ran.stderr).toContain('does not send the journal');
      expect((await agentRuns(machine)).at(-1)).toBe('fetch-config chainmend.json');
      expect(await machine.shell(`ls ${agent}/etc/amazon-cloudwatch-agent.d`)).toBe('');
    });
  });

  it.each(['xfs', ...(lackingForExt4Tools === undefined ? ['ext4'] : [])] as ('xfs' | 'ext4')[])(
    'makes %s on its empty volume, once: a second run mounts what is there',
    async (filesystem) => {
      await withNode(async (machine) => {
        const theirs = await hash(machine, FOUND);
        booted(await boot(machine, { filesystem }));
        expect(await kindAt(machine)).toBe(filesystem);
        expect(await machine.started()).toEqual(['client']);
        expect(await agentRuns(machine)).toEqual([
          'fetch-config chainmend.json',
          'append-config chainmend-journal.json',
        ]);
        await machine.shell('echo block >/data/blocks');
        // The same instance, again: nothing is mounted twice, installed twice or written twice.
        const line = await fstab(machine);
        booted(await boot(machine, { filesystem }));
        expect(await fstab(machine)).toBe(line);
        expect(line).toMatch(
          /^# fstab\nUUID=[0-9a-f-]{36} \/data (xfs|ext4) defaults,nosuid,nodev,nofail,x-systemd.device-timeout=90s 0 2\n$/,
        );
        // Another instance with the old volume: its root disk knows nothing.
        await machine.shell('umount /data; printf "# fstab\\n" >/etc/fstab; rm -rf /var/lib/chainmend');
        const again = await boot(machine, { filesystem });
        booted(again);
        expect(again.stderr).not.toContain('is made on it');
        expect(await machine.shell('cat /data/blocks')).toBe('block\n');
        expect(await machine.shell('cat /run/lines')).toBe('installed\ninstalled\n');
        expect(await hash(machine, FOUND)).toBe(theirs);
        expect(await machine.shell('cat /etc/systemd/system/client.service.d/chainmend-data.conf')).toBe(
          '[Unit]\nRequiresMountsFor=/data\nAssertPathIsMountPoint=/data\n',
        );
      });
    },
  );

  it.each(few(STRANGE))('refuses %s, and leaves it as it is', async (_, prepare, why) => {
    await withNode(async (machine) => {
      await put(machine, prepare, NEW);
      const before = await hash(machine, NEW);
      const { status, stderr } = await boot(machine);
      expect(stderr).toMatch(new RegExp(`REFUSED: ${NEW}.*(${why})`));
      expect(status).toBe(1);
      expect(await hash(machine, NEW)).toBe(before);
      await nothingDone(machine);
    });
  });

  it('waits for its volume, and then looks at no other', async () => {
    await withNode(
      async (machine) => {
        const theirs = await hash(machine, FOUND);
        const { status, stderr } = await boot(machine);
        expect(stderr).toContain(`REFUSED: ${NEW} is not attached after 1 s; no other volume is looked at`);
        expect(status).toBe(1);
        expect(await hash(machine, FOUND)).toBe(theirs);
        await nothingDone(machine);
      },
      { second: false },
    );
  });

  it.each<readonly [string, string, string]>([
    [
      'files are on the root disk at its place',
      'mkdir -p /data && echo wallet >/data/wallet.dat',
      '/data is not empty on the root disk',
    ],
    ['its place is a link', 'mkdir -p /elsewhere && ln -s /elsewhere /data', 'not a directory of its own name'],
    [
      'another volume is mounted there',
      `mkdir -p /data && mount "$(readlink -f ${by(FOUND)})" /data`,
      'something else than',
    ],
    [
      '/etc/fstab has another line for its place',
      'echo "LABEL=other /data/ ext4 defaults 0 2" >>/etc/fstab',
      '/etc/fstab has another line for /data',
    ],
  ])('refuses where %s', async (_, prepare, why) => {
    await withNode(async (machine) => {
      await machine.shell(prepare);
      const theirs = await machine.shell('cat /etc/fstab; findmnt --noheadings /data || true');
      const { status, stderr } = await boot(machine);
      expect(stderr).toContain(why);
      expect(status).toBe(1);
      expect(await machine.shell('cat /etc/fstab; findmnt --noheadings /data || true')).toBe(theirs);
      expect(await machine.started()).toEqual([]);
    });
  });

  it('refuses to mount its volume twice', async () => {
    await withNode(async (machine) => {
      await boot(machine);
      await machine.started();
      await machine.shell('umount /data; mkdir /elsewhere; mount "$(readlink -f "$1")" /elsewhere', by(NEW));
      expect((await boot(machine)).stderr).toContain(`REFUSED: ${NEW} is mounted elsewhere`);
      expect(await machine.started()).toEqual([]);
    });
  });

  it('takes a line that is there already, and writes no second one', async () => {
    await withNode(async (machine) => {
      await boot(machine);
      const line = await fstab(machine);
      await machine.shell('umount /data');
      booted(await boot(machine));
      expect(await fstab(machine)).toBe(line);
    });
  });

  it('touches no volume behind the mask of a heal, and starts nothing', async () => {
    await withNode(async (machine) => {
      await machine.shell('mkdir -p /etc/chainmend && : >/etc/chainmend/client-masked');
      const before = await hash(machine, NEW);
      booted(await boot(machine));
      expect(await hash(machine, NEW)).toBe(before);
      expect(await machine.started()).toEqual([]);
      expect(await machine.shell('cat /run/lines; ls -d /data')).toBe('installed\n/data\n');
    });
  });

  it('leaves what a heal has mounted since: its line is in /etc/fstab', async () => {
    await withNode(async (machine) => {
      const pinned = `#chainmend ${FOUND} /data was ${NEW}: -\n${by(FOUND)} /data xfs defaults,nofail,nosuid,nodev,nouuid 0 2\n`;
      await machine.shell(
        'printf %s "$1" >>/etc/fstab; mkdir /data; mount "$(readlink -f "$2")" /data',
        pinned,
        by(FOUND),
      );
      const before = await hash(machine, NEW);
      booted(await boot(machine));
      expect(await hash(machine, NEW)).toBe(before);
      expect(await machine.shell('cat /data/theirs')).toBe('kept');
      await machine.shell('umount /data');
      expect((await boot(machine)).stderr).toContain('REFUSED: /etc/fstab has a line of chainmend for /data');
    });
  });

  it('opens and runs a file only after its digest is right', async () => {
    await withNode(async (machine) => {
      const program = '#!/bin/sh\necho ran >>/run/ran\n';
      const right = (await machine.shell('printf %s "$1" | sha256sum | cut -d " " -f 1', program)).trim();
      await machine.shell('printf %s "$1" >/run/served', program);
      await machine.replace('curl', 'while [ "$1" != --output ]; do shift; done; cp /run/served "$2"');
      const file = { url: 'https://example.org/client', sha256: 'a'.repeat(64) };
      const wrong = await boot(machine, { install: { file, lines: BOOT.install.lines } });
      expect(wrong.status).toBe(1);
      expect(wrong.stderr).toContain(`has the SHA-256 ${right}, expected ${file.sha256}: it is not opened`);
      expect(await machine.shell('cat /run/ran /run/lines 2>/dev/null || true')).toBe('');
      expect(await machine.started()).toEqual([]);
      expect(await boot(machine, { install: { file: { ...file, sha256: right }, lines: [] } })).toMatchObject({
        status: 0,
      });
      expect(await machine.shell('cat /run/ran')).toBe('ran\n');
    });
  });

  it('unpacks an archive into a folder of its own name, and through no link that is on the way', async () => {
    await withNode(async (machine) => {
      await machine.shell(
        'mkdir -p /run/made /srv/real; printf new >/run/made/client; tar -cf /run/served -C /run/made .',
      );
      const sha256 = (await machine.shell('sha256sum </run/served | cut -d " " -f 1')).trim();
      await machine.replace('curl', 'while [ "$1" != --output ]; do shift; done; cp /run/served "$2"');
      const install = (unpack: string) => ({
        install: { file: { url: 'https://example.org/client.tar', sha256, unpack }, lines: [] },
      });
      for (const [link, unpack] of [
        ['/srv/link', '/srv/link'],
        ['/srv/above', '/srv/above/bin'],
      ] as const) {
        await machine.shell('ln -s /srv/real "$1"', link);
        const { status, stderr } = await boot(machine, install(unpack));
        expect([status, stderr]).toEqual([1, expect.stringContaining(`${unpack} is no folder of its own name`)]);
      }
      expect(await machine.shell('find /srv/real -type f')).toBe('');
      expect(await machine.started()).toEqual([]);
      expect(await boot(machine, install('/srv/client'))).toMatchObject({ status: 0 });
      expect(await machine.shell('cat /srv/client/client')).toBe('new');
    });
  });

  it('starts no client where the owner’s lines fail, and runs them again at the next try', async () => {
    await withNode(async (machine) => {
      const failing = await boot(machine, {
        install: { lines: ['echo tried >>/run/lines', 'false', 'echo never >>/run/lines'] },
      });
      expect(failing.stderr).toContain("REFUSED: the owner's lines to install the client ended with 1");
      expect(await machine.started()).toEqual([]);
      booted(await boot(machine));
      expect(await machine.shell('cat /run/lines')).toBe('tried\ninstalled\n');
    });
  });

  it('evaluates no value: only the owner’s lines are code', async () => {
    const hostile = '$(>/run/owned)`>/run/owned`\'; >/run/owned; "\\';
    await withNode(async (machine) => {
      const lines = [`printf '%s\\n' ${quoted(hostile)} >/run/said`];
      const file = { url: `https://example.org/${hostile}`, sha256: hostile, unpack: `/run/${hostile}` };
      for (const more of [
        { install: { lines } },
        { volumeId: hostile },
        { mountPath: `/data${hostile}` },
        { filesystem: hostile as 'xfs' },
        { unit: hostile },
        { agentConfig: hostile },
        { journalConfig: hostile },
        { install: { file, lines: [] } },
      ])
        await boot(machine, more);
      expect(await machine.shell('ls /run/owned 2>/dev/null || true')).toBe('');
      expect(await machine.shell('cat /run/said')).toBe(`${hostile}\n`);
    });
  });
});

async function nothingDone(machine: Machine): Promise<void> {
  expect(await fstab(machine)).toBe('# fstab\n');
  expect(await kindAt(machine)).toBe('');
  await nothingStarted(machine);
}

const COPY = { from: 'snap-0123456789abcdef0:500', identity: GROUP.identity };

onMachine('the first boot of a node whose volume is made from a snapshot', () => {
  const tools = { xfs: 'mkfs.xfs -q -f', ext4: 'mkfs.ext4 -q -F' };
  /** Smaller than its volume, as that of a snapshot is where the file has a larger one. */
  const copied = (machine: Machine, kind: keyof typeof tools) =>
    machine.shell(
      `disk=$(readlink -f "$1"); ${tools[kind]} "$disk" ${kind === 'xfs' ? '-d size=310m' : '100m'} && mkdir /seen && mount "$disk" /seen && mkdir /seen/keys && echo key | tee /seen/wallet.dat >/seen/keys/node_key.json && echo block >/seen/blocks && df --output=size -B1K /seen | tail -1 && umount /seen`,
      by(NEW),
    );
  const files = async (machine: Machine): Promise<string> =>
    (await machine.shell('cd /data && find . -type f | sort')).trim();

  it.each(['xfs', ...(lackingForExt4Tools === undefined ? ['ext4'] : [])] as (keyof typeof tools)[])(
    'mounts its %s as it is, takes the other node’s identity from it, and grows it, once',
    async (kind) => {
      await withNode(async (machine) => {
        const theirs = await hash(machine, FOUND);
        const before = Number(await copied(machine, kind));
        const first = await boot(machine, { copy: COPY });
        booted(first);
        expect(first.stderr).not.toContain('is made on it');
        expect(await files(machine)).toBe('./blocks');
        expect(await machine.started()).toEqual(['client']);
        const size = Number(await machine.shell('df --output=size -B1K /data | tail -1'));
        if (kind === 'xfs' || lackingForExt4 === undefined) expect(size).toBeGreaterThan(before);
        await machine.shell('echo own >/data/wallet.dat');
        booted(await boot(machine, { copy: COPY }));
        expect(await machine.shell('cat /data/wallet.dat')).toBe('own\n');
        expect(await hash(machine, FOUND)).toBe(theirs);
      });
    },
  );

  it('makes a filesystem where it was made empty, as ever', async () => {
    await withNode(async (machine) => {
      const first = await boot(machine, { copy: { ...COPY, from: '' } });
      booted(first);
      expect(first.stderr).toContain('xfs is made on it');
    });
  });

  it('refuses a filesystem that nobody has announced, and leaves it as it is', async () => {
    await withNode(async (machine) => {
      await copied(machine, 'xfs');
      const before = await hash(machine, NEW);
      const { status, stderr } = await boot(machine, { copy: { ...COPY, from: '' } });
      expect(stderr).toContain('which this script has not made there: it is not touched');
      expect(status).toBe(1);
      expect(await hash(machine, NEW)).toBe(before);
      await nothingDone(machine);
    });
  });

  it.each(
    STRANGE.filter(([what]) => !/^an? (ext4|XFS) filesystem (of|with a label of) somebody|this very script/.test(what)),
  )('refuses %s, also where a copy is announced', async (_, prepare, why) => {
    await withNode(async (machine) => {
      await put(machine, prepare, NEW);
      const before = await hash(machine, NEW);
      const { status, stderr } = await boot(machine, { copy: COPY });
      expect(stderr).toMatch(new RegExp(`REFUSED: ${NEW}.*(${why})`));
      expect(status).toBe(1);
      expect(await hash(machine, NEW)).toBe(before);
    });
  });
});

onMachine('the first boot of a member of a group', () => {
  const inGroup = (more: Partial<FirstBoot> = {}) =>
    ({ volumeId: undefined, group: GROUP, ...more }) as Partial<FirstBoot>;
  /** Its launch has brought one volume: the other one of the machine is not there. */
  const withLaunch = (use: (machine: Machine) => Promise<void>) =>
    withNode(async (machine) => {
      await machine.shell('rm -f "$1"', by(FOUND));
      await machine.shell('for link in /sys/class/block/*/device/serial; do :; done');
      await use(machine);
    });

  /** The launch's volume is made from a snapshot; the line runs at its top. */
  const copyWith = (machine: Machine, line: string) =>
    machine.shell(
      `disk=$(readlink -f "$1"); mkfs.xfs -q -f "$disk" && mkdir /seen && mount "$disk" /seen && (cd /seen && ${line}) && umount /seen`,
      by(NEW),
    );
  const anotherRootDisk = (machine: Machine) =>
    machine.shell('umount /data; printf "# fstab\\n" >/etc/fstab; rm -rf /var/lib/chainmend');

  it('finds the one volume that its launch has brought, formats it where it is empty, and knows it by its id from then on', async () => {
    await withLaunch(async (machine) => {
      const first = await boot(machine, inGroup());
      booted(first);
      expect(first.stderr).toContain(`${NEW} is the volume of this launch`);
      expect(await machine.shell('cat /var/lib/chainmend/volume')).toBe(`${NEW}\n`);
      expect(await kindAt(machine)).toBe('xfs');
      expect(await machine.started()).toEqual(['client']);
      await machine.shell('echo key >/data/wallet.dat; mkdir /data/keys; echo key >/data/keys/node_key.json');
      const again = await boot(machine, inGroup());
      booted(again);
      expect(again.stderr).not.toContain('is made on it');
      // Its own identity stays: it is no copy.
      expect(await machine.shell('cat /data/wallet.dat /data/keys/node_key.json')).toBe('key\nkey\n');
    });
  });

  it('refuses to choose between two volumes, and touches neither', async () => {
    await withNode(async (machine) => {
      const before = [await hash(machine, FOUND), await hash(machine, NEW)];
      const { status, stderr } = await boot(machine, inGroup());
      expect(stderr).toContain("REFUSED: several volumes are attached besides the root's");
      expect(status).toBe(1);
      expect([await hash(machine, FOUND), await hash(machine, NEW)]).toEqual(before);
      await nothingDone(machine);
    });
  });

  it.each(['xfs', ...(lackingForExt4Tools === undefined ? ['ext4'] : [])])(
    'mounts %s of a snapshot as it is, and takes the other node’s identity from the copy, once',
    async (kind) => {
      await withLaunch(async (machine) => {
        const make = kind === 'xfs' ? 'mkfs.xfs -q -f' : 'mkfs.ext4 -q -F';
        await machine.shell(
          `disk=$(readlink -f "$1"); ${make} "$disk" && mkdir /seen && mount "$disk" /seen && mkdir /seen/keys && echo key | tee /seen/wallet.dat >/seen/keys/node_key.json && echo block >/seen/blocks && umount /seen`,
          by(NEW),
        );
        const first = await boot(machine, inGroup());
        booted(first);
        expect(first.stderr).not.toContain('is made on it');
        expect(await kindAt(machine)).toBe(kind);
        expect((await machine.shell('cd /data && find . -type f | sort')).trim()).toBe('./blocks');
        expect(await machine.started()).toEqual(['client']);
        await machine.shell('echo own >/data/wallet.dat');
        booted(await boot(machine, inGroup()));
        expect(await machine.shell('cat /data/wallet.dat')).toBe('own\n');
        // Another root disk knows nothing of that: the node gets another identity, and never another node's.
        await anotherRootDisk(machine);
        booted(await boot(machine, inGroup()));
        expect((await machine.shell('cd /data && find . -type f | sort')).trim()).toBe('./blocks');
      });
    },
  );

  /** What a client's user may leave on a volume, so that whoever begins with its snapshot takes over its keys. */
  it.each<readonly [string, string]>([
    ['a link in the place of the old mark', 'ln -s /var/lib/chainmend/volume .chainmend-volume'],
    ['the old mark', `echo ${NEW} >.chainmend-volume`],
    ['marks as they are on a root disk', `mkdir volumes; for of in . volumes; do : >"$of/${NEW}.prepared"; done`],
    ['a link where a mark is written', 'ln -s /etc/hostname .chainmend.new; ln -s /etc/hostname .chainmend-new'],
  ])('believes nothing of a copy: %s', async (_, leave) => {
    await withLaunch(async (machine) => {
      await copyWith(
        machine,
        `mkdir keys; echo key | tee wallet.dat >keys/node_key.json; ${leave}; chown -hR nobody .`,
      );
      const theirs = await machine.shell('cat /etc/hostname');
      booted(await boot(machine, inGroup()));
      expect(await machine.shell('cd /data && ls -d wallet.dat keys/node_key.json 2>/dev/null || true')).toBe('');
      expect(await machine.shell('cat /etc/hostname')).toBe(theirs);
      expect(await machine.shell('cat /var/lib/chainmend/volume')).toBe(`${NEW}\n`);
    });
  });

  it.each<readonly [string, string]>([
    ['out of the volume', 'ln -s /elsewhere keys'],
    ['to another folder of it, by its path', 'mkdir other; echo key >other/node_key.json; ln -s /data/other keys'],
    ['to another folder of it', 'mkdir other; echo key >other/node_key.json; ln -s other keys'],
    ['through another link', 'mkdir other; echo key >other/node_key.json; ln -s other between; ln -s between keys'],
    ['to what root keeps', 'ln -s /var/lib/chainmend keys'],
    ['nowhere', 'ln -s nowhere keys'],
  ])('follows no link that leads %s, and starts no client', async (_, leave) => {
    await withLaunch(async (machine) => {
      await machine.shell('mkdir /elsewhere; echo kept >/elsewhere/node_key.json');
      await copyWith(machine, leave);
      const { status, stderr } = await boot(machine, inGroup());
      expect(stderr).toContain('REFUSED: /data/keys/node_key.json could not be removed from the copy');
      expect(status).toBe(1);
      expect(await machine.shell('cat /elsewhere/node_key.json')).toBe('kept\n');
      expect(await machine.started()).toEqual([]);
      // Nor does anybody else, at another boot: nothing is mounted for it.
      expect(await fstab(machine)).toBe('# fstab\n');
      expect(await machine.shell('grep -c "$1" /proc/self/mountinfo || true', '/run/chainmend/first-boot')).toBe('0\n');
    });
  });

  it('lets nobody in while it looks through a copy', async () => {
    await withLaunch(async (machine) => {
      await copyWith(machine, 'mkdir keys; echo key >keys/node_key.json; chown -R nobody .; chmod -R a+rwX .');
      // In the middle of it, as the client's user.
      await machine.replace(
        'rm',
        'case $* in *node_key*) setpriv --reuid 65534 --clear-groups /usr/bin/ls /run/chainmend/first-boot /data/keys >/run/seen 2>&1; setpriv --reuid 65534 --clear-groups /usr/bin/ln -sfn /etc /run/chainmend/first-boot/keys >>/run/seen 2>&1 ;; esac; exec /usr/bin/rm "$@"',
      );
      booted(await boot(machine, inGroup()));
      const seen = await machine.shell('cat /run/seen');
      expect(seen.match(/denied|No such file/g)).toHaveLength(3);
      expect(await machine.shell('ls /data/keys')).toBe('');
    });
  });

  it('that was cut off in the middle of a copy goes on, and starts nothing before', async () => {
    await withLaunch(async (machine) => {
      await copyWith(machine, 'mkdir keys; echo key | tee wallet.dat >keys/node_key.json');
      await machine.replace('rm', 'case $* in *node_key*) kill -9 $PPID ;; esac; exec /usr/bin/rm "$@"');
      expect((await boot(machine, inGroup())).status).not.toBe(0);
      expect(await kindAt(machine)).toBe('');
      expect(await machine.started()).toEqual([]);
      await machine.shell('rm /run/fakes/rm');
      booted(await boot(machine, inGroup()));
      expect(await machine.shell('cd /data && find . -type f')).toBe('');
      expect(await machine.started()).toEqual(['client']);
    });
  });

  it('answers on a socket of systemd whether its client has caught up, with the client’s own word', async () => {
    await withLaunch(async (machine) => {
      await machine.replace('curl', 'cat >/run/asked; cat /run/answer 2>/dev/null');
      booted(await boot(machine, inGroup()));
      expect(await machine.shell('cat /etc/systemd/system/chainmend-synced.socket')).toContain(
        'ListenStream=8099\nAccept=yes\n',
      );
      await machine.shell('printf "user:pa\\"ss\n" >/data/.cookie');
      const answer = async (said: string): Promise<string> => {
        await machine.shell('printf %s "$1" >/run/answer', said);
        return machine.shell(
          'printf "GET / HTTP/1.1\r\nHost: x\r\n\r\n" | PATH=/run/fakes:$PATH bash /usr/local/lib/chainmend/synced',
        );
      };
      expect(await answer('{"caught_up": true}')).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
      expect(await machine.shell('cat /run/asked')).toBe(
        'url = "http://127.0.0.1:8332/"\nheader = "Content-Type: application/json"\ndata-raw = "{\\"method\\":\\"getblockchaininfo\\"}"\nuser = "user:pa\\"ss"\n',
      );
      expect(await answer('{"caught_up": false}')).toMatch(/^HTTP\/1\.1 503 /);
      expect(await answer('')).toMatch(/^HTTP\/1\.1 503 /);
    });
  });
});

describe('its script', () => {
  (lackingForShellcheck === undefined ? it : it.skip)('has no finding of shellcheck', () => {
    const bare = {
      mountPath: PATH,
      filesystem: 'xfs',
      waitSeconds: 1,
      unit: 'client',
      install: { lines: [] },
    } as const;
    const scripts = firstBootScripts();
    const values = {
      volume: [],
      copy: copyValues(COPY),
      group: groupValues(GROUP),
      bundle: bundleValues({
        url: 'https://example.org/',
        sha256: 'a'.repeat(64),
        into: PATH,
        identity: [`${PATH}/key`],
      }),
      statesync: stateSyncValues({
        servers: ['https://a.example', 'https://b.example'],
        trustHours: 168,
        configPath: `${PATH}/config.toml`,
      }),
      network: [],
      cometbft: networkValues(NETWORK),
      clique: networkValues(CLIQUE),
    };
    // Functions that another shell has from `declare -f`, and values that it has from `declare -p`.
    const told = '--exclude=SC2089,SC2090,SC2317';
    for (const kind of FIRST_BOOT_KINDS) {
      // As a script of its own: user data have it packed.
      const head = partsOf(kind)
        // A group's values have these.
        .filter((part) => part !== 'copy' || !kind.startsWith('group'))
        .flatMap((part) => values[part])
        .join('\n');
      const boot = kind.startsWith('group') ? { ...bare, agentConfig: '{}', journalConfig: '{}' } : BOOT;
      for (const script of [firstBootScript(kind), scripts[kind]])
        expect(() =>
          execFileSync('shellcheck', [...(kind === 'single' ? [] : [told]), '-'], {
            input: firstBootUserData(boot, { ...scripts, single: `${head}\n${script}` }),
            encoding: 'utf8',
          }),
        ).not.toThrow();
    }
  });
});
