// The facts of a story in which nothing happens, and more of them.
import type { StoryFacts } from '../../../local/cli/story/facts.ts';
import type { Report } from '../../../local/scenarios/report/report.ts';

export const EMPTY_REPORT: Report = {
  scenario: 'made-up',
  seed: 1,
  lane: 'sweep',
  virtualSeconds: 0,
  traceHash: '',
  plans: [],
  refusals: [],
  snapshots: [],
  fencedCommands: 0,
  heals: [],
  pages: [],
  violations: [],
  nodes: [],
  dns: [],
};

export const storyFacts = (more: Partial<StoryFacts>): StoryFacts => ({
  report: EMPTY_REPORT,
  journal: [],
  before: [],
  runs: [],
  alarms: [],
  heals: [],
  people: [],
  dispatcher: [],
  outages: [],
  halts: [],
  unmet: [],
  ...more,
});
