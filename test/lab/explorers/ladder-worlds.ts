// The worlds of the ladder for npm run explore: their bounds, and the rules to break.
import { exploreLadder, type LadderReport } from './ladder-explore.ts';
import { NEVER } from './ladder-never.ts';
import { LADDER_RULES, type LadderRule, type LadderWorldName } from './ladder-rules.ts';
import {
  BESIDE_SETTINGS,
  type LadderSetting,
  SHRINK_SETTINGS,
  SWAP_SETTINGS,
  UPGRADE_SETTINGS,
  VALIDATOR_SETTINGS,
} from './ladder-setting.ts';

export interface LadderWorldKind {
  readonly sentence: string;
  readonly settings: Readonly<Record<string, LadderSetting>>;
  /** Faults in one story, at the bound of `npm run explore`. */
  readonly large: number;
  /** In so many parts of some minutes it is played at that bound. */
  readonly parts: number;
}

/** The K-th of N parts of a world: each N-th of its nodes. */
export interface Part {
  readonly at: number;
  readonly of: number;
}

export const WHOLE: Part = { at: 1, of: 1 };

export const LADDER_WORLDS: Readonly<Record<LadderWorldName, LadderWorldKind>> = {
  swap: {
    sentence: 'a follower that is restarted, given other data or another instance',
    settings: SWAP_SETTINGS,
    large: 2,
    parts: 8,
  },
  validator: {
    sentence: 'a validator: one key, and a signing state that must never go back',
    settings: VALIDATOR_SETTINGS,
    large: 2,
    parts: 1,
  },
  upgrade: {
    sentence:
      'a well follower gets another version of its client, and that of before with its data where it does not help',
    settings: UPGRADE_SETTINGS,
    large: 2,
    parts: 1,
  },
  shrink: {
    sentence: 'a well follower gets a smaller volume, which is filled beside it first',
    settings: SHRINK_SETTINGS,
    large: 2,
    parts: 1,
  },
  beside: {
    sentence: 'a well follower gets another version on another instance, which proves itself beside it first',
    settings: BESIDE_SETTINGS,
    large: 2,
    parts: 2,
  },
};

export const exploreWorldOfLadder = (
  name: LadderWorldName,
  faults: number,
  { everyNth = 1, part = WHOLE }: { readonly everyNth?: number; readonly part?: Part } = {},
): LadderReport => exploreLadder(settingsOf(name, part), { faults, everyNth });

export const settingsOf = (name: LadderWorldName, { at, of }: Part): Readonly<Record<string, LadderSetting>> =>
  Object.fromEntries(Object.entries(LADDER_WORLDS[name].settings).filter((_, number) => number % of === at - 1));

/** The first story that fails without the rule; null where none fails. */
export function withoutRule({
  world,
  node,
  without,
  faults,
  only,
}: LadderRule): readonly [string, readonly string[]] | null {
  const setting = LADDER_WORLDS[world].settings[node];
  if (!setting) throw new RangeError(`world ${world} has no node ${node}`);
  const { broken } = exploreLadder({ [node]: setting }, { faults, only, rules: without, untilFirst: true });
  return [...broken][0] ?? null;
}

export { LADDER_RULES, NEVER as LADDER_NEVER };
