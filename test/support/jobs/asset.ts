// Plays disk-full with the deployed asset, once for each way to be killed: functions run in processes of their own.
import pMap from 'p-map';
import { diskFull } from '../../../local/scenarios/catalog/disk-full.ts';
import { type JournalLine, readJournal } from '../../../local/scenarios/report/journal.ts';
import type { Report } from '../../../local/scenarios/report/report.ts';
import { run } from '../../../local/scenarios/run.ts';
import type { SandboxLocation } from '../../../local/simulator/lambda-runtime/sandboxes.ts';
import type { RequestFaults } from '../../../local/simulator/request-faults.ts';
import { assetProcesses } from '../asset-process.ts';

const HEAL = 'chainmend-resize-volume';
const HEALS = /^chainmend-(dispatch-heal|resize-volume)$/;

export interface AssetRun {
  /** The heal's process is killed while the checkpoint that follows this operation ("ModifyVolume") is on its way. */
  readonly killAfter?: string;
}

export interface AssetRan {
  readonly journal: readonly JournalLine[];
  /** Expectations of the scenario that did not hold. */
  readonly unmet: readonly string[];
  readonly violations: Report['violations'];
  readonly outcomes: readonly string[];
  /** ModifyVolume calls that took effect. */
  readonly modifications: number;
  /** Processes that the heal ran in, one after another. */
  readonly healProcesses: number;
}

/** One run after another; results are in the order of `runs`. */
export const job = (runs: readonly AssetRun[]): Promise<AssetRan[]> => pMap(runs, carryOut, { concurrency: 1 });

async function carryOut({ killAfter }: AssetRun): Promise<AssetRan> {
  const processes = assetProcesses();
  let done = false;
  let killed = false;
  const requestFaults: RequestFaults = {
    fateOf: ({ operation }) => {
      if (operation === killAfter) done = true;
      if (!done || killed || operation !== 'CheckpointDurableExecution') return undefined;
      processes.started.findLast(({ functionName }) => functionName === HEAL)?.strike();
      killed = true;
      return undefined;
    },
  };
  // A process has real sockets: what asks nodes and references stays where the network is the region's.
  const sandbox = (place: SandboxLocation) => (HEALS.test(place.fn.functionName) ? processes.start(place) : undefined);
  const options = { seed: 1, lane: 'fidelity', guard: false, sandbox, requestFaults } as const;
  try {
    const { report, unmet, world } = await run(diskFull, options);
    const { calls } = world.region.gateway.trace;
    return {
      journal: readJournal(world.region, world.tableName).filter(({ heal }) => heal === 'resize-volume'),
      unmet,
      violations: report.violations,
      outcomes: report.heals.map(({ outcome }) => outcome),
      modifications: calls.filter(({ operation, outcome }) => operation === 'ModifyVolume' && outcome === 'ok').length,
      healProcesses: processes.started.filter(({ functionName }) => functionName === HEAL).length,
    };
  } finally {
    processes.close();
  }
}
