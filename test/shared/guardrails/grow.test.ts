import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { isVolumeType, MONTHLY_USD_PER_GIB, VOLUME_LIMITS } from '../../../shared/guardrails/ebs.ts';
import {
  addedUsd,
  exceeds,
  growthKey,
  judgeQueued,
  judgeStagger,
  leaveStagger,
  monthOf,
  PROOF_VALID_MS,
  refund,
  reserve,
} from '../../../shared/guardrails/grow.ts';
import type { BudgetRecord, GrowRecord } from '../../../shared/guardrails/records.ts';
import type { ExecutionStatus } from '../../../shared/model/execution.ts';
import { ME, OTHER } from '../../fixtures/builders/incident.ts';
import { DATA_VOLUME } from '../../fixtures/builders/node.ts';
import { HOUR_MS, NOON_MS } from '../../fixtures/builders/time.ts';

describe('a fleet whose disks fill together', () => {
  const open = { open: true, sentence: '3 of 5 nodes unhealthy or unknown, limit 1' };
  const closed = { ...open, open: false };
  const running: ExecutionStatus = { state: 'running' };
  const ended: ExecutionStatus = { state: 'ended', endedAtMs: 0 };
  const lease = (more: Partial<GrowRecord> = {}): GrowRecord => ({ holder: OTHER, provenAtMs: 0, version: 3, ...more });

  it('does not wait while the breaker is closed', () => {
    expect(judgeStagger(closed, lease(), ME, running, NOON_MS)).toEqual({ go: true });
  });

  it('remembers who began while the breaker was closed: should it open a moment later, that one was the first', () => {
    const first = { holder: ME, provenAtMs: 0, whileClosed: true, version: 1 } as const;
    expect(judgeStagger(closed, undefined, ME, running, NOON_MS)).toEqual({ next: first });
    expect(judgeStagger(closed, first, OTHER, running, NOON_MS)).toEqual({ go: true });
    expect(judgeStagger(open, first, OTHER, running, NOON_MS)).toMatchObject({ refuse: 'staggered' });
    expect(judgeQueued(first, running, NOON_MS)).toBeNull();
    expect(leaveStagger(first, ME, true, NOON_MS)).toEqual({ next: { holder: null, provenAtMs: NOON_MS, version: 2 } });
  });

  it('sends one node first', () => {
    expect(judgeStagger(open, undefined, ME, running, NOON_MS)).toEqual({
      next: { holder: ME, provenAtMs: 0, version: 1 },
    });
    expect(judgeStagger(open, lease({ holder: null, provenAtMs: 5 }), ME, running, NOON_MS)).toEqual({
      next: { holder: ME, provenAtMs: 5, version: 4 },
    });
  });

  it('lets the others wait for it, and look again with the next sweep', () => {
    for (const owner of [running, { state: 'unknown' } as const])
      expect(judgeStagger(open, lease(), ME, owner, NOON_MS)).toEqual({
        refuse: 'staggered',
        reason: '3 of 5 nodes unhealthy or unknown, limit 1; another node of the fleet is grown first',
        page: false,
        retryAfterMs: 10_000,
      });
  });

  it('does not wait for one that is dead, nor for itself', () => {
    expect(judgeStagger(open, lease(), ME, ended, NOON_MS)).toMatchObject({ next: { holder: ME } });
    expect(judgeQueued(lease(), ended, NOON_MS)).toBeNull();
    expect(judgeQueued(undefined, running, NOON_MS)).toBeNull();
    expect(judgeQueued(lease({ holder: null }), running, NOON_MS)).toBeNull();
    for (const owner of [running, { state: 'unknown' } as const])
      expect(judgeQueued(lease(), owner, NOON_MS)).toMatchObject({ refuse: 'staggered', page: false });
    expect(judgeStagger(open, lease({ holder: ME }), ME, running, NOON_MS)).toEqual({ go: true });
  });

  it('goes in parallel for an hour once one has proved itself', () => {
    const proved = lease({ holder: null, provenAtMs: NOON_MS });
    expect(judgeStagger(open, proved, ME, running, NOON_MS + PROOF_VALID_MS - 1)).toEqual({ go: true });
    expect(judgeStagger(open, proved, ME, running, NOON_MS + PROOF_VALID_MS)).toHaveProperty('next');
    expect(judgeQueued(lease({ provenAtMs: NOON_MS }), running, NOON_MS + PROOF_VALID_MS - 1)).toBeNull();
    expect(judgeQueued(lease({ provenAtMs: NOON_MS }), running, NOON_MS + PROOF_VALID_MS)).toMatchObject({
      refuse: 'staggered',
    });
  });

  it('is opened by a proof, and by nothing else that ends', () => {
    expect(leaveStagger(lease({ holder: ME }), ME, true, NOON_MS)).toEqual({
      next: { holder: null, provenAtMs: NOON_MS, version: 4 },
    });
    expect(leaveStagger(lease({ holder: ME, provenAtMs: 5 }), ME, false, NOON_MS)).toEqual({
      next: { holder: null, provenAtMs: 5, version: 4 },
    });
    for (const read of [undefined, lease(), lease({ holder: null })])
      expect(leaveStagger(read, ME, true, NOON_MS)).toEqual({ leave: true });
  });

  it('has one node at work at most, until a proof, whatever the order', () => {
    const anyAct = fc.record({
      by: fc.constantFrom('a', 'b', 'c'),
      act: fc.constantFrom('take', 'prove', 'leave', 'die'),
      minutes: fc.integer({ min: 0, max: 30 }),
    });
    fc.assert(
      fc.property(fc.array(anyAct, { maxLength: 50 }), (acts) => {
        let record: GrowRecord | undefined;
        let nowMs = NOON_MS;
        const dead = new Set<string>();
        for (const { by, act, minutes } of acts) {
          nowMs += minutes * 60_000;
          if (act === 'die') dead.add(by);
          if (act === 'die' || dead.has(by)) continue;
          const before: GrowRecord | undefined = record;
          if (act !== 'take') {
            const left = leaveStagger(before, by, act === 'prove', nowMs);
            if ('next' in left) record = left.next;
            continue;
          }
          const turn = judgeStagger(open, before, by, dead.has(before?.holder ?? '') ? ended : running, nowMs);
          // Twice gives the same as once.
          if ('next' in turn) {
            record = turn.next;
            expect(judgeStagger(open, record, by, running, nowMs)).toEqual({ go: true });
            expect(before?.holder == null || dead.has(before.holder)).toBe(true);
          }
          if ('go' in turn)
            expect(before?.holder === by || nowMs - (before?.provenAtMs ?? 0) < PROOF_VALID_MS).toBe(true);
        }
      }),
    );
  });
});

