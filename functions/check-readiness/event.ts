// Parses what starts check-readiness: the schedule of each day, or a person who wants it looked at now.
import * as v from 'valibot';
import { EventError } from '../../shared/events/errors.ts';
import { checked, fleetName } from '../../shared/events/fields.ts';

export interface ReadinessEvent {
  readonly kind: 'check';
  /** undefined: every fleet. */
  readonly fleet: string | undefined;
}

/** Throws nothing but `EventError`. */
export function parseReadinessEvent(event: unknown): ReadinessEvent {
  const { kind } = checked(v.object({ kind: v.optional(v.unknown()) }), event);
  if (kind !== 'check') throw new EventError('kind', kind, '"check"');
  return { kind, fleet: checked(check, event).fleet };
}

const check = v.strictObject({
  kind: v.literal('check'),
  fleet: v.optional(fleetName),
});
