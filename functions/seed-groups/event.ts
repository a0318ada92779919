// Parses what starts seed-groups: the schedule, a person who asks what would be done, or a person who approves a plan.
import * as v from 'valibot';
import { type ApproveEvent, approveEvent } from '../../shared/events/approve.ts';
import { EventError } from '../../shared/events/errors.ts';
import { checked, text } from '../../shared/events/fields.ts';

export type SeedEvent =
  | {
      readonly kind: 'seed';
      /** undefined: every fleet. */
      readonly fleet: string | undefined;
      /** Only says what would be done. */
      readonly plan: boolean;
    }
  | ApproveEvent;

/** Throws nothing but `EventError`. */
export function parseSeedEvent(event: unknown): SeedEvent {
  const { kind } = checked(v.object({ kind: v.optional(v.unknown()) }), event);
  switch (kind) {
    case 'seed': {
      const { fleet, plan = false } = checked(seed, event);
      return { kind, fleet, plan };
    }
    case 'approve':
      return checked(approveEvent, event);
    default:
      throw new EventError('kind', kind, '"seed" or "approve"');
  }
}

const fleetName = text(/^[a-z][a-z0-9-]{0,31}$/, "a fleet's name of lower-case letters, digits and -");

const seed = v.strictObject({
  kind: v.literal('seed'),
  fleet: v.optional(fleetName),
  plan: v.optional(v.boolean('true or false')),
});
