// How long a simulated node needs for its first sync, by what EBS gives its volume.
import { describe, expect, it } from '@jest/globals';
import type { SimulatedNode } from '../../../local/nodes/node.ts';
import { DATA_VOLUME } from '../../fixtures/builders/node.ts';
import { chainOf, dataVolume, nodeOf } from '../../fixtures/builders/simulated-node.ts';
import { type TestKernel, testKernel } from '../../fixtures/kernel.ts';

const HOUR_MS = 3_600_000;
const HEIGHT = 250_000;
/** Three days at 3,000. */
const IOS_PER_BLOCK = (72 * 3_600 * 3_000) / HEIGHT;

function syncing(iosPerBlock?: number): { readonly kernel: TestKernel; readonly node: SimulatedNode } {
  const kernel = testKernel();
  const chain = chainOf(kernel, {
    ...{ heightAtStart: HEIGHT, blockIntervalMs: 600_000, bytesPerBlock: 1, inodesPerBlock: 0 },
    ...(iosPerBlock !== undefined && { iosPerBlock }),
  });
  const node = nodeOf(kernel, chain, { volumes: [dataVolume()], lagBlocks: HEIGHT, catchUpBlocksPerSecond: 10 });
  return { kernel, node };
}

/** Hours until it has caught up. */
function hoursAt(iops: number, throughputMiBps: number, iosPerBlock?: number): number {
  const { kernel, node } = syncing(iosPerBlock);
  node.volumePerforms(DATA_VOLUME, { iops, throughputMiBps });
  let hours = 0;
  while (node.client.heightLag() > 2 && hours < 200) {
    kernel.advance(HOUR_MS / 4);
    hours += 0.25;
  }
  return Math.round(hours);
}

describe('a first sync', () => {
  it.each<readonly [string, number, number, number]>([
    ['takes three days with what a new gp3 volume has', 3_000, 125, 72],
    ['takes seven hours with ten times of that, and the machine is the limit', 32_000, 1_000, 7],
    ['takes no less with still more', 64_000, 2_000, 7],
    ['takes half the time with twice the operations', 6_000, 125, 36],
    ['is bound by throughput where operations are many: 125 MiB/s are 8,000 of 16 KiB', 32_000, 125, 27],
  ])('%s', (_, iops, throughputMiBps, hours) => {
    expect(hoursAt(iops, throughputMiBps, IOS_PER_BLOCK)).toBe(hours);
  });

  it('is as fast as its machine on a chain of which nobody has said how many operations a block needs', () => {
    expect(hoursAt(3_000, 125)).toBe(7);
  });

  it('goes on slower from the moment at which the volume is taken back', () => {
    const { kernel, node } = syncing(IOS_PER_BLOCK);
    node.volumePerforms(DATA_VOLUME, { iops: 32_000, throughputMiBps: 1_000 });
    kernel.advance(HOUR_MS);
    const fast = node.client.height();
    node.volumePerforms(DATA_VOLUME, { iops: 3_000, throughputMiBps: 125 });
    kernel.advance(HOUR_MS);
    expect([fast, node.client.height() - fast]).toEqual([36_000, Math.round((3_000 / IOS_PER_BLOCK) * 3_600)]);
  });
});
