// The storm of a seed: what its generator draws, or one of the types of faults that were asked for, alone or first.
import { GENERATORS, type GeneratorName } from './generators.ts';
import type { Storm } from './storm.ts';

export interface Asked {
  readonly hours: number;
  readonly generator: GeneratorName;
  /** One after the other, a seed each. Absent: what the seed draws. */
  readonly only?: readonly string[];
  /** The same, and what the seed draws besides. */
  readonly first?: readonly string[];
}

export function stormOf(seed: number, { hours, generator, only, first }: Asked): Storm {
  const turnOf = (types: readonly string[] = []): string | undefined => types[seed % types.length];
  const [alone, before] = [turnOf(only), turnOf(first)];
  return GENERATORS[generator].draw(seed, {
    hours,
    ...(alone !== undefined && { only: alone }),
    ...(before !== undefined && { first: before }),
  });
}
