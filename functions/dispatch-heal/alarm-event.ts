// Handles an event of an alarm or of a contributor. The event is only a hint: the alarm and its node are read again, and only that reading counts.

import type { MetricsClients as Clients } from '../../shared/aws/clients.ts';
import { logInfo } from '../../shared/aws/log.ts';
import type { AlarmStateChange, ContributorStateChange } from '../../shared/events/alarm.ts';
import { EventError } from '../../shared/events/errors.ts';
import { keptFleets } from '../../shared/fleet/kept-file.ts';
import { alarmName as nameOf } from '../../shared/fleet/resource-names.ts';
import { readSettings } from '../../shared/fleet/settings.ts';
import { suiteOfPrefix } from '../../shared/model/suite.ts';
import { type AlarmSubject, alarmSubjectOf, reasonToIgnore } from './alarms.ts';
import {
  DISABLED,
  diskCandidate,
  impairedInstances,
  oncePerNode,
  type SickNode,
  sickNodeCandidate,
  sickNodes,
} from './candidates.ts';
import { createContext, type DispatchContext, type DispatcherServices } from './context.ts';
import { considerCandidate } from './dispatch.ts';
import { type AlarmStatus, readActiveAlarms, readChecks, readContributors, readInstances } from './facts.ts';
import { type Takers, takersOf, whySilent } from './own-alarms.ts';
import { noteContradiction, readOwnReports, tellUnplaced } from './own-reports.ts';

export async function considerAlarm(
  services: DispatcherServices,
  event: AlarmStateChange | ContributorStateChange,
): Promise<void> {
  const { clients, environment, store } = services;
  const suite = suiteOfPrefix(environment.PARAMETER_PREFIX);
  const { kind, alarmName, atMs, state, suppressedBy, muted } = event;
  if (state !== 'ALARM') return;
  const leave = (left: string): void => logInfo({ left });
  const [settings, alarming] = await Promise.all([
    readSettings(
      clients.ssm,
      environment.PARAMETER_PREFIX,
      keptFleets(clients.ssm, environment.PARAMETER_PREFIX, store.readFileVersion),
    ),
    readActiveAlarms(clients.cloudwatch, [alarmName]),
  ]);
  const read = alarming.find(({ fact }) => fact.alarmName === alarmName);
  const gone = `${alarmName} is not in ALARM any more${kind === 'contributor' ? ' for this node' : ''}`;
  const takers = takersOf(settings.fleets, alarmName);
  if (read && takers.length > 0) {
    const silent = whySilent(read, suppressedBy ?? (muted ? 'a mute rule' : null));
    if (silent !== null) return leave(`${alarmName}, an owner's own alarm, reports nothing: ${silent}`);
    const contributorId = kind === 'contributor' ? event.contributorId : undefined;
    return (await considerOwn(createContext(services, settings), read, takers, contributorId))
      ? undefined
      : leave(gone);
  }
  const now = read && kind === 'contributor' ? await contributorOf(clients, read, event) : read;
  if (!now) return leave(gone);
  const metric = metricOf(now);
  const changed = reasonToIgnore(suite, { kind, alarmName, metric });
  if (changed !== null) return leave(changed);
  const silenced = suppressedBy ?? (muted ? 'a mute rule' : null) ?? (now.actionsEnabled === false ? DISABLED : null);
  const subject = metric && alarmSubjectOf(suite, metric);
  const context = createContext(services, settings);
  if (subject === 'health' || subject === 'checks') {
    const sick = await sickNodesOfAlarm(context, subject, { ...now, sinceMs: atMs });
    if (sick.length === 0) return leave(`${alarmName} tells of no node that is sick now`);
    for (const one of sick) await considerCandidate(context, sickNodeCandidate(one, silenced));
    return;
  }
  const instanceId = now.fact.dimensions['InstanceId'];
  if (!instanceId)
    throw new EventError(
      'detail.configuration.metrics',
      alarmName,
      'an alarm on a metric with the dimension InstanceId',
    );
  await considerCandidate(context, { alarm: now.fact, instanceId, onsetMs: atMs, suppressedBy: silenced });
}

/**
 * What an owner's own alarm names. People are told of what is nobody's, or is well; the sweep of each minute reads the same while the alarm lasts.
 *
 * @returns false where the series of the event is not in ALARM any more
 */
async function considerOwn(
  context: DispatchContext,
  alarm: AlarmStatus,
  takers: Takers,
  contributorId: string | undefined,
): Promise<boolean> {
  const read = await readOwnReports(context, alarm, takers, contributorId);
  if (read === null) return false;
  for (const one of read.unplaced) await tellUnplaced(context, alarm, one);
  for (const report of read.reports) await noteContradiction(context, report);
  const disks = read.reports.filter(({ own }) => own?.means === 'disk-full');
  for (const disk of disks) await considerCandidate(context, diskCandidate(disk, null));
  for (const { fleet } of takers) {
    const { nodes } = await context.seen(fleet);
    const sick = sickNodes(fleet, nodes, read.reports, Date.now()).filter(({ alarms }) => alarms.length > 0);
    for (const one of oncePerNode(sick)) await considerCandidate(context, sickNodeCandidate(one, null));
  }
  return true;
}

/** The sick nodes that this alarm is about, by the last observation of their fleet or by EC2's status checks as they are now. */
async function sickNodesOfAlarm(
  { clients, settings, seen }: DispatchContext,
  subject: Exclude<AlarmSubject, 'disk'>,
  alarm: AlarmStatus,
): Promise<readonly SickNode[]> {
  if (subject === 'checks') {
    const ids = [alarm.fact.dimensions['InstanceId'] ?? ''];
    const known = await readInstances(clients.ec2, ids);
    return impairedInstances([alarm], await readChecks(clients.ec2, [...known.keys()]), Date.now());
  }
  const fleet = settings.fleets.find(
    (one) => alarm.fact.dimensions['Fleet'] === one.name || alarm.fact.alarmName === nameOf(one, undefined, 'unwell'),
  );
  if (!fleet) return [];
  const nowMs = Date.now();
  const { nodes } = await seen(fleet);
  const sick = sickNodes(fleet, nodes, [alarm], nowMs);
  return oncePerNode(sick.filter(({ alarms }) => alarms.length > 0));
}

/** undefined: the alarm is no fleet's any more, or this node is well again. */
async function contributorOf(
  { cloudwatch }: Clients,
  alarm: AlarmStatus,
  { contributorId }: ContributorStateChange,
): Promise<AlarmStatus | undefined> {
  if (alarm.about !== 'fleet') return undefined;
  const contributors = await readContributors(cloudwatch, alarm);
  return contributors.find((one) => one.contributorId === contributorId);
}

const metricOf = ({ about, metricName, fact: { namespace } }: AlarmStatus) =>
  about === 'fleet' || metricName === undefined ? undefined : { namespace, name: metricName };
