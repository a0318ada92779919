// Where the user's own fleet files are: in the clone, or in the folder in which the packed command is called.
import { join, resolve } from 'node:path';
import { isClone } from './paths.ts';

export const fleetsDirectory = isClone ? join(import.meta.dirname, 'fleets') : resolve('fleets');