describe('what growth may cost in a month', () => {
  const budget = (added: Record<string, number>): BudgetRecord => ({ month: '2026-01', addedUsd: added, version: 2 });

  it('is given back where AWS has refused the growth', () => {
    expect(refund(budget({ a: 32, b: 68 }), 'a')).toMatchObject({
      next: { addedUsd: { b: 68 }, version: 3 },
    });
    expect(refund(budget({ b: 68 }), 'a')).toEqual({ leave: true });
    expect(refund(undefined, 'a')).toEqual({ leave: true });
  });

  it('is reserved before anything is intended', () => {
    expect(reserve(undefined, '2026-01', 'a', 32, 100)).toEqual({
      next: { month: '2026-01', addedUsd: { a: 32 }, version: 1 },
    });
    expect(reserve(budget({ a: 32 }), '2026-01', 'b', 68, 100)).toEqual({
      next: { month: '2026-01', addedUsd: { a: 32, b: 68 }, version: 3 },
    });
  });

  it('is reserved once for the same growth, however often it is tried', () => {
    expect(reserve(budget({ a: 32 }), '2026-01', 'a', 32, 100)).toEqual({ reserved: true });
    expect(reserve(budget({ a: 32 }), '2026-01', 'a', 20, 100)).toEqual({ reserved: true });
  });

  it('is reserved up to the larger where the same growth is tried again for more', () => {
    expect(reserve(budget({ a: 60 }), '2026-01', 'a', 100, 100)).toMatchObject({
      next: { addedUsd: { a: 100 }, version: 3 },
    });
    expect(reserve(budget({ a: 60, b: 30 }), '2026-01', 'a', 71, 100)).toMatchObject({ refuse: 'cost-ceiling' });
  });

  it('is named by the volume and the size that it grows from: a volume leaves each size once', () => {
    expect(growthKey(DATA_VOLUME, 500)).not.toBe(growthKey(DATA_VOLUME, 900));
    expect(growthKey(DATA_VOLUME, 500)).not.toBe(growthKey('vol-0b1b2c3d4e5f60718', 500));
  });

  it('counts what was added, without what these very volumes have reserved for the step that they are about to take', () => {
    const record = budget({ [growthKey(DATA_VOLUME, 500)]: 32, [growthKey(DATA_VOLUME, 300)]: 16, other: 8 });
    expect(addedUsd(record)).toBe(56);
    expect(addedUsd(record, [growthKey(DATA_VOLUME, 500)])).toBe(24);
    expect(addedUsd(undefined)).toBe(0);
  });

  it('is refused over the limit, with all three numbers, and a person is told', () => {
    expect(reserve(budget({ a: 92.01 }), '2026-01', 'b', 8, 100)).toEqual({
      refuse: 'cost-ceiling',
      reason: 'growth added $92.01 a month since the month began, $8.00 more exceeds the limit of $100.00',
      page: true,
      retryAfterMs: HOUR_MS,
    });
  });

  it('may reach its limit, whatever floating point adds', () => {
    expect([exceeds(100, 100), exceeds(0.1 + 0.2, 0.3), exceeds(100.01, 100)]).toEqual([false, false, true]);
    expect(exceeds(0.005, 0)).toBe(false);
  });

  it('never exceeds its limit, and a reservation is the same the second time', () => {
    const anyTry = fc.record({ key: fc.constantFrom('a', 'b', 'c', 'd'), cents: fc.integer({ min: 0, max: 8_000 }) });
    fc.assert(
      fc.property(fc.array(anyTry, { maxLength: 30 }), fc.integer({ min: 0, max: 150 }), (tries, limit) => {
        let record: BudgetRecord | undefined;
        for (const { key, cents } of tries) {
          const reserved = reserve(record, '2026-01', key, cents / 100, limit);
          if (!('next' in reserved)) continue;
          record = reserved.next;
          expect(addedUsd(record)).toBeLessThanOrEqual(limit + 0.005);
          expect(reserve(record, '2026-01', key, cents / 100, limit)).toEqual({ reserved: true });
        }
      }),
    );
  });

  it('begins anew with the calendar month, in UTC', () => {
    expect(monthOf(Date.parse('2026-01-31T23:59:59.999Z'))).toBe('2026-01');
    expect(monthOf(Date.parse('2026-02-01T00:00:00Z'))).toBe('2026-02');
  });
});

describe('what EBS allows', () => {
  it('is known for every type, with a price', () => {
    for (const [type, { minimumGiB, maximumGiB }] of Object.entries(VOLUME_LIMITS)) {
      expect(isVolumeType(type)).toBe(true);
      expect(minimumGiB).toBeGreaterThanOrEqual(1);
      expect(maximumGiB).toBeGreaterThanOrEqual(minimumGiB);
    }
    expect(Object.keys(MONTHLY_USD_PER_GIB)).toEqual(Object.keys(VOLUME_LIMITS));
  });

  it.each(['', 'gp4', 'constructor', '__proto__'])('is not guessed for a type that is not known: %s', (type) => {
    expect(isVolumeType(type)).toBe(false);
  });
});
