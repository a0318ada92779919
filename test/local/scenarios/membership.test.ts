// What a neighbour can do to a fleet: nothing, whatever its own file and its own tags say. `npm test -- membership` plays all of it.
import { describe } from '@jest/globals';
import { itHolds } from './cases/matrix.ts';
import * as membership from './cases/membership.ts';
import * as callers from './cases/membership-callers.ts';
import * as owners from './cases/two-owners.ts';

describe('a neighbour', () =>
  itHolds('membership', membership.SCENARIOS, new URL('./cases/membership.ts', import.meta.url)));

describe('who owns another fleet of the same chain gets no data by', () =>
  itHolds('membership', owners.SCENARIOS, new URL('./cases/two-owners.ts', import.meta.url)));

describe('each function leaves alone what a neighbour claims, too', () =>
  itHolds('membership', callers.SCENARIOS, new URL('./cases/membership-callers.ts', import.meta.url)));
