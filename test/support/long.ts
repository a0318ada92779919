// Tests that `npm test` leaves out.
import { describe, it } from '@jest/globals';
import { isAsked } from './asked.ts';

/** A test of many seconds: run where its suite was asked for, and told by its name and how to ask for it where it is left out. */
export const long = (suite: string): typeof it =>
  isAsked(suite)
    ? it
    : (((name: string, body: () => unknown, timeout?: number) =>
        it.skip(`${name} (left out: npm test -- ${suite})`, body as () => void, timeout)) as typeof it);

/** The same for all that a suite has. */
export const longSuite = (suite: string): typeof describe =>
  isAsked(suite)
    ? describe
    : (((name: string, body: () => void) =>
        describe.skip(`${name} (left out: npm test -- ${suite})`, body)) as typeof describe);
