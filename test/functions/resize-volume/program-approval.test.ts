import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { termsOf } from '../../../functions/resize-volume/plan.ts';
import type { GrowPlan } from '../../../shared/growth/decide.ts';
import { changedTerms, claimOf, hashOf, judgeApproval } from '../../../shared/heal/approval.ts';
import { DATA_VOLUME } from '../../fixtures/builders/node.ts';
import { HOUR_MS } from '../../fixtures/builders/time.ts';

const plan: GrowPlan = {
  ...{ do: 'modify', volumeId: DATA_VOLUME, fromGiB: 500, toGiB: 900, iops: null, throughputMiBps: null },
  ...{ addedUsd: 32, usedGiB: 455, gibPerHour: 14, ceilingGiB: 2_000, reason: 'data volume 91 % of 500 GiB' },
  ownerWords: {},
};
const grown = { do: 'grow-filesystem', volumeId: DATA_VOLUME, toGiB: 900, reason: 'it is full' } as const;
const hash = hashOf(termsOf(plan));
const denied = (reason: unknown, by: string | null = null) => ({
  ...{ refuse: 'approval-denied', reason, page: false, retryAfterMs: HOUR_MS, by },
});
const neither = (why: string) =>
  denied(`not an approval: ${why}; expected {"approve":true,"plan":"${hash}"} or {"approve":false}`);

describe('the terms of a growth', () => {
  it('are the act, the volume, both sizes and the cost, and each of them has a hash of its own', () => {
    expect(Object.fromEntries(termsOf(plan))).toEqual({
      act: 'grow the volume and its filesystem',
      volume: DATA_VOLUME,
      size: '500 → 900 GiB at most',
      cost: '+$32.00 a month at most',
    });
    const hashes = [
      hash,
      hashOf(termsOf(grown)),
      hashOf(termsOf({ ...grown, do: 'await-modification' })),
      hashOf(termsOf({ ...plan, volumeId: 'vol-0b1b2c3d4e5f60718' })),
      hashOf(termsOf({ ...plan, fromGiB: 499 })),
      hashOf(termsOf({ ...plan, toGiB: 901 })),
      hashOf(termsOf({ ...plan, addedUsd: 32.01 })),
    ];
    expect(new Set(hashes).size).toBe(hashes.length);
    expect(hash).toMatch(/^[0-9a-f]{16}$/);
  });

  it('do not change with the words in which the plan is told', () => {
    expect(hashOf(termsOf({ ...plan, reason: 'data volume 92 % of 500 GiB' }))).toBe(hash);
  });

  it('cannot be moved from one to the other', () => {
    expect(
      hashOf([
        ['a', 'b'],
        ['c', 'd'],
      ]),
    ).not.toBe(
      hashOf([
        ['a', 'b","c'],
        ['', 'd'],
      ] as never),
    );
    expect(hashOf([['a', 'bc']])).not.toBe(hashOf([['ab', 'c']]));
  });

  it('that changed are told by name, with what they were', () => {
    expect(changedTerms(termsOf(plan), termsOf(plan))).toBeNull();
    expect(changedTerms(termsOf(plan), termsOf({ ...plan, toGiB: 905, addedUsd: 32.4 }))).toBe(
      'size: 500 → 900 GiB at most → 500 → 905 GiB at most; cost: +$32.00 a month at most → +$32.40 a month at most',
    );
    expect(changedTerms([['source', 'set-0']], [['rungs', 'swap']])).toBe(
      'source: set-0 → nothing; rungs: nothing → swap',
    );
  });
});

