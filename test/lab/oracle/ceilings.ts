// The numbers that a fleet's file promises, with the defaults that docs/fleet-files.md prints.
import type { FleetDocument } from '../../../shared/fleet/schema.ts';

const DAY_MS = 24 * 3_600_000;

export interface Ceilings {
  readonly largestGiB: number;
  readonly modificationsPerDay: number;
  /** What a deployed volume is taken back to after its first sync (docs/deploy.md, "A boost for the first sync"); absent where it has no boost. */
  readonly lasting?: { readonly iops: number; readonly throughputMiBps: number };
  /** The type of its first sync, and what an instance goes back to; absent where it has no boost. */
  readonly types?: { readonly from: string; readonly to: string };
  readonly monthlyIncreaseUsd: number;
  /** At which its alarms go off. */
  readonly diskPercent: number;
  readonly restartsPerDay: number;
  readonly replacementsPerHour: number;
  readonly replacementsPerDay: number;
  readonly replacementsPerNode: number;
  readonly restartPercent: number;
  readonly keepMs: number;
  /** Between two clean snapshots of a fleet. */
  readonly cleanEveryMs: number;
  readonly askMs: number;
  readonly behindBlocks: number;
  readonly confirmations: number;
  readonly moveBeforeMs: number;
  readonly rungs: readonly string[];
}

interface OfChain {
  readonly largestGiB?: number;
  readonly behindBlocks: number;
  readonly confirmations: number;
}

/** "What a chain fills in" (docs/fleet-files.md): the largest volume in GiB (2000 for most), behind and confirmations in blocks. */
const CHAINS: Readonly<Record<string, OfChain>> = {
  bitcoin: { behindBlocks: 3, confirmations: 6 },
  litecoin: { largestGiB: 1000, behindBlocks: 4, confirmations: 6 },
  dogecoin: { largestGiB: 1000, behindBlocks: 6, confirmations: 12 },
  'bitcoin-cash': { largestGiB: 1000, behindBlocks: 3, confirmations: 10 },
  dash: { largestGiB: 1000, behindBlocks: 4, confirmations: 6 },
  zcash: { largestGiB: 1000, behindBlocks: 5, confirmations: 10 },
  ethereum: { largestGiB: 4000, behindBlocks: 5, confirmations: 12 },
  bsc: { largestGiB: 8000, behindBlocks: 45, confirmations: 45 },
  polygon: { largestGiB: 8000, behindBlocks: 10, confirmations: 64 },
  avalanche: { largestGiB: 4000, behindBlocks: 15, confirmations: 1 },
  optimism: { largestGiB: 8000, behindBlocks: 10, confirmations: 30 },
  base: { largestGiB: 8000, behindBlocks: 10, confirmations: 30 },
  arbitrum: { largestGiB: 8000, behindBlocks: 80, confirmations: 240 },
  cometbft: { behindBlocks: 5, confirmations: 1 },
  cosmoshub: { behindBlocks: 5, confirmations: 1 },
  osmosis: { behindBlocks: 15, confirmations: 1 },
  celestia: { largestGiB: 8000, behindBlocks: 5, confirmations: 1 },
  stacks: { behindBlocks: 30, confirmations: 10 },
  solana: { largestGiB: 4000, behindBlocks: 128, confirmations: 32 },
};
const OTHER: OfChain = { behindBlocks: 10, confirmations: 10 };

export function ceilingsOf({
  chain,
  disk,
  replace,
  breaker,
  snapshots,
  ask,
  health,
  alarms,
  deploy,
}: FleetDocument): Ceilings {
  const { boost, iops = 3_000, throughputMiBps = 125 } = deploy?.volume ?? {};
  const usual = CHAINS[chain] ?? OTHER;
  return {
    largestGiB: disk?.maximumSizeGiB ?? usual.largestGiB ?? 2000,
    modificationsPerDay: disk?.modificationsPerDay ?? 3,
    ...(boost && { lasting: { iops, throughputMiBps } }),
    ...(deploy?.boost && { types: { from: deploy.boost.instanceType, to: deploy.instanceType } }),
    monthlyIncreaseUsd: disk?.maximumMonthlyIncreaseUsd ?? 100,
    diskPercent: alarms?.diskPercent ?? disk?.growAtPercent ?? 85,
    restartsPerDay: replace?.restartsPerDay ?? 6,
    replacementsPerHour: replace?.replacementsPerHour ?? 2,
    replacementsPerDay: replace?.replacementsPerDay ?? 5,
    replacementsPerNode: replace?.replacementsPerNode ?? 3,
    restartPercent: breaker?.restartPercent ?? 25,
    keepMs: (replace?.keepDays ?? 7) * DAY_MS,
    cleanEveryMs: (snapshots?.clean?.everyHours ?? 24) * 3_600_000,
    askMs: (ask?.expiresAfterHours ?? 4) * 3_600_000,
    behindBlocks: health?.behindBlocks ?? usual.behindBlocks,
    confirmations: health?.confirmations ?? usual.confirmations,
    moveBeforeMs: (replace?.moveBeforeHours ?? 48) * 3_600_000,
    rungs: replace?.rungs ?? ['restart', 'stop-start', 'swap', 'replace'],
  };
}
