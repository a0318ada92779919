// Loop devices of a run: those whose file is in its directory, by path, or by number if the mount is gone. Also those whose file is in a filesystem
// on one of these.
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { attempt, run as runCommand } from './commands.ts';
import type { Run } from './runs.ts';

interface Loop {
  readonly device: string;
  /** Its own "<major>:<minor>". */
  readonly number: string;
  readonly file: string;
  /** "<major>:<minor>" of the filesystem that the file is on. */
  readonly filesystem: string;
  readonly inode: number;
}

/** @returns the devices that are still there */
export async function releaseLoops(run: Run): Promise<string[]> {
  for (const { device } of await loopsOf(run)) {
    // Otherwise partitions that partx made would stay.
    await attempt('partx', ['--delete', device], { limitSeconds: 10 });
    // Checked again at the last moment: the kernel gives the number of a released device to the next process that needs one.
    if ((await loopsOf(run)).some((loop) => loop.device === device))
      await attempt('losetup', ['--detach', device], { limitSeconds: 10 });
  }
  return (await loopsOf(run)).map(({ device }) => device);
}

async function loopsOf({ directory }: Run): Promise<Loop[]> {
  const loops = await allLoops();
  if (loops.length === 0) return [];
  const owned = identify(directory);
  const found = loops.filter(
    ({ file, filesystem, inode }) =>
      file.startsWith(`${directory}/`) ||
      (owned !== undefined && (filesystem === owned.wholeFilesystem || owned.files.has(`${filesystem} ${inode}`))),
  );
  return withNested(found, loops);
}

/** The deepest first: it keeps the others busy. */
function withNested(found: readonly Loop[], loops: readonly Loop[]): Loop[] {
  const numbers = new Set(found.map(({ number }) => number));
  const nested = loops.filter((loop) => numbers.has(loop.filesystem) && !found.includes(loop));
  return nested.length === 0 ? [...found] : [...withNested(nested, loops), ...found];
}

interface RunFiles {
  /** If the directory is a filesystem of its own, everything on that filesystem belongs to the run, deleted or not. */
  readonly wholeFilesystem: string | undefined;
  readonly files: ReadonlySet<string>;
}

function identify(directory: string): RunFiles | undefined {
  try {
    const [own, above] = [statSync(directory), statSync(join(directory, '..'))];
    const filesystem = numberOf(own.dev);
    // Otherwise another mount of the cache's own filesystem would be mistaken for the run's.
    const wholeFilesystem = own.dev === above.dev ? undefined : filesystem;
    const files = wholeFilesystem === undefined ? regularFilesOf(directory, own.dev) : [];
    return { wholeFilesystem, files: new Set(files.map((inode) => `${filesystem} ${inode}`)) };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Volumes are near the top; deeper directories belong to a machine's own system. */
const DEPTH = 4;

function regularFilesOf(directory: string, device: number, depth = DEPTH): number[] {
  return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) return depth === 0 ? [] : regularFilesOf(path, device, depth - 1);
    if (!entry.isFile()) return [];
    const { dev, ino } = statSync(path);
    return dev === device ? [ino] : [];
  });
}

/** As makedev(3) of glibc packs it. */
const numberOf = (device: number): string => {
  const bits = BigInt(device);
  const major = ((bits >> 8n) & 0xfffn) | ((bits >> 32n) & 0xfffff000n);
  const minor = (bits & 0xffn) | ((bits >> 12n) & 0xffffff00n);
  return `${major}:${minor}`;
};

async function allLoops(): Promise<Loop[]> {
  const columns = ['--output', 'NAME,MAJ:MIN,BACK-MAJ:MIN,BACK-INO,BACK-FILE'];
  const listing = await runCommand('losetup', ['--list', '--raw', '--noheadings', ...columns], { limitSeconds: 10 });
  return listing.split('\n').flatMap((line) => {
    const [device = '', ...fields] = line.trim().split(' ').map(unescaped);
    const [number = '', filesystem = '', inode = '', file = ''] = fields.map((field) => field.trim());
    return device.startsWith('/dev/') ? [{ device, number, filesystem, inode: Number(inode), file }] : [];
  });
}

/** losetup pads numbers, and then escapes what it padded them with: "\\x20\\x200:40\\x20". */
const unescaped = (word: string): string =>
  word.replace(/\\x([0-9a-f]{2})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)));
