// One function asks another and waits for its answer.
import { setTimeout } from 'node:timers/promises';
import { InvokeCommand } from '@aws-sdk/client-lambda';
import { plainText } from '../text/plain-text.ts';
import type { Clients } from './clients.ts';
import { isThrottling } from './refusals.ts';

const SAID_MAX = 300;
/**
 * What Lambda throttles it has not begun: it is asked again, where somebody waits for an answer by nobody else ("For functions with a
 * synchronous invocation, Lambda returns a 429": Lambda quotas). An account's other invocations are over in that time, or it has too few.
 */
const AGAIN_AFTER_MS = [250, 500, 1_000, 2_000, 4_000, 8_000] as const;

/** The answer as JSON. @param untilMs when it is asked at the latest, ms since the epoch; @throws as `invokeForText` */
export async function invokeFunction<Answer>(
  clients: Pick<Clients, 'lambdaOnce'>,
  functionName: string,
  question: object,
  untilMs?: number,
): Promise<Answer> {
  return JSON.parse((await invokeForText(clients, functionName, question, untilMs)) || 'null') as Answer;
}

/**
 * The answer as it was given: what others have a part in is parsed with care.
 *
 * @param untilMs when it is asked at the latest, ms since the epoch
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
      // Those that collided do not meet again.
      await setTimeout(afterMs * (0.5 + Math.random() / 2));
    }
  }
  return call();
}
