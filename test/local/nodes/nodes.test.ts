import { describe, expect, it } from '@jest/globals';
import type { Metric } from '../../../local/nodes/cloudwatch-agent.ts';
import type { CommandOutcome } from '../../../local/nodes/machine.ts';
import type { SimulatedNode } from '../../../local/nodes/node.ts';
import { bytesBetween } from '../../../local/nodes/volume.ts';
import { parseAnswer } from '../../../shared/node-commands/answer.ts';
import { chainOf, dataVolume, nodeOf } from '../../fixtures/builders/simulated-node.ts';
import { type TestKernel, testKernel } from '../../fixtures/kernel.ts';

const GIB = 2 ** 30;
const HOUR_MS = 3_600_000;

function send(
  kernel: TestKernel,
  node: SimulatedNode,
  operation: string,
  parameters: Record<string, string>,
): { outcome?: CommandOutcome } {
  const box: { outcome?: CommandOutcome } = {};
  const defaults = {
    StartBy: String(kernel.clock.now() / 1_000 + 120),
    RunLimitSeconds: '60',
    Path: '/data',
    VolumeId: 'vol-0a1b2c3d4e5f60718',
    Runtime: 'systemd',
    Unit: 'node@*',
    MinimumSizeBytes: '0',
    StartClient: 'yes',
  };
  const command = {
    commandId: 'c',
    documentName: `chainmend-${operation}-0a1b2c3d`,
    script: '',
    parameters: { ...defaults, ...parameters },
    timeoutSeconds: 60,
  };
  node.run(command, (ended) => {
    box.outcome = ended;
  });
  return box;
}

