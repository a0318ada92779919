// The looks of each day, as lines of the story: whether heals would work (check-readiness), and what releases are out (watch-releases).
import { aboutOf, evidenceOf } from './evidence.ts';
import { DAILY, type StoryFacts } from './facts.ts';
import type { StoryLine } from './lines.ts';

export function dailyLines(facts: StoryFacts, explain: boolean): StoryLine[] {
  return facts.journal
    .filter(({ heal }) => DAILY.some((name) => name === heal))
    .map((entry) => ({
      atMs: entry.atMs,
      about: aboutOf(entry),
      ...(entry.kind === 'page'
        ? { label: 'page', text: `${entry.code}: ${entry.sentence}`, tone: 'bad' as const }
        : { label: 'daily look', text: entry.sentence }),
      ...(explain && { evidence: evidenceOf(facts, [entry]) }),
    }));
}
