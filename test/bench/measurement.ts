// One number that the bench prints, what it may be at most, and how a noisy machine's samples become it.

export interface Measurement {
  /** "resize-volume", "a plain heal", "fleet of 20, sweep lane". */
  readonly subject: string;
  /** "bundle", "cold import", "fleet-hours". */
  readonly measure: string;
  readonly value: number;
  readonly unit: string;
  /** Above it the bench fails. Only where the machine's speed cancels out: sizes, counts, virtual time, ratios of one run. */
  readonly atMost?: number;
  /** What it should reach on an ordinary machine; told, never enforced. */
  readonly goal?: number;
}

export const isWithin = ({ value, atMost }: Measurement): boolean => atMost === undefined || value <= atMost;

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[sorted.length >> 1] ?? 0;
}

/** CPU seconds, of all threads of this process, that some work takes: other processes do not count, as they would in wall time. */
export async function cpuSeconds(work: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}
