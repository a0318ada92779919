// What is made of the sources alone, and kept for the next run: bundles, assemblies, worlds, lists, programs, compiled code. One rule for all of it:
// - it is kept under the hash of what it was made from, and never used for anything else;
// - it appears whole, under its own name, so two runs at once and a run that dies do no harm;
// - where it cannot be kept (a full or read-only disk), the run works without it, and says nothing;
// - anybody may delete dist/ at any time; and each shelf holds so many and no more.
import { createHash, hash as digest } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statfsSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { repositoryRoot } from './paths.ts';

export interface Shelf {
  readonly folder: string;
  /** So many are kept, the latest used ones. */
  readonly most: number;
  /** What was used since then stays, whatever `most` says: its user still reads there. */
  readonly inUseMs: number;
}

/** A process that was given a path reads there for minutes. */
const IN_USE_MS = 60 * 60_000;
const TIMEOUT_MS = 600_000;
const LOOK_EVERY_MS = 100;
/** Less than this is a full disk: the largest thing that is made takes half of it. */
const ROOM_BYTES = 64 * 2 ** 20;

const PROGRAM = Symbol.for('chainmend.program');

/** A folder below dist/. */
export const shelf = (name: string, most: number, inUseMs = IN_USE_MS): Shelf => ({
  folder: join(repositoryRoot, 'dist', name),
  most,
  inUseMs,
});

/** The hash of files and of all files in folders, by their paths in the repository; 16 hex digits. @param context what else it is made from */
export function hashOf(paths: readonly string[], context: string): string {
  const hash = createHash('sha256').update(process.version).update(context);
  for (const path of paths) {
    for (const file of filesOf(path)) {
      hash.update(`\0${relative(repositoryRoot, file)}\0`).update(readFileSync(file));
    }
  }
  return hash.digest('hex').slice(0, 16);
}

const SEEN = shelf('seen', 8, 0);
/** A filesystem tells times in steps of two seconds at most (FAT): a file could be written again within the step in which it was read. */
const SETTLED_MS = 2_000;

/**
 * `hashOf` files that are many: they are read again where the size, the times or the inode of one is another one. Whoever writes into a file changes the
 * time of its status, which no tool sets.
 * @param place for tests
 */
export function hashOfMany(paths: readonly string[], context: string, place = SEEN): string {
  const hash = createHash('sha256').update(process.version).update(repositoryRoot).update(context);
  let newestMs = 0;
  for (const file of paths.flatMap(filesOf)) {
    const { size, mtimeMs, ctimeMs, ino } = statSync(file);
    hash.update(`\0${file} ${size} ${mtimeMs} ${ctimeMs} ${ino}`);
    newestMs = Math.max(newestMs, mtimeMs, ctimeMs);
  }
  const seen = hash.digest('hex').slice(0, 16);
  const known = keptBytes(place, seen)?.toString();
  if (known !== undefined) return known;
  const isSettled = newestMs < Date.now() - SETTLED_MS;
  const read = hashOf(paths, context);
  if (isSettled) keepBytes(place, seen, Buffer.from(read));
  return read;
}

/** The hash of the code that runs: of its sources, or of the program that was made of them (program/start.js). @param sources all that it may be made of */
export const hashOfCode = (sources: readonly string[]): string =>
  (globalThis as { readonly [PROGRAM]?: string })[PROGRAM] ?? hashOfMany(sources, 'code');

