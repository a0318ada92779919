// A whole region whose clock hardly moves but when it is told to, for tests that look at things while AWS works on them.

import type { Region } from '../../local/region.ts';
import type { Statement } from '../../local/services/iam/policy.ts';
import type { ClockFollower } from '../../local/simulator/clock.ts';
import { type ReplaceClients, replaceClients } from '../../shared/aws/clients.ts';
import { wholeRegion } from './whole-region.ts';

export interface PacedRegion {
  readonly region: Region;
  /** Lets so much virtual time go by at once. */
  pass(ms: number): Promise<void>;
  /** The clients of a role with these statements; a person's without any. */
  clients(statements?: readonly Statement[]): Promise<ReplaceClients>;
  /** How often a person or a role has asked for this: "CreateVolume". */
  count(operation: string): number;
  end(): Promise<void>;
}

export async function pacedRegion(): Promise<PacedRegion> {
  const whole = await wholeRegion();
  const { region } = whole;
  await whole.following.stop();
  const follow = (): ClockFollower => region.clock.follow({ speed: 2 });
  let following = follow();
  return {
    region,
    async pass(ms) {
      await following.stop();
      await region.clock.run({ untilMs: region.clock.now() + ms });
      following = follow();
    },
    async clients(statements) {
      const config = await whole.as(statements);
      return replaceClients(() => ({ ...config }));
    },
    count: (operation) => region.gateway.trace.calls.filter((call) => call.operation === operation).length,
    end: async () => {
      await following.stop();
    },
  };
}
