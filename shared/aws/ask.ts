// One function asks another and waits for its answer.
import { InvokeCommand } from '@aws-sdk/client-lambda';
import { plainText } from '../text/plain-text.ts';
import type { Clients } from './clients.ts';

const SAID_MAX = 300;

/** @throws Error where the function fails: that is no answer */
export async function ask<Answer>(
  { lambdaOnce }: Pick<Clients, 'lambdaOnce'>,
  functionName: string,
  question: object,
): Promise<Answer> {
  const { Payload, FunctionError } = await lambdaOnce.send(
    new InvokeCommand({ FunctionName: functionName, Payload: JSON.stringify(question) }),
  );
  const answer = Payload?.transformToString() ?? '';
  if (FunctionError !== undefined) throw new Error(`${functionName} failed: ${plainText(answer, SAID_MAX)}`);
  return JSON.parse(answer) as Answer;
}
