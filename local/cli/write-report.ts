// `npm start -- --report FILE`: runs a scenario and writes what happened as one HTML page.
import { writeReportFile } from '../../infra/report/file.ts';
import { reportFactsOf } from '../scenarios/report/report-facts.ts';
import { type Run, run } from '../scenarios/run.ts';
import type { RunRequest } from './arguments.ts';
import { ensurePrepared } from './print-story.ts';

/** @throws ReportFileError where the file cannot be written */
export async function writeReport(
  request: RunRequest,
  file: string,
  remark: (line: string) => void,
): Promise<Pick<Run, 'unmet'>> {
  const { scenario, seed, faults, chosenBy } = request;
  await ensurePrepared(scenario);
  const carriedOut = await run(scenario, request);
  const { report, world, unmet } = carriedOut;
  const besides = [...(seed === 1 ? [] : [`--seed ${seed}`]), ...faults.map((name) => `--fault ${name}`)];
  const facts = reportFactsOf(world, {
    source: 'run',
    title: `${scenario.name}, seed ${seed}${faults.length > 0 ? `, with ${faults.join(' and ')}` : ''}`,
    sentence: scenario.sentence,
    command: ['npm start --', chosenBy, ...besides, `--report ${file}`].join(' '),
    outages: report.heals.map(({ fleet, incident, nodeOutageSeconds }) => ({
      ...{ fleet, incidentId: incident, seconds: nodeOutageSeconds },
    })),
    broken: report.violations.map(({ invariant, at, detail }) => ({
      ...{ what: invariant, sentence: detail, atMs: Date.parse(at) },
    })),
  });
  remark(writeReportFile(file, facts));
  return { unmet };
}
