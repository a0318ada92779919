import { describe, expect, it } from '@jest/globals';
import { check } from './check.ts';
import { healingModel, WORLDS, type WorldName } from './healing.ts';
import { FULL } from './protocol.ts';
import { RULES } from './rules.ts';

const MAX_STATES = 200_000;

describe.each(Object.keys(WORLDS) as WorldName[])('the heal protocol in world %s', (name) => {
  it.each([
    [1, 0],
    [0, 1],
  ])('keeps every property through %i fault and %i act', (faults, acts) => {
    const report = check(healingModel(WORLDS[name], { faults, acts }, FULL), { maxStates: MAX_STATES });
    expect({ broken: Object.fromEntries(report.broken), stuck: report.stuck, complete: report.complete }).toEqual({
      broken: {},
      stuck: null,
      complete: true,
    });
    expect(report.goals).toBeGreaterThan(0);
  });
});

describe('without a rule of the heal protocol', () => {
  it.each(Object.entries(RULES))('%s: something breaks', (_, { world, supply, without }) => {
    const report = check(healingModel(WORLDS[world], supply, without), { maxStates: MAX_STATES, untilFirst: true });
    expect(report.broken.size > 0 || report.stuck !== null).toBe(true);
  });

  it('an execution that dies with its ModifyVolume on its way is overtaken by it', () => {
    const { world, supply, without } = RULES.lastRequest;
    const { broken } = check(healingModel(WORLDS[world], supply, without), { maxStates: MAX_STATES, untilFirst: true });
    expect([...broken.values()][0]?.at(-1)).toBe('EC2: the ModifyVolume of attempt 1 that was on its way takes effect');
  });
});
