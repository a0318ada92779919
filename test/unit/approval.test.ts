import { CallbackExternalError, CallbackTimeoutError } from '@aws/durable-execution-sdk-js';
import { describe, expect, it } from '@jest/globals';
import { judgeApproval } from '../../shared/heal/approval.ts';
import { judgeSilence } from '../../shared/heal/ask.ts';

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
