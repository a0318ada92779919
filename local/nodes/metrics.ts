// What the CloudWatch agent on a simulated node publishes of its disks, each minute, and what it published before the run began.
// Names and dimensions: "Metrics collected by the CloudWatch agent", with `drop_device` and InstanceId appended.
import { bytesBetween, type SimulatedVolume } from './volume.ts';

export type DiskDimensions = Readonly<Record<'InstanceId' | 'path' | 'fstype', string>>;

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
  readonly inodesTotal: number;
  readonly inodesUsed: number;
}

/** @param dimensions the same object for all datapoints of a disk: who records them then knows it again without reading it */
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
    metric('disk_used_percent', (100 * disk.usedBytes) / disk.sizeBytes, 'Percent'),
    metric('disk_used', disk.usedBytes, 'Bytes'),
    metric('disk_total', disk.sizeBytes, 'Bytes'),
    metric('disk_inodes_used', disk.inodesUsed, 'Count'),
    metric('disk_inodes_total', disk.inodesTotal, 'Count'),
  ];
}

export interface Past {
  readonly hours: number;
  /** Between two datapoints; 60 unless given. */
  readonly stepSeconds?: number;
  /** Something else than the chain once wrote so many bytes at a time. */
  readonly jump?: { readonly bytes: number; readonly hoursAgo: number };
  /** For so long the client has stood still already. */
  readonly stoppedForHours?: number;
}

const DATAPOINTS_MAX = 200_000;

/** The datapoints of one volume up to now, oldest first: it grew as its chain did, at today's size. */
export function pastMetrics(
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
    const reading = {
      sizeBytes: volume.sizeBytes,
      usedBytes: Math.max(0, volume.usedBytes - fewer),
      inodesTotal: volume.inodesTotal,
      inodesUsed: Math.max(0, volume.inodesUsed - Math.round(blocksAgo * volume.growth.inodesPerBlock)),
    };
    datapoints.push(...diskMetrics(dimensions, reading, at.nowMs - agoMs));
  }
  return datapoints;
}
