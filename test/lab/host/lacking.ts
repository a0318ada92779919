// What the host suite lacks on this machine. The suite prints it loudly, because skipped tests test nothing.
import { spawnSync } from 'node:child_process';

const tools = {
  machine: [
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
    'setcap',
  ],
  ext4: ['mkfs.ext4', 'resize2fs', 'dumpe2fs'],
  btrfs: ['mkfs.btrfs', 'btrfs'],
  https: ['curl', 'openssl'],
  // Debian has it in util-linux-extra from 12 on.
  memory: ['fincore'],
};
const packages =
  'libcap2-bin xfsprogs e2fsprogs btrfs-progs cloud-guest-utils fdisk util-linux shellcheck curl openssl';

/** CAP_SYS_RESOURCE, which ext4 needs to grow while it is mounted. */
const capSysResource = 1n << 24n;

/** Attaches a small file to a loop device and mounts something in a namespace: what every machine of the suite needs. */
const trial = `
set -e
file=$(mktemp)
trap 'rm -f "$file"' EXIT
truncate -s 1M "$file"
loop=$(losetup --find --show "$file")
losetup --detach "$loop"
unshare -m --propagation private mount -t tmpfs trial /mnt
`;

/** Why this host can have no machine at all, or undefined. */
export const lacking = loudly('the scripts on real filesystems', whyNoMachine());
export const lackingForExt4Tools = lacking ?? loudly('ext4', missing(tools.ext4) ?? unknownToKernel('ext4'));
export const lackingForExt4 =
  lackingForExt4Tools ??
  loudly('growing ext4', hasCapability(capSysResource) ? undefined : 'this process lacks CAP_SYS_RESOURCE');
export const lackingForBtrfs = lacking ?? loudly('btrfs', missing(tools.btrfs) ?? unknownToKernel('btrfs'));
export const lackingForBundles = lacking ?? loudly('a bundle over HTTPS', missing(tools.https));
export const lackingForMemory = lacking ?? loudly('what is in memory', missing(tools.memory));
export const lackingForShellcheck = loudly('shellcheck', missing(['shellcheck']));

function whyNoMachine(): string | undefined {
  if (process.getuid?.() !== 0) return 'needs root';
  const why = missing(tools.machine) ?? unknownToKernel('xfs');
  if (why !== undefined) return why;
  const { status, stderr } = spawnSync('sh', ['-c', trial], { encoding: 'utf8' });
  return status === 0 ? undefined : `needs loop devices and mount namespaces: ${stderr.trim()}`;
}

function unknownToKernel(filesystem: string): string | undefined {
  const { status } = spawnSync('sh', ['-c', 'grep -qw "$0" /proc/filesystems || modprobe -q "$0"', filesystem]);
  return status === 0 ? undefined : `this kernel has no ${filesystem}`;
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

export function loudly(what: string, why: string | undefined): string | undefined {
  if (why !== undefined) process.stderr.write(`\nSKIPPED: ${what}: ${why}\n\n`);
  return why;
}
