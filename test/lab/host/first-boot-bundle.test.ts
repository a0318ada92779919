// The first boot of a node whose file names a bundle, verbatim: real curl, tar and filesystems, and a real server. What has another digest is never opened,
// what a client has written is never written over, and what breaks off goes on.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import type { FirstBoot } from '../../../shared/node-commands/first-boot.ts';
import { FOUND } from './attack.ts';
import { booted, bootOn, GROUP, NEW, nothingStarted, withNode } from './booted.ts';
import { BundleServer } from './bundle-server.ts';
import { lackingForBundles } from './lacking.ts';
import type { Machine, Ran } from './machine.ts';

const onMachine = lackingForBundles === undefined ? describe : describe.skip;
const IDENTITY = ['/data/home/config/node_key.json', '/data/home/wallet.dat'];
/** Incompressible: an archive of it can break off in its middle. */
const BLOCKS = Buffer.from(
  Array.from({ length: 3 * 2 ** 20 }, (_, at) => (Math.imul(at ^ (at >>> 7), 0x9e37_79b1) >>> 13) & 255),
);

interface Bundled {
  readonly machine: Machine;
  readonly server: BundleServer;
  readonly boot: (asked?: { readonly sha256?: string; readonly more?: Partial<FirstBoot> }) => Promise<Ran>;
}

/** A new node, and a server with an archive of these files. */
async function withBundle(
  use: (bundled: Bundled) => Promise<void>,
  pack: (folder: string) => void = (folder) => {
    put(folder, 'blocks/000', BLOCKS);
    put(folder, '.hidden', 'kept');
    put(folder, 'config/node_key.json', 'of somebody else');
    put(folder, 'wallet.dat', 'of somebody else');
  },
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'bundle-'));
  mkdirSync(join(folder, 'data'));
  pack(join(folder, 'data'));
  execFileSync('tar', ['-czf', join(folder, 'blocks.tar.gz'), '-C', join(folder, 'data'), '.']);
  const server = await BundleServer.start(readFileSync(join(folder, 'blocks.tar.gz')), folder);
  try {
    await withNode(async (machine) => {
      const cert = readFileSync(join(folder, 'cert.pem'), 'utf8');
      await machine.shell('printf %s "$1" >/run/cert.pem; mkdir -p /var/lib/cloud/scripts/per-boot', cert);
      await machine.replace('curl', 'exec /usr/bin/curl --cacert /run/cert.pem "$@"');
      await machine.replace('sleep', 'exec /usr/bin/sleep 0.01');
      const boot: Bundled['boot'] = ({ sha256 = server.sha256, more = {} } = {}) =>
        bootOn(machine, { bundle: { url: server.url, sha256, into: '/data/home', identity: IDENTITY }, ...more });
      await use({ machine, server, boot });
    });
  } finally {
    await server.stop();
    rmSync(folder, { recursive: true });
  }
}

function put(folder: string, path: string, content: string | Buffer): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), content);
}

const filesOf = async (machine: Machine): Promise<string> =>
  machine.shell('cd /data && find . -mindepth 1 | LC_ALL=C sort');
const AT_BOOT = '/var/lib/cloud/scripts/per-boot/chainmend-first-boot';

