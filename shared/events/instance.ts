// Parses "EC2 Instance State-change Notification" ("State change events for Amazon EC2 instances", EC2 user guide; a sample in events/). A hint: best
// effort, in any order. Only the instance's id is used.
import * as v from 'valibot';
import { checked, text } from './fields.ts';

export interface InstanceStateChange {
  readonly kind: 'instance';
  readonly instanceId: string;
  /** Its state when the event was sent; the present state may be another one. */
  readonly state: 'pending' | 'running' | 'stopping' | 'stopped' | 'shutting-down' | 'terminated';
}

export const INSTANCE_STATE_CHANGE = 'EC2 Instance State-change Notification';

/** Throws an `EventError`. */
export function parseInstanceStateChange(event: unknown): InstanceStateChange {
  const { detail } = checked(schema, event);
  return { kind: 'instance', instanceId: detail['instance-id'], state: detail.state };
}

const states = ['pending', 'running', 'stopping', 'stopped', 'shutting-down', 'terminated'] as const;

const schema = v.object({
  source: v.literal('aws.ec2', '"aws.ec2"'),
  detail: v.object({
    'instance-id': text(/^i-[0-9a-f]{8,17}$/, 'an instance id, i- and 8 to 17 hex digits'),
    state: v.picklist(states, `one of ${states.join(', ')}`),
  }),
});
