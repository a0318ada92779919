// AWS's answers to the launch of a replacement instance, and what templates may require.
import { describe } from '@jest/globals';
import * as launches from './cases/launches.ts';
import { itHolds } from './cases/matrix.ts';

describe('another instance', () =>
  itHolds('launches', launches.SCENARIOS, new URL('./cases/launches.ts', import.meta.url)));
