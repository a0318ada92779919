// The pace at the door: which of the nodes that want a restart may have one now. A node that has to wait is an open incident, without an execution.
import type { Fleet } from '../../shared/fleet/model.ts';
import type { FleetView } from '../../shared/guardrails/fleet-view.ts';
import {
  judgePace,
  type Pace,
  type PacedNode,
  paceOf,
  type SeenRestart,
  type Waiting,
} from '../../shared/guardrails/pace.ts';
import { classOf } from '../../shared/guardrails/replace.ts';
import { readRestarts } from '../../shared/heal/budgets.ts';
import { readExecution } from '../../shared/heal/claim.ts';
import { type IncidentRecord, type NodeRecord, PACED } from '../../shared/heal/records.ts';
import type { Refusal } from '../../shared/model/guardrail-codes.ts';
import { NODE_HEALTH } from '../../shared/model/trigger.ts';
import type { DispatchContext } from './context.ts';

/** Whether the next rung of the node's ladder may be a restart: not once its client was restarted. @param isDown EC2's checks fail, or nobody answers */
export function mayRestart(
  { replace }: Pick<Fleet, 'replace'>,
  node: NodeRecord | undefined,
  incidentId: string | undefined,
  isDown: boolean,
): boolean {
  const operation =
    node?.operation?.kind === 'replace' && node.operation.incidentId === incidentId ? node.operation : null;
  const tried = new Set(operation?.memory.failed.map(({ rung }) => rung));
  return replace.rungs.some(
    (rung) => classOf(rung) === 'restart' && !tried.has(rung) && (rung === 'restart' || tried.size === 0 || isDown),
  );
}

/** The nodes of a fleet that want a restart in this sweep. @param sick those of all fleets */
export function waitingIn(
  fleet: Fleet,
  { lastSeen, nowMs }: FleetView,
  sick: readonly Pick<Waiting, 'instanceId' | 'onsetMs'>[],
  { incidents, nodes }: { readonly incidents: readonly IncidentRecord[]; readonly nodes: readonly NodeRecord[] },
): readonly Waiting[] {
  const own = new Set(lastSeen.map(({ instanceId }) => instanceId));
  return sick.flatMap(({ instanceId, onsetMs }): readonly Waiting[] => {
    if (!own.has(instanceId)) return [];
    const incident = incidents.find(
      (one) => one.fleet === fleet.name && one.instanceId === instanceId && one.trigger === NODE_HEALTH,
    );
    const node = nodes.find((one) => one.instanceId === instanceId);
    // What another heal holds, or what its own heal works on, takes no place from others.
    if (node?.owner != null || (incident && incident.state !== 'open' && incident.state !== 'healed')) return [];
    if (!mayRestart(fleet, node, incident?.incidentId, true)) return [];
    const isOpen = incident?.state === 'open';
    // It was refused for something else, and is not tried before its time: it takes no place from others.
    if (isOpen && incident.waitsFor !== PACED && incident.notBeforeMs > nowMs) return [];
    const hasWaited = isOpen && incident.waitsFor === PACED;
    return [{ instanceId, onsetMs: isOpen ? incident.onsetMs : onsetMs, hasWaited }];
  });
}

/** Restarts that were let in and have not yet taken their place. */
const letIn = (fleet: string, incidents: readonly IncidentRecord[], nowMs: number): readonly SeenRestart[] =>
  incidents.flatMap((one): readonly SeenRestart[] => {
    if (one.fleet !== fleet || one.trigger !== NODE_HEALTH || one.state !== 'allocated') return [];
    const { incidentId, instanceId, node } = one;
    return [
      { key: incidentId, execution: '', zone: '', atMs: nowMs, is: 'under-way', ...{ incidentId, instanceId, node } },
    ];
  });

export async function readPace(
  { clients, store }: Pick<DispatchContext, 'clients' | 'store'>,
  fleet: Fleet,
  { breaker, health: nodes }: FleetView,
  waiting: readonly Waiting[],
  incidents: readonly IncidentRecord[],
): Promise<Pace> {
  const record = await store.readPace(fleet.name);
  const restarts = await readRestarts(record, store, (execution) => readExecution(clients.lambda, execution));
  const nowMs = Date.now();
  const zoneOf = new Map(nodes.map(({ instanceId, zone }) => [instanceId, zone]));
  const known = new Set(restarts.map(({ incidentId }) => incidentId));
  const more = letIn(fleet.name, incidents, nowMs)
    .filter(({ incidentId }) => !known.has(incidentId))
    .map((one) => ({ ...one, zone: zoneOf.get(one.instanceId) ?? '' }));
  return paceOf({ nowMs, limits: fleet.breaker, breaker, nodes, restarts: [...restarts, ...more], waiting });
}

/**
 * Why a node is not let in now. Where only one node is looked at, nobody is let in while more are sick than may go: the next sweep sees all that wait,
 * and lets the oldest go first.
 */
export function judgeAtDoor(pace: Pace, node: PacedNode, seesAll: boolean): Refusal | null {
  const isOne = !seesAll && (pace.isWave || pace.isCrowded) && pace.stopped === null;
  return judgePace(isOne ? { ...pace, next: [] } : pace, node);
}
