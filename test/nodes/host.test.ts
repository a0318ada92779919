// The shipped scripts, verbatim, on real filesystems: the contract's stories, then what only a real machine can show.
import { describe, expect, it } from '@jest/globals';
import { parseAnswer } from '../../shared/documents/answer.ts';
import { type ContractStep, contractCases, contractParameters, expectOutcome } from './contract.ts';
import { Machine } from './machine.ts';

describe('the shipped scripts keep the contract', () => {
  it.each(contractCases())('$name', async ({ node, steps }) => {
    const machine = await Machine.start(node);
    const answers: string[] = [];
    try {
      for (const step of steps) answers.push(await take(machine, step, answers));
    } finally {
      await machine.stop();
    }
  });
});

/** Takes one step and returns its answer, or nothing. */
async function take(machine: Machine, step: ContractStep, answers: readonly string[]): Promise<string> {
  if (!('send' in step)) {
    if (step.do === 'grow the device') await machine.growDevice(step.deviceMiB);
    if (step.do === 'forget everything') await machine.shell('rm -rf /var/lib/chainmend /run/chainmend');
    if (step.do === 'forget the last answer') await machine.shell('sed -i 2d /var/lib/chainmend/last-command');
    return '';
  }
  const sizeBytesBefore = await machine.filesystemBytes();
  const ran = await machine.send(step.send.operation, contractParameters(step.send, Math.floor(Date.now() / 1000)));
  if (process.env['VERBOSE']) console.error(ran.stderr, ran.stdout);
  const answer = parseAnswer(ran.stdout);
  expectOutcome(step.send, step.expect, {
    answer,
    sizeBytesBefore,
    sizeBytesAfter: await machine.filesystemBytes(),
    deviceBytes: await machine.deviceBytes(),
    started: await machine.started(),
  });
  if (step.expect.sameAnswerAsStep !== undefined) expect(ran.stdout).toBe(answers[step.expect.sameAnswerAsStep]);
  else if (answer.after) expect(answer.after.sizeBytes).toBe(await machine.filesystemBytes());
  return ran.stdout;
}
