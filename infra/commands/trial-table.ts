// What drills have shown of the owner's commands, as a table of 80 columns: for `status` and `doctor`.
import type { TrialReport } from '../../shared/heal/trials.ts';
import { wrapped } from './columns.ts';
import { tableOf } from './fleets/context.ts';
import { durationText } from './heal/show.ts';

/** Together with two gaps of two blanks: 80 columns. */
const COMMAND_WIDTH = 24;
const WOULD_WIDTH = 34;

/** Empty where the fleet file has no command of its owner. */
export const trialTable = (trials: readonly TrialReport[]): readonly string[] =>
  trials.length === 0
    ? []
    : tableOf(
        ['own command', 'on a copy', 'would it be used'],
        trials.map((trial) => [
          [trial.of, endOf(trial.command)],
          triedLines(trial),
          wrapped(`${trial.isUsed ? 'yes' : 'no'}${trial.why === null ? '' : `: ${trial.why}`}`, WOULD_WIDTH),
        ]),
      ).split('\n');

/** Of a long path its end says more. */
const endOf = (command: string): string =>
  command.length > COMMAND_WIDTH ? `…${command.slice(1 - COMMAND_WIDTH)}` : command;

function triedLines({ tried, why, isUsed }: TrialReport): readonly string[] {
  if (tried === null) return [isUsed && why !== null ? 'not asked for' : 'not tried yet'];
  const { is, ageSeconds, minutes, freedGiB } = tried;
  const freed = freedGiB == null ? 'freed: not known' : `freed ${freedGiB} GiB`;
  return [
    is === 'verified' ? 'came through' : 'did not',
    `${durationText(ageSeconds)} ago`,
    ...(is === 'verified' ? [`in ${minutes} min`] : []),
    ...(is === 'verified' && freedGiB !== undefined ? [freed] : []),
  ];
}
