// What EC2 has scheduled for a node, as the dispatcher judges it: which event is due, what is certain to be refused, and when nothing is to come any more.
// Pure.
import type { Fleet } from '../../shared/fleet/model.ts';
import type { ObservedNode } from '../../shared/fleet/observation.ts';
import type { ScheduledMark } from '../../shared/fleet/scheduled-events.ts';
import { readBreaker } from '../../shared/guardrails/breaker.ts';
import { isDue, judgeMove, type MoveFacts } from '../../shared/guardrails/move.ts';
import type { IncidentRecord } from '../../shared/heal/records.ts';
import type { Refusal } from '../../shared/model/guardrail-codes.ts';
import { freshNodes, type ObservedFleet } from './facts.ts';

/** The next event of a node that its fleet file wants it moved for. */
export const dueEventOf = ({ scheduled = [] }: ObservedNode, fleet: Fleet, nowMs: number): ScheduledMark | undefined =>
  scheduled
    .filter((event) => !event.moved && isDue(event, fleet, nowMs))
    .toSorted((a, b) => a.notBeforeMs - b.notBeforeMs)[0];

/** A fresh look shows the node, and nothing that is scheduled for it; or it is no node of the fleet any more. */
export const isScheduledNoMore = ({ instanceId }: IncidentRecord, nodes: readonly ObservedNode[]): boolean =>
  nodes.every((node) => node.instanceId !== instanceId || (node.scheduled ?? []).every(({ moved }) => moved));

/** What is scheduled is read again by the heal; here only what is certain to be refused counts. */
export function judgeScheduled(
  subject: Pick<MoveFacts, 'fleet' | 'node' | 'role'>,
  { observations, haltedSinceMs }: ObservedFleet,
  nowMs: number,
): Refusal | null {
  const nodes = freshNodes(observations, nowMs);
  const self = nodes.find(({ instanceId }) => instanceId === subject.node.instanceId);
  const event = self && dueEventOf(self, subject.fleet, nowMs);
  if (event === undefined) return null;
  const breaker = readBreaker(subject.fleet, observations, nowMs);
  return judgeMove({ ...subject, nowMs, event, nodes, breaker, haltedSinceMs });
}
