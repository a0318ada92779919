// `chainmend report`: what happened in an account, as one HTML file.
import { nearest } from '../../nearest.ts';
import type { ReportFacts } from '../../report/facts.ts';
import { boundFacts } from '../../report/facts.ts';
import { writeReportFile } from '../../report/file.ts';
import { incidentsOf } from '../../report/incidents.ts';
import { counted } from '../../report/words.ts';
import { UsageError } from '../errors.ts';
import type { AccountReport, ReportAccount } from './account.ts';
import { periodSecondsOf, sinceOf } from './since.ts';

export interface ReportContext {
  readonly account: () => ReportAccount;
  readonly say: (text: string) => void;
  readonly status: (text: string) => void;
}

export interface ReportOptions {
  readonly since: string;
  readonly out: string;
}

/** @param fleets their names; all fleets where none is named @throws UsageError, SuiteError, ReportFileError */
export async function report(
  context: ReportContext,
  fleets: readonly string[],
  { since, out }: ReportOptions,
): Promise<{ readonly status: 0; readonly facts: object }> {
  const spanMs = sinceOf(since);
  const account = context.account();
  const known = await account.fleetNames();
  for (const name of fleets) if (!known.includes(name)) throw unknownFleet(name, known);
  const chosen = fleets.length > 0 ? [...new Set(fleets)] : known;
  const toMs = account.nowMs();
  const fromMs = toMs - spanMs;
  const periodSeconds = (metrics: number): number => periodSecondsOf(spanMs, metrics);
  const read = await account.read({ fleets: chosen, fromMs, toMs, periodSeconds, status: context.status });
  const words = ['npm run chainmend -- report', `--since ${since}`, `--out ${out}`, ...fleets].join(' ');
  const facts = boundFacts(accountFacts(read, { fromMs, toMs, fleets: chosen, command: words }));
  const written = writeReportFile(out, facts);
  const incidents = incidentsOf(facts);
  context.say(written);
  for (const note of facts.notes) context.say(`note: ${note}`);
  context.say(
    `${counted(incidents.length, 'incident')}, ${counted(facts.nodes.length, 'node')}, ${counted(facts.journal.length, 'line')} of the journal`,
  );
  return { status: 0, facts: { file: out, incidents: incidents.length, report: facts } };
}

function unknownFleet(name: string, known: readonly string[]): UsageError {
  const near = nearest(name, known);
  const rest = near ? `did you mean ${near}?` : known.length > 0 ? `there are ${known.join(', ')}` : 'there is none';
  return new UsageError(`no fleet ${JSON.stringify(name)}; ${rest}`);
}

interface Asked {
  readonly fromMs: number;
  readonly toMs: number;
  readonly fleets: readonly string[];
  readonly command: string;
}

/** Pure. */
const accountFacts = (
  { account, region, fleets, nodes, journal, alarms, stepMs, notes }: AccountReport,
  { fromMs, toMs, fleets: names, command }: Asked,
): ReportFacts => ({
  ...{ format: 1, source: 'account', fromMs, toMs, stepMs, fleets, nodes, journal, alarms, notes, command },
  title: `Account ${account}, ${region}`,
  sentence: names.length === 0 ? 'No fleet is deployed.' : `Fleets: ${names.join(', ')}.`,
  ...{ outages: [], broken: [] },
});
