// Upgrades at a height, in every order of events within the bounds.
import { describe, expect, it } from '@jest/globals';
import { isAsked } from '../../fixtures/asked.ts';
import { check } from './check.ts';
import { HEIGHT_RULES, HEIGHT_SETTINGS, heightModel } from './height.ts';

const MAX_STATES = 1_000_000;

describe('an upgrade at a height, whatever crashes and is cut off', () => {
  // Named, one more fault.
  const more = isAsked('explorers') ? 1 : 0;

  it.each(Object.entries(HEIGHT_SETTINGS))(
    '%s: whatever must never be is not, and it comes to its end',
    (_, setting) => {
      const model = heightModel({ ...setting, faults: setting.faults + more });
      const { broken, stuck, complete, goals } = check(model, { maxStates: MAX_STATES });
      expect(Object.fromEntries(broken)).toEqual({});
      expect(stuck).toBeNull();
      expect(complete).toBe(true);
      expect(goals).toBeGreaterThan(20);
    },
  );
});

describe('without a rule of heights', () => {
  it.each(Object.entries(HEIGHT_RULES))('%s: something breaks', (_, { setting, without }) => {
    const { broken, stuck } = check(heightModel(HEIGHT_SETTINGS[setting], without), {
      maxStates: MAX_STATES,
      untilFirst: true,
    });
    expect([...broken.keys()][0] ?? stuck).toBeTruthy();
  });
});