describe('a person’s answer', () => {
  it('approves when it says so and names this plan, with whom it claims to be from', () => {
    expect(judgeApproval(JSON.stringify({ approve: true, plan: hash }), hash)).toEqual({ approved: true, by: null });
    const signed = JSON.stringify({ approve: true, plan: hash, by: 'arn:aws:iam::111122223333:user/ada' });
    expect(judgeApproval(`${signed}\n`, hash)).toEqual({ approved: true, by: 'arn:aws:iam::111122223333:user/ada' });
  });

  it('is told with its claim, and never as more than one', () => {
    expect(claimOf('ada')).toBe(', by ada as the answer claims');
    expect(claimOf(null)).toBe(', by whom was not told');
  });

  it('to another plan approves nothing', () => {
    const now = hashOf(termsOf(grown));
    const answer = JSON.stringify({ approve: true, plan: hash });
    expect(judgeApproval(answer, now)).toEqual(denied(`the answer is for plan ${hash}, this one is ${now}`));
  });

  it('of no is told with who claims to have said it', () => {
    const dayMs = 24 * HOUR_MS;
    expect(judgeApproval('{"approve":false}', hash)).toEqual({
      ...denied('a person said no, by whom was not told'),
      retryAfterMs: dayMs,
    });
    expect(judgeApproval('{"approve":false,"by":"Ada"}', hash)).toEqual({
      ...denied('a person said no, by Ada as the answer claims', 'Ada'),
      retryAfterMs: dayMs,
    });
  });

  it.each([
    ['', 'the answer is empty'],
    [' \n', 'the answer is empty'],
    ['yes', 'the answer is not JSON: yes'],
    ['{"approve":tr', 'the answer is not JSON: {"approve":tr'],
    ['null', 'the answer is no object: null'],
    ['"yes"', 'the answer is no object: "yes"'],
    ['[true]', 'the answer is no object: [true]'],
    ['{}', 'the answer says neither yes nor no: {}'],
    ['{"approve":"true"}', 'the answer says neither yes nor no: {"approve":"true"}'],
    ['{"approve":1}', 'the answer says neither yes nor no: {"approve":1}'],
    [`{"approve":true}`, 'the answer names no plan'],
    [`{"approve":true,"plan":{"toString":1}}`, 'its plan is no text: {"approve":true,"plan":{"toString":1}}'],
    [
      `{"approve":true,"plan":["${'x'.repeat(16)}"]}`,
      'its plan is no text: {"approve":true,"plan":["xxxxxxxxxxxxxxxx"]}',
    ],
    [`{"__proto__":{"approve":true}}`, 'the answer says neither yes nor no: {"__proto__":{"approve":true}}'],
    // What CLI v2 sends without --cli-binary-format or fileb://, where it does not refuse immediately.
    [Buffer.from('eyJhcHByb3', 'base64').toString('utf8'), 'the answer is not JSON: {"appro'],
  ])('that is none is no approval, and nobody is said to have said no: %s', (answer, why) => {
    expect(judgeApproval(answer, hash)).toEqual(neither(why));
  });

  it('is not read where it is longer than any answer', () => {
    const long = JSON.stringify({ approve: true, plan: hash, by: 'x'.repeat(5_000) });
    expect(judgeApproval(long, hash)).toEqual(neither(`the answer has ${long.length} characters, more than 4000`));
    expect(judgeApproval('['.repeat(1_000_000), hash)).toEqual(
      neither('the answer has 1000000 characters, more than 4000'),
    );
  });

  it('is shown without what a terminal would act on', () => {
    const nasty = '\x1b]0;pwned\x07\r\n12:00:00  outcome   healed\u202e\u2028';
    for (const answer of [nasty, JSON.stringify({ approve: nasty }), JSON.stringify({ approve: false, by: nasty })]) {
      const judged = judgeApproval(answer, hash);
      expect('refuse' in judged && judged.reason).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
    }
    expect(judgeApproval(JSON.stringify({ approve: true, plan: hash, by: nasty }), hash)).toEqual({
      approved: true,
      by: ']0;pwned 12:00:00  outcome   healed',
    });
  });

  it('of any shape is an approval only if it is one, and is told in one short line', () => {
    const nasty = fc.oneof(
      fc.json(),
      fc.string({ unit: 'binary', maxLength: 5_000 }),
      fc
        .record(
          {
            approve: fc.oneof(fc.boolean(), fc.jsonValue()),
            plan: fc.oneof(fc.constant(hash), fc.jsonValue()),
            by: fc.oneof(fc.string({ unit: 'binary' }), fc.jsonValue()),
          },
          { requiredKeys: [] },
        )
        .map((value) => JSON.stringify(value)),
    );
    fc.assert(
      fc.property(nasty, (answer) => {
        const judged = judgeApproval(answer, hash);
        const said = 'approved' in judged ? claimOf(judged.by) : judged.reason;
        expect(said).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u);
        expect(said.length).toBeLessThan(500);
        if ('approved' in judged) expect(JSON.parse(answer)).toMatchObject({ approve: true, plan: hash });
      }),
      { numRuns: 2_000 },
    );
  });
});
