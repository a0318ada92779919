// Bad input, end to end: RPCs, references, names and fleet files that are not what they should be.
import { describe } from '@jest/globals';
import * as badInput from './cases/bad-input.ts';
import { itHolds } from './cases/matrix.ts';

describe('when', () => itHolds(badInput.SCENARIOS, new URL('./cases/bad-input.ts', import.meta.url)));
