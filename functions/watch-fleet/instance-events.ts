// What EC2 has scheduled for instances is told once, and again when its time has changed; and once more when its time is near and nobody has moved the
// node.
import { type EC2Client, EventCode, paginateDescribeInstanceStatus } from '@aws-sdk/client-ec2';
import { readAllPages } from '../../shared/aws/pagination.ts';
import type { NodeMemory, ObservedNode } from '../../shared/fleet/observation.ts';
import {
  eventsToCome,
  type ScheduledEvent,
  type ScheduledMark,
  sentenceOfEvent,
} from '../../shared/fleet/scheduled-events.ts';
import { oneLine } from './phrases.ts';

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
  return new Map(statuses.map(({ InstanceId = '', Events = [] }) => [InstanceId, eventsToCome(Events)]));
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

/** What EC2 describes as to come for a node. Where EC2 could not be asked, what was seen before stands. */
export function eventsAhead(
  events: ScheduledEvents,
  { instanceId, launchedAtMs }: { readonly instanceId: string; readonly launchedAtMs: number },
  before: ObservedNode | undefined,
  nowMs: number,
): readonly ScheduledMark[] {
  const known = before?.scheduled ?? [];
  const now =
    events === 'unknown'
      ? known
      : (events.get(instanceId) ?? []).map(({ id, code, notBeforeMs }) => ({
          ...{ id, code, notBeforeMs },
          seenAtMs: known.find((one) => one.id === id)?.seenAtMs ?? nowMs,
        }));
  return now.map((mark) => (launchedAtMs > mark.seenAtMs ? { ...mark, moved: true } : mark));
}

/** So long before its time an event is told once more. Half a working day is enough to move a node by hand. */
const NEAR_MS = 6 * 60 * 60_000;

/** What was told of an event whose time is near. */
export const nearKey = (id: string): string => `near ${id}`;

/** Events that are near, were told long ago, and whose node is still where it was. One that was announced late is told once. */
export const eventsNear = (
  ahead: readonly ScheduledMark[],
  told: ToldEvents,
  nowMs: number,
): readonly ScheduledMark[] =>
  ahead.filter(
    ({ id, notBeforeMs, seenAtMs, moved = false }) =>
      !moved &&
      told[id] === notBeforeMs &&
      told[nearKey(id)] !== notBeforeMs &&
      notBeforeMs > nowMs &&
      notBeforeMs - nowMs <= NEAR_MS &&
      notBeforeMs - seenAtMs >= 2 * NEAR_MS,
  );

/** An instance with more events than this tells the next ones: none has. */
const NAMED = 3;

export const sentenceOfEvents = (events: readonly ScheduledEvent[]): string =>
  oneLine(
    events
      .slice(0, NAMED)
      .map((event) => `${sentenceOfEvent(event)}${event.description === '' ? '' : `: ${event.description}`}`)
      .join('; '),
  );

export const sentenceOfNear = (events: readonly ScheduledMark[]): string =>
  oneLine(`${events.slice(0, NAMED).map(sentenceOfEvent).join('; ')}, and it is on that hardware still`);
