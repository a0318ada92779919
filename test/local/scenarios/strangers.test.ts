// Who may invoke a heal may invoke it with anything: forged and malformed payloads touch nothing.
import { describe } from '@jest/globals';
import { itHolds } from './cases/matrix.ts';
import * as strangers from './cases/strangers.ts';

describe('a stranger', () =>
  itHolds('strangers', strangers.SCENARIOS, new URL('./cases/strangers.ts', import.meta.url)));
