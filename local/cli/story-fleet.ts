// What watch-fleet has seen, as lines of the story: each change of a node's health, and what is wrong with a fleet as a whole.
import type { JournalLine } from '../run/journal.ts';
import type { StoryFacts } from './facts.ts';
import { aboutOf, evidenceOf, isWhole } from './story-entries.ts';
import type { StoryLine, Tone } from './story-line.ts';
import { namesLines } from './story-names.ts';
import { peersLines } from './story-peers.ts';
import { lasting } from './words.ts';

/** Everything that the functions say which look after fleets. With `explain`, what each line rests on is said under it. */
export function fleetLines(facts: StoryFacts, explain: boolean): StoryLine[] {
  return [...healthLines(facts, explain), ...namesLines(facts, explain), ...peersLines(facts, explain)];
}

const HEAL = 'watch-fleet';

function healthLines(facts: StoryFacts, explain: boolean): StoryLine[] {
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
    ...changes.map((change) => {
      const own = pages.filter((page) => belongs.get(page) === change);
      const tone = toneOf(change);
      const text = [change.sentence, ...own.map((page, at) => pagedAfter(change, page, at > 0))].join('; ');
      return line(change, { label: 'health', text, ...(tone && { tone }) }, []);
    }),
    ...pages
      .filter((page) => belongs.get(page) === undefined)
      .map((page) => line(page, { label: labelOf(page), text: pageText(page), tone: 'bad' }, [])),
  ];
}

/** The line that a page belongs to: how the node fared when it was sent. A fleet's own troubles have none. */
const changeOf = (page: JournalLine, changes: readonly JournalLine[]): JournalLine | undefined =>
  isWhole(page)
    ? undefined
    : changes.findLast(({ atMs, instanceId }) => instanceId === page.instanceId && atMs <= page.atMs);

const labelOf = (page: JournalLine): string => (isWhole(page) ? page.fleet : 'health');

const pageText = ({ code, sentence }: JournalLine): string => `${code}: ${sentence}; page sent`;

/** A trouble is paged when it is seen twice; one that is told beside another is named. */
function pagedAfter(change: JournalLine, page: JournalLine, isAnother: boolean): string {
  const laterMs = page.atMs - change.atMs;
  return `page sent${laterMs > 0 ? ` ${lasting(laterMs)} later` : ''}${isAnother ? ` for ${page.code}` : ''}`;
}

const BAD = /→ (forked|stuck|unreachable): /;
const WELL = /→ synced: /;

function toneOf({ sentence }: JournalLine): Tone | undefined {
  if (BAD.test(sentence)) return 'bad';
  return WELL.test(sentence) ? 'good' : undefined;
}
