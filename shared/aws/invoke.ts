// Invokes another function and waits for its answer.
import { setTimeout } from 'node:timers/promises';
import { InvokeCommand } from '@aws-sdk/client-lambda';
import { parseJson } from '../text/json.ts';
import { plainText } from '../text/plain-text.ts';
import type { Clients } from './clients.ts';
import { isThrottling } from './refusals.ts';

const SAID_MAX = 300;
/**
 * A throttled call has not begun: it is repeated, because the caller needs this answer ("For functions with a synchronous invocation, Lambda returns
 * a 429": Lambda quotas). In that time an account's other invocations end, or its concurrency is too low.
 */
const AGAIN_AFTER_MS = [250, 500, 1_000, 2_000, 4_000, 8_000] as const;

/** The answer as JSON. @param untilMs the latest time of a call, ms since the epoch; @throws as `invokeForText` */
export async function invokeFunction<Answer>(
  clients: Pick<Clients, 'lambdaOnce'>,
  functionName: string,
  question: object,
  untilMs?: number,
): Promise<Answer> {
  return parseJson((await invokeForText(clients, functionName, question, untilMs)) || 'null') as Answer;
}

/**
 * The answer as raw text: what others can influence is parsed with care.
 *
 * @param untilMs the latest time of a call, ms since the epoch
 * @throws Error where the function fails: that is no answer; throttling, where it lasts
 */
export async function invokeForText(
  { lambdaOnce }: Pick<Clients, 'lambdaOnce'>,
  functionName: string,
  question: object,
  untilMs = Number.POSITIVE_INFINITY,
): Promise<string> {
  const command = { FunctionName: functionName, Payload: JSON.stringify(question) };
  const { Payload, FunctionError } = await unlessThrottled(() => lambdaOnce.send(new InvokeCommand(command)), untilMs);
  const answer = Payload?.transformToString() ?? '';
  if (FunctionError !== undefined)
    throw new Error(`${functionName} failed (${FunctionError}): ${plainText(answer, SAID_MAX)}`);
  return answer;
}

async function unlessThrottled<T>(call: () => Promise<T>, untilMs: number): Promise<T> {
  for (const afterMs of AGAIN_AFTER_MS) {
    try {
      return await call();
    } catch (error) {
      if (!isThrottling(error) || Date.now() + afterMs > untilMs) throw error;
      // Random delays, so that calls that collided do not collide again.
      await setTimeout(afterMs * (0.5 + Math.random() / 2));
    }
  }
  return call();
}
