// How a stuck node is helped, and clean snapshots are taken, when a fleet file leaves gaps: the third part of `resolve.ts`.
import { RUNGS } from '../model/rungs.ts';
import type { CleanSnapshotPolicy, ReplacePolicy } from './model.ts';
import type { FleetDocument } from './schema.ts';

/** What holds for a fleet of any chain unless its file says otherwise. */
export const everyHeal = {
  replace: {
    rungs: RUNGS,
    source: 'snapshot',
    lifecyclePolicies: [],
    subnets: [],
    keepDays: 7,
    autoScaling: 'refuse',
    restartsPerDay: 6,
    replacementsPerHour: 2,
    replacementsPerDay: 5,
    replacementsPerNode: 3,
  },
  clean: { everyHours: 24, keep: 7, alone: false, poolFloor: 2 },
} as const;

export function completeHeal({ replace, dataMode }: FleetDocument) {
  const complete = { ...everyHeal.replace, ...replace };
  return {
    replace: {
      ...complete,
      rungs: [...complete.rungs],
      lifecyclePolicies: [...complete.lifecyclePolicies],
      subnets: [...complete.subnets],
    },
    ...(dataMode !== undefined && { dataMode }),
  };
}

export function completeClean(snapshots: FleetDocument['snapshots']) {
  return snapshots?.clean && { ...everyHeal.clean, ...snapshots.clean };
}

export interface HealPolicies {
  readonly replace: ReplacePolicy;
  readonly cleanSnapshots: CleanSnapshotPolicy | undefined;
  readonly dataMode: string | undefined;
}

export function resolveHeal({
  replace: { subnets, ...replace },
  dataMode,
  snapshots,
}: ReturnType<typeof completeHeal> & {
  readonly snapshots?: { readonly clean?: CleanSnapshotPolicy };
  readonly dataMode?: string;
}): HealPolicies {
  return {
    replace: {
      ...replace,
      subnetIds: subnets,
      initializationMiBps: replace.initializationMiBps,
      launchTemplate: replace.launchTemplate,
    },
    cleanSnapshots: snapshots?.clean,
    dataMode,
  };
}
