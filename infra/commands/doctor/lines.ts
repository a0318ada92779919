// The report of `chainmend doctor` for people: what is wrong by its causes, then a table of the heals. Pure; 80 columns, except for lines to paste.

import type { Cause, FleetReport, NodeReport } from '../../../shared/readiness/fleet-report.ts';
import { COLUMNS, type Column, type Finding, HEALS, VERBS, type Verdict } from '../../../shared/readiness/verdict.ts';
import { columnsOf, wrapped } from '../columns.ts';
import { tableOf } from '../fleets/context.ts';
import { durationText } from '../heal/show.ts';
import { trialTable } from '../trial-table.ts';
import type { DoctorReport } from './report.ts';

const WIDTH = 80;
const INDENT = 2;

export function linesOf({ askedAs, account, problems, fleets }: DoctorReport): readonly string[] {
  return [
    ...account.flatMap((line) => wrapped(line, WIDTH)),
    ...wrapped(`Dry runs are asked as ${askedAs}; the heals have roles of their own.`, WIDTH),
    ...problems.flatMap((problem) => ['', ...findingLines(problem, '')]),
    ...(fleets.length === 0 ? ['', ...wrapped(NO_FLEET, WIDTH)] : []),
    ...fleets.flatMap((fleet) => ['', ...fleetLines(fleet)]),
  ];
}

const NO_FLEET = 'No fleet file is stored in this account; with --files those of this checkout are looked at.';

function fleetLines(fleet: FleetReport): readonly string[] {
  const { causes, nodes } = fleet;
  return [
    ...wrapped(summaryOf(fleet), WIDTH),
    ...causes.flatMap((cause) => ['', ...findingLines(cause, headOf(cause, nodes.length))]),
    ...(nodes.length === 0
      ? []
      : ['', ...healTables(nodes), '', ...sourceTable(nodes), ...trialLines(fleet), '', ...leftLines(fleet)]),
  ];
}

/** One line: how many nodes cannot be restored, how many lack another heal, and of how many something is not known. */
function summaryOf({ fleet, mode, nodes }: FleetReport): string {
  const is = (column: Column, what: Verdict['is']) => (node: NodeReport) => node.heals[column].is === what;
  const isLost = (node: NodeReport): boolean => is('swap', 'no')(node) || is('replace', 'no')(node);
  const lacks = (what: Verdict['is']) => (node: NodeReport) => COLUMNS.some((column) => is(column, what)(node));
  const lost = nodes.filter(isLost);
  const less = nodes.filter((node) => !isLost(node) && lacks('no')(node));
  const open = nodes.filter((node) => !lacks('no')(node) && lacks('unknown')(node));
  const of = `of ${nodes.length}`;
  const parts = [
    ...(lost.length > 0 ? [`${lost.length} ${of} cannot be restored`] : []),
    ...(less.length > 0 ? [`${less.length} ${of} lack another heal`] : []),
    ...(open.length > 0 ? [`of ${open.length} ${of} something is not known`] : []),
  ];
  const words = nodes.length === 0 ? 'it has no nodes' : parts.join(', ') || 'every heal would work now';
  const only = mode === 'act' ? '' : ` (mode ${mode}: no heal begins by itself)`;
  return `${fleet}: ${nodes.length} ${nodes.length === 1 ? 'node' : 'nodes'}: ${words}${only}`;
}

const headOf = ({ heals, nodes }: Cause, of: number): string =>
  `: ${heals.join(', ')} of ${nodes.length} of ${of} nodes (${shortNames(nodes)})`;

function findingLines({ is, code, why, remedy, paste }: Finding, head: string): readonly string[] {
  return [
    ...wrapped(`${is === 'no' ? 'no' : 'not known'}, ${code}${head}`, WIDTH, INDENT),
    ...wrapped(why, WIDTH, 2 * INDENT),
    ...(remedy === undefined ? [] : wrapped(`→ ${remedy}`, WIDTH, 2 * INDENT)),
    // A line to paste stays one line.
    ...(paste === undefined ? [] : [`${' '.repeat(2 * INDENT)}${paste}`]),
  ];
}

const NAMES_SHOWN = 3;
const shortNames = (names: readonly string[]): string =>
  names.length <= NAMES_SHOWN
    ? names.join(', ')
    : `${names.slice(0, NAMES_SHOWN - 1).join(', ')} and ${names.length - NAMES_SHOWN + 1} more`;

/** Of nothing that a fleet does not want there is a column; what begins by itself comes first, and then what a person asks for. */
const healTables = (nodes: readonly NodeReport[]): readonly string[] =>
  pagesOf([
    ...HEALS.slice(0, ABREAST),
    ...[...HEALS.slice(ABREAST), ...VERBS].filter((one) => nodes.some(isWanted(one))),
  ]).flatMap((page, at) => [...(at === 0 ? [] : ['']), ...healTable(nodes, page)]);

const pagesOf = (columns: readonly Column[]): readonly (readonly Column[])[] =>
  Array.from({ length: Math.ceil(columns.length / ABREAST) }, (_, at) =>
    columns.slice(at * ABREAST, (at + 1) * ABREAST),
  );

