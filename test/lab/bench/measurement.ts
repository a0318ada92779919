// One number of the bench, its limit, and how it is computed from a noisy machine's samples.

export interface Measurement {
  /** "resize-volume", "a plain heal", "fleet of 20, sweep lane". */
  readonly subject: string;
  /** "bundle", "cold import", "fleet-hours". */
  readonly measure: string;
  readonly value: number;
  readonly unit: string;
  /** The limit: above it the bench fails. Only where the machine's speed cancels out: sizes, counts, virtual time, ratios of one run. */
  readonly atMost?: number;
  /** It is a ratio of CPU times: one sample is no measurement. */
  readonly byCpu?: true;
  /** The goal on an ordinary machine; printed, never enforced. */
  readonly goal?: number;
}

export const isWithin = ({ value, atMost }: Measurement): boolean => atMost === undefined || value <= atMost;

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[sorted.length >> 1] ?? 0;
}

/** CPU seconds of some work, over all threads of this process. Other processes do not count, as they would in wall time. */
export async function cpuSeconds(work: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}
