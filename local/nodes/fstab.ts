// /etc/fstab of a simulated node (fstab(5)): which device a boot mounts where.
import type { SimulatedVolume } from './volume.ts';

/** Later lines are ignored: a node has only a few filesystems. */
const LINES_MAX = 100;

export interface BootLine {
  /** UUID=…, or a device by its name. */
  readonly spec: string;
  readonly path: string;
}

/** As most guides write it: by the filesystem's UUID, which a copy shares with its original. */
export const fstabOf = (volumes: readonly SimulatedVolume[]): string =>
  volumes.map(({ uuid, path, filesystem }) => `UUID=${uuid} ${path} ${filesystem} defaults,nofail 0 2\n`).join('');

/** The mount lines in their order, without comments, swap and lines without a mount point. */
export function bootLines(text: string): BootLine[] {
  return text
    .split('\n')
    .slice(0, LINES_MAX)
    .flatMap((line) => {
      const [spec = '', path = ''] = line.trim().split(/\s+/);
      return spec === '' || spec.startsWith('#') || !path.startsWith('/') || path === '/' ? [] : [{ spec, path }];
    });
}

/** Our line for a path, and the line before it: the same two lines as shared/node-commands/fstab.sh writes. */
interface FstabEntry {
  /** Index of the comment line; the next line is the active one. */
  readonly at: number;
  readonly volumeId: string;
  readonly was: string;
  /** undefined: there was no line. */
  readonly original: string | undefined;
}

/** The volume that our line mounts at a path; undefined without such a line. */
export function pinnedAt(text: string, path: string): string | undefined {
  return fstabEntryAt(text.split('\n'), path)?.volumeId;
}

/**
 * The next boot mounts this volume at the path. A comment keeps the original line, which comes back when its volume is mounted again. `pin`: our line
 * replaces the original one even for its own volume. Throws an `Error` if a path has several lines.
 */
export function bootsWith(
  text: string,
  path: string,
  { volumeId, spec, xfs }: { readonly volumeId: string; readonly spec: string; readonly xfs: boolean },
  { pin = false } = {},
): string {
  const lines = text.split('\n');
  const kept = fstabEntryAt(lines, path);
  if (!pin && kept?.was === volumeId) {
    lines.splice(kept.at, 2, ...(kept.original === undefined ? [] : [kept.original]));
    return lines.join('\n');
  }
  const active = lines.flatMap((line, at) => (bootLines(line).some((one) => one.path === path) ? at : []));
  if (active.length > 1) throw new Error(`/etc/fstab has ${active.length} lines for ${path}, expected at most one`);
  const [at] = active;
  const original = kept ? kept.original : at === undefined ? undefined : lines[at];
  const ours = pair(path, { volumeId, was: kept?.was ?? volumeId, original }, spec, xfs);
  if (kept) lines.splice(kept.at, 2, ...ours);
  else if (at !== undefined) lines.splice(at, 1, ...ours);
  else lines.splice(lines.at(-1) === '' ? lines.length - 1 : lines.length, 0, ...ours);
  return lines.join('\n');
}

function fstabEntryAt(lines: readonly string[], path: string): FstabEntry | undefined {
  for (const [at, line] of lines.entries()) {
    const [, volumeId = '', of = '', was = '', original = '-'] =
      /^#chainmend (vol-[0-9a-f]+) (\/\S*) was (vol-[0-9a-f]+): (.*)$/.exec(line) ?? [];
    if (of === path) return { at, volumeId, was, original: original === '-' ? undefined : original };
  }
  return undefined;
}

function pair(
  path: string,
  { volumeId, was, original }: Omit<FstabEntry, 'at'>,
  spec: string,
  xfs: boolean,
): readonly [string, string] {
  const [, , type, options = 'defaults,nofail', dump = '0', pass = '2'] = original?.trim().split(/\s+/) ?? [];
  const kind = type ?? (xfs ? 'xfs' : 'ext4');
  // A copy has its original's UUID while both are attached.
  const all = [options, 'nosuid', 'nodev', ...(xfs && !options.split(',').includes('nouuid') ? ['nouuid'] : [])].join(
    ',',
  );
  return [
    `#chainmend ${volumeId} ${path} was ${was}: ${original ?? '-'}`,
    `${spec} ${path} ${kind} ${all} ${dump} ${pass}`,
  ];
}
