// EBS's limits of a volume: sizes, IOPS and throughput by type. Pure. Sources: doc comments of ModifyVolumeRequest and CreateVolumeRequest in
// @aws-sdk/client-ec2, and "Amazon EBS volume types" in the EBS user guide (ratios, gp2 baseline).
import type { VolumeType } from '@aws-sdk/client-ec2';
import { ownValue } from '../../simulator/own-properties.ts';
import { AwsError } from '../../simulator/service.ts';

export interface Performance {
  readonly type: VolumeType;
  readonly sizeGiB: number;
  /** Absent for types without it (st1, sc1, standard). */
  readonly iops?: number;
  /** Only gp3 has it. */
  readonly throughputMiBps?: number;
}

/** A requested change; an absent member keeps its value or takes its default. */
export interface VolumeRequest {
  readonly type?: VolumeType;
  readonly sizeGiB?: number;
  readonly iops?: number;
  readonly throughputMiBps?: number;
}

interface Limits {
  readonly sizeGiB: readonly [number, number];
  /** Provisioned IOPS; absent if they cannot be chosen. */
  readonly iops?: readonly [number, number];
  readonly iopsPerGiB?: number;
  readonly throughputMiBps?: readonly [number, number];
}

const LIMITS: Readonly<Record<VolumeType, Limits>> = {
  gp2: { sizeGiB: [1, 16_384] },
  gp3: { sizeGiB: [1, 65_536], iops: [3_000, 80_000], iopsPerGiB: 500, throughputMiBps: [125, 2_000] },
  io1: { sizeGiB: [4, 16_384], iops: [100, 64_000], iopsPerGiB: 50 },
  io2: { sizeGiB: [4, 65_536], iops: [100, 256_000], iopsPerGiB: 1_000 },
  st1: { sizeGiB: [125, 16_384] },
  sc1: { sizeGiB: [125, 16_384] },
  standard: { sizeGiB: [1, 1_024] },
};
/** "The default is 3,000" for io1, io2 and gp3 when the type changes (ModifyVolumeRequest.Iops). */
const IOPS_DEFAULT = 3_000;
/** ModifyVolumeRequest.Throughput: "otherwise, the default value is 125". */
const THROUGHPUT_DEFAULT_MIBPS = 125;
/** gp3: at most 0.25 MiB/s per provisioned IOPS ("Amazon EBS volume types"). */
const THROUGHPUT_PER_IOPS_MAX = 0.25;

/** The volume after `request` is applied to `now`; `now` undefined: a new volume. Throws ModifyVolume's `AwsError` if EBS would refuse. */
export function modified(now: Performance | undefined, request: VolumeRequest): Performance {
  const type = request.type ?? now?.type ?? 'gp2';
  const limits = ownValue(LIMITS, type);
  if (!limits) throw invalid(`Invalid volume type: ${type}`);
  const sizeGiB = request.sizeGiB ?? now?.sizeGiB;
  if (sizeGiB === undefined) throw new AwsError('MissingParameter', 'The request must contain the parameter size');
  if (now && sizeGiB < now.sizeGiB) throw invalid('New size cannot be smaller than existing size');
  const [smallest, largest] = limits.sizeGiB;
  if (sizeGiB < smallest)
    throw invalid(`Volume of ${sizeGiB}GiB is too small for volume type ${type}; minimum is ${smallest}GiB.`);
  if (sizeGiB > largest)
    throw invalid(`Volume of ${sizeGiB}GiB is too large for volume type ${type}; maximum is ${largest}GiB.`);
  const kept = now?.type === type ? now : undefined;
  const iops = chosenIops(type, limits, sizeGiB, request.iops, kept?.iops);
  const throughputMiBps = chosenThroughput(type, limits, iops, request.throughputMiBps, kept?.throughputMiBps);
  return {
    type,
    sizeGiB,
    ...(iops === undefined ? {} : { iops }),
    ...(throughputMiBps === undefined ? {} : { throughputMiBps }),
  };
}

/** gp2: a baseline of 3 IOPS per GiB, at least 100, at most 16,000 ("Amazon EBS volume types"). */
const gp2BaselineIops = (sizeGiB: number): number => Math.min(16_000, Math.max(100, 3 * sizeGiB));

function chosenIops(
  type: VolumeType,
  limits: Limits,
  sizeGiB: number,
  wished?: number,
  kept?: number,
): number | undefined {
  if (!limits.iops) {
    if (wished !== undefined) throw combination(`The parameter iops is not supported for ${type} volumes.`);
    return type === 'gp2' ? gp2BaselineIops(sizeGiB) : undefined;
  }
  const iops = wished ?? kept ?? IOPS_DEFAULT;
  const [least, most] = limits.iops;
  if (iops < least) throw invalid(`Volume iops of ${iops} is too low; minimum is ${least}.`);
  if (iops > most) throw invalid(`Volume iops of ${iops} is too high; maximum is ${most}.`);
  // gp3 includes 3,000 IOPS at every size, so the ratio limits only additional IOPS.
  const free = type === 'gp3' ? least : 0;
  const perGiB = limits.iopsPerGiB ?? Number.POSITIVE_INFINITY;
  if (iops > free && iops > perGiB * sizeGiB) {
    throw invalid(
      `Iops to volume size ratio of ${(iops / sizeGiB).toFixed(6)} is too high; maximum is ${perGiB.toFixed(6)}.`,
    );
  }
  return iops;
}

function chosenThroughput(type: VolumeType, limits: Limits, iops: number | undefined, wished?: number, kept?: number) {
  if (!limits.throughputMiBps) {
    if (wished !== undefined) throw combination(`The parameter throughput is not supported for ${type} volumes.`);
    return undefined;
  }
  const throughput = wished ?? kept ?? THROUGHPUT_DEFAULT_MIBPS;
  const [least, most] = limits.throughputMiBps;
  if (throughput < least) throw invalid(`Throughput of ${throughput} MiBps is too low; minimum is ${least} MiBps.`);
  if (throughput > most) throw invalid(`Throughput of ${throughput} MiBps is too high; maximum is ${most} MiBps.`);
  if (iops !== undefined && throughput > THROUGHPUT_PER_IOPS_MAX * iops) {
    throw invalid(
      `Throughput (MiBps) to iops ratio of ${(throughput / iops).toFixed(6)} is too high; maximum is ${THROUGHPUT_PER_IOPS_MAX.toFixed(6)} MiBps per iops.`,
    );
  }
  return throughput;
}

const invalid = (message: string) => new AwsError('InvalidParameterValue', message);
const combination = (message: string) => new AwsError('InvalidParameterCombination', message);
