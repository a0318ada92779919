// How many fleet-hours of storms one core plays and judges in a second, sweeps that would find nothing new left out and played.
import { stormOf } from '../storms/draw-storm.ts';
import { GENERATORS, type GeneratorName } from '../storms/generators.ts';
import { type PlayOptions, playStorm } from '../storms/play.ts';
import { cpuSeconds, type Measurement } from './measurement.ts';
import type { Input } from './part.ts';

const NODES_MAX = 5;
const HOURS = { full: 24, least: 1 };
const GOAL = 15;
/** Of each generator, from seed 1 on: none is chosen. */
const STORMS = { full: 4, least: 1 };
/** All sweeps of a day take a minute: one storm is enough for the ratio. */
const IN_FULL = 1;

/** The first storm is played once before, and not counted: the functions' bundles are read and compiled then. */
export async function* measureStorms(input: Input): AsyncGenerator<Measurement> {
  const hours = HOURS[input];
  for (const generator of input === 'full' ? (['a', 'b'] as const) : (['a'] as const)) {
    const seeds = smallOnes(generator, hours, STORMS[input]);
    if (input === 'full') await play(generator, seeds.slice(0, 1), hours, 'needed');
    const needed = await rateOf(generator, seeds, hours, 'needed');
    const sample = seeds.slice(0, IN_FULL);
    const ofSample = sample.length === seeds.length ? needed : await rateOf(generator, sample, hours, 'needed');
    const gained = ofSample / (await rateOf(generator, sample, hours, 'all'));
    const subject = `storms of at most ${NODES_MAX} nodes, ${hours} h, generator ${generator}`;
    yield* [
      { subject, measure: 'fleet-hours', value: needed, unit: '/s and core', goal: GOAL },
      { subject, measure: 'gained by sweeps left out', value: gained, unit: 'times' },
    ];
  }
}

const rateOf = async (
  generator: GeneratorName,
  seeds: readonly number[],
  hours: number,
  sweeps: NonNullable<PlayOptions['sweeps']>,
): Promise<number> => {
  const fleets = seeds.reduce((sum, seed) => sum + stormOf(seed, { hours, generator }).fleets.length, 0);
  return (fleets * hours) / (await cpuSeconds(() => play(generator, seeds, hours, sweeps)));
};

/** @throws Error where a storm breaks a promise: the measurement would mean something else */
async function play(
  generator: GeneratorName,
  seeds: readonly number[],
  hours: number,
  sweeps: NonNullable<PlayOptions['sweeps']>,
): Promise<void> {
  for (const seed of seeds) {
    const { broken } = await playStorm(stormOf(seed, { hours, generator }), GENERATORS[generator], { sweeps });
    const [first] = broken;
    if (first) throw new Error(`storm ${generator} ${seed} breaks ${first.promise}: ${first.sentence}`);
  }
}

function smallOnes(generator: GeneratorName, hours: number, storms: number): readonly number[] {
  const found: number[] = [];
  for (let seed = 1; found.length < storms; seed++) {
    const { fleets, nodes } = stormOf(seed, { hours, generator });
    if (fleets.length > 0 && nodes.length <= NODES_MAX) found.push(seed);
  }
  return found;
}
