// How long a step waits for AWS, by the error that its body threw.
import type { DurableContext, StepConfig } from '@aws/durable-execution-sdk-js';
import { describe, expect, it } from '@jest/globals';
import { AwsFailure, isAwsFailure, isAwsFault, namedFailure } from '../../../shared/aws/refusals.ts';
import { turnAt } from '../../../shared/heal/context.ts';

const MINUTE_SECONDS = 60;

const answered = (name: string, httpStatusCode: number): Error =>
  Object.assign(new Error('so it is'), { name, $metadata: { httpStatusCode } });
const unanswered = (code: string): Error => Object.assign(new Error('socket hang up'), { code });

/** The delays between the tries of a step whose body throws this error each time, in seconds. */
async function delaysAfter(error: Error): Promise<readonly number[]> {
  let config: StepConfig<unknown> | undefined;
  const durable = {
    step: async (_name: string, _body: () => Promise<unknown>, given: StepConfig<unknown>) => {
      config = given;
    },
  } as unknown as DurableContext;
  await turnAt(durable, '01').step('look', async () => undefined);
  const delays: number[] = [];
  for (let attempt = 1; ; attempt++) {
    const { shouldRetry, delay } = (config?.retryStrategy?.(error, attempt) ?? { shouldRetry: false }) as {
      readonly shouldRetry: boolean;
      readonly delay?: { readonly seconds?: number };
    };
    if (!shouldRetry) return delays;
    delays.push(delay?.seconds ?? 0);
  }
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, one) => total + one, 0);

describe('a step at which AWS fails', () => {
  it('is repeated for longer than an outage of an hour, and soon after its end', async () => {
    for (const error of [
      answered('InternalError', 500),
      answered('ServiceUnavailable', 503),
      unanswered('ECONNRESET'),
    ]) {
      const delays = await delaysAfter(namedFailure(error) as Error);
      expect(sum(delays)).toBeGreaterThan(70 * MINUTE_SECONDS);
      expect(Math.max(...delays)).toBeLessThanOrEqual(30);
    }
  });

  it('is repeated for more than ten minutes where AWS throttles', async () => {
    expect(sum(await delaysAfter(answered('ThrottlingException', 400)))).toBeGreaterThan(10 * MINUTE_SECONDS);
  });

  it('is repeated a few times where the fault is not AWS’s own', async () => {
    expect(await delaysAfter(new TypeError('undefined is not a function'))).toHaveLength(3);
    expect(await delaysAfter(answered('AccessDeniedException', 400))).toHaveLength(3);
  });
});

describe('a failure of AWS', () => {
  it('is a server fault, or no answer; a definite refusal is none, whatever its status', () => {
    expect(isAwsFault(answered('InternalError', 500))).toBe(true);
    expect(isAwsFault(unanswered('ETIMEDOUT'))).toBe(false);
    expect(isAwsFailure(unanswered('ETIMEDOUT'))).toBe(true);
    expect(isAwsFailure(answered('InsufficientInstanceCapacity', 500))).toBe(false);
    expect(isAwsFailure(answered('InvalidParameterValue', 400))).toBe(false);
    expect(isAwsFailure('InternalError')).toBe(false);
  });

  it('is still known when its error was made again from a checkpoint, which keeps the name and the message', () => {
    const { name, message } = namedFailure(answered('InternalError', 500)) as AwsFailure;
    const again = Object.assign(new Error(message), { name });
    expect([isAwsFailure(again), isAwsFault(again), message]).toEqual([true, true, 'so it is']);
    expect(namedFailure(new AwsFailure('AwsSilence', again))).toBeInstanceOf(AwsFailure);
  });
});
