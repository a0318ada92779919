// The end of a boost with the real function in the region: its bundle, its role, and the modelled EC2 and table.
import { longSuite } from '../../fixtures/long.ts';
import { itHolds } from '../../local/scenarios/cases/matrix.ts';
import * as boosts from './boost-cases.ts';

longSuite('boost')('the end of a boost in the region', () =>
  itHolds('boost', boosts.SCENARIOS, new URL('./boost-cases.ts', import.meta.url)),
);
