// Every wrong volume that a first boot may meet under the id of its own: what is on it, how it comes there, and what the script says of it.
import { ownUuid } from '../../../local/nodes/first-boot.ts';
import { lackingForBtrfs, lackingForExt4Tools } from './lacking.ts';
import type { Machine } from './machine.ts';

export const by = (volumeId: string): string =>
  `/dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_${volumeId.replace('-', '')}`;

/** Of all its bytes. */
export const hash = (machine: Machine, volumeId: string): Promise<string> =>
  machine.shell('sync; sha256sum "$(readlink -f "$1")"', by(volumeId));

export async function put(machine: Machine, prepare: string, volumeId: string): Promise<void> {
  await machine.shell(`set -- "$(readlink -f "$1")"; ${prepare}`, by(volumeId));
}

/** A volume of another fleet. */
const THEIRS = 'vol-0123456789abcdef0';

const mkfs = (kind: string): string => `mkfs.${kind} -q -f "$1"`;
const withFiles = 'mkdir -p /seen; mount "$1" /seen; echo key >/seen/wallet.dat; umount /seen';

const ROWS: readonly (readonly [string, string, string, (string | undefined)?])[] = [
  ['an XFS filesystem of somebody else', mkfs('xfs'), 'has xfs, which this script has not made'],
  ['an XFS filesystem with a label of somebody else', 'mkfs.xfs -q -f -L postgres "$1"', 'has xfs, which this script'],
  [
    'what this very script has made, for a node of another fleet',
    `mkfs.xfs -q -f -m uuid=${ownUuid(THEIRS)} "$1"`,
    'has xfs, which this script has not made',
  ],
  [
    'an XFS filesystem of somebody else with files in it',
    `${mkfs('xfs')}; ${withFiles}`,
    'has xfs, which this script has not made',
  ],
  [
    'an ext4 filesystem of somebody else with files in it',
    `mkfs.ext4 -q -F "$1"; ${withFiles}`,
    'has ext4, which this script has not made',
    lackingForExt4Tools,
  ],
  [
    'a partition that the kernel knows, with an XFS filesystem',
    'printf "label: gpt\\n,\\n" | sfdisk --quiet --no-reread --no-tell-kernel "$1"; partx --add "$1"; mkfs.xfs -q -f "$1p1" 2>/dev/null || true',
    'has partitions|a partition table: gpt|has PMBR',
  ],
  ['an ext4 filesystem of somebody else', 'mkfs.ext4 -q -F "$1"', 'has ext4, which this script', lackingForExt4Tools],
  ['btrfs', mkfs('btrfs'), 'has btrfs, which this script', lackingForBtrfs],
  [
    'a partition table',
    'printf "label: gpt\\n,\\n" | sfdisk --quiet --no-reread --no-tell-kernel "$1"',
    'a partition table: gpt|has PMBR',
  ],
  [
    'an old partition table',
    'printf "label: dos\\n,\\n" | sfdisk --quiet --no-reread --no-tell-kernel "$1"',
    'a partition table: dos',
  ],
  ['swap', 'mkswap "$1"', 'has swap, which this script'],
  [
    'a LUKS header',
    'printf "LUKS\\272\\276\\000\\001" | dd of="$1" conv=notrunc status=none',
    'has crypto_LUKS|is not empty',
  ],
  [
    'an LVM label',
    'printf "LABELONE\\001\\000\\000\\000\\000\\000\\000\\000\\000\\000\\000\\000\\040\\000\\000\\000LVM2 001" | dd of="$1" bs=512 seek=1 conv=notrunc status=none',
    'has LVM2_member|has a signature that wipefs finds',
  ],
  [
    'a RAID superblock at its beginning',
    'printf "\\374\\116\\053\\251\\001" | dd of="$1" bs=4096 seek=1 conv=notrunc status=none',
    'has linux_raid_member|is not empty',
  ],
  [
    'a RAID superblock at its end',
    'printf "\\374\\116\\053\\251" | dd of="$1" bs=65536 seek=5119 conv=notrunc status=none',
    'has linux_raid_member|is not empty',
  ],
  [
    'a ZFS label',
    'printf "\\014\\261\\272\\000" | dd of="$1" bs=1024 seek=128 conv=notrunc status=none',
    'has zfs_member|is not empty',
  ],
  ['random bytes', 'head -c 320M /dev/urandom >"$1"', 'is not empty'],
  [
    'zeros, and one byte near the end',
    'printf x | dd of="$1" bs=1 seek=335543000 conv=notrunc status=none',
    'is not empty',
  ],
  [
    'zeros, and a block where btrfs keeps a copy',
    'printf x | dd of="$1" bs=1M seek=64 conv=notrunc status=none',
    'is not empty',
  ],
  ['zeros, and a block in its middle', 'printf x | dd of="$1" bs=1M seek=160 conv=notrunc status=none', 'is not empty'],
  [
    'an XFS filesystem whose beginning is lost',
    `${mkfs('xfs')}; dd if=/dev/zero of="$1" bs=1M count=1 conv=notrunc status=none`,
    'is not empty',
  ],
];

export const STRANGE = ROWS.flatMap(([name, prepare, why, lacks]) =>
  lacks === undefined ? [[name, prepare, why] as const] : [],
);

/** Besides whole filesystems, which a member of a group takes for its snapshot's. */
export const NO_SNAPSHOT = STRANGE.filter(
  ([name]) => !/ (XFS|ext4) filesystem of| XFS filesystem with|this very script/.test(name),
);

/** One of each kind, where all of them are met by the same code as elsewhere. */
export const ONE_OF_EACH = STRANGE.filter(([name]) =>
  /label of somebody|another fleet|ext4 filesystem of somebody else with|^a partition table|^an LVM|^random bytes/.test(
    name,
  ),
);
