// A process that plays storms: it gets one seed at a time, and answers with how its storm ended.
import { GENERATORS, type GeneratorName } from './generators.ts';
import { type Ending, type PlayOptions, playStorm } from './play.ts';

export interface Order {
  readonly seed: number;
  readonly hours: number;
  readonly generator: GeneratorName;
  readonly sweeps: NonNullable<PlayOptions['sweeps']>;
}

export type Answer = { readonly ending: Ending; readonly cpuSeconds: number };

process.env['TZ'] = 'UTC';
process.on('message', ({ seed, hours, generator, sweeps }: Order) => {
  const drawer = GENERATORS[generator];
  const before = process.cpuUsage();
  playStorm(drawer.draw(seed, { hours }), drawer, { sweeps }).then(
    (ending) => {
      const { user, system } = process.cpuUsage(before);
      process.send?.({ ending, cpuSeconds: (user + system) / 1e6 } satisfies Answer);
    },
    (error: unknown) => {
      console.error(error);
      process.exit(1);
    },
  );
});
