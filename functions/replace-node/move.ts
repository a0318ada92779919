// Why the node of this heal is stopped and started although it is well: what EC2 has scheduled for it, or the type of its first sync, which its instance has
// still; and whether that may be done now.
import type { InstanceDescription, StatusChecks } from '../../shared/aws/instances.ts';
import type { Fleet } from '../../shared/fleet/model.ts';
import type { ObservedNode } from '../../shared/fleet/observation.ts';
import { type ScheduledEvent, sentenceOfEvent } from '../../shared/fleet/scheduled-events.ts';
import { isDue, judgeMove, type MoveCause, type MoveFacts } from '../../shared/guardrails/move.ts';
import type { LadderState } from '../../shared/heal/memory.ts';
import type { Refusal } from '../../shared/model/guardrail-codes.ts';
import { isOfMove, NODE_TYPE } from '../../shared/model/trigger.ts';

/** What is known of a node that is to be moved. */
export interface Move {
  /**
   * The next event that its fleet file wants it moved for, by EC2's own word now, or the type that its instance is to have; null where there is none any
   * more.
   */
  readonly cause: MoveCause | null;
  /** Why it is not moved now; null also where there is no cause. */
  readonly refusal: Refusal | null;
}

/** Whether the heal was begun to stop and start a well node. */
export const isAboutMove = ({ trigger }: { readonly trigger: string }, state: LadderState | null): boolean =>
  isOfMove(trigger) || state?.moves === true;

/** @param nodes the fleet as it was seen within the last three minutes */
export function moveOf({
  trigger,
  instance,
  checks,
  ...facts
}: Omit<MoveFacts, 'cause'> & {
  readonly trigger: string;
  readonly instance: Pick<InstanceDescription, 'instanceType' | 'launchedAtMs'>;
  readonly checks: StatusChecks | null;
}): Move {
  const { fleet, node, nodes, nowMs } = facts;
  const marks = nodes.find(({ instanceId }) => instanceId === node.instanceId)?.scheduled ?? [];
  const event = trigger === NODE_TYPE ? null : nextEvent(checks, marks, instance.launchedAtMs, fleet, nowMs);
  const cause = trigger === NODE_TYPE ? typeOf(instance, fleet) : event && ({ by: 'event', event } as const);
  return { cause, refusal: cause && judgeMove({ ...facts, cause }) };
}

/** The instance's own type says whether it is to be taken back: any third one is a person's choice. */
function typeOf(
  { instanceType }: Pick<InstanceDescription, 'instanceType'>,
  { typeBoost, replace }: Pick<Fleet, 'typeBoost' | 'replace'>,
): MoveCause | null {
  const isBoosted = typeBoost !== undefined && instanceType === typeBoost.from;
  return isBoosted && replace.rungs.includes('stop-start') ? { by: 'type', ...typeBoost } : null;
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
export function reasonOfMove({ cause }: Move): string {
  if (cause === null) return 'there is no reason for a move any more';
  return cause.by === 'event'
    ? `${sentenceOfEvent(cause.event)}: it is moved to other hardware before`
    : `it has caught up: its instance goes back from ${cause.from}, the type of its first sync, to ${cause.to}`;
}
