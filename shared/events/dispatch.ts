// What starts dispatch-heal: an alarm's state change, the sweep of each minute, or a person. One parser for all of them.
import * as v from 'valibot';
import { type AlarmStateChange, type ContributorStateChange, parseAlarm, parseContributor } from './alarm.ts';
import { EventError } from './errors.ts';
import { checked, text } from './fields.ts';

export type DispatchEvent =
  | AlarmStateChange
  | ContributorStateChange
  | { readonly kind: 'sweep' }
  | ManualHeal
  | { readonly kind: 'ignored'; readonly reason: string };

/** A person asks for one node to be looked at, now. */
export interface ManualHeal {
  readonly kind: 'manual';
  readonly fleet: string;
  /** The node, by its name in the fleet or by its instance: one of them, never both. */
  readonly node: { readonly name: string } | { readonly instanceId: string };
  /** "disk:data"; undefined where whatever ails the node is to be found. */
  readonly trouble: string | undefined;
}

/** Parses the event of an invocation of dispatch-heal. Throws nothing but `EventError`. */
export function parseDispatchEvent(event: unknown): DispatchEvent {
  const { kind, 'detail-type': detailType } = checked(
    v.object({ kind: v.optional(v.unknown()), 'detail-type': v.optional(v.unknown()) }),
    event,
  );
  if (kind !== undefined) return parseOwn(event, kind);
  switch (detailType) {
    case 'CloudWatch Alarm State Change':
      return parseAlarm(event);
    case 'CloudWatch Alarm Contributor State Change':
      return parseContributor(event);
    case 'CloudWatch Alarm Configuration Change':
      return { kind: 'ignored', reason: 'an alarm was created, edited or deleted: its state is what counts' };
    case 'EC2 Instance State-change Notification':
      return { kind: 'ignored', reason: "an instance's state change opens no incident" };
    default:
      throw new EventError(
        'detail-type',
        detailType,
        'an event of CloudWatch alarms, or an object with the field kind',
      );
  }
}

function parseOwn(event: unknown, kind: unknown): DispatchEvent {
  switch (kind) {
    case 'sweep':
      return checked(sweepSchema, event);
    case 'heal':
      return parseManual(event);
    default:
      throw new EventError('kind', kind, '"sweep" or "heal"');
  }
}

function parseManual(event: unknown): ManualHeal {
  const { fleet, node, instanceId, trouble } = checked(manualSchema, event);
  if (node !== undefined && instanceId === undefined) return { kind: 'manual', fleet, node: { name: node }, trouble };
  if (node === undefined && instanceId !== undefined) return { kind: 'manual', fleet, node: { instanceId }, trouble };
  throw new EventError('node', { node, instanceId }, 'node or instanceId, one of them');
}

const sweepSchema = v.strictObject({ kind: v.literal('sweep') });

const manualSchema = v.strictObject({
  kind: v.literal('heal'),
  fleet: text(/^[a-z][a-z0-9-]{0,31}$/, "a fleet's name of lower-case letters, digits and -"),
  node: v.optional(text(/^[A-Za-z0-9_.:/=+@-]{1,128}$/, "a node's name of letters, digits and _.:/=+@-")),
  instanceId: v.optional(text(/^i-[0-9a-f]{8,17}$/, 'an instance id, i- and 8 to 17 hex digits')),
  trouble: v.optional(text(/^[a-z]{1,20}(:[a-z][a-z0-9-]{0,31})?$/, 'a trouble such as disk:data')),
});
