// Where on this host is kept what takes minutes to make: outside of the tree, so that a clean checkout finds it again.
import { homedir } from 'node:os';
import { join } from 'node:path';

/** A sentence about what is being done, for whoever waits. */
export type ReportProgress = (sentence: string) => void;

/** Of bases, software and runs. */
export function cacheDirectory(environment: NodeJS.ProcessEnv = process.env): string {
  const { XDG_CACHE_HOME: given } = environment;
  // By its specification a relative path is invalid and to be ignored.
  const caches = given?.startsWith('/') ? given : join(homedir(), '.cache');
  return join(caches, 'chainmend');
}
