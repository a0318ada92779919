// What this machine cannot give the host suite; said loudly, since what is skipped is not tested.
import { spawnSync } from 'node:child_process';

const tools = [
  'unshare',
  'nsenter',
  'losetup',
  'findmnt',
  'flock',
  'sfdisk',
  'partx',
  'growpart',
  'mkfs.xfs',
  'xfs_growfs',
  'mkfs.ext4',
];
const more = ['resize2fs', 'dumpe2fs', 'mkfs.btrfs', 'btrfs'];
const packages = 'xfsprogs e2fsprogs btrfs-progs cloud-guest-utils fdisk util-linux shellcheck';

/** CAP_SYS_RESOURCE, which ext4 wants for growing while mounted. */
const capSysResource = 1n << 24n;

/** Why there can be no machine at all, or undefined. */
export const lacking = loudly('the scripts on real filesystems', whyNoMachine());

/** Why a mounted ext4 cannot be grown here, or undefined. */
export const lackingForExt4 =
  lacking ?? loudly('growing ext4', hasCapability(capSysResource) ? undefined : 'this process lacks CAP_SYS_RESOURCE');

export const lackingForShellcheck = loudly('shellcheck', missing(['shellcheck']));

function whyNoMachine(): string | undefined {
  if (process.getuid?.() !== 0) return 'needs root';
  const tool = missing([...tools, ...more]);
  if (tool !== undefined) return tool;
  if (spawnSync('losetup', ['--find']).status !== 0) return 'needs loop devices: losetup --find fails';
  if (spawnSync('unshare', ['-m', 'true']).status !== 0) return 'needs mount namespaces: unshare -m fails';
  return undefined;
}

function missing(names: readonly string[]): string | undefined {
  const absent = names.filter((name) => spawnSync('sh', ['-c', 'command -v "$0"', name]).status !== 0);
  return absent.length === 0 ? undefined : `needs ${absent.join(', ')} (Debian: apt-get install ${packages})`;
}

function hasCapability(capability: bigint): boolean {
  const status = spawnSync('cat', ['/proc/self/status'], { encoding: 'utf8' }).stdout;
  const effective = /^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? '0';
  return (BigInt(`0x${effective}`) & capability) !== 0n;
}

function loudly(what: string, why: string | undefined): string | undefined {
  if (why !== undefined) process.stderr.write(`\nSKIPPED: ${what}: ${why}\n\n`);
  return why;
}
