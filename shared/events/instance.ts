// "EC2 Instance State-change Notification" ("State change events for Amazon EC2 instances", EC2 user guide; a sample in events/). A hint:
// best effort, in whatever order. Of all that it says, only whose it is counts.
import * as v from 'valibot';
import { checked, text } from './fields.ts';

export interface InstanceStateChange {
  readonly kind: 'instance';
  readonly instanceId: string;
  /** What it had become when the event was sent; it may be something else by now. */
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
