// prune-retired: removes what heals have kept (old volumes, retired instances, clean snapshots) after its date, and command documents that nothing sends any
// more: a little at a time, and nothing else.
import middy from '@middy/core';
import { awsClients, type Clients } from '../../shared/aws/clients.ts';
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
import { PRUNE } from './context.ts';
import { pruneDocuments } from './documents.ts';
import { parsePruneEvent } from './event.ts';
import { newRoom, type PruneSummary, pruneFleet, type Room } from './prune.ts';

export { awsClients };

/** Of the schedule. */
const EVERY_MS = 6 * 60 * 60_000;
/** Of the function's 300 s. */
const WORK_MS = 240_000;

/** Looked after in the round of the fleets, as one more of them. */
const DOCUMENTS = { name: 'command documents' } as const;

export function createHandler({ clients }: { readonly clients: Clients }) {
  const prune = async (event: unknown, lambda: LambdaContext): Promise<readonly PruneSummary[]> => {
    const invocation = openInvocation({ clients, variables: ['DOCUMENTS'], workMs: WORK_MS }, lambda);
    const request = parsePruneEvent(event);
    const { fleets, values } = await readAllFleets(invocation);
    const onlyPlan = request.kind === 'prune' && request.plan;
    const approval = request.kind === 'approve' ? { plan: request.plan, by: request.by ?? null } : undefined;
    const isScheduled = request.kind === 'prune' && !onlyPlan && request.fleet === undefined;
    const rooms = new Map<string, Room>();
    const pruneOne = async (fleet: Fleet): Promise<PruneSummary> => {
      // Nobody is asked to approve what cannot be done now. A person who asks for the plan gets it.
      const paused = onlyPlan ? null : judgePauses(invocation.environment.PARAMETER_PREFIX, fleet.name, values);
      if (paused) return { fleet: fleet.name, removed: [], left: [], refusals: [`${paused.refuse}: ${paused.reason}`] };
      const room = rooms.get(fleet.name) ?? newRoom();
      rooms.set(fleet.name, room);
      return pruneFleet(fleetContext(invocation, PRUNE, fleet), { onlyPlan, approval, room });
    };
    const pruneThem = async () => {
      const { store, environment } = invocation;
      const context = { ssm: clients.ssm, store, parameterPrefix: environment.PARAMETER_PREFIX, values };
      await pruneDocuments({ ...context, current: environment.DOCUMENTS.split(',') }, Date.now());
      return DOCUMENTS;
    };
    const named = fleetsNamed(fleets, request.fleet);
    const done = await reconcileFleets<PruneSummary | typeof DOCUMENTS, Fleet | typeof DOCUMENTS>(
      invocation,
      isScheduled ? [...named, DOCUMENTS] : named,
      {
        everyMs: EVERY_MS,
        reconcile: (one) => ('chain' in one ? pruneOne(one) : pruneThem()),
        ...(isScheduled && { againAfterMs: AGAIN_AFTER_MS }),
      },
    );
    return done.filter((one) => 'fleet' in one);
  };
  return middy<unknown, readonly PruneSummary[]>().use(logged()).handler(prune);
}

export const handler = createHandler({ clients: awsClients() });
