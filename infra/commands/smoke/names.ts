// The names of the smoke test's resources, and how the test recognizes them. Pure.

/**
 * The tag on every resource that a run makes; its value is the run. The test deletes only resources with this tag, and those that chainmend has
 * tagged with a run's node.
 */
export const SMOKE_TAG = 'chainmend:smoke';
/** The selector tag of the fleet: no other instance has it. Its value is the fleet. */
export const SELECTOR_TAG = 'chainmend:smoke-fleet';

/** The fleet of a stack that stays. A stack that a run deploys has a fleet with the run's own name. */
export const STANDING_FLEET = 'smoke';
/** The same for --ladder: its node is probed, restarted and restored. */
export const LADDER_FLEET = 'smoke-ladder';
export const standingFleet = (isLadder: boolean): string => (isLadder ? LADDER_FLEET : STANDING_FLEET);

/** The name of a run, of its node, and of its fleet where it has its own. */
const RUN = /^smoke-[0-9a-f]{6}$/;

/** @param hex at least six random hex digits */
export const runName = (hex: string): string => `smoke-${hex.slice(0, 6)}`;

export const isRunName = (name: string | undefined): boolean => RUN.test(name ?? '');

export const isSmokeFleet = (name: string | undefined): boolean =>
  name === STANDING_FLEET || name === LADDER_FLEET || isRunName(name);

/** The text of a pause that a run has set during its cleanup. */
export const pauseText = (run: string): string => `smoke test ${run} is being removed`;

/** The run that set this pause; undefined: a person set it. */
export function pausedBy(value: string): string | undefined {
  const run = /^smoke test (\S+) is being removed$/.exec(value)?.[1];
  return isRunName(run) ? run : undefined;
}
