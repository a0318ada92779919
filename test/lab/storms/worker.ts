// A process that plays storms: it gets one seed at a time, and answers with how its storm ended, or how policies were scored in it.

import { type Contender, playPolicy, type Scored } from '../policies/play.ts';
import { stormOf } from './draw-storm.ts';
import { GENERATORS, type GeneratorName } from './generators.ts';
import { type Ending, type PlayOptions, playStorm } from './play.ts';

interface How {
  readonly hours: number;
  readonly generator: GeneratorName;
}

/** Chainmend, before all of its judges. */
export interface JudgeTask extends How {
  readonly do: 'judge';
  readonly sweeps: NonNullable<PlayOptions['sweeps']>;
  /** These types alone, one after the other, a seed each. */
  readonly only?: readonly string[];
  readonly first?: readonly string[];
}

/** Each of these, one after the other, in the same storm. */
export interface CompareTask extends How {
  readonly do: 'compare';
  readonly contenders: readonly Contender[];
}

export type Task = JudgeTask | CompareTask;

export interface Order {
  readonly seed: number;
  readonly task: Task;
}

interface Results {
  readonly judge: Ending;
  readonly compare: readonly Scored[];
}

export interface Played<Asked extends Task> {
  readonly seed: number;
  readonly result: Results[Asked['do']];
  readonly cpuSeconds: number;
}

process.env['TZ'] = 'UTC';
// Nobody waits for the storm any more.
process.on('disconnect', () => process.exit());
process.on('message', ({ seed, task }: Order) => {
  const before = process.cpuUsage();
  carryOut(seed, task).then(
    (result) => {
      const { user, system } = process.cpuUsage(before);
      process.send?.({ seed, result, cpuSeconds: (user + system) / 1e6 } satisfies Played<Task>);
    },
    (error: unknown) => {
      console.error(error);
      process.exit(1);
    },
  );
});

async function carryOut(seed: number, task: Task): Promise<Results[Task['do']]> {
  const drawer = GENERATORS[task.generator];
  const storm = stormOf(seed, task);
  if (task.do === 'judge') return playStorm(storm, drawer, { sweeps: task.sweeps });
  const scored: Scored[] = [];
  for (const contender of task.contenders) scored.push(await playPolicy(storm, drawer, contender));
  return scored;
}
