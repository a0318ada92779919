// What AWS may say to the launch of another instance, and what templates may ask of it.
import { describe } from '@jest/globals';
import * as launches from './cases/launches.ts';
import { itHolds } from './cases/matrix.ts';

describe('another instance', () =>
  itHolds('launches', launches.SCENARIOS, new URL('./cases/launches.ts', import.meta.url)));
