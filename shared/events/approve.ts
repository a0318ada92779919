// Parses a person's approval of a plan for a whole fleet (names, peers, pruning): the event that invokes the function that has asked.
import * as v from 'valibot';
import { fleetName, text } from './fields.ts';

export interface ApproveEvent {
  readonly kind: 'approve';
  readonly fleet: string;
  readonly plan: string;
  /** The approver, as the event claims: Lambda does not tell a function who invokes it. */
  readonly by?: string | undefined;
}

export const approveEvent = v.strictObject({
  kind: v.literal('approve'),
  fleet: fleetName,
  plan: text(/^[0-9a-f]{12}$/, 'the 12 hex digits that name the plan'),
  by: v.optional(text(/^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]{1,256}$/u, 'who approves, 1 to 256 characters on one line')),
});
