import { describe } from '@jest/globals';
import { fuzz } from './fuzz.ts';
import { TARGETS } from './targets/node-answers.ts';

describe('whatever a command prints', () => fuzz(new URL('./targets/node-answers.ts', import.meta.url), TARGETS));
