// What the smoke test's things are called, and how they are known again. Pure.

/** On whatever a run makes; its value is the run. Nothing is ever deleted but what has it, and what chainmend has tagged as of a run's node. */
export const SMOKE_TAG = 'chainmend:smoke';
/** By which the fleet finds its node: no other instance has it. Its value is the fleet. */
export const SELECTOR_TAG = 'chainmend:smoke-fleet';

/** The fleet that a stack which stays is deployed with; a stack that a run deploys has a fleet of the run's own name. */
export const STANDING_FLEET = 'smoke';
/** The same for --ladder: its node is asked, restarted and restored. */
export const LADDER_FLEET = 'smoke-ladder';
export const standingFleet = (isLadder: boolean): string => (isLadder ? LADDER_FLEET : STANDING_FLEET);

/** Of a run, of its node, and of its fleet where it has one of its own. */
const RUN = /^smoke-[0-9a-f]{6}$/;

/** @param hex at least six hex digits, by chance */
export const runName = (hex: string): string => `smoke-${hex.slice(0, 6)}`;

export const isRunName = (name: string | undefined): boolean => RUN.test(name ?? '');

export const isSmokeFleet = (name: string | undefined): boolean =>
  name === STANDING_FLEET || name === LADDER_FLEET || isRunName(name);

/** What a pause says that a run has set while it clears up. */
export const pauseText = (run: string): string => `smoke test ${run} is being removed`;

/** The run that set this pause; undefined: a person did. */
export function pausedBy(value: string): string | undefined {
  const run = /^smoke test (\S+) is being removed$/.exec(value)?.[1];
  return isRunName(run) ? run : undefined;
}
