// `chainmend backtest`: what this suite would have done in the last days, by its own decisions over what AWS has kept, beside what people did.
import type { Fleet } from '../../../shared/fleet/model.ts';
import { plainText } from '../../../shared/text/plain-text.ts';
import { columnsOf, wrapped } from '../columns.ts';
import type { Act, History, NodeHistory } from './history.ts';
import { incidentsIn } from './incidents.ts';
import { actsBeside, actsIn, type Touched } from './people.ts';
import { type Judged, type Verdict, wordOf } from './verdict.ts';
import { afterOthers, judged } from './verdicts.ts';

export interface BacktestContext {
  readonly say: (text: string) => void;
  /** One line of progress. */
  readonly status: (text: string) => void;
  /** Reads the account; it changes nothing. @throws UsageError, SuiteError */
  readonly read: (asked: AskedBacktest) => Promise<readonly History[]>;
}

export interface AskedBacktest {
  /** Names of fleets; all of them where there is none. */
  readonly fleets: readonly string[];
  readonly days: number;
  /** The folder of fleet files that are not stored in the account; undefined: the stored ones. */
  readonly files: string | undefined;
  /** In place of both: these fleets. */
  readonly given?: readonly Fleet[];
  readonly status: (text: string) => void;
  /** ms since the epoch; by AWS's clock unless given. */
  readonly nowMs?: () => number;
}

export interface BacktestOptions {
  readonly days: number;
  readonly fleets?: string;
}

/** An incident, what would have been done, and what people did. */
export interface Row extends Judged {
  readonly people: readonly Act[];
}

export interface FleetBacktest {
  readonly fleet: string;
  readonly fromMs: number;
  readonly toMs: number;
  readonly rows: readonly Row[];
  /** What people did beside all incidents that AWS has kept; null where calls could not be read. */
  readonly beside: readonly Act[] | null;
  readonly notes: readonly string[];
}

/** @returns status 0, whatever would have been done @throws UsageError, SuiteError */
export async function backtest(
  context: BacktestContext,
  names: readonly string[],
  { days, fleets: files }: BacktestOptions,
): Promise<{ readonly status: 0; readonly facts: object }> {
  const histories = await context.read({ fleets: names, days, files, status: context.status });
  const results = histories.map(backtestOf);
  if (results.length === 0)
    context.say('No fleet is known: npm run chainmend -- backtest --fleets FOLDER takes fleet files.');
  for (const result of results) for (const line of linesOf(result, days)) context.say(line);
  return { status: 0, facts: { days, fleets: results.map((result) => ({ ...result, summary: summaryOf(result) })) } };
}

/** Pure. */
export function backtestOf(history: History): FleetBacktest {
  const { fleet, fromMs, toMs, acts, nodes, notes } = history;
  const touched = new Map(nodes.map((one) => [one.node.instanceId, touchedBy(one)]));
  const rows: Row[] = [];
  for (const incident of incidentsIn(history)) {
    const on = touched.get(incident.instanceId) ?? { instanceId: incident.instanceId, volumeIds: [] };
    const before = rows.filter((row) => row.incident.instanceId === incident.instanceId);
    const verdict = afterOthers(judged(history, incident), before, on.volumeIds, history);
    rows.push({ ...verdict, people: actsIn(acts ?? [], incident, on) });
  }
  const explained = new Set(rows.flatMap(({ people }) => people));
  return {
    ...{ fleet: fleet.name, fromMs, toMs, rows, notes },
    beside:
      acts &&
      actsBeside(
        acts.filter(({ atMs }) => atMs >= fromMs),
        [...touched.values()],
        explained,
      ),
  };
}

const touchedBy = ({ node, volumes }: NodeHistory): Touched => ({
  instanceId: node.instanceId,
  volumeIds: volumes.map(({ volumeId }) => volumeId),
});

const WIDTH = 80;
const ROWS_SHOWN = 100;
const BESIDE_SHOWN = 10;

