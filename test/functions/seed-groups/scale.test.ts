// Scaling with the real function in the region: its bundle, its role, and the modelled EC2, Auto Scaling and table.
import { describe } from '@jest/globals';
import { itHolds } from '../../local/scenarios/cases/matrix.ts';
import * as scaling from './scale-cases.ts';

describe('a scaling in the region', () =>
  itHolds('scale', scaling.SCENARIOS, new URL('./scale-cases.ts', import.meta.url)));
