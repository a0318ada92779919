// A process that plays storms: it gets one seed at a time, and answers with how its storm ended.
import { generateStorm } from './generate.ts';
import { type Ending, playStorm } from './play.ts';

export interface Order {
  readonly seed: number;
  readonly hours: number;
}

export type Answer = { readonly ending: Ending; readonly cpuSeconds: number };

process.env['TZ'] = 'UTC';
process.on('message', ({ seed, hours }: Order) => {
  const before = process.cpuUsage();
  playStorm(generateStorm(seed, { hours })).then(
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
