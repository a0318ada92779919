// seed-groups: keeps the newest good snapshot in the launch templates of Auto Scaling groups whose fleet file asks for it, so that what a group launches
// catches up instead of syncing from the first block. No other function of the suite may change a launch template.
import middy from '@middy/core';
import { type GroupClients, groupClients } from '../../shared/aws/clients.ts';
import { logged } from '../../shared/aws/log.ts';
import type { Fleet } from '../../shared/fleet/model.ts';
import { judgePauses } from '../../shared/guardrails/switches.ts';
import { fleetContext } from '../../shared/reconcile/context.ts';
import {
  fleetsNamed,
  type LambdaContext,
  openInvocation,
  readAllFleets,
  reconcileFleets,
} from '../../shared/reconcile/invocation.ts';
import { SEED } from './context.ts';
import { parseSeedEvent } from './event.ts';
import { type SeedSummary, seedFleet } from './seed.ts';

export { groupClients as awsClients };

/** Of the schedule. */
const EVERY_MS = 60 * 60_000;
/** Of the function's 120 s. */
const WORK_MS = 90_000;

export function createHandler({ clients }: { readonly clients: GroupClients }) {
  const seed = async (event: unknown, lambda: LambdaContext): Promise<readonly SeedSummary[]> => {
    const invocation = openInvocation({ clients, variables: [], workMs: WORK_MS }, lambda);
    const request = parseSeedEvent(event);
    const { fleets, values } = await readAllFleets(invocation);
    const onlyPlan = request.kind === 'seed' && request.plan;
    const approval = request.kind === 'approve' ? { plan: request.plan, by: request.by ?? null } : undefined;
    const seedOne = async (fleet: Fleet): Promise<SeedSummary> => {
      const none = (refusal: string): SeedSummary => ({ fleet: fleet.name, done: [], left: [], refusals: [refusal] });
      if (!fleet.seedsGroups) return none('its file does not say asg.seed: its groups launch what their owner wrote');
      // Nobody is asked to approve what cannot be done now. A person who asks for the plan gets it.
      const paused = onlyPlan ? null : judgePauses(invocation.environment.PARAMETER_PREFIX, fleet.name, values);
      if (paused) return none(`${paused.refuse}: ${paused.reason}`);
      return seedFleet(fleetContext(invocation, SEED, fleet), { onlyPlan, approval });
    };
    const named = fleetsNamed(fleets, request.fleet);
    const chosen = request.fleet === undefined ? named.filter(({ seedsGroups }) => seedsGroups) : named;
    return reconcileFleets(invocation, chosen, { everyMs: EVERY_MS, reconcile: seedOne });
  };
  return middy<unknown, readonly SeedSummary[]>().use(logged()).handler(seed);
}

export const handler = createHandler({ clients: groupClients() });
