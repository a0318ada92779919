// Builds the story of a run: plain lines in the order of time, each with a time, a label and a text. Pure; lines.ts formats them.

import { counted, lasting } from '../format.ts';
import { boostLines } from './boost.ts';
import { dailyLines } from './daily.ts';
import { alarmLines, faultLines, haltLines, outageLines, unfinishedLines, violationLines } from './events.ts';
import type { StoryFacts } from './facts.ts';
import { healLines } from './heals.ts';
import type { Section, StoryLine } from './lines.ts';
import { isNode } from './lines.ts';
import { peopleLines } from './people.ts';
import { namesLines } from './register-nodes.ts';
import { peersLines } from './rotate-peers.ts';
import { healthLines } from './watch-fleet.ts';

/** With `explain`, each line has its evidence, and attempts without a new result are printed one by one. */
export function buildStory(facts: StoryFacts, { explain = false }: { readonly explain?: boolean } = {}): Section[] {
  const lines = [
    ...peopleLines(facts),
    ...outageLines(facts),
    ...haltLines(facts),
    ...alarmLines(facts),
    ...healthLines(facts, explain),
    ...namesLines(facts, explain),
    ...peersLines(facts, explain),
    ...boostLines(facts, explain),
    ...dailyLines(facts, explain),
    ...healLines(facts, explain),
    ...faultLines(facts),
    ...unfinishedLines(facts),
    ...violationLines(facts),
  ].sort((a, b) => a.atMs - b.atMs);
  return sectionsOf(explain ? lines : lines.map(({ evidence: _, ...line }) => line));
}

/** One node: one section. Several nodes: a section for each, after a section for the world or a whole fleet. */
function sectionsOf(lines: readonly StoryLine[]): Section[] {
  const nodes = [...new Set(lines.flatMap(({ about }) => about ?? []).filter(isNode))];
  if (nodes.length <= 1) return lines.length > 0 ? [titled(lines)] : [];
  const everything = lines.filter(({ about }) => about === undefined || !isNode(about));
  return [
    ...(everything.length > 0 ? [{ lines: everything }] : []),
    ...nodes.map((about) => titled(lines.filter((line) => line.about === about))),
  ];
}

/** A node is named once: by its first line, or by a heading if the first line is about something else. */
function titled(lines: readonly StoryLine[]): Section {
  const first = lines.find(({ about }) => about !== undefined && isNode(about));
  return {
    ...(first?.about !== undefined && first.tone !== 'node' && { heading: first.about }),
    lines: lines.map((line) => (line.tone === 'node' && line !== first ? { ...line, label: 'disk' } : line)),
  };
}

/** "1 healed · 0 refused · 0 paged · 0 invariants broken · outage 0 s · 17 API calls" */
export function summaryOf({ report }: Pick<StoryFacts, 'report'>): string {
  const { heals, nodeOutageSeconds, plans, refusals, pages, violations } = report;
  const ended = (outcome: string): number => heals.filter((heal) => heal.outcome === outcome).length;
  const calls = heals.reduce((total, { apiCalls }) => total + apiCalls, 0);
  const seldom = (['restored', 'escalated', 'unfinished'] as const)
    .map((outcome) => [ended(outcome), outcome] as const)
    .filter(([count]) => count > 0)
    .map(([count, outcome]) => `${count} ${outcome === 'restored' ? 'rolled back' : outcome}`);
  return [
    `${ended('healed')} healed`,
    ...seldom,
    ...(plans.length > 0 ? [`${plans.length} planned`] : []),
    `${refusals.length} refused`,
    `${pages.length} paged`,
    counted(violations.length, 'invariant broken', 'invariants broken'),
    // Only heals have these numbers: without a heal nothing was counted.
    ...(heals.length > 0 ? [`outage ${lasting(nodeOutageSeconds * 1_000)}`, `${calls} API calls`] : []),
  ].join(' · ');
}
