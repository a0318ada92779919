// Tests that `npm test` leaves out.
import { it } from '@jest/globals';
import { isAsked } from './asked.ts';

/** A test of many seconds: run where its suite was asked for, and told by its name and how to ask for it where it is left out. */
export const long = (suite: string): typeof it =>
  isAsked(suite)
    ? it
    : (((name: string, body: () => unknown, timeout?: number) =>
        it.skip(`${name} (left out: npm test -- ${suite})`, body as () => void, timeout)) as typeof it);
