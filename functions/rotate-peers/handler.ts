// rotate-peers: keeps each node's list of peers alive, diverse and small. The schedule starts it every five minutes. It ends immediately unless a
// node lacks peers, six hours are over, or a person asks.
import middy from '@middy/core';
import { awsClients, type Clients } from '../../shared/aws/clients.ts';
import { logged } from '../../shared/aws/log.ts';
import { refuseWordInHint } from '../../shared/events/hint.ts';
import { inParallel } from '../../shared/reconcile/fleets.ts';
import {
  AGAIN_AFTER_MS,
  fleetsNamed,
  type LambdaContext,
  openInvocation,
  readAllFleets,
  reconcileFleets,
} from '../../shared/reconcile/invocation.ts';
import { VARIABLES } from './context.ts';
import { parseRotateEvent } from './event.ts';
import { type RotationSummary, rotateFleet } from './rotate.ts';
import { SWEEP_MS } from './schedule.ts';

export { awsClients };

/** Of the function's 900 s. */
const WORK_MS = 840_000;
/**
 * Nodes that answer late, or not at all, take only their own fleet's time. Few fleets in parallel: SSM takes a handful of commands a second from an
 * account.
 */
const FLEETS_AT_ONCE = 5;

export function createHandler({ clients }: { readonly clients: Clients }) {
  const rotate = async (event: unknown, lambda: LambdaContext): Promise<readonly RotationSummary[]> => {
    const invocation = openInvocation({ clients, variables: VARIABLES, workMs: WORK_MS }, lambda);
    const parsed = parseRotateEvent(event);
    refuseWordInHint(lambda, parsed.kind === 'approve' ? { field: 'kind', value: parsed.kind } : undefined);
    const { fleets, values } = await readAllFleets(invocation);
    const named = fleetsNamed(fleets, parsed.kind === 'sweep' ? undefined : parsed.fleet);
    return reconcileFleets(invocation, named, {
      everyMs: SWEEP_MS,
      workThrough: inParallel(FLEETS_AT_ONCE),
      ...(parsed.kind === 'sweep' && { againAfterMs: AGAIN_AFTER_MS }),
      reconcile: (fleet) => rotateFleet(invocation, fleet, parsed, values),
    });
  };
  return middy<unknown, readonly RotationSummary[]>().use(logged()).handler(rotate);
}

export const handler = createHandler({ clients: awsClients() });
