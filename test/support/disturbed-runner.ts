// The process behind `disturb`: reads a JSON list of `Disturbance` on stdin, prints a JSON list of `Disturbed`.
import { text } from 'node:stream/consumers';
import { SCENARIOS } from '../../local/scenarios/catalog/index.ts';
import { readJournal } from '../../local/scenarios/report/journal.ts';
import { run } from '../../local/scenarios/run.ts';
import type { RequestFaults } from '../../local/simulator/request-faults.ts';
import type { Disturbance, Disturbed } from './disturbed.ts';

const results: Disturbed[] = [];
for (const disturbance of JSON.parse(await text(process.stdin)) as Disturbance[])
  results.push(await disturbed(disturbance));
process.stdout.write(JSON.stringify(results));

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
