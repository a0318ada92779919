// The shipped scripts that work on clients and volumes as a whole, verbatim, on real filesystems: the contract's stories.
import { execFileSync } from 'node:child_process';
import { describe, expect, it } from '@jest/globals';
import { script } from '../../../shared/node-commands/index.ts';
import { parseNodeAnswer } from '../../../shared/node-commands/node-answer.ts';
import { nodeOperations } from '../../../shared/node-commands/parameters.ts';
import { expectNode, nodeCases } from '../../fixtures/contract/node-contract.ts';
import { lacking, lackingForExt4Tools, lackingForShellcheck } from './lacking.ts';
import { SwapMachine } from './swap-machine.ts';

const onMachine = lacking === undefined ? describe : describe.skip;

onMachine('the shipped scripts keep the contract of the commands on clients and volumes', () => {
  for (const { name, node, steps } of nodeCases()) {
    const runs = node.filesystem === 'ext4' && lackingForExt4Tools !== undefined ? it.skip : it;
    runs(name, async () => {
      const machine = await SwapMachine.start(node);
      try {
        const answers: string[] = [];
        for (const step of steps) {
          if ('do' in step) {
            if (step.do === 'forget everything') await machine.forgetCommands();
            else if (step.do === 'break') await machine.break(step.which);
            else await machine.write(step.file, step.text);
            answers.push('');
            continue;
          }
          const { stdout, stderr } = await machine.send(step.send);
          answers.push(stdout);
          if (stdout === '') throw new Error(stderr);
          if (step.expect.sameAnswerAsStep !== undefined) expect(stdout).toBe(answers[step.expect.sameAnswerAsStep]);
          expectNode(step.send, step.expect, await machine.outcome(parseNodeAnswer(stdout), step.expect.files));
        }
      } finally {
        await machine.stop();
      }
    });
  }
});

describe.each(nodeOperations)('the composed script of %s', (operation) => {
  (lackingForShellcheck === undefined ? it : it.skip)('has no finding of shellcheck', () => {
    expect(() => execFileSync('shellcheck', ['-'], { input: script(operation), encoding: 'utf8' })).not.toThrow();
  });
});
