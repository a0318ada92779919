// The end of a first sync's type with the real function in the region: its bundle, its role, and the modelled EC2 and table.
import { describe } from '@jest/globals';
import { itHolds } from '../../local/scenarios/cases/matrix.ts';
import * as types from './type-cases.ts';

describe('an instance that goes back from the type of its first sync, in the region', () =>
  itHolds('replace-node/type', types.SCENARIOS, new URL('./type-cases.ts', import.meta.url)));
