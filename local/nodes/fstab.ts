// /etc/fstab of a simulated node (fstab(5)): which device a boot mounts where.
import type { SimulatedVolume } from './volume.ts';

/** More lines are not looked at: a node has a handful of filesystems. */
const LINES_MAX = 100;

export interface BootLine {
  /** UUID=…, or a device by its name. */
  readonly spec: string;
  readonly path: string;
}

/** As guides write it: by the filesystem's UUID, which a copy shares with its original. */
export const fstabOf = (volumes: readonly SimulatedVolume[]): string =>
  volumes.map(({ uuid, path, filesystem }) => `UUID=${uuid} ${path} ${filesystem} defaults,nofail 0 2\n`).join('');

/** The lines in their order; comments, swap and lines without a mount point are none. */
export function bootLines(text: string): BootLine[] {
  return text
    .split('\n')
    .slice(0, LINES_MAX)
    .flatMap((line) => {
      const [spec = '', path = ''] = line.trim().split(/\s+/);
      return spec === '' || spec.startsWith('#') || !path.startsWith('/') || path === '/' ? [] : [{ spec, path }];
    });
}
