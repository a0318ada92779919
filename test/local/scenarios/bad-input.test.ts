// Bad input, end to end: wrong RPCs, references, names and fleet files.
import { describe } from '@jest/globals';
import * as badInput from './cases/bad-input.ts';
import * as badNames from './cases/bad-names.ts';
import { itHolds } from './cases/matrix.ts';

describe('an answer that is none', () =>
  itHolds('bad-input', badInput.SCENARIOS, new URL('./cases/bad-input.ts', import.meta.url)));

describe('a name or a fleet file that is wrong', () =>
  itHolds('bad-input', badNames.SCENARIOS, new URL('./cases/bad-names.ts', import.meta.url)));
