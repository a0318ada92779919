// Refusals of the functions that look after fleets, and what they ask people: told once, with the page that went with it.
import type { JournalLine } from '../run/journal.ts';
import type { StoryFacts } from './facts.ts';
import { aboutOf, evidenceOf, runOf } from './story-entries.ts';
import type { StoryLine } from './story-line.ts';

/** @param own the function's entries */
export function refusedLine(
  facts: StoryFacts,
  own: readonly JournalLine[],
  refusal: JournalLine,
  explain: boolean,
): StoryLine {
  const paged = own.some((page) => isPageOf(page, refusal));
  return {
    atMs: refusal.atMs,
    label: 'refused',
    text: `${refusal.code}: ${refusal.sentence}${paged ? '; page sent' : ''}.`,
    about: aboutOf(refusal),
    tone: 'bad',
    ...(explain && { evidence: evidenceOf(facts, [refusal]) }),
  };
}

const isPageOf = (page: JournalLine, { code, sentence, ...refusal }: JournalLine): boolean =>
  page.kind === 'page' &&
  page.code === code &&
  page.sentence === sentence &&
  runOf(page) === runOf({ code, sentence, ...refusal });

const ASKED = 'approval-wanted';

/** Plans, questions, and pages whose refusal was told in an earlier run. */
export function questionLines(facts: StoryFacts, own: readonly JournalLine[], explain: boolean): StoryLine[] {
  const refusals = own.filter(({ kind }) => kind === 'refusal');
  return own.flatMap((entry): StoryLine[] => {
    const base = {
      atMs: entry.atMs,
      about: aboutOf(entry),
      ...(explain && { evidence: evidenceOf(facts, [entry]) }),
    };
    if (entry.kind === 'plan')
      return [{ ...base, label: 'plan', text: `would ${entry.sentence}. Nothing was touched.` }];
    if (entry.kind !== 'page') return [];
    if (entry.code === ASKED) return [{ ...base, label: 'asks a person', text: `${questionOf(entry)}; page sent` }];
    if (refusals.some((refusal) => isPageOf(entry, refusal))) return [];
    return [{ ...base, label: 'page', text: `${entry.code}: ${entry.sentence}`, tone: 'bad' }];
  });
}

/** The plans were told: here it is enough to know which of them is asked for. */
const questionOf = ({ fleet, sentence }: JournalLine): string => {
  const plan = /\bplan ([0-9a-f]{8,})\b/.exec(sentence)?.[1];
  return plan === undefined ? sentence : `whether plan ${plan} of ${fleet} may be carried out`;
};