/** Of columns beside each other in 80 characters. */
const ABREAST = 6;

const isWanted =
  (column: Column) =>
  ({ heals }: NodeReport): boolean =>
    heals[column].is !== 'off';

/** Nodes with the same verdicts are one row. */
function healTable(nodes: readonly NodeReport[], columns: readonly Column[]): readonly string[] {
  const rows = [...Map.groupBy(nodes, ({ heals }) => JSON.stringify(columns.map((column) => cellOf(heals[column]))))];
  return tableOf(
    ['nodes', ...columns],
    rows.map(([, alike]) => [
      namesCell(alike),
      ...columns.map((column) => (alike[0] ? cellOf(alike[0].heals[column]) : '')),
    ]),
  ).split('\n');
}

const NODES_WIDTH = 13;
const CODE_WIDTH = 10;

const namesCell = (alike: readonly NodeReport[]): readonly string[] => {
  const [first = '', ...others] = alike.map(({ node }) => node);
  const name = first.length > NODES_WIDTH ? `${first.slice(0, NODES_WIDTH - 1)}…` : first;
  return others.length === 0 ? [name] : [name, `and ${others.length} more`];
};

/** The worst code, broken at its hyphens; how many more there are. */
function cellOf(verdict: Verdict): readonly string[] {
  if (verdict.is === 'yes') return ['yes'];
  if (verdict.is === 'off') return ['–'];
  const codes = [...new Set(verdict.findings.filter(({ is }) => is === verdict.is).map(({ code }) => code))];
  const more = codes.length > 1 ? [`+${codes.length - 1}`] : [];
  return [verdict.is === 'no' ? 'no' : 'not known', ...brokenCode(codes[0] ?? ''), ...more];
}

function brokenCode(code: string): readonly string[] {
  const lines: string[] = [];
  for (const part of code.split(/(?<=-)/)) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + part.length <= CODE_WIDTH) lines[lines.length - 1] = last + part;
    else lines.push(part);
  }
  return lines;
}

/** Which data each node would get. */
function sourceTable(nodes: readonly NodeReport[]): readonly string[] {
  const rows = [...Map.groupBy(nodes, ({ source }) => JSON.stringify([source?.set, source?.caughtUpMinutes]))];
  const cells = rows.map(([, alike]) => {
    const source = alike[0]?.source ?? null;
    if (source === null) return [namesCell(alike), 'no good snapshot', '', '', ''];
    const { set, of, rank, height, ageSeconds, caughtUpMinutes } = source;
    return [
      namesCell(alike),
      [set.length > SET_WIDTH ? `${set.slice(0, SET_WIDTH - 1)}…` : set, `of ${of}`.slice(0, SET_WIDTH)],
      [rank, height === null ? 'height unknown' : `height ${height}`],
      ageText(ageSeconds),
      caughtUpMinutes === null ? 'not known' : `${caughtUpMinutes} min`,
    ];
  });
  return tableOf(['nodes', 'data', 'rank', 'age', 'caught up'], cells).split('\n');
}

/** What the columns of the owner's commands are judged by. */
const trialLines = ({ trials }: FleetReport): readonly string[] =>
  trials === null ? [] : trialTable(trials).flatMap((line, at) => (at === 0 ? ['', line] : [line]));

const SET_WIDTH = 28;

const DAYS_FROM_SECONDS = 48 * 3_600;

const ageText = (seconds: number): string =>
  seconds < DAYS_FROM_SECONDS ? durationText(seconds) : `${Math.round(seconds / 86_400)} days`;

function leftLines({
  budgetLeftUsd,
  budgetUsd,
  replacementsLeft,
  quotas,
  newNode,
  nodes,
}: FleetReport): readonly string[] {
  const usd = (amount: number): string => `$${amount.toFixed(2)}`;
  const byLeft = [...Map.groupBy(nodes, ({ modificationsLeft }) => modificationsLeft)].toSorted(
    ([a], [b]) => (a ?? 99) - (b ?? 99),
  );
  const modifications = byLeft.map(
    ([left, some]) => `${left ?? 'not known'} (${shortNames(some.map(({ node }) => node))})`,
  );
  const rows = [
    [
      'growth this month',
      budgetLeftUsd === null ? 'not known' : `${usd(budgetLeftUsd)} a month left of ${usd(budgetUsd)}`,
    ],
    ['modifications', `left today for each volume: ${modifications.join('; ')}`],
    [
      'replacements',
      replacementsLeft === null
        ? 'not known'
        : `${replacementsLeft.hour} left this hour, ${replacementsLeft.day} in 24 h`,
    ],
    ...quotas.map(({ name, words }) => [name, words]),
    ['a new node', newNode === null ? 'not known' : `begins with ${newNode}`],
    ['capacity', 'not asked: whether a zone has room shows only when a call is made'],
  ];
  return columnsOf(rows, INDENT).flatMap((line) => wrapped(line, WIDTH));
}
