// The timer of a stop, in every order of what heals, people, boots and AWS may do within the bounds.
import { describe, expect, it } from '@jest/globals';
import { isAsked } from '../../fixtures/asked.ts';
import { check } from './check.ts';
import { TIMER_FULL, TIMER_RULES, timerModel } from './timer.ts';

const MAX_STATES = 1_000_000;

describe('the timer of a stop, whoever comes between', () => {
  // Named, three faults: a few seconds more.
  it.each(isAsked('explorers') ? [1, 2, 3] : [1, 2])(
    '%s faults: whatever must never be is not, and what only we have stopped runs again',
    (faults) => {
      const { broken, stuck, complete, goals } = check(timerModel(TIMER_FULL, faults), { maxStates: MAX_STATES });
      expect(Object.fromEntries(broken)).toEqual({});
      expect(stuck).toBeNull();
      expect(complete).toBe(true);
      expect(goals).toBeGreaterThan(20);
    },
  );

  it.each(Object.entries(TIMER_RULES))('%s: without it something breaks', (_, { without }) => {
    const { broken, stuck } = check(timerModel(without, 2), { maxStates: MAX_STATES, untilFirst: true });
    expect(broken.size > 0 || stuck !== null).toBe(true);
  });
});
