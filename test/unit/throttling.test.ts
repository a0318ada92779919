import { StepError } from '@aws/durable-execution-sdk-js';
import { EC2ServiceException } from '@aws-sdk/client-ec2';
import { describe, expect, it } from '@jest/globals';
import { abandon } from '../../functions/resize-volume/program.ts';
import type { State } from '../../functions/resize-volume/stages.ts';
import { isThrottling } from '../../shared/aws/refused.ts';
import { ME } from '../support/heal-facts.ts';

const limit = new EC2ServiceException({ name: 'RequestLimitExceeded', $fault: 'client', $metadata: {} });

describe('throttling', () => {
  it('is known by its name, also inside the error of a step', () => {
    expect(isThrottling(limit)).toBe(true);
    expect(isThrottling(new StepError('Request limit exceeded.', limit))).toBe(true);
  });

  it('is not every error, nor what is none', () => {
    expect(isThrottling(new TypeError('RequestLimitExceeded'))).toBe(false);
    expect(isThrottling('Throttling')).toBe(false);
  });

  it('of a step is a refusal that is looked at again soon; it never counts towards the last attempt, and pages nobody', () => {
    const state: Extract<State, { stage: 'observe' }> = {
      stage: 'observe',
      seen: {} as never,
      holder: { execution: ME, fence: 3 },
      ordinal: 1,
      approved: null,
      found: null,
    };
    expect(abandon(state, 'Request limit exceeded.', true)).toMatchObject({
      stage: 'conclude',
      commandsOver: false,
      ending: { outcome: 'refused', code: 'throttled', page: false, lookAgainMs: 60_000 },
    });
    expect(abandon(state, 'Service unavailable')).toMatchObject({
      commandsOver: false,
      ending: { outcome: 'refused', code: 'unreadable', page: true, lookAgainMs: 300_000 },
    });
    const plan = { do: 'grow-filesystem', volumeId: 'vol-0123456789abcdef0', toGiB: 900, reason: '' } as const;
    const { seen: _, ...held } = state;
    expect(abandon({ ...held, stage: 'await-modification', plan, sinceMs: 0 }, 'Service unavailable')).toMatchObject({
      ending: { outcome: 'failed', code: 'step-failed' },
    });
  });
});
