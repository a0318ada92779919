// The end of a boost, as lines of the story: what a volume is taken back to, what came of it, and what it waits for.
import type { JournalLine } from '../../scenarios/report/journal.ts';
import { aboutOf, evidenceOf } from './evidence.ts';
import type { StoryFacts } from './facts.ts';
import type { StoryLine } from './lines.ts';
import { questionLines, refusedLines } from './refusals.ts';

export const isOfBoost = ({ heal, incidentId }: Pick<JournalLine, 'heal' | 'incidentId'>): boolean =>
  heal === 'seed-groups' && incidentId === 'boost';

export function boostLines(facts: StoryFacts, explain: boolean): StoryLine[] {
  const own = facts.journal.filter(isOfBoost);
  return [
    ...own.flatMap((entry): StoryLine[] => {
      const base = {
        atMs: entry.atMs,
        about: aboutOf(entry),
        ...(explain && { evidence: evidenceOf(facts, [entry]) }),
      };
      switch (entry.kind) {
        case 'intent':
          return [{ ...base, label: 'boost', text: `taken back: ${entry.sentence}` }];
        case 'result':
          return [{ ...base, label: entry.operation, text: entry.sentence }];
        case 'proof':
          return [{ ...base, label: 'proved', text: entry.sentence, tone: 'good' }];
        default:
          return [];
      }
    }),
    ...refusedLines(facts, own, explain),
    ...questionLines(facts, own, explain),
  ];
}
