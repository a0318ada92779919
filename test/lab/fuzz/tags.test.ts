import { describe } from '@jest/globals';
import { fuzz } from './fuzz.ts';
import { TARGETS } from './targets/tags.ts';

describe('whatever is written on things in the account', () =>
  fuzz(new URL('./targets/tags.ts', import.meta.url), TARGETS));
