// Where the user's own fleet files are.
import { join } from 'node:path';

export const fleetsDirectory = join(import.meta.dirname, 'fleets');
