// seed-groups: keeps the newest good snapshot in the launch templates of Auto Scaling groups whose fleet file asks for it, so that what a group launches
// catches up instead of syncing from the first block; brings a group to the number of nodes that a person wants; and takes volumes of deployed nodes back
// from the figures of their first sync. No other function of the suite may change a launch template, or end a member of a group.
import middy from '@middy/core';
import { type GroupClients, groupClients } from '../../shared/aws/clients.ts';
import { logged } from '../../shared/aws/log.ts';
import type { Fleet } from '../../shared/fleet/model.ts';
import { judgePauses } from '../../shared/guardrails/switches.ts';
import { fleetContext } from '../../shared/reconcile/context.ts';
import {
  AGAIN_AFTER_MS,
  fleetsNamed,
  type LambdaContext,
  openInvocation,
  readAllFleets,
  reconcileFleets,
} from '../../shared/reconcile/invocation.ts';
import { endBoosts } from './boost.ts';
import { BOOST, SCALE, SEED } from './context.ts';
import { parseSeedEvent } from './event.ts';
import { advanceScale, askScale } from './scale.ts';
import { type SeedSummary, seedFleet } from './seed.ts';

export { groupClients as awsClients };

/** Of the schedule. */
const EVERY_MS = 60 * 60_000;
const SCALE_EVERY_MS = 5 * 60_000;
/** Of the function's 120 s. */
const WORK_MS = 90_000;

export function createHandler({ clients }: { readonly clients: GroupClients }) {
  const seed = async (event: unknown, lambda: LambdaContext): Promise<readonly SeedSummary[]> => {
    const invocation = openInvocation({ clients, variables: [], workMs: WORK_MS }, lambda);
    const request = parseSeedEvent(event);
    const { fleets, values } = await readAllFleets(invocation);
    const none = (fleet: Fleet, refusal: string): SeedSummary => ({
      ...{ fleet: fleet.name, done: [], left: [], refusals: [refusal] },
    });
    const pauseOf = ({ name }: Fleet): string | null => {
      const paused = judgePauses(invocation.environment.PARAMETER_PREFIX, name, values);
      return paused && `${paused.refuse}: ${paused.reason}`;
    };
    if (request.kind === 'scale') {
      const askOne = async (fleet: Fleet): Promise<SeedSummary> => {
        const paused = request.plan === undefined ? null : pauseOf(fleet);
        return paused === null ? askScale(fleetContext(invocation, SCALE, fleet), request) : none(fleet, paused);
      };
      return reconcileFleets(invocation, fleetsNamed(fleets, request.fleet), {
        ...{ everyMs: SCALE_EVERY_MS, reconcile: askOne },
      });
    }
    if (request.kind === 'scale-on') {
      const goOn = async (fleet: Fleet): Promise<SeedSummary> => {
        const paused = pauseOf(fleet);
        return paused === null ? advanceScale(fleetContext(invocation, SCALE, fleet)) : none(fleet, paused);
      };
      // Also where the file has no limits any more: what was begun comes to an end.
      const scaled = fleets.filter(({ seedsGroups }) => seedsGroups);
      return reconcileFleets(invocation, scaled, {
        ...{ everyMs: SCALE_EVERY_MS, reconcile: goOn, againAfterMs: AGAIN_AFTER_MS },
      });
    }
    const onlyPlan = request.kind === 'seed' && request.plan;
    const approval = request.kind === 'approve' ? { plan: request.plan, by: request.by ?? null } : undefined;
    const seedOne = async (fleet: Fleet): Promise<SeedSummary> => {
      if (!fleet.seedsGroups && !fleet.boost)
        return none(fleet, 'its file does not say asg.seed: its groups launch what their owner wrote');
      // Nobody is asked to approve what cannot be done now. A person who asks for the plan gets it.
      const paused = onlyPlan ? null : pauseOf(fleet);
      if (paused !== null) return none(fleet, paused);
      // Members of a group have no boost, so that no fleet has both.
      if (fleet.boost) return endBoosts(fleetContext(invocation, BOOST, fleet), { onlyPlan, approval });
      return seedFleet(fleetContext(invocation, SEED, fleet), { onlyPlan, approval });
    };
    const named = fleetsNamed(fleets, request.fleet);
    const chosen = request.fleet === undefined ? named.filter(({ seedsGroups, boost }) => seedsGroups || boost) : named;
    const isScheduled = request.kind === 'seed' && !onlyPlan && request.fleet === undefined;
    return reconcileFleets(invocation, chosen, {
      ...{ everyMs: EVERY_MS, reconcile: seedOne },
      ...(isScheduled && { againAfterMs: AGAIN_AFTER_MS }),
    });
  };
  return middy<unknown, readonly SeedSummary[]>().use(logged()).handler(seed);
}

export const handler = createHandler({ clients: groupClients() });
