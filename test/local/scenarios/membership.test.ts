// What a neighbour can do to a fleet: nothing, whatever its own file and its own tags say. `npm test -- membership` plays all of it.
import { describe } from '@jest/globals';
import { itHolds } from './cases/matrix.ts';
import * as membership from './cases/membership.ts';

describe('a neighbour', () =>
  itHolds('membership', membership.SCENARIOS, new URL('./cases/membership.ts', import.meta.url)));
