import { describe } from '@jest/globals';
import { fuzz } from './fuzz.ts';
import { TARGETS } from './targets/read-outs.ts';

describe('whatever a read-out says', () => fuzz(new URL('./targets/read-outs.ts', import.meta.url), TARGETS));
