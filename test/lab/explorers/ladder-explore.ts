// Every placement of faults in the ladder's stories, up to a number of faults in one story. Each story is played to its end, and the checker looks
// for forbidden states after each act.

import { begin, type Fault, faultsAt, fork, next, type Story, turn } from './ladder.ts';
import { AROUND, type Around, canMeddle } from './ladder-people.ts';
import { LADDER_FULL, type LadderRules } from './ladder-rules.ts';
import type { LadderSetting } from './ladder-setting.ts';

export interface LadderBounds {
  /** Crashes, lost answers, refusals and people in one story. */
  readonly faults: number;
  /** Tries only each n-th place for a fault, and starts with another one in each story. 1: all. */
  readonly everyNth?: number;
  readonly rules?: LadderRules;
  readonly untilFirst?: boolean;
  /** Only these faults. */
  readonly only?: readonly Fault[] | undefined;
}

export interface LadderReport {
  stories: number;
  turns: number;
  /** The ends, by their code. */
  readonly ends: Map<string, number>;
  /** The shortest story of each broken sentence. */
  readonly broken: Map<string, readonly string[]>;
}

export function exploreLadder(settings: Readonly<Record<string, LadderSetting>>, bounds: LadderBounds): LadderReport {
  const report: LadderReport = { stories: 0, turns: 0, ends: new Map(), broken: new Map() };
  const { faults, everyNth = 1, rules = LADDER_FULL, untilFirst = false, only } = bounds;
  let places = 0;
  const done = (): boolean => untilFirst && report.broken.size > 0;
  const goOn = (story: Story, left: number): void => {
    while (story.end === null && !done()) {
      const act = next(story);
      if (left > 0 && (act.do !== 'wait' || story.last !== 'wait'))
        for (const fault of faultsAt(act)) {
          if (isIdle(story, fault) || (only && !only.includes(fault)) || places++ % everyNth !== 0) continue;
          const other = fork(story);
          turn(other, act, fault);
          goOn(other, left - 1);
        }
      turn(story, act, null);
      report.turns++;
      if (story.world.broken.size > 0) break;
    }
    report.stories++;
    if (story.end) {
      const code =
        story.end.as === 'healed' ? 'healed' : story.end.as === 'refused' ? story.end.refusal.refuse : story.end.code;
      report.ends.set(code, (report.ends.get(code) ?? 0) + 1);
    }
    for (const sentence of story.world.broken) {
      const known = report.broken.get(sentence);
      if (!known || known.length > story.words.length) report.broken.set(sentence, story.words);
    }
  };
  for (const [name, setting] of Object.entries(settings)) {
    const story = begin(setting, rules);
    story.words.push(name);
    goOn(story, faults);
    if (done()) break;
  }
  return report;
}

const isIdle = ({ world, memory }: Story, fault: Fault): boolean =>
  (AROUND as readonly Fault[]).includes(fault) && !canMeddle(world, fault as Around, memory);
