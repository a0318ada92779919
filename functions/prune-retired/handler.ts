// prune-retired: removes what heals have kept (old volumes, retired instances, clean snapshots) after its date, and command documents that nothing sends any
// more: a little at a time, and nothing else.
import middy from '@middy/core';
import { awsClients, type Clients } from '../../shared/aws/clients.ts';
import { logged } from '../../shared/aws/log.ts';
import type { Fleet } from '../../shared/fleet/model.ts';
import { judgePauses } from '../../shared/guardrails/switches.ts';
import { fleetContext } from '../../shared/reconcile/context.ts';
import { throwTogether } from '../../shared/reconcile/fleets.ts';
import {
  AGAIN_AFTER_MS,
  fleetsNamed,
  type LambdaContext,
  openInvocation,
  readAllFleets,
  reconcileFleets,
} from '../../shared/reconcile/invocation.ts';
import { PRUNE } from './context.ts';
import { MAX_DELETIONS } from './decide.ts';
import { pruneDocuments } from './documents.ts';
import { parsePruneEvent } from './event.ts';
import { type PruneSummary, pruneFleet } from './prune.ts';

export { awsClients };

/** Of the schedule. */
const EVERY_MS = 6 * 60 * 60_000;
/** Of the function's 300 s. */
const WORK_MS = 240_000;

export function createHandler({ clients }: { readonly clients: Clients }) {
  const prune = async (event: unknown, lambda: LambdaContext): Promise<readonly PruneSummary[]> => {
    const invocation = openInvocation({ clients, variables: ['DOCUMENTS'], workMs: WORK_MS }, lambda);
    const request = parsePruneEvent(event);
    const { fleets, values } = await readAllFleets(invocation);
    const onlyPlan = request.kind === 'prune' && request.plan;
    const approval = request.kind === 'approve' ? { plan: request.plan, by: request.by ?? null } : undefined;
    const isScheduled = request.kind === 'prune' && !onlyPlan && request.fleet === undefined;
    const rooms = new Map<string, { deletions: number }>();
    const pruneOne = async (fleet: Fleet): Promise<PruneSummary> => {
      // Nobody is asked to approve what cannot be done now. A person who asks for the plan gets it.
      const paused = onlyPlan ? null : judgePauses(invocation.environment.PARAMETER_PREFIX, fleet.name, values);
      if (paused) return { fleet: fleet.name, removed: [], left: [], refusals: [`${paused.refuse}: ${paused.reason}`] };
      const room = rooms.get(fleet.name) ?? { deletions: MAX_DELETIONS };
      rooms.set(fleet.name, room);
      return pruneFleet(fleetContext(invocation, PRUNE, fleet), { onlyPlan, approval, room });
    };
    const round = reconcileFleets(invocation, fleetsNamed(fleets, request.fleet), {
      everyMs: EVERY_MS,
      reconcile: pruneOne,
      ...(isScheduled && { againAfterMs: AGAIN_AFTER_MS }),
    });
    if (!isScheduled) return round;
    const { store, environment } = invocation;
    const documents = pruneDocuments(
      {
        ...{ ssm: clients.ssm, store, parameterPrefix: environment.PARAMETER_PREFIX, values },
        current: environment.DOCUMENTS.split(','),
      },
      Date.now(),
    );
    const [ofFleets, ofDocuments] = await Promise.allSettled([round, documents]);
    throwTogether(
      [ofFleets, ofDocuments].flatMap((one) => (one.status === 'rejected' ? [one.reason] : [])),
      'the rest was looked after, but',
    );
    return ofFleets.status === 'fulfilled' ? ofFleets.value : [];
  };
  return middy<unknown, readonly PruneSummary[]>().use(logged()).handler(prune);
}

export const handler = createHandler({ clients: awsClients() });
