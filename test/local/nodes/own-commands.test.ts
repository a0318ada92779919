// A simulated node's client under its owner's own commands: what they do to the data, and what the node says.
import { describe, expect, it } from '@jest/globals';
import type { CommandOutcome } from '../../../local/nodes/machine.ts';
import type { SimulatedNode } from '../../../local/nodes/node.ts';
import type { Damage, OwnPrune, OwnReindex, OwnRollBack } from '../../../local/nodes/spec.ts';
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

const rolledBack = (kernel: TestKernel, node: SimulatedNode, command = COMMAND) =>
  ranOn(kernel, node, { only: 'roll-back', command });

function ranOn(
  kernel: TestKernel,
  node: SimulatedNode,
  { only, command }: { only: 'roll-back' | 'reindex' | 'prune'; command: string },
) {
  let outcome: CommandOutcome | undefined;
  const parameters = nodeCommandParameters(
    { fence: 4, ordinal: 1 },
    {
      ...{ operation: 'restart-client', only, paths: ['/data'] },
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

describe('an owner’s pruning on a simulated node', () => {
  const pruned = (effect: OwnPrune['effect'], takesSeconds = 40) => {
    const kernel = testKernel();
    const prune = { command: '/opt/node/prune', freesBytes: 40 * 2 ** 30, takesSeconds, effect };
    const node = nodeOf(kernel, chainOf(kernel), { prune });
    const usedBytes = () => node.volumes[0]?.usedBytes ?? 0;
    const before = usedBytes();
    const answer = ranOn(kernel, node, { only: 'prune', command: '/opt/node/prune' });
    return { answer, freedGiB: Math.round((before - usedBytes()) / 2 ** 30) };
  };

  it('has its client drop so much while it is stopped, and both sizes are told', () => {
    const { answer, freedGiB } = pruned('frees');
    expect(answer).toMatchObject({ result: 'done', stop: { clean: true }, after: { clients: [{ state: 'running' }] } });
    expect(freedGiB).toBe(40);
    const [was = 0, is = 0] = [answer.before, answer.after].map((state) => state?.volumes[0]?.usedBytes);
    expect(Math.round((was - is) / 2 ** 30)).toBe(40);
  });

  it.each<[string, OwnPrune['effect'], number]>([
    ['fails', 'fails', 40],
    ['takes too long', 'frees', 90],
  ])('that %s frees nothing, and its client runs again', (_, effect, seconds) => {
    const { answer, freedGiB } = pruned(effect, seconds);
    expect(answer).toMatchObject({ result: 'failed', after: { clients: [{ state: 'running' }] } });
    expect(Math.abs(freedGiB)).toBe(0);
  });

  it('that spoils the data leaves a client that cannot open them', () => {
    expect(pruned('spoils').answer).toMatchObject({ result: 'failed', after: { clients: [{ state: 'failed' }] } });
  });
});

describe('an owner’s reindex on a simulated node', () => {
  const COMMAND_ = '/opt/node/reindex';
  const MINUTE_MS_ = 60_000;
  const broken = (damage: Damage, effect: OwnReindex['effect'] = 'mends', buildsSeconds = 30 * 60) => {
    const kernel = testKernel();
    const reindex = { command: COMMAND_, takesSeconds: 20, buildsSeconds, effect };
    const node = nodeOf(kernel, chainOf(kernel), { reindex });
    node.disks.data.corrupt({ damage });
    const answer = ranOn(kernel, node, { only: 'reindex', command: COMMAND_ });
    return { kernel, node, answer };
  };

  it('mends a broken chainstate, and its client answers nobody for as long as it builds', () => {
    const { kernel, node, answer } = broken('chainstate');
    expect(answer).toMatchObject({ result: 'done', after: { clients: [{ state: 'running' }] } });
    kernel.advance(20 * MINUTE_MS_);
    expect(node.client.starting).toBe(true);
    kernel.advance(10 * MINUTE_MS_);
    expect(node.client.starting).toBe(false);
    kernel.advance(60 * MINUTE_MS_);
    expect(node.report()).toMatchObject({ state: 'synced' });
  });

  it('goes on where it was after a restart in between, and does not begin anew', () => {
    const { kernel, node } = broken('chainstate');
    kernel.advance(15 * MINUTE_MS_);
    node.client.stop('stopped', 'stopped');
    kernel.advance(MINUTE_MS_);
    node.client.start();
    kernel.advance(12 * MINUTE_MS_);
    expect(node.client.starting).toBe(false);
    node.client.stop('stopped', 'stopped');
    node.client.start();
    expect(node.client.starting).toBe(false);
  });

  it.each<[string, Damage, OwnReindex['effect']]>([
    ['does not mend broken block files', 'blocks', 'mends'],
    ['that fails mends nothing', 'chainstate', 'fails'],
    ['that spoils the blocks leaves a client that cannot open them', 'chainstate', 'spoils'],
  ])('%s', (_, damage, effect) => {
    expect(broken(damage, effect).answer).toMatchObject({
      result: 'failed',
      after: { clients: [{ state: 'failed' }] },
    });
  });
});
