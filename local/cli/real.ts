// `npm start -- --real`: stories on real machines of this host. They are no part of the region: the laboratory's own program plays and prints them.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:os';
import { join } from 'node:path';
import { repositoryRoot } from '../../infra/paths.ts';

const PROGRAM = join(repositoryRoot, 'test/lab/machines/show-cli.ts');

/** @returns the exit status of the program: that of a signal's shell where a signal ended it */
export async function showReal(words: readonly string[]): Promise<number> {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', PROGRAM, ...words], {
    stdio: 'inherit',
  });
  // A terminal sends Ctrl-C to both: this process ends with the other one.
  const stay = (): void => {};
  process.on('SIGINT', stay);
  const pass = (signal: NodeJS.Signals): void => void child.kill(signal);
  process.on('SIGTERM', pass);
  try {
    const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
    return code ?? 128 + constants.signals[signal ?? 'SIGKILL'];
  } finally {
    process.off('SIGINT', stay);
    process.off('SIGTERM', pass);
  }
}
