// A synchronous function call: a throttle had no effect, and is no answer.
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { Clients } from '../../../shared/aws/clients.ts';
import { invokeFunction } from '../../../shared/aws/invoke.ts';

const throttled = Object.assign(new Error('Rate Exceeded.'), { name: 'TooManyRequestsException' });
const answered = (value: unknown, FunctionError?: string) => ({
  Payload: { transformToString: () => (value === undefined ? '' : JSON.stringify(value)) },
  ...(FunctionError !== undefined && { FunctionError }),
});

/** Answers in this order; the last one repeats. */
function lambda(...answers: readonly unknown[]) {
  const asked: number[] = [];
  const send = async () => {
    const answer = answers[Math.min(asked.length, answers.length - 1)];
    asked.push(Date.now());
    if (answer instanceof Error) throw answer;
    return answer;
  };
  return { asked, clients: { lambdaOnce: { send } } as unknown as Pick<Clients, 'lambdaOnce'> };
}

async function settled<T>(work: Promise<T>): Promise<T | Error> {
  const caught = work.catch((error: Error) => error);
  await jest.advanceTimersByTimeAsync(60_000);
  return caught;
}

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

describe('a function that is asked', () => {
  it('answers, or fails', async () => {
    expect(await settled(invokeFunction(lambda(answered({ a: 1 })).clients, 'f', {}))).toEqual({ a: 1 });
    expect(await settled(invokeFunction(lambda(answered(undefined)).clients, 'f', {}))).toBeNull();
    const failed = await settled(
      invokeFunction(lambda(answered({ errorMessage: 'no' }, 'Unhandled')).clients, 'f', {}),
    );
    expect(failed).toMatchObject({ message: 'f failed (Unhandled): {"errorMessage":"no"}' });
  });

  it('is asked again where it was throttled, later and later', async () => {
    const { asked, clients } = lambda(throttled, throttled, throttled, answered('so'));
    expect(await settled(invokeFunction(clients, 'f', {}))).toBe('so');
    expect(asked).toHaveLength(4);
    const waits = asked.slice(1).map((atMs, at) => atMs - (asked[at] ?? 0));
    expect(waits.every((ms, at) => ms >= 125 * 2 ** at && ms <= 250 * 2 ** at)).toBe(true);
  });

  it('is left within half a minute where that does not end, and sooner where there is no time', async () => {
    const lasting = lambda(throttled);
    expect(await settled(invokeFunction(lasting.clients, 'f', {}))).toBe(throttled);
    expect(lasting.asked).toHaveLength(7);
    const late = lambda(throttled);
    expect(await settled(invokeFunction(late.clients, 'f', {}, Date.now() + 1_000))).toBe(throttled);
    expect(late.asked.length).toBeLessThan(4);
  });

  it('is not asked twice where nobody knows whether it has begun', async () => {
    const silent = lambda(Object.assign(new Error('no answer'), { name: 'TimeoutError' }), answered('so'));
    expect(await settled(invokeFunction(silent.clients, 'f', {}))).toMatchObject({ name: 'TimeoutError' });
    expect(silent.asked).toHaveLength(1);
  });
});
