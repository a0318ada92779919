// Parses what starts seed-groups: its schedules, a person who asks what would be done or approves a plan, or one who wants another number of nodes.
import * as v from 'valibot';
import { type ApproveEvent, approveEvent } from '../../shared/events/approve.ts';
import { EventError } from '../../shared/events/errors.ts';
import { checked, fleetName } from '../../shared/events/fields.ts';

export type SeedEvent =
  | {
      readonly kind: 'seed';
      /** undefined: every fleet. */
      readonly fleet: string | undefined;
      /** Only says what would be done. */
      readonly plan: boolean;
    }
  | {
      readonly kind: 'scale';
      readonly fleet: string;
      /** How many the group is to have. */
      readonly nodes: number;
      /** The plan that the person was shown; undefined: it is only shown. */
      readonly plan: string | undefined;
      /** Who asks, as the event claims; null where it names nobody. */
      readonly by: string | null;
    }
  /** What was asked for goes on. */
  | { readonly kind: 'scale-on' }
  | ApproveEvent;

/** Throws nothing but `EventError`. */
export function parseSeedEvent(event: unknown): SeedEvent {
  const { kind } = checked(v.object({ kind: v.optional(v.unknown()) }), event);
  switch (kind) {
    case 'seed': {
      const { fleet, plan = false } = checked(seed, event);
      return { kind, fleet, plan };
    }
    case 'scale': {
      const { fleet, nodes, plan, by = null } = checked(scale, event);
      return { kind, fleet, nodes, plan, by };
    }
    case 'scale-on':
      return checked(v.strictObject({ kind: v.literal('scale-on') }), event);
    case 'approve':
      return checked(approveEvent, event);
    default:
      throw new EventError('kind', kind, '"seed", "scale", "scale-on" or "approve"');
  }
}

const seed = v.strictObject({
  kind: v.literal('seed'),
  fleet: v.optional(fleetName),
  plan: v.optional(v.boolean('true or false')),
});

/** As the fleet file has it: deploy.group. */
const A_NUMBER = 'a number of nodes, 2 to 50';

const scale = v.strictObject({
  kind: v.literal('scale'),
  fleet: fleetName,
  nodes: v.pipe(v.number(A_NUMBER), v.integer(A_NUMBER), v.minValue(2, A_NUMBER), v.maxValue(50, A_NUMBER)),
  plan: v.exactOptional(approveEvent.entries.plan),
  by: v.exactOptional(approveEvent.entries.by),
});
