// Owners have to tag what a new instance needs: where they have not, nothing breaks without a word.
import { describe } from '@jest/globals';
import { itHolds } from './cases/matrix.ts';
import { SCENARIOS } from './cases/reach.ts';

describe('what nobody has tagged', () => itHolds('reach', SCENARIOS, new URL('./cases/reach.ts', import.meta.url)));
