// What a drill costs, about: an instance for as long as it lives, and its volumes. In US dollars.
import { MONTHLY_USD_PER_GIB, type VolumeType } from './ebs.ts';

/** An hour of one vCPU on demand in us-east-1, by the family's first letters (EC2 on-demand pricing page): m6i.large is $0.096 for two. */
const VCPU_HOUR_USD: readonly (readonly [family: string, usd: number])[] = [
  ['t', 0.042],
  ['c', 0.045],
  ['m', 0.05],
  ['r', 0.066],
  ['i', 0.113],
  ['x', 0.11],
];
/** For a family that is not in the list: dear rather than cheap, since a budget is kept by it. */
const OTHER_USD = 0.15;
/** Of a size that does not say how many it has (metal). */
const MOST_VCPUS = 96;
/** "Each month … 730 hours" (AWS Pricing Calculator). */
const HOURS_A_MONTH = 730;

/** "m6i.large" has two vCPUs, "m6i.xlarge" four, "m6i.8xlarge" 32. */
function vcpusOf(size: string): number {
  const [, times] = /^(\d*)xlarge$/.exec(size) ?? [];
  if (times !== undefined) return 4 * Number(times || '1');
  return size === 'metal' || size.startsWith('metal-') ? MOST_VCPUS : 2;
}

export interface DrillSize {
  readonly instanceType: string;
  readonly volumes: readonly { readonly type: string; readonly sizeGiB: number }[];
}

/** US dollars an hour. */
export function drillUsdPerHour({ instanceType, volumes }: DrillSize): number {
  const [family = '', size = ''] = instanceType.split('.');
  const vcpuUsd = VCPU_HOUR_USD.find(([letters]) => family.startsWith(letters))?.[1] ?? OTHER_USD;
  const monthlyUsd = volumes.reduce(
    (sum, { type, sizeGiB }) => sum + sizeGiB * (MONTHLY_USD_PER_GIB[type as VolumeType] ?? MONTHLY_USD_PER_GIB.io2),
    0,
  );
  return vcpusOf(size) * vcpuUsd + monthlyUsd / HOURS_A_MONTH;
}
