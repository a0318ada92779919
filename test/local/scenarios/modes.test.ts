// People's actions around a heal: pauses, modes, mutes, broken files, odd names, calls by hand.
import { describe } from '@jest/globals';
import { itHolds } from './cases/matrix.ts';
import * as people from './cases/people.ts';

describe('when people are at work', () =>
  itHolds('modes', people.SCENARIOS, new URL('./cases/people.ts', import.meta.url)));
