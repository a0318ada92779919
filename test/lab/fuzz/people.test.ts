import { describe } from '@jest/globals';
import { fuzz } from './fuzz.ts';
import { TARGETS } from './targets/people.ts';

describe('whatever people type', () => fuzz(new URL('./targets/people.ts', import.meta.url), TARGETS));