function filesOf(path: string): readonly string[] {
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

/**
 * The path of what was made, a file or a folder. Any number of processes may ask at the same time: one makes it, the others wait.
 * @param hash of what it is made from: `hashOf`
 * @param make makes it at a path of its own; its errors are the caller's
 */
export async function keep(place: Shelf, hash: string, make: (path: string) => Promise<void>): Promise<string> {
  const made = join(place.folder, hash);
  if (isThere(made)) return made;
  if (!canKeep(place)) return temporarily(made, make);
  const turn = `${made}.turn`;
  while (!takeTurn(turn)) {
    await setTimeout(LOOK_EVERY_MS);
    if (isThere(made)) return made;
  }
  try {
    const working = mkdtempSync(join(place.folder, 'new-'));
    try {
      await make(join(working, 'made'));
      moveUnlessThere(join(working, 'made'), made);
    } finally {
      rmSync(working, { recursive: true, force: true });
    }
  } finally {
    rmSync(turn, { force: true });
  }
  forgetOldest(place);
  return made;
}

/** The same for what is made in a moment, by each who asks at once. */
export function keepNow(place: Shelf, hash: string, make: (path: string) => void): string {
  const made = join(place.folder, hash);
  if (isThere(made)) return made;
  const isKept = canKeep(place);
  const working = mkdtempSync(isKept ? join(place.folder, 'new-') : join(tmpdir(), 'chainmend-made-'));
  const removed = (): void => rmSync(working, { recursive: true, force: true });
  make(join(working, 'made'));
  if (!isKept) {
    process.once('exit', removed);
    return join(working, 'made');
  }
  moveUnlessThere(join(working, 'made'), made);
  removed();
  forgetOldest(place);
  return made;
}

/** What `keepBytes` has kept; undefined where there is none, or where it is torn. */
export function keptBytes({ folder }: Shelf, hash: string): Buffer | undefined {
  const path = join(folder, hash);
  try {
    const all = readFileSync(path);
    const bytes = all.subarray(CHECK_BYTES);
    if (checkOf(bytes).equals(all.subarray(0, CHECK_BYTES))) {
      isThere(path);
      return bytes;
    }
    rmSync(path, { force: true });
  } catch {
    // It was never kept, was deleted, or cannot be read: it is made again.
  }
  return undefined;
}

/** Keeps bytes, where there is room. */
export function keepBytes(place: Shelf, hash: string, bytes: Uint8Array): void {
  try {
    if (!canKeep(place)) return;
    const working = mkdtempSync(join(place.folder, 'new-'));
    writeFileSync(join(working, 'made'), Buffer.concat([checkOf(bytes), bytes]));
    renameSync(join(working, 'made'), join(place.folder, hash));
    rmSync(working, { recursive: true, force: true });
    forgetOldest(place);
  } catch {
    // The disk has filled, or dist/ was deleted meanwhile: the next run makes it again.
  }
}

/** A machine that loses its power may leave a file with its name and without its bytes. */
const CHECK_BYTES = 32;
const checkOf = (bytes: Uint8Array): Buffer => digest('sha256', bytes, 'buffer');

/** What is used is not forgotten. */
function isThere(made: string): boolean {
  if (!existsSync(made)) return false;
  const now = new Date();
  try {
    utimesSync(made, now, now);
  } catch {
    // On a read-only disk it is used as well.
  }
  return existsSync(made);
}

function canKeep({ folder }: Shelf): boolean {
  try {
    mkdirSync(folder, { recursive: true });
    rmSync(mkdtempSync(join(folder, 'new-')), { recursive: true });
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize >= ROOM_BYTES;
  } catch {
    return false;
  }
}

/** By where it would be kept. A process asks for the same several times. */
const passing = new Map<string, Promise<string>>();

/** Makes it in the folder of the system for temporary files, until this process ends. */
function temporarily(made: string, make: (path: string) => Promise<void>): Promise<string> {
  const making = passing.get(made) ?? makeTemporarily(make);
  passing.set(made, making);
  return making;
}

async function makeTemporarily(make: (path: string) => Promise<void>): Promise<string> {
  const working = mkdtempSync(join(tmpdir(), 'chainmend-made-'));
  process.once('exit', () => rmSync(working, { recursive: true, force: true }));
  await make(join(working, 'made'));
  return join(working, 'made');
}

/**
 * Many processes may want the same at once. Ten that make it at once take ten times as long, so one does the work. A process that died, or takes too
 * long, loses its turn.
 */
function takeTurn(turn: string): boolean {
  try {
    writeFileSync(turn, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if (!isError(error, 'EEXIST')) throw error;
  }
  try {
    const { mtimeMs } = statSync(turn);
    if (isAlive(Number(readFileSync(turn, 'utf8'))) && Date.now() - mtimeMs < TIMEOUT_MS) return false;
    rmSync(turn, { force: true });
  } catch (error) {
    // The turn of the other process has just ended.
    if (!isError(error, 'ENOENT')) throw error;
  }
  return false;
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return !isError(error, 'ESRCH');
  }
}

const isError = (error: unknown, code: string): boolean => (error as NodeJS.ErrnoException).code === code;

function moveUnlessThere(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    // Another process was faster. It had the same sources, so what it made is the same.
    if (!existsSync(to)) throw error;
  }
}

/** Removes what was not used for the longest time, and what processes that died have left. */
function forgetOldest({ folder, most, inUseMs }: Shelf): void {
  const now = Date.now();
  const entries = readdirSync(folder).flatMap((name) => {
    const stats = statSync(join(folder, name), { throwIfNoEntry: false });
    return stats === undefined ? [] : [{ name, atMs: stats.mtimeMs }];
  });
  const remove = ({ name }: { readonly name: string }): void =>
    rmSync(join(folder, name), { recursive: true, force: true });
  entries
    .filter(({ name }) => /^[0-9a-f]{16}$/.test(name))
    .sort((one, other) => other.atMs - one.atMs)
    .slice(most)
    .filter(({ atMs }) => atMs <= now - inUseMs)
    .forEach(remove);
  entries.filter(({ name, atMs }) => /^new-/.test(name) && atMs < now - IN_USE_MS).forEach(remove);
}
