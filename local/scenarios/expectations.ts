// Expectations and ends that several scenarios share.
import { incidentsOf } from '../run/report.ts';
import type { World } from '../run/world.ts';
import type { Expectation } from './scenario.ts';

/** So many incidents have ended healed. */
export const healed = (world: World, count: number): boolean =>
  incidentsOf(world).filter(({ state }) => state === 'healed').length >= count;

export const nobodyReplaced: Expectation = {
  sentence: 'nobody was replaced',
  holds: ({ heals }) => heals.every(({ kind }) => kind === 'resize-volume'),
};
