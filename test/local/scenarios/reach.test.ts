// Owners must tag what a replacement instance needs. Where they have not, nothing fails silently.
import { describe } from '@jest/globals';
import { itHolds } from './cases/matrix.ts';
import { SCENARIOS } from './cases/reach.ts';

describe('what nobody has tagged', () => itHolds('reach', SCENARIOS, new URL('./cases/reach.ts', import.meta.url)));
