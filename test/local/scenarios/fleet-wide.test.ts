// Fleets with so many nodes that one alarm covers all of them.
import { describe } from '@jest/globals';
import * as fleetWide from './cases/fleet-wide.ts';
import { itHolds } from './cases/matrix.ts';

describe('a fleet-wide alarm', () =>
  itHolds('fleet-wide', fleetWide.SCENARIOS, new URL('./cases/fleet-wide.ts', import.meta.url)));
