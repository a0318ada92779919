// Parses what starts rotate-peers: the schedule, or a person who asks for a fleet or approves a plan.
import * as v from 'valibot';
import { type ApproveEvent, approveEvent } from '../../shared/events/approve.ts';
import { EventError } from '../../shared/events/errors.ts';
import { checked, text } from '../../shared/events/fields.ts';

export type RotateEvent =
  | { readonly kind: 'sweep' }
  | { readonly kind: 'rotate'; readonly fleet: string }
  | ApproveEvent;

/** Throws nothing but `EventError`. */
export function parseRotateEvent(event: unknown): RotateEvent {
  const { kind } = checked(v.object({ kind: v.optional(v.unknown()) }), event);
  switch (kind) {
    case 'sweep':
      return checked(sweep, event);
    case 'rotate':
      return checked(rotate, event);
    case 'approve':
      return checked(approveEvent, event);
    default:
      throw new EventError('kind', kind, '"sweep", "rotate" or "approve"');
  }
}

const fleetName = text(/^[a-z][a-z0-9-]{0,31}$/, "a fleet's name of lower-case letters, digits and -");

const sweep = v.strictObject({ kind: v.literal('sweep') });
const rotate = v.strictObject({ kind: v.literal('rotate'), fleet: fleetName });
