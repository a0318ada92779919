// A program in one piece, made of its sources after a first run (program-cli.ts). Each start asks here whether there is one, and whether it is still
// what the sources say. It is JavaScript because a Node.js that is too old to strip types reads it first.
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { setPriority } from 'node:os';
import { join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const programs = join(root, 'dist/programs');

/** By the names of what is kept of them. */
export const PROGRAMS = { 'local/main.ts': 'start', 'infra/commands/chainmend-cli.ts': 'chainmend' };

/** A program that could not be made is tried again after so long. */
const AGAIN_MS = 10 * 60_000;
const LOW_PRIORITY = 10;

/** @param path of the file that was started @returns the name of its program; undefined for other files */
export const programName = (path) => PROGRAMS[relative(root, path).split(sep).join('/')];

/**
 * The module that starts a program in one piece, and exports its `main`; undefined where there is none, or a source is another one by now. Each source
 * has the size, the times and the inode that it had when it was read: whoever writes into a file changes the time of its status.
 */
export function keptProgram(name, folder = programs) {
  try {
    const { directory, pieces, files } = JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8'));
    if (!files.every(([path, ...seen]) => stamp(join(root, path)).every((value, at) => value === seen[at])))
      return undefined;
    return isWhole(join(folder, directory), pieces) ? join(folder, directory, 'start.mjs') : undefined;
  } catch {
    // None was made, it is torn, or a source is gone: the sources themselves are run.
    return undefined;
  }
}

/** Whether a folder has all files of a program, as they were written: a machine may lose its power, and a person may delete some of them. */
export const isWhole = (directory, pieces) =>
  pieces.every(([file, bytes]) => statSync(join(directory, file), { throwIfNoEntry: false })?.size === bytes);

/** What changes when a file does. */
export function stamp(path) {
  const { size, mtimeMs, ctimeMs, ino } = statSync(path);
  return [size, mtimeMs, ctimeMs, ino];
}

/**
 * Makes the program for the next start, in a process beside this one, which nobody waits for. It ends within two minutes, and there is one at a time.
 * @param node the binary that the program runs on @param execArgv its flags: V8 keeps code for the same flags alone
 */
export function makeProgramAfterwards(name, node, execArgv, folder = programs) {
  const turn = join(folder, `${name}.turn`);
  try {
    mkdirSync(folder, { recursive: true });
    if (Date.now() - (statSync(turn, { throwIfNoEntry: false })?.mtimeMs ?? Date.now()) > AGAIN_MS) rmSync(turn);
    writeFileSync(turn, String(process.pid), { flag: 'wx' });
    const { NODE_OPTIONS: _, ...env } = process.env;
    const child = spawn(node, [...execArgv, join(root, 'infra/program-cli.ts'), name], {
      cwd: root,
      env,
      detached: true,
      stdio: 'ignore',
      windowsHide: true,
    });
    child.on('error', () => {});
    child.unref();
    if (child.pid !== undefined) setPriority(child.pid, LOW_PRIORITY);
  } catch {
    // Another run is at it, or nothing can be kept: the sources are run the next time, too.
  }
}
