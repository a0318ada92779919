// The CloudWatch agent of a simulated node: it reads the disks each minute, and can make their history before the run. Names and dimensions: "Metrics
// collected by the CloudWatch agent", with `drop_device` and InstanceId appended.
import type { NodeContext } from './context.ts';
import { bytesBetween, type SimulatedVolume } from './volume.ts';

export const MINUTE_MS = 60_000;

/** What it says of the disks: nothing at all, no counts of inodes, the free bytes of a moment that has passed, or what is. */
export const DISK_METRICS = ['what-is', 'nothing', 'no-inodes', 'old-free-space'] as const;
export type DiskMetrics = (typeof DISK_METRICS)[number];

export class CloudWatchAgent {
  private shown: DiskMetrics = 'what-is';
  /** Free bytes by mount point, as they were when they became old. */
  private readonly oldFreeBytes = new Map<string, number>();
  private readonly node: NodeContext;
  private readonly root: { readonly sizeBytes: number; readonly usedBytes: number };
  private readonly deviceOf: ((volume: SimulatedVolume | undefined) => string) | undefined;
  private readonly dimensions = new Map<string, DiskDimensions>();

  /** @param deviceOf of a volume, or of the root disk; undefined where its configuration says `drop_device` */
  constructor(
    node: NodeContext,
    root: { readonly sizeBytes: number; readonly usedBytes: number },
    deviceOf: ((volume: SimulatedVolume | undefined) => string) | undefined,
  ) {
    this.node = node;
    this.root = root;
    this.deviceOf = deviceOf;
  }

  /** @param afterMs the node's own moment in each minute */
  start(publish: (metrics: readonly Metric[]) => void, afterMs: number): void {
    const { clock } = this.node.kernel;
    const tick = (): void => {
      if (this.node.isPowered) publish(this.metrics());
      clock.after(MINUTE_MS, tick);
    };
    clock.after(afterMs, tick);
  }

  show(what: DiskMetrics): void {
    this.node.client.settle();
    this.shown = what;
    for (const { path, availableBytes } of this.node.volumes) this.oldFreeBytes.set(path, availableBytes);
  }

  metrics(): Metric[] {
    const all = this.read();
    if (this.shown === 'nothing') return [];
    return this.shown === 'no-inodes' ? all.filter(({ unit }) => unit !== 'Count') : all;
  }

  private read(): Metric[] {
    const { client, kernel, volumes } = this.node;
    client.settle();
    const nowMs = kernel.clock.now();
    const availableBytes = this.root.sizeBytes - this.root.usedBytes;
    const rootReading = { ...this.root, availableBytes, inodesTotal: 8_000_000, inodesUsed: 120_000 };
    const metrics = diskMetrics(this.dimensionsOf(undefined), rootReading, nowMs);
    for (const volume of volumes) {
      if (volume.mounted) metrics.push(...diskMetrics(this.dimensionsOf(volume), this.readingOf(volume), nowMs));
    }
    return metrics;
  }

  past(past: Past): Metric[] {
    const { client, chain, kernel, volumes } = this.node;
    client.settle();
    const at = { nowMs: kernel.clock.now(), height: client.height(), blockIntervalMs: chain.spec.blockIntervalMs };
    return volumes.flatMap((volume) => pastMetrics(this.dimensionsOf(volume), volume, at, past));
  }

  private readingOf(volume: SimulatedVolume): DiskReading {
    const freeBytes = this.shown === 'old-free-space' ? this.oldFreeBytes.get(volume.path) : undefined;
    if (freeBytes === undefined) return volume;
    const { sizeBytes, usableBytes, inodesTotal, inodesUsed } = volume;
    const usedBytes = Math.max(0, usableBytes - freeBytes);
    return { sizeBytes, usedBytes, availableBytes: freeBytes, inodesTotal, inodesUsed };
  }

  /** One object for each disk, so the metrics' store can recognise it. */
  private dimensionsOf(volume: SimulatedVolume | undefined): DiskDimensions {
    const { path, filesystem: fstype } = volume ?? { path: '/', filesystem: 'xfs' };
    const device = this.deviceOf?.(volume);
    const name = `${fstype} ${path} ${device}`;
    const dimensions = this.dimensions.get(name) ?? {
      ...{ InstanceId: this.node.instanceId, path, fstype },
      ...(device !== undefined && { device }),
    };
    this.dimensions.set(name, dimensions);
    return dimensions;
  }
}

