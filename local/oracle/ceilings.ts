// The numbers that a fleet's file promises, with the defaults that docs/decisions.md ("Budgets") and docs/fleet-files.md print.
import type { FleetDocument } from '../../shared/fleet/schema.ts';

const DAY_MS = 24 * 3_600_000;

export interface Ceilings {
  readonly largestGiB: number;
  readonly modificationsPerDay: number;
  readonly monthlyIncreaseUsd: number;
  readonly growAtPercent: number;
  readonly restartsPerDay: number;
  readonly replacementsPerHour: number;
  readonly replacementsPerDay: number;
  readonly replacementsPerNode: number;
  readonly restartPercent: number;
  readonly keepMs: number;
  readonly setsKept: number;
  readonly askMs: number;
  readonly behindBlocks: number;
  readonly moveBeforeMs: number;
  readonly rungs: readonly string[];
}

/** "What a chain fills in" (docs/fleet-files.md): the largest volume in GiB; 2000 for all others. */
const LARGEST_GIB: Readonly<Record<string, number>> = {
  litecoin: 1000,
  dogecoin: 1000,
  'bitcoin-cash': 1000,
  dash: 1000,
  zcash: 1000,
  ethereum: 4000,
  bsc: 8000,
  polygon: 8000,
  avalanche: 4000,
  optimism: 8000,
  base: 8000,
  arbitrum: 8000,
  celestia: 8000,
  solana: 4000,
};

/** The most that any chain's default says: which block is "behind" is looked at with patience, and a file's own number counts. */
const BEHIND_BLOCKS = 30;

export function ceilingsOf({ chain, disk, replace, breaker, snapshots, ask, health }: FleetDocument): Ceilings {
  return {
    largestGiB: disk?.maximumSizeGiB ?? LARGEST_GIB[chain] ?? 2000,
    modificationsPerDay: disk?.modificationsPerDay ?? 3,
    monthlyIncreaseUsd: disk?.maximumMonthlyIncreaseUsd ?? 100,
    growAtPercent: disk?.growAtPercent ?? 85,
    restartsPerDay: replace?.restartsPerDay ?? 6,
    replacementsPerHour: replace?.replacementsPerHour ?? 2,
    replacementsPerDay: replace?.replacementsPerDay ?? 5,
    replacementsPerNode: replace?.replacementsPerNode ?? 3,
    restartPercent: breaker?.restartPercent ?? 25,
    keepMs: (replace?.keepDays ?? 7) * DAY_MS,
    setsKept: snapshots?.clean?.keep ?? 7,
    askMs: (ask?.expiresAfterHours ?? 4) * 3_600_000,
    behindBlocks: health?.behindBlocks ?? BEHIND_BLOCKS,
    moveBeforeMs: (replace?.moveBeforeHours ?? 48) * 3_600_000,
    rungs: replace?.rungs ?? ['restart', 'stop-start', 'swap', 'replace'],
  };
}
