// Plays scenarios in which AWS misbehaves towards a function at named calls.
import pMap from 'p-map';
import { SCENARIOS } from '../../../local/scenarios/catalog/index.ts';
import { type JournalLine, readJournal } from '../../../local/scenarios/report/journal.ts';
import type { Report } from '../../../local/scenarios/report/report.ts';
import { run } from '../../../local/scenarios/run.ts';
import type { FaultEffect, RequestFaults } from '../../../local/simulator/request-faults.ts';

export interface Disturbance {
  readonly scenario: string;
  /** Whom; a heal unless given. */
  readonly caller?: 'resize-volume' | 'rotate-peers';
  /** What it calls: "ModifyVolume". */
  readonly operation: string;
  /** Only calls whose input has these words in it. */
  readonly input?: string;
  readonly fate: FaultEffect;
  /** The first such call that is disturbed, from 1, retries of the SDK counted; 1 unless given. */
  readonly from?: number;
  /** How many from there on; all of them unless given. */
  readonly calls?: number;
}

export interface Disturbed {
  readonly report: Report;
  readonly journal: readonly JournalLine[];
  readonly unmet: readonly string[];
  /** Status of each execution, oldest first. */
  readonly executions: readonly string[];
  /** ModifyVolume calls that took effect. */
  readonly modifications: number;
}

/** One run after another; results are in the order of `disturbances`. */
export const job = (disturbances: readonly Disturbance[]): Promise<Disturbed[]> =>
  pMap(disturbances, disturbed, { concurrency: 1 });

async function disturbed(disturbance: Disturbance): Promise<Disturbed> {
  const scenario = SCENARIOS.find(({ name }) => name === disturbance.scenario);
  if (!scenario) throw new Error(`there is no scenario ${disturbance.scenario}`);
  const options = { seed: 1, lane: 'sweep', requestFaults: faultsOf(disturbance) } as const;
  const { report, unmet, world } = await run(scenario, options);
  const { region, tableName } = world;
  return {
    report,
    unmet,
    journal: readJournal(region, tableName),
    executions: region.lambda.executions().map(({ status }) => status),
    modifications: region.gateway.trace.calls.filter(
      ({ operation, outcome }) => operation === 'ModifyVolume' && (outcome === 'ok' || outcome === 'answer lost'),
    ).length,
  };
}

function faultsOf(disturbance: Disturbance): RequestFaults {
  const { caller = 'resize-volume', operation, input = '', fate, from = 1 } = disturbance;
  const { calls = Number.POSITIVE_INFINITY } = disturbance;
  let seen = 0;
  return {
    fateOf: (request) => {
      if (!request.actor.startsWith(`chainmend-${caller}`) || request.operation !== operation) return undefined;
      if (!JSON.stringify(request.input).includes(input)) return undefined;
      seen++;
      return seen >= from && seen < from + calls ? fate : undefined;
    },
  };
}
