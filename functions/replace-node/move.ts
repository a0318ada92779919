// What EC2 has scheduled for the node of this heal, and whether the node may be moved for it now.
import type { StatusChecks } from '../../shared/aws/instances.ts';
import type { Fleet } from '../../shared/fleet/model.ts';
import type { ObservedNode } from '../../shared/fleet/observation.ts';
import { type ScheduledEvent, sentenceOfEvent } from '../../shared/fleet/scheduled-events.ts';
import { isDue, judgeMove, type MoveFacts } from '../../shared/guardrails/move.ts';
import type { LadderState } from '../../shared/heal/memory.ts';
import type { Refusal } from '../../shared/model/guardrail-codes.ts';
import { NODE_EVENT } from '../../shared/model/trigger.ts';

/** What is known of a node that is to be moved. */
export interface Move {
  /** The next event that its fleet file wants it moved for, by EC2's own word now; null where there is none any more. */
  readonly event: ScheduledEvent | null;
  /** Why it is not moved now; null also where nothing is scheduled. */
  readonly refusal: Refusal | null;
}

/** Whether the heal was begun for what EC2 has scheduled. */
export const isAboutEvent = ({ trigger }: { readonly trigger: string }, state: LadderState | null): boolean =>
  trigger === NODE_EVENT || state?.moves === true;

/** @param nodes the fleet as it was seen within the last three minutes */
export function moveOf({
  checks,
  launchedAtMs,
  ...facts
}: Omit<MoveFacts, 'event'> & {
  readonly checks: StatusChecks | null;
  readonly launchedAtMs: number;
}): Move {
  const { fleet, node, nodes, nowMs } = facts;
  const marks = nodes.find(({ instanceId }) => instanceId === node.instanceId)?.scheduled ?? [];
  const event = nextEvent(checks, marks, launchedAtMs, fleet, nowMs);
  return { event, refusal: event && judgeMove({ ...facts, event }) };
}

/** An instance that was started after its event was seen is on other hardware, even if EC2 still describes the event. */
function nextEvent(
  checks: StatusChecks | null,
  marks: NonNullable<ObservedNode['scheduled']>,
  launchedAtMs: number,
  fleet: Fleet,
  nowMs: number,
): ScheduledEvent | null {
  const due = (checks?.scheduled ?? []).filter((event) => {
    const mark = marks.find(({ id }) => id === event.id);
    return mark !== undefined && mark.seenAtMs >= launchedAtMs && isDue(event, fleet, nowMs);
  });
  return due.toSorted((a, b) => a.notBeforeMs - b.notBeforeMs)[0] ?? null;
}

/** Why the node is moved, in words. */
export const reasonOfMove = ({ event }: Move): string =>
  event === null ? 'what EC2 had scheduled is over' : `${sentenceOfEvent(event)}: it is moved to other hardware before`;
