// Another version of chainmend at hand: a folder, or a commit of this repository that is written into a folder of its own.
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { plainText } from '../../../shared/text/plain-text.ts';
import { repositoryRoot } from '../../paths.ts';
import { UsageError } from '../errors.ts';

export const PLAYER = 'local/twin/play.ts';

export interface Checkout {
  /** Its folder, with node_modules. */
  readonly root: string;
  /** As people know it: the folder as it was written, or the reference with the commit. */
  readonly name: string;
  /** Removes what was made for it. */
  readonly end: () => void;
}

/**
 * @param written a folder with node_modules, or what git knows as a commit: a branch, a tag, a hash
 * @param repository where git looks for it
 * @throws UsageError where it is neither, or is older than the comparison
 */
export async function checkoutOf(written: string, repository: string = repositoryRoot): Promise<Checkout> {
  const checkout = isFolder(written) ? folderAt(written) : await commitAt(written, repository);
  if (existsSync(join(checkout.root, PLAYER))) return checkout;
  checkout.end();
  throw new UsageError(`--code: ${checkout.name} has no ${PLAYER}: it is no chainmend, or older than this comparison`);
}

const isFolder = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;

function folderAt(written: string): Checkout {
  const root = resolve(written);
  const name = plainText(written, 200);
  if (!isFolder(join(root, 'node_modules')))
    throw new UsageError(`--code: ${name} has no node_modules: run npm ci there first`);
  return { root, name, end: () => {} };
}

async function commitAt(written: string, repository: string): Promise<Checkout> {
  const hash = await commitOf(written, repository);
  const folder = mkdtempSync(join(tmpdir(), 'chainmend-code-'));
  const end = (): void => rmSync(folder, { recursive: true, force: true });
  try {
    const archive = join(folder, 'code.tar');
    const root = join(folder, 'code');
    mkdirSync(root);
    await run('git', ['-C', repository, 'archive', '--format=tar', `--output=${archive}`, hash]);
    await run('tar', ['-xf', archive, '-C', root]);
    rmSync(archive);
    // What it depends on is what is installed here. Its package-lock.json may say otherwise, which a folder of its own can do justice to.
    symlinkSync(join(repositoryRoot, 'node_modules'), join(root, 'node_modules'), 'junction');
    return { root, name: `${plainText(written, 200)} (${hash.slice(0, 10)})`, end };
  } catch (error) {
    end();
    throw error;
  }
}

async function commitOf(written: string, repository: string): Promise<string> {
  try {
    const words = ['rev-parse', '--verify', '--quiet', '--end-of-options', `${written}^{commit}`];
    return (await run('git', ['-C', repository, ...words])).stdout.trim();
  } catch {
    throw new UsageError(
      `--code: ${JSON.stringify(plainText(written, 200))} is neither a folder nor a commit of this repository`,
    );
  }
}

/** No shell: a reference is one word, whatever it looks like. */
const run = promisify(execFile);
