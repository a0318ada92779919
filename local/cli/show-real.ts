// `npm start -- --real`: prints the stories of real machines on this host as they happen, and which expectations held.

import { prepareHost } from '../machines/host/readiness.ts';
import { memoryEachMiB, type Played, play } from '../machines/play.ts';
import type { RunEvent } from '../machines/run-events.ts';
import { planStories, type StoryEntry } from '../machines/stories/plan.ts';
import type { Reasoned, Tally } from '../machines/tally.ts';
import type { RealRequest } from './arguments.ts';
import { counted, lasting } from './format.ts';
import type { Audience } from './print-story.ts';
import type { StoryLine } from './story/lines.ts';
import { renderLine } from './story/lines.ts';
import { colors, remarkColors, tableLines } from './terminal.ts';

const LIMIT_SECONDS = 20 * 60;
/** Lines come one by one, so the longest label is not known yet. */
const LABEL_WIDTH = 16;

/** @returns the exit status: 1 if machines cannot be started, or if an expectation did not hold */
export async function showReal(
  request: RealRequest,
  audience: Audience,
  remark: (line: string) => void,
): Promise<0 | 1> {
  const { group, stories, isOnlyOne } = request;
  const { say, isTerminal, width } = audience;
  say(`${colors.bold('chainmend')} · real machines on this host, which end with this command`);
  const ready = await prepareHost((sentence) => remark(remarkColors.dim(sentence)));
  if (!ready.ready) {
    remark(remarkColors.red(`real machines cannot be had here; ${ready.why}`));
    return 1;
  }
  const { played, skipped } = planStories(stories, ready);
  const [only] = isOnlyOne ? stories : [];
  if (only !== undefined) say(only.sentence);
  if (ready.whyPlain !== undefined) say(`The machines are plain namespaces: ${ready.whyPlain}`);
  for (const { story, why } of skipped) remark(remarkColors.red(`${story.name} is skipped: it ${why}`));
  if (played.length === 0) {
    remark(remarkColors.red('there is no story that can be played here'));
    return 1;
  }
  const beganMs = performance.now();
  const shown = await play(ready, {
    ...{ group, played, isOnlyOne, limitSeconds: LIMIT_SECONDS, memoryMiB: memoryEachMiB(1) },
    onEvent: (told) => {
      for (const line of linesOf(told, performance.now() - beganMs))
        for (const text of renderLine(line, LABEL_WIDTH, isTerminal ? width : undefined)) say(text);
    },
  });
  say('');
  for (const row of endTable(shown.tally, played)) say(row);
  say('');
  say(colors.bold(summaryOf(shown.tally, performance.now() - beganMs)));
  return printProblem(shown, remark);
}

/** A story's line has its own moment; a verdict has the moment at which it is printed. */
export function linesOf(told: RunEvent, nowMs: number): StoryLine[] {
  switch (told.event) {
    case 'story':
      return [{ atMs: nowMs, label: told.name, text: told.sentence, tone: 'node' }];
    case 'told':
      return [{ atMs: Math.max(0, told.atSeconds * 1_000), label: told.subject, text: told.text }];
    case 'held':
      return [{ atMs: nowMs, label: 'holds', text: told.sentence, tone: 'good' }];
    case 'broken':
      return [{ atMs: nowMs, label: 'broken', text: told.sentence, tone: 'bad', evidence: [told.why] }];
    case 'skipped':
      return [{ atMs: nowMs, label: 'skipped', text: `${told.sentence} ${told.why}`, tone: 'quiet' }];
    // The table shows both.
    case 'script':
    case 'ended':
      return [];
  }
}

function endTable({ held, broken, skipped, seconds }: Tally, played: readonly StoryEntry[]): string[] {
  const columns = [
    { head: 'story' },
    ...(['held', 'broken', 'skipped', 'seconds'] as const).map((head) => ({ head, align: 'right' as const })),
  ];
  const rows = played.map(({ name }) => {
    const count = (of: readonly { readonly story: string }[]): string =>
      String(of.filter(({ story }) => story === name).length);
    return [name, count(held), count(broken), count(skipped), seconds[name]?.toFixed(1) ?? 'did not end'];
  });
  return tableLines(columns, rows);
}

const summaryOf = ({ held, broken, skipped, scripts }: Tally, ms: number): string =>
  [
    `${held.length} held`,
    `${broken.length} broken`,
    `${skipped.length} skipped`,
    `${counted(scripts.length, 'script')} of the suite executed`,
    lasting(ms),
  ].join(' · ');

function printProblem({ tally, ended }: Played, remark: (line: string) => void): 0 | 1 {
  const { broken } = tally;
  const sentenceOf = ({ story, sentence, why }: Reasoned): string => `${story}: it did not hold: ${sentence} ${why}`;
  for (const one of broken) remark(remarkColors.red(sentenceOf(one)));
  if (broken.length > 0 && ended.remarks.trim() !== '') remark(ended.remarks.trimEnd());
  return broken.length > 0 ? 1 : 0;
}
