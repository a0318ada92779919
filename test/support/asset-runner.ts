// The process behind the deployed-asset test: disk-full once for each way to be killed, functions in processes of their own.
// Reads a JSON list of `AssetRun` on stdin, prints a JSON list of `AssetRan`.
import { text } from 'node:stream/consumers';
import { diskFull } from '../../local/scenarios/catalog/disk-full.ts';
import { readJournal } from '../../local/scenarios/report/journal.ts';
import { run } from '../../local/scenarios/run.ts';
import type { SandboxLocation } from '../../local/simulator/lambda-runtime/sandboxes.ts';
import type { RequestFaults } from '../../local/simulator/request-faults.ts';
import type { AssetRan, AssetRun } from './asset.ts';
import { assetProcesses } from './asset-process.ts';

const HEAL = 'chainmend-resize-volume';
const HEALS = /^chainmend-(dispatch-heal|resize-volume)$/;

const results: AssetRan[] = [];
for (const asked of JSON.parse(await text(process.stdin)) as AssetRun[]) results.push(await carryOut(asked));
process.stdout.write(JSON.stringify(results));

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
