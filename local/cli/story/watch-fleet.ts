// Observations of watch-fleet, as lines of the story: each change of a node's health, and troubles of a fleet as a whole.
import type { Health } from '../../../shared/fleet/observation.ts';
import type { JournalLine } from '../../scenarios/report/journal.ts';
import { lasting } from '../format.ts';
import { aboutOf, evidenceOf, isWhole } from './evidence.ts';
import type { StoryFacts } from './facts.ts';
import type { StoryLine, Tone } from './lines.ts';

const HEAL = 'watch-fleet';
/** The health value of a healthy node, as watch-fleet names it (shared/fleet/observation.ts). */
const WELL: Health = 'synced';
const UNKNOWN: Health = 'unknown';
const BAD: ReadonlySet<string> = new Set<Health>(['forked', 'stuck', 'unreachable']);

/** With `explain`, the evidence of each line is printed under it. */
export function healthLines(facts: StoryFacts, explain: boolean): StoryLine[] {
  const entries = facts.journal.filter(({ heal }) => heal === HEAL);
  const changes = entries.filter(({ kind }) => kind === 'decision');
  const pages = entries.filter(({ kind }) => kind === 'page');
  const belongs = new Map(pages.map((page) => [page, changeOf(page, changes)]));
  const line = (entry: JournalLine, told: Pick<StoryLine, 'label' | 'text' | 'tone'>, more: JournalLine[]) => ({
    ...told,
    atMs: entry.atMs,
    about: aboutOf(entry),
    ...(explain && { evidence: evidenceOf(facts, [entry, ...more]) }),
  });
  return [
    ...mergeEntries(changes).map(({ entry, text, whole }) => {
      const own = pages.filter((page) => belongs.get(page) === entry);
      const tone = toneOf(entry);
      const said = [text, ...own.map((page, at) => pagedAfter(entry, page, at > 0))].join('; ');
      return {
        ...line(entry, { label: 'health', text: said, ...(tone && { tone }) }, []),
        ...(whole && { about: entry.fleet }),
      };
    }),
    ...pages
      .filter((page) => belongs.get(page) === undefined)
      .map((page) => line(page, { label: labelOf(page), text: pageText(page), tone: 'bad' }, [])),
  ];
}

interface MergedEntry {
  readonly entry: JournalLine;
  readonly text: string;
  /** The entry is about several nodes. */
  readonly whole: boolean;
}

/** Up to this many nodes are printed one by one. */
const NODES_TOLD = 2;
const NAMED = 5;

/**
 * If AWS or the node cannot be asked, or answers again, that says nothing about the nodes themselves. All such entries of one sweep become one line.
 */
function mergeEntries(changes: readonly JournalLine[]): MergedEntry[] {
  const alike = new Map<string, JournalLine[]>();
  for (const change of changes) {
    const { from, to } = change.fields;
    const isOurs = from !== null && (from === UNKNOWN || to === UNKNOWN);
    // If nodes are healthy again, their exact height does not matter.
    const words = to === WELL ? `${from} → ${to}` : change.sentence;
    const key =
      isOurs && !isWhole(change) ? `${change.fleet} ${change.atMs} ${words}` : change.place + changes.indexOf(change);
    alike.set(key, [...(alike.get(key) ?? []), change]);
  }
  return [...alike.values()].flatMap((group) => {
    const [first] = group;
    if (!first || group.length <= NODES_TOLD)
      return group.map((entry): MergedEntry => ({ entry, text: entry.sentence, whole: false }));
    const names = group.map(({ node }) => node).sort();
    const more = names.length > NAMED ? ` and ${names.length - NAMED} more` : '';
    return [{ entry: first, text: `${names.slice(0, NAMED).join(', ')}${more}: ${first.sentence}`, whole: true }];
  });
}

/** The line of a page: the node's health at the time of sending. A fleet's own troubles have none. */
const changeOf = (page: JournalLine, changes: readonly JournalLine[]): JournalLine | undefined =>
  isWhole(page)
    ? undefined
    : changes.findLast(({ atMs, instanceId }) => instanceId === page.instanceId && atMs <= page.atMs);

const labelOf = (page: JournalLine): string => (isWhole(page) ? page.fleet : 'health');

const pageText = ({ code, sentence }: JournalLine): string => `${code}: ${sentence}; page sent`;

/** A trouble is paged when it is seen twice. A page about a trouble other than its line's names it. */
function pagedAfter(change: JournalLine, page: JournalLine, isAnother: boolean): string {
  const laterMs = page.atMs - change.atMs;
  return `page sent${laterMs > 0 ? ` ${lasting(laterMs)} later` : ''}${isAnother ? ` for ${page.code}` : ''}`;
}

function toneOf({ fields: { to } }: JournalLine): Tone | undefined {
  if (to !== undefined && BAD.has(to)) return 'bad';
  return to === WELL ? 'good' : undefined;
}
