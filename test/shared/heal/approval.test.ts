import { CallbackExternalError, CallbackTimeoutError } from '@aws/durable-execution-sdk-js';
import { describe, expect, it } from '@jest/globals';
import { judgeApproval, standingYes } from '../../../shared/heal/approval.ts';
import { judgeSilence } from '../../../shared/heal/ask.ts';

describe('an answer', () => {
  it('approves with a yes to the very plan that was asked about', () => {
    expect(judgeApproval('{"approve":true,"plan":"abc","by":"ops"}', 'abc')).toEqual({ approved: true, by: 'ops' });
  });

  it.each([
    ['for another plan', '{"approve":true,"plan":"abd"}', 'the answer is for plan abd, this one is abc'],
    ['for a plan that begins the same', '{"approve":true,"plan":"abcd"}', 'the answer is for plan abcd'],
    ['that names no plan', '{"approve":true}', 'the answer names no plan'],
    ['that names it by something else', '{"approve":true,"plan":["abc"]}', 'its plan is no text'],
    ['that only looks like a yes', '{"approve":"true","plan":"abc"}', 'neither yes nor no'],
    ['of a number', '{"approve":1,"plan":"abc"}', 'neither yes nor no'],
    ['that is a no', '{"approve":false,"plan":"abc"}', 'a person said no'],
    ['that is a plain word', 'yes', 'not JSON'],
    ['that is a list', '[{"approve":true,"plan":"abc"}]', 'no object'],
  ])('approves nothing %s: %s', (_, answer, reason) => {
    expect(judgeApproval(answer, 'abc')).toMatchObject({
      refuse: 'approval-denied',
      reason: expect.stringContaining(reason),
    });
  });
});

describe('a question that ended without an answer', () => {
  it('has expired when its time was up', () => {
    expect(judgeSilence(new CallbackTimeoutError('Callback timed out'), 4)).toMatchObject({
      refuse: 'approval-expired',
      reason: 'nobody approved the plan within 4 h',
    });
  });

  it('is a no when a person failed the callback, with what they said', () => {
    expect(judgeSilence(new CallbackExternalError('not before the audit'), 4)).toMatchObject({
      refuse: 'approval-denied',
      reason: 'a person said no: not before the audit',
    });
  });

  it('is a fault of ours, and told as one, for any other reason', () => {
    expect(() => judgeSilence(new TypeError('answer.slice is not a function'), 4)).toThrow('answer.slice');
  });

  it('is neither yes nor no when the answer is empty', () => {
    expect(judgeApproval(undefined, 'abc')).toMatchObject({
      refuse: 'approval-denied',
      reason: expect.stringContaining('the answer is empty'),
    });
  });
});

describe('a yes that a guard has held', () => {
  const terms = [
    ['act', 'heal the node'],
    ['rungs', 'restart, then swap'],
  ] as const;
  const asked = {
    terms: [['incident', '7f3a0c1d (node:health), attempt 1'], ['node', 'bitcoin/node2 on i-1'], ...terms] as const,
    answer: { said: 'approved', by: 'ops', atMs: 0 },
  };
  const at = (hoursLater: number) => ({ nowMs: hoursLater * 3_600_000, hours: 4 });

  it('stands for the same terms: nobody is asked the same again', () => {
    expect(standingYes(asked, terms, at(1))).toEqual({ by: 'ops' });
  });

  it.each([
    [
      'for other terms',
      asked,
      [
        ['act', 'heal the node'],
        ['rungs', 'swap'],
      ],
      1,
    ],
    ['for ever', asked, terms, 4],
    ['where something of it was done', { ...asked, isOver: true }, terms, 1],
    ['where it was a no', { ...asked, answer: { ...asked.answer, said: 'denied' } }, terms, 1],
    ['where nobody has answered', { terms: asked.terms }, terms, 1],
    ['where nobody was asked', undefined, terms, 1],
  ] as const)('does not stand %s', (_, before, now, hours) => {
    expect(standingYes(before, now, at(hours))).toBeNull();
  });
});
