// The bytes of EBS volumes: an image file each, on a filesystem of our own with fast copies (XFS with reflinks). So a snapshot is the volume at one
// moment. A volume that is attached to a machine is a loop device over its image.
import {
  chmodSync,
  closeSync,
  constants,
  copyFileSync,
  existsSync,
  mkdirSync,
  openSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import type { VolumeImage } from '../../../../local/nodes/content.ts';
import { toolNow } from './tool.ts';

const GIB = 2 ** 30;
const BLOCK_BYTES = 512;
/** The size of the pool's own sparse image: a run writes a few GiB in all volumes and snapshots. */
const POOL_GIB = 48;

/** Another process that looks for a free device at this moment finds the same one: one of the two must look again. */
const LOOP_TRIES_MAX = 20;

function freeLoop(path: string): string {
  for (let tries = 1; ; tries++) {
    try {
      return toolNow('losetup', ['--find', '--show', path]).trim();
    } catch (error) {
      if (tries === LOOP_TRIES_MAX) throw error;
    }
  }
}

export class Images {
  /** The pool's mount point: other files that need a plain filesystem may be here too. */
  readonly directory: string;
  /** By volume: its device, and our open file descriptor of it. */
  readonly #loops = new Map<string, { readonly device: string; readonly hold: number }>();
  #copies = 0;

  private constructor(directory: string) {
    this.directory = directory;
  }

  /** Makes and mounts the pool in a run's directory; it disappears with the mount namespace that made it. */
  static make(runDirectory: string): Images {
    const file = join(runDirectory, 'pool.img');
    const directory = join(runDirectory, 'pool');
    writeFileSync(file, '');
    truncateSync(file, POOL_GIB * GIB);
    toolNow('mkfs.xfs', ['-q', '-m', 'reflink=1', file], { timeoutMs: 60_000 });
    mkdirSync(directory);
    toolNow('mount', ['-o', 'loop', file, directory]);
    mkdirSync(join(directory, 'volumes'));
    mkdirSync(join(directory, 'shared'));
    mkdirSync(join(directory, 'snapshots'));
    return new Images(directory);
  }

  /** Puts a copy of a host's file below a directory of the pool, where nothing is mounted yet. The bytes of all copies are stored once. */
  share(from: string, below: string, path: string, mode: number): void {
    const own = join(this.directory, 'shared', from.replaceAll('/', '_'));
    if (!existsSync(own)) copyFileSync(from, own);
    let directory = below;
    for (const part of dirname(path).split('/').filter(Boolean)) {
      directory = join(directory, part);
      if (existsSync(directory)) continue;
      mkdirSync(directory);
      // They stand over the base system's own, whose mode they hide.
      chmodSync(directory, 0o755);
    }
    const target = join(below, path);
    copyFileSync(own, target, constants.COPYFILE_FICLONE);
    chmodSync(target, mode);
  }

  #path(volumeId: string): string {
    return join(this.directory, 'volumes', volumeId);
  }

  has(volumeId: string): boolean {
    return existsSync(this.#path(volumeId));
  }

  /** An empty volume, or a copy of an image. An existing one stays as it is. */
  create(volumeId: string, sizeGiB: number, from?: VolumeImage): void {
    const path = this.#path(volumeId);
    if (!existsSync(path)) {
      if (from) toolNow('cp', ['--reflink=always', '--sparse=auto', from.imagePath, path]);
      else writeFileSync(path, '');
    }
    if (statSync(path).size < sizeGiB * GIB) truncateSync(path, sizeGiB * GIB);
  }

  resize(volumeId: string, sizeGiB: number): void {
    truncateSync(this.#path(volumeId), sizeGiB * GIB);
    const loop = this.#loops.get(volumeId);
    if (loop) toolNow('losetup', ['--set-capacity', loop.device]);
  }

  /**
   * The kernel releases the device when it is neither open nor mounted any more, in this process too. So no device is left after a run ends for any
   * reason.
   * @returns the host's name of the device, /dev/loop7
   */
  attach(volumeId: string): string {
    const known = this.#loops.get(volumeId);
    if (known) return known.device;
    const device = freeLoop(this.#path(volumeId));
    const hold = openSync(device, 'r');
    // For an open device this is only a request: "detached when its last user lets go" (LO_FLAGS_AUTOCLEAR).
    toolNow('losetup', ['--detach', device]);
    this.#loops.set(volumeId, { device, hold });
    return device;
  }

  /** A forced detach of a mounted device takes effect with its last unmount. */
  detach(volumeId: string): void {
    const loop = this.#loops.get(volumeId);
    if (!loop) return;
    this.#loops.delete(volumeId);
    closeSync(loop.hold);
  }

  remove(volumeId: string): void {
    this.detach(volumeId);
    rmSync(this.#path(volumeId), { force: true });
  }

  /** Undefined: no such volume. */
  image(volumeId: string): VolumeImage | undefined {
    return existsSync(this.#path(volumeId)) ? this.#imageAt(this.#path(volumeId)) : undefined;
  }

  #imageAt(imagePath: string): VolumeImage {
    return {
      imagePath,
      get usedBytes() {
        return statSync(imagePath).blocks * BLOCK_BYTES;
      },
      freeze: () => {
        this.#copies++;
        const copy = join(this.directory, 'snapshots', String(this.#copies));
        toolNow('cp', ['--reflink=always', imagePath, copy]);
        return this.#imageAt(copy);
      },
    };
  }
}
