// A person's call, and what they are told: under which names what they asked for can be followed, or why nothing was begun.

import type { DispatchAnswer } from '../../shared/events/answer.ts';
import type { ManualHeal, NodeRequest, SnapshotRequest } from '../../shared/events/dispatch.ts';
import { EventError } from '../../shared/events/errors.ts';
import { readSettings } from '../../shared/fleet/settings.ts';
import { healOf } from '../../shared/heal/records.ts';
import type { Considered, Door } from './consider.ts';
import { executionName } from './kinds.ts';
import { considerNow } from './look.ts';
import { fleetNamed, manualCandidate } from './manual.ts';
import { askForDonor } from './snapshots.ts';

/** @throws EventError where the event leads to no node */
export async function answerPerson(
  door: Door,
  event: ManualHeal | NodeRequest | SnapshotRequest,
): Promise<DispatchAnswer | undefined> {
  const { clients, environment } = door;
  const settings = await readSettings(clients.ssm, environment.PARAMETER_PREFIX);
  const named = event.kind === 'snapshot' && event.node === undefined ? await withDonor(door, settings, event) : event;
  const candidate = await manualCandidate(clients.ec2, settings, named as NodeRequest, Date.now());
  const considered = await considerNow(door, settings, candidate);
  return considered && answerOf(considered);
}

async function withDonor(
  door: Door,
  { fleets }: Parameters<typeof manualCandidate>[1],
  event: SnapshotRequest,
): Promise<NodeRequest | (SnapshotRequest & { readonly node: { readonly instanceId: string } })> {
  const fleet = fleetNamed(fleets, event.fleet);
  const chosen = await askForDonor(door, fleet.name, 'person');
  if (!('donor' in chosen))
    throw new EventError(
      'node',
      undefined,
      `a node, since no donor can be chosen: ${'notDue' in chosen ? chosen.notDue : chosen.reason}`,
    );
  return { ...event, node: { instanceId: chosen.donor.instanceId } };
}

function answerOf({ dispatch, incident }: Considered): DispatchAnswer | undefined {
  if (!incident) return undefined;
  const { fleet, node, instanceId, trouble, incidentId, onsetMs, attempt } = incident;
  const kind = healOf(trouble);
  const base = { fleet, node, instanceId, trouble, incidentId, onsetMs, attempt };
  const name = executionName({ kind, ...base });
  switch (dispatch.do) {
    case 'start':
    case 'invoke-again':
      return { ...base, executionName: name, did: 'started' };
    case 'refuse':
      return {
        ...base,
        executionName: name,
        did: 'refused',
        code: dispatch.refusal.refuse,
        reason: dispatch.refusal.reason,
      };
    case 'leave':
      return {
        ...base,
        executionName: name,
        did: dispatch.why === 'working' ? 'started' : 'left',
        reason: dispatch.why,
      };
  }
}
