// Watching with the real functions in the region: their bundles, their roles, the networks between them and the nodes.
import { describe } from '@jest/globals';
import { itHolds } from '../../local/scenarios/cases/matrix.ts';
import * as watching from './cases.ts';

describe('watch-fleet in the region', () =>
  itHolds('watch-fleet', watching.SCENARIOS, new URL('./cases.ts', import.meta.url)));
