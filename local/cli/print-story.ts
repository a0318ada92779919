// Runs a scenario and prints its story: immediately into a file or a pipe, slowly enough to follow on a terminal.
import { setTimeout as sleep } from 'node:timers/promises';
import { ensureSynthesized } from '../../infra/synth.ts';
import { FLEETS, type Run, run } from '../scenarios/run.ts';
import type { Scenario } from '../scenarios/scenario.ts';
import type { RunRequest } from './arguments.ts';
import { gatherFacts } from './story/facts.ts';
import { type Printed, renderSections } from './story/lines.ts';
import { buildStory, summaryOf } from './story/story.ts';
import { nodesTable, recordsTable } from './story/tables.ts';
import { colors, remarkColors } from './terminal.ts';

/** A terminal with a person, or a file. */
export interface Audience {
  readonly say: (line: string) => void;
  readonly isTerminal: boolean;
  /** Columns of the terminal; undefined without a terminal. */
  readonly width: number | undefined;
}

const TOLD_IN_MS = 20_000;
/** The shortest and the longest pause between two lines. */
const PAUSE_MS = { least: 250, most: 2_500 } as const;

export async function printStory(
  request: RunRequest,
  explain: boolean,
  audience: Audience,
): Promise<Pick<Run, 'unmet'>> {
  const { say, isTerminal, width } = audience;
  const { scenario, seed, faults } = request;
  const startedMs = performance.now();
  const besides = faults.length > 0 ? `, with ${faults.join(' and ')}` : '';
  say(`${colors.bold('chainmend')} · local region, seed ${seed}${besides} · nothing leaves this machine`);
  say(scenario.sentence);
  say('');
  await ensurePrepared(scenario);
  const carriedOut = await run(scenario, request);
  const facts = gatherFacts(carriedOut);
  const lines = renderSections(buildStory(facts, { explain }), isTerminal ? width : undefined);
  await pace(lines, isTerminal && !explain ? TOLD_IN_MS - (performance.now() - startedMs) : 0, say);
  say('');
  for (const row of nodesTable(facts)) say(row);
  say('');
  const records = recordsTable(facts);
  for (const row of records) say(row);
  if (records.length > 0) say('');
  say(colors.bold(summaryOf(facts)));
  for (const hint of hints(request, explain)) say(hint);
  return carriedOut;
}

/** @returns 0 if the scenario's own expectations held, 1 if they did not */
export function reportUnmet({ unmet }: Pick<Run, 'unmet'>, complain: (line: string) => void): 0 | 1 {
  for (const sentence of unmet) complain(remarkColors.red(`expected, and it did not hold: ${sentence}`));
  return unmet.length > 0 ? 1 : 0;
}

const SLOW_MS = 400;

/** The first run after a change bundles and synthesizes for some seconds. Without a message it would look like a hang. */
export async function ensurePrepared({
  deployedWith = FLEETS,
  context = {},
}: Pick<Scenario, 'deployedWith' | 'context'>): Promise<void> {
  const { stderr } = process;
  const note = 'preparing: bundling the functions and synthesizing the template …';
  let shown = false;
  const timer = setTimeout(() => {
    shown = true;
    stderr.write(note);
  }, SLOW_MS);
  if (!stderr.isTTY) clearTimeout(timer);
  try {
    await ensureSynthesized({ fleets: deployedWith, context });
  } finally {
    clearTimeout(timer);
    if (shown) stderr.write('\r\x1b[K');
  }
}

/** Shares `forMs` among the gaps between lines. A longer gap in virtual time gives a longer pause, but not in proportion. */
async function pace(lines: readonly Printed[], forMs: number, say: (line: string) => void): Promise<void> {
  const weights = lines.map(({ atMs }, i) => {
    const before = lines.slice(0, i).findLast((line) => line.atMs !== undefined)?.atMs;
    return i === 0 || atMs === undefined || atMs === before
      ? 0
      : 1 + Math.log2(1 + Math.abs(atMs - (before ?? atMs)) / 1_000);
  });
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  for (const [i, { text }] of lines.entries()) {
    const weight = weights[i] ?? 0;
    if (forMs > 0 && weight > 0)
      await sleep(Math.min(PAUSE_MS.most, Math.max(PAUSE_MS.least, (forMs * weight) / total)));
    say(text);
  }
}

function hints({ chosenBy, seed, faults }: RunRequest, explain: boolean): string[] {
  const same = [chosenBy, ...(seed === 1 ? [] : [`--seed ${seed}`]), ...faults.map((name) => `--fault ${name}`)];
  const again = `npm start -- ${same.join(' ')}`;
  return [
    explain ? `As one JSON object:          ${again} --json` : `Step by step with evidence:  ${again} --explain`,
    'Other scenarios:             npm start -- --list',
  ];
}
