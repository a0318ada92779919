// A tool of PyPI for a test: every file of it is pinned by hash in test/tools/NAME.txt, and kept outside of the tree once it is installed.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { repositoryRoot } from '../../infra/paths.ts';
import { cacheDirectory } from '../../local/machines/host/cache.ts';

const INSTALL_MS = 300_000;
const OUTPUT_BYTES = 16 * 1024 * 1024;
const run = promisify(execFile);

export type PythonTool =
  /** The folder of its packages: `PYTHONPATH=… python3 …/bin/COMMAND`. */
  | { readonly is: 'there'; readonly packages: string }
  /** A sentence: no Python, no pip, no network. */
  | { readonly is: 'missing'; readonly why: string };

/** Installs the tool where it is not there yet. No environment of the host is changed. */
export async function pythonTool(name: string): Promise<PythonTool> {
  const requirements = join(repositoryRoot, 'test/tools', `${name}.txt`);
  try {
    const { stdout: version } = await run('python3', ['-c', 'import sys; print(*sys.version_info[:2], sep=".")']);
    const hash = createHash('sha256').update(version).update(readFileSync(requirements)).digest('hex').slice(0, 16);
    const folder = join(cacheDirectory(), 'python');
    const packages = join(folder, `${name}-${hash}`);
    if (existsSync(packages)) return { is: 'there', packages };
    await mkdir(folder, { recursive: true });
    const working = await mkdtemp(join(folder, 'new-'));
    try {
      await run('python3', [...PIP, '--target', working, '--requirement', requirements], {
        timeout: INSTALL_MS,
        maxBuffer: OUTPUT_BYTES,
      });
      await rename(working, packages).catch((error: unknown) => {
        // Another process was faster, with the same files.
        if (!existsSync(packages)) throw error;
      });
    } finally {
      await rm(working, { recursive: true, force: true });
    }
    return { is: 'there', packages };
  } catch (error) {
    const said = error instanceof Error ? error.message.trim().split('\n').slice(-3).join(' ') : String(error);
    return { is: 'missing', why: `${name} cannot be installed from PyPI: ${said}` };
  }
}

const PIP = [
  ...['-m', 'pip', 'install', '--quiet', '--no-input', '--disable-pip-version-check'],
  ...['--require-hashes', '--only-binary', ':all:', '--no-deps'],
];
