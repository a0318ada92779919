// Plays storms.
import pMap from 'p-map';
import { GENERATORS, type GeneratorName } from '../storms/generators.ts';
import { type Ending, playStorm } from '../storms/play.ts';

export interface StormOrder {
  readonly generator: GeneratorName;
  readonly seed: number;
  readonly hours: number;
  /** This type of fault, and no other. */
  readonly only?: string;
}

/** One after the other, in the order in which they are given. */
export const job = (orders: readonly StormOrder[]): Promise<Ending[]> =>
  pMap(
    orders,
    ({ generator, seed, ...how }) => playStorm(GENERATORS[generator].draw(seed, how), GENERATORS[generator]),
    { concurrency: 1 },
  );
