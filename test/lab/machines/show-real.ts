// Prints the stories of real machines on this host as they happen, and which expectations held.

import { UsageError } from '../../../local/cli/arguments.ts';
import { counted, lasting } from '../../../local/cli/format.ts';
import type { Audience } from '../../../local/cli/print-story.ts';
import type { StoryLine } from '../../../local/cli/story/lines.ts';
import { renderLine } from '../../../local/cli/story/lines.ts';
import { colors, remarkColors, tableLines } from '../../../local/cli/terminal.ts';
import { prepareHost } from './host/readiness.ts';
import { memoryEachMiB, type Played, play } from './play.ts';
import type { RunEvent } from './run-events.ts';
import { STORIES } from './stories/index.ts';
import { type Group, planStories, type StoryEntry, softwareFor } from './stories/plan.ts';
import type { Reasoned, Tally } from './tally.ts';

const LIMIT_SECONDS = 20 * 60;
/** Lines come one by one, so the longest label is not known yet. */
const LABEL_WIDTH = 16;

/** All stories of a group, or the one story that was named. */
export interface RealRequest {
  readonly group: Group;
  readonly stories: readonly StoryEntry[];
  readonly isOnlyOne: boolean;
}

/** The group if none is named: its network needs no Go. */
const GROUP = 'litecoin';

/** @throws UsageError unless there are no words, or one known story is named */
export function requestOf(words: readonly string[]): RealRequest {
  const [flag, name, ...more] = words;
  if (flag === undefined)
    return { group: GROUP, stories: STORIES.filter(({ group }) => group === GROUP), isOnlyOne: false };
  const story = STORIES.find((candidate) => candidate.name === name);
  if (flag === '--story' && story !== undefined && more.length === 0)
    return { group: story.group, stories: [story], isOnlyOne: true };
  const names = STORIES.map((candidate) => candidate.name).join(', ');
  throw new UsageError(`--story: expected a known name, found "${name ?? flag}"; there are ${names}`);
}

/** @returns the exit status: 1 if machines cannot be started, or if an expectation did not hold */
export async function showReal(
  request: RealRequest,
  audience: Audience,
  remark: (line: string) => void,
): Promise<0 | 1> {
  const { group, stories, isOnlyOne } = request;
  const { say, isTerminal, width } = audience;
  say(`${colors.bold('chainmend')} · real machines on this host, which end with this command`);
  const ready = await prepareHost((sentence) => remark(remarkColors.dim(sentence)), softwareFor(stories));
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
