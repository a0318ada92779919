// The CloudWatch agent of a simulated node: it reads the disks each minute, and is told of what they were before the run.
import { type DiskDimensions, diskMetrics, type Metric, type Past, pastMetrics } from './metrics.ts';
import type { SimulatedNode } from './node.ts';

export const MINUTE_MS = 60_000;

export class CloudWatchAgent {
  private readonly node: SimulatedNode;
  private readonly root: { readonly sizeBytes: number; readonly usedBytes: number };
  private readonly dimensions = new Map<string, DiskDimensions>();

  constructor(node: SimulatedNode, root: { readonly sizeBytes: number; readonly usedBytes: number }) {
    this.node = node;
    this.root = root;
  }

  /** @param afterMs the node's own moment of each minute */
  start(publish: (metrics: readonly Metric[]) => void, afterMs: number): void {
    const { clock } = this.node.kernel;
    const tick = (): void => {
      if (this.node.isPowered) publish(this.metrics());
      clock.after(MINUTE_MS, tick);
    };
    clock.after(afterMs, tick);
  }

  metrics(): Metric[] {
    const { client, kernel, volumes } = this.node;
    client.settle();
    const nowMs = kernel.clock.now();
    const rootReading = { ...this.root, inodesTotal: 8_000_000, inodesUsed: 120_000 };
    const metrics = diskMetrics(this.dimensionsOf('/', 'xfs'), rootReading, nowMs);
    for (const volume of volumes) {
      if (!volume.mounted) continue;
      metrics.push(...diskMetrics(this.dimensionsOf(volume.path, volume.filesystem), volume, nowMs));
    }
    return metrics;
  }

  past(past: Past): Metric[] {
    const { client, chain, kernel, volumes } = this.node;
    client.settle();
    const at = { nowMs: kernel.clock.now(), height: client.height(), blockIntervalMs: chain.spec.blockIntervalMs };
    return volumes.flatMap((volume) =>
      pastMetrics(this.dimensionsOf(volume.path, volume.filesystem), volume, at, past),
    );
  }

  /** One object for each disk: who records its metrics then knows it again. */
  private dimensionsOf(path: string, fstype: string): DiskDimensions {
    const name = `${fstype} ${path}`;
    const dimensions = this.dimensions.get(name) ?? { InstanceId: this.node.instanceId, path, fstype };
    this.dimensions.set(name, dimensions);
    return dimensions;
  }
}
