// `diff`: two versions of a fleet file, or of chainmend itself, played in the same stories of the local region. Only
// `--days` asks an account: what it has kept of a fleet's last days.
import { statSync } from 'node:fs';
import type { Fleet } from '../../../shared/fleet/model.ts';
import { resolveFleet } from '../../../shared/fleet/resolve.ts';
import { plainText } from '../../../shared/text/plain-text.ts';
import { type FleetFile, readFleetFiles, shortPath } from '../../fleets.ts';
import type { History } from '../backtest/history.ts';
import { UsageError } from '../errors.ts';
import { tableOf } from '../fleets/context.ts';
import { changesBetween, leavesOf } from '../fleets/field-list.ts';
import type { JournalDecisions } from '../report/account.ts';
import { sinceOf } from '../report/since.ts';
import type { Checkout } from './checkout.ts';
import { type Differences, differencesOf } from './differences.ts';
import type { DrawInput, DrawnLine, PlayedLine, PlayedStory, PlayInput, Story } from './form.ts';
import { type JournalDifferences, journalDifferencesOf } from './journal.ts';
import { type PastDifferences, pastDifferencesOf } from './past.ts';

export interface DiffContext {
  readonly say: (text: string) => void;
  /** One line of progress. */
  readonly status: (text: string) => void;
  /** Draws stories in the local region, a process of its own. @throws StoreError where it fails */
  readonly draw: (input: DrawInput) => Promise<readonly DrawnLine[]>;
  /** Plays stories, with the chainmend of this folder or with this one. @throws StoreError where it fails */
  readonly play: (
    input: PlayInput,
    heard: (story: PlayedLine) => void,
    root: string | undefined,
  ) => Promise<readonly PlayedLine[]>;
  /** Reads what AWS has kept of a fleet’s last days. @throws SuiteError */
  readonly past: (fleet: Fleet, days: number) => Promise<History | undefined>;
  /** Reads what heals of a fleet have written down. @throws SuiteError */
  readonly journal: (fleet: string, sinceMs: number) => Promise<JournalDecisions>;
  /** @throws UsageError */
  readonly checkout: (written: string) => Promise<Checkout>;
}

export interface DiffOptions {
  readonly code?: string;
  readonly storms?: number;
  readonly only?: readonly string[];
  readonly scenarios?: readonly string[];
  readonly seed?: number;
  readonly nodes?: number;
  readonly days?: number;
  readonly journal?: true;
  readonly since?: string;
  readonly markdown?: true;
}

const STORMS = 3;
const NODES = 5;
const JOURNAL_SINCE = '30d';
/** Stories that are listed; `--json` has all. */
const MAX_LISTED = 20;

export interface DiffResult {
  readonly status: 0;
  readonly facts: object;
}

/**
 * @param paths of two fleet files, before and after; with `code` at most one
 * @throws UsageError, FleetFilesError, StoreError
 */
export async function diff(
  context: DiffContext,
  paths: readonly (string | undefined)[],
  options: DiffOptions,
): Promise<DiffResult> {
  return options.code === undefined
    ? diffOfFiles(context, paths, options)
    : diffOfCode(context, paths, { ...options, code: options.code });
}

async function diffOfFiles(
  context: DiffContext,
  [first, second]: readonly (string | undefined)[],
  options: DiffOptions,
): Promise<DiffResult> {
  if (first === undefined || second === undefined)
    throw new UsageError('expected two versions of a fleet file, or --code and a version of chainmend');
  if (options.scenarios) throw new UsageError('--scenarios: expected with --code; scenarios have fleets of their own');
  const [before, after] = [fileAt(first), fileAt(second)];
  const [a, b] = [before.document, after.document];
  if (a.fleet !== b.fleet || a.chain !== b.chain)
    throw new UsageError(
      `${before.path} is of ${a.fleet} (${a.chain}), ${after.path} of ${b.fleet} (${b.chain}): expected two versions of one fleet’s file`,
    );
  const changes = changesBetween(leavesOf(a), leavesOf(b));
  if (changes.length === 0) return told(context, options, { title: a.fleet, changes, played: [] });
  const history = options.days === undefined ? undefined : await context.past(resolveFleet(a), options.days);
  const past = history && pastDifferencesOf(history, resolveFleet(b));
  const journal = await journalOf(context, options, resolveFleet(a), resolveFleet(b));
  const drawn = await storiesOf(context, {
    ...drawInputOf(options, STORMS),
    fleet: { before: a, after: b, nodes: options.nodes ?? NODES },
  });
  // One after the other, story by story: they are of one chainmend, and share what it has made.
  const stories = drawn.flatMap(({ story, seed, ...worlds }) =>
    SIDES.map((by) => ({ by, story, seed, world: worlds[by] })),
  );
  const lines = await context.play(
    { stories: stories.map(({ story, seed, world }) => ({ story, seed, world })) },
    ({ story }) => context.status(`${story}: played`),
    undefined,
  );
  const played = lines.flatMap((line, at) => stories.slice(at, at + 1).map(({ by }) => ({ ...line, by })));
  return told(context, options, {
    title: a.fleet,
    changes,
    played,
    ...(past && { past }),
    ...(journal && { journal }),
  });
}

