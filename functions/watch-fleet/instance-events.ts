// What EC2 has scheduled for instances: that it retires, stops or reboots one, or maintains its host, and when. Told once, and again when its time has
// changed. Source: "Scheduled events for your instances" (EC2 user guide); InstanceStatusEvent in @aws-sdk/client-ec2.
import {
  type EC2Client,
  EventCode,
  type InstanceStatusEvent,
  paginateDescribeInstanceStatus,
} from '@aws-sdk/client-ec2';
import { readAllPages } from '../../shared/aws/pagination.ts';
import type { NodeMemory } from '../../shared/fleet/observation.ts';
import { oneLine } from './phrases.ts';

export interface ScheduledEvent {
  readonly id: string;
  readonly code: EventCode;
  /** The earliest time at which it begins, ms since the epoch. */
  readonly notBeforeMs: number;
  readonly description: string;
}

/** By instance id. unknown: EC2 could not be asked, which is not "nothing is scheduled". */
export type ScheduledEvents = ReadonlyMap<string, readonly ScheduledEvent[]> | 'unknown';

/** "MaxResults: between 5 and 1000" (DescribeInstanceStatusRequest). The filter leaves few instances. */
const INSTANCES_A_PAGE = 1_000;
const MAX_PAGES = 10;

/** The events of all running instances of the account and region: one call, whatever the number of fleets. */
export async function readScheduledEvents(ec2: EC2Client): Promise<ReadonlyMap<string, readonly ScheduledEvent[]>> {
  const Filters = [{ Name: 'event.code', Values: Object.values(EventCode) }];
  const statuses = await readAllPages(
    paginateDescribeInstanceStatus({ client: ec2, pageSize: INSTANCES_A_PAGE }, { Filters }),
    ({ InstanceStatuses }) => InstanceStatuses,
    MAX_PAGES,
    'instances with a scheduled event',
  );
  return new Map(statuses.map(({ InstanceId = '', Events = [] }) => [InstanceId, Events.flatMap(scheduledEvent)]));
}

/** "If the event has been completed, this description starts with the following text: [Completed]." A cancelled one starts with [Canceled]. */
const OVER = /^\[(completed|cancell?ed)\]/i;

function scheduledEvent(event: InstanceStatusEvent): readonly ScheduledEvent[] {
  const { InstanceEventId, Code, NotBefore, Description = '' } = event;
  if (Code === undefined || NotBefore === undefined || OVER.test(Description)) return [];
  return [{ id: InstanceEventId ?? Code, code: Code, notBeforeMs: NotBefore.getTime(), description: Description }];
}

type ToldEvents = NonNullable<NodeMemory['toldEvents']>;

/** An event "can still be described for up to a week" after its end: what was told of it is kept longer. */
const KEPT_MS = 14 * 24 * 60 * 60_000;

/** What people know of already, without what is long over. */
export const eventsTold = (told: ToldEvents, nowMs: number): ToldEvents =>
  Object.fromEntries(Object.entries(told).filter(([, notBeforeMs]) => nowMs - notBeforeMs < KEPT_MS));

/** What people do not know of yet, or know with another time. Where EC2 could not be asked there is no news. */
export function eventsToTell(events: ScheduledEvents, instanceId: string, told: ToldEvents): readonly ScheduledEvent[] {
  if (events === 'unknown') return [];
  return (events.get(instanceId) ?? []).filter(({ id, notBeforeMs }) => told[id] !== notBeforeMs);
}

/** An instance with more events than this tells the next ones: none has. */
const NAMED = 3;

const WHAT: Readonly<Record<EventCode, string>> = {
  'instance-retirement': 'retires its instance',
  'instance-stop': 'stops its instance',
  'instance-reboot': 'reboots its instance',
  'system-reboot': 'reboots the host of its instance',
  'system-maintenance': 'maintains the host of its instance',
};

export const sentenceOfEvents = (events: readonly ScheduledEvent[]): string =>
  oneLine(
    events
      .slice(0, NAMED)
      .map(({ code, notBeforeMs, description }) => {
        const words = description === '' ? '' : `: ${description}`;
        return `EC2 ${WHAT[code]} at ${new Date(notBeforeMs).toISOString().slice(0, 16)}Z or later (${code})${words}`;
      })
      .join('; '),
  );
