// Tells register-nodes at once when a sweep has seen what may change a fleet's pool record: its own schedule is every five minutes.

import { InvokeCommand } from '@aws-sdk/client-lambda';
import { logWarn } from '../../shared/aws/log.ts';
import type { ObservedNode } from '../../shared/fleet/observation.ts';
import type { Sight } from './sight.ts';
import type { Door } from './sweep.ts';

/**
 * Whether nodes may have to enter or leave the pool. A node of which nothing is known stays in or out as it is; so whatever follows
 * on unknown may be a change, and where no node is synced the least bad are in, and any change may be one.
 */
export function poolMayChange(
  { fleet, before }: Pick<Sight, 'fleet' | 'before'>,
  now: readonly ObservedNode[],
): boolean {
  if (!fleet.dns || !fleet.probe) return false;
  const anySynced = now.some(({ health }) => health === 'synced');
  return now.some(({ instanceId, health }) => {
    const was = before.nodes.get(instanceId)?.health ?? 'unknown';
    if (health === was || health === 'unknown') return false;
    return !anySynced || health === 'synced' || was === 'synced' || was === 'unknown';
  });
}

/** A hint and no more: where it is lost, the schedule of register-nodes sees the same. Nothing fails with it. */
export async function hintRegister({ clients, environment }: Door, fleet: string): Promise<void> {
  try {
    await clients.lambda.send(
      new InvokeCommand({
        FunctionName: environment.REGISTER_FUNCTION_NAME,
        InvocationType: 'Event',
        Payload: new TextEncoder().encode(JSON.stringify({ kind: 'reconcile', fleet })),
      }),
    );
  } catch (error) {
    logWarn({ fleet, left: `register-nodes was not told: ${String(error)}` });
  }
}
