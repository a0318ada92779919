// What an alarm is about, and which heal takes it: a node's disk, its health, or nothing that a heal can do. Pure.
import type { AlarmStateChange, ContributorStateChange } from '../../shared/events/alarm.ts';
import type { Fleet } from '../../shared/fleet/model.ts';
import { EC2_NAMESPACE } from '../../shared/fleet/resource-names.ts';
import { DEFAULT_SUITE } from '../../shared/model/suite.ts';
import type { Trigger } from '../../shared/model/trigger.ts';
import type { AlarmStatus } from './facts.ts';

/** disk: bytes or inodes of a filesystem. health: what watch-fleet says of a node. checks: what EC2 says of its instance. */
export type AlarmSubject = 'disk' | 'health' | 'checks';

/** Decided by the metric alone; null: no heal takes the alarm. Most alarms of a fleet (its chain, its consensus) are for people. */
export function alarmSubjectOf(
  suite: string,
  { namespace, name }: { readonly namespace: string; readonly name: string | undefined },
): AlarmSubject | null {
  // Of chainmend's own metrics only `Health` has an alarm for a heal; its disk metric has none. Disk alarms are on the CloudWatch agent's metrics, or
  // on metrics of the same names.
  if (namespace === suite) return name === 'Health' ? 'health' : null;
  if (namespace === EC2_NAMESPACE) return name?.startsWith('StatusCheckFailed') ? 'checks' : null;
  return name?.startsWith('disk_') ? 'disk' : null;
}

/**
 * The trigger of the disk under an alarm's `path`: bytes and inodes of a filesystem are one trigger with one cure. A fleet-wide alarm that is grouped
 * by instance alone names no path: the disk is clear only where nodes have one volume.
 */
export function diskTriggerOf(fleet: Fleet, dimensions: Readonly<Record<string, string>>): Trigger | null {
  const [only, another] = fleet.volumes;
  const volume =
    dimensions['path'] === undefined && !another ? only : fleet.volumes.find(({ path }) => path === dimensions['path']);
  return volume ? { kind: 'disk', subject: volume.role } : null;
}

/** Why an alarm is left alone, by its metric as it was read; null: a heal takes the alarm. No reason is an error. */
export function reasonToIgnore(
  suite: string,
  {
    kind,
    alarmName,
    metric,
  }: Pick<AlarmStateChange | ContributorStateChange, 'kind' | 'alarmName'> & {
    readonly metric: { readonly namespace: string; readonly name: string } | undefined;
  },
): string | null {
  if (metric)
    return alarmSubjectOf(suite, metric)
      ? null
      : `no heal takes ${alarmName}: it is about ${metric.namespace} ${metric.name}`;
  // In a fleet-wide alarm each contributor is about its own node. In a composite alarm each node has an alarm of its own.
  if (kind === 'alarm') return `${alarmName} as a whole tells of no node`;
  return `nothing in the query of ${alarmName} says what it is about`;
}

/**
 * The subject of an alarm for a heal, if the alarm belongs to a fleet: ours by its name, or one that a fleet file includes by a pattern. Of a
 * fleet-wide alarm the contributors are read; they need no path where nodes have one volume.
 */
export function relevantSubject(
  alarm: Pick<AlarmStatus, 'fact' | 'metricName' | 'about' | 'own'>,
  fleets: readonly Fleet[],
): AlarmSubject | null {
  if (alarm.own) return alarm.own.means === 'disk-full' ? 'disk' : 'health';
  const { fact, metricName, about } = alarm;
  const { alarmName, namespace, dimensions } = fact;
  // All fleets of a run are one suite's.
  const suite = fleets[0]?.suite ?? DEFAULT_SUITE;
  const subject = alarmSubjectOf(suite, { namespace, name: metricName });
  if (subject === null) return null;
  if (about !== 'fleet') {
    if (!dimensions[subject === 'health' ? 'Node' : 'InstanceId']) return null;
    if (subject === 'disk' && about === 'node' && !dimensions['path']) return null;
  }
  const ours =
    alarmName.startsWith(`${suite}-`) ||
    fleets.some(({ alarms }) => alarms.namePatterns.some((pattern) => matches(pattern, alarmName)));
  return ours ? subject : null;
}

/** `*` matches any run of characters; everything else is itself. */
export const matches = (pattern: string, name: string): boolean => {
  const [first = '', ...rest] = pattern.split('*');
  if (rest.length === 0) return name === pattern;
  if (!name.startsWith(first)) return false;
  const last = rest.pop() ?? '';
  let at = first.length;
  for (const part of rest) {
    const found = name.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return name.length - last.length >= at && name.endsWith(last);
};
