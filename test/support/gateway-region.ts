// A gateway with services of a test's own behind it, on a clock that follows wall time far faster.
import { SERVICES } from '../../local/services/services.ts';
import { type ClockFollower, VirtualClock } from '../../local/simulator/clock.ts';
import { Gateway, type GatewayOptions } from '../../local/simulator/gateway/gateway.ts';
import { loadModels } from '../../local/simulator/gateway/model.ts';
import { randomStream } from '../../local/simulator/random.ts';
import type { Service } from '../../local/simulator/service.ts';
import { START_MS } from './kernel.ts';

export interface GatewayRegion {
  readonly clock: VirtualClock;
  readonly gateway: Gateway;
  /** Starts to follow wall time; without it, run the clock. */
  follow(): ClockFollower;
}

export async function gatewayRegion(
  services: readonly Service[],
  options: Partial<GatewayOptions> = {},
  names: readonly string[] = services.map(({ name }) => name),
): Promise<GatewayRegion> {
  // Jest's own timers and handles would be foreign work to the guard.
  const clock = new VirtualClock({ startMs: START_MS, guard: false });
  const gateway = new Gateway({
    clock,
    models: await loadModels(SERVICES.filter(({ name }) => names.includes(name))),
    random: randomStream(1, 'requests'),
    ...options,
  });
  gateway.serve(...services);
  return { clock, gateway, follow: () => clock.follow({ speed: 1000 }) };
}
