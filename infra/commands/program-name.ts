// What both programs say of themselves.
import { readFileSync } from 'node:fs';
import { isClone } from '../paths.ts';
import { UsageError } from './errors.ts';

/** How a person calls the command in a clone: `chainmend` alone works where npm has linked it. */
export const PROGRAM = 'npm run chainmend --';

/** Of package.json: "0.2.0". */
export const VERSION: string = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')).version;

/** Sentences are written for a clone, and a person pastes what they say: the packed command has another name, and another folder of fleet files. Pure. */
export const forPackage = (text: string): string =>
  text.replaceAll(PROGRAM, 'chainmend').replaceAll('infra/fleets', 'fleets');

/** @throws UsageError in the packed command */
export function needClone(what: string): void {
  if (isClone) return;
  throw new UsageError(
    `${what} needs a clone of the repository, with npm install: this package has neither the local region nor CDK`,
  );
}
