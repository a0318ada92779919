// Why a well node is stopped and started, as the dispatcher judges it: which event of EC2 is due, or that its instance has the type of its first sync still;
// what is certain to be refused; and when nothing is to come any more. Pure.
import type { Fleet } from '../../shared/fleet/model.ts';
import type { ObservedNode } from '../../shared/fleet/observation.ts';
import type { ScheduledMark } from '../../shared/fleet/scheduled-events.ts';
import type { FleetView } from '../../shared/guardrails/fleet-view.ts';
import { isDue, isTypeDue, judgeMove, type MoveCause, type MoveFacts } from '../../shared/guardrails/move.ts';
import type { IncidentRecord } from '../../shared/heal/records.ts';
import type { Refusal } from '../../shared/model/guardrail-codes.ts';
import { NODE_TYPE } from '../../shared/model/trigger.ts';

/** The next event of a node that its fleet file wants it moved for. */
export const dueEventOf = ({ scheduled = [] }: ObservedNode, fleet: Fleet, nowMs: number): ScheduledMark | undefined =>
  scheduled
    .filter((event) => !event.moved && isDue(event, fleet, nowMs))
    .toSorted((a, b) => a.notBeforeMs - b.notBeforeMs)[0];

/** A fresh look shows the node, and no reason to stop and start it; or it is no node of the fleet any more. */
export const isMovedNoMore = ({ instanceId, trigger }: IncidentRecord, nodes: readonly ObservedNode[]): boolean =>
  nodes.every(
    (node) =>
      node.instanceId !== instanceId ||
      (trigger === NODE_TYPE ? node.boosted === undefined : (node.scheduled ?? []).every(({ moved }) => moved)),
  );

function causeOf(by: MoveCause['by'], node: ObservedNode, fleet: Fleet, nowMs: number): MoveCause | undefined {
  if (by === 'type') return fleet.typeBoost && isTypeDue(node, fleet, nowMs) ? { by, ...fleet.typeBoost } : undefined;
  const event = dueEventOf(node, fleet, nowMs);
  return event && { by, event };
}

/** The cause is read again by the heal; here only what is certain to be refused counts. */
export function judgeMoved(
  by: MoveCause['by'],
  subject: Pick<MoveFacts, 'fleet' | 'node' | 'role'>,
  { nodes, breaker, haltedSinceMs }: FleetView,
  nowMs: number,
): Refusal | null {
  const self = nodes.find(({ instanceId }) => instanceId === subject.node.instanceId);
  const cause = self && causeOf(by, self, subject.fleet, nowMs);
  if (cause === undefined) return null;
  return judgeMove({ ...subject, nowMs, cause, nodes, breaker, haltedSinceMs });
}