describe('a simulated node', () => {
  it('follows its chain and fills its disk at the rate of its blocks', () => {
    const kernel = testKernel();
    const node = nodeOf(kernel, chainOf(kernel));
    kernel.advance(HOUR_MS);
    const { height, heightLag, state, volumes } = node.report();
    expect({ height, heightLag, state }).toEqual({ height: 930_360, heightLag: 0, state: 'synced' });
    const grownGiB = ((volumes[0]?.usedPercent ?? 0) / 100) * 500 - 455;
    expect(grownGiB).toBeGreaterThan(13);
    expect(grownGiB).toBeLessThan(15);
  });

  it('fills the same however often someone looks', () => {
    const used = (looks: number): number | undefined => {
      const kernel = testKernel();
      const node = nodeOf(kernel, chainOf(kernel));
      for (let look = 0; look < looks; look++) {
        kernel.advance(HOUR_MS / looks);
        node.report();
      }
      return node.report().volumes[0]?.usedPercent;
    };
    expect(used(3_600)).toBe(used(1));
  });

  it('stands still while its filesystem is frozen, which no boot and no copy keeps', () => {
    const kernel = testKernel();
    const frozen = dataVolume({ usedBytes: 100 * GIB, obstacle: 'frozen' });
    const node = nodeOf(kernel, chainOf(kernel), { volumes: [frozen] });
    const { height } = node.report();
    kernel.advance(HOUR_MS);
    expect(node.report()).toMatchObject({ height, state: 'stuck', client: 'running' });
    expect(node.contentOf(frozen.volumeId)).toMatchObject({ obstacle: 'none' });
    node.powerOff();
    node.powerOn();
    kernel.advance(HOUR_MS);
    expect(node.report()).toMatchObject({ heightLag: 0, state: 'synced' });
  });

  it('stops when its filesystem is full, stands still, and is down because of that', () => {
    const kernel = testKernel();
    const node = nodeOf(kernel, chainOf(kernel), { volumes: [dataVolume({ usedBytes: 499 * GIB })] });
    kernel.advance(HOUR_MS);
    const stopped = node.report();
    expect(stopped).toMatchObject({ state: 'unreachable', client: 'failed' });
    expect(stopped.volumes[0]?.usedPercent).toBe(100);
    expect(stopped.outages).toEqual([{ cause: 'disk-full', fromMs: expect.any(Number) }]);
    kernel.advance(HOUR_MS);
    expect(node.report().height).toBe(stopped.height);
    expect(node.startClient()).toBe(false);
  });

  it('ends itself well before its disk is full where it is geth, which looks at what is left', () => {
    const kernel = testKernel();
    const chain = chainOf(kernel, { name: 'ethereum', protocol: 'ethereum' });
    const node = nodeOf(kernel, chain, { volumes: [dataVolume({ usedBytes: 499 * GIB })] });
    kernel.advance(HOUR_MS);
    expect(node.report()).toMatchObject({ state: 'unreachable', client: 'stopped' });
    expect(node.clientExitStatus()).toBe(0);
    expect(node.startClient()).toBe(false);
    expect(node.report()).toMatchObject({ client: 'stopped', outages: [{ cause: 'disk-full' }] });
  });

  it('stops when the inodes run out, with bytes to spare', () => {
    const kernel = testKernel();
    const chain = chainOf(kernel, { bytesPerBlock: 1_000, inodesPerBlock: 50_000 });
    const node = nodeOf(kernel, chain, { volumes: [dataVolume({ filesystem: 'ext4', usedBytes: 100 * GIB })] });
    kernel.advance(6 * HOUR_MS);
    const { client, volumes } = node.report();
    expect(client).toBe('failed');
    expect(volumes[0]?.inodesPercent).toBe(100);
    expect(volumes[0]?.usedPercent).toBeLessThan(21);
  });

  it('is started by growing, follows again and catches up no faster than it can', () => {
    const kernel = testKernel();
    const node = nodeOf(kernel, chainOf(kernel), {
      client: 'failed',
      volumes: [dataVolume({ usedBytes: 500 * GIB })],
      lagBlocks: 1_000,
      catchUpBlocksPerSecond: 10,
    });
    node.volumeResized('vol-0a1b2c3d4e5f60718', 900);
    const box = send(kernel, node, 'grow-filesystem', { OperationId: '4.2' });
    kernel.advance(10_000);
    expect(parseAnswer(box.outcome?.stdout ?? '')).toMatchObject({
      result: 'done',
      after: { client: 'running', sizeBytes: 900 * GIB },
    });
    expect(node.report()).toMatchObject({ state: 'behind', client: 'running', clientStarts: ['node@0.20.0.service'] });
    kernel.advance(50_000);
    expect(node.report().heightLag).toBeGreaterThan(300);
    kernel.advance(120_000);
    expect(node.report()).toMatchObject({
      state: 'synced',
      outages: [{ cause: 'disk-full', toMs: expect.any(Number) }],
    });
  });

  it('splits a block among its volumes by role, and any full one stops it', () => {
    const kernel = testKernel();
    const ancient = dataVolume({
      volumeId: 'vol-0ffffffffffffffff',
      role: 'ancient',
      path: '/ancient',
      share: 0.9,
      usedBytes: 495 * GIB,
    });
    const node = nodeOf(kernel, chainOf(kernel), {
      volumes: [dataVolume({ share: 0.1, usedBytes: 100 * GIB }), ancient],
    });
    kernel.advance(HOUR_MS);
    const { client, volumes } = node.report();
    expect(client).toBe('failed');
    expect(volumes.map(({ role, usedPercent }) => [role, Math.floor(usedPercent)])).toEqual([
      ['data', 20],
      ['ancient', 100],
    ]);
  });

  it('grows no filesystem past its partition until the partition grows with it', () => {
    const kernel = testKernel();
    const node = nodeOf(kernel, chainOf(kernel), { volumes: [dataVolume({ partitioned: true })] });
    node.volumeResized('vol-0a1b2c3d4e5f60718', 900);
    expect(node.report().volumes[0]?.sizeBytes).toBeLessThan(500 * GIB);
    send(kernel, node, 'grow-filesystem', { OperationId: '4.2' });
    kernel.advance(10_000);
    expect((node.report().volumes[0]?.sizeBytes ?? 0) / GIB).toBeCloseTo(900, 1);
  });

  it('cannot be commanded at all when its root disk is full', () => {
    const kernel = testKernel();
    const node = nodeOf(kernel, chainOf(kernel));
    node.write('/', 1_000 * GIB);
    const box = send(kernel, node, 'observe-node', { OperationId: '4.1' });
    kernel.advance(10_000);
    expect(box.outcome).toMatchObject({ exitCode: 1, stdout: '', refusedByAgent: true });
    expect(box.outcome?.stderr).toMatch(/Plugin with name aws:runShellScript not found/);
  });

  it('keeps its memory in /run when root takes no more, and so loses it with a boot', () => {
    const kernel = testKernel();
    const node = nodeOf(kernel, chainOf(kernel), { root: { sizeBytes: 16 * GIB, usedBytes: 16 * GIB - 4_096 } });
    const resultOf = (OperationId: string): string => {
      const box = send(kernel, node, 'observe-node', { OperationId });
      kernel.advance(5_000);
      return parseAnswer(box.outcome?.stdout ?? '').result;
    };
    expect([resultOf('5.1'), resultOf('4.1')]).toEqual(['done', 'stale']);
    node.powerOff();
    node.powerOn();
    kernel.advance(60_000);
    expect(resultOf('4.2')).toBe('done');
  });

  it('counts the commands that it refused, and under amnesia obeys an old one again', () => {
    const kernel = testKernel();
    const node = nodeOf(kernel, chainOf(kernel));
    const obey = (operationId: string): string => {
      const box = send(kernel, node, 'observe-node', { OperationId: operationId });
      kernel.advance(5_000);
      return parseAnswer(box.outcome?.stdout ?? '').result;
    };
    expect([obey('5.1'), obey('4.1')]).toEqual(['done', 'stale']);
    expect(node.report().fencedCommands).toBe(1);
    kernel.faults.add('node-amnesia');
    expect(obey('4.2')).toBe('done');
  });

  it('runs commands one at a time, in the order in which they came', () => {
    const kernel = testKernel();
    const node = nodeOf(kernel, chainOf(kernel));
    const first = send(kernel, node, 'grow-filesystem', { OperationId: '4.2' });
    const twice = send(kernel, node, 'grow-filesystem', { OperationId: '4.2' });
    kernel.advance(10_000);
    expect(twice.outcome?.stdout).toBe(first.outcome?.stdout);
  });

  it('loses a running command with its power, and comes back with its memory and its client', () => {
    const kernel = testKernel();
    const node = nodeOf(kernel, chainOf(kernel));
    const box = send(kernel, node, 'observe-node', { OperationId: '5.1' });
    kernel.advance(5_000);
    expect(box.outcome).toBeDefined();
    const lost = send(kernel, node, 'grow-filesystem', { OperationId: '5.2' });
    kernel.advance(100);
    node.powerOff();
    kernel.advance(60_000);
    expect(lost.outcome).toBeUndefined();
    expect(node.reachable()).toBe(false);
    node.powerOn();
    kernel.advance(60_000);
    expect(node.reachable()).toBe(true);
    expect(node.report()).toMatchObject({ client: 'running', outages: [{ cause: 'instance-down' }] });
    const stale = send(kernel, node, 'observe-node', { OperationId: '4.1' });
    kernel.advance(5_000);
    expect(parseAnswer(stale.outcome?.stdout ?? '').result).toBe('stale');
  });
});