async function journalOf(
  context: DiffContext,
  { journal, since }: DiffOptions,
  before: Fleet,
  after: Fleet,
): Promise<JournalDifferences | undefined> {
  if (since !== undefined && !journal) throw new UsageError('--since: expected with --journal');
  if (!journal) return undefined;
  const { lines, notes, ...span } = await context.journal(before.name, sinceOf(since ?? JOURNAL_SINCE));
  return { ...journalDifferencesOf(lines, { before, after, ...span }), notes };
}

const SIDES = ['before', 'after'] as const;

async function diffOfCode(
  context: DiffContext,
  [path, another]: readonly (string | undefined)[],
  options: DiffOptions & { readonly code: string },
): Promise<DiffResult> {
  if (another !== undefined) throw new UsageError('--code: expected one fleet file, or none');
  if (options.days !== undefined) throw new UsageError('--days: expected two fleet files, and no --code');
  if (options.journal) throw new UsageError('--journal: expected two fleet files, and no --code');
  const fleet = path === undefined ? undefined : fileAt(path).document;
  const drawn = await storiesOf(context, {
    ...drawInputOf(options, options.scenarios ? 0 : STORMS),
    ...(fleet && { fleet: { before: fleet, after: fleet, nodes: options.nodes ?? NODES } }),
  });
  const before = await context.checkout(options.code);
  try {
    const playedBy = async (by: PlayedStory['by'], root: string | undefined): Promise<readonly PlayedStory[]> => {
      const stories = drawn.map(({ story, seed, ...worlds }) => ({ story, seed, world: worlds[by] }));
      const heard = ({ story }: PlayedLine): void => context.status(`${story}, ${by}: played`);
      return (await context.play({ stories }, heard, root)).map((line) => ({ ...line, by }));
    };
    // Side by side: each is a process of one core.
    const played = await Promise.all([playedBy('before', before.root), playedBy('after', undefined)]);
    return told(context, options, { title: `${before.name} → this checkout`, played: played.flat() });
  } finally {
    before.end();
  }
}

const drawInputOf = ({ storms, only, scenarios = [], seed = 1 }: DiffOptions, otherwise: number) => ({
  ...{ seed, scenarios, storms: storms ?? otherwise },
  ...(only && { only }),
});

/** @throws UsageError for a name that nobody knows */
async function storiesOf(context: DiffContext, input: DrawInput): Promise<readonly Story[]> {
  const lines = await context.draw(input);
  return lines.map((line) => {
    if ('wrong' in line) throw new UsageError(line.wrong);
    return line;
  });
}

function fileAt(path: string): FleetFile {
  if (!statSync(path, { throwIfNoEntry: false })?.isFile())
    throw new UsageError(`no file ${JSON.stringify(plainText(path, 200))}: expected two versions of a fleet file`);
  const [file] = readFleetFiles([path]);
  if (file) return file;
  throw new UsageError(`${shortPath(path)} holds no fleet`);
}

interface Compared {
  readonly title: string;
  /** Of the fields of two fleet files; absent where two versions of chainmend were compared. */
  readonly changes?: readonly Change[];
  readonly played: readonly PlayedStory[];
  readonly past?: PastDifferences;
  readonly journal?: JournalDifferences;
}

type Change = readonly [field: string, change: string];

function told({ say }: DiffContext, { markdown, code }: DiffOptions, compared: Compared): DiffResult {
  const differences = differencesOf(compared.played);
  say((markdown ? markdownOf : textOf)(compared, differences));
  const { title, changes, past, journal } = compared;
  const subject =
    code === undefined ? { fleet: title, changes: changes?.map(([field, change]) => ({ field, change })) } : { code };
  return { status: 0, facts: { ...subject, ...differences, ...(past && { past }), ...(journal && { journal }) } };
}

const summaryOf = ({ stories, different, sums }: Differences): string =>
  different.length === 0
    ? `In ${stories} stories both do the same.`
    : `In ${different.length} of ${stories} stories they do not do the same${sums === '' ? '' : `: ${sums}`}.`;

function textOf({ title, changes, past, journal }: Compared, differences: Differences): string {
  if (changes?.length === 0) return `${title}: no field differs, so nothing was played.`;
  const { different, counts } = differences;
  const fields = changes && tableOf(['field', 'change'], asRows(changes));
  const parts = [fields === undefined ? `${title}:` : `${title}:\n${fields}`];
  if (past) {
    parts.push(pastSummaryOf(past));
    if (past.different.length > 0) parts.push(tableOf(PAST_HEAD, pastRows(past)));
    parts.push(...past.notes.map((note) => `note: ${note}`));
  }
  if (journal) {
    parts.push(journalSummaryOf(journal));
    if (journal.different.length > 0) parts.push(tableOf(PAST_HEAD, pastRows(journal)));
    parts.push(...journal.notes.map((note) => `note: ${note}`));
  }
  parts.push(summaryOf(differences));
  if (counts.length > 0)
    parts.push(
      tableOf(
        ['what', 'before', 'after'],
        counts.map(({ act, before, after }) => [act, String(before), String(after)]),
      ),
    );
  for (const { story, lost, gained } of different.slice(0, MAX_LISTED))
    parts.push([story, ...lost.map((act) => `  − ${act}`), ...gained.map((act) => `  + ${act}`)].join('\n'));
  if (different.length > MAX_LISTED) parts.push(`and ${different.length - MAX_LISTED} more: --json has all`);
  return parts.join('\n\n');
}

