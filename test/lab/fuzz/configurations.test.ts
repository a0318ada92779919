import { describe } from '@jest/globals';
import { fuzz } from './fuzz.ts';
import { TARGETS } from './targets/configurations.ts';

describe('whatever a client’s configuration holds', () =>
  fuzz(new URL('./targets/configurations.ts', import.meta.url), TARGETS));