describe('a chain whose validators are ours', () => {
  const four = (kernel: TestKernel, usedGiB: (index: number) => number) => {
    const chain = chainOf(kernel, { name: 'irita', blockIntervalMs: 5_000, consensus: 'here' });
    const nodes = [0, 1, 2, 3].map((index) =>
      nodeOf(kernel, chain, {
        instanceId: `i-0123456789abcdef${index}`,
        name: `validator${index}`,
        validatorPower: 10,
        volumes: [dataVolume({ usedBytes: usedGiB(index) * GIB })],
      }),
    );
    return { chain, nodes };
  };

  it('goes on with three of four, halts with two, and goes on when they return', () => {
    const kernel = testKernel();
    const { chain, nodes } = four(kernel, () => 100);
    nodes[0]?.stopClient();
    kernel.advance(60_000);
    expect([chain.halted, chain.height()]).toEqual([false, 930_012]);
    nodes[1]?.stopClient();
    kernel.advance(60_000);
    expect([chain.halted, chain.height()]).toEqual([true, 930_012]);
    nodes[1]?.startClient();
    kernel.advance(60_000);
    expect([chain.halted, chain.height()]).toEqual([false, 930_024]);
    expect(nodes[0]?.report().heightLag).toBe(24);
  });

  it('halts when full disks stop its validators, and its last followers then fill no further', () => {
    const kernel = testKernel();
    const { chain, nodes } = four(kernel, (index) => (index < 2 ? 499 : 300));
    kernel.advance(2 * HOUR_MS);
    expect(chain.halted).toBe(true);
    // As in CometBFT: the processes still answer, and sign nothing.
    expect(nodes.map((node) => node.report().client)).toEqual(['running', 'running', 'running', 'running']);
    expect(nodes.map(({ client }) => client.heldBy.has('ended-inside'))).toEqual([true, true, false, false]);
    const before = nodes[3]?.report().volumes[0]?.usedPercent;
    kernel.advance(HOUR_MS);
    expect(nodes[3]?.report().volumes[0]?.usedPercent).toBe(before);
  });

  it('gets them back by a start alone, which growing their disks asks for', () => {
    const kernel = testKernel();
    const { chain, nodes } = four(kernel, (index) => (index < 2 ? 499 : 300));
    kernel.advance(2 * HOUR_MS);
    const boxes = nodes.slice(0, 2).map((node, at) => {
      node.volumeResized('vol-0a1b2c3d4e5f60718', 600);
      kernel.advance(60_000);
      expect([at, chain.halted, node.client.heldBy.has('ended-inside')]).toEqual([at, at === 0, true]);
      const box = send(kernel, node, 'grow-filesystem', { OperationId: '4.1', StartClient: 'yes' });
      kernel.advance(60_000);
      return box;
    });
    expect(boxes.map(({ outcome }) => parseAnswer(outcome?.stdout ?? '').after?.client)).toEqual([
      'running',
      'running',
    ]);
    expect(nodes.map(({ client }) => client.heldBy.size)).toEqual([0, 0, 0, 0]);
    expect(chain.halted).toBe(false);
  });
});

