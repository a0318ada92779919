// What a world costs: one table of prices, and the bill of a month as the world stands.
import type { Instance, Snapshot, Volume } from '../../../../local/services/ec2/model.ts';

const HOURS_A_MONTH = 730;
const GIB = 2 ** 30;

/** On-demand Linux, us-east-1, dollars an hour: aws.amazon.com/ec2/pricing/on-demand. Only types that worlds here use. */
const INSTANCE_USD_AN_HOUR: Readonly<Record<string, number>> = {
  'm6i.large': 0.096,
  'm6i.xlarge': 0.192,
  'm6a.large': 0.0864,
  'm5.large': 0.096,
  'c5.large': 0.085,
  't2.medium': 0.0464,
};
/** A type without a price of its own costs what the worlds' usual one costs: the bill is compared between policies, not paid. */
const USUAL_USD_AN_HOUR = 0.096;

/** us-east-1, dollars a GiB and month: aws.amazon.com/ebs/pricing. */
const VOLUME_USD_A_GIB: Readonly<Record<string, number>> = {
  ...{ gp3: 0.08, gp2: 0.1, io1: 0.125, io2: 0.125, st1: 0.045, sc1: 0.015, standard: 0.05 },
};
/** The same page: provisioned IOPS of io1 and io2 (up to 32,000); gp3 beyond 3,000 IOPS and 125 MiB/s. */
const IOPS_USD: Readonly<Record<string, number>> = { io1: 0.065, io2: 0.065, gp3: 0.005 };
const GP3_FREE_IOPS = 3_000;
const GP3_FREE_MIBPS = 125;
const GP3_USD_A_MIBPS = 0.04;
/** The same page: snapshots, standard tier. */
const SNAPSHOT_USD_A_GIB = 0.05;

export interface Owned {
  readonly instances: readonly Instance[];
  readonly volumes: readonly Volume[];
  readonly snapshots: readonly Snapshot[];
}

/** Dollars a month for what exists now: running instances, volumes whether attached or not, and of each volume's snapshots one full copy, the largest. */
export function monthlyUsd({ instances, volumes, snapshots }: Owned): number {
  const running = instances.filter(({ state }) => state === 'running' || state === 'pending');
  const copies = new Map<string, number>();
  for (const { volumeId, fullBytes, state } of snapshots)
    if (state !== 'error') copies.set(volumeId, Math.max(copies.get(volumeId) ?? 0, fullBytes));
  return (
    sum(running.map(({ instanceType }) => (INSTANCE_USD_AN_HOUR[instanceType] ?? USUAL_USD_AN_HOUR) * HOURS_A_MONTH)) +
    sum(volumes.map(volumeUsd)) +
    sum([...copies.values()].map((bytes) => (bytes / GIB) * SNAPSHOT_USD_A_GIB))
  );
}

function volumeUsd({ performance: { type, sizeGiB, iops = 0, throughputMiBps = 0 } }: Volume): number {
  const storage = sizeGiB * (VOLUME_USD_A_GIB[type] ?? 0);
  const paidIops = type === 'gp3' ? Math.max(0, iops - GP3_FREE_IOPS) : iops;
  const throughput = type === 'gp3' ? Math.max(0, throughputMiBps - GP3_FREE_MIBPS) * GP3_USD_A_MIBPS : 0;
  return storage + paidIops * (IOPS_USD[type] ?? 0) + throughput;
}

const sum = (numbers: readonly number[]): number => numbers.reduce((all, one) => all + one, 0);
