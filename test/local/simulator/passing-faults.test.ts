// Faults that a world switches on for a while, and how often they are seen to have an effect.
import { describe, expect, it } from '@jest/globals';
import { CONDITION_KEYS } from '../../../local/services/services.ts';
import type { FaultName } from '../../../local/simulator/faults.ts';
import { RegionKernel } from '../../../local/simulator/kernel.ts';
import { type AdmittedRequest, seededFaults } from '../../../local/simulator/request-faults.ts';
import { testKernel } from '../../fixtures/kernel.ts';

const MINUTE_MS = 60_000;

function setUp(faults: readonly FaultName[] = []) {
  const { clock } = testKernel();
  const identity = { accountId: '111122223333', regionName: 'eu-west-1', conditionKeys: CONDITION_KEYS };
  const kernel = new RegionKernel({ ...identity, clock, seed: 1, faults });
  const requests = seededFaults(kernel, faults, undefined);
  const request = (): AdmittedRequest => ({
    ...{ at: clock.now(), actor: 'chainmend-watch-fleet/1', service: 'ec2', operation: 'DescribeInstances' },
    ...{ input: {}, mutating: false, mortal: true },
  });
  return { clock, kernel, fates: (count: number) => Array.from({ length: count }, () => requests.fateOf(request())) };
}

describe('a fault that is on for a while', () => {
  it('meets requests until it ends, and is seen as often as it met one', () => {
    const { clock, kernel, fates } = setUp();
    expect(fates(100)).toEqual(Array(100).fill(undefined));
    kernel.begin('throttling', clock.now() + MINUTE_MS);
    const met = fates(100).filter((fate) => fate === 'throttled').length;
    expect(met).toBeGreaterThan(5);
    expect(kernel.timesMet('throttling')).toBe(met);
    clock.at(clock.now() + MINUTE_MS, () => {});
    clock.step();
    expect(fates(100)).toEqual(Array(100).fill(undefined));
    expect(kernel.timesMet('throttling')).toBe(met);
  });

  it('is prolonged, never shortened', () => {
    const { clock, kernel } = setUp();
    kernel.begin('stale-reads', clock.now() + 10 * MINUTE_MS);
    kernel.begin('stale-reads', clock.now() + MINUTE_MS);
    clock.at(clock.now() + 9 * MINUTE_MS, () => {});
    clock.step();
    expect(kernel.fault('stale-reads')).toBe(true);
    expect(kernel.fault('throttling')).toBe(false);
  });

  it('draws as one that is on for the whole run: what was off before shifts nothing', () => {
    const whole = setUp(['throttling']);
    const passing = setUp();
    passing.fates(50);
    passing.kernel.begin('throttling', passing.clock.now() + MINUTE_MS);
    expect(passing.fates(200)).toEqual(whole.fates(200));
  });
});
