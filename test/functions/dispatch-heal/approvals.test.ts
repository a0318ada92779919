// Mode ask with the real functions in the region: an approval covers what was shown, and the approver is recorded.
import { describe } from '@jest/globals';
import { itHolds } from '../../local/scenarios/cases/matrix.ts';
import * as approvals from './approval-cases.ts';

const from = new URL('./approval-cases.ts', import.meta.url);

describe('an approval', () => itHolds('approvals', approvals.SCENARIOS, from));
