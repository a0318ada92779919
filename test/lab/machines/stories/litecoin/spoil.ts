// Data that no client opens: the files of a directory, or of a snapshot, are overwritten.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { isImage } from '../../../../../local/nodes/content.ts';
import { tool } from '../../machine/tool.ts';
import type { RealWorld } from '../../world.ts';

/** Overwrites the files of a block index and a chain state in a data directory, byte by byte in place. */
export const SPOIL = `
set -eu
for file in "$1"/regtest/blocks/index/*.ldb "$1"/regtest/blocks/index/*.log "$1"/regtest/chainstate/*.ldb "$1"/regtest/chainstate/*.log; do
  [ -s "$file" ] || continue
  size=$(stat -c %s "$file")
  head -c "$size" /dev/urandom | dd of="$file" conv=notrunc status=none
done
sync -f "$1"
`;

export async function spoilSnapshot(world: RealWorld, snapshotId: string): Promise<void> {
  const { content } = world.region.ec2.snapshot(snapshotId);
  if (!content || !isImage(content)) throw new Error(`${snapshotId} holds no image`);
  const directory = join(world.ground.runDirectory, `spoil-${snapshotId}`);
  mkdirSync(directory);
  await tool('mount', ['-o', 'loop,nouuid', content.imagePath, directory]);
  try {
    await tool('bash', ['-c', SPOIL, 'bash', directory]);
  } finally {
    await tool('umount', [directory]);
  }
}
