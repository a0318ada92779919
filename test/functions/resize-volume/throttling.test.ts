import { StepError } from '@aws/durable-execution-sdk-js';
import { EC2ServiceException } from '@aws-sdk/client-ec2';
import { describe, expect, it } from '@jest/globals';
import { ACTS } from '../../../functions/resize-volume/acts.ts';
import type { Act } from '../../../functions/resize-volume/state.ts';
import { isThrottling } from '../../../shared/aws/refusals.ts';
import { ME } from '../../fixtures/builders/incident.ts';

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
    const held = { holder: { execution: ME, fence: 3 }, ordinal: 1, approved: null, found: null };
    const observe: Act<'observe'> = { do: 'observe', seen: {} as never, held };
    const throttled = { message: 'Request limit exceeded.', throttled: true, isAws: true };
    const unavailable = { message: 'Service unavailable', throttled: false, isAws: false };
    expect(ACTS.observe.abandon(observe, observe, throttled)).toMatchObject({
      do: 'conclude',
      commandsOver: false,
      ending: { outcome: 'refused', code: 'throttled', page: false, retryAfterMs: 60_000 },
    });
    expect(ACTS.observe.abandon(observe, observe, unavailable)).toMatchObject({
      commandsOver: false,
      ending: { outcome: 'refused', code: 'unreadable', page: true, retryAfterMs: 300_000 },
    });
    const plan = { do: 'grow-filesystem', volumeId: 'vol-0123456789abcdef0', toGiB: 900, reason: '' } as const;
    const awaits: Act<'await-modification'> = { do: 'await-modification', held, plan, sinceMs: 0 };
    expect(ACTS['await-modification'].abandon(awaits, awaits, unavailable)).toMatchObject({
      ending: { outcome: 'failed', code: 'step-failed' },
    });
  });
});
