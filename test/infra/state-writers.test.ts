// Only its own writers write a record: tested with the real roles in the region, with and without the condition that stops the others.
import { describe } from '@jest/globals';
import { itHolds } from '../local/scenarios/cases/matrix.ts';
import { SCENARIOS } from './state-writers-cases.ts';

describe('the records of the table', () =>
  itHolds('state-writers', SCENARIOS, new URL('./state-writers-cases.ts', import.meta.url)));
