// A simulated node's client under its owner's roll-back: what it does to the data, and what the node says.
import { describe, expect, it } from '@jest/globals';
import type { CommandOutcome } from '../../../local/nodes/machine.ts';
import type { SimulatedNode } from '../../../local/nodes/node.ts';
import type { OwnRollBack } from '../../../local/nodes/spec.ts';
import { parseNodeAnswer } from '../../../shared/node-commands/node-answer.ts';
import { nodeCommandParameters } from '../../../shared/node-commands/node-command.ts';
import { chainOf, nodeOf } from '../../fixtures/builders/simulated-node.ts';
import { type TestKernel, testKernel } from '../../fixtures/kernel.ts';

const COMMAND = '/opt/node/roll-back';

function standing(effect: OwnRollBack['effect'], more: { takesSeconds?: number; stopSeconds?: number } = {}) {
  const kernel = testKernel();
  const { takesSeconds = 40, ...spec } = more;
  const rollBack = { command: COMMAND, blocks: 20, takesSeconds, effect };
  const node = nodeOf(kernel, chainOf(kernel), { rollBack, ...spec });
  const height = node.client.height();
  node.disks.data.corrupt({ stopsAtHeight: height });
  kernel.advance(30 * 60_000);
  return { kernel, node, height };
}

function rolledBack(kernel: TestKernel, node: SimulatedNode, command = COMMAND) {
  let outcome: CommandOutcome | undefined;
  const parameters = nodeCommandParameters(
    { fence: 4, ordinal: 1 },
    {
      ...{ operation: 'restart-client', only: 'roll-back', paths: ['/data'] },
      clients: [{ runtime: { kind: 'systemd', unit: 'node@*' }, stopGraceSeconds: 60, cleanLine: null }],
      own: { command, seconds: 60 },
    },
    kernel.clock.now(),
  );
  const flat = Object.fromEntries(Object.entries(parameters).map(([name, [value = '']]) => [name, value]));
  node.run(
    {
      ...{ commandId: 'c', documentName: 'chainmend-restart-client-0a1b2c3d', script: '', timeoutSeconds: 600 },
      parameters: flat,
    },
    (ended) => {
      outcome = ended;
    },
  );
  kernel.advance(5 * 60_000);
  return parseNodeAnswer(outcome?.stdout ?? '');
}

describe('an owner’s roll-back on a simulated node', () => {
  it('that is right has its client pass the block', () => {
    const { kernel, node, height } = standing('passes');
    expect(node.report()).toMatchObject({ state: 'stuck', height });
    expect(rolledBack(kernel, node)).toMatchObject({ result: 'done', after: { clients: [{ state: 'running' }] } });
    kernel.advance(60 * 60_000);
    expect(node.report()).toMatchObject({ state: 'synced' });
  });

  it('that changes nothing of the cause has it stop at the same block again', () => {
    const { kernel, node, height } = standing('nothing');
    expect(rolledBack(kernel, node)).toMatchObject({ result: 'done' });
    kernel.advance(60 * 60_000);
    expect(node.report()).toMatchObject({ state: 'stuck', height });
  });

  it('that spoils the data leaves a client that cannot open them, in its own words', () => {
    const { kernel, node } = standing('spoils');
    expect(rolledBack(kernel, node)).toMatchObject({
      ...{ result: 'failed', reason: expect.stringContaining('Corrupted block database') },
      after: { clients: [{ state: 'failed' }] },
    });
  });

  it.each([
    ['fails', standing('fails'), COMMAND, `${COMMAND} exits with 1`],
    ['takes too long', standing('passes', { takesSeconds: 90 }), COMMAND, `${COMMAND} has not ended within 60 s`],
    ['finds no clean end', standing('passes', { stopSeconds: 1_000 }), COMMAND, 'did not end cleanly'],
    ['is not there', standing('passes'), '/opt/node/other', '/opt/node/other is not there: nothing was changed'],
  ])('that %s leaves the client running, at the height where it stood', (_, { kernel, node, height }, command, why) => {
    expect(rolledBack(kernel, node, command)).toMatchObject({
      ...{ result: 'failed', reason: expect.stringContaining(why) },
      after: { clients: [{ state: 'running' }] },
    });
    expect(node.client.height()).toBe(height);
  });
});
