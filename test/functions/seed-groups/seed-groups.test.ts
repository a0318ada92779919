// Seeding with the real function in the region: its bundle, its role, and the modelled EC2, Auto Scaling and table.
import { describe } from '@jest/globals';
import { itHolds } from '../../local/scenarios/cases/matrix.ts';
import * as seeding from './cases.ts';

describe('seed-groups in the region', () =>
  itHolds('seed-groups', seeding.SCENARIOS, new URL('./cases.ts', import.meta.url)));
