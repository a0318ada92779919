// What a person does with a page that asks: they paste its line.
import { AwsError } from '../../simulator/service.ts';
import type { World } from './world.ts';

/** A JSON answer without quotes inside, piped into the CLI. */
const PIPED = /^echo '([^']+)' \| aws lambda (.*)$/;
/** Of a heal: the answer goes to the execution that waits for it. */
const ANSWER =
  /^send-durable-execution-callback-success --region \S+ --callback-id '([^']+)' --result fileb:\/\/\/dev\/stdin$/;
/** Of register-nodes and rotate-peers: the person invokes them again, with the approved plan. */
const INVOKE =
  /^invoke --region \S+ --function-name (\S+)(?: --invocation-type Event)? --payload fileb:\/\/\/dev\/stdin \/dev\/stdout$/;

/**
 * Executes the command line of a page, as a shell and the AWS CLI would (test/local/cli/approval-pasted.test.ts has the real ones). The answer to a
 * repeated page has no effect.
 */
export async function answerAsPaged({ region }: World, commandLine = ''): Promise<void> {
  const [, answer = '', command = ''] = PIPED.exec(commandLine) ?? [];
  const bytes = new Uint8Array(Buffer.from(`${answer}\n`));
  const [, FunctionName] = INVOKE.exec(command) ?? [];
  if (FunctionName) {
    // A failing function reports the error itself: the CLI would print it and succeed.
    await region.call('lambda', 'Invoke', { FunctionName, Payload: bytes });
    return;
  }
  const [, CallbackId] = ANSWER.exec(command) ?? [];
  if (!CallbackId) throw new Error(`the page offers no command that answers: ${commandLine}`);
  try {
    await region.call('lambda', 'SendDurableExecutionCallbackSuccess', { CallbackId, Result: bytes });
  } catch (error) {
    if (!(error instanceof AwsError) || error.name !== 'CallbackTimeoutException') throw error;
  }
}
