import { describe } from '@jest/globals';
import { fuzz } from './fuzz.ts';
import { TARGETS } from './targets/events.ts';

describe('whatever starts a function', () => fuzz(new URL('./targets/events.ts', import.meta.url), TARGETS));
