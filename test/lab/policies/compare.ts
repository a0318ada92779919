// `npm run storm -- --compare`: the same storms with each policy, a table, and a picture.
import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { playAll } from '../storms/crew.ts';
import type { CompareTask } from '../storms/worker.ts';
import { BUILT_IN_NAMES, OURS, OURS_ACTING, sayingOf, THEIRS } from './index.ts';
import { pictureOf } from './picture.ts';
import type { Contender, Scored } from './play.ts';
import { tableLines, totals } from './table.ts';
import { wordsOf } from './words.ts';

/** Nobody, the built-in ones, a person's own program if there is one, and chainmend, twice. Undefined: the command is none. */
export function contendersOf(command: string | undefined): readonly Contender[] | undefined {
  const words = command === undefined ? undefined : wordsOf(command);
  if (command !== undefined && words === undefined) return undefined;
  return [
    ...BUILT_IN_NAMES.map((name) => ({ name })),
    ...(words ? [{ name: THEIRS, command: words } as const] : []),
    { name: OURS },
    { name: OURS_ACTING },
  ];
}

interface Means {
  readonly jobs: number;
  /** Where the picture goes. */
  readonly out: string | undefined;
  readonly say: (line: string) => void;
}

/** @returns the exit status: 1 where a storm was not played to its end by all of them */
export async function compare(seeds: readonly number[], task: CompareTask, { jobs, out, say }: Means): Promise<0 | 1> {
  const played = new Map<number, readonly Scored[]>();
  let faults = 0;
  await playAll(seeds, task, jobs, ({ seed, result }) => {
    played.set(seed, result);
    for (const { policy, fault } of result) {
      if (fault === undefined) continue;
      faults++;
      say(`storm ${seed}  ${policy}: ${fault}`);
    }
    return 'more';
  });
  // In the order of seeds, whatever process was faster.
  const storms = seeds.flatMap((seed) => {
    const scored = played.get(seed);
    return scored ? [scored] : [];
  });
  const all = totals(storms);
  const what = `${storms.length} storm${storms.length === 1 ? '' : 's'} of ${task.hours} h, generator ${task.generator}`;
  say('');
  say(what);
  for (const line of tableLines(all)) say(line);
  say('');
  for (const { name } of task.contenders) say(`${name.padEnd(16)} ${sayingOf(name)}`);
  if (out !== undefined) {
    writeFileSync(resolve(out), pictureOf(all, what));
    say(`picture: ${out}`);
  }
  return faults === 0 ? 0 : 1;
}
