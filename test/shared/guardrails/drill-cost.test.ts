// What a drill costs an hour, about: a budget is kept by it, so that what nobody knows is dear.
import { describe, expect, it } from '@jest/globals';
import { drillUsdPerHour } from '../../../shared/guardrails/drill-cost.ts';

const usd = (instanceType: string, ...volumes: readonly { type: string; sizeGiB: number }[]): number =>
  drillUsdPerHour({ instanceType, volumes });

describe('an hour of a throw-away instance', () => {
  it.each([
    ['t3.medium', 0.084],
    ['c5.large', 0.09],
    ['m6i.large', 0.1],
    ['m6i.xlarge', 0.2],
    ['m6i.8xlarge', 1.6],
    ['m6i.24xlarge', 4.8],
    ['r6i.xlarge', 0.264],
    ['i4i.2xlarge', 0.904],
    ['x2idn.16xlarge', 7.04],
    // As many as the largest usual size has.
    ['m6i.metal', 4.8],
    ['m7i.metal-24xl', 4.8],
    // Nothing that is called nearly so is one.
    ['m6i.nometal-', 0.1],
    ['m6i.axlarge', 0.1],
    ['m6i.xlargest', 0.1],
    // A family that is not in the list.
    ['g5.xlarge', 0.6],
    ['um.large', 0.3],
    ['', 0.3],
  ])('%s: $%f', (instanceType, expected) => {
    expect(usd(instanceType)).toBeCloseTo(expected, 6);
  });

  it('has its volumes added, by their month', () => {
    const gp3 = { type: 'gp3', sizeGiB: 730 };
    expect(usd('m6i.large', gp3)).toBeCloseTo(0.1 + 0.08, 6);
    expect(usd('m6i.large', gp3, gp3)).toBeCloseTo(0.1 + 0.16, 6);
    expect(usd('m6i.large', { type: 'gp9', sizeGiB: 730 })).toBeCloseTo(0.1 + 0.125, 6);
  });
});