onMachine('the first boot with a bundle', () => {
  it('goes on where the download broke off, and puts the data in their place without the identity in it', async () => {
    await withBundle(async ({ machine, server, boot }) => {
      server.breaksOffAt = 1_000_000;
      booted(await boot());
      expect(server.asked).toEqual(['all', expect.stringMatching(/^bytes=[1-9]\d+-$/)]);
      expect(await filesOf(machine)).toBe('./home\n./home/.hidden\n./home/blocks\n./home/blocks/000\n./home/config\n');
      expect((await machine.shell('sha256sum </data/home/blocks/000')).split(' ')[0]).toBe(
        createHash('sha256').update(BLOCKS).digest('hex'),
      );
      expect(await machine.started()).toEqual(['client']);
      expect(await machine.shell('ls /var/lib/cloud/scripts/per-boot')).toBe('');
      // Once for a volume: whatever becomes of the data is the client's.
      await machine.shell('rm -rf /data/home/blocks');
      booted(await boot());
      expect(server.asked).toHaveLength(2);
    });
  });

  it('makes no program of it another user’s, and no file of it a device', async () => {
    const pack = (folder: string): void => {
      put(folder, 'blocks/000', BLOCKS);
      put(folder, 'bin/tool', readFileSync('/usr/bin/id'));
      execFileSync('chmod', ['6755', join(folder, 'bin/tool')]);
      execFileSync('mknod', ['-m', '0666', join(folder, 'bin/disk'), 'b', '7', '0']);
      execFileSync('mknod', ['-m', '0666', join(folder, 'bin/memory'), 'c', '1', '1']);
    };
    await withBundle(async ({ machine, boot }) => {
      booted(await boot());
      expect(await machine.shell('cd /data/home/bin && stat -c "%n %a %F" *')).toBe('tool 755 regular file\n');
      // Whatever comes onto the volume later by other ways.
      expect(await machine.shell('findmnt --noheadings --output OPTIONS /data')).toMatch(/\bnosuid,nodev\b/);
    }, pack);
  });

  it('opens nothing that has another digest, starts no client, and begins anew', async () => {
    await withBundle(async ({ machine, server, boot }) => {
      const { status, stderr } = await boot({ sha256: 'a'.repeat(64) });
      expect(stderr).toContain(
        `REFUSED: ${server.url} has the SHA-256 ${server.sha256}, expected ${'a'.repeat(64)}: it is not opened`,
      );
      expect(status).toBe(1);
      await nothingStarted(machine);
      expect(await machine.shell('findmnt /data || true')).toBe('');
      booted(await boot());
      expect(server.asked).toEqual(['all', 'all']);
      expect(await machine.started()).toEqual(['client']);
    });
  });

  it('loads nothing where a client has written', async () => {
    await withBundle(async ({ machine, server, boot }) => {
      booted(await bootOn(machine, {}));
      await machine.shell('mkdir -p /data/home; echo own >/data/home/block');
      // What is mounted already is not looked through beside a client.
      expect((await boot()).stderr).toContain(`REFUSED: ${NEW} is mounted at /data, and this machine has not looked`);
      await machine.shell('umount /data');
      const { status, stderr } = await boot();
      expect(stderr).toContain('/data has data: the bundle is not loaded');
      expect(status).toBe(0);
      expect(server.asked).toEqual([]);
      expect(await filesOf(machine)).toBe('./home\n./home/block\n');
    });
  });

  it.each<readonly [string, string, string]>([
    [
      'while it is fetched',
      'curl',
      '/usr/bin/head -c 9000 /dev/zero >/run/chainmend/first-boot/.chainmend-bundle/file; kill -9 $PPID',
    ],
    [
      'while it is checked',
      'sha256sum',
      'case $(readlink /proc/self/fd/0) in */file) kill -9 $PPID ;; esac; exec /usr/bin/sha256sum "$@"',
    ],
    ['while it is unpacked', 'tar', '/usr/bin/tar "$@" --exclude ./blocks; kill -9 $PPID'],
    [
      'while it is put in its place',
      'mv',
      'case $2 in -t) /usr/bin/mv -f -t "$3" -- "$5"; kill -9 $(ps -o ppid= $PPID) ;; esac; exec /usr/bin/mv "$@"',
    ],
  ])('that is killed %s goes on at the next boot', async (_, tool, body) => {
    await withBundle(async ({ machine, boot }) => {
      await machine.replace(tool, body);
      expect((await boot()).status).not.toBe(0);
      await nothingStarted(machine);
      expect(await machine.shell('readlink "$1"', AT_BOOT)).toBe('/run/user-data\n');
      // Nobody starts it in between, at no boot either.
      expect(await machine.shell('findmnt /data || true; cat /etc/fstab')).toBe('# fstab\n');
      if (tool === 'curl') {
        await machine.replace('curl', 'exec /usr/bin/curl --cacert /run/cert.pem "$@"');
        // What it had is none of it: the digest says so, and the next try begins anew.
        expect(await boot()).toMatchObject({ status: 1 });
      } else await machine.shell('rm "/run/fakes/$1"', tool);
      booted(await boot());
      expect(await filesOf(machine)).toBe('./home\n./home/.hidden\n./home/blocks\n./home/blocks/000\n./home/config\n');
      expect(await machine.shell('ls /var/lib/cloud/scripts/per-boot')).toBe('');
    });
  });

  it('begins anew where the server takes no part of a file, and gives up in the end', async () => {
    await withBundle(async ({ machine, server, boot }) => {
      server.breaksOffAt = 1_000_000;
      server.takesRanges = false;
      booted(await boot());
      expect(server.asked.at(-1)).toBe('all');
      await machine.shell(
        'find /data -mindepth 1 -delete; umount /data; printf "# fstab\\n" >/etc/fstab; rm -rf /var/lib/chainmend',
      );
      server.status = 503;
      const { status, stderr } = await boot();
      expect(stderr).toContain(
        `REFUSED: ${server.url} could not be fetched to /data (HTTP status 503, curl ended with 22)`,
      );
      expect(status).toBe(1);
      expect(server.asked.length).toBeLessThan(40);
    });
  });

  it('follows no link of the bundle out of it', async () => {
    await withBundle(
      async ({ machine, boot }) => {
        await machine.shell('mkdir -p /elsewhere; echo kept >/elsewhere/node_key.json');
        const { status, stderr } = await boot();
        expect(stderr).toContain('REFUSED: /data/config/node_key.json could not be removed from the bundle');
        expect(status).toBe(1);
        expect(await machine.shell('cat /elsewhere/node_key.json')).toBe('kept\n');
        await nothingStarted(machine);
      },
      (folder) => execFileSync('ln', ['-s', '/elsewhere', join(folder, 'config')]),
    );
  });

  it('of a member of a group loads it on the volume of its launch, and no copy of that loads it again', async () => {
    await withBundle(async ({ machine, server, boot }) => {
      await machine.shell('rm -f "$1"', `/dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_${FOUND.replace('-', '')}`);
      const member = { volumeId: undefined, group: GROUP } as unknown as Partial<FirstBoot>;
      booted(await boot({ more: member }));
      expect(await machine.started()).toEqual(['client']);
      await machine.shell('umount /data; printf "# fstab\\n" >/etc/fstab; rm -rf /var/lib/chainmend');
      // As a snapshot's volume would be: a filesystem with another UUID.
      await machine.shell(
        'xfs_admin -U generate "$(readlink -f "$1")"',
        `/dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_${NEW.replace('-', '')}`,
      );
      booted(await boot({ more: member }));
      expect(await machine.shell('cat /data/home/.hidden')).toBe('kept');
      expect(server.asked).toEqual(['all']);
    });
  });

  it('that was packed from a volume of ours brings no word of that', async () => {
    await withBundle(
      async ({ machine, server, boot }) => {
        booted(
          await boot({ more: { bundle: { url: server.url, sha256: server.sha256, into: '/data', identity: [] } } }),
        );
        expect(await machine.shell('cat /data/blocks; readlink /data/.chainmend-loaded')).toBe('x/elsewhere\n');
        expect(await machine.shell('ls /elsewhere 2>/dev/null || true')).toBe('');
      },
      (folder) => {
        put(folder, 'blocks', 'x');
        mkdirSync(join(folder, 'lost+found'));
        execFileSync('ln', ['-s', '/elsewhere', join(folder, '.chainmend-loaded')]);
      },
    );
  });

  it.each<readonly [string, string, boolean]>([
    ['a link by that name', 'ln -s /elsewhere .chainmend-bundle', false],
    [
      'a folder by that name, with what says that it is whole',
      'mkdir -p .chainmend-bundle/data; : >.chainmend-bundle/whole; echo evil >.chainmend-bundle/data/evil; ln -s /elsewhere/victim .chainmend-bundle/file',
      false,
    ],
    ['the word that it is loaded', ': >.chainmend-loaded; ln -s /elsewhere .chainmend-bundle', true],
  ])('believes nothing of a volume: %s', async (_, leave, isData) => {
    await withBundle(async ({ machine, server, boot }) => {
      // A volume that this script has made, on another machine, and what a client's user has left there.
      booted(await bootOn(machine, {}));
      await machine.started();
      await machine.shell(
        `mkdir /elsewhere; echo kept >/elsewhere/victim; chown nobody /data; cd /data && setpriv --reuid 65534 --clear-groups sh -c '${leave}'`,
      );
      await machine.shell('umount /data; printf "# fstab\\n" >/etc/fstab; rm -rf /var/lib/chainmend');
      booted(await boot());
      expect(await machine.shell('cat /elsewhere/victim; ls /elsewhere')).toBe('kept\nvictim\n');
      expect(await filesOf(machine)).not.toContain('evil');
      expect(server.asked).toEqual(isData ? [] : ['all']);
    });
  });

  it('that has no room says so', async () => {
    await withBundle(
      async ({ machine, boot }) => {
        const { status, stderr } = await boot();
        expect(stderr).toMatch(/REFUSED: the bundle could not be unpacked: \/data needs room/);
        expect(status).toBe(1);
        await nothingStarted(machine);
      },
      (folder) => put(folder, 'zeros', Buffer.alloc(330 * 2 ** 20)),
    );
  });
});
