// The engine of functions that look after fleets on a schedule: modes, approvals, guards, and one fleet's failure without effect on the others.
import { describe, expect, it } from '@jest/globals';
import { newRegister, type RegisterRecord } from '../../../shared/guardrails/names.ts';
import type { Mode } from '../../../shared/model/mode.ts';
import { inFairOrder, inParallel, inSequence, throwTogether } from '../../../shared/reconcile/fleets.ts';
import { judgeFile } from '../../../shared/reconcile/guard.ts';
import {
  type Approval,
  judgeWholePlan,
  notApproved,
  reconcile,
  type WholePlan,
} from '../../../shared/reconcile/plan.ts';
import { bitcoinFleet } from '../../fixtures/builders/fleet.ts';
import { HOUR_MS, NOON_MS } from '../../fixtures/builders/time.ts';

const fleetIn = (mode: Mode) => bitcoinFleet({ mode });
const modes = ['plan', 'ask', 'act'] as const;
const HASH = '0123456789ab';
const approval: Approval = { plan: HASH, by: null };

describe('a plan', () => {
  const run = async (
    mode: Mode,
    changes: number,
    { approved, judged = true }: { approved?: Approval; judged?: boolean },
  ) => {
    const calls: string[] = [];
    const said = async (call: string): Promise<readonly never[]> => {
      calls.push(call);
      return [];
    };
    const { step } = await reconcile<number, { readonly changes: number }, unknown>(
      { mode },
      {
        facts: async () => {
          calls.push('facts');
          return changes;
        },
        decide: (count) => ({ changes: count }),
        isEmpty: (plan) => plan.changes === 0,
        judgeApproval: async (plan) =>
          judged ? plan : notApproved('bitcoin', HASH, 'approval-exceeded', 'something has changed'),
        propose: () => said('propose'),
        apply: (_, yes) => said(yes ? 'apply what is approved' : 'apply'),
      },
      approved,
    );
    return [step, ...calls.slice(1)];
  };

  it.each([
    ['plan', 'proposed', 'propose'],
    ['ask', 'proposed', 'propose'],
    ['act', 'applied', 'apply'],
  ] as const)('is carried out in mode act alone, and put to people otherwise: %s', async (mode, ...expected) => {
    expect(await run(mode, 3, {})).toEqual(expected);
    expect(await run(mode, 0, {})).toEqual(['nothing']);
  });

  it('is carried out where a person approves it, and not where the approval covers something else', async () => {
    expect(await run('ask', 3, { approved: approval })).toEqual(['applied', 'apply what is approved']);
    for (const mode of modes) expect(await run(mode, 3, { approved: approval, judged: false })).toEqual(['refused']);
  });
});

describe('an approval', () => {
  const plan: WholePlan = { hash: HASH, isEmpty: false, would: 'delete vol-1', because: '', changes: {} };
  const askedAgo = (ms: number): RegisterRecord => {
    const at = { sinceMs: NOON_MS - ms, seenAtMs: NOON_MS, writtenAtMs: 0, claimedAtMs: 0, paged: true };
    return { ...newRegister, notifications: [{ code: 'approval-wanted', subject: HASH, ...at }] };
  };
  const judge = (mode: Mode, more: Partial<WholePlan> = {}, register = askedAgo(HOUR_MS)) =>
    judgeWholePlan(fleetIn(mode), { ...plan, ...more }, HASH, register, NOON_MS)?.refuse ?? null;

  it('holds for the very plan that was asked for, for as long as the fleet file says', () => {
    expect(judge('ask')).toBeNull();
    expect(judge('ask', {}, askedAgo(4 * HOUR_MS - 1))).toBeNull();
    expect(judge('ask', {}, askedAgo(4 * HOUR_MS))).toBe('approval-expired');
    expect(judge('ask', {}, newRegister)).toBe('approval-exceeded');
  });

  it('holds for no other plan, for none that is empty by now, and for nothing in mode plan', () => {
    for (const mode of ['ask', 'act'] as const) {
      expect(judge(mode, { hash: 'ba9876543210' })).toBe('approval-exceeded');
      expect(judge(mode, { isEmpty: true })).toBe('approval-exceeded');
    }
    expect(judge('plan')).toBe('mode-changed');
  });

  it('needs no question in mode act', () => {
    expect(judge('act', {}, newRegister)).toBeNull();
  });
});

describe('the guard before a mutation', () => {
  const judge = (now: Mode, approved: boolean, more: object = {}) =>
    judgeFile(bitcoinFleet({ mode: now, ...more }), {
      ...{ fleet: fleetIn('act'), approved, by: ({ volumes }) => volumes, parts: 'other volumes' },
    })?.refuse ?? null;

  it('lets through what the file as it is now allows', () => {
    expect(modes.map((mode) => judge(mode, false))).toEqual(['mode-changed', 'mode-changed', null]);
    expect(modes.map((mode) => judge(mode, true))).toEqual(['mode-changed', null, null]);
  });

  it('stops where the part of the file by which the plan was made is another one now', () => {
    expect(judge('act', true, { volumes: { data: '/elsewhere' } })).toBe('mode-changed');
  });
});

describe('a round through many', () => {
  const items = Array.from({ length: 30 }, (_, index) => index);

  it.each([
    ['one by one', inSequence, 1],
    ['eight at once', inParallel(8), 8],
  ] as const)('comes to each of them, %s', async (_, workThrough, most) => {
    const done: number[] = [];
    let now = 0;
    let highest = 0;
    const left = await workThrough(items, Number.POSITIVE_INFINITY, async (item) => {
      highest = Math.max(highest, ++now);
      await new Promise(setImmediate);
      done.push(item);
      now--;
    });
    expect([done, left, highest]).toEqual([items, [], most]);
  });

  it('begins nothing once its time is up, but for the least that is asked', async () => {
    const done: number[] = [];
    const work = async (item: number): Promise<void> => void done.push(item);
    expect(await inSequence(items, Date.now() - 1, work)).toEqual(items);
    expect(await inParallel(8)(items, Date.now() - 1, work)).toEqual(items);
    expect(done).toEqual([]);
    expect(await inParallel(8, 20)(items, Date.now() - 1, work)).toEqual(items.slice(20));
    expect(done).toEqual(items.slice(0, 20));
  });

  it('begins further on each time, by as many as a round comes to at least', () => {
    const firsts = [0, 1, 2].map((minute) => inFairOrder(items, minute * 60_000, 60_000, 20)[0]);
    expect(firsts).toEqual([0, 20, 10]);
    expect(inFairOrder([], 60_000, 60_000)).toEqual([]);
  });

  it('throws all failures together, each with its words', () => {
    expect(() => throwTogether([], 'the others went on, but')).not.toThrow();
    expect(() => throwTogether([new Error('one'), 'two'], 'the others went on, but')).toThrow(
      new AggregateError([], 'the others went on, but: one; two'),
    );
  });
});
