// The explorers of whole upgrades, of drills and of a stop's timer for `npm run explore`: their worlds, and the rules that are switched off.
import { check, type Model, type Report } from './check.ts';
import { DRILL_FULL, DRILL_NEVER, DRILL_RULES, drillModel } from './drill.ts';
import { HEIGHT_NEVER, HEIGHT_RULES, HEIGHT_SETTINGS, heightModel } from './height.ts';
import { rolloutModel } from './rollout.ts';
import { ROLLOUT_NEVER } from './rollout-never.ts';
import { ROLLOUT_RULES, ROLLOUT_SETTINGS } from './rollout-settings.ts';
import { TIMER_FULL, TIMER_NEVER, TIMER_RULES, timerModel } from './timer.ts';

interface SmallWorld {
  readonly sentence: string;
  /** By the name of what is explored. */
  explore(faults: number | undefined): ReadonlyMap<string, Report>;
  readonly never: Readonly<Record<string, string>>;
}

interface SmallRule {
  readonly sentence: string;
  readonly naive: string;
  readonly world: string;
  without(): Report;
}

const MAX_STATES = 3_000_000;
const explored = <S>(model: Model<S>): Report => check(model, { maxStates: MAX_STATES });
const untilFirst = <S>(model: Model<S>): Report => check(model, { maxStates: MAX_STATES, untilFirst: true });

export const SMALL_WORLDS: Readonly<Record<string, SmallWorld>> = {
  rollout: {
    sentence: 'an upgrade of a whole fleet: its order, its turn, and what fails and dies meanwhile',
    never: ROLLOUT_NEVER,
    explore: (faults) =>
      new Map(
        Object.entries(ROLLOUT_SETTINGS).map(([name, setting]) => [
          name,
          explored(rolloutModel({ ...setting, faults: faults ?? setting.faults + 1 })),
        ]),
      ),
  },
  height: {
    sentence: 'an upgrade at a height: all go over where their chain stops, and it goes on with others, or never',
    never: HEIGHT_NEVER,
    explore: (faults) =>
      new Map(
        Object.entries(HEIGHT_SETTINGS).map(([name, setting]) => [
          name,
          explored(heightModel({ ...setting, faults: faults ?? setting.faults + 1 })),
        ]),
      ),
  },
  drills: {
    sentence: 'drills one after the other: what is launched, written down and removed',
    never: DRILL_NEVER,
    explore: (faults = 3) => new Map([[`${faults} faults`, explored(drillModel(DRILL_FULL, faults))]]),
  },
  timer: {
    sentence: 'the timer that a stop leaves on its node, whoever comes between',
    never: TIMER_NEVER,
    explore: (faults = 3) => new Map([[`${faults} faults`, explored(timerModel(TIMER_FULL, faults))]]),
  },
};

export const SMALL_RULES: Readonly<Record<string, SmallRule>> = {
  ...Object.fromEntries(
    Object.entries(ROLLOUT_RULES).map(([name, { sentence, naive, setting, without }]): [string, SmallRule] => [
      name,
      {
        sentence,
        naive,
        world: 'rollout',
        without: () => untilFirst(rolloutModel(ROLLOUT_SETTINGS[setting], without)),
      },
    ]),
  ),
  ...Object.fromEntries(
    Object.entries(HEIGHT_RULES).map(([name, { sentence, naive, setting, without }]): [string, SmallRule] => [
      name,
      { sentence, naive, world: 'height', without: () => untilFirst(heightModel(HEIGHT_SETTINGS[setting], without)) },
    ]),
  ),
  ...Object.fromEntries(
    Object.entries(DRILL_RULES).map(([name, { sentence, naive, without }]): [string, SmallRule] => [
      name,
      { sentence, naive, world: 'drills', without: () => untilFirst(drillModel(without)) },
    ]),
  ),
  ...Object.fromEntries(
    Object.entries(TIMER_RULES).map(([name, { sentence, naive, without }]): [string, SmallRule] => [
      name,
      { sentence, naive, world: 'timer', without: () => untilFirst(timerModel(without)) },
    ]),
  ),
};
