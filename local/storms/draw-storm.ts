// The storm of a seed: what its generator draws, or one of the types of faults that were asked for, alone.
import { GENERATORS, type GeneratorName } from './generators.ts';
import type { Storm } from './storm.ts';

export interface Asked {
  readonly hours: number;
  readonly generator: GeneratorName;
  /** One after the other, a seed each. Absent: what the seed draws. */
  readonly only?: readonly string[];
}

export function stormOf(seed: number, { hours, generator, only }: Asked): Storm {
  const type = only?.[seed % only.length];
  return GENERATORS[generator].draw(seed, { hours, ...(type !== undefined && { only: type }) });
}
