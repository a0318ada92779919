import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { growthBytesPerHour, type UsedPoint } from '../../../shared/growth/rate.ts';
import { HOUR_MS, MINUTE_MS, NOON_MS } from '../../fixtures/builders/time.ts';
import { GIB } from '../../fixtures/builders/volume.ts';

const HALF_HOUR_MS = 30 * MINUTE_MS;

/** `count` points half an hour apart, with `gibPerHour` between them. */
const line = (count: number, gibPerHour: number, fromGiB = 100): UsedPoint[] =>
  Array.from({ length: count }, (_, i) => ({
    atMs: NOON_MS + i * HALF_HOUR_MS,
    usedBytes: (fromGiB + (i / 2) * gibPerHour) * GIB,
  }));

const withJump = (points: readonly UsedPoint[], at: number, bytes: number): UsedPoint[] =>
  points.map((point, i) => (i >= at ? { ...point, usedBytes: point.usedBytes + bytes } : point));

/** NaN where it is not known. */
const gibPerHour = (history: readonly UsedPoint[]): number => (growthBytesPerHour(history) ?? Number.NaN) / GIB;

const anyCount = fc.integer({ min: 6, max: 96 });
const anyRate = fc.integer({ min: 1, max: 100 });

describe('the rate at which a disk fills', () => {
  it('is what it is where it is steady', () => {
    expect(gibPerHour(line(96, 14))).toBeCloseTo(14, 6);
  });

  it.each([
    ['a disk that empties', line(96, -2, 500)],
    ['a disk that rests', line(96, 0)],
  ])('is nothing with %s', (_, history) => {
    expect(growthBytesPerHour(history)).toBe(0);
  });

  it.each([
    ['no history', []],
    ['a single point', line(1, 14)],
    [
      'points closer than half an hour',
      [0, 10, 20].map((m) => ({ atMs: NOON_MS + m * MINUTE_MS, usedBytes: m * GIB })),
    ],
    ['two hours and a half in which it rested', line(6, 0)],
  ])('is not known with %s', (_, history: readonly UsedPoint[]) => {
    expect(growthBytesPerHour(history)).toBeNull();
  });

  it('is seen with two points half an hour apart', () => {
    expect(gibPerHour(line(2, 14))).toBeCloseTo(14, 6);
  });

  it('is not moved by one jump anywhere, up (a restore, a new index) or down (a compaction)', () => {
    fc.assert(
      fc.property(
        anyCount,
        anyRate,
        fc.nat(),
        fc.integer({ min: 6, max: 500 }),
        fc.boolean(),
        (count, rate, place, size, up) => {
          // At least twelve times an ordinary step: a smaller one is a busy hour.
          const bytes = (up ? 1 : -1) * size * rate * 2 * GIB;
          const jumped = withJump(line(count, rate, 10_000), 1 + (place % (count - 1)), bytes);
          expect(gibPerHour(jumped)).toBeCloseTo(rate, 6);
        },
      ),
    );
  });

  it('is not moved by the hours in which the agent was silent', () => {
    fc.assert(
      fc.property(anyRate, fc.integer({ min: 3, max: 40 }), fc.integer({ min: 1, max: 40 }), (rate, from, length) => {
        const gappy = line(96, rate).filter((_, i) => i < from || i >= from + length);
        expect(gibPerHour(gappy)).toBeCloseTo(rate, 6);
      }),
    );
  });

  it('is moved by noise no further than the noise is large', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -100, max: 100 }), { minLength: 96, maxLength: 96 }), (noise) => {
        const noisy = line(96, 10).map((point, i) => ({
          ...point,
          usedBytes: point.usedBytes + ((noise[i] ?? 0) / 100) * GIB,
        }));
        const rate = gibPerHour(noisy);
        expect(rate).toBeGreaterThan(9.5);
        expect(rate).toBeLessThan(10.5);
      }),
    );
  });

  it('follows today’s history of any length: thinned out, it says the same', () => {
    fc.assert(
      fc.property(fc.integer({ min: 97, max: 1_000 }), anyRate, (count, rate) => {
        expect(gibPerHour(line(count, rate))).toBeCloseTo(rate, 6);
      }),
      { numRuns: 20 },
    );
  });

  it('is never negative, and a number where it is known, whatever the history', () => {
    const anyHistory = fc.array(
      fc.record({ minutes: fc.integer({ min: 1, max: 300 }), usedBytes: fc.integer({ min: 0, max: 2 ** 46 }) }),
      { maxLength: 200 },
    );
    fc.assert(
      fc.property(anyHistory, (steps) => {
        let atMs = NOON_MS;
        const history = steps.map(({ minutes, usedBytes }) => {
          atMs += minutes * MINUTE_MS;
          return { atMs, usedBytes };
        });
        const rate = growthBytesPerHour(history) ?? 0;
        expect(rate).toBeGreaterThanOrEqual(0);
        expect(Number.isFinite(rate)).toBe(true);
      }),
    );
  });

  it('is the same in proportion for a disk of any size, and whenever it was read', () => {
    const anyUse = fc.array(fc.integer({ min: 1, max: 2 ** 20 }), { minLength: 7, maxLength: 60 });
    fc.assert(
      fc.property(anyUse, fc.integer({ min: 11, max: 20 }), fc.integer({ min: 0, max: 400 }), (use, power, days) => {
        const at = (scale: number, laterMs: number) =>
          gibPerHour(
            use.map((used, i) => ({ atMs: NOON_MS + laterMs + i * HALF_HOUR_MS, usedBytes: used * 2 ** 10 * scale })),
          );
        expect(at(2 ** power, days * 24 * HOUR_MS)).toBe(at(1, 0) * 2 ** power);
      }),
    );
  });
});
