// What both programs of a clone say of themselves.
import { readFileSync } from 'node:fs';

/** How a person calls the command in a clone: `chainmend` alone works where npm has linked it. */
export const PROGRAM = 'npm run chainmend --';

/** Of package.json: "0.1.0". */
export const VERSION: string = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')).version;
