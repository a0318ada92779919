// What a heal left open on a node, and how its incident comes back to it: for the sweep. Pure.

import type { ExecutionStatus } from '../model/execution.ts';
import type { Write } from '../model/write.ts';
import { reopenToSettle } from './incident.ts';
import { leaseFree, owesClient, unsettled } from './lease.ts';
import type { IncidentRecord, NodeRecord } from './records.ts';

/**
 * Whether an incident is not over whatever its alarm says: a client that was stopped is still to be started, or something was begun
 * on the node that must be brought to an end or put back. Such an incident is neither closed nor left out of what is looked at.
 */
export const isOwed = (incident: IncidentRecord, node: NodeRecord | undefined, nowMs: number): boolean =>
  incident.state === 'open' &&
  node !== undefined &&
  (owesClient(node, nowMs) || (unsettled(node) && node.operation?.incidentId === incident.incidentId));

/**
 * The incident of what is left open is opened again when nobody works on the node: its holder has died, or has given the node back
 * in the middle. Not where the holder itself gave up for good: a person has been paged with what is left, and decides.
 *
 * @param incident the one that `node.operation` names
 * @param owner the status of `node.owner`
 */
export function reopenLeftOpen(
  node: NodeRecord,
  incident: IncidentRecord,
  owner: ExecutionStatus,
  nowMs: number,
): Write<IncidentRecord> | { readonly leave: true } {
  if (!unsettled(node) || node.operation?.incidentId !== incident.incidentId) return { leave: true };
  if (!leaseFree(node, owner, nowMs)) return { leave: true };
  if (node.owner === null && incident.state === 'escalated') return { leave: true };
  return reopenToSettle(incident);
}
