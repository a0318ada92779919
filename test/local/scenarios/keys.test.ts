// Keys of other accounts, which the stack is told of and whose own policies decide.
import { longSuite } from '../../fixtures/long.ts';
import * as keys from './cases/keys.ts';
import { itHolds } from './cases/matrix.ts';

longSuite('keys')('volumes under a key of another account', () =>
  itHolds('keys', keys.SCENARIOS, new URL('./cases/keys.ts', import.meta.url)),
);
