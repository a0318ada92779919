import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { planHash } from '../../functions/resize-volume/approval.ts';
import type { Plan } from '../../functions/resize-volume/stages.ts';
import { judgeApproval } from '../../shared/heal/approval.ts';
import { DATA_VOLUME, HOUR_MS } from '../support/heal-facts.ts';

const plan: Plan = { do: 'grow-filesystem', volumeId: DATA_VOLUME, toGiB: 900, reason: 'data volume 91 % of 500 GiB' };
const hash = planHash(1, plan);
const denied = (reason: unknown) => ({ refuse: 'approval-denied', reason, page: false, lookAgainMs: HOUR_MS });

describe('the hash of a plan', () => {
  it('binds an answer to attempt, act, volume and size', () => {
    const hashes = [
      hash,
      planHash(2, plan),
      planHash(1, { ...plan, do: 'await-modification' }),
      planHash(1, { ...plan, volumeId: 'vol-0b1b2c3d4e5f60718' }),
      planHash(1, { ...plan, toGiB: 901 }),
    ];
    expect(new Set(hashes).size).toBe(hashes.length);
    expect(hash).toMatch(/^[0-9a-f]{16}$/);
  });

  it('does not change with the words in which the plan is told', () => {
    expect(planHash(1, { ...plan, reason: 'data volume 92 % of 500 GiB' })).toBe(hash);
  });
});

describe('a person’s answer', () => {
  it('approves when it says so and names this plan', () => {
    expect(judgeApproval(JSON.stringify({ approve: true, plan: hash }), hash)).toEqual({ approved: true });
    expect(judgeApproval(JSON.stringify({ approve: true, plan: hash, by: 'Ada' }), hash)).toEqual({ approved: true });
  });

  it('to an earlier attempt approves nothing now', () => {
    const answer = JSON.stringify({ approve: true, plan: planHash(1, plan) });
    const now = planHash(2, plan);
    expect(judgeApproval(answer, now)).toEqual(denied(`the answer is for plan ${hash}, this one is ${now}`));
  });

  it('of no is told with who said it', () => {
    const dayMs = 24 * 60 * 60_000;
    expect(judgeApproval('{"approve":false}', hash)).toEqual({ ...denied('a person said no'), lookAgainMs: dayMs });
    expect(judgeApproval('{"approve":false,"by":"Ada"}', hash)).toMatchObject({
      reason: 'Ada said no',
      lookAgainMs: dayMs,
    });
  });

  it.each([
    ['{"approve":"true"}', 'the answer {"approve":"true"} says neither yes nor no'],
    ['{}', 'the answer {} says neither yes nor no'],
    ['null', 'the answer null says neither yes nor no'],
    ['"yes"', 'the answer "yes" says neither yes nor no'],
    ['yes', `the answer is not JSON: yes`],
    [`{"approve":true}`, 'the answer names no plan, this one is'],
  ])('that says neither is not an approval, and nobody is said to have said no: %s', (answer, words) => {
    expect(judgeApproval(answer, hash)).toEqual(denied(expect.stringContaining(words)));
  });

  it('of any text is an approval only if it is one, and is told in a short sentence', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ maxLength: 5_000 }), fc.json()), (answer) => {
        const judged = judgeApproval(answer, hash);
        if ('approved' in judged) throw new Error(`approved by ${answer}`);
        expect(judged.reason.length).toBeLessThan(300);
      }),
    );
    const long = judgeApproval(JSON.stringify({ approve: false, by: 'x'.repeat(10_000) }), hash);
    expect('refuse' in long && long.reason.length).toBeLessThan(100);
  });
});
