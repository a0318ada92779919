// What functions that look after a whole fleet tell people is repeated, acknowledged and over, as a heal's own pages are.
import { describe } from '@jest/globals';
import * as fleetPages from './cases/fleet-pages.ts';
import { itHolds } from './cases/matrix.ts';

describe('a page about a fleet', () =>
  itHolds('fleet-pages', fleetPages.SCENARIOS, new URL('./cases/fleet-pages.ts', import.meta.url)));
