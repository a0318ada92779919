// Keys of other accounts: the stack gets their ARNs, and their own policies decide.
import { longSuite } from '../../fixtures/long.ts';
import * as keys from './cases/keys.ts';
import { itHolds } from './cases/matrix.ts';

longSuite('keys')('volumes under a key of another account', () =>
  itHolds('keys', keys.SCENARIOS, new URL('./cases/keys.ts', import.meta.url)),
);
