// Writes a stranger's content into the superblocks of real filesystems: names, labels, options and paths of any bytes, with the checksums that the
// kernel needs. Formats: linux/fs/ext4/ext4.h, linux/fs/xfs/libxfs/xfs_format.h, linux/include/uapi/linux/btrfs_tree.h.
import { closeSync, fsyncSync, openSync, readSync, writeSync } from 'node:fs';

export type Kind = 'ext4' | 'xfs' | 'btrfs';

interface Superblock {
  readonly at: number;
  readonly bytes: number;
  /** Text fields: their offset in the superblock, and their size in bytes. */
  readonly texts: Readonly<Record<string, readonly [number, number]>>;
  readonly seal: (block: Buffer) => void;
}

/** Castagnoli's CRC, as all three use it. `seed` and result are not inverted. */
function crc32c(bytes: Uint8Array, seed = 0xffffffff): number {
  let crc = seed;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  }
  return crc >>> 0;
}

const SUPERBLOCKS: Readonly<Record<Kind, Superblock>> = {
  ext4: {
    at: 1024,
    bytes: 1024,
    texts: {
      s_volume_name: [0x78, 16],
      s_last_mounted: [0x88, 64],
      s_first_error_func: [0x1a8, 32],
      s_last_error_func: [0x1e0, 32],
      // The kernel mounts no filesystem whose options have no end.
      s_mount_opts: [0x200, 63],
    },
    seal: (block) => {
      // Marks errors as seen, so that their functions are printed.
      block.writeUInt32LE(3, 0x194);
      block.writeUInt32LE(1_700_000_000, 0x198);
      block.writeUInt32LE(1_700_000_000, 0x1cc);
      block.writeUInt32LE(crc32c(block.subarray(0, 0x3fc)), 0x3fc);
    },
  },
  xfs: {
    at: 0,
    bytes: 512,
    texts: { sb_fname: [108, 12] },
    seal: (block) => {
      block.writeUInt32LE(0, 224);
      block.writeUInt32LE(~crc32c(block) >>> 0, 224);
    },
  },
  btrfs: {
    at: 0x10000,
    bytes: 4096,
    texts: { label: [0x12b, 256] },
    seal: (block) => block.writeUInt32LE(~crc32c(block.subarray(32)) >>> 0, 0),
  },
};

/** Writes the text into each text field of a device's filesystem that has room for it; the other fields become empty. */
export function craft(device: string, kind: Kind, text: Buffer): void {
  const { at, bytes, texts, seal } = SUPERBLOCKS[kind];
  const file = openSync(device, 'r+');
  try {
    const block = Buffer.alloc(bytes);
    readSync(file, block, 0, bytes, at);
    for (const [start, length] of Object.values(texts)) {
      block.fill(0, start, start + length);
      if (text.length <= length) text.copy(block, start);
    }
    seal(block);
    writeSync(file, block, 0, bytes, at);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** How many bytes the longest field of a kind has. */
export const longestText = (kind: Kind): number =>
  Math.max(...Object.values(SUPERBLOCKS[kind].texts).map(([, length]) => length));

/** Texts that each have an effect if they are evaluated, split, or printed unchanged. */
export const HOSTILE_TEXTS: readonly string[] = [
  'UID[$(>/run/owned)]',
  '$(>/run/owned)',
  '`>/run/owned`',
  '\nBlock count:              UID[$(>/run/owned)]\n',
  '\nBlock count: UID[$(>/run/owned)]\nBlock size: 1\n',
  '\nBlock size: UID[$(>/run/owned)]\nBlock count: 9\n',
  '\nBlock count:  999999999999\nBlock size: 65536\n',
  '\ndata     = bsize=65536 blocks=99999999999, imaxpct=25\n',
  "x'  uuid: 1\n\tTotal devices 1\n\tdevid    7 size 1 used 1 path /dev/x\n",
  '";>/run/owned;"',
  "';>/run/owned;'",
  '|>/run/owned',
  '&>/run/owned&',
  '-rf /',
  '%s%n%d',
  '../../etc',
  '* ? [a]',
  '\u001b]0;title\u0007\u001b[31m',
  '\r\nresult":"done"}',
  '\u202egnp.exe',
  'TYPE="xfs"\nUUID="x"',
];

/** Every byte that a field can hold, in as few texts as possible. */
export function everyByte(length: number): readonly Buffer[] {
  const all = Buffer.from(Array.from({ length: 255 }, (_, byte) => byte + 1));
  return Array.from({ length: Math.ceil(255 / length) }, (_, part) => all.subarray(part * length, (part + 1) * length));
}
