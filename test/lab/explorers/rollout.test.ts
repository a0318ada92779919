// Upgrades of small fleets, in every order of events within the bounds.
import { describe, expect, it } from '@jest/globals';
import { isAsked } from '../../fixtures/asked.ts';
import { check } from './check.ts';
import { rolloutModel } from './rollout.ts';
import { ROLLOUT_RULES, ROLLOUT_SETTINGS, type RolloutSettingName } from './rollout-settings.ts';

const NAMES = Object.keys(ROLLOUT_SETTINGS) as readonly RolloutSettingName[];
const MAX_STATES = 1_000_000;

describe('an upgrade of a fleet, whatever dies and fails', () => {
  // Named, one more fault.
  const more = isAsked('explorers') ? 1 : 0;

  it.each(NAMES)('%s: whatever must never be is not, and it comes to its end', (name) => {
    const setting = { ...ROLLOUT_SETTINGS[name], faults: ROLLOUT_SETTINGS[name].faults + more };
    const { broken, stuck, complete, states } = check(rolloutModel(setting), { maxStates: MAX_STATES });
    expect(Object.fromEntries(broken)).toEqual({});
    expect(stuck).toBeNull();
    expect(complete).toBe(true);
    expect(states).toBeGreaterThan(20);
  });
});

describe('without a rule of upgrades', () => {
  it.each(Object.entries(ROLLOUT_RULES))('%s: something breaks', (_, rule) => {
    const { broken, stuck } = check(rolloutModel(ROLLOUT_SETTINGS[rule.setting], rule.without), {
      maxStates: MAX_STATES,
      untilFirst: true,
    });
    expect([...broken.keys()][0] ?? stuck).toBeTruthy();
  });
});
