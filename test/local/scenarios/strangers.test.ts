// A caller that may invoke a heal may send anything: forged and malformed payloads change nothing.
import { describe } from '@jest/globals';
import { itHolds } from './cases/matrix.ts';
import * as strangers from './cases/strangers.ts';

describe('a stranger', () =>
  itHolds('strangers', strangers.SCENARIOS, new URL('./cases/strangers.ts', import.meta.url)));
