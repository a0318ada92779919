// Scenario: the mode `ask`. A person is asked, and acts by copying a line from the page.
import { AwsError } from '../../simulator/service.ts';
import { clientUntouched, healed, healsEnd, nobodyReplaced, pagedFor, sizeGiB } from '../checks/expectations.ts';
import type { Scenario } from '../scenario.ts';
import type { World } from '../world/world.ts';
import { exchange } from '../world/worlds.ts';

const THINKING_MINUTES = 6;

export const diskFullAsk: Scenario = {
  name: 'disk-full-ask',
  sentence: 'The fleet is in mode ask: a person reads the page, approves the plan, and then the volume is grown.',
  fleets: { bitcoin: { mode: 'ask' } },
  build: (world) => void exchange(world),
  people: (world) =>
    world.whenPaged('approval-wanted', THINKING_MINUTES, ({ approve = '' }) => answerAsPaged(world, approve)),
  done: (world) => healed(world, 1),
  hours: 12,
  expect: [
    pagedFor('approval-wanted', 'a person was asked, and paged for nothing else'),
    {
      sentence: 'the plan was to grow the volume to 900 GiB',
      holds: ({ plans }) => plans.length === 1 && plans[0]?.would === 'grow 500 → 900 GiB',
    },
    healsEnd(1),
    {
      sentence: 'it was healed after the approval, not before',
      holds: ({ heals }) =>
        heals.every(({ alarmToHealedSeconds }) => (alarmToHealedSeconds ?? 0) > THINKING_MINUTES * 60),
    },
    { sentence: 'the volume grew to what was approved', holds: (report) => sizeGiB(report, 'node2') === 900 },
    clientUntouched,
    nobodyReplaced,
  ],
};

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
