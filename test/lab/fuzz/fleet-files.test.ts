import { describe } from '@jest/globals';
import { fuzz } from './fuzz.ts';
import { TARGETS } from './targets/fleet-files.ts';

describe('whatever a fleet file says', () => fuzz(new URL('./targets/fleet-files.ts', import.meta.url), TARGETS));
