// Python for this part of the laboratory: moto and botocore from PyPI, pinned by hash, and moto's own tests, which its source package has.
import { execFile, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { repositoryRoot } from '../../../infra/paths.ts';
import { pythonTool } from '../../fixtures/python-tool.ts';

const run = promisify(execFile);
const FETCH_MS = 300_000;
const PLAY_MS = 1_800_000;
const OUTPUT_CHARACTERS_MAX = 16 * 1024 * 1024;

export interface Python {
  /** A program's standard output. Rejects where it ends with another status than those that are allowed. */
  run(words: readonly string[], how: RunOptions): Promise<string>;
  /** The folder of the packages, for PYTHONPATH. */
  readonly packages: string;
  /** The folder of moto's source package. */
  readonly motoSource: string;
}

export interface RunOptions {
  readonly folder: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly input?: string;
  readonly allowed?: readonly number[];
}

/** Installs what is missing. Rejects with a sentence where there is no Python, no pip or no network. */
export async function preparePython(): Promise<Python> {
  const tool = await pythonTool('moto');
  if (tool.is === 'missing') throw new Error(tool.why);
  return {
    packages: tool.packages,
    motoSource: await sourceOfMoto(`${tool.packages}-source`),
    run: (words, how) => runPython(words, { ...how, environment: { PYTHONPATH: tool.packages, ...how.environment } }),
  };
}

async function sourceOfMoto(folder: string): Promise<string> {
  if (!existsSync(folder)) {
    const working = await mkdtemp(join(dirname(folder), 'new-'));
    try {
      const pinned = readFileSync(join(repositoryRoot, 'test/tools/moto.txt'), 'utf8');
      const [lines = ''] = /^moto==(?:.*\\\n)*.*$/m.exec(pinned) ?? [];
      await writeFile(join(working, 'moto.txt'), lines);
      const words = ['-m', 'pip', 'download', '--quiet', '--no-deps', '--no-binary', ':all:', '--require-hashes'];
      await run('python3', [...words, '--dest', working, '--requirement', join(working, 'moto.txt')], {
        timeout: FETCH_MS,
      });
      const archive = (await readdir(working)).find((name) => name.endsWith('.tar.gz')) ?? '';
      await run('tar', ['--extract', '--file', join(working, archive), '--directory', working, '--strip-components=1']);
      await rename(working, folder);
    } finally {
      await rm(working, { recursive: true, force: true });
    }
  }
  return folder;
}

function runPython(words: readonly string[], { folder, environment, input = '', allowed = [0] }: RunOptions) {
  return new Promise<string>((resolve, reject) => {
    const child = spawn('python3', words, {
      cwd: folder,
      stdio: ['pipe', 'pipe', 'inherit'],
      timeout: PLAY_MS,
      env: { PATH: process.env['PATH'], PYTHONDONTWRITEBYTECODE: '1', ...environment },
    });
    let said = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-OUTPUT_CHARACTERS_MAX);
    });
    child.once('error', reject);
    child.once('close', (status, signal) => {
      if (status !== null && allowed.includes(status)) resolve(said);
      else
        reject(
          new Error(`python3 ${words.slice(0, 3).join(' ')} ended with ${status ?? signal}: ${said.slice(-2_000)}`),
        );
    });
    child.stdin.end(input);
  });
}
