// A process that plays storms: it gets one seed at a time, and answers with how its storm ended.
import { GENERATORS, type GeneratorName } from './generators.ts';
import { type Ending, playStorm } from './play.ts';

export interface Order {
  readonly seed: number;
  readonly hours: number;
  readonly generator: GeneratorName;
}

export type Answer = { readonly ending: Ending; readonly cpuSeconds: number };

process.env['TZ'] = 'UTC';
process.on('message', ({ seed, hours, generator }: Order) => {
  const drawer = GENERATORS[generator];
  const before = process.cpuUsage();
  playStorm(drawer.draw(seed, { hours }), drawer).then(
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
