// Watching with the real functions in the region: their bundles, their roles, the networks between them and the nodes.
import { describe } from '@jest/globals';
import { itHolds } from '../simulation/cases/matrix.ts';
import * as watching from './cases/watch-fleet.ts';

describe('watch-fleet in the region', () =>
  itHolds('watch-fleet', watching.SCENARIOS, new URL('./cases/watch-fleet.ts', import.meta.url)));
