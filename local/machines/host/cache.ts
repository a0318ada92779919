// The cache directory on this host for what takes minutes to make. It is outside the tree, so a clean checkout finds it again.
import { homedir } from 'node:os';
import { join } from 'node:path';

/** Gets a sentence about the current step, for a waiting user. */
export type ReportProgress = (sentence: string) => void;

/** The directory of base systems, software and runs. */
export function cacheDirectory(environment: NodeJS.ProcessEnv = process.env): string {
  const { XDG_CACHE_HOME: given } = environment;
  // By its specification a relative path is invalid and must be ignored.
  const caches = given?.startsWith('/') ? given : join(homedir(), '.cache');
  return join(caches, 'chainmend');
}
