// Parses what starts register-nodes: a change of an instance's state, the schedule, or a person.
import * as v from 'valibot';
import { type ApproveEvent, approveEvent } from '../../shared/events/approve.ts';
import { EventError } from '../../shared/events/errors.ts';
import { checked, text } from '../../shared/events/fields.ts';
import {
  INSTANCE_STATE_CHANGE,
  type InstanceStateChange,
  parseInstanceStateChange,
} from '../../shared/events/instance.ts';

export type RegisterEvent =
  | InstanceStateChange
  | {
      readonly kind: 'reconcile';
      /** undefined: every fleet. */
      readonly fleet: string | undefined;
      /** A person confirms that records and alarms of nodes that are gone may be deleted. */
      readonly confirm: boolean;
    }
  | ApproveEvent;

/** Throws nothing but `EventError`. */
export function parseRegisterEvent(event: unknown): RegisterEvent {
  const { kind, 'detail-type': detailType } = checked(
    v.object({ kind: v.optional(v.unknown()), 'detail-type': v.optional(v.unknown()) }),
    event,
  );
  switch (kind) {
    case 'reconcile': {
      const { fleet, confirm = false } = checked(reconcile, event);
      if (confirm && fleet === undefined)
        throw new EventError('fleet', fleet, 'the fleet whose records and alarms may go, where confirm is true');
      return { kind, fleet, confirm };
    }
    case 'approve':
      return checked(approveEvent, event);
    case undefined:
      if (detailType === INSTANCE_STATE_CHANGE) return parseInstanceStateChange(event);
      throw new EventError(
        'detail-type',
        detailType,
        `"${INSTANCE_STATE_CHANGE}", or an object with the field kind: "reconcile" or "approve"`,
      );
    default:
      throw new EventError('kind', kind, '"reconcile" or "approve"');
  }
}

const fleetName = text(/^[a-z][a-z0-9-]{0,31}$/, "a fleet's name of lower-case letters, digits and -");

const reconcile = v.strictObject({
  kind: v.literal('reconcile'),
  fleet: v.optional(fleetName),
  confirm: v.optional(v.boolean('true or false')),
});
