// Starts a program of the local region in a process of its own, gives it a file, and hears its lines of JSON.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { plainText } from '../../shared/text/plain-text.ts';
import { repositoryRoot } from '../paths.ts';
import { StoreError } from './errors.ts';

/** What it says of its own failure; the rest is left out. */
const STDERR_CHARACTERS = 2_000;

/**
 * It has no variable of AWS: nothing leaves this machine.
 * @param program its path in the repository
 * @param root another checkout of chainmend, which plays with its own functions
 * @throws StoreError where it fails
 */
export async function playLocally<Line>(
  program: string,
  input: object,
  heard: (line: Line) => void,
  root = repositoryRoot,
): Promise<readonly Line[]> {
  const folder = mkdtempSync(join(tmpdir(), 'chainmend-local-'));
  try {
    const file = join(folder, 'input.json');
    writeFileSync(file, JSON.stringify(input), { mode: 0o600 });
    const env = Object.fromEntries(
      Object.entries(process.env).filter(([name]) => !name.startsWith('AWS_') && name !== 'CHAINMEND_NAME'),
    );
    const words = ['--disable-warning=ExperimentalWarning', join(root, program), file];
    const child = spawn(process.execPath, words, { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] });
    const ended = new Promise<number | string>((done, fail) => {
      child.once('error', fail);
      child.once('exit', (code, signal) => done(signal ?? code ?? 1));
    });
    let remarks = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      remarks = (remarks + text).slice(-STDERR_CHARACTERS);
    });
    const lines: Line[] = [];
    for await (const text of createInterface({ input: child.stdout })) {
      const line = JSON.parse(text) as Line;
      lines.push(line);
      heard(line);
    }
    const status = await ended;
    if (status !== 0)
      throw new StoreError(`the local region ended with ${status}: ${plainText(remarks, STDERR_CHARACTERS)}`);
    return lines;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
