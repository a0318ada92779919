// Plays storms with policies.

import { type Contender, playPolicy, type Scored } from '../policies/play.ts';
import { GENERATORS } from '../storms/generators.ts';

export interface PolicyOrder {
  readonly seed: number;
  readonly hours: number;
  /** This type of fault, and no other. */
  readonly only?: string;
  readonly contender: Contender;
}

/** One after the other, in the order in which they are given. */
export const job = async (orders: readonly PolicyOrder[]): Promise<Scored[]> => {
  const played: Scored[] = [];
  for (const { seed, contender, ...how } of orders)
    played.push(await playPolicy(GENERATORS.a.draw(seed, how), GENERATORS.a, contender));
  return played;
};
