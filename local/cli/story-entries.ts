// What the stories of the functions that look after fleets have in common: whom an entry is about, which run wrote it, on what grounds.
import type { JournalLine } from '../scenarios/report/journal.ts';
import { askedEvidence, isState, paragraphs, parsed } from './evidence.ts';
import type { StoryFacts } from './facts.ts';
import { entryKey } from './function-facts.ts';
import type { About } from './subject.ts';

/** An entry about a fleet as a whole names none of its instances. */
export const isWhole = ({ instanceId }: Pick<JournalLine, 'instanceId'>): boolean => !instanceId.startsWith('i-');

export const aboutOf = (line: JournalLine): About => (isWhole(line) ? line.fleet : `${line.fleet}/${line.node}`);

/** The invocation that wrote an entry: by its writer, or by the beginning of the place where that is the same for all. */
export const runOf = ({ fleet, heal, writer, place }: JournalLine): string =>
  writer === heal ? `${fleet} ${heal} ${place.replace(/-[^-]*$/, '')}` : `${fleet} ${writer}`;

/** What was read and sent, and what AWS was asked between the entry before the first of these and the last of them. */
export function evidenceOf({ runs }: StoryFacts, entries: readonly JournalLine[]): string[] {
  const [first, last] = [entries[0], entries.at(-1)];
  const run = last && runs.find(({ wrote }) => wrote.has(entryKey(last)));
  if (!first || !last || !run) return entries.flatMap(said);
  const places = [...run.wrote.values()];
  const from = places[[...run.wrote.keys()].indexOf(entryKey(first)) - 1] ?? -1;
  const asked = run.requests.slice(from + 1, run.wrote.get(entryKey(last))).filter((request) => !isState(request));
  return [...entries.flatMap(said), ...askedEvidence(asked)];
}

/** Without what was not known: nulls tell nothing. */
function said(line: JournalLine): string[] {
  const known = withoutNulls(parsed<unknown>(line) ?? {});
  return paragraphs(known).filter((text) => text !== '');
}

function withoutNulls(value: unknown): unknown {
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return value.map(withoutNulls);
  const known = Object.entries(value).filter(([, inner]) => inner !== null);
  return Object.fromEntries(known.map(([key, inner]) => [key, withoutNulls(inner)]));
}
