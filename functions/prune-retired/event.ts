// Parses what starts prune-retired: the schedule, a person who asks what would go, or a person who approves a plan.
import * as v from 'valibot';
import { type ApproveEvent, approveEvent } from '../../shared/events/approve.ts';
import { EventError } from '../../shared/events/errors.ts';
import { checked, fleetName } from '../../shared/events/fields.ts';

export type PruneEvent =
  | {
      readonly kind: 'prune';
      /** undefined: every fleet. */
      readonly fleet: string | undefined;
      /** Only says what would go. */
      readonly plan: boolean;
    }
  | ApproveEvent;

/** Throws nothing but `EventError`. */
export function parsePruneEvent(event: unknown): PruneEvent {
  const { kind } = checked(v.object({ kind: v.optional(v.unknown()) }), event);
  switch (kind) {
    case 'prune': {
      const { fleet, plan = false } = checked(prune, event);
      return { kind, fleet, plan };
    }
    case 'approve':
      return checked(approveEvent, event);
    default:
      throw new EventError('kind', kind, '"prune" or "approve"');
  }
}

const prune = v.strictObject({
  kind: v.literal('prune'),
  fleet: v.optional(fleetName),
  plan: v.optional(v.boolean('true or false')),
});
