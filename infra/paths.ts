// The path of the repository, from any working directory of the process. The packed command (library/command.ts) has its package there.
import { existsSync } from 'node:fs';
import { join } from 'node:path';

export const repositoryRoot = join(import.meta.dirname, '../');

/** Whether this is a clone, with all sources, and not the packed command. */
export const isClone = existsSync(join(import.meta.dirname, 'engine.js'));
