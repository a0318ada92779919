// Refusals and questions of the functions that look after fleets: printed once, with the page that was sent.
import type { JournalLine } from '../../scenarios/report/journal.ts';
import { aboutOf, evidenceOf, isWhole, runOf } from './evidence.ts';
import type { StoryFacts } from './facts.ts';
import type { StoryLine } from './lines.ts';

/** @param own the function's entries */
export function refusedLines(facts: StoryFacts, own: readonly JournalLine[], explain: boolean): StoryLine[] {
  return own
    .filter((entry) => entry.kind === 'refusal' && (explain || !isPauseOfAll(entry)))
    .map((refusal) => {
      const paged = own.some((page) => isPageOf(page, refusal));
      return {
        atMs: refusal.atMs,
        label: 'refused',
        text: `${refusal.code}: ${refusal.sentence}${paged ? '; page sent' : ''}.`,
        about: aboutOf(refusal),
        tone: 'bad',
        ...(explain && { evidence: evidenceOf(facts, [refusal]) }),
      };
    });
}

/** A paused fleet gets no work on its DNS names and peers; the pause itself is already printed. */
const isPauseOfAll = (refusal: JournalLine): boolean => refusal.code === 'paused' && isWhole(refusal);

/** The same words are the same thing for a reader. */
const isPageOf = (page: JournalLine, refusal: JournalLine): boolean =>
  page.kind === 'page' &&
  page.code === refusal.code &&
  page.sentence === refusal.sentence &&
  runOf(page) === runOf(refusal);

/** Plans, questions, and pages whose refusal was printed for an earlier run. */
export function questionLines(facts: StoryFacts, own: readonly JournalLine[], explain: boolean): StoryLine[] {
  const refusals = own.filter(({ kind }) => kind === 'refusal');
  const plans = own.filter(({ kind }) => kind === 'plan');
  const questions = own.filter(({ kind, code }) => kind === 'page' && code === ASKED);
  return own.flatMap((entry): StoryLine[] => {
    const base = {
      atMs: entry.atMs,
      about: aboutOf(entry),
      ...(explain && { evidence: evidenceOf(facts, [entry]) }),
    };
    const { sentence } = entry;
    if (plans.includes(entry))
      return questions.some((question) => asksFor(question, entry))
        ? [{ ...base, label: 'asks a person', text: `${sentence}; page sent` }]
        : [{ ...base, label: 'plan', text: `would ${sentence}. Nothing was touched.` }];
    if (questions.includes(entry))
      return plans.some((plan) => asksFor(entry, plan))
        ? []
        : [{ ...base, label: 'asks a person', text: `${questionOf(entry)}; page sent` }];
    if (entry.kind !== 'page' || refusals.some((refusal) => isPageOf(entry, refusal))) return [];
    return [{ ...base, label: 'page', text: `${entry.code}: ${sentence}`, tone: 'bad' }];
  });
}

const ASKED = 'approval-wanted';
/** Whether a page is about this plan, and not about all plans of a run. */
const asksFor = (question: JournalLine, plan: JournalLine): boolean =>
  runOf(question) === runOf(plan) && question.fields.plan === plan.fields.plan;

/** The plans are already printed: this line only says which of them need an approval. */
const questionOf = ({ fleet, sentence, fields: { plan } }: JournalLine): string =>
  plan === undefined ? sentence : `whether plan ${plan} of ${fleet} may be carried out`;
