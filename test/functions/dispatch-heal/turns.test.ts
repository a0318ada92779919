import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { processInTurn } from '../../../functions/dispatch-heal/time-budget.ts';
import { MINUTE_MS, NOON_MS } from '../../fixtures/builders/time.ts';

const numbers = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

describe('a sweep with more to do than it has time for', () => {
  afterEach(() => {
    jest.useRealTimers();
  });

  it('comes to all of it where the time allows', async () => {
    const done: number[] = [];
    const left = await processInTurn(numbers(100), { nowMs: NOON_MS, untilMs: Number.POSITIVE_INFINITY }, async (i) => {
      done.push(i);
    });
    expect(left).toBe(0);
    expect([...done].sort((a, b) => a - b)).toEqual(numbers(100));
  });

  it.each([1, 19, 40, 100, 500, 503])(
    'comes to each of %i within the next minutes, however little it gets done',
    async (count) => {
      const done = new Set<number>();
      for (let minute = 0; minute * 20 < count; minute++) {
        const nowMs = NOON_MS + minute * MINUTE_MS;
        await processInTurn(numbers(count), { nowMs, untilMs: 0 }, async (i) => {
          done.add(i);
        });
      }
      expect(done.size).toBe(count);
    },
  );

  it('begins nothing more when its time is up, and says how much is left', async () => {
    jest.useFakeTimers({ now: NOON_MS });
    let done = 0;
    const left = await processInTurn(numbers(100), { nowMs: NOON_MS, untilMs: NOON_MS + 30_000 }, async () => {
      jest.setSystemTime(NOON_MS + ++done * 1_000);
    });
    expect([done, left]).toEqual([30, 70]);
  });

  it('does a few things at a time, never all at once', async () => {
    let under = 0;
    let most = 0;
    await processInTurn(numbers(100), { nowMs: NOON_MS, untilMs: Number.POSITIVE_INFINITY }, async () => {
      most = Math.max(most, ++under);
      await Promise.resolve();
      under--;
    });
    expect(most).toBeGreaterThan(1);
    expect(most).toBeLessThanOrEqual(8);
  });

  it('has nothing to do where there is nothing', async () => {
    expect(await processInTurn([], { nowMs: NOON_MS, untilMs: 0 }, () => Promise.reject(new Error('nothing')))).toBe(0);
  });
});