/** With `device` where nobody sets `drop_device`: a boot that names the disk otherwise begins another series. */
export type DiskDimensions = Readonly<Record<'InstanceId' | 'path' | 'fstype', string>> & { readonly device?: string };

export interface Metric {
  readonly namespace: 'CWAgent';
  readonly metricName: 'disk_used_percent' | 'disk_used' | 'disk_total' | 'disk_inodes_used' | 'disk_inodes_total';
  readonly dimensions: DiskDimensions;
  readonly value: number;
  readonly unit: 'Percent' | 'Bytes' | 'Count';
  readonly timestampMs: number;
}

export interface DiskReading {
  readonly sizeBytes: number;
  readonly usedBytes: number;
  /** To a process that is not root. */
  readonly availableBytes: number;
  readonly inodesTotal: number;
  readonly inodesUsed: number;
}

/** @param dimensions the same object for all datapoints of a disk, so their store recognises it without reading it */
export function diskMetrics(dimensions: DiskDimensions, disk: DiskReading, timestampMs: number): Metric[] {
  const metric = (metricName: Metric['metricName'], value: number, unit: Metric['unit']): Metric => ({
    namespace: 'CWAgent',
    metricName,
    dimensions,
    value,
    unit,
    timestampMs,
  });
  return [
    metric('disk_used_percent', (100 * disk.usedBytes) / (disk.usedBytes + disk.availableBytes), 'Percent'),
    metric('disk_used', disk.usedBytes, 'Bytes'),
    metric('disk_total', disk.sizeBytes, 'Bytes'),
    metric('disk_inodes_used', disk.inodesUsed, 'Count'),
    metric('disk_inodes_total', disk.inodesTotal, 'Count'),
  ];
}

export interface Past {
  readonly hours: number;
  /** Between two datapoints; 60 by default. */
  readonly stepSeconds?: number;
  /** Something other than the chain once wrote so many bytes at a time. */
  readonly jump?: { readonly bytes: number; readonly hoursAgo: number };
  /** Hours for which the client has already been stopped. */
  readonly stoppedForHours?: number;
}

const DATAPOINTS_MAX = 200_000;

/** The datapoints of one volume up to now, oldest first: it grew as its chain did, at today's size. */
function pastMetrics(
  dimensions: DiskDimensions,
  volume: SimulatedVolume,
  at: { readonly nowMs: number; readonly height: number; readonly blockIntervalMs: number },
  past: Past,
): Metric[] {
  const stepMs = (past.stepSeconds ?? 60) * 1_000;
  const steps = Math.floor((past.hours * 3_600_000) / stepMs);
  if (!(steps >= 0 && steps <= DATAPOINTS_MAX)) {
    throw new RangeError(`past of ${volume.path}: ${steps} datapoints, expected at most ${DATAPOINTS_MAX}`);
  }
  const stoppedMs = (past.stoppedForHours ?? 0) * 3_600_000;
  const datapoints: Metric[] = [];
  for (let step = steps; step >= 1; step--) {
    const agoMs = step * stepMs;
    const blocksAgo = Math.floor(Math.max(0, agoMs - stoppedMs) / at.blockIntervalMs);
    const jumped = past.jump && agoMs > past.jump.hoursAgo * 3_600_000 ? past.jump.bytes : 0;
    const fewer = bytesBetween(volume.growth, at.height - blocksAgo, at.height) + jumped;
    const usedBytes = Math.max(0, volume.usedBytes - fewer);
    const reading = {
      sizeBytes: volume.sizeBytes,
      usedBytes,
      availableBytes: Math.max(0, volume.usableBytes - usedBytes),
      inodesTotal: volume.inodesTotal,
      inodesUsed: Math.max(0, volume.inodesUsed - Math.round(blocksAgo * volume.growth.inodesPerBlock)),
    };
    datapoints.push(...diskMetrics(dimensions, reading, at.nowMs - agoMs));
  }
  return datapoints;
}