/** "Of 14 incidents: 9 would have been healed, 2 refused (size-ceiling), 3 are not knowable." */
export function summaryOf({ rows }: Pick<FleetBacktest, 'rows'>): string {
  const of = (is: Verdict['is']): readonly Row[] => rows.filter(({ verdict }) => verdict.is === is);
  const [healed, refused, left, unknown] = [of('healed'), of('refused'), of('left'), of('not knowable')];
  const codes = [...new Set(refused.flatMap(({ verdict }) => ('code' in verdict ? [verdict.code] : [])))].sort();
  const open = healed.filter(({ provided }) => provided.length > 0).length;
  const proviso =
    open === 0 ? '' : open === healed.length ? ', each with a proviso' : `, ${open} of them with a proviso`;
  if (rows.length === 0) return 'No incident is to be seen in what AWS has kept.';
  const parts = [
    `${healed.length} would have been healed${proviso}`,
    `${refused.length} refused${codes.length > 0 ? ` (${codes.join(', ')})` : ''}`,
    ...(left.length > 0 ? [`${left.length} left alone`] : []),
    `${unknown.length} ${unknown.length === 1 ? 'is' : 'are'} not knowable`,
  ];
  return `Of ${rows.length} ${rows.length === 1 ? 'incident' : 'incidents'}: ${parts.join(', ')}.`;
}

function linesOf(result: FleetBacktest, days: number): readonly string[] {
  const { fleet, fromMs, toMs, rows, beside, notes } = result;
  const shown = rows.slice(-ROWS_SHOWN);
  const table = columnsOf(
    [
      ['WHEN (UTC)', 'NODE', 'TROUBLE', 'CHAINMEND', 'PEOPLE'],
      ...shown.map(({ incident, verdict, provided, people }) => [
        timeOf(incident.onsetMs),
        cell(incident.node, 14),
        incident.trouble,
        cell(wordOf(verdict) + (provided.length > 0 ? ' *' : ''), 22),
        peopleOf(people),
      ]),
    ],
    2,
  );
  const provisos = [...new Set(rows.flatMap(({ provided }) => provided))];
  const reasons = shown.flatMap(({ incident, verdict }) =>
    verdict.is === 'healed'
      ? orElseOf(verdict).map((words) => `${timeOf(incident.onsetMs)} ${incident.node}: ${words}`)
      : [`${timeOf(incident.onsetMs)} ${incident.node}: ${verdict.because}`],
  );
  return [
    ...wrapped(
      `${fleet}, ${timeOf(fromMs)} to ${timeOf(toMs)} (${days} ${days === 1 ? 'day' : 'days'}), as its file is today and in mode act:`,
      WIDTH,
    ),
    ...(rows.length > 0 ? ['', ...table] : []),
    ...(rows.length > shown.length ? [`and ${rows.length - shown.length} before: --json has all`] : []),
    '',
    ...wrapped(summaryOf(result), WIDTH),
    ...(provisos.length > 0
      ? wrapped(`* provided that ${provisos.join(', and ')}, of which AWS keeps nothing.`, WIDTH)
      : []),
    ...reasons.flatMap((reason) => wrapped(plainText(reason, 600), WIDTH, 2)),
    ...besideLines(beside),
    ...notes.flatMap((note) => wrapped(`note: ${plainText(note, 600)}`, WIDTH)),
    '',
  ];
}

/** The rungs that would have come next; whether the first would have helped, nobody can know. */
const orElseOf = ({ by, orElse = [] }: Extract<Verdict, { readonly is: 'healed' }>): readonly string[] =>
  orElse.length === 0 ? [] : [`${by}, else ${orElse.join(', else ')}`];

function besideLines(beside: FleetBacktest['beside']): readonly string[] {
  if (beside === null) return wrapped('What people did is not known: CloudTrail could not be read.', WIDTH);
  if (beside.length === 0) return [];
  const more = beside.length - BESIDE_SHOWN;
  return [
    ...wrapped(`${beside.length} more acts of people, and nothing that AWS keeps says why:`, WIDTH),
    ...beside
      .slice(-BESIDE_SHOWN)
      .map(({ atMs, who, what, ids }) => `  ${timeOf(atMs)}  ${cell(who, 20)}  ${what}  ${cell(ids[0] ?? '', 21)}`),
    ...(more > 0 ? [`  and ${more} before: --json has all`] : []),
  ];
}

const peopleOf = (acts: readonly Act[]): readonly string[] =>
  acts.length === 0
    ? ['–']
    : [
        ...acts
          .slice(0, 2)
          .map(({ who, what, toGiB }) => cell(`${who}: ${what}${toGiB === null ? '' : ` ${toGiB} GiB`}`, 24)),
        ...(acts.length > 2 ? [`and ${acts.length - 2} more`] : []),
      ];

const cell = (text: string, characters: number): string => plainText(text, characters);

const timeOf = (ms: number): string => new Date(ms).toISOString().slice(0, 16).replace('T', ' ').slice(2);
