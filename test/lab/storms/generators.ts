// Who draws storms. The generators know nothing of each other (.dependency-cruiser.mjs): what one of them cannot think of, the other one may.

import { AT_ACTS, isAtAct } from './at-acts.ts';
import { secondGenerator } from './b/index.ts';
import { FAULT_TYPES, isFaultType } from './faults.ts';
import { generateStorm } from './generate.ts';
import type { Generator } from './generator.ts';
import { isRollout, ROLLOUTS } from './rollouts.ts';

const firstGenerator: Generator = {
  ...{ prefix: 'storm', fleets: `${import.meta.dirname}/fleets`, types: { ...FAULT_TYPES, ...AT_ACTS, ...ROLLOUTS } },
  draw: (seed, { hours, only, first = only }) => {
    if (first === undefined) return generateStorm(seed, { hours });
    const types = first.split('+').map((type) => {
      if (isFaultType(type) || isAtAct(type) || isRollout(type)) return type;
      throw new RangeError(`draw: there is no type of fault "${type}"`);
    });
    return generateStorm(seed, { hours, first: types, alone: only !== undefined });
  },
};

export const GENERATORS = { a: firstGenerator, b: secondGenerator } as const satisfies Record<string, Generator>;

export type GeneratorName = keyof typeof GENERATORS;

export const isGeneratorName = (name: string): name is GeneratorName => Object.hasOwn(GENERATORS, name);
