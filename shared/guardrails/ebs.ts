// EBS's limits and prices for each type of volume. Sizes: doc comments of ModifyVolumeRequest in @aws-sdk/client-ec2 3.1169.

export type VolumeType = 'gp2' | 'gp3' | 'io1' | 'io2' | 'st1' | 'sc1' | 'standard';

export interface VolumeLimits {
  readonly minimumGiB: number;
  readonly maximumGiB: number;
}

export const VOLUME_LIMITS: Readonly<Record<VolumeType, VolumeLimits>> = {
  gp2: { minimumGiB: 1, maximumGiB: 16_384 },
  gp3: { minimumGiB: 1, maximumGiB: 65_536 },
  io1: { minimumGiB: 4, maximumGiB: 16_384 },
  io2: { minimumGiB: 4, maximumGiB: 65_536 },
  st1: { minimumGiB: 125, maximumGiB: 16_384 },
  sc1: { minimumGiB: 125, maximumGiB: 16_384 },
  // A previous-generation volume cannot be modified in size at all: its present size is its maximum.
  standard: { minimumGiB: 1, maximumGiB: 1 },
};

export const isVolumeType = (type: string): type is VolumeType => Object.hasOwn(VOLUME_LIMITS, type);

/** US dollars per GiB and month in us-east-1 (EBS pricing page); other regions differ by some per cent. */
export const MONTHLY_USD_PER_GIB: Readonly<Record<VolumeType, number>> = {
  gp2: 0.1,
  gp3: 0.08,
  io1: 0.125,
  io2: 0.125,
  st1: 0.045,
  sc1: 0.015,
  standard: 0.05,
};

/** What a growth adds, US dollars a month. */
export const growthUsd = (type: VolumeType, fromGiB: number, toGiB: number): number =>
  (toGiB - fromGiB) * MONTHLY_USD_PER_GIB[type];