describe('the CloudWatch agent of a simulated node', () => {
  it('publishes the disks of root and data once a minute, and nothing while the machine is off', () => {
    const kernel = testKernel();
    const node = nodeOf(kernel, chainOf(kernel));
    const published: Metric[] = [];
    node.startMetrics((metrics) => published.push(...metrics));
    kernel.advance(10 * 60_000);
    const used = published.filter(
      ({ metricName, dimensions }) => metricName === 'disk_used_percent' && dimensions.path === '/data',
    );
    expect(used).toHaveLength(10);
    expect(used[0]).toMatchObject({
      unit: 'Percent',
      dimensions: { InstanceId: 'i-0123456789abcdef0', path: '/data', fstype: 'xfs' },
    });
    node.powerOff();
    const before = published.length;
    kernel.advance(10 * 60_000);
    expect(published).toHaveLength(before);
  });

  it('has a past that grew at the rate of the chain, with one jump where the scenario put it', () => {
    const kernel = testKernel();
    const node = nodeOf(kernel, chainOf(kernel));
    const past = node
      .pastMetrics({ hours: 6, stepSeconds: 300, jump: { bytes: 50 * GIB, hoursAgo: 2 } })
      .filter(({ metricName }) => metricName === 'disk_used')
      .map(({ value }) => value / GIB);
    expect(past).toHaveLength(72);
    expect(455 - (past[71] ?? 0)).toBeLessThan(2);
    expect((past[48] ?? 0) - (past[47] ?? 0)).toBeGreaterThan(50);
    expect((past[47] ?? 0) - (past[0] ?? 0)).toBeCloseTo(4 * 14, -1);
  });

  it('never shows a disk that shrinks', () => {
    const growth = { bytesPerBlock: 1_000, inodesPerBlock: 0, phase: 0.37 };
    for (let height = 0; height < 5_000; height++) expect(bytesBetween(growth, height, height + 1)).toBeGreaterThan(0);
  });
});
