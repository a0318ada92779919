// What EC2 has scheduled for an instance: that it retires, stops or reboots it, or maintains its host. Source: "Scheduled events for your instances"
// (EC2 user guide); InstanceStatusEvent in @aws-sdk/client-ec2.
import type { EventCode, InstanceStatusEvent } from '@aws-sdk/client-ec2';

export interface ScheduledEvent {
  readonly id: string;
  readonly code: EventCode;
  /** The earliest time at which it begins, ms since the epoch. */
  readonly notBeforeMs: number;
  readonly description: string;
}

/** One as watch-fleet keeps it. */
export interface ScheduledMark extends Omit<ScheduledEvent, 'description'> {
  /** When it was first seen. */
  readonly seenAtMs: number;
  /** The instance was started since, and so is on other hardware: EC2 only describes the event still. Absent otherwise. */
  readonly moved?: true;
}

/** "If the event has been completed, this description starts with the following text: [Completed]." A cancelled one starts with [Canceled]. */
const OVER = /^\[(completed|cancell?ed)\]/i;

/** The events that are still to come, as EC2 describes them. */
export const eventsToCome = (events: readonly InstanceStatusEvent[]): readonly ScheduledEvent[] =>
  events.flatMap(({ InstanceEventId, Code, NotBefore, Description = '' }) =>
    Code === undefined || NotBefore === undefined || OVER.test(Description)
      ? []
      : [{ id: InstanceEventId ?? Code, code: Code, notBeforeMs: NotBefore.getTime(), description: Description }],
  );

const WHAT: Readonly<Record<EventCode, string>> = {
  'instance-retirement': 'retires its instance',
  'instance-stop': 'stops its instance',
  'instance-reboot': 'reboots its instance',
  'system-reboot': 'reboots the host of its instance',
  'system-maintenance': 'maintains the host of its instance',
};

/** "EC2 retires its instance at 2026-01-04T12:05Z or later (instance-retirement)" */
export const sentenceOfEvent = ({ code, notBeforeMs }: Pick<ScheduledEvent, 'code' | 'notBeforeMs'>): string =>
  `EC2 ${WHAT[code]} at ${new Date(notBeforeMs).toISOString().slice(0, 16)}Z or later (${code})`;
