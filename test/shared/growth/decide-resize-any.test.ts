import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { decideResize, type ResizeDecision, type ResizeFacts } from '../../../shared/growth/decide.ts';
import { growthBytesPerHour } from '../../../shared/growth/rate.ts';
import { VOLUME_LIMITS } from '../../../shared/guardrails/ebs.ts';
import { GUARDRAILS } from '../../../shared/model/guardrail-codes.ts';
import { tries } from '../../fixtures/any.ts';
import { NODE_TAGS } from '../../fixtures/builders/fleet.ts';
import { HOUR_MS, MINUTE_MS, NOON_MS } from '../../fixtures/builders/time.ts';
import { GIB } from '../../fixtures/builders/volume.ts';
import { anyFullDisk, anyResizeFacts } from '../../fixtures/resize-facts.ts';

describe('whatever is read', () => {
  it('is decided upon: never an exception, always a sentence, and a refusal always looks again', () => {
    fc.assert(
      fc.property(anyResizeFacts, (facts) => {
        const decision = decideResize(facts);
        expect(decision.reason).not.toMatch(/^$|NaN|Infinity|undefined|null/);
        if (!('refuse' in decision)) return;
        expect(Object.keys(GUARDRAILS)).toContain(decision.refuse);
        expect(decision.retryAfterMs).toBeGreaterThanOrEqual(MINUTE_MS);
      }),
      tries('decide-resize', 500),
    );
  });

  it('is decided upon in the same way a second time', () => {
    fc.assert(fc.property(anyResizeFacts, (facts) => expect(decideResize(facts)).toEqual(decideResize(facts))));
  });

  it('a plan to modify is within every limit, and never for a volume that is not tagged', () => {
    fc.assert(
      fc.property(anyResizeFacts, (facts) => {
        const decision = decideResize(facts);
        if ('refuse' in decision || decision.do !== 'modify') return;
        const volume = facts.volumes.find(({ volumeId }) => volumeId === decision.volumeId);
        expect(volume).toMatchObject({ sizeGiB: decision.fromGiB, tags: NODE_TAGS });
        expectWithinCeilings(facts, decision);
        const recent = facts.intents.filter(
          ({ volumeId, atMs }) => volumeId === decision.volumeId && NOON_MS - atMs < 24 * HOUR_MS,
        );
        expect(recent.length).toBeLessThan(facts.fleet.disk.modificationsPerDay);
      }),
      tries('decide-resize', 500),
    );
  });

  it('a new size lasts the horizon and is at least the minimum step, unless a ceiling stops it, which it says', () => {
    fc.assert(
      fc.property(anyFullDisk, (facts) => {
        const decision = decideResize(facts);
        if ('refuse' in decision || decision.do !== 'modify') return;
        expectWithinCeilings(facts, decision);
        const { disk } = facts.fleet;
        const usedGiB = (facts.seen?.usedBytes ?? 0) / GIB;
        const rateGiB = (growthBytesPerHour(facts.history) ?? 0) / GIB;
        const lasts = decision.toGiB >= usedGiB + rateGiB * disk.horizonHours - 1e-6;
        const steps = decision.toGiB >= decision.fromGiB * (1 + disk.minimumStepPercent / 100) - 1e-6;
        const roomy = usedGiB / decision.toGiB < disk.growAtPercent / 100;
        const capped = decision.reason.includes('as far as the ceilings let it');
        expect({ reason: decision.reason, kept: (lasts && steps && roomy) || capped }).toMatchObject({ kept: true });
        const ceilingGiB = Math.min(disk.maximumSizeGiB, VOLUME_LIMITS[facts.volumes[0]?.type ?? 'gp3'].maximumGiB);
        if (capped) expect(decision.toGiB).toBe(ceilingGiB);
      }),
      tries('decide-resize', 500),
    );
  });
});

function expectWithinCeilings(facts: ResizeFacts, plan: Extract<ResizeDecision, { do: 'modify' }>): void {
  const { disk } = facts.fleet;
  const type = facts.volumes.find(({ volumeId }) => volumeId === plan.volumeId)?.type ?? 'standard';
  expect(Number.isInteger(plan.toGiB)).toBe(true);
  expect(plan.toGiB).toBeGreaterThan(plan.fromGiB);
  expect(plan.toGiB).toBeLessThanOrEqual(Math.min(disk.maximumSizeGiB, VOLUME_LIMITS[type].maximumGiB));
  expect(facts.addedUsd + plan.addedUsd).toBeLessThanOrEqual(disk.maximumMonthlyIncreaseUsd + 0.005);
  expect(plan.addedUsd).toBeGreaterThan(0);
}
