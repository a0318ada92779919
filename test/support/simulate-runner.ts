// The process behind `simulate`: reads a JSON list of `Simulation` on stdin, prints a JSON list of `Simulated`.
import { text } from 'node:stream/consumers';
import { gatherFacts } from '../../local/cli/story/facts.ts';
import { renderSections } from '../../local/cli/story/lines.ts';
import { buildStory } from '../../local/cli/story/story.ts';
import * as ours from '../../local/scenarios/catalog/index.ts';
import { readJournal } from '../../local/scenarios/report/journal.ts';
import { run } from '../../local/scenarios/run.ts';
import type { Scenario } from '../../local/scenarios/scenario.ts';
import type { Simulated, Simulation } from './simulate.ts';

const results: Simulated[] = [];
for (const { scenario: name, from, seed = 1, lane = 'sweep', faults = [] } of JSON.parse(
  await text(process.stdin),
) as Simulation[]) {
  const { SCENARIOS } = from ? ((await import(from)) as { readonly SCENARIOS: readonly Scenario[] }) : ours;
  const scenario = SCENARIOS.find((candidate) => candidate.name === name);
  if (!scenario) throw new Error(`there is no scenario ${name}`);
  const carriedOut = await run(scenario, { seed, lane, faults });
  const { report, unmet, world } = carriedOut;
  const story = renderSections(buildStory(gatherFacts(carriedOut)), undefined).map((line) => line.text);
  results.push({ report, unmet, journal: readJournal(world.region, world.tableName), story });
}
process.stdout.write(JSON.stringify(results));