const PAST_HEAD = ['when (UTC)', 'node', 'trouble', 'before', 'after'];

const pastRows = ({ different }: Pick<PastDifferences, 'different'>): string[][] =>
  different
    .slice(-MAX_LISTED)
    .map(({ atMs, node, trouble, before, after }) => [
      new Date(atMs).toISOString().slice(2, 16).replace('T', ' '),
      ...[node, trouble, before, after],
    ]);

function pastSummaryOf({ fromMs, toMs, incidents, unknown, different }: PastDifferences): string {
  const [from, to] = [fromMs, toMs].map((ms) => new Date(ms).toISOString().slice(0, 10));
  const open = unknown === 0 ? '' : `; ${unknown} are not knowable`;
  return `From ${from} to ${to}, by what AWS has kept: ${different.length} of ${incidents} incidents are decided otherwise${open}.`;
}

function journalSummaryOf({ fromMs, toMs, decisions, different, undecidable }: JournalDifferences): string {
  const [from, to] = [fromMs, toMs].map((ms) => new Date(ms).toISOString().slice(0, 10));
  const open = undecidable.map(({ why, lines }) => `; ${lines} cannot be decided again: ${why}`).join('');
  const sums = sumsOf(
    ['before', 'after'].map((side) => different.map((one) => one[side as 'before' | 'after'])) as [string[], string[]],
  );
  return `From ${from} to ${to}, by the journal: ${different.length} of ${decisions} decisions are others${sums}${open}.`;
}

/** ": 2 more “swap”, 1 fewer “refused size-ceiling”"; of growths the sizes are in the table. */
function sumsOf([before, after]: readonly [readonly string[], readonly string[]]): string {
  const kinds = [before, after].map((words) => words.map((word) => word.replace(/ to \d+ GiB$/, '')));
  const count = (words: readonly string[] | undefined, kind: string) =>
    words?.filter((one) => one === kind).length ?? 0;
  const told = [...new Set(kinds.flat())].sort().flatMap((kind) => {
    const more = count(kinds[1], kind) - count(kinds[0], kind);
    return more === 0 ? [] : [`${Math.abs(more)} ${more > 0 ? 'more' : 'fewer'} “${kind}”`];
  });
  return told.length === 0 ? '' : `, ${told.join(', ')}`;
}

const asRows = (changes: readonly Change[]): string[][] => changes.map((one) => [...one]);

/** A comment for a pull request. Its texts are codes, rungs and the file’s own words, in code spans. */
function markdownOf({ title, changes, past, journal }: Compared, differences: Differences): string {
  const code = (text: string): string => `\`${plainText(text, 300).replaceAll('`', 'ʼ').replaceAll('|', '¦')}\``;
  const { different, counts } = differences;
  const lines = [`### chainmend diff: ${code(title)}`, ''];
  if (changes?.length === 0) return [...lines, 'No field differs.'].join('\n');
  if (changes)
    lines.push(
      '| field | change |',
      '|---|---|',
      ...changes.map(([field, change]) => `| ${code(field)} | ${code(change)} |`),
      '',
    );
  if (past) {
    lines.push(pastSummaryOf(past), '');
    if (past.different.length > 0)
      lines.push(
        `| ${PAST_HEAD.join(' | ')} |`,
        '|---|---|---|---|---|',
        ...pastRows(past).map((row) => `| ${row.map(code).join(' | ')} |`),
        '',
      );
  }
  if (journal) {
    lines.push(journalSummaryOf(journal), '');
    if (journal.different.length > 0)
      lines.push(
        `| ${PAST_HEAD.join(' | ')} |`,
        '|---|---|---|---|---|',
        ...pastRows(journal).map((row) => `| ${row.map(code).join(' | ')} |`),
        '',
      );
  }
  lines.push(summaryOf(differences), '');
  if (counts.length > 0)
    lines.push(
      '| what | before | after |',
      '|---|---:|---:|',
      ...counts.map(({ act, before, after }) => `| ${code(act)} | ${before} | ${after} |`),
      '',
    );
  for (const { story, lost, gained } of different.slice(0, MAX_LISTED))
    lines.push(
      `- ${code(story)}: ${[...lost.map((act) => `− ${code(act)}`), ...gained.map((act) => `+ ${code(act)}`)].join(', ')}`,
    );
  if (different.length > MAX_LISTED) lines.push(`- and ${different.length - MAX_LISTED} more`);
  return lines.join('\n').trimEnd();
}
