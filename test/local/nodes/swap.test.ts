// A simulated node whose volumes are swapped: its state after a power failure at any moment, and the parts of the outage.
import { describe, expect, it } from '@jest/globals';
import { FSTAB } from '../../../local/nodes/disks.ts';
import type { CommandOutcome } from '../../../local/nodes/machine.ts';
import type { SimulatedNode } from '../../../local/nodes/node.ts';
import { parseNodeAnswer } from '../../../shared/node-commands/node-answer.ts';
import { type NodeCommand, nodeCommandParameters } from '../../../shared/node-commands/node-command.ts';
import { DATA_VOLUME } from '../../fixtures/builders/node.ts';
import { chainOf, dataVolume, nodeOf } from '../../fixtures/builders/simulated-node.ts';
import { type TestKernel, testKernel } from '../../fixtures/kernel.ts';

const NEW = 'vol-0fedcba9876543210';
const KEY = '/data/config/node_key.json';
const STATE = '/data/data/priv_validator_state.json';

type Carry = Extract<NodeCommand, { operation: 'swap-volumes' }>['carry'];

const swap = (from: string, to: string, carry: Carry, stopGraceSeconds = 60): NodeCommand => ({
  operation: 'swap-volumes',
  clients: [{ runtime: { kind: 'systemd', unit: 'node@*' }, stopGraceSeconds, cleanLine: 'service stop' }],
  from: [{ path: '/data', volumeId: from }],
  to: [{ path: '/data', volumeId: to }],
  identity: [KEY, STATE],
  carry,
  keepNewest: [STATE],
});

/** A validator with a copy of its volume from an hour ago, under another node's key. */
function made(spec: { readonly stopSeconds?: number; readonly startSeconds?: number } = {}) {
  const kernel = testKernel();
  const chain = chainOf(kernel, { name: 'cosmos', protocol: 'cometbft', bytesPerBlock: 1_024, consensus: 'elsewhere' });
  const node = nodeOf(kernel, chain, { volumes: [dataVolume()], validatorPower: 10, ...spec });
  const content = node.contentOf(DATA_VOLUME);
  if (!content?.data) throw new Error('the node has no data');
  kernel.advance(3_600_000);
  const files = new Map(content.files).set('config/node_key.json', { make: () => 'theirs', written: true });
  const data = { ...content.data, opening: 'opens' as const };
  node.volumeAttached(NEW, '/dev/sdg', 500, {
    content: { ...content, files, owner: 'i-0ddddddddddddddd0', data },
    initializedAtMs: undefined,
  });
  return { kernel, node, key: node.readFile(KEY), fstab: node.readFile(FSTAB) };
}

function send(node: SimulatedNode, kernel: TestKernel, command: NodeCommand, ordinal: number) {
  const parameters = nodeCommandParameters({ fence: 4, ordinal }, command, kernel.clock.now());
  const told: { outcome?: CommandOutcome } = {};
  node.run(
    {
      commandId: `c${ordinal}`,
      documentName: `chainmend-${command.operation}-0a1b2c3d`,
      script: '',
      parameters: Object.fromEntries(Object.entries(parameters).map(([name, [value = '']]) => [name, value])),
      timeoutSeconds: 600,
    },
    (outcome) => {
      told.outcome = outcome;
    },
  );
  return told;
}

const mounted = (node: SimulatedNode) => node.devices().find(({ mountedAt }) => mountedAt === '/data')?.volumeId;
const signed = (node: SimulatedNode) => Number(/"height":"(\d+)"/.exec(node.readFile(STATE) ?? '')?.[1]);

function answered(node: SimulatedNode, kernel: TestKernel, command: NodeCommand, ordinal: number) {
  const told = send(node, kernel, command, ordinal);
  kernel.advance(120_000);
  return parseNodeAnswer(told.outcome?.stdout ?? '');
}

describe('a swap whose node loses its power', () => {
  const moments = Array.from({ length: 60 }, (_, at) => 25 + at * 200);

  it.each(moments)('after %i ms boots into a volume with its own key, and both ways are open', (afterMs) => {
    for (const way of ['on', 'back'] as const) {
      const { kernel, node, key, fstab } = made({ stopSeconds: 3 });
      const before = signed(node);
      send(node, kernel, swap(DATA_VOLUME, NEW, 'ours'), 1);
      kernel.advance(afterMs);
      node.powerOff('hard');
      kernel.advance(1_000);
      expect(node.client.state).not.toBe('running');
      node.powerOn();
      kernel.advance(60_000);
      expect([DATA_VOLUME, NEW]).toContain(mounted(node));
      expect(node.client.state).toBe('running');
      expect(node.readFile(KEY)).toBe(key);
      expect(signed(node)).toBeGreaterThanOrEqual(before);
      if (way === 'on') expect(answered(node, kernel, swap(DATA_VOLUME, NEW, 'ours'), 2).result).toBe('done');
      expect(answered(node, kernel, swap(NEW, DATA_VOLUME, 'theirs'), 3).result).toBe('done');
      expect(mounted(node)).toBe(DATA_VOLUME);
      expect(node.client.state).toBe('running');
      expect(node.readFile(KEY)).toBe(key);
      expect(signed(node)).toBeGreaterThanOrEqual(before);
      expect(node.readFile(FSTAB)).toBe(fstab);
    }
  });
});

