// A front door with services of a test's own behind it, on a clock that follows wall time far faster.
import { SERVICES } from '../../local/services/services.ts';
import { type Following, VirtualClock } from '../../local/simulator/clock.ts';
import { FrontDoor, type FrontDoorOptions } from '../../local/simulator/gateway/gateway.ts';
import { loadModels } from '../../local/simulator/gateway/model.ts';
import { randomStream } from '../../local/simulator/random.ts';
import type { Service } from '../../local/simulator/service.ts';
import { START_MS } from './kernel.ts';

export interface FrontRegion {
  readonly clock: VirtualClock;
  readonly front: FrontDoor;
  /** Starts to follow wall time; without it, run the clock. */
  follow(): Following;
}

export async function frontRegion(
  services: readonly Service[],
  options: Partial<FrontDoorOptions> = {},
  names: readonly string[] = services.map(({ name }) => name),
): Promise<FrontRegion> {
  // Jest's own timers and handles would be foreign work to the guard.
  const clock = new VirtualClock({ startMs: START_MS, guard: false });
  const front = new FrontDoor({
    clock,
    models: await loadModels(SERVICES.filter(({ name }) => names.includes(name))),
    random: randomStream(1, 'requests'),
    ...options,
  });
  front.serve(...services);
  return { clock, front, follow: () => clock.follow({ speed: 1000 }) };
}
