// Mode ask: an approval covers what was shown, and who gave it is written down. With the real functions in the region.
import { describe } from '@jest/globals';
import { itHolds } from '../simulation/cases/matrix.ts';
import * as approvals from './cases/approvals.ts';

const from = new URL('./cases/approvals.ts', import.meta.url);

describe('an approval', () => itHolds('approvals', approvals.SCENARIOS, from));
