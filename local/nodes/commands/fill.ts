// fill-volume on a simulated node: an empty volume gets a filesystem and the files of another one, beside a client that runs on. What is copied survives a
// cut, as it does on a real one; the order of the checks is that of shared/node-commands/fill-volume.sh.
import { type Acts, ending, type NodeActs, type NodeEnding, type Parameters } from './operations.ts';

/** What a gp3 volume without further cost reads and writes. */
const MIB_PER_SECOND = 125;
/** Blocks that a new volume has not loaded from its snapshot yet come slower. */
const LOADING_SPEED = 0.5;
const MIB = 2 ** 20;
const LOOKS_MS = 60_000;
/** As fill-volume.sh. */
const ROOM_PERCENT = 80;

/** It tells nothing of the client, which it leaves alone. */
const refusedHere = (reason: string): NodeEnding => ending('failed', { reason, fault: 'node' });

export function* fillVolume(
  node: NodeActs,
  { VolumeId = '', Source = '', Like = '', RunLimitSeconds = '' }: Parameters,
): Acts<NodeEnding> {
  const { disks, kernel } = node.node;
  const [like] = node.state([], [Like]).volumes;
  if (!like) return refusedHere(`${Like} is not a mount point: nothing was changed`);
  if (like.volumeId === VolumeId || like.volumeId === Source)
    return refusedHere(`${like.volumeId} is mounted at ${Like}: it is neither filled nor copied`);
  const { filesystem } = like;
  if (filesystem !== 'xfs' && filesystem !== 'ext4')
    return refusedHere(`${Like} has ${filesystem}, expected xfs or ext4: nothing was changed`);
  const unfit = node.unfit(Source, filesystem);
  if (unfit) return ending('failed', { ...unfit });
  const content = node.node.contentOf(Source);
  if (!content || content.broken !== undefined)
    return ending('failed', { reason: `${Source} could not be mounted`, fault: 'data' });
  if (!node.node.devices().some(({ volumeId }) => volumeId === VolumeId))
    return refusedHere(`${VolumeId} is not attached to this node: nothing was changed`);
  yield node.takesMs(500, 3_000);
  if (disks.volume(VolumeId) === undefined) disks.format(VolumeId, filesystem);
  const target = disks.volume(VolumeId);
  const source = disks.volume(Source);
  if (!target || !source || target.mounted || target.filesystem !== filesystem)
    return refusedHere(`${VolumeId} has something else on it: it is not touched`);
  if (content.usedBytes * 100 > target.sizeBytes * ROOM_PERCENT) {
    const [used, room] = [content.usedBytes, target.sizeBytes].map((bytes) => Math.floor(bytes / 2 ** 30));
    const reason = `${used} GiB are used on ${Source}: more than ${ROOM_PERCENT} % of the ${room} GiB of ${VolumeId}`;
    return ending('failed', { reason, fault: 'node' });
  }
  const untilMs = kernel.clock.now() + Number(RunLimitSeconds) * 750;
  while (target.usedBytes < content.usedBytes && kernel.clock.now() < untilMs) {
    const speed = MIB_PER_SECOND * MIB * (source.initializedAtMs > kernel.clock.now() ? LOADING_SPEED : 1);
    const leftMs = ((content.usedBytes - target.usedBytes) / speed) * 1_000;
    const ms = Math.max(1, Math.min(LOOKS_MS, Math.ceil(leftMs), untilMs - kernel.clock.now()));
    yield ms;
    target.usedBytes = Math.min(content.usedBytes, Math.ceil(target.usedBytes + (speed * ms) / 1_000));
  }
  const leftBytes = content.usedBytes - target.usedBytes;
  const files = content.inodesUsed;
  if (leftBytes === 0) {
    target.inodesUsed = files;
    target.kept = { data: content.data, owner: content.owner, files: content.files };
  }
  const leftFiles = leftBytes === 0 ? 0 : Math.max(1, Math.ceil((files * leftBytes) / content.usedBytes));
  return ending('done', { filled: { files, bytes: content.usedBytes, leftFiles, leftBytes } });
}
