// Plays scenarios, and tells the report, the journal and the story of each.
import pMap from 'p-map';
import { gatherFacts } from '../../../local/cli/story/facts.ts';
import { renderSections } from '../../../local/cli/story/lines.ts';
import { buildStory } from '../../../local/cli/story/story.ts';
import * as ours from '../../../local/scenarios/catalog/index.ts';
import { type JournalLine, readJournal } from '../../../local/scenarios/report/journal.ts';
import type { Report } from '../../../local/scenarios/report/report.ts';
import { run } from '../../../local/scenarios/run.ts';
import type { Scenario } from '../../../local/scenarios/scenario.ts';
import type { FaultName } from '../../../local/simulator/faults.ts';
import type { Lane } from '../../../local/simulator/lambda-runtime/sandbox.ts';

export interface Simulation {
  readonly scenario: string;
  /** File name of a module that exports `SCENARIOS` with scenarios of a test's own; those of local/scenarios unless given. */
  readonly from?: string;
  /** 1 unless given. */
  readonly seed?: number;
  /** The sweep lane unless given: it does the same, faster. */
  readonly lane?: Lane;
  readonly faults?: readonly FaultName[];
}

export interface Simulated {
  readonly report: Report;
  /** Expectations of the scenario that did not hold. */
  readonly unmet: readonly string[];
  readonly journal: readonly JournalLine[];
  /** The story that a person is told, a line each: time, label, text, without colour. */
  readonly story: readonly string[];
}

/** One run after another; results are in the order of `simulations`. */
export const job = (simulations: readonly Simulation[]): Promise<Simulated[]> =>
  pMap(simulations, simulated, { concurrency: 1 });

async function simulated({
  scenario: name,
  from,
  seed = 1,
  lane = 'sweep',
  faults = [],
}: Simulation): Promise<Simulated> {
  const { SCENARIOS } = from ? ((await import(from)) as { readonly SCENARIOS: readonly Scenario[] }) : ours;
  const scenario = SCENARIOS.find((candidate) => candidate.name === name);
  if (!scenario) throw new Error(`there is no scenario ${name}`);
  const carriedOut = await run(scenario, { seed, lane, faults });
  const { report, unmet, world } = carriedOut;
  const story = renderSections(buildStory(gatherFacts(carriedOut)), undefined).map((line) => line.text);
  return { report, unmet, journal: readJournal(world.region, world.tableName), story };
}
