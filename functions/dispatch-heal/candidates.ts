// What a sweep takes through the door: alarms, nodes that are sick, and incidents that nothing tells of again by itself.
import type { Fleet } from '../../shared/fleet/model.ts';
import { isOwed } from '../../shared/heal/incident.ts';
import { unsettled } from '../../shared/heal/lease.ts';
import type { IncidentRecord, NodeRecord } from '../../shared/heal/records.ts';
import { healOf } from '../../shared/heal/records.ts';
import { heeded } from './alarms.ts';
import type { Candidate } from './decide.ts';
import { impairedInstances, oncePerNode, type Sick, seenNow, sickNodes } from './health.ts';
import { HEALTH, isPlan } from './kinds.ts';
import type { AlarmNow, Checks, FleetSeen } from './truth.ts';

export interface Records {
  readonly incidents: readonly IncidentRecord[];
  readonly nodes: readonly NodeRecord[];
}

/** Whether an alarm is the one that an incident was told by; of a fleet-wide one, that node's part of it. */
const isSame = (alarm: AlarmNow, incident: IncidentRecord): boolean =>
  alarm.fact.alarmName === incident.alarm.alarmName &&
  (alarm.about !== 'contributor' ||
    (isOn(alarm, incident) && alarm.fact.dimensions['path'] === incident.alarm.dimensions['path']));

const isOn = ({ fact }: AlarmNow, { instanceId }: IncidentRecord): boolean =>
  fact.dimensions['InstanceId'] === instanceId;

/** Whether an alarm tells of an incident's trouble: the same alarm, or another on the same filesystem (its inodes). */
export const concerns = (alarm: AlarmNow, incident: IncidentRecord): boolean =>
  isSame(alarm, incident) ||
  (isOn(alarm, incident) &&
    alarm.fact.dimensions['path'] !== undefined &&
    alarm.fact.dimensions['path'] === incident.alarm.dimensions['path']);

export const nodeOf = ({ nodes }: Records, { instanceId }: IncidentRecord): NodeRecord | undefined =>
  nodes.find((node) => node.instanceId === instanceId);

/** Nodes of all fleets that are sick now, by whatever tells of it. */
export const sickOf = (
  fleets: readonly Fleet[],
  seen: ReadonlyMap<string, FleetSeen>,
  alarming: readonly AlarmNow[],
  checks: ReadonlyMap<string, Checks>,
  nowMs: number,
): readonly Sick[] =>
  oncePerNode([
    ...fleets.flatMap((fleet) =>
      sickNodes(fleet, seenNow(seen.get(fleet.name)?.observations ?? [], nowMs), alarming, nowMs),
    ),
    ...impairedInstances(
      alarming.filter((alarm) => heeded(alarm, fleets) === 'checks'),
      checks,
    ),
  ]);

export const ofSick = ({ instanceId, onsetMs, fact, refusal }: Sick, suppressedBy: string | null): Candidate => ({
  ...{ instanceId, onsetMs, alarm: fact, trouble: HEALTH, suppressedBy },
  ...(refusal && { refusal }),
});

export const ofDisk = ({ fact, sinceMs, actionsEnabled }: AlarmNow, mutedBy: string | null): Candidate => ({
  alarm: fact,
  instanceId: fact.dimensions['InstanceId'] ?? '',
  onsetMs: sinceMs,
  suppressedBy: mutedBy ?? (actionsEnabled ? null : DISABLED),
});

export const DISABLED = 'its actions being disabled';

/**
 * What a person told of has no alarm of its own to be read from, and a contributor none where its alarm could not be read. What is left
 * open on a node is to be brought to an end, whatever is seen of the node.
 *
 * @param alarming null: they could not be read, and nobody is known to be over
 */
export function again(
  records: Records,
  alarming: readonly AlarmNow[] | null,
  disks: readonly AlarmNow[],
  sick: readonly Sick[],
  nowMs: number,
): readonly Candidate[] {
  const open = records.incidents.filter(({ state, trouble }) => state === 'open' && !isPlan(trouble));
  return open
    .flatMap((incident): readonly Candidate[] => {
      const { alarm, instanceId, onsetMs, trouble, want, fleet } = incident;
      const owed = isOwed(incident, nodeOf(records, incident), nowMs);
      const told = { alarm, instanceId, onsetMs, suppressedBy: null };
      if (healOf(trouble) === 'resize-volume') {
        if (disks.some((disk) => isSame(disk, incident) && isOn(disk, incident))) return [];
        const isQuiet = alarm.alarmName !== '' && alarming?.some((one) => isSame(one, incident)) === false;
        return isQuiet && !owed ? [] : [told];
      }
      if (owed) return [{ ...told, settles: trouble, fleet, ...(want && { want }) }];
      if (trouble === HEALTH) return [];
      return [{ ...told, trouble, fleet, ...(want && { want }) }];
    })
    .filter((one) => one.trouble !== HEALTH || !sick.some(({ instanceId }) => instanceId === one.instanceId));
}

/** A manual incident has no alarm that could say that it is over. */
const MANUAL_VALID_MS = 60 * 60_000;

/** Whether the trouble of an incident that rests is over; unsure is not over. */
export function isOver(
  incident: IncidentRecord,
  node: NodeRecord | undefined,
  isQuiet: (incident: IncidentRecord) => boolean,
  isWell: (incident: IncidentRecord) => boolean,
  nowMs: number,
): boolean {
  const { trouble, alarm, onsetMs } = incident;
  if (isOwed(incident, node, nowMs)) return false;
  // A plan that was said, or could not be made, is over with that.
  if (isPlan(trouble)) return true;
  if (trouble === HEALTH) return isWell(incident) && !(node && unsettled(node));
  return alarm.alarmName === '' ? nowMs - onsetMs > MANUAL_VALID_MS : isQuiet(incident);
}