describe('a volume that does not mount any more', () => {
  const plain = (from: string, to: string, carry: Carry): NodeCommand => ({
    ...(swap(from, to, carry) as Extract<NodeCommand, { operation: 'swap-volumes' }>),
    ...{ identity: [KEY], keepNewest: [] },
  });
  const wrecked = (how: 'log' | 'superblock') => {
    const { kernel, node } = made();
    node.breakFilesystem('/data', how);
    return { kernel, node };
  };

  it.each(['log', 'superblock'] as const)(
    'with its %s gives way to a copy, and its place may be empty again',
    (how) => {
      const { kernel, node } = wrecked(how);
      expect(answered(node, kernel, plain(DATA_VOLUME, NEW, 'own'), 1)).toMatchObject({ result: 'done' });
      expect([mounted(node), node.client.state, node.readFile(KEY)]).toEqual([NEW, 'running', 'theirs']);
      const undone = answered(node, kernel, plain(NEW, DATA_VOLUME, 'unmounted'), 2);
      expect(undone).toMatchObject({ result: 'failed', putBack: true, fault: 'none' });
      expect([mounted(node), node.client.state]).toEqual([undefined, 'stopped']);
    },
  );

  it('gives way to a copy of another node without that node’s identity', () => {
    const { kernel, node } = wrecked('superblock');
    expect(answered(node, kernel, plain(DATA_VOLUME, NEW, 'ours'), 1)).toMatchObject({ result: 'done' });
    expect([mounted(node), node.readFile(KEY)]).toEqual([NEW, undefined]);
  });

  it('stays where a signing state was on it', () => {
    const { kernel, node } = wrecked('log');
    const answer = answered(node, kernel, swap(DATA_VOLUME, NEW, 'own'), 1);
    expect(answer).toMatchObject({ result: 'failed', putBack: true, fault: 'none', startSeconds: null });
    expect(mounted(node)).toBeUndefined();
  });
});

describe('a signing state that is lost', () => {
  const losing = () => {
    const { kernel, node } = made();
    node.setup.files.delete(STATE);
    return { kernel, node };
  };

  it('does not come back from a copy that has signed: what was found is put back', () => {
    const { kernel, node } = losing();
    expect(answered(node, kernel, swap(DATA_VOLUME, NEW, 'own'), 1)).toMatchObject({
      ...{ result: 'failed', putBack: true },
      reason: expect.stringContaining('nobody knows what was signed'),
    });
    expect(mounted(node)).toBe(DATA_VOLUME);
  });
});

describe('the outage of a swap', () => {
  it('is the client’s own stop and load, and few seconds more', () => {
    const { kernel, node } = made({ stopSeconds: 7, startSeconds: 30 });
    expect(answered(node, kernel, swap(DATA_VOLUME, NEW, 'ours'), 1)).toMatchObject({
      result: 'done',
      stop: { seconds: 7, clean: true, exitStatus: 0 },
    });
    const [outage] = node.report().outages;
    expect(outage).toMatchObject({ cause: 'stopped', stopSeconds: 7, startSeconds: 30 });
    const seconds = ((outage?.toMs ?? 0) - (outage?.fromMs ?? 0)) / 1_000;
    expect(seconds - 37).toBeGreaterThan(0);
    expect(seconds - 37).toBeLessThan(10);
  });

  it('counts the whole grace where the client had to be killed', () => {
    const { kernel, node } = made({ stopSeconds: 500 });
    expect(answered(node, kernel, swap(DATA_VOLUME, NEW, 'ours', 20), 1)).toMatchObject({
      result: 'done',
      stop: { seconds: 20, clean: false, exitStatus: 137, lastLine: '' },
    });
    expect(node.report().outages).toMatchObject([{ stopSeconds: 20 }]);
    expect(node.contentOf(DATA_VOLUME)?.data?.condition).toBe('crash-consistent');
  });
});
