// Drills, in every order of what their executions and AWS may do within the bounds.
import { describe, expect, it } from '@jest/globals';
import { isAsked } from '../../fixtures/asked.ts';
import { check } from './check.ts';
import { DRILL_FULL, DRILL_RULES, drillModel } from './drill.ts';

const MAX_STATES = 1_000_000;

describe('drills, whatever dies', () => {
  // Named, three faults: a few seconds more.
  it.each(isAsked('explorers') ? [1, 2, 3] : [1, 2])(
    '%s faults: whatever must never be is not, and all of it goes',
    (faults) => {
      const { broken, stuck, complete, goals } = check(drillModel(DRILL_FULL, faults), { maxStates: MAX_STATES });
      expect(Object.fromEntries(broken)).toEqual({});
      expect(stuck).toBeNull();
      expect(complete).toBe(true);
      expect(goals).toBeGreaterThan(50);
    },
  );
});

describe('without a rule of drills', () => {
  it.each(Object.entries(DRILL_RULES))('%s: something breaks', (_, { without }) => {
    const { broken } = check(drillModel(without), { maxStates: MAX_STATES, untilFirst: true });
    expect([...broken.keys()]).not.toEqual([]);
  });
});
